package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"stowage/internal/retry"
	"stowage/models"
)

// Handler does the work of one kind of run. Its context ends with one of the causes ErrStopRequested, ErrShutdown, ErrMore
// and ErrAbandoned; then it brings to an end what it is writing, at most for Grace, and returns: whatever it returns, the
// cause decides what becomes of the run. Every write goes through run, whose fence refuses it once the run belongs to
// somebody else. A handler is called again for the same run as often as it takes, and continues from what it has recorded.
//
// It returns nil when the run is at its end, after live.End or live.EndWith; without either the run has succeeded. It
// returns ErrMore or a *Later to go on another time. Any other error fails the run, after some more tries where the
// error is of those that pass.
type Handler func(ctx context.Context, run *models.Run, tenant *models.Tenant, live *Live) error

// Grace is how long a handler may take to return after its context has ended because of a shutdown. It is what remains of
// two seconds after everything else.
const Grace = time.Second

// PoolOptions are how a pool works. Zero members have the defaults named.
type PoolOptions struct {
	// Short and Long are how many runs of each queue are worked on at a time, 4 each.
	Short, Long int
	// Slice is how long a run goes on while others wait, 2 minutes; MinSlice how long when one of a tenant that has less
	// waits, 10 seconds. A run that nobody waits for goes on.
	Slice, MinSlice time.Duration
	// Beat is the time between two heartbeats, each of which publishes progress and asks whether to stop: 1 second.
	Beat time.Duration
	// Sweep is the time between two looks for runs that nobody rang for, 5 seconds.
	Sweep time.Duration
	// Look is how often new rings are looked for in Redis, 200 milliseconds. A shutdown may wait for one look.
	Look time.Duration
	// Tries is how often a run may fail in a row for a reason that passes, 5, with Backoff between, which begins with 5
	// seconds.
	Tries   int
	Backoff retry.Backoff
	// Transient tells which errors of handlers pass. It is the one place that decides; without it, no error does.
	Transient func(error) bool
	// LicenceEvery is how often the host is asked about the licence of each tenant, 6 hours. Below zero it never is.
	LicenceEvery time.Duration
	// NextBackup tells when a schedule that is due will be due again. Without it schedules are left alone.
	NextBackup func(s models.Schedule, now time.Time) (time.Time, error)
	// Worker names this pool in leases; a random name by default.
	Worker string
	// Metrics are counted where they are given.
	Metrics *Metrics
	// Now tells the time, time.Now by default.
	Now func() time.Time
}

var defaultBackoff = retry.Backoff{Base: 5 * time.Second, Cap: 5 * time.Minute, Jitter: 0.2}

func (o PoolOptions) withDefaults() PoolOptions {
	or := func(d *time.Duration, standard time.Duration) {
		if *d == 0 {
			*d = standard
		}
	}
	if o.Short == 0 {
		o.Short = 4
	}
	if o.Long == 0 {
		o.Long = 4
	}
	or(&o.Slice, 2*time.Minute)
	or(&o.MinSlice, 10*time.Second)
	or(&o.Beat, time.Second)
	or(&o.Sweep, 5*time.Second)
	or(&o.Look, 200*time.Millisecond)
	or(&o.LicenceEvery, 6*time.Hour)
	if o.Tries == 0 {
		o.Tries = 5
	}
	if o.Backoff == (retry.Backoff{}) {
		o.Backoff = defaultBackoff
	}
	if o.Transient == nil {
		o.Transient = func(error) bool { return false }
	}
	if o.Worker == "" {
		o.Worker = newID()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Pool works on runs. Several pools, in any number of processes, share a database.
type Pool struct {
	db      *models.DB
	redis   *Redis
	service *Service
	log     *slog.Logger
	o       PoolOptions

	slots    *slots
	handlers map[Kind]Handler
	// kinds are those this pool has handlers for, by queue.
	kinds map[string][]Kind
	// work ends the contexts of all runs; it is not derived from what ends the pool, so that runs hear why.
	work context.Context //nolint:containedctx // It is the parent of the contexts of runs, which rings and the sweeper begin.

	mu      sync.Mutex
	running map[*attempt]struct{}
}

// NewPool makes a pool. It does nothing until Run, which is called once.
func NewPool(db *models.DB, r *Redis, service *Service, log *slog.Logger, o PoolOptions) (*Pool, error) {
	if o.Short < 0 || o.Long < 0 || o.Tries < 0 || o.Slice < 0 || o.MinSlice < 0 || o.Beat < 0 || o.Sweep < 0 || o.Look < 0 {
		return nil, errors.New("a pool has no negative options")
	}
	o = o.withDefaults()
	return &Pool{
		db: db, redis: r, service: service, log: log, o: o,
		slots:   newSlots(map[string]int{QueueShort: o.Short, QueueLong: o.Long}),
		running: map[*attempt]struct{}{},
	}, nil
}

// Times of shutting down, after Grace.
const (
	// abandonAfter is what a handler that does not obey gets on top of its grace before its run is given to others.
	abandonAfter = 200 * time.Millisecond
	// farewell is how long Asynq may say goodbye to a Redis that does not answer.
	farewell = 500 * time.Millisecond
)

// errNoSlot sends a ring back to Redis, for another worker or for later. It is no failure.
var errNoSlot = errors.New("no free slot")

// backAfter is when a ring that was sent back is heard again.
const backAfter = time.Second

// Run works on runs until ctx ends, and returns within two seconds after that: handlers are told to stop, their runs are
// put back into the queue, and what does not stop is left to itself, its lease taken away. Redis need not be there.
func (p *Pool) Run(ctx context.Context, handlers map[Kind]Handler) error {
	p.handlers, p.kinds = maps.Clone(handlers), map[string][]Kind{}
	for kind := range handlers {
		queue, known := Queue(kind)
		if !known {
			return fmt.Errorf("run workers: kind %q is not known", kind)
		}
		p.kinds[queue] = append(p.kinds[queue], kind)
	}
	work, endWork := context.WithCancelCause(context.WithoutCancel(ctx))
	defer endWork(ErrShutdown)
	p.work = work

	connections := newLines(p.redis.dial)
	client := p.redis.client(connections.connect)
	servers := make([]*asynq.Server, 0, 2)
	for _, queue := range Queues() {
		if len(p.kinds[queue]) == 0 {
			continue
		}
		server := asynq.NewServerFromRedisClient(client, p.asynqConfig(queue))
		if err := server.Start(p.answer(queue)); err != nil {
			return errors.Join(fmt.Errorf("run workers: %w", err), client.Close())
		}
		servers = append(servers, server)
	}
	var loops sync.WaitGroup
	loops.Go(func() { p.sweep(ctx) })
	loops.Go(func() { p.balance(ctx) })

	<-ctx.Done()
	empty := p.slots.close()
	endWork(ErrShutdown)
	select {
	case <-empty:
	case <-time.After(Grace + abandonAfter):
		p.abandon(work)
	}
	hangUp := time.AfterFunc(farewell, connections.cut)
	defer hangUp.Stop()
	var goodbye sync.WaitGroup
	for _, server := range servers {
		goodbye.Go(server.Shutdown)
	}
	goodbye.Wait()
	loops.Wait()
	if err := client.Close(); err != nil {
		return fmt.Errorf("run workers: %w", err)
	}
	return nil
}

// asynqConfig is how Asynq serves one queue. Each has a server of its own, so that a full one never keeps the other from
// being served, and a worker takes no ring it has no slot for while another worker has one.
func (p *Pool) asynqConfig(queue string) asynq.Config {
	return asynq.Config{
		Concurrency:              p.slots.size[queue],
		Queues:                   map[string]int{queue: 1},
		TaskCheckInterval:        p.o.Look,
		DelayedTaskCheckInterval: time.Second,
		RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return backAfter },
		IsFailure:                func(err error) bool { return !errors.Is(err, errNoSlot) },
		ShutdownTimeout:          farewell / 2,
		Logger:                   asynqLog{p.log},
		LogLevel:                 asynq.WarnLevel,
	}
}

// answer is what a ring does: as long as there is something to do in the queue, do what is most due. Which run it rang for
// does not matter.
func (p *Pool) answer(queue string) asynq.Handler {
	return asynq.HandlerFunc(func(_ context.Context, task *asynq.Task) error {
		kind, known := kindOf(task)
		if at, _ := Queue(kind); !known || at != queue {
			p.log.Error("a ring of an unknown kind was put aside", logKind, task.Type(), logQueue, queue)
			return fmt.Errorf("kind %q is not known: %w", task.Type(), asynq.SkipRetry)
		}
		if !p.slots.acquire(queue) {
			return errNoSlot
		}
		// The context of the ring ends when Asynq thinks that it should; the run has one of its own.
		p.serve(p.work, queue) //nolint:contextcheck // See above.
		return nil
	})
}

// serve works in a slot that was acquired until nothing is due.
func (p *Pool) serve(ctx context.Context, queue string) {
	defer p.slots.release(queue)
	for ctx.Err() == nil {
		a := p.next(ctx, queue)
		if a == nil {
			return
		}
		p.attempt(ctx, a)
	}
}

// abandon gives the runs of handlers that did not stop to others. From here on the fence refuses their writes.
func (p *Pool) abandon(ctx context.Context) {
	p.mu.Lock()
	left := make([]*attempt, 0, len(p.running))
	for a := range p.running {
		left = append(left, a)
	}
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	for _, a := range left {
		p.log.ErrorContext(ctx, "a handler did not stop in time, its run is given to others", a.attrs()...)
		epoch, err := a.run.Requeue(ctx, 0, "")
		if err != nil {
			p.log.ErrorContext(ctx, "its run could not be put back, it waits for its lease to end", append(a.attrs(), logError, err)...)
			continue
		}
		p.ringAgain(ctx, a, epoch, 0)
	}
}

// asynqLog passes on what Asynq has to say. Its context is its own.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) Debug(args ...any) { l.log.Debug("asynq", logDetail, fmt.Sprint(args...)) }
func (l asynqLog) Info(args ...any)  { l.log.Debug("asynq", logDetail, fmt.Sprint(args...)) }
func (l asynqLog) Warn(args ...any)  { l.log.Warn("asynq", logDetail, fmt.Sprint(args...)) }
func (l asynqLog) Error(args ...any) { l.log.Warn("asynq", logDetail, fmt.Sprint(args...)) }
func (l asynqLog) Fatal(args ...any) { l.log.Error("asynq", logDetail, fmt.Sprint(args...)) }
