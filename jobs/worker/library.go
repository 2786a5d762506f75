package worker

import (
	"context"
	"fmt"
	"io"

	"stowage/models"
	"stowage/restore"
)

// RestoreLog writes the full log of a restore as JSON: every object of its plan, in the order of the backup. It fails with
// models.ErrNotFound, and has written nothing, where there is none yet.
func (w *Worker) RestoreLog(ctx context.Context, tenantID, restoreID string, out io.Writer) error {
	t := w.cfg.DB.ForTenant(tenantID)
	row, err := t.Restore(ctx, restoreID)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if row.TargetSchemaID == "" || row.RunID == "" {
		return fmt.Errorf("restore %s has no log: %w", restoreID, models.ErrNotFound)
	}
	plan, err := planOf(ctx, t, row.PlanID)
	if err != nil {
		return err
	}
	stored, err := w.openBackup(ctx, t, row.BackupID)
	if err != nil {
		return err
	}
	return restore.WriteLog(ctx, plan, restore.FromSnapshot(stored), t.Journal(row.RunID), out)
}
