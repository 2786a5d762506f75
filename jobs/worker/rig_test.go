package worker_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/backup"
	"stowage/blob"
	"stowage/blob/mem"
	"stowage/internal/redact"
	"stowage/jobs"
	"stowage/jobs/worker"
	"stowage/models"
	"stowage/models/modelstest"
	"stowage/snapshot"
)

// rig is a service without its web side: a database, a Redis in process, a store and a pool of workers, beside a simulated
// Atlassian with two sites.
type rig struct {
	t       *testing.T
	sim     *sim.Sim
	db      *models.DB
	file    string
	store   blob.Store
	master  snapshot.MasterKey
	redis   *jobs.Redis
	service *jobs.Service
	worker  *worker.Worker
	logged  *logs
	options rigOptions
	stop    func()

	mu sync.Mutex
	// resumed are the runs that somebody is about to resume: that they have ended means nothing.
	resumed map[string]bool
}

// rigOptions change a rig. Zero members are usual.
type rigOptions struct {
	objects   int
	dialect   string
	transport func(http.RoundTripper) http.RoundTripper
	store     blob.Store
	pool      jobs.PoolOptions
	licences  worker.Licences
	rate      atlassian.RatePolicy
	sim       func(*sim.Options)
	idle      bool // no pool is started
}

// logs collects what the service logs.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

const acmeToken = "canary-token-of-acme"

// newRig makes a rig whose tenant "acme" is connected to the site acme.
func newRig(t *testing.T, o rigOptions) *rig {
	t.Helper()
	r := &rig{t: t, options: o, master: snapshot.NewMasterKey(), logged: &logs{}}
	simOptions := sim.Options{Sites: []sim.SiteOptions{{Name: "acme", Token: acmeToken}, {Name: "globex"}}}
	if o.sim != nil {
		o.sim(&simOptions)
	}
	var err error
	if r.sim, err = sim.New(simOptions); err != nil {
		t.Fatal(err)
	}
	if o.objects > 0 {
		if _, err := gen.Fill(r.sim.Site("acme").World(), gen.Profile{Name: gen.ITSM}, o.objects, 1); err != nil {
			t.Fatal(err)
		}
	}
	database := modelstest.Options(t, cmp.Or(o.dialect, models.SQLite))
	r.file = database.Path
	if r.db, err = models.OpenWith(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	if err := r.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.store = o.store; r.store == nil {
		r.store = mem.New()
	}
	if r.redis, err = jobs.OpenRedis(t.Context(), jobs.RedisOptions{}); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(r.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.service = jobs.NewService(r.db, jobs.NewBell(r.redis), log, jobs.ServiceOptions{})
	transport := sim.Transport(r.sim)
	if o.transport != nil {
		transport = o.transport(transport)
	}
	r.worker, err = worker.New(worker.Config{
		DB: r.db, Store: r.store, Master: r.master, Limits: jobs.NewLimits(r.redis, log, nil), Licences: o.licences, Rate: o.rate, Log: log,
		AllowLoopback: true, HTTP: transport, AppVersion: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	r.stop = func() {}
	if !o.idle {
		r.start()
	}
	t.Cleanup(func() {
		r.stop()
		if err := errors.Join(r.redis.Close(), r.db.Close()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the log of the service:\n%s", r.logged)
		}
	})
	r.connect("acme", "acme")
	return r
}

// start runs a pool until stop is called.
func (r *rig) start() {
	r.t.Helper()
	o := r.options.pool
	o.Transient = worker.Transient
	pool, err := jobs.NewPool(r.db, r.redis, r.service, slog.New(slog.NewJSONHandler(r.logged, nil)), o)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := pool.Run(ctx, r.worker.Handlers()); err != nil {
			r.t.Errorf("pool: %v", err)
		}
	})
	r.stop = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
	})
}

// connect makes a tenant and connects it to a site.
func (r *rig) connect(tenant, site string) {
	r.t.Helper()
	if err := r.db.AddTenant(r.t.Context(), tenant); err != nil {
		r.t.Fatal(err)
	}
	info := r.sim.Site(site).Info(simBase)
	_, err := r.db.ForTenant(tenant).SaveConnection(r.t.Context(), models.Connection{
		SiteURL: info.BaseURL, APIURL: info.APIBaseURL, WorkspaceID: info.WorkspaceID, Email: info.Email, Token: redact.New(info.Token),
		StorageChosen: true, Storage: "builtin",
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// target adds the site as a target instance of the tenant.
func (r *rig) target(tenant, site string) models.Target {
	r.t.Helper()
	info := r.sim.Site(site).Info(simBase)
	target, err := r.db.ForTenant(tenant).CreateTarget(r.t.Context(), models.Target{
		Name: site, Location: models.LocationCloud, URL: info.BaseURL, APIURL: info.APIBaseURL, WorkspaceID: info.WorkspaceID,
		Email: info.Email, Token: redact.New(info.Token),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return target
}

// wait waits until a run has ended and returns it.
func (r *rig) wait(tenant, id string) models.RunInfo {
	r.t.Helper()
	return r.until(tenant, id, func(info models.RunInfo) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return !info.Finished.IsZero() && !r.resumed[id]
	})
}

// resuming says that a run is about to be stopped and resumed, or is so no more.
func (r *rig) resuming(id string, yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.resumed == nil {
		r.resumed = map[string]bool{}
	}
	r.resumed[id] = yes
}

func (r *rig) until(tenant, id string, ok func(models.RunInfo) bool) models.RunInfo {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 24*time.Hour)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		info, err := r.db.ForTenant(tenant).GetRun(ctx, id)
		if err != nil {
			r.t.Fatal(err)
		}
		if ok(info) {
			return info
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.t.Fatalf("run %s is still %s at %s: %s", id, info.State, info.Progress.Stage, info.Error)
		}
	}
}

// good waits for a run and expects it to succeed.
func (r *rig) good(tenant string, info models.RunInfo, err error) models.RunInfo {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	info = r.wait(tenant, info.ID)
	if info.State != models.StateSucceeded {
		r.t.Fatalf("%s of %s ended as %s: %s", info.Kind, tenant, info.State, info.Error)
	}
	return info
}

// synced syncs the schemas of a tenant and returns the one with the most objects.
func (r *rig) synced(tenant string) models.Schema {
	r.t.Helper()
	run, err := r.service.StartSync(r.t.Context(), tenant, "somebody")
	r.good(tenant, run, err)
	page, err := r.db.ForTenant(tenant).Schemas(r.t.Context(), models.SchemaFilter{})
	if err != nil {
		r.t.Fatal(err)
	}
	var most models.Schema
	for _, s := range page.Items {
		if s.Objects > most.Objects {
			most = s
		}
	}
	return most
}

// backedUp backs a schema up and returns the row.
func (r *rig) backedUp(tenant, schema string, phases ...string) models.Backup {
	r.t.Helper()
	run, row, err := r.service.StartBackup(r.t.Context(), tenant, "somebody", jobs.BackupSpec{SchemaID: schema, Phases: phases})
	r.good(tenant, run, err)
	row, err = r.db.ForTenant(tenant).Backup(r.t.Context(), row.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return row
}

// planned makes a plan and returns its id.
func (r *rig) planned(spec jobs.RestoreSpec) string {
	r.t.Helper()
	run, plan, err := r.service.StartPlan(r.t.Context(), "acme", "somebody", spec)
	r.good("acme", run, err)
	return plan.ID
}

// allPhases are the later phases of a backup.
func allPhases() []string { return backup.LaterPhases() }

// wantRestored expects a schema with so many objects on a site, each once.
func (r *rig) wantRestored(site, key string, objects int64) {
	r.t.Helper()
	w := r.sim.Site(site).World()
	found := 0
	for _, s := range w.Schemas() {
		if s.Key == key {
			found++
			if int64(s.ObjectCount) != objects {
				r.t.Errorf("schema %s of %s has %d objects, want %d", key, site, s.ObjectCount, objects)
			}
		}
	}
	if found != 1 {
		r.t.Errorf("there are %d schemas %s on %s", found, key, site)
	}
}

func (r *rig) eventually(what string, ok func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Hour)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.t.Fatalf("not yet: %s", what)
		}
	}
}
