package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"stowage/models"
)

// deed is what is done with a run after an attempt.
type deed int

const (
	doNothing deed = iota
	doEnd
	doRequeue
	doRetry
)

// verdict is what becomes of a run.
type verdict struct {
	do      deed
	state   models.State
	result  any
	write   func(context.Context) error
	message string
	delay   time.Duration
	more    bool
}

// judge decides what becomes of a run: by why its context ended first, then by what its handler returned. It is the only
// place that does.
func judge(cause, err error, told *ending, failed int, o PoolOptions) verdict {
	if errors.Is(cause, ErrAbandoned) || errors.Is(err, ErrAbandoned) || errors.Is(err, models.ErrLeaseLost) {
		return verdict{do: doNothing}
	}
	if err == nil && told != nil {
		// It came to its end, perhaps while somebody asked it to stop.
		return verdict{do: doEnd, state: told.state, result: told.result, message: told.message, write: told.write}
	}
	if err == nil && cause == nil {
		return verdict{do: doEnd, state: models.StateSucceeded}
	}
	if _, ok := errors.AsType[*panicked](err); ok {
		return verdict{do: doEnd, state: models.StateFailed, message: internal}
	}
	switch {
	case errors.Is(cause, ErrStopRequested), errors.Is(err, models.ErrStopping):
		return verdict{do: doEnd, state: models.StateTerminated}
	case errors.Is(cause, ErrShutdown):
		return verdict{do: doRequeue}
	case errors.Is(cause, ErrMore), errors.Is(err, ErrMore):
		return verdict{do: doRequeue, more: true}
	}
	if later, ok := errors.AsType[*Later](err); ok {
		return verdict{do: doRequeue, delay: max(0, later.After), message: later.Reason}
	}
	if refused, ok := errors.AsType[*Refused](err); ok {
		return verdict{do: doEnd, state: models.StateFailed, message: refused.Sentence}
	}
	// Those of a database that is away pass in any case.
	if !o.Transient(err) && !errors.Is(err, models.ErrUnavailable) {
		return verdict{do: doEnd, state: models.StateFailed, message: internal}
	}
	trouble, named := errors.AsType[*Trouble](err)
	if failed+1 < o.Tries {
		what, delay := halted, o.Backoff.Delay(failed+1)
		if named {
			what = trouble.Sentence
		}
		return verdict{do: doRetry, delay: delay, message: what + lossless(delay)}
	}
	v := verdict{do: doEnd, state: models.StateFailed, message: interrupted}
	if named {
		v.message += " " + trouble.Sentence
	}
	return v
}

// lossless says that a run is tried again, and when.
func lossless(delay time.Duration) string {
	return " Nothing is lost: it goes on by itself " + within(delay) + ", from where it was."
}

// within says to people how long a wait is.
func within(d time.Duration) string {
	switch {
	case d < 2*time.Second:
		return "in a moment"
	case d < 90*time.Second:
		return fmt.Sprintf("in about %d seconds", int(d.Round(time.Second).Seconds()))
	}
	return fmt.Sprintf("in about %d minutes", int(d.Round(time.Minute).Minutes()))
}

// outcome is the word of the metrics.
func (v verdict) outcome() string {
	switch {
	case v.do == doEnd:
		return string(v.state)
	case v.do == doRetry:
		return "retried"
	case v.more:
		return "sliced"
	case v.delay > 0:
		return "delayed"
	default:
		return "requeued"
	}
}

// level is that of an alarm for errors that nobody foresaw.
func (v verdict) level() slog.Level {
	if v.message == internal {
		return slog.LevelError
	}
	return slog.LevelInfo
}

func (v verdict) verb() string {
	if v.do == doEnd {
		return "ended"
	}
	return "was put back"
}
