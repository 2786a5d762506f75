package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"golang.org/x/sync/errgroup"

	"stowage"
	"stowage/atlassian"
	"stowage/blob/file"
	"stowage/frontend"
	"stowage/internal/redact"
	"stowage/internal/seal"
	"stowage/jobs"
	"stowage/jobs/worker"
	"stowage/models"
	"stowage/server"
	"stowage/server/api"
	"stowage/server/auth"
	"stowage/server/lifecycle"
	"stowage/server/web"
)

// answerGrace is how long answers under way may take when the service goes down.
const answerGrace = 500 * time.Millisecond

// Service is a running service.
type Service struct {
	cfg      Config
	closers  []func() error
	listener net.Listener
	group    *errgroup.Group
	stop     context.CancelFunc
	done     chan struct{}
	err      error
}

// Start starts a service. When it returns nil the service listens; what goes wrong later closes Done.
func Start(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{cfg: cfg, done: make(chan struct{})}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// Addr is where the service listens.
func (s *Service) Addr() string { return s.listener.Addr().String() }

// Done is closed when the service has ended, by itself or because it was closed.
func (s *Service) Done() <-chan struct{} { return s.done }

// Err says why the service ended by itself. It is asked after Done.
func (s *Service) Err() error { return s.err }

// Close lets runs save their state, ends answers under way, and closes everything. It may be called more than once.
func (s *Service) Close() error {
	s.stop()
	<-s.done
	return s.release()
}

// release closes what was opened, the last first.
func (s *Service) release() error {
	var err error
	for len(s.closers) > 0 {
		last := len(s.closers) - 1
		err = errors.Join(err, s.closers[last]())
		s.closers = s.closers[:last]
	}
	return err
}

// parts is what a service is made of.
type parts struct {
	db       *models.DB
	redis    *jobs.Redis
	store    *file.Store
	registry *prometheus.Registry
	metrics  *jobs.Metrics
	monitor  *jobs.Monitor
	host     *atlassian.Host
	jobs     *jobs.Service
	licences *lifecycle.Licences
	worker   *worker.Worker
	pool     *jobs.Pool
	tracer   *trace.TracerProvider
}

func (s *Service) start(ctx context.Context) error {
	p, err := s.open(ctx)
	if err != nil {
		return err
	}
	if err := s.join(p); err != nil {
		return err
	}
	srv, err := s.server(p) //nolint:contextcheck // Requests have contexts of their own.
	if err != nil {
		return err
	}
	if s.listener = s.cfg.Listener; s.listener == nil {
		if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr); err != nil {
			return fmt.Errorf("listen on %s: %w", s.cfg.Addr, err)
		}
	}
	s.run(ctx, p, srv)
	return nil
}

// open opens database, queue and store.
func (s *Service) open(ctx context.Context) (p *parts, err error) {
	p = &parts{registry: prometheus.NewRegistry()}
	master, err := s.cfg.master()
	if err != nil {
		return nil, err
	}
	if p.db, err = s.cfg.Database.open(ctx, master); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, p.db.Close)
	if s.cfg.Migrate {
		if err := p.db.Migrate(ctx); err != nil {
			return nil, err
		}
	}
	// A database that is not of this version says so at /readyz, and nothing of it can be asked.
	if pending, err := p.db.Pending(ctx); err != nil {
		return nil, err
	} else if !pending {
		if err := p.db.CheckKey(ctx); errors.Is(err, seal.ErrWrongKey) {
			return nil, fmt.Errorf("the key does not fit the database: start the service with the key that was made with it: %w", err)
		} else if err != nil {
			return nil, err
		}
	}
	if p.redis, err = jobs.OpenRedis(ctx, jobs.RedisOptions{URL: s.cfg.Redis}); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, p.redis.Close)
	if p.store, err = file.Create(s.cfg.Store); err != nil {
		return nil, fmt.Errorf("store %s: %w", s.cfg.Store, err)
	}
	s.closers = append(s.closers, p.store.Close)
	return p, s.observe(ctx, p)
}

// observe sets up metrics, the queue monitor and traces.
func (s *Service) observe(ctx context.Context, p *parts) (err error) {
	p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if p.metrics, err = jobs.NewMetrics(p.registry, p.db); err != nil {
		return err
	}
	if !s.cfg.Operator.IsZero() {
		p.monitor = jobs.NewMonitor(p.redis, "/ops/queues")
		s.closers = append(s.closers, p.monitor.Close)
	}
	if s.cfg.OTLPEndpoint == "" {
		return nil
	}
	if p.tracer, err = newTracer(ctx, s.cfg.OTLPEndpoint, s.cfg.Version, s.cfg.Log); err != nil {
		return err
	}
	s.closers = append(s.closers, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerGrace)
		defer cancel()
		// Traces that cannot be sent any more are no reason to end with an error.
		_ = p.tracer.Shutdown(ctx)
		return nil
	})
	return nil
}

// join makes the parts that work on runs.
func (s *Service) join(p *parts) (err error) {
	cfg, log := s.cfg, s.cfg.Log
	key, err := appKey()
	if err != nil {
		return err
	}
	p.host = atlassian.NewHost(atlassian.HostConfig{AppKey: key, AllowLoopback: cfg.AllowLoopback})
	p.licences = lifecycle.NewLicences(lifecycle.LicenceConfig{
		Store: lifecycle.FromDB(p.db), Host: p.host, Log: log,
		OnChange: func(ctx context.Context, c lifecycle.LicenceChange) {
			log.InfoContext(ctx, "a licence changed", "tenant", c.TenantID, "before", c.Before.State, "after", c.After.State)
		},
	})
	p.jobs = jobs.NewService(p.db, jobs.NewBell(p.redis), log, jobs.ServiceOptions{Grace: cfg.Grace, Metrics: p.metrics, RefuseUnknown: cfg.RefuseUnknown})
	p.worker, err = worker.New(worker.Config{
		DB: p.db, Store: p.store, Master: cfg.Master, Log: log, AllowLoopback: cfg.AllowLoopback, AppVersion: cfg.Version,
		Limits: jobs.NewLimits(p.redis, log, p.metrics), Licences: p.licences,
	})
	if err != nil || cfg.Role == RoleWeb {
		return err
	}
	p.pool, err = jobs.NewPool(p.db, p.redis, p.jobs, log, jobs.PoolOptions{Long: cfg.Slots, Transient: worker.Transient, Metrics: p.metrics})
	return err
}

// server mounts what the role answers.
func (s *Service) server(p *parts) (*server.Server, error) {
	cfg := server.Config{
		Log: s.cfg.Log, HTTPS: isHTTPS(s.cfg.BaseURL), OperatorToken: s.cfg.Operator, Registry: p.registry,
		Metrics: promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}),
		Checks: map[string]server.Check{
			"database": p.db.Ping,
			"schema":   func(ctx context.Context) error { return upToDate(ctx, p.db) },
			"redis":    p.redis.Ping,
			"store":    func(ctx context.Context) error { return readable(ctx, p.store) },
		},
	}
	if p.monitor != nil {
		cfg.Queues = p.monitor
	}
	if p.tracer != nil {
		cfg.Tracer = p.tracer
	}
	if s.cfg.Role == RoleWorker {
		return server.New(cfg)
	}
	base, err := url.Parse(s.cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	keys, err := atlassian.NewInstallKeys(atlassian.InstallKeysConfig{Base: s.cfg.ConnectKeys, AllowLoopback: s.cfg.AllowLoopback})
	if err != nil {
		return nil, err
	}
	cfg.Auth = auth.New(auth.Config{Installations: p.db, Admins: p.host, BaseURL: base})
	cfg.Lifecycle, err = lifecycle.New(lifecycle.Config{
		Store: lifecycle.FromDB(p.db), Keys: keys, Hosts: s.cfg.hosts(),
		Runs: p.jobs, Licences: p.licences, Descriptor: stowage.Descriptor(), BaseURL: base,
		WebhookSecrets: secrets(s.cfg.LicenceSecret), Log: s.cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	webConfig := web.Config{Dist: frontend.Dist(), Guard: lifecycle.Guard(cfg.Auth, p.licences), ConnectScript: s.cfg.ConnectScript}
	if cfg.Web, err = web.New(webConfig); err != nil {
		return nil, err
	}
	cfg.API = api.New(api.Config{
		Tenants: p.db, Runs: p.jobs, Checker: p.worker, Library: p.worker, Log: s.cfg.Log, Version: s.cfg.Version,
		Features: api.Features{Attachments: true, Instances: true}, StorageLabel: s.cfg.StorageLabel,
	})
	return server.New(cfg)
}

// run answers and works until the service is closed or one of the two ends by itself.
func (s *Service) run(ctx context.Context, p *parts, srv *server.Server) {
	// The service goes down by Close, not by the end of the context that it was started under.
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.group, ctx = errgroup.WithContext(ctx)
	s.group.Go(func() error { return srv.Serve(ctx, s.listener, answerGrace) })
	if p.pool != nil {
		s.group.Go(func() error { return p.pool.Run(ctx, p.worker.Handlers()) })
	}
	go func() {
		err := s.group.Wait()
		if !errors.Is(err, context.Canceled) {
			s.err = err
		}
		close(s.done)
	}()
}

func upToDate(ctx context.Context, db *models.DB) error {
	pending, err := db.Pending(ctx)
	if err == nil && pending {
		err = errors.New("the database is of an earlier version: run stowage migrate")
	}
	return err
}

// readable looks whether the store answers.
func readable(ctx context.Context, store *file.Store) error {
	for _, err := range store.List(ctx, "readyz/") {
		return err
	}
	return nil
}

func secrets(s redact.Secret) []redact.Secret {
	if s.IsZero() {
		return nil
	}
	return []redact.Secret{s}
}

func isHTTPS(base string) bool {
	u, err := url.Parse(base)
	return err == nil && u.Scheme == "https"
}
