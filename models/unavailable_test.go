package models_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"stowage/internal/redact"
	"stowage/models"
	"stowage/models/modelstest"
)

func TestADatabaseThatIsAwayIsNamed(t *testing.T) {
	t.Parallel()
	o := modelstest.Options(t, models.Postgres)
	db := modelstest.OpenWith(t, o)
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The server ends all connections of this database, and lets nobody in again.
	other := modelstest.Open(t, models.Postgres)
	u, err := url.Parse(o.URL.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	for _, statement := range []string{
		"ALTER DATABASE " + name + " ALLOW_CONNECTIONS false",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'",
	} {
		if err := models.Gorm(other).Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ForTenant("local").GetRun(t.Context(), "x"); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("a question: %v", err)
	}
	if _, err := db.ForTenant("local").Enqueue(t.Context(), models.RunSpec{Kind: models.KindSync}); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("a change: %v", err)
	}
	if err := db.Ping(t.Context()); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("ping: %v", err)
	}
	if err := models.Gorm(other).Exec("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true").Error; err != nil {
		t.Fatal(err)
	}
	if _, err := db.ForTenant("local").Enqueue(t.Context(), models.RunSpec{Kind: models.KindSync}); err != nil {
		t.Errorf("after it came back: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Ping(ctx); errors.Is(err, models.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("after the caller hung up: %v", err)
	}
}

func TestThePasswordOfTheDatabaseIsInNoError(t *testing.T) {
	t.Parallel()
	const password = "canary-of-the-database"
	for name, address := range map[string]string{
		"no address":     "postgres://stowage:" + password + "@host:port/db",
		"nobody listens": "postgres://stowage:" + password + "@127.0.0.1:1/db?connect_timeout=2",
		"no socket":      "postgres://stowage:" + password + "@/db?host=" + url.QueryEscape(t.TempDir()),
	} {
		_, err := models.OpenWith(t.Context(), models.Options{URL: redact.New(address)})
		if err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", name, err)
		}
		if name != "no address" && !errors.Is(err, models.ErrUnavailable) {
			t.Errorf("%s: %v is not %v", name, err, models.ErrUnavailable)
		}
	}
	for name, o := range map[string]models.Options{"neither": {}, "both": {Path: t.TempDir() + "/x.db", URL: redact.New("postgres://x/y")}} {
		if _, err := models.OpenWith(t.Context(), o); err == nil {
			t.Errorf("%s a path and an address: no error", name)
		}
	}
}
