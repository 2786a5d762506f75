package pace_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stowage/internal/pace"
)

// site gives every call the same place, and wants to be left alone until a time.
type site struct {
	wait    time.Duration
	taken   int
	returns int

	mu    sync.Mutex
	until time.Time
}

func (s *site) pause(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = until
}

func (s *site) left() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Until(s.until)
}

func (s *site) Reserve(context.Context) (pause, wait time.Duration, cancel func()) {
	if left := s.left(); left > 0 {
		return left, 0, nil
	}
	s.taken++
	return 0, s.wait, func() { s.returns++ }
}

func (s *site) Paused(context.Context) bool { return s.left() > 0 }

func TestWhoWaitsGoesWhenItsPlaceComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{wait: 3 * time.Second}
		began := time.Now()
		if err := pace.Wait(t.Context(), 0, s); err != nil || time.Since(began) != 3*time.Second || s.taken != 1 {
			t.Errorf("after %s, %d places: %v", time.Since(began), s.taken, err)
		}
		// A pause that begins while somebody waits holds for them as well, who ask anew after it.
		began = time.Now()
		time.AfterFunc(time.Second, func() { s.pause(began.Add(10 * time.Second)) })
		if err := pace.Wait(t.Context(), time.Minute, s); err != nil || time.Since(began) != 13*time.Second || s.taken != 3 {
			t.Errorf("after %s, %d places: %v", time.Since(began), s.taken, err)
		}
	})
}

func TestNobodyWaitsLongerThanTheyAreWillingTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{until: time.Now().Add(time.Hour)}
		err := pace.Wait(t.Context(), time.Minute, s)
		if paused, ok := errors.AsType[*pace.PausedError](err); !ok || paused.For != time.Hour {
			t.Errorf("got %v", err)
		}
		s = &site{wait: time.Hour}
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(gone) })
		if err := pace.Wait(ctx, 0, s); !errors.Is(err, gone) || s.returns != 1 {
			t.Errorf("got %v, %d places given back", err, s.returns)
		}
	})
}
