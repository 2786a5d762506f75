package lifecycle_test

import (
	"log/slog"
	"net/url"
	"testing"
	"time"

	"stowage/server/lifecycle"
)

// stores returns the stores that the callbacks are tested on.
func stores(t *testing.T) map[string]func(t *testing.T) lifecycle.Store {
	t.Helper()
	return map[string]func(t *testing.T) lifecycle.Store{
		"memory": func(*testing.T) lifecycle.Store { return newMemory(func() time.Time { return noon }) },
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
