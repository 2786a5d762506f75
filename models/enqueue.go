package models

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"stowage/internal/runstate"
)

// newID makes an id that sorts after those made before.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// row is the row of a run that begins.
func (s *RunSpec) row(tenant string, at time.Time) runRow {
	return runRow{
		ID: newID(), TenantID: tenant, Kind: string(s.Kind), Fingerprint: s.Fingerprint, Target: s.Target, BackupID: s.BackupID,
		Spec: string(s.Spec), Actor: s.Actor, TargetKey: s.TargetKey, NotBefore: optional(s.NotBefore),
		SubjectSchema: s.Subject.SchemaID, SubjectBackup: s.Subject.BackupID, SubjectRestore: s.Subject.RestoreID,
		SubjectPlan: s.Subject.PlanID, SubjectTarget: s.Subject.TargetID, CreatedAt: at, UpdatedAt: at,
	}
}

// Enqueue inserts a run that waits for a worker. It fails with ErrConflict while an unfinished run has the same kind and
// fingerprint.
func (t *Tenant) Enqueue(ctx context.Context, spec RunSpec) (RunInfo, error) {
	var info RunInfo
	err := t.db.inTx(ctx, func(tx *gorm.DB) (err error) {
		info, err = t.enqueue(tx, spec)
		return err
	})
	if err == nil && spec.TargetKey != "" {
		return t.GetRun(ctx, info.ID) // behind whom it stands
	}
	return info, wrapped("queue a run", err)
}

func (t *Tenant) enqueue(tx *gorm.DB, spec RunSpec) (RunInfo, error) {
	at, err := t.db.time(tx)
	if err != nil {
		return RunInfo{}, err
	}
	row := spec.row(t.id, at)
	row.State, row.Epoch, row.QueuedAt, row.WaitingSince = string(StateQueued), 1, &at, &at
	if err := tx.Create(&row).Error; err != nil {
		return RunInfo{}, err
	}
	return row.info(nil), nil
}

// RequestStop asks a run to end: one that waits ends at once, one that is worked on when its holder hears of it. For a
// run that is stopping or at its end nothing changes, and that is no error.
func (t *Tenant) RequestStop(ctx context.Context, id, actor string) (RunInfo, error) {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error { return t.stop(tx, id, actor, "") })
	if err != nil {
		return RunInfo{}, wrapped("stop run "+id, err)
	}
	return t.GetRun(ctx, id)
}

// stop is RequestStop within a transaction. Message, where there is one, is shown of the run when it has ended.
func (t *Tenant) stop(tx *gorm.DB, id, actor, message string) error {
	at, err := t.db.time(tx)
	if err != nil {
		return err
	}
	// On Postgres the run may be claimed, or end, between our look and our statement: look again.
	for range 10 {
		var row runRow
		if err := t.row(tx, id).Take(&row).Error; err != nil {
			return err
		}
		next, err := runstate.Next(State(row.State), runstate.Stop)
		if illegal := (*runstate.IllegalError)(nil); errors.As(err, &illegal) {
			return nil
		}
		changes := map[string]any{"state": string(next), "stop_requested_at": at, "stop_requested_by": actor, "updated_at": at}
		if next.Final() {
			changes["finished_at"] = at
		}
		if next.Final() || message != "" {
			if changes["message"], err = t.sealText(tx, message, "runs", "message", id); err != nil {
				return err
			}
		}
		res := t.row(tx.Model(&runRow{}), id).Where("state = ? AND lease_token = ?", row.State, row.LeaseToken).Updates(changes)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 1 {
			return t.follow(tx, &row, next, at, message)
		}
	}
	return ErrUnavailable
}

// ResumeRun queues a run again that was stopped or has failed, behind those that wait already. Its checkpoint, journal
// and log are as they were. It fails with *runstate.IllegalError in another state, and with ErrConflict when another run
// of the same kind and fingerprint has begun since, or what it worked on is gone.
func (t *Tenant) ResumeRun(ctx context.Context, id, actor string) (RunInfo, error) {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		at, err := t.db.time(tx)
		if err != nil {
			return err
		}
		var row runRow
		if err := t.row(tx, id).Take(&row).Error; err != nil {
			return err
		}
		next, err := runstate.Next(State(row.State), runstate.Resume)
		if err != nil {
			return err
		}
		res := t.row(tx.Model(&runRow{}), id).Where("state = ? AND epoch = ?", row.State, row.Epoch).Updates(map[string]any{
			"state": string(next), "epoch": row.Epoch + 1, "queued_at": at, "waiting_since": at, "updated_at": at, "actor": actor,
			"not_before": nil, "finished_at": nil, "stop_requested_at": nil, "stop_requested_by": "", "attempts": 0, "message": "",
			"result": "", "lease_owner": "", "lease_until": nil,
		})
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return ErrConflict
		}
		return t.follow(tx, &row, next, at, "")
	})
	if err != nil {
		return RunInfo{}, wrapped("resume run "+id, err)
	}
	return t.GetRun(ctx, id)
}

// QueuePosition is 1 for the run of the tenant that is to be claimed next, 2 for the one after it, and 0 for a run that is
// not queued.
func (t *Tenant) QueuePosition(ctx context.Context, id string) (int, error) {
	verb := "find the place of run " + id
	var row runRow
	if err := t.row(t.db.gorm.WithContext(ctx), id).Take(&row).Error; err != nil {
		return 0, wrapped(verb, err)
	}
	if State(row.State) != StateQueued {
		return 0, nil
	}
	var before int64
	err := t.rows(ctx).Model(&runRow{}).Where("finished_at IS NULL AND state = ? AND (waiting_since, id) < (?, ?)",
		string(StateQueued), known(row.WaitingSince), row.ID).Count(&before).Error
	return int(before) + 1, wrapped(verb, err)
}
