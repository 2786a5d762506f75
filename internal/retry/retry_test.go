package retry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stowage/internal/retry"
)

func TestDelaysDoubleUpToTheCap(t *testing.T) {
	t.Parallel()
	b := retry.Backoff{Base: time.Second, Cap: 10 * time.Second}
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 5: 10 * time.Second, 500: 10 * time.Second} {
		if got := b.Delay(failures); got != want {
			t.Errorf("after %d failures: %v, want %v", failures, got, want)
		}
	}
}

func TestJitterStaysInItsBounds(t *testing.T) {
	t.Parallel()
	b := retry.Backoff{Base: time.Second, Cap: time.Minute, Jitter: 0.3}
	seen := map[time.Duration]bool{}
	for range 1000 {
		d := b.Delay(1)
		if d < 700*time.Millisecond || d > 1300*time.Millisecond {
			t.Fatalf("delay %v", d)
		}
		seen[d] = true
	}
	if len(seen) < 100 {
		t.Errorf("only %d different delays", len(seen))
	}
}

func TestAWaitEndsWithItsContextAndSaysWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("the user stopped it")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		start := time.Now()
		if err := retry.Wait(ctx, time.Hour); !errors.Is(err, cause) {
			t.Errorf("error %v", err)
		}
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("waited %v", waited)
		}
		if err := retry.Wait(ctx, 0); !errors.Is(err, cause) {
			t.Errorf("a wait of nothing after the end: %v", err)
		}
	})
}

func TestAWaitLastsAsLongAsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := retry.Wait(t.Context(), 3*time.Second); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 3*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}
