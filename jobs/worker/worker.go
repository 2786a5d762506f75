package worker

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"stowage/atlassian"
	"stowage/blob"
	"stowage/internal/netguard"
	"stowage/models"
	"stowage/snapshot"
)

// Config says what the handlers work with. DB, Store and Master are needed.
type Config struct {
	DB    *models.DB
	Store blob.Store
	// Master wraps the keys of every tenant's backups.
	Master snapshot.MasterKey
	// Limiters gives the limiter of a workspace, shared by all workers; nil paces each process by itself, as Rate says.
	Limiters func(workspace string) atlassian.Limiter
	Rate     atlassian.RatePolicy
	// Host is asked for licences; nil means that nobody is.
	Host Host
	Log  *slog.Logger
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
	// Patience is how long the search of a site may lag behind its writes; Grace how long writes under way may take to be
	// answered when a run ends early. 0 are 15 and 1.5 seconds.
	Patience, Grace time.Duration
	// SweepAge is how old a sign of life of a backup may be before its segments are swept; 0 is a day.
	SweepAge time.Duration
}

// Host stands in.
type Host interface{}

// Worker does the work of runs. It may be used from several goroutines.
type Worker struct {
	cfg       Config
	log       *slog.Logger
	transport http.RoundTripper
}

// New makes a worker.
func New(cfg Config) (*Worker, error) {
	if cfg.DB == nil || cfg.Store == nil || cfg.Master.IsZero() {
		return nil, errors.New("worker: database, store and master key are needed")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Grace == 0 {
		cfg.Grace = 1500 * time.Millisecond
	}
	if cfg.SweepAge == 0 {
		cfg.SweepAge = 24 * time.Hour
	}
	w := &Worker{cfg: cfg, log: cfg.Log, transport: cfg.HTTP}
	if w.transport == nil {
		w.transport = netguard.Transport(netguard.Options{AllowLoopback: cfg.AllowLoopback})
	}
	return w, nil
}
