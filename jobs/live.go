package jobs

import (
	"context"
	"math"
	"sync"
	"time"

	"stowage/models"
	"stowage/report"
)

// Figures of Live.
const (
	// rateWindow is over how long the rate is smoothed.
	rateWindow = 10 * time.Second
	// logBatch lines are written as soon as they are there, fewer with the next beat. Whoever adds lines faster than the
	// database takes them waits once logLimit are held.
	logBatch = 500
	logLimit = 10 * logBatch
)

// Live is what a handler tells the world while it works: progress, log, and how it ended. It satisfies report.Progress and
// report.Sink, so that it can be given to an engine as it is. It may be used from several goroutines.
type Live struct {
	run *models.Run
	ctx context.Context //nolint:containedctx // Ends the waits of Add, which as a report.Sink has no context of its own.
	now func() time.Time

	mu       sync.Mutex
	progress models.RunProgress
	changed  bool
	// current is the index of the present stage, -1 before the first; measured what was done when the rate was last taken.
	current  int
	measured int64
	at       time.Time
	lines    []report.Entry
	room     *sync.Cond
	hasty    chan struct{}
	ending   *ending
	held     int
}

// ending is how a handler wants its run to be recorded.
type ending struct {
	state   models.State
	result  any
	message string
	write   func(context.Context) error
}

func newLive(ctx context.Context, run *models.Run, now func() time.Time) *Live {
	l := &Live{run: run, ctx: ctx, now: now, progress: run.Info().Progress, current: -1, hasty: make(chan struct{}, 1)}
	l.room = sync.NewCond(&l.mu)
	l.progress.Rate = 0
	for i := range l.progress.Stages {
		if l.progress.Stages[i].Name == l.progress.Stage {
			l.current, l.measured = i, l.progress.Stages[i].Done
		}
	}
	l.at = now()
	return l
}

// Expect tells of a stage that is to come, in its place, with how much there is to do as far as that is known. One that is
// known already stays as it is.
func (l *Live) Expect(name string, total int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.progress.Stages {
		if l.progress.Stages[i].Name == name {
			return
		}
	}
	l.progress.Stages = append(l.progress.Stages, models.StageProgress{Name: name, Total: total})
	l.changed = true
}

// Stage implements report.Progress. A stage that was begun by an earlier attempt is counted anew.
func (l *Live) Stage(name string, total int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.now()
	found := -1
	for i := range l.progress.Stages {
		if l.progress.Stages[i].Name == name {
			found = i
		}
	}
	if l.current >= 0 && l.current != found && l.progress.Stages[l.current].EndedAt.IsZero() {
		l.progress.Stages[l.current].EndedAt = at
	}
	if found < 0 {
		found = len(l.progress.Stages)
		l.progress.Stages = append(l.progress.Stages, models.StageProgress{Name: name})
	}
	stage := &l.progress.Stages[found]
	if stage.StartedAt.IsZero() {
		stage.StartedAt = at
	}
	stage.Total, stage.Done, stage.EndedAt = total, 0, time.Time{}
	l.progress.Stage, l.progress.Rate = name, 0
	l.current, l.measured, l.at, l.changed = found, 0, at, true
}

// Advance implements report.Progress.
func (l *Live) Advance(done int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current < 0 || done == 0 {
		return
	}
	l.progress.Stages[l.current].Done += done
	l.changed = true
}

// Add implements report.Sink: the line goes to the log of the run, at most a second late, and is counted by its outcome.
func (l *Live) Add(e report.Entry) {
	l.mu.Lock()
	switch e.Outcome {
	case report.OK:
		l.progress.Created++
	case report.Skipped:
		l.progress.Skipped++
	case report.Failed:
		l.progress.Failed++
	case report.Warned:
		l.progress.Warned++
	}
	l.changed = true
	l.mu.Unlock()
	l.Log(e)
}

// Log writes a line to the log of the run without counting it, for a line that another sink counts.
func (l *Live) Log(e report.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.lines) >= logLimit && l.ctx.Err() == nil {
		l.room.Wait()
	}
	l.lines = append(l.lines, e)
	if len(l.lines) >= logBatch {
		select {
		case l.hasty <- struct{}{}:
		default:
		}
	}
}

// Tally is what an engine counted by itself.
type Tally struct {
	Created, Skipped, Failed, Warned int64
}

// SetTally replaces the counters, for an engine whose own count includes what earlier attempts did.
func (l *Live) SetTally(t Tally) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.Created, l.progress.Skipped, l.progress.Failed, l.progress.Warned = t.Created, t.Skipped, t.Failed, t.Warned
	l.changed = true
}

// Counted returns the counters, those of earlier attempts included.
func (l *Live) Counted() Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Tally{Created: l.progress.Created, Skipped: l.progress.Skipped, Failed: l.progress.Failed, Warned: l.progress.Warned}
}

// Stopping is closed when the handler should come to an end. It is the Done of the handler's context, whose cause tells why.
func (l *Live) Stopping() <-chan struct{} { return l.ctx.Done() }

// Hold keeps the slice from ending until release is called, for a part of the work that would have to begin anew. A stop,
// a shutdown and the loss of the lease end the context all the same. Release may be called more than once.
func (l *Live) Hold() (release func()) {
	add := func(n int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.held += n
	}
	add(1)
	return sync.OnceFunc(func() { add(-1) })
}

func (l *Live) isHeld() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held > 0
}

// End says how the run ended. It is recorded when the handler has returned nil, after the last line of the log.
func (l *Live) End(state models.State, result any, message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ending = &ending{state: state, result: result, message: message}
}

// EndWith is End for a handler whose last write changes more than the run, in one transaction: write is called in place
// of the plain record. State is what write makes of the run, for the metrics.
func (l *Live) EndWith(state models.State, write func(context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ending = &ending{state: state, write: write}
}

func (l *Live) ended() *ending {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ending
}

// snapshot returns the progress to publish, or nil when nothing has changed, and takes the rate.
func (l *Live) snapshot() *models.RunProgress {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.now()
	if l.current >= 0 {
		l.measure(at)
	}
	if !l.changed && l.progress.Rate == 0 {
		return nil
	}
	l.changed = false
	l.progress.UpdatedAt = at
	p := l.progress
	p.Stages = append([]models.StageProgress(nil), p.Stages...)
	return &p
}

// measure takes the rate of the present stage, smoothed so that a person can read it.
func (l *Live) measure(at time.Time) {
	span := at.Sub(l.at).Seconds()
	if span <= 0 {
		return
	}
	done := l.progress.Stages[l.current].Done
	now := float64(done-l.measured) / span
	if l.progress.Rate == 0 {
		l.progress.Rate = now
	} else {
		l.progress.Rate += (1 - math.Exp(-span/rateWindow.Seconds())) * (now - l.progress.Rate)
	}
	if l.progress.Rate < 0.001 {
		l.progress.Rate = 0
	}
	l.measured, l.at = done, at
}

// flush writes the lines that are waiting. Lines that could not be written wait on.
func (l *Live) flush(ctx context.Context) error {
	for {
		l.mu.Lock()
		n := min(len(l.lines), logBatch)
		batch := l.lines[:n:n]
		l.mu.Unlock()
		if n == 0 {
			return nil
		}
		if err := l.run.AppendLog(ctx, batch); err != nil {
			return err
		}
		l.mu.Lock()
		l.lines = l.lines[n:]
		if len(l.lines) == 0 {
			l.lines = nil
		}
		l.room.Broadcast()
		l.mu.Unlock()
	}
}

// release wakes those who wait for room in a log that nobody writes any more.
func (l *Live) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.room.Broadcast()
}
