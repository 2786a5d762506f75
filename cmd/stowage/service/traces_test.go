package service_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stowage/cmd/stowage/service"
)

func TestACollectorTakesTracesBelowItsAddress(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]string{
		"http://127.0.0.1:4318":           "http://127.0.0.1:4318/v1/traces",
		"https://collector.example/":      "https://collector.example/v1/traces",
		"https://collector.example/otlp":  "https://collector.example/otlp/v1/traces",
		"https://collector.example/otlp/": "https://collector.example/otlp/v1/traces",
	} {
		if got, err := service.CollectorURL(endpoint); err != nil || got != want {
			t.Errorf("%s becomes %q: %v", endpoint, got, err)
		}
	}
	for _, endpoint := range []string{
		"", "collector", "collector:4318", "grpc://collector.example", "https://", "https://somebody:canary@collector.example",
		"https://collector.example?key=canary", "https://collector.example#canary", "https://somebody:canary@[::1",
	} {
		if got, err := service.CollectorURL(endpoint); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s becomes %q: %v", endpoint, got, err)
		}
	}
}

// sent is what a collector was sent.
type sent struct {
	call string
	body []byte
}

// newCollector is a collector that answers with a status.
func newCollector(t *testing.T, status int) (address string, calls <-chan sent) {
	t.Helper()
	heard := make(chan sent, 10)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		heard <- sent{r.Method + " " + r.URL.Path, body}
		w.WriteHeader(status)
	}))
	t.Cleanup(web.Close)
	return web.URL, heard
}

// lines hands on what is written, one line at a time.
type lines chan string

// Write implements io.Writer.
func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// asked starts a service that has been asked something.
func asked(t *testing.T, cfg service.Config) {
	t.Helper()
	s, err := service.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addr()+"/atlassian-connect.json", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
}

func TestRequestsAreTracedToTheCollector(t *testing.T) {
	t.Parallel()
	address, calls := newCollector(t, http.StatusOK)
	cfg := config(t, t.TempDir())
	cfg.OTLPEndpoint, cfg.Version = address, "v1.2.3-test"
	asked(t, cfg)
	got := <-calls
	if got.call != "POST /v1/traces" {
		t.Errorf("the collector was asked %q", got.call)
	}
	for _, want := range []string{"/atlassian-connect.json", "service.name", "stowage", "v1.2.3-test"} {
		if !bytes.Contains(got.body, []byte(want)) {
			t.Errorf("the traces do not have %q", want)
		}
	}
}

func TestTracesThatAreRefusedStandInTheLog(t *testing.T) {
	t.Parallel()
	address, _ := newCollector(t, http.StatusNotFound)
	log := make(lines, 1000)
	cfg := config(t, t.TempDir())
	cfg.OTLPEndpoint, cfg.Log = address, slog.New(slog.NewJSONHandler(log, nil))
	asked(t, cfg)
	for !strings.Contains(<-log, `"msg":"traces could not be sent"`) {
	}
}
