package service_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"stowage/cmd/stowage/service"
	"stowage/internal/redact"
	"stowage/internal/seal"
	"stowage/models"
	"stowage/snapshot"
)

func config(t *testing.T, dir string) service.Config {
	t.Helper()
	return service.Config{
		Role: service.RoleAll, Addr: "127.0.0.1:0", BaseURL: "https://stowage.example",
		Database: service.Database{Path: filepath.Join(dir, "stowage.db")}, Store: filepath.Join(dir, "store"), Master: snapshot.NewMasterKey(),
		Slots: 1, Sites: []string{"*.atlassian.net"}, ConnectKeys: "https://keys.example", ConnectScript: "https://connect.example/all.js",
		Migrate: true, Log: slog.New(slog.DiscardHandler),
	}
}

func TestAServiceDoesNotStartWithTheKeyOfAnother(t *testing.T) {
	t.Parallel()
	cfg := config(t, t.TempDir())
	start := func() error {
		s, err := service.Start(t.Context(), cfg)
		if err != nil {
			return err
		}
		return s.Close()
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	// With the first secret the database belongs to a key.
	master, err := seal.NewMaster([32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	db, err := models.OpenWith(t.Context(), models.Options{Path: cfg.Database.Path, Seal: master})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = db.Install(t.Context(), models.InstallSpec{Product: "connect", ClientKey: "key", SharedSecret: redact.New("secret")})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := start(); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("it starts: %v", err)
	}
}
