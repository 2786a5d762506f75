package models_test

import (
	"testing"

	"stowage/backup"
	"stowage/backup/backuptest"
	"stowage/models"
	"stowage/models/modelstest"
	"stowage/restore"
	"stowage/restore/restoretest"
)

func TestTheCheckpointsOfARunKeepTheContract(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			backuptest.TestCheckpoints(t, func(t *testing.T) func(*testing.T) backup.Checkpoints {
				t.Helper()
				o := modelstest.Options(t, dialect)
				return func(t *testing.T) backup.Checkpoints {
					t.Helper()
					return reopened(t, o).Checkpoints()
				}
			})
		})
	}
}

func TestTheJournalOfARunKeepsTheContract(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			restoretest.TestJournal(t, func(t *testing.T) (restore.Journal, func() restore.Journal) {
				t.Helper()
				o := modelstest.Options(t, dialect)
				return reopened(t, o).Journal(), func() restore.Journal { return reopened(t, o).Journal() }
			})
		})
	}
}

// reopened opens the one run of a database anew, as another process would after the one before it is gone.
func reopened(t *testing.T, o models.Options) *models.Run {
	t.Helper()
	db := modelstest.OpenWith(t, o)
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
