package sim_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"stowage/atlassian/sim"
)

func roundTrip(t *testing.T, h http.HandlerFunc, method, body string) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://sim.test/a?b=c", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return sim.Transport(h).RoundTrip(request)
}

// Both ways of reaching a handler must look alike to a client.
func TestTheTransportBehavesAsAConnectionDoes(t *testing.T) {
	t.Parallel()
	type seen struct {
		err    string
		status int
		body   string
		length int64
		cut    bool
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    seen
	}{
		"an answer": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(w, r.Body)
		}, seen{status: 200, body: "sent", length: 4}},
		"an empty answer": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, seen{status: 204}},
		"nothing at all":  {func(http.ResponseWriter, *http.Request) {}, seen{status: 200}},
		"the second status is ignored": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			w.WriteHeader(500)
		}, seen{status: 201}},
		"a broken connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, seen{err: "any"}},
		"a cut body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, seen{status: 200, body: "half", length: 10, cut: true}},
		"a body cut without a length": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, seen{status: 200, body: "half", length: -1, cut: true}},
	} {
		look := func(t *testing.T, response *http.Response, err error) seen {
			t.Helper()
			if err != nil {
				return seen{err: "any"}
			}
			body, err := io.ReadAll(response.Body)
			if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatal(err)
			}
			if err := response.Body.Close(); err != nil {
				t.Fatal(err)
			}
			return seen{status: response.StatusCode, body: string(body), length: response.ContentLength, cut: err != nil}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := roundTrip(t, tc.handler, http.MethodPost, "sent") //nolint:bodyclose // look closes it
			if got := look(t, response, err); got != tc.want {
				t.Errorf("in process: %+v, want %+v", got, tc.want)
			}
			server := httptest.NewUnstartedServer(tc.handler)
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			server.Start()
			defer server.Close()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("sent"))
			if err != nil {
				t.Fatal(err)
			}
			response, err = server.Client().Do(request) //nolint:bodyclose // look closes it
			if got := look(t, response, err); got != tc.want {
				t.Errorf("over a socket: %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestABrokenConnectionIsAConnectionReset(t *testing.T) {
	t.Parallel()
	_, err := roundTrip(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, http.MethodGet, "") //nolint:bodyclose // there is none
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the error is %v", err)
	}
}

func TestAHandlersBugIsNotHidden(t *testing.T) {
	t.Parallel()
	defer func() {
		if got := recover(); got != "bug" {
			t.Errorf("recovered %v", got)
		}
	}()
	_, _ = roundTrip(t, func(http.ResponseWriter, *http.Request) { panic("bug") }, http.MethodGet, "") //nolint:bodyclose // there is none
}

func TestHeadersAreReadWhateverTheirSpelling(t *testing.T) {
	t.Parallel()
	response, err := roundTrip(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["X-RateLimit-Limit"] = []string{"1000"}
		w.Header()["x-lower"] = []string{"a", "b"}
		w.Header().Set("X-Uri", r.RequestURI+" "+r.Host)
		w.WriteHeader(200)
		w.Header().Set("X-Late", "no")
	}, http.MethodGet, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	h := response.Header
	if h.Get("X-RateLimit-Limit") != "1000" || len(h.Values("X-Lower")) != 2 || h.Get("X-Uri") != "/a?b=c sim.test" || h.Get("X-Late") != "" {
		t.Errorf("headers %v", h)
	}
}

func TestACancelledCallAnswersWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		done := false
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			done = true // the work is done although nobody waits for the answer
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://sim.test/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = sim.Transport(h).RoundTrip(request) //nolint:bodyclose // there is none
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute || !done {
			t.Errorf("after %v: %v, done %v", time.Since(start), err, done)
		}
		done = false
		if _, err := sim.Transport(h).RoundTrip(request); !errors.Is(err, context.DeadlineExceeded) || done { //nolint:bodyclose // there is none
			t.Errorf("a call that was over before it began: %v, done %v", err, done)
		}
	})
}
