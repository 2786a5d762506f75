package jobs

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"stowage/internal/pace"
	"stowage/internal/retry"
)

const (
	// limitQuiet is how long after a pause a further refusal counts as the first again.
	limitQuiet = time.Minute
	// limitRedisAway is how long Redis is left alone after it did not answer.
	limitRedisAway = 2 * time.Second
	// limitLongest is the longest pause that is believed. Quotas begin anew with every hour; what is longer is a mistake that
	// would keep the calls to a site from all workers for as long.
	limitLongest = time.Hour
)

var limitBackoff = retry.Backoff{Base: pace.FirstPause, Cap: pace.LongestPause}

// Lane is one of the limits a call goes through, such as that of its operation or that of the whole site.
type Lane struct {
	// Name identifies the lane within its site.
	Name string
	// PerMinute is the rate that is known, 0 where none is: such a lane knows pauses only.
	PerMinute float64
}

// Limits keep all workers, of this process and of others, within the rates of the sites they speak to. What is known of a
// site stands in Redis: when the next call of each lane may leave, and until when the site asked to be left alone. While
// Redis is away each process paces itself alone.
type Limits struct {
	redis   *Redis
	log     *slog.Logger
	metrics *Metrics

	mu    sync.Mutex
	local map[string]*laneState
	away  time.Time
}

// NewLimits makes the limits. Metrics may be nil.
func NewLimits(r *Redis, log *slog.Logger, metrics *Metrics) *Limits {
	return &Limits{redis: r, log: log, metrics: metrics, local: map[string]*laneState{}}
}

// Site returns the limiter of a site. The key is the same in every process, such as the id of its workspace.
func (l *Limits) Site(key string) *Limiter { return &Limiter{limits: l, site: key} }

// Limiter paces the calls to one site. It may be used from several goroutines.
type Limiter struct {
	limits *Limits
	site   string
}

// Wait returns when a call that goes through the lanes may be sent, in the order of those who asked. When the site has
// asked for a pause that lasts longer than patience it returns a *pace.PausedError at once; when ctx ends, the cause.
func (s *Limiter) Wait(ctx context.Context, patience time.Duration, lanes ...Lane) error {
	return pace.Wait(ctx, patience, &places{s, lanes})
}

// places are those of the calls that go through some lanes. A place that was taken is not given back: whoever does not go
// at all is rare, and those behind have been told theirs.
type places struct {
	limiter *Limiter
	lanes   []Lane
}

// Reserve implements pace.Places.
func (p *places) Reserve(ctx context.Context) (pause, wait time.Duration, cancel func()) {
	pause, wait = p.limiter.reserve(ctx, p.lanes)
	return pause, wait, nil
}

// Paused implements pace.Places.
func (p *places) Paused(ctx context.Context) bool { return p.limiter.paused(ctx, p.lanes) > 0 }

// Refused takes note that the site refused a call for its rate, and says how long the lane pauses because of it: what the
// site asked for, or a wait that grows where it asked for nothing. The lane is that of the operation, or the one all
// calls of the site go through.
func (s *Limiter) Refused(ctx context.Context, lane string, asked time.Duration) time.Duration {
	l := s.limits
	asked = min(asked, limitLongest)
	jitter := 0.7 + 0.6*rand.Float64()
	now := time.Now()
	l.mu.Lock()
	pause, added := l.lane(s.key(lane)).refuse(now, asked, jitter)
	l.mu.Unlock()
	if !l.isAway(now) {
		if p, a, err := l.redis.refuse(ctx, s.key(lane), asked, jitter); err != nil {
			l.lost(ctx, err)
		} else {
			pause, added = p, a
		}
	}
	l.metrics.throttled(added)
	return pause
}

// key names a lane in Redis. What stands in braces keeps all lanes of a site together in a cluster.
func (s *Limiter) key(lane string) string { return "stowage:limit:{" + s.site + "}:" + lane }

func (s *Limiter) keys(lanes []Lane) []string {
	keys := make([]string, len(lanes))
	for i, lane := range lanes {
		keys[i] = s.key(lane.Name)
	}
	return keys
}

// reserve takes a place in all lanes, or says how long the pause is.
func (s *Limiter) reserve(ctx context.Context, lanes []Lane) (pause, wait time.Duration) {
	l, now := s.limits, time.Now()
	if !l.isAway(now) {
		pause, wait, err := l.redis.reserve(ctx, s.keys(lanes), lanes)
		if err == nil {
			return pause, wait
		}
		l.lost(ctx, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	states := make([]*laneState, len(lanes))
	for i, lane := range lanes {
		states[i] = l.lane(s.key(lane.Name))
		pause = max(pause, states[i].until.Sub(now))
	}
	if pause > 0 {
		return pause, 0
	}
	for i, lane := range lanes {
		wait = max(wait, states[i].reserve(now, lane.PerMinute))
	}
	return 0, wait
}

func (s *Limiter) paused(ctx context.Context, lanes []Lane) time.Duration {
	l, now := s.limits, time.Now()
	if !l.isAway(now) {
		pause, err := l.redis.paused(ctx, s.keys(lanes))
		if err == nil {
			return pause
		}
		l.lost(ctx, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var pause time.Duration
	for _, lane := range lanes {
		pause = max(pause, l.lane(s.key(lane.Name)).until.Sub(now))
	}
	return pause
}

func (l *Limits) lane(key string) *laneState {
	state, ok := l.local[key]
	if !ok {
		state = &laneState{}
		l.local[key] = state
	}
	return state
}

func (l *Limits) isAway(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.away)
}

// lost notes that Redis did not answer. A caller that went away is no news about Redis.
func (l *Limits) lost(ctx context.Context, err error) {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return
	}
	now := time.Now()
	l.mu.Lock()
	first := now.Sub(l.away) > limitRedisAway
	l.away = now.Add(limitRedisAway)
	l.mu.Unlock()
	if first {
		l.log.WarnContext(ctx, "redis is away, rate limits are kept by this process alone", logError, err)
	}
}

// laneState is what is known of a lane. The scripts that run in Redis keep the same and do the same.
type laneState struct {
	// next is when the next call may leave if there is no burst left; a time in the past is a lane at rest.
	next time.Time
	// until is the end of the pause, refusals the number of pauses in a row, factor what is left of the rate since the
	// last refusal.
	until    time.Time
	refusals int
	factor   float64
	since    time.Time
}

// reserve books the next place and says how long it is until then.
func (s *laneState) reserve(now time.Time, perMinute float64) time.Duration {
	if perMinute <= 0 {
		return 0
	}
	gap, burst := spacing(perMinute)
	gap /= s.left(now)
	if s.next.Before(now) {
		s.next = now
	}
	wait := s.next.Sub(now) - time.Duration((burst-1)*gap*float64(time.Second))
	s.next = s.next.Add(time.Duration(gap * float64(time.Second)))
	return wait
}

func (s *laneState) left(now time.Time) float64 {
	if s.factor == 0 {
		return 1
	}
	return pace.Left(s.factor, now.Sub(s.since))
}

func (s *laneState) refuse(now time.Time, asked time.Duration, jitter float64) (pause, added time.Duration) {
	if !now.Before(s.until) {
		if now.Sub(s.until) > limitQuiet {
			s.refusals = 0
		}
		s.factor, s.since = s.left(now)*pace.Slowdown, now
		s.refusals++
	}
	if asked <= 0 {
		asked = time.Duration(float64(limitBackoff.Delay(s.refusals)) * jitter)
	}
	before := s.until
	if before.Before(now) {
		before = now
	}
	if until := now.Add(asked); until.After(s.until) {
		s.until = until
	}
	return s.until.Sub(now), max(0, s.until.Sub(before))
}

// spacing is the time between two calls at the part of a rate that is used, in seconds, and how many of them may be caught
// up.
func spacing(perMinute float64) (gap, burst float64) {
	perSecond, burst := pace.Used(perMinute)
	return 1 / perSecond, burst
}
