package backuptest

import (
	"context"

	"stowage/backup"
	"stowage/blob"
	"stowage/snapshot"
)

// Storage is a backup.Storage over any store.
type Storage struct {
	Store blob.Store
	Keys  *snapshot.Keys
}

var _ backup.Storage = Storage{}

// Create begins a backup.
func (s Storage) Create(meta snapshot.Meta, o snapshot.WriterOptions) (*snapshot.Writer, error) {
	return snapshot.Create(s.Store, s.Keys, meta, o)
}

// Resume goes on with one.
func (s Storage) Resume(state []byte, o snapshot.WriterOptions) (*snapshot.Writer, error) {
	return snapshot.Resume(s.Store, s.Keys, state, o)
}

// Open opens one.
func (s Storage) Open(ctx context.Context, backupID string) (*snapshot.Backup, error) {
	return snapshot.Open(ctx, s.Store, s.Keys, backupID)
}
