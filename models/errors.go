package models

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// What a query answers when it cannot do what it was asked.
var (
	// ErrNotFound means that the tenant has no such row.
	ErrNotFound = errors.New("no such row")
	// ErrConflict means that a row with the same identity exists.
	ErrConflict = errors.New("row exists already")
	// ErrBusy means that somebody else is working on the run. The error is a *BusyError.
	ErrBusy = errors.New("run is in use")
	// ErrLeaseLost means that somebody else has claimed the run, or that it is finished. Stop at once.
	ErrLeaseLost = errors.New("lease of the run is lost")
	// ErrStopping means that somebody asked the run to stop. End it.
	ErrStopping = errors.New("run is to stop")
	// ErrTooEarly means that the run is not to be claimed yet.
	ErrTooEarly = errors.New("run is not due yet")
	// ErrNoKey means that a secret cannot be stored or read because the database was opened without a key, or the keys of
	// the tenant are deleted.
	ErrNoKey = errors.New("no key for the secrets of the tenant")
	// ErrUnavailable means that the database cannot be reached or is too busy. The same query may go well later.
	ErrUnavailable = errors.New("database is unavailable")
	// ErrFull means that the disk of the database has no room.
	ErrFull = errors.New("disk of the database is full")
	// ErrNewerSchema means that a later version of Stowage has migrated the database.
	ErrNewerSchema = errors.New("database was made by a later version")
)

// BusyError says who holds a run and until when, unless renewed.
type BusyError struct {
	RunID string
	// PID is the process that holds it, where it runs on this machine; Worker its name, where it has one.
	PID    int
	Worker string
	Until  time.Time
}

// Error names the process that works on the run.
func (e *BusyError) Error() string {
	return fmt.Sprintf("run %s is in use by process %d until %s", e.RunID, e.PID, e.Until.UTC().Format(time.RFC3339))
}

// Is answers for ErrBusy.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// translate turns the words of the database library into those of this package.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, gorm.ErrForeignKeyViolated):
		return fmt.Errorf("%w (%w)", ErrNotFound, err)
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return fmt.Errorf("%w (%w)", ErrConflict, err)
	case errors.Is(err, ErrFull), errors.Is(err, ErrUnavailable):
		return err
	case filled(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case away(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, lineError{err})
	}
	return err
}

// wrapped says what was being done when a query went wrong, in the words of this package.
func wrapped(verb string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", verb, translate(err))
}

// lineError is an error whose text is one line. That of a database which cannot be reached has a line for every address tried.
type lineError struct{ error }

// Error joins the lines.
func (e lineError) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }

// Unwrap returns the error as it was.
func (e lineError) Unwrap() error { return e.error }
