// Package modelstest opens databases for tests: a SQLite file per test, and databases of one Postgres server per test
// binary, which is started when the first test asks for it and ends with the process.
//
// A server that is running already is used when STOWAGE_TEST_POSTGRES holds its address. Where there is neither a server
// nor its programs, tests on Postgres are skipped; with STOWAGE_REQUIRE_SERVICES=1 they fail.
package modelstest

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"stowage/internal/redact"
	"stowage/internal/seal"
	"stowage/models"
)

// Dialects lists the dialects every test of rows and queries runs on.
func Dialects() []string { return []string{models.SQLite, models.Postgres} }

// Key is the master key of the databases that Open opens.
func Key() [32]byte { return [32]byte{'t', 'e', 's', 't'} }

// Open opens a migrated database of its own for the test and closes it in the end.
func Open(tb testing.TB, dialect string) *models.DB {
	tb.Helper()
	return OpenWith(tb, Options(tb, dialect))
}

// OpenAt is Open with a clock.
func OpenAt(tb testing.TB, dialect string, now func() time.Time) *models.DB {
	tb.Helper()
	o := Options(tb, dialect)
	o.Now = now
	return OpenWith(tb, o)
}

// Options makes a database for the test, which is migrated on Postgres and empty on SQLite. It may be opened more than
// once.
func Options(tb testing.TB, dialect string) models.Options {
	tb.Helper()
	master, err := seal.NewMaster(Key())
	if err != nil {
		tb.Fatal(err)
	}
	o := models.Options{Seal: master}
	switch dialect {
	case models.SQLite:
		o.Path = filepath.Join(tb.TempDir(), "stowage.db")
	case models.Postgres:
		o.URL, o.MaxConns = redact.New(Postgres(tb)), 8
	default:
		tb.Fatalf("there is no dialect %q", dialect)
	}
	return o
}

// OpenWith opens a database, migrates it and closes it in the end.
func OpenWith(tb testing.TB, o models.Options) *models.DB {
	tb.Helper()
	db, err := models.OpenWith(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db
}

// Tamper does to a SQLite database, which nobody has open, what somebody might who has its file.
func Tamper(tb testing.TB, path string, statements ...string) {
	tb.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	}()
	for _, statement := range statements {
		if _, err := db.ExecContext(tb.Context(), statement); err != nil {
			tb.Fatalf("%s: %v", statement, err)
		}
	}
}
