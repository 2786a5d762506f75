// Package mem is a store in memory, for tests and demonstrations. It keeps its promises as long as the process lives.
package mem

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"stowage/blob"
)

// Store is a blob.Store in memory. Use New.
type Store struct {
	mu      sync.RWMutex
	objects map[string][]byte
}

var _ blob.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{objects: make(map[string][]byte)}
}

// Put stores a copy of data.
func (s *Store) Put(ctx context.Context, name string, data []byte) error {
	if err := check(ctx, name); err != nil {
		return err
	}
	data = bytes.Clone(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[name] = data
	return nil
}

// PutIfAbsent stores a copy of data unless the name is taken.
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) (bool, error) {
	if err := check(ctx, name); err != nil {
		return false, err
	}
	data = bytes.Clone(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.objects[name]; taken {
		return false, nil
	}
	s.objects[name] = data
	return true, nil
}

// Get returns a copy of an object.
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	data, ok := s.objects[name]
	if !ok {
		return nil, fmt.Errorf("get %s: %w", name, blob.ErrNotFound)
	}
	return bytes.Clone(data), nil
}

// Stat describes an object.
func (s *Store) Stat(ctx context.Context, name string) (blob.Info, error) {
	if err := check(ctx, name); err != nil {
		return blob.Info{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	data, ok := s.objects[name]
	if !ok {
		return blob.Info{}, fmt.Errorf("stat %s: %w", name, blob.ErrNotFound)
	}
	return blob.Info{Name: name, Size: int64(len(data))}, nil
}

// Delete removes an object.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := check(ctx, name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, name)
	return nil
}

// List yields the objects there were when it was called.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		if err := blob.CheckPrefix(prefix); err != nil {
			yield(blob.Info{}, err)
			return
		}
		s.mu.RLock()
		names := slices.Sorted(maps.Keys(s.objects))
		s.mu.RUnlock()
		for _, name := range names {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(blob.Info{}, context.Cause(ctx))
				return
			}
			s.mu.RLock()
			data, ok := s.objects[name]
			s.mu.RUnlock()
			if ok && !yield(blob.Info{Name: name, Size: int64(len(data))}, nil) {
				return
			}
		}
	}
}

func check(ctx context.Context, name string) error {
	if err := blob.CheckName(name); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
