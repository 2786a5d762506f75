// Package retry holds the two leaves every patient caller needs: how long to wait before the next try, and a wait that
// ends when its context does. What may be tried again is decided by the caller, in one function per boundary.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is an exponential wait with jitter. The zero value never waits.
type Backoff struct {
	// Base is the wait after the first failure; it doubles with each further one, up to Cap.
	Base, Cap time.Duration
	// Jitter spreads every wait evenly over [1-Jitter, 1+Jitter] of itself, so that callers that failed together do not
	// come back together.
	Jitter float64
}

// Delay returns the wait after the given number of failures, from 1.
func (b Backoff) Delay(failures int) time.Duration {
	d := b.Base
	for i := 1; i < failures && d < b.Cap; i++ {
		d *= 2
	}
	d = min(d, b.Cap)
	return Spread(d, b.Jitter)
}

// Spread moves d by a random share of itself, at most by jitter up or down.
func Spread(d time.Duration, jitter float64) time.Duration {
	if d <= 0 || jitter <= 0 {
		return d
	}
	factor := 1 + jitter*(2*rand.Float64()-1)
	return time.Duration(float64(d) * factor)
}

// Wait returns after d, or earlier with the cause when ctx ends.
func Wait(ctx context.Context, d time.Duration) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
