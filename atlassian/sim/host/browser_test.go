package host_test

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// openInBrowser opens an address in a browser without a window until the test ends.
func openInBrowser(t *testing.T, address string) {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("STOWAGE_REQUIRE_SERVICES") == "1" {
			t.Fatal(err)
		}
		t.Skip("chromium is not installed")
	}
	profile, err := os.MkdirTemp("", "stowage-browser-") //nolint:usetesting // What a dying browser still writes there must not fail the test.
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	browser := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir="+profile, address)
	// The browser is many processes; they end together.
	browser.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	browser.Cancel = func() error { return syscall.Kill(-browser.Process.Pid, syscall.SIGKILL) }
	browser.WaitDelay = 5 * time.Second
	if err := browser.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := browser.Wait(); err == nil {
			t.Error("the browser ended by itself")
		}
		if err := os.RemoveAll(profile); err != nil {
			t.Log(err)
		}
	})
}

func TestAPageSpeaksWithTheHostInABrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	r := newRig(t)
	key := r.install().Key
	want := map[string]string{
		"place": "/schemas/7?tab=log", "query": "schemas", "context": "{}", "locale": "en_US", "zone": "Etc/UTC", "user": r.acme.Administrator(),
		"location": key + " admin", "callback": "context-qsh", "promise": r.acme.Administrator(), "request": "Administrator of acme", "missing": "404",
		"theme": "light", "stranger": "nothing",
	}
	all := make(chan struct{})
	r.app.mu.Lock()
	r.app.telling = func() {
		if len(r.app.told) == len(want) {
			close(all)
			r.app.telling = nil
		}
	}
	r.app.mu.Unlock()
	openInBrowser(t, r.acme.PageAddress(key, "admin")+"?ac.place=schemas#!/schemas/7?tab=log")
	select {
	case <-all:
	case <-time.After(3 * time.Minute):
		t.Error("the page did not tell everything within three minutes")
	}
	r.app.mu.Lock()
	defer r.app.mu.Unlock()
	if diff := cmp.Diff(want, maps.Clone(r.app.told)); diff != "" {
		t.Errorf("what the page found (-want +got):\n%s", diff)
	}
}
