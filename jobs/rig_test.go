package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stowage/internal/redact"
	"stowage/internal/seal"
	"stowage/jobs/jobstest"
	"stowage/models"
)

// rig is a database, a Redis and a service for one test, and as many pools as it starts.
type rig struct {
	t       *testing.T
	path    string
	db      *models.DB
	redis   *Redis
	server  *jobstest.Server
	service *Service
	// unit is what a second is to a pool of this rig: a real second takes too long to wait for.
	unit time.Duration
	seen *watch
}

// onBoth runs a test on the Redis inside the process, where time is made up, and on a real one, with all times a tenth.
func onBoth(t *testing.T, fn func(r *rig)) {
	t.Helper()
	t.Run("redis in the process", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { fn(newRig(t, nil, time.Second)) })
	})
	t.Run("real redis", func(t *testing.T) {
		t.Parallel()
		fn(newRig(t, jobstest.StartRedis(t), time.Second/10))
	})
}

// alone runs a test with made up time only, for what has nothing to do with Redis.
func alone(t *testing.T, fn func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { fn(newRig(t, nil, time.Second)) })
}

func newRig(t *testing.T, server *jobstest.Server, unit time.Duration) *rig {
	t.Helper()
	var url redact.Secret
	if server != nil {
		url = server.URL()
	}
	if server == nil {
		// Whoever was told to go, such as a connection, may still sit out a wait of its own.
		t.Cleanup(func() { <-time.After(time.Minute) })
	}
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "stowage.db"), server: server, unit: unit, seen: newWatch()}
	r.db = r.open()
	if err := r.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.redis = openRedis(t, url)
	r.service = NewService(r.db, NewBell(r.redis), slog.New(slog.DiscardHandler), ServiceOptions{})
	for _, tenant := range []string{"acme", "globex"} {
		r.addTenant(tenant)
	}
	return r
}

// open opens the database of the rig once more, as another process would.
func (r *rig) open() *models.DB {
	r.t.Helper()
	return r.openWith(models.Options{})
}

// openWith is open with options of its own.
func (r *rig) openWith(o models.Options) *models.DB {
	r.t.Helper()
	master, err := seal.NewMaster([32]byte{1})
	if err != nil {
		r.t.Fatal(err)
	}
	o.Path = r.path
	if o.Seal == nil {
		o.Seal = master
	}
	db, err := models.OpenWith(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := db.Close(); err != nil {
			r.t.Error(err)
		}
	})
	return db
}

func (r *rig) addTenant(id string) {
	r.t.Helper()
	if err := r.db.AddTenant(r.t.Context(), id); err != nil {
		r.t.Fatal(err)
	}
	_, err := r.db.ForTenant(id).SaveConnection(r.t.Context(), models.Connection{
		SiteURL: "https://" + id + ".atlassian.net", WorkspaceID: "w-" + id, Email: "admin@" + id + ".test", Token: redact.New("token"),
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// options are those of a pool, in the time of the rig.
func (r *rig) options() PoolOptions {
	return PoolOptions{
		Slice: 120 * r.unit, MinSlice: 10 * r.unit, Beat: r.unit, Sweep: 5 * r.unit, Look: r.unit / 5, LicenceEvery: -1,
	}
}

// start starts a pool; stop ends it and says how long that took.
func (r *rig) start(handlers map[Kind]Handler, o PoolOptions) (stop func() time.Duration) {
	r.t.Helper()
	return r.startOn(r.db, r.redis, handlers, o)
}

func (r *rig) startOn(db *models.DB, redis *Redis, handlers map[Kind]Handler, o PoolOptions) (stop func() time.Duration) {
	r.t.Helper()
	service := NewService(db, NewBell(redis), slog.New(slog.DiscardHandler), ServiceOptions{})
	p, err := NewPool(db, redis, service, slog.New(slog.DiscardHandler), o)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx, handlers) }()
	stop = sync.OnceValue(func() time.Duration {
		at := time.Now()
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("the pool ended with %v", err)
		}
		return time.Since(at)
	})
	r.t.Cleanup(func() { stop() })
	return stop
}

// queue puts a run into the queue and rings for it.
func (r *rig) queue(tenant string, kind Kind, spec models.RunSpec) models.RunInfo {
	r.t.Helper()
	info := r.insert(tenant, kind, spec)
	r.service.ring(r.t.Context(), tenant, info)
	return info
}

// insert puts a run into the queue and rings for nobody.
func (r *rig) insert(tenant string, kind Kind, spec models.RunSpec) models.RunInfo {
	r.t.Helper()
	spec.Kind = kind
	if spec.Fingerprint == "" {
		spec.Fingerprint = newID()
	}
	info, err := r.db.ForTenant(tenant).Enqueue(r.t.Context(), spec)
	if err != nil {
		r.t.Fatal(err)
	}
	return info
}

func (r *rig) run(tenant, id string) models.RunInfo {
	r.t.Helper()
	info, err := r.db.ForTenant(tenant).GetRun(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return info
}

// becomes waits until a run has a state.
func (r *rig) becomes(tenant, id string, want models.State) models.RunInfo {
	r.t.Helper()
	var info models.RunInfo
	r.until(fmt.Sprintf("run is %s", want), func() bool {
		info = r.run(tenant, id)
		return info.State == want
	})
	return info
}

// until waits for something to be so, minutes of made up time or of the real one: a machine may be busy.
func (r *rig) until(what string, so func() bool) {
	r.t.Helper()
	deadline := time.After(max(200*r.unit, 3*time.Minute))
	tick := time.NewTicker(r.unit / 10)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			r.t.Fatalf("waited too long until %s", what)
		}
	}
}

// atMost sees to it that something did not take too long. Where time is real this machine may be busy with other things,
// and only what hangs is found.
func (r *rig) atMost(what string, took, limit time.Duration) {
	r.t.Helper()
	if !r.redis.InProcess() {
		limit += time.Minute
	}
	if took > limit {
		r.t.Errorf("%s took %s, at most %s were to be expected", what, took, limit)
	}
}

// watch sees which runs are worked on, and that none is twice at the same time.
type watch struct {
	mu     sync.Mutex
	active map[string]int
	begun  map[string]int
	twice  int
	order  []string
}

func newWatch() *watch { return &watch{active: map[string]int{}, begun: map[string]int{}} }

func (w *watch) enter(id string) (leave func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.active[id]++
	w.begun[id]++
	if w.active[id] > 1 {
		w.twice++
	}
	w.order = append(w.order, id)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.active[id]--
	}
}

func (w *watch) times(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.begun[id]
}

func (w *watch) isActive(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.active[id] > 0
}

func (w *watch) doubles() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.twice
}

// quick is a handler that is done at once.
func (r *rig) quick() Handler {
	return func(_ context.Context, run *models.Run, _ *models.Tenant, live *Live) error {
		defer r.seen.enter(run.ID())()
		live.End(models.StateSucceeded, map[string]int{"n": 1}, "")
		return nil
	}
}

// taking is a handler that needs some time altogether, however often it is interrupted: it keeps what it has done in the
// checkpoint, in steps of a tenth of the rig's unit.
func (r *rig) taking(steps int) Handler {
	return func(ctx context.Context, run *models.Run, _ *models.Tenant, live *Live) error {
		defer r.seen.enter(run.ID())()
		state, err := run.Checkpoints().Load(ctx)
		if err != nil {
			return err
		}
		live.Stage("Steps", int64(steps))
		live.Advance(int64(len(state)))
		tick := time.NewTicker(r.unit / 10)
		defer tick.Stop()
		for len(state) < steps {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-tick.C:
			}
			state = append(state, '.')
			if err := run.Checkpoints().Save(context.WithoutCancel(ctx), state); err != nil {
				return err
			}
			live.Advance(1)
		}
		live.End(models.StateSucceeded, nil, "")
		return nil
	}
}

// endless is a handler that goes on until it is told to stop.
func (r *rig) endless() Handler {
	return func(ctx context.Context, run *models.Run, _ *models.Tenant, _ *Live) error {
		defer r.seen.enter(run.ID())()
		<-ctx.Done()
		return ctx.Err()
	}
}

// all gives every kind the same handler.
func all(h Handler) map[Kind]Handler {
	m := map[Kind]Handler{}
	for _, k := range []Kind{KindSync, KindPlan, KindBackup, KindRestore, KindDeleteBackup, KindPurge, KindLicence} {
		m[k] = h
	}
	return m
}

var errPasses = errors.New("connection reset by peer")
