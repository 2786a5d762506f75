package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"

	"stowage/blob"
)

// ErrPlanned is the error of a planned fault.
var ErrPlanned = errors.New("planned fault")

// FaultKind says how a call goes wrong.
type FaultKind int

// The kinds of fault.
const (
	// Fail does nothing and returns ErrPlanned.
	Fail FaultKind = iota
	// LoseAnswer does what it was asked and returns ErrPlanned.
	LoseAnswer
	// Full returns blob.ErrFull from every put; nothing is stored.
	Full
	// Flip inverts a bit in the middle of what a get returns or a put stores.
	Flip
	// Truncate cuts what a get returns or a put stores in half.
	Truncate
)

// String names the kind.
func (k FaultKind) String() string {
	return [...]string{"fail", "lose the answer", "full", "flip a bit", "truncate"}[k]
}

// Fault is one planned fault.
type Fault struct {
	// Call is the number of the call that goes wrong, from 1; with Op, of the calls of that operation.
	Call int
	// Op is put, put-if-absent, get, stat, delete or list; empty for any.
	Op   string
	Kind FaultKind
	// Lasting says that all later calls go wrong too.
	Lasting bool
}

// Faulty is a store that fails as planned. It may be used by several goroutines.
type Faulty struct {
	store blob.Store

	mu    sync.Mutex
	plan  []Fault
	hit   []bool
	calls int
	byOp  map[string]int
}

var _ blob.Store = (*Faulty)(nil)

// NewFaulty wraps a store.
func NewFaulty(store blob.Store, plan ...Fault) *Faulty {
	return &Faulty{store: store, plan: plan, hit: make([]bool, len(plan)), byOp: make(map[string]int)}
}

// Calls returns the number of calls so far.
func (f *Faulty) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// CallsOf returns the number of calls of an operation.
func (f *Faulty) CallsOf(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.byOp[op]
}

// Check fails the test for every planned fault that never happened.
func (f *Faulty) Check(tb testing.TB) {
	tb.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, hit := range f.hit {
		if !hit {
			tb.Errorf("the fault %+v was planned and never happened", f.plan[i])
		}
	}
}

// next counts a call and returns the kind of fault that is planned for it.
func (f *Faulty) next(op string) (FaultKind, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	f.byOp[op]++
	for i, p := range f.plan {
		n := f.calls
		if p.Op != "" {
			if p.Op != op {
				continue
			}
			n = f.byOp[op]
		}
		if n == p.Call || p.Lasting && n > p.Call {
			f.hit[i] = true
			return p.Kind, true
		}
	}
	return 0, false
}

// before returns what a call returns at once because of a fault.
func before(kind FaultKind, planned, puts bool) error {
	switch {
	case planned && kind == Fail:
		return ErrPlanned
	case planned && kind == Full && puts:
		return fmt.Errorf("%w: %w", blob.ErrFull, ErrPlanned)
	}
	return nil
}

// after returns what a call returns in place of success.
func after(kind FaultKind, planned bool, err error) error {
	if planned && kind == LoseAnswer && err == nil {
		return ErrPlanned
	}
	return err
}

func damage(kind FaultKind, planned bool, data []byte) []byte {
	switch {
	case planned && kind == Flip && len(data) > 0:
		data = bytes.Clone(data)
		data[len(data)/2] ^= 0x10
	case planned && kind == Truncate:
		data = data[:len(data)/2]
	}
	return data
}

// Put puts, or not.
func (f *Faulty) Put(ctx context.Context, name string, data []byte) error {
	kind, planned := f.next("put")
	if err := before(kind, planned, true); err != nil {
		return err
	}
	return after(kind, planned, f.store.Put(ctx, name, damage(kind, planned, data)))
}

// PutIfAbsent puts, or not.
func (f *Faulty) PutIfAbsent(ctx context.Context, name string, data []byte) (bool, error) {
	kind, planned := f.next("put-if-absent")
	if err := before(kind, planned, true); err != nil {
		return false, err
	}
	stored, err := f.store.PutIfAbsent(ctx, name, damage(kind, planned, data))
	err = after(kind, planned, err)
	return stored && err == nil, err
}

// Get gets, or not.
func (f *Faulty) Get(ctx context.Context, name string) ([]byte, error) {
	kind, planned := f.next("get")
	if err := before(kind, planned, false); err != nil {
		return nil, err
	}
	data, err := f.store.Get(ctx, name)
	if err = after(kind, planned, err); err != nil {
		return nil, err
	}
	return damage(kind, planned, data), nil
}

// Stat describes, or not.
func (f *Faulty) Stat(ctx context.Context, name string) (blob.Info, error) {
	kind, planned := f.next("stat")
	if err := before(kind, planned, false); err != nil {
		return blob.Info{}, err
	}
	info, err := f.store.Stat(ctx, name)
	if err = after(kind, planned, err); err != nil {
		return blob.Info{}, err
	}
	return info, nil
}

// Delete deletes, or not.
func (f *Faulty) Delete(ctx context.Context, name string) error {
	kind, planned := f.next("delete")
	if err := before(kind, planned, false); err != nil {
		return err
	}
	return after(kind, planned, f.store.Delete(ctx, name))
}

// List lists; a fault comes before the first object, or after the last where the answer is lost.
func (f *Faulty) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		kind, planned := f.next("list")
		if err := before(kind, planned, false); err != nil {
			yield(blob.Info{}, err)
			return
		}
		for info, err := range f.store.List(ctx, prefix) {
			if !yield(info, err) {
				return
			}
		}
		if err := after(kind, planned, nil); err != nil {
			yield(blob.Info{}, err)
		}
	}
}
