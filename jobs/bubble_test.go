package jobs

import (
	"context"
	"testing"
	"time"

	"stowage/internal/retry"
)

// pass lets time pass.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	if err := retry.Wait(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// contextEndingWith makes a context that ends with a cause after some time.
func contextEndingWith(t *testing.T, cause error, after time.Duration) (context.Context, func()) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	timer := time.AfterFunc(after, func() { cancel(cause) })
	return ctx, func() {
		timer.Stop()
		cancel(context.Canceled)
	}
}
