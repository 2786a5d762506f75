package worker

import (
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
