package models_test

import (
	"path/filepath"
	"testing"

	"stowage/backup"
	"stowage/backup/backuptest"
	"stowage/models"
	"stowage/restore"
	"stowage/restore/restoretest"
)

func TestTheCheckpointsOfARunKeepTheContract(t *testing.T) {
	t.Parallel()
	backuptest.TestCheckpoints(t, func(t *testing.T) func(*testing.T) backup.Checkpoints {
		t.Helper()
		path := filepath.Join(t.TempDir(), "stowage.db")
		return func(t *testing.T) backup.Checkpoints {
			t.Helper()
			return reopened(t, path).Checkpoints()
		}
	})
}

func TestTheJournalOfARunKeepsTheContract(t *testing.T) {
	t.Parallel()
	restoretest.TestJournal(t, func(t *testing.T) (restore.Journal, func() restore.Journal) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "stowage.db")
		return reopened(t, path).Journal(), func() restore.Journal { return reopened(t, path).Journal() }
	})
}

// reopened opens the one run of a database anew, as another process would after the one before it is gone.
func reopened(t *testing.T, path string) *models.Run {
	t.Helper()
	db := open(t, path)
	tenant := db.ForTenant("local")
	spec := models.RunSpec{Kind: models.KindRestore, Fingerprint: "contract"}
	run, err := tenant.FindRun(t.Context(), spec.Kind, spec.Fingerprint)
	if err == nil {
		models.Abandon(t, db, run.ID)
	}
	opened, _, err := tenant.OpenRun(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}
