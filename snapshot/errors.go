package snapshot

import (
	"errors"
	"fmt"

	"stowage/blob"
)

// Why something cannot be read or written.
var (
	// ErrTampered means that a file is not what was written: damaged, exchanged, shortened or foreign.
	ErrTampered = errors.New("damaged or tampered with")
	// ErrSegmentMissing means that a segment which the manifest names is not in the store.
	ErrSegmentMissing = errors.New("segment is missing")
	// ErrWrongKey means that the keys of the tenant are wrapped by another master key.
	ErrWrongKey = errors.New("the master key does not fit this store")
	// ErrNoKeys means that the store holds no keys of the tenant. It is a blob.ErrNotFound too.
	ErrNoKeys = fmt.Errorf("the store holds no keys of this tenant: %w", blob.ErrNotFound)
	// ErrNoBackup means that there is no backup of that id. It is a blob.ErrNotFound too.
	ErrNoBackup = fmt.Errorf("no such backup: %w", blob.ErrNotFound)
	// ErrNoRecord means that a backup holds no record of that id. It is a blob.ErrNotFound too.
	ErrNoRecord = fmt.Errorf("no such record in the backup: %w", blob.ErrNotFound)
	// ErrFutureVersion means that a newer version of Stowage wrote the file.
	ErrFutureVersion = errors.New("written by a newer version of Stowage")
	// ErrTooLarge means that a record is larger than a segment may be.
	ErrTooLarge = errors.New("record is too large")
	// ErrBusy means that a sweep and a backup of one tenant would get in each other's way.
	ErrBusy = errors.New("busy")
)

func futureVersion(found int) error {
	return fmt.Errorf("%w: format version %d, this one reads up to version %d", ErrFutureVersion, found, Version)
}
