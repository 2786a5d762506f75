package service_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"stowage/atlassian/connect"
	"stowage/atlassian/connect/connecttest"
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
		Slots: 1, Sites: connect.DefaultSites(), ConnectKeys: "https://keys.example", ConnectScript: "https://connect.example/all.js",
		Migrate: true, Log: slog.New(slog.DiscardHandler),
	}
}

// TestASiteOfAtlassianInstallsTheApp sends what a site sends whose address is not of this machine, as those of all other
// tests are.
func TestASiteOfAtlassianInstallsTheApp(t *testing.T) {
	t.Parallel()
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(connecttest.PublicPEM(t))
	}))
	t.Cleanup(keys.Close)
	cfg := config(t, t.TempDir())
	// The keys stand on this machine. Nothing is worked on, so that the site is not asked anything.
	cfg.Role, cfg.ConnectKeys, cfg.AllowLoopback = service.RoleWeb, keys.URL, true
	s, err := service.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for site, want := range map[string]int{
		"https://acme.atlassian.net": http.StatusNoContent, "https://acme.jira.com": http.StatusNoContent, "https://acme.example": http.StatusBadRequest,
	} {
		sender := connecttest.Site{AppKey: "io.stowage.assets-backup", AppBase: cfg.BaseURL, ClientKey: "client of " + site, BaseURL: site}
		body, err := json.Marshal(map[string]string{
			"key": sender.AppKey, "clientKey": sender.ClientKey, "sharedSecret": strings.Repeat("s", 64), "baseUrl": site,
			"productType": "jira", "eventType": "installed",
		})
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.Addr()+"/installed", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "JWT "+sender.Install(t, http.MethodPost, "/installed"))
		req.Header.Set("Content-Type", "application/json")
		res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != want {
			t.Errorf("an installation on %s is answered %d: %s %v", site, res.StatusCode, text, err)
		}
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
