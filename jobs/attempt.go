package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"stowage/internal/retry"
	"stowage/models"
)

// attempt is one slice of a run in this pool.
type attempt struct {
	run    *models.Run
	tenant *models.Tenant
	live   *Live
	queue  string
	began  time.Time
	ctx    context.Context //nolint:containedctx // It is the handler's, kept to see from outside whether it has ended.
	cancel context.CancelCauseFunc
}

func (a *attempt) attrs() []any {
	return []any{logRun, a.run.ID(), logTenant, a.tenant.ID(), logKind, a.run.Info().Kind}
}

// panicked is a handler's panic as an error.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// attempt works on a claimed run until its handler returns, and records what came of it.
func (p *Pool) attempt(ctx context.Context, a *attempt) {
	defer p.slots.unseat(a.queue, a.tenant.ID())
	ctx, a.cancel = context.WithCancelCause(ctx)
	defer a.cancel(context.Canceled)
	a.ctx, a.live = ctx, newLive(ctx, a.run, p.o.Now)
	// Ending the context is all that has to be done for those who wait for room in the log.
	defer context.AfterFunc(ctx, a.live.release)()
	p.mu.Lock()
	p.running[a] = struct{}{}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.running, a)
		p.mu.Unlock()
	}()

	info := a.run.Info()
	if info.State == models.StateStopping {
		// Whoever worked on it died before it could stop.
		a.cancel(ErrStopRequested)
		p.settle(ctx, a, context.Cause(ctx))
		return
	}
	var beats sync.WaitGroup
	ended := make(chan struct{})
	beats.Go(func() { p.beat(context.WithoutCancel(ctx), a, ended) })
	err := p.call(ctx, a, p.handlers[info.Kind])
	close(ended)
	beats.Wait()
	p.settle(ctx, a, err)
}

// call calls the handler and survives it.
func (p *Pool) call(ctx context.Context, a *attempt, handler Handler) (err error) {
	defer func() {
		if v := recover(); v != nil {
			p.o.Metrics.panicked()
			p.log.ErrorContext(ctx, "a handler panicked", append(a.attrs(), logError, fmt.Sprint(v), logStack, string(debug.Stack()))...)
			err = &panicked{v}
		}
	}()
	return handler(ctx, a.run, a.tenant, a.live)
}

// beat renews the lease, publishes progress and log, and hears whether to stop, until the handler has returned.
func (p *Pool) beat(ctx context.Context, a *attempt, ended <-chan struct{}) {
	tick := time.NewTicker(p.o.Beat)
	defer tick.Stop()
	// The lease must not be believed longer than it lasts, also while a database that says nothing is waited for. It was
	// taken when the run was claimed.
	lapse := time.AfterFunc(p.leaseLeft(a.began), func() { a.cancel(ErrAbandoned) })
	defer lapse.Stop()
	for {
		select {
		case <-ended:
			return
		case <-a.live.hasty:
			p.writeLog(ctx, a)
			continue
		case <-tick.C:
		}
		asked := p.o.Now()
		stop, err := p.heartbeat(ctx, a)
		switch {
		case err == nil:
			lapse.Reset(p.leaseLeft(asked))
		case errors.Is(err, models.ErrLeaseLost):
			a.cancel(ErrAbandoned)
		default:
			p.log.WarnContext(ctx, "a heartbeat failed", append(a.attrs(), logError, err)...)
		}
		if stop {
			a.cancel(ErrStopRequested)
		}
		p.writeLog(ctx, a)
	}
}

// leaseMargin is how long before the end of its lease a handler is told that it may have lost it, so that it has ended
// what it was doing when somebody else begins.
const leaseMargin = 2 * time.Second

// leaseLeft is how long a lease that was renewed at a time may still be believed.
func (p *Pool) leaseLeft(renewed time.Time) time.Duration {
	return renewed.Add(models.ServiceLeaseTTL - leaseMargin).Sub(p.o.Now())
}

func (p *Pool) heartbeat(ctx context.Context, a *attempt) (stop bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, models.ServiceLeaseTTL/4)
	defer cancel()
	return a.run.Heartbeat(ctx, a.live.snapshot())
}

func (p *Pool) writeLog(ctx context.Context, a *attempt) {
	ctx, cancel := context.WithTimeout(ctx, models.ServiceLeaseTTL/4)
	defer cancel()
	if err := a.live.flush(ctx); err != nil && !errors.Is(err, models.ErrLeaseLost) {
		p.log.WarnContext(ctx, "lines of a run's log wait to be written", append(a.attrs(), logError, err)...)
	}
}

// settle records what came of an attempt, and lets others know.
func (p *Pool) settle(ctx context.Context, a *attempt, err error) {
	v := judge(context.Cause(ctx), err, a.live.ended(), a.run.Info().Attempts, p.o)
	ctx = context.WithoutCancel(ctx)
	if v.do == doNothing {
		p.lost(ctx, a)
		return
	}
	if v.do == doEnd {
		// Before it is recorded: whoever takes the run over after a crash does it again.
		p.listRestored(ctx, a)
	}
	var epoch int64
	writing := p.persist(ctx, func(ctx context.Context) error {
		if err := a.live.flush(ctx); err != nil {
			return err
		}
		var err error
		epoch, err = p.record(ctx, a, v)
		return err
	})
	if errors.Is(writing, models.ErrStopping) {
		// Somebody asked it to stop while it was being put back.
		v = verdict{do: doEnd, state: models.StateTerminated}
		p.listRestored(ctx, a)
		writing = p.persist(ctx, func(ctx context.Context) error { return a.run.End(ctx, v.state, nil, "") })
	}
	switch {
	case errors.Is(writing, models.ErrLeaseLost):
		p.lost(ctx, a)
		return
	case writing != nil:
		p.log.ErrorContext(ctx, "what came of a run could not be recorded, it will be taken up again", append(a.attrs(), logError, writing)...)
		return
	}
	p.o.Metrics.outcome(a.run.Info().Kind, v.outcome())
	p.log.Log(ctx, v.level(), "a run "+v.verb(), append(a.attrs(), logOutcome, v.outcome(), logReason, v.message, logError, errText(err))...)
	if v.do != doEnd {
		p.ringAgain(ctx, a, epoch, v.delay)
	}
}

// listTimeout bounds what is done beside the end of a run.
const listTimeout = 5 * time.Second

func (p *Pool) listRestored(ctx context.Context, a *attempt) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	p.service.listRestored(ctx, a.tenant, a.run.Info())
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (p *Pool) lost(ctx context.Context, a *attempt) {
	p.o.Metrics.leaseLost()
	p.log.WarnContext(ctx, "the lease of a run was lost", a.attrs()...)
}

func (p *Pool) record(ctx context.Context, a *attempt, v verdict) (epoch int64, err error) {
	// What the last beat did not see is published too.
	if progress := a.live.snapshot(); progress != nil {
		if _, err := a.run.Heartbeat(ctx, progress); err != nil {
			return 0, err
		}
	}
	switch v.do {
	case doRequeue:
		return a.run.Requeue(ctx, v.delay, v.message)
	case doRetry:
		return a.run.Retry(ctx, v.delay, v.message)
	default:
		if v.write != nil {
			return 0, v.write(ctx)
		}
		return 0, a.run.End(ctx, v.state, v.result, v.message)
	}
}

// persist repeats a write while the database is away, as long as the lease may still be ours. On the way out there is time
// for one.
func (p *Pool) persist(ctx context.Context, write func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, models.ServiceLeaseTTL/2)
	defer cancel()
	wait := retry.Backoff{Base: 100 * time.Millisecond, Cap: 2 * time.Second}
	for failures := 1; ; failures++ {
		err := write(ctx)
		switch {
		case err == nil, errors.Is(err, models.ErrLeaseLost), errors.Is(err, models.ErrStopping), p.work.Err() != nil:
			return err
		}
		if retry.Wait(ctx, wait.Delay(failures)) != nil {
			return err
		}
	}
}

// ringAgain rings for a run that was put back.
func (p *Pool) ringAgain(ctx context.Context, a *attempt, epoch int64, delay time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, ringTimeout)
	defer cancel()
	info := a.run.Info()
	due := models.DueRun{Tenant: a.tenant.ID(), ID: info.ID, Kind: info.Kind, Epoch: epoch, State: models.StateQueued, Claims: info.Claims}
	if err := p.service.bell.Ring(ctx, due, delay); err != nil {
		p.o.Metrics.ringFailed()
	}
}
