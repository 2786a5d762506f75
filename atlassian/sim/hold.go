package sim

import (
	"bytes"
	"context"
	"fmt"
	"io"
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
	pass    int           // calls that are still let through
	changed chan struct{} // is closed when somebody says otherwise
}

// Hold keeps back the calls of an operation, such as "POST /object/create", once so many more have been let through, until
// Release: for those who want to look at something that is under way for as long as they need. Calls that are kept back
// already are among those that are let through by the next Hold. A call whose caller gives up meanwhile is not done.
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
		close(known.changed)
	}
	if s.holding.ops == nil {
		s.holding.ops = map[string]*heldOperation{}
	}
	s.holding.ops[op] = &heldOperation{pass: pass, changed: make(chan struct{})}
	return nil
}

// Release lets all calls go that are kept back, and those to come.
func (s *Site) Release() {
	s.holding.mu.Lock()
	defer s.holding.mu.Unlock()
	for _, held := range s.holding.ops {
		close(held.changed)
	}
	s.holding.ops = nil
}

// wait returns when a call that was refused may be done.
func (h *holding) wait(ctx context.Context, op string, changed <-chan struct{}) error {
	for changed != nil {
		select {
		case <-changed:
			changed = h.refuse(op)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// refuse lets a call through, or says when to ask again.
func (h *holding) refuse(op string) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := h.ops[op]
	switch {
	case held == nil:
		return nil
	case held.pass > 0:
		held.pass--
		return nil
	}
	return held.changed
}

// handleWhenReleased handles a request that may have to wait. Nobody is left to answer whose caller has gone.
func (s *Site) handleWhenReleased(w http.ResponseWriter, r *http.Request) {
	op := operationOf(r)
	if changed := s.holding.refuse(op); changed != nil {
		// A server notices that a caller has gone only after it has read the body.
		body, err := io.ReadAll(io.LimitReader(r.Body, s.opts.MaxBody))
		if err != nil || s.holding.wait(r.Context(), op, changed) != nil {
			return
		}
		r.Body = readCloser{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	}
	s.handle(w, r)
}

// readCloser is a body of which a part was read already.
type readCloser struct {
	io.Reader
	io.Closer
}
