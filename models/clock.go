package models

import (
	"time"

	"gorm.io/gorm"
)

// now is the time as the database keeps it: UTC, in whole milliseconds.
func now() time.Time { return exact(time.Now()) }

// exact is a time as the database keeps it.
func exact(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// now is the time of this process, for what nobody compares closely.
func (db *DB) now() time.Time {
	if db.clock != nil {
		return exact(db.clock())
	}
	return now()
}

// time is the time by which leases and the queue go, the same for every process: on Postgres the clock of the database.
func (db *DB) time(tx *gorm.DB) (time.Time, error) {
	if db.clock != nil || db.dialect == SQLite {
		return db.now(), nil
	}
	var at time.Time
	err := tx.Raw("SELECT clock_timestamp()").Row().Scan(&at)
	return exact(at), err
}

// after is the time by which leases go, a while from now, for use in a statement: what time would tell, without a
// question of its own.
func (db *DB) after(d time.Duration) any {
	if db.clock != nil || db.dialect == SQLite {
		return db.now().Add(d)
	}
	return gorm.Expr("date_trunc('milliseconds', clock_timestamp()) + make_interval(secs => ?)", d.Seconds())
}

// optional is nil for the zero time.
func optional(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return new(exact(at))
}

// known is the zero time for nil.
func known(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}
