package limit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Window is the span the quotas are counted over. Scaling multiplies the quotas
// and leaves the span alone, so that a figure per minute stays one.
const Window = time.Minute

// Reasons a call is refused, as sent in the header RateLimit-Reason.
const (
	// ReasonEndpoint says the quota of the endpoint is used up: slow down there.
	ReasonEndpoint = "jira-burst-based"
	// ReasonTotal says the quota of the whole site is used up: pause everything.
	ReasonTotal = "jira-quota-tenant-based"
)

// Options say how strict a Limiter is. The zero value is no limit at all.
type Options struct {
	// Scale multiplies every documented quota; 1 is as documented and 0 is off.
	Scale float64
	// Smooth counts with a bucket of about one second's worth instead of a window.
	Smooth bool
	// Quotas replaces the documented requests per minute of single operations.
	// It is scaled too.
	Quotas map[string]int
	// Total replaces the documented requests per minute of the site when not 0.
	// It is scaled too.
	Total int
}

// Parse reads the words of the command line: "off" for no limits, "documented"
// for the documented ones counted in windows, and "xN" (such as x10 or x0.5) for N
// times the documented ones, counted smoothly.
func Parse(s string) (Options, error) {
	switch s {
	case "off":
		return Options{}, nil
	case "documented":
		return Options{Scale: 1}, nil
	}
	n, ok := strings.CutPrefix(s, "x")
	if !ok {
		return Options{}, fmt.Errorf("limits %q: want documented, off, or xN such as x10", s)
	}
	scale, err := strconv.ParseFloat(n, 64)
	if err != nil || math.IsNaN(scale) || scale <= 0 || scale > 1e6 {
		return Options{}, fmt.Errorf("limits %q: N in xN is a number above 0 and up to 1000000", s)
	}
	return Options{Scale: scale, Smooth: true}, nil
}

// String answers the word that Parse reads for these options, where there is one.
func (o Options) String() string {
	switch {
	case o.Scale == 0:
		return "off"
	case o.Scale == 1 && !o.Smooth:
		return "documented"
	}
	return "x" + strconv.FormatFloat(o.Scale, 'f', -1, 64)
}

// A Limiter counts the calls of one site. It may be used by many goroutines.
type Limiter struct {
	opts Options

	mu    sync.Mutex
	total counter
	ops   map[string]counter
}

// New gives a Limiter for one site.
func New(opts Options) *Limiter {
	l := &Limiter{opts: opts, ops: make(map[string]counter)}
	if l.On() {
		total := opts.Total
		if total == 0 {
			total = Total
		}
		l.total = l.counter(l.scaled(total), time.Now())
	}
	return l
}

// On reports whether the Limiter limits anything. A nil Limiter is off.
func (l *Limiter) On() bool { return l != nil && l.opts.Scale > 0 }

// Quota answers the requests per minute of an operation, scaled, and 0 when off.
func (l *Limiter) Quota(op string) int {
	if !l.On() {
		return 0
	}
	if q, ok := l.opts.Quotas[op]; ok {
		return l.scaled(q)
	}
	return l.scaled(Documented(op))
}

// Take asks for one call of op now and counts it if it is allowed.
func (l *Limiter) Take(op string) Decision {
	if !l.On() {
		return Decision{Allowed: true}
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()

	c, ok := l.ops[op]
	if !ok {
		c = l.counter(l.Quota(op), now)
		l.ops[op] = c
	}
	d := Decision{On: true, Limit: c.quota(), Total: l.total.quota()}
	// The site is asked first: when both are used up, the wait that matters is
	// the one that holds for everything.
	if wait := l.total.wait(now); wait > 0 {
		d.Reason, d.RetryAfter = ReasonTotal, max(wait, c.wait(now))
	} else if wait := c.wait(now); wait > 0 {
		d.Reason, d.RetryAfter = ReasonEndpoint, wait
	} else {
		l.total.take()
		c.take()
		d.Allowed = true
	}
	d.Remaining, d.Reset = c.state(now)
	return d
}

func (l *Limiter) scaled(quota int) int {
	return max(1, int(math.Round(float64(quota)*l.opts.Scale)))
}

func (l *Limiter) counter(quota int, now time.Time) counter {
	if l.opts.Smooth {
		return newBucket(quota, now)
	}
	return &window{size: quota}
}
