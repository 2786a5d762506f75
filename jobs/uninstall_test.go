package jobs

import (
	"errors"
	"testing"

	"stowage/models"
)

// refusedWith expects that something was refused with a code.
func refusedWith(t *testing.T, what, code string, err error) {
	t.Helper()
	if refused, ok := errors.AsType[*Refused](err); !ok || refused.Code != code {
		t.Errorf("%s: %v", what, err)
	}
}

func TestWhatAHostSaysTwiceIsWrittenDownOnce(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		tenant, _ := r.install()
		for range 2 {
			if err := r.service.Uninstalled(t.Context(), tenant); err != nil {
				t.Fatal(err)
			}
		}
		lines, err := r.db.ForTenant(tenant).AuditLog(t.Context(), "", 100)
		if err != nil || len(lines.Items) != 1 {
			t.Errorf("%d lines for one uninstallation: %v", len(lines.Items), err)
		}
	})
}

// TestNoRunBeginsAfterTheAppIsGone is about a run that was allowed a moment before.
func TestNoRunBeginsAfterTheAppIsGone(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		ctx := t.Context()
		tenant, schema := r.install()
		own := r.db.ForTenant(tenant)
		run, row, err := r.service.prepareBackup(ctx, own, "ada", BackupSpec{SchemaID: schema, Trigger: models.TriggerManual})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.service.Uninstalled(ctx, tenant); err != nil {
			t.Fatal(err)
		}
		err = whileInstalled(ctx, own, func(own *models.Tenant) error {
			_, _, err := r.service.insertBackup(ctx, own, run, row)
			return err
		})
		refusedWith(t, "a backup", CodeUninstalled, err)
		if infos, err := own.Runs(ctx, models.RunFilter{}); err != nil || len(infos) != 0 {
			t.Errorf("%d runs: %v", len(infos), err)
		}
	})
}

// TestADeletionIsNotStopped also has the app uninstalled: somebody was told that the backup is deleted.
func TestADeletionIsNotStopped(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		ctx := t.Context()
		tenant, schema := r.install()
		deletion, err := r.service.DeleteBackup(ctx, tenant, "ada", r.backedUp(tenant, schema).ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.service.Stop(ctx, tenant, "ada", deletion.ID)
		refusedWith(t, "stopping it", CodeNotStoppable, err)
		if err := r.service.Uninstalled(ctx, tenant); err != nil {
			t.Fatal(err)
		}
		if info := r.run(tenant, deletion.ID); info.State != models.StateQueued {
			t.Errorf("it is %s", info.State)
		}
		r.start(all(r.quick()), r.idle())
		r.becomes(tenant, deletion.ID, models.StateSucceeded)
		if _, err := r.service.Stop(ctx, tenant, "ada", deletion.ID); err != nil {
			t.Errorf("stopping it at its end: %v", err)
		}
	})
}

func TestARestoreIsNotResumedWithoutItsBackup(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		ctx, own := t.Context(), r.db.ForTenant("acme")
		schema := r.schema("acme")
		backup := r.backedUp("acme", schema)
		plan := r.planned("acme", RestoreSpec{BackupID: backup.ID, Destination: models.DestinationCurrent, SchemaName: "Copy", SchemaKey: "COPY"})
		restore, _, err := r.service.StartRestore(ctx, "acme", "ada", plan.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.service.Stop(ctx, "acme", "ada", restore.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.service.DeleteBackup(ctx, "acme", "ada", backup.ID); err != nil {
			t.Fatal(err)
		}
		_, err = r.service.Resume(ctx, "acme", "ada", restore.ID)
		refusedWith(t, "while the backup is deleted", CodeNotRestorable, err)
		if err := own.DeleteBackup(ctx, backup.ID); err != nil {
			t.Fatal(err)
		}
		_, err = r.service.Resume(ctx, "acme", "ada", restore.ID)
		refusedWith(t, "after the backup was deleted", CodeNotRestorable, err)
	})
}
