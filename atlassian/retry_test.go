package atlassian_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/internal/netguard"
	"stowage/internal/redact"
)

func secretOf(text string) redact.Secret { return redact.New(text) }

type outcome func() (*http.Response, error)

func status(code int, headers ...string) outcome {
	return func() (*http.Response, error) {
		return reply(code, `{"errorMessages":["m"],"errors":{}}`, headers...), nil
	}
}

func broken(err error) outcome { return func() (*http.Response, error) { return nil, err } }

func good() (*http.Response, error) { return reply(200, `{"id":"1","objectKey":"K-1"}`), nil }

func cutOff() (*http.Response, error) { return cut(200, `{"id":"1",`), nil }

// TestWhatIsRepeatedAndWhatIsNot tells, for reads and for writes, how a call ends that first meets with some outcomes and
// then would succeed.
func TestWhatIsRepeatedAndWhatIsNot(t *testing.T) {
	t.Parallel()
	many := func(o outcome, n int) []outcome {
		out := make([]outcome, n)
		for i := range out {
			out[i] = o
		}
		return out
	}
	for _, c := range []struct {
		name  string
		first []outcome
		// How a read and a write end, "" is well, and how often each is sent.
		read      string
		readSent  int
		write     string
		writeSent int
	}{
		{"well", nil, "", 1, "", 1},
		{"server error", []outcome{status(500)}, "", 2, "outcome unknown", 1},
		{"unavailable", []outcome{status(503, "Retry-After", "1")}, "", 2, "outcome unknown", 1},
		{"connection reset", []outcome{broken(reset())}, "", 2, "outcome unknown", 1},
		{"end of file", []outcome{broken(io.EOF)}, "", 2, "outcome unknown", 1},
		{"body cut off", []outcome{cutOff}, "", 2, "outcome unknown", 1},
		{"refused", []outcome{broken(refused())}, "", 2, "", 2},
		{"name not resolved for now", []outcome{broken(&net.DNSError{Err: "server misbehaving", IsTemporary: true})}, "", 2, "", 2},
		{"address refused", []outcome{broken(netguard.ErrRefused)}, "unavailable", 1, "unavailable", 1},
		{"no such host", []outcome{broken(&net.DNSError{Err: "no such host", IsNotFound: true})}, "unavailable", 1, "unavailable", 1},
		{"never there", many(broken(refused()), 99), "unavailable", 3, "unavailable", 3},
		{"too many", []outcome{status(429, "Retry-After", "1")}, "", 2, "", 2},
		{"too many, thrice, no header", many(status(429), 3), "", 4, "", 4},
		{"five failures of a read", many(status(502), 5), "", 6, "outcome unknown", 1},
		{"six failures of a read", many(status(502), 6), "unavailable", 6, "outcome unknown", 1},
		{"not found", []outcome{status(404)}, "not found", 1, "not found", 1},
		{"refused content", []outcome{status(400)}, "", 1, "", 1},
		{"asked to wait an hour", []outcome{status(429, "Retry-After", "3600")}, "throttled", 1, "throttled", 1},
		{"asked to slow down for ever", many(status(429, "Retry-After", "60"), 99), "throttled", 11, "throttled", 11},
		{"gone", []outcome{status(410)}, "not offered by this site", 1, "not offered by this site", 1},
		{"not implemented", []outcome{status(501)}, "not offered by this site", 1, "outcome unknown", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []string{"read", "write"} {
				synctest.Test(t, func(t *testing.T) {
					client, s := stubbed(t, func(n int, _ *http.Request, _ string) (*http.Response, error) {
						if n < len(c.first) {
							return c.first[n]()
						}
						return good()
					})
					var err error
					want, sent := c.read, c.readSent
					if kind == "read" {
						_, err = client.Object(t.Context(), "1")
					} else {
						want, sent = c.write, c.writeSent
						_, err = client.CreateObject(t.Context(), atlassian.ObjectSpec{TypeID: "1"})
					}
					if got := answersTo(err); got != want || s.sent() != sent {
						t.Errorf("%s ends with %v (%q) after %d requests; want %q after %d", kind, err, got, s.sent(), want, sent)
					}
				})
			}
		})
	}
}

func TestWaitsGrowAndRespectTheSite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		client, _ := stubbed(t, func(n int, _ *http.Request, _ string) (*http.Response, error) {
			at = append(at, time.Since(start))
			switch {
			case n == 3:
				return status(503, "Retry-After", "20")()
			case n < 5:
				return status(500)()
			}
			return good()
		})
		if _, err := client.Object(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		for i, want := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 20 * time.Second, 8 * time.Second} {
			wait := at[i+1] - at[i]
			if wait < want*7/10 || wait > want*13/10 {
				t.Errorf("wait %d: %v, want about %v", i, wait, want)
			}
		}
	})
}

func TestATryThatTakesTooLongIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := func(_ int, r *http.Request, _ string) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		client, s := stubbed(t, hang, func(c *atlassian.Config) { c.Retry.TryTimeout, c.Retry.Tries = time.Minute, 2 })
		_, err := client.Object(t.Context(), "1")
		if !errors.Is(err, assets.ErrUnavailable) || !strings.Contains(err.Error(), "no answer in time") || s.sent() != 2 {
			t.Errorf("read: %v after %d requests", err, s.sent())
		}
		_, err = client.CreateObject(t.Context(), atlassian.ObjectSpec{TypeID: "1"})
		if !errors.Is(err, assets.ErrUnknownOutcome) || s.sent() != 3 {
			t.Errorf("write: %v after %d requests", err, s.sent())
		}
	})
}

func TestStoppingInTheMiddleOfAWriteLeavesItsOutcomeUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("the user stopped it")
		hang := func(_ int, r *http.Request, _ string) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		client, _ := stubbed(t, hang)
		for _, kind := range []string{"read", "write", "write not begun"} {
			ctx, cancel := context.WithCancelCause(t.Context())
			if kind == "write not begun" {
				cancel(cause)
			} else {
				time.AfterFunc(time.Second, func() { cancel(cause) })
			}
			var err error
			if kind == "read" {
				_, err = client.Object(ctx, "1")
			} else {
				_, err = client.CreateObject(ctx, atlassian.ObjectSpec{TypeID: "1"})
			}
			if !errors.Is(err, cause) || errors.Is(err, assets.ErrUnknownOutcome) != (kind == "write") {
				t.Errorf("%s: %v answers to %q", kind, err, answersTo(err))
			}
		}
	})
}

func TestStoppingWhileWaitingIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("stopping")
		client, s := stubbed(t, func(int, *http.Request, string) (*http.Response, error) { return status(429, "Retry-After", "300")() })
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(10*time.Second, func() { cancel(cause) })
		start := time.Now()
		_, err := client.CreateObject(ctx, atlassian.ObjectSpec{TypeID: "1"})
		if !errors.Is(err, cause) || errors.Is(err, assets.ErrUnknownOutcome) || time.Since(start) != 10*time.Second || s.sent() != 1 {
			t.Errorf("%v after %v and %d requests", err, time.Since(start), s.sent())
		}
	})
}

// TestWithARealConnection tells a request that never left from one whose answer was lost, by what net/http tells.
func TestWithARealConnection(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	var requests atomic.Int32
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		requests.Add(1)
		panic(http.ErrAbortHandler)
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	client, err := atlassian.New(atlassian.Config{
		SiteURL: address, APIURL: address, WorkspaceID: "w", Email: "a@b.example", Token: secretOf(canary), AllowLoopback: true,
		Retry: atlassian.RetryPolicy{Base: time.Millisecond, Cap: time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateObject(t.Context(), atlassian.ObjectSpec{TypeID: "1"})
	if !errors.Is(err, assets.ErrUnknownOutcome) || requests.Load() != 1 {
		t.Errorf("a broken connection: %v after %d requests", err, requests.Load())
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	_, err = client.CreateObject(t.Context(), atlassian.ObjectSpec{TypeID: "1"})
	if !errors.Is(err, assets.ErrUnavailable) || errors.Is(err, assets.ErrUnknownOutcome) {
		t.Errorf("no server: %v", err)
	}
	if err == nil || !strings.Contains(err.Error(), listener.Addr().String()+" cannot be reached") {
		t.Errorf("the sentence does not name the host: %v", err)
	}
}
