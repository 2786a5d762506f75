package stats_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim/stats"
)

func TestCountsHaveTheDocumentedShape(t *testing.T) {
	t.Parallel()
	var r stats.Recorder
	if got, want := marshal(t, &r), `{"calls":{},"statuses":{}}`; got != want {
		t.Errorf("before any call: %s, want %s", got, want)
	}
	h := r.Wrap(func(req *http.Request) string {
		if req.URL.Path == "/_sim/stats" {
			return ""
		}
		return req.Method + " " + req.URL.Path
	}, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/object/create":
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusCreated)
		case "/refused":
			http.Error(w, "no", http.StatusTooManyRequests)
		case "/body":
			_, _ = w.Write([]byte("implied"))
		}
	}))
	for _, path := range []string{"/object/create", "/object/create", "/refused", "/body", "/nothing", "/_sim/stats"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, http.NoBody))
	}
	want := `{"calls":{"POST /body":1,"POST /nothing":1,"POST /object/create":2,"POST /refused":1},"statuses":{"200":2,"201":2,"429":1}}`
	if got := marshal(t, &r); got != want {
		t.Errorf("counts are\n%s, want\n%s", got, want)
	}
	if n := r.Snapshot().Total(); n != 5 {
		t.Errorf("total = %d, want 5", n)
	}
	r.Zero()
	if got, want := marshal(t, &r), `{"calls":{},"statuses":{}}`; got != want {
		t.Errorf("after zeroing: %s, want %s", got, want)
	}
}

func TestADroppedConnectionIsCountedAsReset(t *testing.T) {
	t.Parallel()
	var r stats.Recorder
	srv := httptest.NewServer(r.Wrap(func(*http.Request) string { return "GET /x" }, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/panic" {
			panic(http.ErrAbortHandler)
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("hijack: %v", err)
			return
		}
		_ = conn.Close()
	})))
	t.Cleanup(srv.Close)
	for _, path := range []string{"/panic", "/hijack"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := srv.Client().Do(req); err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s answered %s", path, resp.Status)
		}
	}
	want := stats.Snapshot{Calls: map[string]int64{"GET /x": 2}, Statuses: map[string]int64{stats.Reset: 2}}
	if diff := cmp.Diff(want, r.Snapshot()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestManyMayCountAtOnce(t *testing.T) {
	t.Parallel()
	var (
		r  stats.Recorder
		wg sync.WaitGroup
	)
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				r.Call("GET /x")
				r.Status("200")
				_ = r.Snapshot()
			}
		})
	}
	wg.Wait()
	want := stats.Snapshot{Calls: map[string]int64{"GET /x": 8000}, Statuses: map[string]int64{"200": 8000}}
	if diff := cmp.Diff(want, r.Snapshot()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
