package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// fate is what becomes of one call.
type fate int

// The fates of a call.
const (
	served       fate = iota
	answers500        // instead of the operation
	answers503        // instead of the operation
	answers504        // after the operation
	resetBefore       // the connection breaks, the operation is not done
	resetAfter        // the connection breaks when the operation is done
	cutOff            // half of the answer arrives
	silentBefore      // no answer ever, the operation is not done
	silentAfter       // no answer ever, the operation is done
)

func (f fate) String() string {
	return [...]string{
		"served", "answers 500", "answers 503", "answers 504 after it is done", "connection reset before", "connection reset after",
		"answer cut off", "times out before", "times out after",
	}[f]
}

// mishap is what happens at one call.
type mishap struct {
	fate fate
	// before and after are done around the operation, when they are set; after comes before the answer.
	before, after func()
}

// gate stands in front of the simulator, numbers the calls from 1 and lets one of them or many go wrong.
type gate struct {
	next http.Handler
	// latency is how long every call takes at least.
	latency time.Duration

	mu    sync.Mutex
	calls int
	plan  func(n int, r *http.Request) mishap
}

// set begins to count anew, with another plan; nil lets everything pass.
func (g *gate) set(plan func(n int, r *http.Request) mishap) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls, g.plan = 0, plan
}

// count is the number of calls since set.
func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls
}

func (g *gate) enter(r *http.Request) mishap {
	g.mu.Lock()
	g.calls++
	n, plan := g.calls, g.plan
	g.mu.Unlock()
	if plan == nil {
		return mishap{}
	}
	return plan(n, r)
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := g.enter(r)
	pause(r.Context(), g.latency)
	if m.before != nil {
		m.before()
	}
	switch m.fate {
	case answers500, answers503:
		status := http.StatusInternalServerError
		if m.fate == answers503 {
			status = http.StatusServiceUnavailable
		}
		refuse(w, status)
	case resetBefore:
		panic(http.ErrAbortHandler)
	case silentBefore:
		// A server notices that its caller has gone only after it has read what was sent.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case served, answers504, resetAfter, cutOff, silentAfter:
		g.serve(w, r, m)
	}
}

// serve does the operation.
func (g *gate) serve(w http.ResponseWriter, r *http.Request, m mishap) {
	if m.fate == served && m.after == nil {
		g.next.ServeHTTP(w, r)
		return
	}
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	// The operation is done whether its caller waits for it or not.
	g.next.ServeHTTP(rec, r.WithContext(context.WithoutCancel(r.Context())))
	if m.after != nil {
		m.after()
	}
	switch m.fate {
	case answers504:
		refuse(w, http.StatusGatewayTimeout)
	case resetAfter:
		panic(http.ErrAbortHandler)
	case silentAfter:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case cutOff:
		rec.send(w, rec.body.Len()/2)
		panic(http.ErrAbortHandler)
	default:
		rec.send(w, rec.body.Len())
	}
}

func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The caller notices by itself when it cannot read the answer.
	_, _ = w.Write([]byte(`{"errorMessages":["planned"],"errors":{}}`))
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// send passes the first bytes of the answer on, under its full length.
func (r *recorder) send(w http.ResponseWriter, bytes int) {
	maps.Copy(w.Header(), r.header)
	if r.body.Len() > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(r.body.Len()))
	}
	w.WriteHeader(r.status)
	// The caller notices by itself when it cannot read the answer.
	_, _ = w.Write(r.body.Bytes()[:bytes])
	if f, ok := w.(http.Flusher); ok && bytes < r.body.Len() {
		f.Flush()
	}
}
