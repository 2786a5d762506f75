package atlassian

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"stowage/internal/pace"
	"stowage/internal/retry"
)

// Limiter paces the calls of all who speak to one site. It may be shared by several clients, and replaced by one that
// is shared by several processes. Methods may be called from several goroutines.
type Limiter interface {
	// Wait returns when a call of the operation may be sent. When the site has asked for a pause that lasts longer than
	// patience it returns a *PausedError at once; when ctx ends, the cause.
	Wait(ctx context.Context, operation string, patience time.Duration) error
	// Observe takes what an answer says about rates and returns how long the operation pauses because of it.
	Observe(operation string, s Signal) time.Duration
}

// PausedError says that the site asked for a pause longer than the caller is willing to wait.
type PausedError = pace.PausedError

// RateMode says where rates come from.
type RateMode int

// The modes of a RatePolicy.
const (
	// RateAuto begins with the documented rates, or without any where the API stands on this machine, and takes over what
	// the site announces.
	RateAuto RateMode = iota
	// RateDocumented keeps to the documented rates, times Scale.
	RateDocumented
	// RateOff paces nothing. Pauses that the site asks for are kept all the same.
	RateOff
)

// RatePolicy says how calls are paced. The zero value is RateAuto.
type RatePolicy struct {
	Mode RateMode
	// Scale multiplies the documented rates, for a site that is known to have others; 0 is 1.
	Scale float64
}

// Scaled paces at x times the documented rates.
func Scaled(x float64) RatePolicy { return RatePolicy{Mode: RateDocumented, Scale: x} }

// pauseBackoff is how long to pause where a refusal does not say.
var pauseBackoff = retry.Backoff{Base: pace.FirstPause, Cap: pace.LongestPause, Jitter: 0.3}

// NewLimiter makes the limiter of one process for one site. Loopback says that the site stands on this machine.
func NewLimiter(policy RatePolicy, loopback bool) (Limiter, error) {
	if policy.Mode < RateAuto || policy.Mode > RateOff {
		return nil, fmt.Errorf("atlassian: rate mode %d is not known", policy.Mode)
	}
	if policy.Scale < 0 || math.IsNaN(policy.Scale) || math.IsInf(policy.Scale, 0) {
		return nil, fmt.Errorf("atlassian: rates cannot be scaled by %v", policy.Scale)
	}
	if policy.Scale == 0 {
		policy.Scale = 1
	}
	if policy.Mode == RateAuto && loopback {
		policy.Scale = 0 // unknown until announced
	}
	if policy.Mode == RateOff {
		policy.Scale = 0
	}
	l := &siteLimiter{policy: policy, lanes: map[string]*lane{}}
	l.total.setRate(documentedTotal * policy.Scale)
	return l, nil
}

// siteLimiter paces the calls of one site: one lane per operation, and one that all calls of Assets share.
type siteLimiter struct {
	policy RatePolicy

	mu    sync.Mutex
	total lane
	lanes map[string]*lane
}

// lane paces and pauses what goes through it.
type lane struct {
	// full is the rate per minute that is known, 0 when none is.
	full   float64
	bucket *rate.Limiter
	// factor is what a refusal has left of the rate at the time since.
	factor float64
	since  time.Time
	// until is the end of the present pause, refusals the number of pauses since the last success.
	until    time.Time
	refusals int
}

// setRate adopts a rate per minute; 0 is no limit.
func (l *lane) setRate(perMinute float64) {
	if l.bucket != nil && perMinute == l.full {
		return
	}
	l.full = perMinute
	limit, burst := l.limit(time.Now())
	if l.bucket == nil {
		l.bucket = rate.NewLimiter(limit, burst)
		return
	}
	l.bucket.SetBurst(burst)
	l.bucket.SetLimit(limit)
}

func (l *lane) limit(at time.Time) (rate.Limit, int) {
	if l.full <= 0 {
		return rate.Inf, 1
	}
	perSecond, burst := pace.Used(l.full)
	return rate.Limit(perSecond * l.left(at)), int(burst)
}

// left is the part of the rate that is used now, after a refusal.
func (l *lane) left(at time.Time) float64 {
	if l.factor == 0 {
		return 1
	}
	f := pace.Left(l.factor, at.Sub(l.since))
	if f >= 1 {
		l.factor = 0
		return 1
	}
	return f
}

// refused takes a refusal: the first of an epoch, which ends with its pause, slows the lane down.
func (l *lane) refused(at time.Time, wait time.Duration) {
	if !at.Before(l.until) {
		l.refusals++
		l.factor, l.since = l.left(at)*pace.Slowdown, at
	}
	if wait <= 0 {
		wait = pauseBackoff.Delay(l.refusals)
	}
	if until := at.Add(wait); until.After(l.until) {
		l.until = until
	}
}

func (l *siteLimiter) lane(operation string) *lane {
	found, ok := l.lanes[operation]
	if !ok {
		found = &lane{}
		found.setRate(documented(operation) * l.policy.Scale)
		l.lanes[operation] = found
	}
	return found
}

// Wait implements Limiter.
func (l *siteLimiter) Wait(ctx context.Context, operation string, patience time.Duration) error {
	return pace.Wait(ctx, patience, &places{l, operation})
}

// places are those of the calls of one operation.
type places struct {
	*siteLimiter

	operation string
}

// Reserve implements pace.Places.
func (p *places) Reserve(context.Context) (pause, wait time.Duration, cancel func()) {
	return p.reserve(p.operation)
}

// Paused implements pace.Places.
func (p *places) Paused(context.Context) bool { return p.paused(p.operation) }

// reserve takes a place in both lanes, or says how long the pause is.
func (l *siteLimiter) reserve(operation string) (pause, wait time.Duration, cancel func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := time.Now()
	own := l.lane(operation)
	if until := latest(own.until, l.total.until); until.After(at) {
		return until.Sub(at), 0, nil
	}
	lanes := []*lane{own}
	if ofAssets(operation) {
		lanes = append(lanes, &l.total)
	}
	taken := make([]*rate.Reservation, 0, 2)
	for _, lane := range lanes {
		if lane.full <= 0 {
			continue
		}
		if lane.factor != 0 {
			limit, _ := lane.limit(at)
			lane.bucket.SetLimitAt(at, limit)
		}
		r := lane.bucket.ReserveN(at, 1)
		taken = append(taken, r)
		wait = max(wait, r.DelayFrom(at))
	}
	return 0, wait, func() {
		for _, r := range taken {
			r.Cancel()
		}
	}
}

func (l *siteLimiter) paused(operation string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return latest(l.lane(operation).until, l.total.until).After(time.Now())
}

// Observe implements Limiter.
func (l *siteLimiter) Observe(operation string, s Signal) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := time.Now()
	own := l.lane(operation)
	if l.policy.Mode == RateAuto && ofAssets(operation) {
		if s.Endpoint > 0 {
			own.setRate(s.Endpoint)
		}
		if s.Instance > 0 {
			l.total.setRate(s.Instance)
		}
	}
	if !s.Throttled {
		if !own.until.After(at) {
			own.refusals = 0
		}
		if !l.total.until.After(at) {
			l.total.refusals = 0
		}
		return 0
	}
	if s.WholeSite() {
		l.total.refused(at, s.RetryAfter)
	} else {
		own.refused(at, s.RetryAfter)
	}
	return latest(own.until, l.total.until).Sub(at)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// ofAssets says whether an operation counts among those of Assets.
func ofAssets(operation string) bool {
	_, path, _ := strings.Cut(operation, " ")
	return !strings.HasPrefix(path, "/rest/") && !strings.HasPrefix(path, mediaPrefix)
}
