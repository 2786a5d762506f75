package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stowage/jobs"
	"stowage/models"
	"stowage/snapshot"
)

// The stages of what deletes.
const (
	stageDelete = "Deleting"
	stagePurge  = "Purging"
)

// How long a sweep waits for backups that are running, and a deletion for a store that is away.
const (
	sweepLater  = 10 * time.Minute
	deleteLater = time.Minute
)

// deleteBackup deletes a backup, its row, and of what it stored what no other backup of the tenant has.
func (w *Worker) deleteBackup(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) error {
	release := live.Hold()
	defer release()
	swept, err := w.delete(ctx, run, t, live)
	if err != nil && ctx.Err() == nil && Transient(err) {
		// Somebody was told that it is deleted. However long the store is away, it will be.
		w.log.WarnContext(ctx, "a deletion is put off", "run_id", run.ID(), "tenant", t.ID(), "reason", kindOf(err))
		return &jobs.Later{After: deleteLater, Reason: "The storage of backups does not answer. What is to be deleted is deleted when it does."}
	}
	if err != nil {
		return w.conclude(ctx, run, live, err)
	}
	live.End(models.StateSucceeded, swept, "")
	return nil
}

func (w *Worker) delete(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) (snapshot.Swept, error) {
	live.Stage(stageDelete, 0)
	v, err := w.openVault(ctx, t.ID(), run, false)
	if err != nil && !errors.Is(err, snapshot.ErrNoKeys) {
		return snapshot.Swept{}, err
	}
	names, rowID, err := snapshotsToDelete(ctx, run, t)
	if err != nil {
		return snapshot.Swept{}, err
	}
	for _, name := range names {
		if v == nil {
			break
		}
		if err := snapshot.Delete(ctx, v.store, v.keys, name); err != nil && !errors.Is(err, snapshot.ErrNoBackup) {
			return snapshot.Swept{}, err
		}
	}
	if rowID != "" {
		if err := t.DeleteBackup(ctx, rowID); err != nil && !errors.Is(err, models.ErrNotFound) {
			return snapshot.Swept{}, fmt.Errorf("row of the backup: %w", err)
		}
	}
	if v == nil {
		return snapshot.Swept{}, nil
	}
	swept, err := snapshot.Sweep(ctx, v.store, v.keys, w.cfg.SweepAge)
	if errors.Is(err, snapshot.ErrBusy) {
		// The backup is gone; only the room it took is not free yet.
		return swept, &jobs.Later{After: sweepLater, Reason: "A backup is running. What the deleted one has stored is removed after it."}
	}
	if errors.Is(err, snapshot.ErrTampered) || errors.Is(err, snapshot.ErrFutureVersion) {
		w.log.WarnContext(ctx, "nothing is swept while a backup cannot be read", "run_id", run.ID(), "tenant", t.ID())
		return swept, nil
	}
	return swept, err
}

// snapshotsToDelete names what a run is to delete from the store: the backup of a row that is there still, or backups whose
// rows are gone.
func snapshotsToDelete(ctx context.Context, run *models.Run, t *models.Tenant) (names []string, rowID string, err error) {
	info := run.Info()
	if len(info.Spec) > 0 {
		spec, err := jobs.DecodeSpec[jobs.DeleteSpec](info.Spec)
		return spec.Snapshots, "", err
	}
	row, err := t.Backup(ctx, info.Subject.BackupID)
	if errors.Is(err, models.ErrNotFound) {
		return nil, "", nil // An earlier attempt has deleted it.
	}
	if err != nil {
		return nil, "", fmt.Errorf("backup: %w", err)
	}
	return jobs.Snapshots(row), row.ID, nil
}

// purge deletes everything of a tenant that uninstalled the app and did not come back.
func (w *Worker) purge(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) error {
	release := live.Hold()
	defer release()
	live.Stage(stagePurge, 0)
	// The keys go first: what an interruption leaves behind cannot be read any more. It is also here that is decided whether
	// the tenant has come back, and the store comes after it.
	switch err := t.ShredKeys(ctx); {
	case errors.Is(err, models.ErrConflict):
		live.End(models.StateSucceeded, nil, "The app was installed again, so nothing is deleted.")
		return nil
	case err != nil:
		return fmt.Errorf("purge: %w", err)
	}
	erased, err := snapshot.Erase(ctx, &guardedStore{store: w.cfg.Store}, t.ID())
	if err != nil {
		return w.conclude(ctx, run, live, err)
	}
	if err := t.Purge(ctx); err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	live.End(models.StateSucceeded, erased, "")
	return nil
}

// licence has the licence of the tenant looked at.
func (w *Worker) licence(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) error {
	if w.cfg.Licences != nil {
		if err := w.cfg.Licences.Look(ctx, t.ID()); err != nil {
			return w.conclude(ctx, run, live, fmt.Errorf("look at the licence: %w", err))
		}
	}
	live.End(models.StateSucceeded, nil, "")
	return nil
}
