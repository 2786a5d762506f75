package models

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	sqlitedriver "modernc.org/sqlite"
)

// dialector is SQLite through a driver that needs no C compiler. The library's own translation of errors understands
// another driver only.
type dialector struct{ sqlite.Dialector }

// Extended result codes of SQLite: https://www.sqlite.org/rescode.html.
const (
	constraintForeignKey = 787
	constraintPrimaryKey = 1555
	constraintUnique     = 2067
)

// Primary result codes about the file and its disk. They do not go away when one looks again.
const (
	readOnly   = 8
	ioError    = 10
	corrupt    = 11
	full       = 13
	cannotOpen = 14
	notADB     = 26
	// sharedMemorySize is an extended one: there is no room for the shared memory beside the database.
	sharedMemorySize = 4874
)

// diskTrouble says whether an error is about the file or its disk, and names a disk that is full. SQLite itself tries for
// seconds before it gives up.
func diskTrouble(err error) (error, bool) {
	e, ok := errors.AsType[*sqlitedriver.Error](err)
	if !ok {
		return err, false
	}
	switch code := e.Code(); {
	case code&0xff == full, code == sharedMemorySize:
		return fmt.Errorf("%w: %w", ErrFull, err), true
	default:
		return err, slices.Contains([]int{readOnly, ioError, corrupt, cannotOpen, notADB}, code&0xff)
	}
}

// Translate names the constraint an error is about, and a disk that is full.
func (dialector) Translate(err error) error {
	e, ok := errors.AsType[*sqlitedriver.Error](err)
	if !ok {
		return err
	}
	switch e.Code() {
	case constraintPrimaryKey, constraintUnique:
		return gorm.ErrDuplicatedKey
	case constraintForeignKey:
		return gorm.ErrForeignKeyViolated
	}
	err, _ = diskTrouble(err)
	return err
}

// sqliteDSN gives the settings every connection is opened with.
//
// _txlock=immediate: a transaction that begins as a reader and becomes a writer fails at once when another writer was
// quicker, whatever the busy timeout; nine in ten did with eight writers. synchronous(FULL): the journal of a restore
// must survive a power cut, or an object would be created twice.
func sqliteDSN(path string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()}
	return u.String() + "?" +
		"_pragma=busy_timeout(15000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_txlock=immediate&_time_format=sqlite"
}

// prepareFile makes the database file, readable by its owner only, before SQLite does: the files SQLite adds beside it
// take their permissions from it. Directories that are missing are made for the owner only; one that exists stays as its
// owner set it.
func prepareFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the database: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // The path is the operator's own choice.
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	if err := f.Chmod(0o600); err != nil {
		return fmt.Errorf("keep the database from other users: %w", err)
	}
	return nil
}
