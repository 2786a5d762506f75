package limit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim/limit"
)

func TestQuotasAreTheDocumentedOnes(t *testing.T) {
	t.Parallel()
	for op, want := range map[string]int{
		"GET /object/{id}":                               2000,
		"POST /object/create":                            2000,
		"GET /objecttype/{id}/attributes":                2000,
		"GET /objectconnectedtickets/{objectId}/tickets": 2000,
		"POST /object/aql":                               1000,
		"POST /object/aql/totalcount":                    500,
		"GET /aql/objects":                               500,
		"POST /object/navlist/iql":                       500,
		"PUT /object/{id}":                               1000,
		"GET /object/{id}/history":                       1000,
	} {
		if got := limit.New(limit.Options{Scale: 1}).Quota(op); got != want {
			t.Errorf("quota of %s = %d, want %d", op, got, want)
		}
		if got := limit.New(limit.Options{Scale: 10, Smooth: true}).Quota(op); got != 10*want {
			t.Errorf("ten times the quota of %s = %d, want %d", op, got, 10*want)
		}
	}
}

func TestParseReadsTheWordsOfTheCommandLine(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]limit.Options{
		"off":        {},
		"documented": {Scale: 1},
		"x1":         {Scale: 1, Smooth: true},
		"x100":       {Scale: 100, Smooth: true},
		"x0.5":       {Scale: 0.5, Smooth: true},
	} {
		got, err := limit.Parse(word)
		if err != nil {
			t.Errorf("parse %q: %v", word, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("parse %q (-want +got):\n%s", word, diff)
		}
		if got.String() != word {
			t.Errorf("options of %q write themselves as %q", word, got)
		}
	}
	for _, word := range []string{"", "on", "x", "x0", "x-1", "xNaN", "x1e9", "10", "10x"} {
		if o, err := limit.Parse(word); err == nil {
			t.Errorf("parse %q = %v, want an error", word, o)
		}
	}
}

func TestAWindowAdmitsTheQuotaAndRefusesTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limit.New(limit.Options{Scale: 1})
		const op = "GET /objectschema/list"
		for n := range 1000 {
			d := l.Take(op)
			if !d.Allowed || d.Remaining != 999-n {
				t.Fatalf("call %d: %+v", n+1, d)
			}
		}
		wait(t, 45*time.Second+time.Millisecond)
		d := l.Take(op)
		if d.Allowed || d.Reason != limit.ReasonEndpoint || d.RetrySeconds() != 15 || d.Remaining != 0 {
			t.Fatalf("call beyond the quota: %+v", d)
		}
		if d := l.Take("POST /object/create"); !d.Allowed {
			t.Fatalf("another endpoint was refused: %+v", d)
		}
		wait(t, d.RetryAfter)
		if d := l.Take(op); !d.Allowed || d.Remaining != 999 {
			t.Fatalf("call in the next window: %+v", d)
		}
	})
}

func TestTheTotalOfASiteIsRefusedWithItsOwnReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limit.New(limit.Options{Scale: 1})
		for n := range limit.Total {
			if d := l.Take(fmt.Sprintf("GET /made/up/%d", n%20)); !d.Allowed {
				t.Fatalf("call %d: %+v", n+1, d)
			}
		}
		d := l.Take("GET /never/called")
		if d.Allowed || d.Reason != limit.ReasonTotal || d.RetryAfter != time.Minute {
			t.Fatalf("call beyond the total: %+v", d)
		}
		if d.Remaining != limit.General {
			t.Fatalf("a refused call was counted against its endpoint: %+v", d)
		}
	})
}

// A client that knows the rate and keeps to 98 % of it is what the limits must
// let through; workers that take what they can get are what they must stop.
func TestAPacingClientIsNeverRefusedAndANaivePoolIs(t *testing.T) {
	t.Parallel()
	for _, opts := range []limit.Options{
		{Scale: 1}, {Scale: 1, Smooth: true}, {Scale: 10, Smooth: true}, {Scale: 1000, Smooth: true}, {Scale: 0.1, Smooth: true},
	} {
		t.Run(fmt.Sprintf("scale %v smooth %v", opts.Scale, opts.Smooth), func(t *testing.T) {
			t.Parallel()
			const op = "POST /object/aql"
			synctest.Test(t, func(t *testing.T) {
				l := limit.New(opts)
				pace := time.Duration(float64(time.Minute) / (0.98 * float64(l.Quota(op))))
				for n := range 3000 {
					if d := l.Take(op); !d.Allowed {
						t.Fatalf("paced call %d was refused: %+v", n+1, d)
					}
					wait(t, pace)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				l := limit.New(opts)
				span := 3 * time.Minute
				if opts.Scale > 1 {
					span = time.Duration(float64(span) / opts.Scale)
				}
				allowed, refused := pool(t, l, op, 16, span, time.Duration(float64(40*time.Millisecond)/opts.Scale))
				if refused*100 < 5*(allowed+refused) {
					t.Errorf("a naive pool was refused %d of %d calls, want at least 5 %%", refused, allowed+refused)
				}
				// A second's worth may go through on top of the rate, at the start.
				quota := float64(l.Quota(op))
				if ceiling := int(quota*span.Minutes() + quota/60 + 1); allowed > ceiling {
					t.Errorf("a naive pool got %d calls through a ceiling of %d", allowed, ceiling)
				}
			})
		})
	}
}

// pool runs workers that call again at once, whatever the answer, for a while.
func pool(t *testing.T, l *limit.Limiter, op string, workers int, span, latency time.Duration) (allowed, refused int) {
	t.Helper()
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	end := time.Now().Add(span)
	for range workers {
		wg.Go(func() {
			for time.Now().Before(end) {
				d := l.Take(op)
				mu.Lock()
				if d.Allowed {
					allowed++
				} else {
					refused++
				}
				mu.Unlock()
				wait(t, latency)
			}
		})
	}
	wg.Wait()
	return allowed, refused
}

func TestRetryAfterIsNeverLessThanTheTruth(t *testing.T) {
	t.Parallel()
	for _, opts := range []limit.Options{{Scale: 1}, {Scale: 1, Smooth: true}, {Scale: 3, Smooth: true}, {Scale: 0.01, Smooth: true}} {
		synctest.Test(t, func(t *testing.T) {
			l := limit.New(opts)
			const op = "POST /object/aql/totalcount"
			for range 50 {
				d := l.Take(op)
				for d.Allowed {
					d = l.Take(op)
				}
				if d.RetryAfter <= 0 || d.RetrySeconds() < 1 {
					t.Fatalf("%v: refused without a wait: %+v", opts, d)
				}
				wait(t, d.RetryAfter)
				if d := l.Take(op); !d.Allowed {
					t.Fatalf("%v: refused after the wait it was told: %+v", opts, d)
				}
			}
		})
	}
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limit.New(limit.Options{Scale: 2, Quotas: map[string]int{"GET /x": 1}})
		h := l.Wrap(func(r *http.Request) string { return r.Method + " " + r.URL.Path },
			http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
		call := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", http.NoBody))
			return w
		}
		reset := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		for n := range 3 {
			w := call()
			want := map[string]string{
				"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": strconv.Itoa(max(0, 1-n)), "X-RateLimit-Reset": reset,
				"RateLimit-Policy": `"endpoint";q=2;w=60, "instance";q=20000;w=60`,
				"Retry-After":      "", "RateLimit-Reason": "",
			}
			status := http.StatusTeapot
			if n == 2 {
				status, want["Retry-After"], want["RateLimit-Reason"] = http.StatusTooManyRequests, "60", limit.ReasonEndpoint
			}
			got := map[string]string{}
			for k := range want {
				got[k] = w.Header().Get(k)
			}
			if diff := cmp.Diff(want, got); diff != "" || w.Code != status {
				t.Errorf("call %d: status %d, want %d; headers (-want +got):\n%s", n+1, w.Code, status, diff)
			}
		}
	})
}

func TestLimitsThatAreOffSayNothing(t *testing.T) {
	t.Parallel()
	var none *limit.Limiter
	for _, l := range []*limit.Limiter{none, limit.New(limit.Options{})} {
		h := l.Wrap(func(*http.Request) string { return "GET /x" }, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		for range 5 * limit.General {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", http.NoBody))
			if w.Code != http.StatusOK || len(w.Header()) != 0 {
				t.Fatalf("status %d, headers %v", w.Code, w.Header())
			}
		}
	}
}

// wait lets the fake clock of the bubble go on by d.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}
