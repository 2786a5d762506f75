package models_test

import (
	"errors"
	"testing"

	"stowage/models"
	"stowage/models/modelstest"
)

// TestABackupThatCouldNotBeDeletedCanBeDeletedAgain is about a deletion that comes to no good end: the backup must not look
// for ever as if it were being deleted.
func TestABackupThatCouldNotBeDeletedCanBeDeletedAgain(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant, schema := oneSchema(t, modelstest.Open(t, dialect))
			info, b := startBackup(t, tenant, schema.ID)
			if err := claim(t, tenant, info).End(t.Context(), models.StateSucceeded, nil, ""); err != nil {
				t.Fatal(err)
			}
			other, _ := startBackup(t, tenant, schema.ID)
			begin := func() models.RunInfo {
				t.Helper()
				return must(tenant.StartDeleteBackup(t.Context(), models.RunSpec{Kind: models.KindDeleteBackup, Fingerprint: "delete"}, b.ID))(t)
			}
			shows := func(state, message string) {
				t.Helper()
				if got := must(tenant.Backup(t.Context(), b.ID))(t); got.State != state || got.Message != message {
					t.Errorf("it shows %s, %q", got.State, got.Message)
				}
			}
			deletion := begin()
			if err := claim(t, tenant, deletion).End(t.Context(), models.StateFailed, nil, "The storage cannot be written to."); err != nil {
				t.Fatal(err)
			}
			shows(models.BackupFailed, "The storage cannot be written to.")
			resumed := must(tenant.ResumeRun(t.Context(), deletion.ID, "ada"))(t)
			shows(models.BackupDeleting, "")
			must(tenant.RequestStop(t.Context(), resumed.ID, "ada"))(t)
			shows(models.BackupFailed, "")
			run := claim(t, tenant, begin())
			shows(models.BackupDeleting, "")
			if err := tenant.DeleteBackup(t.Context(), b.ID); err != nil {
				t.Fatal(err)
			}
			if err := run.End(t.Context(), models.StateSucceeded, nil, ""); err != nil {
				t.Error(err)
			}
			if _, err := tenant.GetRun(t.Context(), info.ID); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("the run that made it: %v", err)
			}
			must(tenant.GetRun(t.Context(), other.ID))(t)
		})
	}
}
