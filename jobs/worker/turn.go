package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"stowage/jobs"
)

// usefulTime is how long a run works in each slice beyond what it has to do again in each: reading definitions, preparing a
// restore. Without it a run whose preparation takes longer than a slice would never get on while others wait.
const usefulTime = 10 * time.Second

// turn keeps the slice of a run from ending before something was done that need not be done again.
type turn struct {
	live *jobs.Live

	mu      sync.Mutex
	release func()
	timer   *time.Timer
}

// newTurn begins with a hold.
func newTurn(live *jobs.Live) *turn {
	t := &turn{live: live}
	t.hold()
	return t
}

// hold keeps the slice from ending, until useful or end is called.
func (t *turn) hold() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if t.release == nil {
		t.release = t.live.Hold()
	}
}

// useful says that something was done that need not be done again: from now on the slice has its useful time.
func (t *turn) useful() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.release == nil || t.timer != nil {
		return
	}
	release := t.release
	var timer *time.Timer
	timer = time.AfterFunc(usefulTime, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.timer == timer {
			t.timer, t.release = nil, nil
			release()
		}
	})
	t.timer = timer
}

// end lets go of everything.
func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if t.release != nil {
		t.release()
		t.release = nil
	}
}

// stopGrace is how long a run that a user stops, or whose slice ends, brings to its end what it is doing: writes under way are
// answered, what was stored is recorded. A lost answer is asked for when a restore goes on; one that was stopped may never
// do so.
const stopGrace = 20 * time.Second

// grace says how long that may take. On the way out of a process there is no time.
func grace(cause error) time.Duration {
	if errors.Is(cause, jobs.ErrShutdown) || errors.Is(cause, jobs.ErrAbandoned) {
		return jobs.Grace * 8 / 10
	}
	return stopGrace
}

// outliving is a context that ends when the grace is over that another has after its own end.
func outliving(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		cause := context.Cause(ctx)
		time.AfterFunc(grace(cause), func() { cancel(cause) })
	})
	return out, func() {
		stop()
		cancel(context.Canceled)
	}
}
