package fault

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Hooks do to a site what a handler in front of it cannot.
type Hooks struct {
	// SearchLag sets how far searches lag behind writes from now on.
	SearchLag func(lag time.Duration)
	// Mutate changes a share of the objects; another seed changes others.
	Mutate func(ctx context.Context, share float64, seed uint64) error
	// RevokeToken makes the token with which the request came invalid.
	RevokeToken func(r *http.Request)
}

// Wrap puts the plan before next. The function op names the operation of a
// request; a request for which it answers "" meets no faults. Rules that name a
// site or need a hook want WrapSite.
func (p *Plan) Wrap(op func(*http.Request) string, next http.Handler) http.Handler {
	return p.WrapSite("", Hooks{}, op, next)
}

// WrapSite puts the plan before the handler of one site.
//
// A dropped connection is a TCP reset where the connection can be had, which is
// the case on an HTTP/1 server; elsewhere the handler ends in
// panic(http.ErrAbortHandler), which the transports of this module and net/http
// understand. Nothing outside may recover from that panic.
func (p *Plan) WrapSite(site string, hooks Hooks, op func(*http.Request) string, next http.Handler) http.Handler {
	if p == nil || len(p.rules) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := op(r)
		if name == "" {
			next.ServeHTTP(w, r)
			return
		}
		hit := p.next(site, name)
		if len(hit) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		if err := before(r, hooks, hit); err != nil {
			if r.Context().Err() != nil {
				drop(w)
				return
			}
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, r, hit, next)
	})
}

// before waits and calls the hooks.
func before(r *http.Request, hooks Hooks, hit []strike) error {
	for _, f := range hit {
		if err := wait(r.Context(), time.Duration(f.Delay)); err != nil {
			return err
		}
		if f.SearchLag != nil {
			if hooks.SearchLag == nil {
				return noHook("searchLag")
			}
			hooks.SearchLag(time.Duration(*f.SearchLag))
		}
		if f.Mutate > 0 {
			if hooks.Mutate == nil {
				return noHook("mutate")
			}
			if err := hooks.Mutate(r.Context(), f.Mutate, f.seed); err != nil {
				return fmt.Errorf("planned mutation: %w", err)
			}
		}
		if f.RevokeToken {
			if hooks.RevokeToken == nil {
				return noHook("revokeToken")
			}
			hooks.RevokeToken(r)
		}
	}
	return nil
}

func noHook(action string) error {
	return fmt.Errorf("the fault plan wants %s here, which this handler cannot do", action)
}

// answer lets the call go on to the end the plan has for it.
func answer(w http.ResponseWriter, r *http.Request, hit []strike, next http.Handler) {
	end := hit[len(hit)-1]
	switch {
	case end.Status != 0:
		refuse(w, end)
		return
	case end.Reset == Before:
		drop(w)
		return
	}
	var after time.Duration
	for _, f := range hit {
		after += time.Duration(f.DelayAfter)
	}
	if after == 0 && !end.ends() {
		next.ServeHTTP(w, r)
		return
	}
	held := &held{header: w.Header().Clone()}
	next.ServeHTTP(held, r)
	if wait(r.Context(), after) != nil || end.Reset == After {
		drop(w)
		return
	}
	if end.Truncate != nil {
		held.sendTruncated(w, *end.Truncate)
		return
	}
	held.send(w)
}

// refuse answers in place of the handler.
func refuse(w http.ResponseWriter, f strike) {
	body := f.Body
	if body == "" {
		body = fmt.Sprintf(`{"code":%d,"message":%q}`, f.Status, http.StatusText(f.Status))
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	if f.Reason != "" {
		h.Set("RateLimit-Reason", f.Reason)
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(body)) // the caller may be gone
}

// drop ends the call without an answer.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the end is a polite one, still without an answer
	}
	_ = conn.Close()
}

// wait waits for d, or answers why the request ended first.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// held keeps an answer until the plan lets it go.
type held struct {
	header http.Header
	status int
	sent   http.Header // as the header was when the status was written
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (h *held) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter.
func (h *held) WriteHeader(status int) {
	if h.status == 0 && status >= http.StatusOK {
		h.status, h.sent = status, h.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (h *held) Write(p []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(p)
}

// head writes status and header.
func (h *held) head(w http.ResponseWriter, length int) {
	h.WriteHeader(http.StatusOK)
	clear(w.Header())
	maps.Copy(w.Header(), h.sent)
	if length >= 0 {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(h.status)
}

func (h *held) send(w http.ResponseWriter) {
	h.head(w, -1)
	_, _ = w.Write(h.body.Bytes()) // the caller may be gone
}

// sendTruncated sends at most n bytes of the body, and always less than it says.
func (h *held) sendTruncated(w http.ResponseWriter, n int) {
	h.WriteHeader(http.StatusOK)
	if h.status == http.StatusNoContent || h.status == http.StatusNotModified {
		drop(w) // there is no body to cut
		return
	}
	body := h.body.Bytes()
	h.head(w, max(len(body), 1))
	n = max(0, min(n, len(body)-1))
	_, _ = w.Write(body[:n]) // the caller may be gone
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
