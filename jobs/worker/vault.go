package worker

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"stowage/blob"
	"stowage/models"
	"stowage/snapshot"
)

// vault is the store of backups as one tenant has it. For a run it lets a manifest be written only while the run is ours.
type vault struct {
	store blob.Store
	keys  *snapshot.Keys
}

// openVault opens the store with the keys of the tenant. Only a backup makes keys. Run may be nil where nothing is written.
func (w *Worker) openVault(ctx context.Context, tenantID string, run *models.Run, create bool) (*vault, error) {
	store := &guardedStore{store: w.cfg.Store, run: run}
	keys, err := snapshot.OpenKeys(ctx, store, tenantID, w.cfg.Master, create)
	if err != nil {
		return nil, fmt.Errorf("open the keys of the tenant: %w", err)
	}
	return &vault{store: store, keys: keys}, nil
}

// Create, Resume and Open make a vault the storage of the backup engine.

// Create begins a backup.
func (v *vault) Create(meta snapshot.Meta, o snapshot.WriterOptions) (*snapshot.Writer, error) {
	return snapshot.Create(v.store, v.keys, meta, o)
}

// Resume goes on with one.
func (v *vault) Resume(state []byte, o snapshot.WriterOptions) (*snapshot.Writer, error) {
	return snapshot.Resume(v.store, v.keys, state, o)
}

// Open opens a finished one.
func (v *vault) Open(ctx context.Context, backupID string) (*snapshot.Backup, error) {
	return snapshot.Open(ctx, v.store, v.keys, backupID)
}

// guardedStore says of the errors of a store that they are its own, and asks before a manifest is written whether the run
// still is ours: two workers that both believe so would replace each other's.
type guardedStore struct {
	store blob.Store
	run   *models.Run
}

var _ blob.Store = (*guardedStore)(nil)

// manifests is the part of a name that manifests have.
const manifests = "/backups/"

// Put implements blob.Store.
func (g *guardedStore) Put(ctx context.Context, name string, data []byte) error {
	if g.run != nil && strings.Contains(name, manifests) {
		if _, err := g.run.Heartbeat(ctx, nil); err != nil {
			return fmt.Errorf("ask whether the run is ours: %w", err)
		}
	}
	return g.own(ctx, g.store.Put(ctx, name, data))
}

// PutIfAbsent implements blob.Store.
func (g *guardedStore) PutIfAbsent(ctx context.Context, name string, data []byte) (bool, error) {
	stored, err := g.store.PutIfAbsent(ctx, name, data)
	return stored, g.own(ctx, err)
}

// Get implements blob.Store.
func (g *guardedStore) Get(ctx context.Context, name string) ([]byte, error) {
	data, err := g.store.Get(ctx, name)
	return data, g.own(ctx, err)
}

// Stat implements blob.Store.
func (g *guardedStore) Stat(ctx context.Context, name string) (blob.Info, error) {
	info, err := g.store.Stat(ctx, name)
	return info, g.own(ctx, err)
}

// Delete implements blob.Store.
func (g *guardedStore) Delete(ctx context.Context, name string) error {
	return g.own(ctx, g.store.Delete(ctx, name))
}

// List implements blob.Store.
func (g *guardedStore) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		for info, err := range g.store.List(ctx, prefix) {
			if !yield(info, g.own(ctx, err)) {
				return
			}
		}
	}
}

// own marks what a store is not made to say: that may pass.
func (g *guardedStore) own(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	for _, said := range []error{blob.ErrNotFound, blob.ErrFull, blob.ErrReadOnly, blob.ErrInvalidName} {
		if errors.Is(err, said) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", errStore, err)
}
