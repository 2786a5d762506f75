package models

import (
	"context"
	"slices"
	"sync"

	"gorm.io/gorm"
)

// groupCommit lets calls that arrive while a transaction is being made durable share the next one. The first of them
// leads: it does the work of all, and the others wait for it.
type groupCommit struct {
	mu      sync.Mutex
	waiting []*commitOp
	leader  chan struct{}
}

type commitOp struct {
	fn   func(tx *gorm.DB) error
	done chan struct{}
	err  error
}

// maxGroup bounds the calls that share a transaction, so that none waits long for the others.
const maxGroup = 64

// do runs fn in a transaction of run and returns when it is durable or has failed. After ctx has ended it still waits
// when fn has already been taken up, because its outcome is about to be known.
func (g *groupCommit) do(ctx context.Context, run func(context.Context, func(*gorm.DB) error) error, fn func(*gorm.DB) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	op := &commitOp{fn: fn, done: make(chan struct{})}
	g.mu.Lock()
	if g.leader == nil {
		g.leader = make(chan struct{}, 1)
	}
	leader := g.leader
	g.waiting = append(g.waiting, op)
	g.mu.Unlock()

	select {
	case <-op.done:
		return op.err
	case <-ctx.Done():
		if g.withdraw(op) {
			return context.Cause(ctx)
		}
		<-op.done
		return op.err
	case leader <- struct{}{}:
	}
	defer func() { <-leader }()
	select {
	case <-op.done: // the leader before us took it along
		return op.err
	default:
	}
	if ctx.Err() != nil && g.withdraw(op) {
		return context.Cause(ctx)
	}
	g.lead(context.WithoutCancel(ctx), run, op)
	return op.err
}

// lead commits what is waiting, op among it. When the shared transaction fails each is tried alone, so that the mistake
// of one caller is not the failure of another.
func (g *groupCommit) lead(ctx context.Context, run func(context.Context, func(*gorm.DB) error) error, op *commitOp) {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	g.mu.Lock()
	n := min(len(g.waiting), maxGroup)
	group := slices.Clone(g.waiting[:n])
	if i := slices.Index(g.waiting, op); i >= n {
		group[n-1] = op
		g.waiting = slices.Delete(g.waiting, i, i+1)
		g.waiting = slices.Delete(g.waiting, 0, n-1)
	} else {
		g.waiting = slices.Delete(g.waiting, 0, n)
	}
	g.mu.Unlock()

	err := run(ctx, func(tx *gorm.DB) error {
		for _, o := range group {
			if err := o.fn(tx); err != nil {
				return err
			}
		}
		return nil
	})
	for _, o := range group {
		o.err = err
		if err != nil && len(group) > 1 {
			o.err = run(ctx, o.fn)
		}
		close(o.done)
	}
}

// withdraw takes op out of the queue, unless a leader has it already.
func (g *groupCommit) withdraw(op *commitOp) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, op)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}
