package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"stowage/internal/runstate"
)

// ServiceLeaseTTL is how long the lease of a worker of the service lasts after its last heartbeat.
const ServiceLeaseTTL = 20 * time.Second

// BehindError says which run goes first on the same target.
type BehindError struct {
	// RunID is BehindElsewhere for a run of another tenant.
	RunID string
	// Since is when that run took its place.
	Since time.Time
}

// Error names the run that goes first.
func (e *BehindError) Error() string {
	return fmt.Sprintf("run %s goes first on the same target", e.RunID)
}

// Is answers for ErrBusy.
func (e *BehindError) Is(target error) bool { return target == ErrBusy }

// Claim takes the lease of a run that is queued, or whose holder has not been heard of for too long. It fails with
// ErrNotFound when the run is at its end or has another epoch, with a *BusyError while its holder is alive, with an error
// that is ErrTooEarly before its time, and with a *BehindError when another run goes first on the same target: one that
// is worked on now, or an older one that is not at its end.
func (t *Tenant) Claim(ctx context.Context, id string, epoch int64, worker string) (*Run, error) {
	var row runRow
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		if err := t.row(tx, id).Where("epoch = ? AND epoch > 0 AND finished_at IS NULL", epoch).Take(&row).Error; err != nil {
			return err
		}
		if err := t.db.lockTarget(tx, row.TargetKey); err != nil {
			return err
		}
		at, err := t.db.time(tx)
		if err != nil {
			return err
		}
		next, err := runstate.Next(State(row.State), runstate.Claim)
		if err != nil {
			return err
		}
		if row.leasedAt(at) {
			return &BusyError{RunID: id, PID: parseProcess(row.LeaseOwner).pid, Worker: row.Worker, Until: *row.LeaseUntil}
		}
		if State(row.State) == StateQueued && known(row.NotBefore).After(at) {
			return fmt.Errorf("%w: not before %s", ErrTooEarly, row.NotBefore.UTC().Format(time.RFC3339))
		}
		if err := t.passTarget(tx, &row, at); err != nil {
			return err
		}
		changes := map[string]any{
			"state": string(next), "lease_owner": self().String(), "lease_token": row.LeaseToken + 1, "lease_until": at.Add(ServiceLeaseTTL),
			"worker": worker, "updated_at": at,
		}
		if next == StateRunning {
			// What was said while it waited. Of a run that is to stop it says why.
			changes["message"], row.Message = "", ""
		}
		if row.StartedAt == nil {
			changes["started_at"], row.StartedAt = at, &at
		}
		// The token and the state in the condition make this safe also where a transaction does not lock out other writers.
		res := t.row(tx.Model(&runRow{}), id).Where("lease_token = ? AND state = ? AND epoch = ?", row.LeaseToken, row.State, epoch).
			Updates(changes)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return &BusyError{RunID: id, Until: at.Add(ServiceLeaseTTL)}
		}
		row.LeaseToken++
		row.State, row.UpdatedAt, row.Worker = string(next), at, worker
		return t.follow(tx, &row, next, at, "")
	})
	if err != nil {
		return nil, wrapped("claim run "+id, err)
	}
	return &Run{tenant: t, info: row.info(nil), token: row.LeaseToken, ttl: ServiceLeaseTTL}, nil
}

// leasedAt says whether the holder of a run was heard of recently enough.
func (row *runRow) leasedAt(at time.Time) bool {
	return State(row.State).Leased() && row.LeaseUntil != nil && row.LeaseUntil.After(at)
}

// lockTarget makes the claims of runs with the same target wait for each other. SQLite has one writer at a time anyway.
func (db *DB) lockTarget(tx *gorm.DB, key string) error {
	if key == "" || db.dialect == SQLite {
		return nil
	}
	return tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", key).Error
}

// passTarget makes sure that row may work on its target. A younger run that was worked on and whose holder is gone loses
// its lease for good: its holder may only have been slow, and two must not write at once.
func (t *Tenant) passTarget(tx *gorm.DB, row *runRow, at time.Time) error {
	if row.TargetKey == "" {
		return nil
	}
	rivals, err := t.db.rivals(tx, row.TargetKey)
	if err != nil {
		return err
	}
	for i := range rivals {
		r := &rivals[i]
		if r.ID != row.ID && (r.leasedAt(at) || r.goesBefore(row) && State(r.State) != StateStopped) {
			return &BehindError{RunID: t.name(r), Since: known(r.QueuedAt)}
		}
	}
	for i := range rivals {
		r := &rivals[i]
		if r.ID == row.ID || !State(r.State).Leased() {
			continue
		}
		changes := map[string]any{"lease_owner": "", "lease_until": nil, "lease_token": r.LeaseToken + 1}
		if next, err := runstate.Next(State(r.State), runstate.Requeue); err == nil {
			changes["state"], changes["epoch"], changes["waiting_since"] = string(next), r.Epoch+1, at
		}
		err := tx.Model(&runRow{}).Where("id = ? AND lease_token = ?", r.ID, r.LeaseToken).Updates(changes).Error
		if err != nil {
			return err
		}
	}
	return nil
}
