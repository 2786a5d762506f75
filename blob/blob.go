// Package blob is the contract of object storage: names and bytes, nothing else. Providers live in folders below it,
// wrappers beside it; package blobtest holds the conformance suite that every provider and every wrapper passes.
package blob

import (
	"context"
	"errors"
	"iter"
)

// What storage answers.
var (
	// ErrNotFound means that no object has the name.
	ErrNotFound = errors.New("blob not found")
	// ErrFull means that the store has no room.
	ErrFull = errors.New("storage is full")
	// ErrReadOnly means that the store may not be written with these credentials.
	ErrReadOnly = errors.New("storage is read-only")
	// ErrInvalidName means that a name is not allowed.
	ErrInvalidName = errors.New("invalid blob name")
)

// Info describes a stored object.
type Info struct {
	Name string
	Size int64
}

// Store keeps immutable-looking objects under names. Every method may be called from several goroutines.
//
// Names are one or more parts joined by "/", each part of letters, digits, ".", "_" and "-", not starting with a dot, at
// most 512 bytes in all; anything else is refused with ErrInvalidName before anything is done.
//
// What is required of a provider: a Put that returned nil is durable and visible to every later call; a Put that failed
// or was interrupted leaves either the old object, the new one or none, never a part of one; List sees what was put
// before it began.
type Store interface {
	// Put stores data under name, replacing what is there. It may be repeated.
	Put(ctx context.Context, name string, data []byte) error
	// PutIfAbsent stores data unless the name is taken, and says whether it stored it. Of several racing calls exactly
	// one stores.
	PutIfAbsent(ctx context.Context, name string, data []byte) (bool, error)
	// Get returns the whole object, or ErrNotFound.
	Get(ctx context.Context, name string) ([]byte, error)
	// Stat returns the description, or ErrNotFound.
	Stat(ctx context.Context, name string) (Info, error)
	// Delete removes the object. Removing what does not exist is no error.
	Delete(ctx context.Context, name string) error
	// List yields the objects whose name begins with prefix (which ends in "/" or is empty), in the order of their names. An
	// error is yielded once and ends the sequence.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
}
