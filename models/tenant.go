package models

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// Fingerprint identifies a command by its parts, in order.
func Fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Tenant is the handle through which the rows of one tenant are asked and changed, and no others. It may be used from
// several goroutines.
type Tenant struct {
	db *DB
	id string
}

// ID identifies the tenant.
func (t *Tenant) ID() string { return t.id }

// OpenRun claims the run of the spec that was interrupted, or starts a new one. Resumed says which. It fails with a
// *BusyError when another process is working on it.
func (t *Tenant) OpenRun(ctx context.Context, spec RunSpec) (run *Run, resumed bool, err error) {
	// Between looking and starting another process may start the same command, or finish it: look again.
	for range 10 {
		info, err := t.FindRun(ctx, spec.Kind, spec.Fingerprint)
		if err == nil {
			run, err = t.ClaimRun(ctx, info.ID)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			return run, err == nil, err
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, false, err
		}
		run, err = t.StartRun(ctx, spec)
		if !errors.Is(err, ErrConflict) {
			return run, false, err
		}
	}
	return nil, false, fmt.Errorf("open run: %w", ErrBusy)
}

// StartRun inserts a run and claims it. It fails with ErrConflict while an unfinished run has the same kind and
// fingerprint.
func (t *Tenant) StartRun(ctx context.Context, spec RunSpec) (*Run, error) {
	created := t.db.now()
	row := spec.row(t.id, created)
	row.State = string(StateRunning)
	row.LeaseOwner, row.LeaseToken, row.LeaseUntil = self().String(), 1, new(created.Add(LeaseTTL))
	if err := t.db.gorm.WithContext(ctx).Create(&row).Error; err != nil {
		return nil, fmt.Errorf("start run: %w", translate(err))
	}
	return &Run{tenant: t, info: row.info(nil), token: row.LeaseToken, ttl: LeaseTTL}, nil
}

// IDMap calls fn for everything of the kind that a restore has written, until fn returns an error.
func (t *Tenant) IDMap(ctx context.Context, runID, kind string, fn func(source, target string) error) error {
	type pair struct{ SourceID, TargetID string }
	last, first := "", true
	for {
		q := t.db.gorm.WithContext(ctx).Table("id_maps").Select("source_id", "target_id").
			Where("tenant_id = ? AND run_id = ? AND kind = ?", t.id, runID, kind)
		if !first {
			q = q.Where("source_id > ?", last)
		}
		var page []pair
		if err := q.Order("source_id").Limit(pageRows).Find(&page).Error; err != nil {
			return fmt.Errorf("read id map: %w", translate(err))
		}
		for _, p := range page {
			if err := fn(p.SourceID, p.TargetID); err != nil {
				return err
			}
		}
		if len(page) < pageRows {
			return nil
		}
		last, first = page[len(page)-1].SourceID, false
	}
}

// rows begins a query of the runs of the tenant.
func (t *Tenant) rows(ctx context.Context) *gorm.DB {
	return t.db.gorm.WithContext(ctx).Where("tenant_id = ?", t.id)
}
