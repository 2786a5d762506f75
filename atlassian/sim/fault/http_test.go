package fault_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim/fault"
)

// served is a handler behind a plan on a real socket, with the number of calls
// that reached the handler.
type served struct {
	*httptest.Server

	done chan struct{}
}

const body = `{"id":"88","label":"a body that is long enough to be cut"}`

func serve(t *testing.T, p *fault.Plan, hooks fault.Hooks) *served {
	t.Helper()
	s := &served{done: make(chan struct{}, 100)}
	s.Server = httptest.NewServer(p.WrapSite("acme", hooks, func(r *http.Request) string { return r.Method + " " + r.URL.Path },
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			s.done <- struct{}{}
			w.Header().Set("X-Test", "kept")
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(body))
		})))
	t.Cleanup(s.Close)
	return s
}

// answer is what a test looks at.
type answer struct {
	Status                         int
	RetryAfter, Reason, Test, Body string
}

func (s *served) post(t *testing.T) (answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/object/create", strings.NewReader(`{"objectTypeId":"23"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header.Get("Retry-After"), resp.Header.Get("RateLimit-Reason"), resp.Header.Get("X-Test"), string(b)}, err
}

func TestAPlannedStatusIsAnsweredWithoutTheOperation(t *testing.T) {
	t.Parallel()
	s := serve(t, plan(t,
		fault.Rule{Op: "*", Nth: 1, Status: 503},
		fault.Rule{Op: "*", Nth: 2, Status: 429, RetryAfter: 3, Reason: "jira-burst-based", Body: "slow down"},
		fault.Rule{Op: "*", Nth: 3, Status: 429}), fault.Hooks{})
	for n, want := range []answer{
		{503, "", "", "", `{"code":503,"message":"Service Unavailable"}`},
		{429, "3", "jira-burst-based", "", "slow down"},
		{429, "", "", "", `{"code":429,"message":"Too Many Requests"}`},
	} {
		got, err := s.post(t)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("call %d (-want +got):\n%s", n+1, diff)
		}
	}
	if n := len(s.done); n != 0 {
		t.Errorf("the operation was done %d times", n)
	}
}

func TestAResetComesBeforeOrAfterTheOperation(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]int{fault.Before: 0, fault.After: 1} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			p := plan(t, fault.Rule{Op: "POST /object/create", Nth: 1, Reset: when})
			s := serve(t, p, fault.Hooks{})
			if got, err := s.post(t); err == nil {
				t.Errorf("the dropped call answered %+v", got)
			} else if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
				t.Errorf("the dropped call failed with %v", err)
			}
			if n := len(s.done); n != want {
				t.Errorf("the operation was done %d times, want %d", n, want)
			}
			if got, err := s.post(t); err != nil || got.Status != http.StatusCreated || got.Body != body {
				t.Errorf("the next call: %v %+v", err, got)
			}
			if len(p.Unhit()) != 0 {
				t.Error("the fault counts as never hit")
			}
		})
	}
}

// In process there is no connection to take away; the panic that net/http knows
// stands for it.
func TestWithoutAConnectionAResetIsTheAbortPanic(t *testing.T) {
	t.Parallel()
	h := plan(t, fault.Rule{Op: "*", Reset: fault.After}).Wrap(func(*http.Request) string { return "GET /x" }, http.NotFoundHandler())
	w := httptest.NewRecorder()
	defer func() {
		if cause, ok := recover().(error); !ok || !errors.Is(cause, http.ErrAbortHandler) {
			t.Errorf("panicked with %v", cause)
		}
		if w.Body.Len() != 0 {
			t.Errorf("something was answered: %q", w.Body)
		}
	}()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
}

func TestATruncatedBodyEndsTooEarly(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "", 5: body[:5], 10_000: body[:len(body)-1]} {
		s := serve(t, plan(t, fault.Rule{Op: "*", Nth: 1, Truncate: &n}), fault.Hooks{})
		got, err := s.post(t)
		if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("truncated at %d: error %v", n, err)
			continue
		}
		if got.Status != http.StatusCreated || got.Test != "kept" || got.Body != want {
			t.Errorf("truncated at %d: %+v, want %q", n, got, want)
		}
	}
}

func TestADelayEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rule fault.Rule
		done bool
	}{
		"before the operation": {fault.Rule{Op: "*", Delay: fault.Duration(time.Minute)}, false},
		"after the operation":  {fault.Rule{Op: "*", DelayAfter: fault.Duration(time.Minute)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				done := false
				h := plan(t, tc.rule).Wrap(func(*http.Request) string { return "GET /x" },
					http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						done = true
						_, _ = w.Write([]byte(body))
					}))
				start := time.Now()
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
				if took := time.Since(start); took != time.Minute || w.Body.String() != body || !done {
					t.Errorf("took %v and answered %q", took, w.Body)
				}

				done, start = false, time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				defer func() {
					if recover() == nil || done != tc.done || time.Since(start) != time.Second {
						t.Errorf("after %v: done %v", time.Since(start), done)
					}
				}()
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody))
			})
		})
	}
}

func TestHooksAreCalledBeforeTheOperation(t *testing.T) {
	t.Parallel()
	lag, none := fault.Duration(2*time.Second), fault.Duration(0)
	rules := []fault.Rule{
		{Op: "*", Nth: 1, SearchLag: &lag},
		{Op: "*", Nth: 2, Mutate: 0.25},
		{Op: "*", Nth: 2, RevokeToken: true},
		{Op: "*", Nth: 3, SearchLag: &none},
	}
	var log []string
	hooks := fault.Hooks{
		SearchLag:   func(d time.Duration) { log = append(log, "lag "+d.String()) },
		Mutate:      func(_ context.Context, share float64, _ uint64) error { log = append(log, "mutate"); return nil },
		RevokeToken: func(r *http.Request) { log = append(log, "revoke "+r.Header.Get("Authorization")) },
	}
	p := plan(t, rules...)
	h := p.WrapSite("acme", hooks, func(*http.Request) string { return "GET /x" },
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { log = append(log, "done") }))
	for range 3 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.Header.Set("Authorization", "Basic x")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	want := []string{"lag 2s", "done", "mutate", "revoke Basic x", "done", "lag 0s", "done"}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}

	missing := plan(t, rules[0], rules[1], rules[2]).WrapSite("acme", fault.Hooks{}, func(*http.Request) string { return "GET /x" }, http.NotFoundHandler())
	for range 2 {
		w := httptest.NewRecorder()
		missing.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
		if w.Code != http.StatusInternalServerError {
			t.Errorf("without the hook: status %d, want 500", w.Code)
		}
	}
}
