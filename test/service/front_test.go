package service

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stowage/test/judge"
	"stowage/test/rig"
)

// front stands before the sites: it lets every call take a little, as calls do, and does to calls what tests ask for.
type front struct {
	latency time.Duration
	// reading counts the calls of the Assets API of the source site that have come, creating those under way that create an object.
	reading, creating atomic.Int64

	mu    sync.Mutex
	rules []*rule
}

// rule does something to a request, and says whether it has answered it. Next is the site.
type rule struct {
	do func(w http.ResponseWriter, r *http.Request, next http.Handler) (answered bool)
}

// match chooses requests.
type match func(r *http.Request) bool

// wrap puts the front before the sites.
func (f *front) wrap(next http.Handler) http.Handler {
	isCall, isCreation := assetsOf(rig.Source), creations()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A server notices that its caller has gone only after it has read what was sent.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if isCall(r) {
			f.reading.Add(1)
		}
		if isCreation(r) {
			f.creating.Add(1)
			defer f.creating.Add(-1)
		}
		f.mu.Lock()
		rules := slices.Clone(f.rules)
		f.mu.Unlock()
		for _, rule := range rules {
			if rule.do(w, r, next) {
				return
			}
		}
		if f.latency > 0 {
			pause(r.Context(), f.latency)
		}
		next.ServeHTTP(w, r)
	})
}

// pause waits, unless ctx ends before that.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// put adds what is done to requests, which says whether it has answered one. Lift takes it away; it may be called more than once.
func (f *front) put(do func(w http.ResponseWriter, r *http.Request) bool) (lift func()) {
	return f.add(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool { return do(w, r) })
}

// add is put for what needs the site.
func (f *front) add(do func(w http.ResponseWriter, r *http.Request, next http.Handler) bool) (lift func()) {
	added := &rule{do}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, added)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.rules = slices.DeleteFunc(f.rules, func(r *rule) bool { return r == added })
	}
}

// strike waits for the n-th request from now on, which is never answered: the site has not done it, or has, where done is set.
func (f *front) strike(m match, n int64, done bool) (struck <-chan struct{}, lift func()) {
	var came atomic.Int64
	met := make(chan struct{})
	lift = f.add(func(_ http.ResponseWriter, r *http.Request, next http.Handler) bool {
		if !m(r) || came.Add(1) != n {
			return false
		}
		if done {
			next.ServeHTTP(httptest.NewRecorder(), r)
		}
		close(met)
		<-r.Context().Done()
		return true
	})
	return met, lift
}

// hold keeps requests waiting until it is lifted, and counts those that have come.
func (f *front) hold(m match) (came *atomic.Int64, lift func()) {
	came = &atomic.Int64{}
	open := make(chan struct{})
	away := f.put(func(_ http.ResponseWriter, r *http.Request) bool {
		if !m(r) {
			return false
		}
		came.Add(1)
		select {
		case <-open:
			return false
		case <-r.Context().Done():
			return true
		}
	})
	var once sync.Once
	return came, func() {
		away()
		once.Do(func() { close(open) })
	}
}

// trickle lets requests through one at a time, each after a while.
func (f *front) trickle(m match, each time.Duration) (lift func()) {
	turn, open := make(chan struct{}, 1), make(chan struct{})
	away := f.put(func(_ http.ResponseWriter, r *http.Request) bool {
		if !m(r) {
			return false
		}
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-open:
			return false
		case <-r.Context().Done():
			return true
		}
		timer := time.NewTimer(each)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-open:
		case <-r.Context().Done():
			return true
		}
		return false
	})
	var once sync.Once
	return func() {
		away()
		once.Do(func() { close(open) })
	}
}

// refuse answers requests with a status.
func (f *front) refuse(m match, status int, header ...string) (met *atomic.Int64, lift func()) {
	met = &atomic.Int64{}
	return met, f.put(func(w http.ResponseWriter, r *http.Request) bool {
		if !m(r) {
			return false
		}
		met.Add(1)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		return true
	})
}

// assetsOf are the calls of the Assets API of a site.
func assetsOf(site string) match {
	return func(r *http.Request) bool {
		return strings.HasPrefix(r.URL.Path, "/sites/"+site+"/gateway/api/jsm/assets/")
	}
}

// creations are the calls that create an object on the source site.
func creations() match {
	all := assetsOf(rig.Source)
	return func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/object/create") && all(r)
	}
}

// searchesOn are the calls that read objects of a site.
func searchesOn(site string) match {
	all := assetsOf(site)
	return func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/object/aql") && all(r)
	}
}

// until waits until something is the case.
func until(ctx context.Context, t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, context.Cause(ctx))
		}
	}
}

// within is a context for a test that waits for little more than patience says.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// watch looks at a run until done is content.
func watch(ctx context.Context, t *testing.T, c *rig.Client, p *rig.Process, id string, done func(rig.Run) bool) rig.Run {
	t.Helper()
	run, err := c.Watch(ctx, id, done)
	if err != nil {
		t.Fatalf("%v\n%s", err, told(p))
	}
	return run
}

// finish wants a run to succeed.
func finish(ctx context.Context, t *testing.T, c *rig.Client, p *rig.Process, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, err := c.Finish(ctx, id); err != nil {
			lines, _ := c.Raw(ctx, http.MethodGet, "/runs/"+id+"/log?q=fail", nil)
			t.Fatalf("%v\n%s\n%.3000s", err, told(p), lines)
		}
	}
}

// told is what a process wrote, without the requests it has answered.
func told(p *rig.Process) string {
	var kept strings.Builder
	for line := range strings.Lines(p.Log()) {
		if !strings.Contains(line, `"msg":"request"`) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// restored counts the objects of the schema that is being restored.
func (b *bench) restored(t *testing.T) int {
	t.Helper()
	w := b.sites.World(rig.Source)
	tally, err := judge.TallyRestored(w, b.sites.Made.Schema, w, restoredKey)
	if err != nil {
		t.Fatal(err)
	}
	return tally.Objects
}

// post calls an operation that starts or stops something, and decodes the answer.
func post[T any](ctx context.Context, t *testing.T, c *rig.Client, path string, in any) T {
	t.Helper()
	var out T
	if err := c.Do(ctx, http.MethodPost, path, in, &out); err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	return out
}

// get reads something.
func get[T any](ctx context.Context, t *testing.T, c *rig.Client, path string) T {
	t.Helper()
	var out T
	if err := c.Do(ctx, http.MethodGet, path, nil, &out); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return out
}
