package limit

import (
	"math"
	"time"
)

// A counter is one quota. wait and state bring it up to date; take counts a call
// that wait has just allowed.
type counter interface {
	quota() int
	// wait answers 0 if a call is allowed now, otherwise how long until it is.
	wait(now time.Time) time.Duration
	take()
	// state answers the calls left and when all of them are there again.
	state(now time.Time) (remaining int, reset time.Time)
}

// A window admits size calls from its first one on until a minute later.
type window struct {
	size  int
	used  int
	start time.Time
}

func (w *window) quota() int { return w.size }

func (w *window) wait(now time.Time) time.Duration {
	if !now.Before(w.start.Add(Window)) {
		w.start, w.used = now, 0
	}
	if w.used < w.size {
		return 0
	}
	return w.start.Add(Window).Sub(now)
}

func (w *window) take() { w.used++ }

func (w *window) state(time.Time) (int, time.Time) {
	return w.size - w.used, w.start.Add(Window)
}

// burst is how much of a smooth quota may be used at once. One second is enough
// for the unevenness of a pacing client with several workers, and so little that
// what a run gets beyond the rate cannot be seen in its share of the ceiling.
const burst = time.Second

// A bucket holds at most a burst's worth of calls and fills at the quota's rate.
type bucket struct {
	size   int
	rate   float64 // calls per nanosecond
	depth  float64
	tokens float64
	at     time.Time
}

func newBucket(quota int, now time.Time) *bucket {
	rate := float64(quota) / float64(Window)
	depth := max(1, math.Ceil(rate*float64(burst)))
	return &bucket{size: quota, rate: rate, depth: depth, tokens: depth, at: now}
}

// whole forgives what floating point loses when a token is filled in small steps.
const whole = 1 - 1e-6

func (b *bucket) quota() int { return b.size }

func (b *bucket) wait(now time.Time) time.Duration {
	if d := now.Sub(b.at); d > 0 {
		b.tokens = min(b.depth, b.tokens+float64(d)*b.rate)
		b.at = now
	}
	if b.tokens >= whole {
		return 0
	}
	return max(1, time.Duration(math.Ceil((1-b.tokens)/b.rate)))
}

func (b *bucket) take() { b.tokens-- }

func (b *bucket) state(now time.Time) (int, time.Time) {
	full := time.Duration(math.Ceil((b.depth - b.tokens) / b.rate))
	return max(0, int(b.tokens+1-whole)), now.Add(full)
}
