package lifecycle_test

import (
	"log/slog"
	"net/url"
	"testing"
	"time"

	"stowage/models"
	"stowage/models/modelstest"
	"stowage/server/lifecycle"
)

// openStore opens a store of its own that goes by a clock.
type openStore func(t *testing.T, now func() time.Time) lifecycle.Store

// stores returns the stores that the callbacks are tested on.
func stores() map[string]openStore {
	database := func(dialect string) openStore {
		return func(t *testing.T, now func() time.Time) lifecycle.Store {
			t.Helper()
			return lifecycle.FromDB(modelstest.OpenAt(t, dialect, now))
		}
	}
	return map[string]openStore{
		"memory":        func(_ *testing.T, now func() time.Time) lifecycle.Store { return newMemory(now) },
		models.SQLite:   database(models.SQLite),
		models.Postgres: database(models.Postgres),
	}
}

func mustParse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
