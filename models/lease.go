package models

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"

	"stowage/internal/runstate"
)

// LeaseTTL is how long a lease lasts after its last renewal. A holder that was killed on this machine is noticed at
// once, by its process; one on another machine when its lease runs out.
const LeaseTTL = 60 * time.Second

// leaseRenewal leaves room for two renewals that fail before the third is too late.
const leaseRenewal = LeaseTTL / 3

// ClaimRun takes the lease of an unfinished run and raises its fencing token, so that whoever held it before can write no
// more. It fails with a *BusyError while the holder is alive, and with ErrNotFound when the run is finished.
func (t *Tenant) ClaimRun(ctx context.Context, id string) (*Run, error) {
	var row runRow
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		if err := tx.Where("tenant_id = ? AND id = ? AND finished_at IS NULL", t.id, id).Take(&row).Error; err != nil {
			return err
		}
		at, err := t.db.time(tx)
		if err != nil {
			return err
		}
		if row.LeaseOwner != "" && row.LeaseUntil != nil && row.LeaseUntil.After(at) {
			if owner := parseProcess(row.LeaseOwner); t.db.dialect != SQLite || !owner.gone() {
				return &BusyError{RunID: id, PID: owner.pid, Until: *row.LeaseUntil}
			}
		}
		// The token in the condition makes this safe also where a transaction does not lock out other writers.
		state, from := become(runstate.Claim)
		res := tx.Model(&runRow{}).Where("tenant_id = ? AND id = ? AND lease_token = ? AND state IN ?", t.id, id, row.LeaseToken, from).
			Updates(map[string]any{
				"lease_owner": self().String(), "lease_token": row.LeaseToken + 1, "lease_until": at.Add(LeaseTTL),
				"state": state, "updated_at": at,
			})
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return &BusyError{RunID: id, Until: at.Add(LeaseTTL)}
		}
		row.LeaseToken++
		row.UpdatedAt = at
		next, err := runstate.Next(State(row.State), runstate.Claim)
		row.State = string(next)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim run %s: %w", id, translate(err))
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	run := &Run{tenant: t, info: row.info(open), token: row.LeaseToken, ttl: LeaseTTL}
	return run, wrapped("claim run "+id, open.err)
}

// Keep renews the lease until stop is called. The context it returns ends with ErrLeaseLost as its cause when the lease
// is lost or could not be renewed in time. Stop waits for the renewal to end and may be called more than once; it leaves
// the lease as it is, for Finish or Stop to give up.
func (r *Run) Keep(ctx context.Context) (kept context.Context, stop func()) {
	kept, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		until := time.Now().Add(LeaseTTL)
		tick := time.NewTicker(leaseRenewal)
		defer tick.Stop()
		for {
			select {
			case <-kept.Done():
				return
			case <-tick.C:
			}
			asked := time.Now()
			err := r.renew(kept)
			switch {
			case err == nil:
				until = asked.Add(LeaseTTL)
			case errors.Is(err, ErrLeaseLost):
				cancel(err)
				return
			case time.Now().Add(leaseRenewal).After(until):
				// The next try would come too late to know that nobody else has claimed the run.
				cancel(fmt.Errorf("%w: %w", ErrLeaseLost, err))
				return
			}
		}
	})
	return kept, func() {
		cancel(context.Canceled)
		wg.Wait()
	}
}

func (r *Run) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leaseRenewal/2)
	defer cancel()
	return r.fenced(ctx, func(*gorm.DB) error { return nil })
}

// fenced runs fn in a transaction that holds only while the run still has our token. It extends the lease: whoever
// writes is alive.
func (r *Run) fenced(ctx context.Context, fn func(tx *gorm.DB) error) error {
	db := r.tenant.db
	err := db.inTx(ctx, func(tx *gorm.DB) error {
		res := r.held(tx).Updates(map[string]any{"lease_until": db.after(r.ttl), "updated_at": db.after(0)})
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return ErrLeaseLost
		}
		return fn(tx)
	})
	return translate(err)
}

// held is the row of the run, as long as it still has our token.
func (r *Run) held(tx *gorm.DB) *gorm.DB {
	return tx.Model(&runRow{}).
		Where("tenant_id = ? AND id = ? AND lease_token = ? AND finished_at IS NULL AND lease_owner <> ''", r.tenant.id, r.info.ID, r.token)
}
