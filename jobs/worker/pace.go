package worker

import (
	"context"
	"net/url"
	"sync"
	"time"

	"stowage/atlassian"
	"stowage/internal/netguard"
	"stowage/jobs"
)

// pace makes the limits that all workers share the limiter of a client. The shared part knows lanes and their rates; what
// the operations of a site are limited to is known here.
type pace struct {
	limiter *jobs.Limiter
	scale   float64
	// adopt says that rates which the site announces are taken over.
	adopt bool

	mu        sync.Mutex
	announced map[string]float64
	total     float64
}

var _ atlassian.Limiter = (*pace)(nil)

// siteLane is the lane that all calls of Assets on a site go through.
const siteLane = "site"

// observeTime bounds how long a refusal may take to be told to the other workers.
const observeTime = 2 * time.Second

// paceOf returns the limiter of a workspace, or nil where limits are not shared. It is kept: what a site has announced
// holds for later runs as well.
func (w *Worker) paceOf(c connection) atlassian.Limiter {
	if w.cfg.Limits == nil || c.WorkspaceID == "" {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	p, ok := w.paces[c.WorkspaceID]
	if !ok {
		p = &pace{limiter: w.cfg.Limits.Site(c.WorkspaceID), scale: 1, announced: map[string]float64{}, adopt: w.cfg.Rate.Mode == atlassian.RateAuto}
		if w.cfg.Rate.Scale > 0 {
			p.scale = w.cfg.Rate.Scale
		}
		if w.cfg.Rate.Mode == atlassian.RateOff || p.adopt && onLoopback(c.SiteURL) {
			p.scale = 0 // nothing is known until it is announced
		}
		w.paces[c.WorkspaceID] = p
	}
	return p
}

// onLoopback says whether a site stands on this machine: such a one has the limits it announces, and no others.
func onLoopback(site string) bool {
	u, err := url.Parse(site)
	return err == nil && netguard.Loopback(u.Hostname())
}

// lanes are those a call of an operation goes through, its own first.
func (p *pace) lanes(operation string) []jobs.Lane {
	own, total := atlassian.Rates(operation)
	p.mu.Lock()
	defer p.mu.Unlock()
	lanes := []jobs.Lane{{Name: operation, PerMinute: own * p.scale}}
	if total > 0 {
		if n := p.announced[operation]; n > 0 {
			lanes[0].PerMinute = n
		}
		site := jobs.Lane{Name: siteLane, PerMinute: total * p.scale}
		if p.total > 0 {
			site.PerMinute = p.total
		}
		return append(lanes, site)
	}
	// A call of Jira uses nothing up of Assets', but a pause of the whole site holds for it too.
	return append(lanes, jobs.Lane{Name: siteLane})
}

// Wait implements atlassian.Limiter.
func (p *pace) Wait(ctx context.Context, operation string, patience time.Duration) error {
	return p.limiter.Wait(ctx, patience, p.lanes(operation)...)
}

// Observe implements atlassian.Limiter.
func (p *pace) Observe(operation string, s atlassian.Signal) time.Duration {
	if _, total := atlassian.Rates(operation); p.adopt && total > 0 {
		p.mu.Lock()
		if s.Endpoint > 0 {
			p.announced[operation] = s.Endpoint
		}
		if s.Instance > 0 {
			p.total = s.Instance
		}
		p.mu.Unlock()
	}
	if !s.Throttled {
		return 0
	}
	lane := operation
	if s.WholeSite() {
		lane = siteLane
	}
	// The call is over, and so may be the context it was made in: the others are told all the same.
	ctx, cancel := context.WithTimeout(context.Background(), observeTime)
	defer cancel()
	return p.limiter.Refused(ctx, lane, s.RetryAfter)
}
