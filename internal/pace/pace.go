// Package pace holds what every limiter of the calls to a site has in common, whether it paces one process or all that
// share a Redis: how much of a rate is used, what a refusal costs, and how those who call wait.
package pace

import (
	"context"
	"fmt"
	"math"
	"time"

	"stowage/internal/retry"
)

// How rates are used.
const (
	// Share is how much of a known rate is used. Measured against a limit of the documented kind, 98 % is the highest share
	// at which a client that paces itself is never refused.
	Share = 0.98
	// burst is how much of a rate, in seconds of it, may be caught up after a delay of our own, such as a busy machine. A
	// quarter of a second is less than what the unused 2 % of a minute leave.
	burst = 0.25
	// Slowdown is what remains of a rate after a refusal, Recovery how much of the full rate comes back per second.
	Slowdown = 0.85
	Recovery = 0.02
)

// Pauses without an end given: how long they are at first and at most.
const (
	FirstPause   = 2 * time.Second
	LongestPause = time.Minute
)

// Used is the part of a rate per minute that is used, per second, and how many calls of it may be caught up.
func Used(perMinute float64) (perSecond, caughtUp float64) {
	perSecond = perMinute * Share / 60
	return perSecond, math.Max(1, math.Floor(perSecond*burst))
}

// Left is the part of a rate that is used some time after a refusal left a factor of it.
func Left(factor float64, since time.Duration) float64 {
	return min(1, factor+Recovery*since.Seconds())
}

// PausedError says that the site asked for a pause longer than the caller is willing to wait.
type PausedError struct {
	For time.Duration
}

// Error says how long the pause is.
func (e *PausedError) Error() string {
	return fmt.Sprintf("the site asked to wait %s", e.For.Round(time.Second))
}

// Places is where calls take their place. Its methods may be called from several goroutines.
type Places interface {
	// Reserve takes a place and says how long it is until then, or how long the site wants to be left alone, in which case
	// none is taken. Cancel, where there is one, gives the place back.
	Reserve(ctx context.Context) (pause, wait time.Duration, cancel func())
	// Paused says whether the site wants to be left alone now.
	Paused(ctx context.Context) bool
}

// Wait returns when a call may be sent. When the site has asked for a pause that lasts longer than patience it returns a
// *PausedError at once; when ctx ends, the cause.
func Wait(ctx context.Context, patience time.Duration, places Places) error {
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		pause, wait, cancel := places.Reserve(ctx)
		if pause > 0 {
			if pause > patience {
				return &PausedError{For: pause}
			}
			if err := retry.Wait(ctx, pause); err != nil {
				return err
			}
			continue
		}
		if wait <= 0 {
			return nil
		}
		if err := retry.Wait(ctx, wait); err != nil {
			if cancel != nil {
				cancel()
			}
			return err
		}
		if !places.Paused(ctx) {
			return nil
		}
		// A pause began in the meantime. Asking anew afterwards keeps those who waited from leaving all at once.
	}
}
