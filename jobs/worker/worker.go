package worker

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"stowage/atlassian"
	"stowage/blob"
	"stowage/internal/netguard"
	"stowage/jobs"
	"stowage/models"
	"stowage/snapshot"
)

// Config says what the handlers work with. DB, Store and Master are needed.
type Config struct {
	DB    *models.DB
	Store blob.Store
	// Master wraps the keys of every tenant's backups.
	Master snapshot.MasterKey
	// Limits are the rate limits that all workers share; nil paces each client by itself. Rate says how fast.
	Limits *jobs.Limits
	Rate   atlassian.RatePolicy
	// Licences look at the licence of a tenant; nil means that nobody does.
	Licences Licences
	Log      *slog.Logger
	// AllowLoopback lets sites be on this machine and without TLS: for the demo and for tests.
	AllowLoopback bool
	// AppVersion is written into backups.
	AppVersion string
	// HTTP replaces the guarded transport, in tests.
	HTTP http.RoundTripper
	// Concurrency is how many questions or writes of one run are under way at once; 0 is 8.
	Concurrency int
	// PageSize is how many objects are asked for at once; 0 is the default of the client.
	PageSize int
	// Patience is how long the search of a site may lag behind its writes; 0 is 15 seconds.
	Patience time.Duration
	// SweepAge is how old the last sign of life of a backup has to be before what it stored is swept; 0 is an hour.
	SweepAge time.Duration
	// Margin is how far the clock of a site may be ahead of its search; 0 is the default of package backup.
	Margin time.Duration
}

// Licences know how to ask for the licence of a tenant, in the way of the platform the app was installed on.
type Licences interface {
	// Look asks, records what is found and tells those whom a change concerns.
	Look(ctx context.Context, tenantID string) error
}

// Worker does the work of runs, and what else needs a site or the store. It may be used from several goroutines.
type Worker struct {
	cfg       Config
	log       *slog.Logger
	transport http.RoundTripper

	mu    sync.Mutex
	paces map[string]*pace
}

// New makes a worker.
func New(cfg Config) (*Worker, error) {
	if cfg.DB == nil || cfg.Store == nil || cfg.Master.IsZero() {
		return nil, errors.New("worker: database, store and master key are needed")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.SweepAge == 0 {
		cfg.SweepAge = time.Hour
	}
	w := &Worker{cfg: cfg, log: cfg.Log, transport: cfg.HTTP, paces: map[string]*pace{}}
	if w.transport == nil {
		w.transport = netguard.Transport(netguard.Options{AllowLoopback: cfg.AllowLoopback})
	}
	return w, nil
}

// Handlers are what a pool calls for each kind of run.
func (w *Worker) Handlers() map[jobs.Kind]jobs.Handler {
	return map[jobs.Kind]jobs.Handler{
		jobs.KindSync:         w.sync,
		jobs.KindBackup:       w.backup,
		jobs.KindPlan:         w.plan,
		jobs.KindRestore:      w.restore,
		jobs.KindDeleteBackup: w.deleteBackup,
		jobs.KindPurge:        w.purge,
		jobs.KindLicence:      w.licence,
	}
}
