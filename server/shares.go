package server

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"stowage/server/auth"
	"stowage/server/problem"
)

// manyShares is how many tenants are remembered before those are forgotten that have their whole share again.
const manyShares = 4096

// shares keep one tenant from taking the time of all others.
type shares struct {
	rate  rate.Limit
	burst int

	mu  sync.Mutex
	per map[string]*rate.Limiter
}

func newShares(perSecond float64, burst int) *shares {
	return &shares{rate: rate.Limit(perSecond), burst: burst, per: make(map[string]*rate.Limiter)}
}

// of is the share of a tenant.
func (s *shares) of(tenant string) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	share, ok := s.per[tenant]
	if !ok {
		if len(s.per) >= manyShares {
			s.forget()
		}
		share = rate.NewLimiter(s.rate, s.burst)
		s.per[tenant] = share
	}
	return share
}

// forget drops those whose share is whole: a new one would be the same.
func (s *shares) forget() {
	for tenant, share := range s.per {
		if share.Tokens() >= float64(s.burst) {
			delete(s.per, tenant)
		}
	}
}

// take counts a request against the share of its tenant.
func (s *shares) take(c *gin.Context) {
	who, ok := auth.From(c.Request.Context())
	if !ok {
		problem.Write(c.Writer, c.Request, problem.ErrUnauthorized)
		c.Abort()
		return
	}
	share := s.of(who.TenantID)
	if share.Allow() {
		c.Next()
		return
	}
	wait := time.Duration(max(0, 1-share.Tokens()) / float64(s.rate) * float64(time.Second))
	after := max(1, int(math.Ceil(wait.Seconds())))
	p := problem.New(http.StatusTooManyRequests, "too-many-requests", fmt.Sprintf("This site asks too often. Try again in %d s.", after)).
		Header("Retry-After", strconv.Itoa(after))
	problem.Write(c.Writer, c.Request, p)
	c.Abort()
}
