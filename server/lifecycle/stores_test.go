package lifecycle_test

import (
	"context"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"stowage/jobs"
	"stowage/models"
	"stowage/models/modelstest"
	"stowage/server/lifecycle"
)

// openStore opens a store of its own that goes by a clock, and returns what ends the use of the app by a tenant there.
type openStore func(t *testing.T, now func() time.Time) (lifecycle.Store, uninstaller)

type uninstaller = func(ctx context.Context, tenantID string) error

// silentBell rings for nobody.
type silentBell struct{}

func (silentBell) Ring(context.Context, models.DueRun, time.Duration) error { return nil }

// grace is how long the stores keep the data of a tenant that left.
const grace = 30 * 24 * time.Hour

// stores returns the stores that the callbacks are tested on.
func stores() map[string]openStore {
	database := func(dialect string) openStore {
		return func(t *testing.T, now func() time.Time) (lifecycle.Store, uninstaller) {
			t.Helper()
			db := modelstest.OpenAt(t, dialect, now)
			return lifecycle.FromDB(db), jobs.NewService(db, silentBell{}, discard(), jobs.ServiceOptions{Now: now}).Uninstalled
		}
	}
	return map[string]openStore{
		"memory": func(_ *testing.T, now func() time.Time) (lifecycle.Store, uninstaller) {
			m := newMemory(now)
			return m, func(ctx context.Context, tenantID string) error { return m.uninstall(ctx, tenantID, now().Add(grace)) }
		},
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
