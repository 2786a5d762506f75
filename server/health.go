package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// The paths of the routes that machines ask.
const (
	pathHealth  = "/healthz"
	pathReady   = "/readyz"
	pathMetrics = "/metrics"
	pathQueues  = "/ops/queues"
)

// Check says what keeps something from working, or nothing. It may be called from several goroutines.
type Check func(ctx context.Context) error

// checkTime bounds one check; checkAge is how long its answer holds, so that asking often costs nothing.
const (
	checkTime = 2 * time.Second
	checkAge  = time.Second
)

// errNoAnswer means that a check has not come back.
var errNoAnswer = errors.New("no answer in time")

// readiness is the last answer to whether the service is ready.
type readiness struct {
	log    *slog.Logger
	probes []*probe

	mu     sync.Mutex
	at     time.Time
	ready  bool
	checks map[string]string
}

// probe is one check with the question that is under way. It is used by one goroutine at a time.
type probe struct {
	name  string
	check Check
	// answer is nil unless the check was asked and has not been heard.
	answer chan error
	asking sync.WaitGroup
}

// health mounts the routes by which others see that the service lives and is ready.
func (s *Server) health() {
	ready := &readiness{log: s.config.Log}
	for name, check := range s.config.Checks {
		ready.probes = append(ready.probes, &probe{name: name, check: check})
	}
	// Some of those who balance load ask for the headers only.
	asked := []string{http.MethodGet, http.MethodHead}
	s.engine.Match(asked, pathHealth, func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) })
	s.engine.Match(asked, pathReady, func(c *gin.Context) {
		ok, checks := ready.ask(c.Request.Context())
		if !ok {
			c.JSON(http.StatusServiceUnavailable, gin.H{"status": "not ready", "checks": checks})
			return
		}
		c.JSON(http.StatusOK, gin.H{"status": "ready", "checks": checks})
	})
}

// ask runs all checks side by side, unless it has just been done. What is wrong stands in the log; callers, who may be
// anybody, learn the name only, and whether it fails or does not answer.
func (r *readiness) ask(ctx context.Context) (bool, map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.IsZero() && time.Since(r.at) < checkAge {
		return r.ready, r.checks
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTime)
	defer cancel()
	errs := make([]error, len(r.probes))
	var wg sync.WaitGroup
	for i, p := range r.probes {
		wg.Go(func() { errs[i] = p.ask(ctx) })
	}
	wg.Wait()
	r.ready, r.checks = true, make(map[string]string, len(r.probes))
	for i, p := range r.probes {
		switch err := errs[i]; {
		case err == nil:
			r.checks[p.name] = "ok"
			continue
		case errors.Is(err, errNoAnswer), errors.Is(err, context.DeadlineExceeded):
			r.checks[p.name] = "no answer"
		default:
			r.checks[p.name] = "failing"
		}
		r.ready = false
		r.log.WarnContext(ctx, "not ready", "check", p.name, logError, errs[i])
	}
	r.at = time.Now()
	return r.ready, r.checks
}

// ask asks the check, and does not wait for one that pays no heed to its context, as a folder does whose file system is
// away. Such a one is not asked again until it comes back, so that no more than one question hangs.
func (p *probe) ask(ctx context.Context) error {
	if p.answer != nil && len(p.answer) == 0 {
		return errNoAnswer
	}
	// An answer that has come since is of another time: ask again.
	answer := make(chan error, 1)
	p.answer = answer
	p.asking.Go(func() { answer <- p.check(ctx) })
	select {
	case err := <-answer:
		p.answer = nil
		return err
	case <-ctx.Done():
		return errNoAnswer
	}
}
