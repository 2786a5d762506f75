// Package stats counts what was asked of the simulator and how it answered.
//
// A Recorder counts calls per operation (a method and a documented route) and
// answers per status. Its JSON form is
//
//	{"calls":{"POST /object/create":5000},"statuses":{"201":4990,"429":10}}
//
// A call is counted when it arrives and its status when the head of the answer is
// written, before the client can see it, so that a client which reads the counts
// after its last answer misses nothing. A connection that is dropped without an
// answer is counted under the status "reset".
package stats

import (
	"bufio"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// Reset is the key of the calls whose connection was dropped without an answer.
const Reset = "reset"

// A Snapshot is the counts of one moment.
type Snapshot struct {
	Calls    map[string]int64 `json:"calls"`
	Statuses map[string]int64 `json:"statuses"`
}

// Total answers the number of calls of all operations.
func (s Snapshot) Total() int64 {
	var n int64
	for _, c := range s.Calls {
		n += c
	}
	return n
}

// A Recorder counts calls and statuses. Its zero value is ready to use, by many
// goroutines.
type Recorder struct {
	mu       sync.Mutex
	calls    map[string]int64
	statuses map[string]int64
}

// Call counts one call of an operation.
func (r *Recorder) Call(op string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls == nil {
		r.calls = make(map[string]int64)
	}
	r.calls[op]++
}

// Status counts one answer.
func (r *Recorder) Status(status string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.statuses == nil {
		r.statuses = make(map[string]int64)
	}
	r.statuses[status]++
}

// Snapshot answers a copy of the counts. Its maps are never nil.
func (r *Recorder) Snapshot() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Snapshot{Calls: maps.Clone(r.calls), Statuses: maps.Clone(r.statuses)}
	if s.Calls == nil {
		s.Calls = map[string]int64{}
	}
	if s.Statuses == nil {
		s.Statuses = map[string]int64{}
	}
	return s
}

// Zero forgets all counts.
func (r *Recorder) Zero() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls, r.statuses = nil, nil
}

// MarshalJSON writes the counts of this moment.
func (r *Recorder) MarshalJSON() ([]byte, error) { return json.Marshal(r.Snapshot()) }

// Wrap counts every call of next. The function op names the operation of a
// request; a request for which it answers "" is not counted.
func (r *Recorder) Wrap(op func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		name := op(req)
		if name == "" {
			next.ServeHTTP(w, req)
			return
		}
		r.Call(name)
		cw := &writer{ResponseWriter: w, recorder: r}
		// Deferred, so that a handler that ends with a panic is counted too.
		defer cw.done()
		next.ServeHTTP(cw, req)
		cw.once(http.StatusOK)
	})
}

// A writer tells the recorder the first status written through it.
type writer struct {
	http.ResponseWriter
	recorder *Recorder
	counted  bool
}

func (w *writer) once(status int) {
	// 1xx are announcements, not answers.
	if !w.counted && status >= http.StatusOK {
		w.counted = true
		w.recorder.Status(strconv.Itoa(status))
	}
}

func (w *writer) done() {
	if !w.counted {
		w.counted = true
		w.recorder.Status(Reset)
	}
}

// WriteHeader counts the status and writes it.
func (w *writer) WriteHeader(status int) {
	w.once(status)
	w.ResponseWriter.WriteHeader(status)
}

// Write writes the body, and counts the status that this implies.
func (w *writer) Write(p []byte) (int, error) {
	w.once(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach what it wraps.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack counts a connection taken away before an answer as dropped.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.done()
	}
	return conn, rw, err
}
