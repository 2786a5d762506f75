package restore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stowage/assets"
	"stowage/restore"
	"stowage/restore/restoretest"
)

// slow is a site that takes its time to create objects, and gives up with the caller.
type slow struct {
	*restoretest.Site
	takes   time.Duration
	started chan struct{}
}

func (s *slow) CreateObject(ctx context.Context, o restore.ObjectSpec) (assets.ObjectRef, error) {
	select {
	case s.started <- struct{}{}:
	default:
	}
	select {
	case <-time.After(s.takes):
		return s.Site.CreateObject(ctx, o)
	case <-ctx.Done():
		return assets.ObjectRef{}, assets.ErrUnknownOutcome
	}
}

func TestHowLongAnswersAreWaitedForDependsOnWhoStops(t *testing.T) {
	t.Parallel()
	hasty, patient := errors.New("hasty"), errors.New("patient")
	graceFor := func(cause error) time.Duration {
		if errors.Is(cause, hasty) {
			return time.Second
		}
		return time.Minute
	}
	for _, c := range []struct {
		cause error
		want  int
	}{{hasty, 0}, {patient, 1}} {
		synctest.Test(t, func(t *testing.T) {
			b, j := itsm(), &restoretest.Journal{}
			s := &slow{Site: site(), takes: 10 * time.Second, started: make(chan struct{}, 1)}
			p, err := restore.NewPlan(t.Context(), b, s, options())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			go func() {
				<-s.started
				cancel(c.cause)
			}()
			result, err := restore.Apply(ctx, p, b, s, j, restore.Settings{Workers: 1, GraceFor: graceFor})
			if !errors.Is(err, c.cause) || result.Created != c.want {
				t.Errorf("%v: %d objects created, %v", c.cause, result.Created, err)
			}
		})
	}
}
