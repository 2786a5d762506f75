package backuptest

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"

	"stowage/backup"
)

// Checkpoints keep the state of a run in memory.
type Checkpoints struct {
	// Before, when set, is called before every Load and Save and may fail it.
	Before func() error

	mu    sync.Mutex
	state []byte
	saved int
}

var _ backup.Checkpoints = (*Checkpoints)(nil)

// Load returns the state saved last.
func (c *Checkpoints) Load(context.Context) ([]byte, error) {
	if c.Before != nil {
		if err := c.Before(); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.state), nil
}

// Save replaces the state.
func (c *Checkpoints) Save(_ context.Context, state []byte) error {
	if c.Before != nil {
		if err := c.Before(); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = slices.Clone(state)
	c.saved++
	return nil
}

// Saved returns how often a state was saved.
func (c *Checkpoints) Saved() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.saved
}

// TestCheckpoints checks an implementation of backup.Checkpoints. Open is called several times for one run and returns its
// checkpoints anew, as another process would see them.
func TestCheckpoints(t *testing.T, open func(t *testing.T) func(t *testing.T) backup.Checkpoints) {
	t.Helper()
	t.Run("a new run has none", func(t *testing.T) {
		t.Parallel()
		state, err := open(t)(t).Load(t.Context())
		if err != nil || state != nil {
			t.Errorf("loaded %q, %v", state, err)
		}
	})
	t.Run("the last one saved is seen by who opens it next", func(t *testing.T) {
		t.Parallel()
		again := open(t)
		large := bytes.Repeat([]byte{0, 1, 0xff, '\n'}, 300_000)
		for _, want := range [][]byte{[]byte("first"), large, {0}} {
			if err := again(t).Save(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			got, err := again(t).Load(t.Context())
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("loaded %d bytes, %v; want %d", len(got), err, len(want))
			}
		}
	})
	t.Run("what the caller does with its bytes afterwards does not matter", func(t *testing.T) {
		t.Parallel()
		again := open(t)
		state := []byte("state")
		if err := again(t).Save(t.Context(), state); err != nil {
			t.Fatal(err)
		}
		clear(state)
		got, err := again(t).Load(t.Context())
		if err != nil || string(got) != "state" {
			t.Errorf("loaded %q, %v", got, err)
		}
	})
	t.Run("a call that was cancelled leaves the old state", func(t *testing.T) {
		t.Parallel()
		again := open(t)
		if err := again(t).Save(t.Context(), []byte("old")); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := again(t).Save(ctx, []byte("new"))
		got, loadErr := again(t).Load(t.Context())
		if loadErr != nil {
			t.Fatal(loadErr)
		}
		if want := map[bool]string{true: "old", false: "new"}[err != nil]; string(got) != want {
			t.Errorf("save returned %v and the state is %q", err, got)
		}
	})
}
