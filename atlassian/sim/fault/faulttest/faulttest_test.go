package faulttest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"stowage/atlassian/sim/fault"
	"stowage/atlassian/sim/fault/faulttest"
)

// failures stands in for a test and counts what is held against it.
type failures struct {
	testing.TB

	n int
}

func (f *failures) Helper() {}

func (f *failures) Errorf(string, ...any) { f.n++ }

func TestAPlannedFaultThatIsNeverHitFailsTheTest(t *testing.T) {
	t.Parallel()
	p, err := fault.New(1,
		fault.Rule{Op: "GET /x", Nth: 1, Status: 500},
		fault.Rule{Op: "GET /x", Nth: 2, Status: 500},
		fault.Rule{Op: "GET /y", Nth: 1, Status: 500})
	if err != nil {
		t.Fatal(err)
	}
	h := p.Wrap(func(*http.Request) string { return "GET /x" }, http.NotFoundHandler())
	for n, want := range []int{3, 2, 1} {
		f := &failures{TB: t}
		faulttest.AllHit(f, p)
		if f.n != want {
			t.Errorf("after %d calls %d rules count as never hit, want %d", n, f.n, want)
		}
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", http.NoBody))
	}
}

func TestAPlanWhoseFaultsAreAllHitPasses(t *testing.T) {
	t.Parallel()
	h := faulttest.Plan(t, 1, fault.Rule{Op: "*", Status: 503}).
		Wrap(func(*http.Request) string { return "GET /x" }, http.NotFoundHandler())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", http.NoBody))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", w.Code)
	}
}
