package server

import (
	"context"
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

// readiness is the last answer to whether the service is ready.
type readiness struct {
	server *Server

	mu     sync.Mutex
	at     time.Time
	ready  bool
	checks map[string]string
}

// health mounts the routes by which others see that the service lives and is ready.
func (s *Server) health() {
	ready := &readiness{server: s}
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
// anybody, learn the name only.
func (r *readiness) ask(ctx context.Context) (bool, map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.IsZero() && time.Since(r.at) < checkAge {
		return r.ready, r.checks
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTime)
	defer cancel()
	var (
		mu     sync.Mutex
		wg     sync.WaitGroup
		ready  = true
		checks = make(map[string]string, len(r.server.config.Checks))
	)
	for name, check := range r.server.config.Checks {
		wg.Go(func() {
			err := check(ctx)
			mu.Lock()
			defer mu.Unlock()
			checks[name] = "ok"
			if err != nil {
				ready, checks[name] = false, "failing"
				r.server.config.Log.WarnContext(ctx, "not ready", "check", name, logError, err)
			}
		})
	}
	wg.Wait()
	r.at, r.ready, r.checks = time.Now(), ready, checks
	return ready, checks
}
