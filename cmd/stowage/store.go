package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"stowage/blob"
	"stowage/blob/file"
	"stowage/models"
	"stowage/snapshot"
)

// tenant is the one tenant of the command line: whoever holds the key file.
const tenant = "local"

// vault is an opened store with its keys.
type vault struct {
	store *file.Store
	keys  *snapshot.Keys
	// keyMade is the key file that was made for it just now, if any.
	keyMade string
	data    string
	// dir is the folder of the store.
	dir string
}

// openVault opens the store the flags name. Only a backup creates a store and a key; everything else says that there is
// none.
func openVault(ctx context.Context, f storeFlags, env func(string) string, create bool) (*vault, error) {
	data, err := dataDir(f.Data, env)
	if err != nil {
		return nil, err
	}
	dir, err := f.directory(data)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); !create && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no store at %s: back up first, or name another with --store", dir)
	}
	key, made, err := masterKey(f.KeyFile, data, env, create)
	if err != nil {
		return nil, err
	}
	open := file.Open
	if create {
		open = file.Create
	}
	store, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", dir, err)
	}
	keys, err := snapshot.OpenKeys(ctx, store, tenant, key, create)
	switch {
	case errors.Is(err, snapshot.ErrNoKeys):
		err = fmt.Errorf("there are no backups in %s", dir)
	case errors.Is(err, snapshot.ErrWrongKey):
		err = fmt.Errorf("the key does not fit the store %s: use the key file that was made with its first backup (--key-file, or %s)", dir, envKey)
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &vault{store: store, keys: keys, keyMade: made, data: data, dir: dir}, nil
}

// Close releases the store.
func (v *vault) Close() error { return v.store.Close() }

// find returns the manifest of the backup with the id, or of the newest one, of the schema if that is given.
func (v *vault) find(ctx context.Context, id, schema string) (snapshot.Manifest, error) {
	var broken error
	for m, err := range snapshot.List(ctx, v.store, v.keys) {
		if err != nil {
			if m.Backup == "" {
				return m, err
			}
			if m.Backup == id {
				return m, fmt.Errorf("backup %s: %w", id, err)
			}
			// Another backup being damaged is no reason not to use this one.
			broken = fmt.Errorf("backup %s: %w", m.Backup, err)
			continue
		}
		if (id == "" || m.Backup == id) && (schema == "" || strings.EqualFold(m.SchemaKey, schema)) {
			return m, nil
		}
	}
	switch {
	case id != "" && schema != "":
		return snapshot.Manifest{}, fmt.Errorf("there is no backup %s of the schema %s in this store; stowage inspect lists what there is", id, schema)
	case id != "":
		return snapshot.Manifest{}, fmt.Errorf("there is no backup %s in this store; stowage inspect lists what there is", id)
	case broken != nil:
		return snapshot.Manifest{}, broken
	case schema != "":
		return snapshot.Manifest{}, fmt.Errorf("there is no backup of the schema %s in this store; stowage inspect lists what there is", schema)
	}
	return snapshot.Manifest{}, errors.New("there are no backups in this store")
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

// explainFull turns the words of a disk without room into a sentence with the next step.
func explainFull(err error) error {
	switch {
	case errors.Is(err, blob.ErrFull):
		return fmt.Errorf("the store has no room left: free some space; earlier backups are untouched (%w)", err)
	case errors.Is(err, models.ErrFull):
		return errors.New("the disk of the data directory is full: free some space, or name another directory with --data")
	}
	return err
}

// when writes a time for people.
func when(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
