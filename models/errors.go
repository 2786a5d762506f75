package models

import (
	"errors"
	"fmt"
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
	// ErrFull means that the disk of the database has no room.
	ErrFull = errors.New("disk of the database is full")
	// ErrNewerSchema means that a later version of Stowage has migrated the database.
	ErrNewerSchema = errors.New("database was made by a later version")
)

// BusyError says who holds a run and until when, unless renewed.
type BusyError struct {
	RunID string
	PID   int
	Until time.Time
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
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, gorm.ErrForeignKeyViolated):
		return fmt.Errorf("%w (%w)", ErrNotFound, err)
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return fmt.Errorf("%w (%w)", ErrConflict, err)
	}
	return err
}
