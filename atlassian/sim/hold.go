package sim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// holding keeps back calls until somebody lets them go. The zero value keeps back none.
type holding struct {
	mu  sync.Mutex
	ops map[string]*heldOperation
}

type heldOperation struct {
	pass     int // calls that are still let through
	released chan struct{}
}

// Hold keeps back the calls of an operation, such as "POST /object/create", once so many more have been let through, until
// Release: for those who want to look at something that is under way for as long as they need. A call whose caller gives
// up meanwhile is not done.
func (s *Site) Hold(op string, pass int) error {
	if !slices.Contains(s.Operations(), op) {
		return fmt.Errorf("there is no operation %q", op)
	}
	if pass < 0 {
		return fmt.Errorf("%d calls cannot be let through", pass)
	}
	s.holding.mu.Lock()
	defer s.holding.mu.Unlock()
	if known := s.holding.ops[op]; known != nil {
		known.pass = pass
		return nil
	}
	if s.holding.ops == nil {
		s.holding.ops = map[string]*heldOperation{}
	}
	s.holding.ops[op] = &heldOperation{pass: pass, released: make(chan struct{})}
	return nil
}

// Release lets all calls go that are kept back, and those to come.
func (s *Site) Release() {
	s.holding.mu.Lock()
	defer s.holding.mu.Unlock()
	for _, held := range s.holding.ops {
		close(held.released)
	}
	s.holding.ops = nil
}

// wait returns when a call may be done.
func (h *holding) wait(ctx context.Context, op string) error {
	h.mu.Lock()
	held := h.ops[op]
	if held == nil || held.pass > 0 {
		if held != nil {
			held.pass--
		}
		h.mu.Unlock()
		return nil
	}
	h.mu.Unlock()
	select {
	case <-held.released:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// handleWhenReleased handles a request that may have to wait. Nobody is left to answer whose caller has gone.
func (s *Site) handleWhenReleased(w http.ResponseWriter, r *http.Request) {
	if s.holding.wait(r.Context(), operationOf(r)) == nil {
		s.handle(w, r)
	}
}
