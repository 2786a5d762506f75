package jobs

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stowage/internal/retry"
	"stowage/models"
)

func TestWhatBecomesOfARun(t *testing.T) {
	t.Parallel()
	var (
		passing = errors.New("connection reset")
		broken  = errors.New("no such schema")
		told    = &ending{state: models.StatePartial, message: "3 objects failed", result: 3}
	)
	o := PoolOptions{Tries: 3, Backoff: retry.Backoff{Base: time.Second, Cap: time.Minute}, Transient: func(err error) bool { return errors.Is(err, passing) }}
	for name, c := range map[string]struct {
		cause, err error
		told       *ending
		failed     int
		want       verdict
		outcome    string
	}{
		"it said how it ended": {
			told: told, want: verdict{do: doEnd, state: models.StatePartial, message: "3 objects failed", result: 3}, outcome: "partial",
		},
		"it said nothing": {want: verdict{do: doEnd, state: models.StateSucceeded}, outcome: "succeeded"},
		"it came to its end while somebody stopped it": {
			cause: ErrStopRequested, told: told, want: verdict{do: doEnd, state: models.StatePartial, message: "3 objects failed", result: 3}, outcome: "partial",
		},
		"stopped":                                 {cause: ErrStopRequested, err: context.Canceled, want: verdict{do: doEnd, state: models.StateTerminated}, outcome: "terminated"},
		"stopped, and it says nothing":            {cause: ErrStopRequested, want: verdict{do: doEnd, state: models.StateTerminated}, outcome: "terminated"},
		"stopped while it failed":                 {cause: ErrStopRequested, err: broken, want: verdict{do: doEnd, state: models.StateTerminated}, outcome: "terminated"},
		"stopped while the site was busy":         {cause: ErrStopRequested, err: &Later{After: time.Hour}, want: verdict{do: doEnd, state: models.StateTerminated}, outcome: "terminated"},
		"a write heard of the stop first":         {err: fmt.Errorf("save: %w", models.ErrStopping), want: verdict{do: doEnd, state: models.StateTerminated}, outcome: "terminated"},
		"the process goes down":                   {cause: ErrShutdown, err: context.Canceled, want: verdict{do: doRequeue}, outcome: "requeued"},
		"the process goes down, nothing is said":  {cause: ErrShutdown, want: verdict{do: doRequeue}, outcome: "requeued"},
		"the process goes down while it failed":   {cause: ErrShutdown, err: broken, want: verdict{do: doRequeue}, outcome: "requeued"},
		"the slice ended":                         {cause: ErrMore, err: context.Canceled, want: verdict{do: doRequeue, more: true}, outcome: "sliced"},
		"the slice ended on its own account":      {err: fmt.Errorf("pages: %w", ErrMore), want: verdict{do: doRequeue, more: true}, outcome: "sliced"},
		"the site asks to wait":                   {err: fmt.Errorf("page: %w", &Later{After: time.Hour, Reason: "busy"}), want: verdict{do: doRequeue, delay: time.Hour, message: "busy"}, outcome: "delayed"},
		"somebody else has it":                    {cause: ErrAbandoned, err: context.Canceled, want: verdict{do: doNothing}},
		"somebody else has it, and it said done":  {cause: ErrAbandoned, told: told, want: verdict{do: doNothing}},
		"a write found that somebody else has it": {err: fmt.Errorf("save: %w", models.ErrLeaseLost), want: verdict{do: doNothing}},
		"refused":                    {err: refuse(CodeNotConnected, "Connect it."), want: verdict{do: doEnd, state: models.StateFailed, message: "Connect it."}, outcome: "failed"},
		"failed for good":            {err: broken, want: verdict{do: doEnd, state: models.StateFailed, message: internal}, outcome: "failed"},
		"failed though it said done": {err: broken, told: told, want: verdict{do: doEnd, state: models.StateFailed, message: internal}, outcome: "failed"},
		"failed for now":             {err: passing, want: verdict{do: doRetry, delay: time.Second, message: halted + lossless(time.Second)}, outcome: "retried"},
		"failed for now, again":      {err: passing, failed: 1, want: verdict{do: doRetry, delay: 2 * time.Second, message: halted + lossless(2*time.Second)}, outcome: "retried"},
		"failed for now, too often":  {err: passing, failed: 2, want: verdict{do: doEnd, state: models.StateFailed, message: interrupted}, outcome: "failed"},
		"the database was away":      {err: fmt.Errorf("save: %w", models.ErrUnavailable), want: verdict{do: doRetry, delay: time.Second, message: halted + lossless(time.Second)}, outcome: "retried"},
		"the site has trouble": {
			err: &Trouble{Sentence: "acme answered 503.", Err: passing}, outcome: "retried",
			want: verdict{do: doRetry, delay: time.Second, message: "acme answered 503. Nothing is lost: it goes on by itself in a moment, from where it was."},
		},
		"the site has trouble, too often": {
			err: &Trouble{Sentence: "acme answered 503.", Err: passing}, failed: 2, outcome: "failed",
			want: verdict{do: doEnd, state: models.StateFailed, message: interrupted + " acme answered 503."},
		},
		"panicked":                           {err: &panicked{"oh"}, want: verdict{do: doEnd, state: models.StateFailed, message: internal}, outcome: "failed"},
		"panicked while somebody stopped it": {cause: ErrStopRequested, err: &panicked{"oh"}, want: verdict{do: doEnd, state: models.StateFailed, message: internal}, outcome: "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := judge(c.cause, c.err, c.told, c.failed, o)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(verdict{}), cmpopts.IgnoreFields(verdict{}, "write")); diff != "" {
				t.Error(diff)
			}
			if got.do != doNothing && got.outcome() != c.outcome {
				t.Errorf("it is counted as %q", got.outcome())
			}
		})
	}
}

func TestAWaitIsToldInWords(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "in a moment", 1900 * time.Millisecond: "in a moment", 9600 * time.Millisecond: "in about 10 seconds", 89 * time.Second: "in about 89 seconds",
		90 * time.Second: "in about 2 minutes", 5 * time.Minute: "in about 5 minutes",
	} {
		if got := within(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}
