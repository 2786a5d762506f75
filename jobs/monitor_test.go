package jobs

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"stowage/internal/redact"
	"stowage/jobs/jobstest"
	"stowage/models"
)

func TestTheMonitorShowsQueuesAndLoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"in-process", "real"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var url redact.Secret
			if kind == "real" {
				url = jobstest.StartRedis(t).URL()
			}
			r := openRedis(t, url)
			due := models.DueRun{Tenant: "acme", ID: "run-1", Kind: KindBackup, Epoch: 1, State: models.StateQueued}
			if err := NewBell(r).Ring(t.Context(), due, 0); err != nil {
				t.Fatal(err)
			}
			m := NewMonitor(r, "/ops/queues")
			defer func() {
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			}()

			page := get(t, m, http.MethodGet, "/ops/queues/")
			policy := page.header.Get("Content-Security-Policy")
			if page.status != http.StatusOK || !strings.Contains(page.body, `<div id="root">`) {
				t.Errorf("%d: %s", page.status, page.body)
			}
			if out := regexp.MustCompile(`(src|href)="(https?:)?//`).FindString(page.body); out != "" {
				t.Errorf("the page loads from elsewhere: %s", out)
			}
			if strings.Contains(policy, "http") || !strings.Contains(policy, "default-src 'none'") || strings.Count(policy, "'sha256-") != 2 {
				t.Errorf("policy: %s", policy)
			}
			script := regexp.MustCompile(`<script src="([^"]+)"`).FindAllStringSubmatch(page.body, -1)
			if len(script) == 0 {
				t.Fatal("the page has no script")
			}
			for _, s := range script {
				if got := get(t, m, http.MethodGet, s[1]); got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), "application/javascript") {
					t.Errorf("%s: %d %s", s[1], got.status, got.header.Get("Content-Type"))
				}
			}
			for path, want := range map[string]string{
				"/ops/queues/api/queues":                       `"queue":"long"`,
				"/ops/queues/api/queues/long/pending_tasks":    "run-1:1:0",
				"/ops/queues/api/servers":                      "servers",
				"/ops/queues/queues/long":                      `<div id="root">`,
				"/ops/queues/api/queues/long/tasks/run-1:1:0":  "run:backup",
				"/ops/queues/static/media/no-such-picture.svg": `<div id="root">`,
			} {
				if got := get(t, m, http.MethodGet, path); got.status != http.StatusOK || !strings.Contains(got.body, want) {
					t.Errorf("%s: %d %s", path, got.status, got.body)
				}
			}
			for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodPut} {
				if got := get(t, m, method, "/ops/queues/api/queues/long"); got.status != http.StatusMethodNotAllowed {
					t.Errorf("%s is answered with %d", method, got.status)
				}
			}
		})
	}
}

type answered struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, h http.Handler, method, path string) answered {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
	res := rec.Result()
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{res.StatusCode, res.Header, string(body)}
}
