package restoretest

import (
	"context"
	"fmt"
	"sync"

	"stowage/restore"
)

// Journal is a restore.Journal in memory. The zero value is ready.
type Journal struct {
	// Fault, when it is set, is asked before every Begin and Finish; what it returns is what the call returns, and nothing
	// is written then.
	Fault func(op string) error

	mu      sync.Mutex
	entries map[string]map[string]*entry
	calls   int
}

type entry struct {
	target, note string
	done         bool
}

var _ restore.Journal = (*Journal)(nil)

// Begin implements restore.Journal.
func (j *Journal) Begin(ctx context.Context, kind string, sources []string) error {
	return j.write(ctx, "begin", func() error {
		for _, s := range sources {
			j.kind(kind)[s] = &entry{}
		}
		return nil
	})
}

// Finish implements restore.Journal.
func (j *Journal) Finish(ctx context.Context, kind string, sources, targets, notes []string) error {
	return j.write(ctx, "finish", func() error {
		for i, s := range sources {
			e, ok := j.kind(kind)[s]
			if !ok {
				return fmt.Errorf("%s %s was never begun", kind, s)
			}
			e.done, e.target = true, targets[i]
			if notes != nil {
				e.note = notes[i]
			}
		}
		return nil
	})
}

// Each implements restore.Journal.
func (j *Journal) Each(ctx context.Context, kind string, fn func(source, target, note string, done bool) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	type line struct {
		source string
		entry
	}
	j.mu.Lock()
	var lines []line
	for s, e := range j.entries[kind] {
		lines = append(lines, line{s, *e})
	}
	j.mu.Unlock()
	for _, l := range lines {
		if err := fn(l.source, l.target, l.note, l.done); err != nil {
			return err
		}
	}
	return nil
}

// Calls returns the number of writes so far.
func (j *Journal) Calls() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.calls
}

func (j *Journal) write(ctx context.Context, op string, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if j.Fault != nil {
		if err := j.Fault(op); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls++
	return f()
}

func (j *Journal) kind(kind string) map[string]*entry {
	if j.entries == nil {
		j.entries = make(map[string]map[string]*entry)
	}
	if j.entries[kind] == nil {
		j.entries[kind] = make(map[string]*entry)
	}
	return j.entries[kind]
}
