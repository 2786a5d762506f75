package models

import (
	"context"
)

// KeyState says what is known of an idempotency key.
type KeyState string

// The states of an idempotency key.
const (
	// KeyNew: the request is to be done now, and its answer to be kept.
	KeyNew KeyState = "new"
	// KeyDone: the request was done; here is its answer.
	KeyDone KeyState = "done"
	// KeyRunning: the request is being done by somebody else.
	KeyRunning KeyState = "running"
	// KeyMismatch: the key was used for another request.
	KeyMismatch KeyState = "mismatch"
)

// FirstUse takes an idempotency key for a request, or tells what came of the request it was taken for. A request that was
// begun and never answered may be taken up again after some minutes.
func (t *Tenant) FirstUse(ctx context.Context, key, requestHash string) (answer []byte, status int, state KeyState, err error) {
	return nil, 0, "", errUnfinished
}

// KeepAnswer keeps the answer to the request of a key.
func (t *Tenant) KeepAnswer(ctx context.Context, key string, status int, body []byte) error {
	return errUnfinished
}

// ReleaseKey forgets a key whose request came to nothing, so that it can be tried again.
func (t *Tenant) ReleaseKey(ctx context.Context, key string) error { return errUnfinished }
