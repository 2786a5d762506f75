package restore_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stowage/assets"
	"stowage/restore"
	"stowage/restore/restoretest"
)

// paused is a site whose client is not willing to wait for as long as the site asks, after some objects.
type paused struct {
	*restoretest.Site
	after int64
	calls atomic.Int64
}

func (s *paused) CreateObject(ctx context.Context, o restore.ObjectSpec) (assets.ObjectRef, error) {
	if s.calls.Add(1) > s.after {
		return assets.ObjectRef{}, fmt.Errorf("create an object: %w", assets.ErrThrottled)
	}
	return s.Site.CreateObject(ctx, o)
}

func TestASiteThatAsksForAPauseInterruptsTheRestoreAtOnceAndCostsNoObject(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 8} {
		synctest.Test(t, func(t *testing.T) {
			b, s, j := itsm(), site(), &restoretest.Journal{}
			p, err := restore.NewPlan(t.Context(), b, s, options())
			if err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			busy := &paused{Site: s, after: 3}
			result, err := restore.Apply(t.Context(), p, b, busy, j, restore.Settings{Workers: workers})
			if !errors.Is(err, restore.ErrInterrupted) || !errors.Is(err, assets.ErrThrottled) || result.Created != 3 || result.Failed != 0 {
				t.Errorf("%d workers: %d created, %d failed, %v", workers, result.Created, result.Failed, err)
			}
			// Whoever asked has waited already.
			if took := time.Since(begun); took > 0 {
				t.Errorf("%d workers: it took %s", workers, took)
			}
			result, err = restore.Apply(t.Context(), p, b, s, j, restore.Settings{Workers: workers})
			if err != nil || result.Skipped != 3 || result.Created+result.Skipped != p.Objects.Planned || result.Failed != 0 {
				t.Errorf("%d workers: %d of %d created, %d skipped, %d failed, %v", workers, result.Created, p.Objects.Planned, result.Skipped, result.Failed, err)
			}
		})
	}
}
