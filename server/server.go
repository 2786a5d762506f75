package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/otel/trace"

	"stowage/internal/redact"
	"stowage/server/api"
	"stowage/server/auth"
	"stowage/server/lifecycle"
	"stowage/server/problem"
	"stowage/server/web"
)

// Config says what is mounted and how it is guarded.
type Config struct {
	// API, Auth, Lifecycle and Web are mounted where they are given. An API needs Auth.
	API       *api.API
	Auth      *auth.Authenticator
	Lifecycle *lifecycle.Lifecycle
	Web       *web.Web

	// Log receives the access log and what goes wrong.
	Log *slog.Logger
	// HTTPS says that browsers reach the service by https.
	HTTPS bool
	// Limits bound what callers may do; zero members have their defaults.
	Limits Limits

	// Checks say by name what has to work for the service to be ready.
	Checks map[string]Check
	// OperatorToken opens the operator routes. Without it they do not exist.
	OperatorToken redact.Secret
	// Metrics is served to operators, Queues under /ops/queues.
	Metrics http.Handler
	Queues  http.Handler

	// Registry receives the figures about requests, where it is given.
	Registry prometheus.Registerer
	// Tracer makes traces, where it is given.
	Tracer trace.TracerProvider
}

// Limits bound what callers may do.
type Limits struct {
	// Rate is how many requests per second one tenant may make for long, Burst how many at once.
	Rate  float64
	Burst int
	// Body is the size from which bodies are refused.
	Body int64
	// HeaderTime is how long the headers of a request may take, RequestTime how long all of it may take, AnswerTime how long
	// its answer may. Streams set their own times.
	HeaderTime, RequestTime, AnswerTime time.Duration
	// IdleTime is how long a connection without a request is kept.
	IdleTime time.Duration
	// Header is how many bytes the headers of a request may have.
	Header int
}

// withDefaults fills in what is not set.
func (l Limits) withDefaults() Limits {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	if l.Rate == 0 {
		l.Rate = 50
	}
	if l.Burst == 0 {
		l.Burst = 200
	}
	if l.Body == 0 {
		l.Body = 1 << 20
	}
	if l.Header == 0 {
		l.Header = 32 << 10
	}
	set(&l.HeaderTime, 2*time.Second)
	set(&l.RequestTime, 15*time.Second)
	set(&l.AnswerTime, 40*time.Second)
	set(&l.IdleTime, 75*time.Second)
	return l
}

// Server serves everything that is mounted.
type Server struct {
	config  Config
	engine  *gin.Engine
	handler http.Handler
}

// New mounts what the configuration names.
func New(c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.API != nil && c.Auth == nil {
		return nil, errors.New("make a server: an API needs to know who is calling")
	}
	c.Limits = c.Limits.withDefaults()
	gin.SetMode(gin.ReleaseMode)
	s := &Server{config: c, engine: gin.New()}
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("make a server: %w", err)
	}
	s.mount()
	s.handler = web.Headers(c.HTTPS)(identified(s.engine))
	return s, nil
}

// prepare sets up the engine and what every request goes through.
func (s *Server) prepare() error {
	e := s.engine
	e.RedirectTrailingSlash, e.RedirectFixedPath, e.HandleMethodNotAllowed = false, false, true
	// Nobody's word is taken for where a request comes from.
	if err := e.SetTrustedProxies(nil); err != nil {
		return err
	}
	seen, err := newFigures(s.config.Registry)
	if err != nil {
		return err
	}
	if s.config.Tracer != nil {
		e.Use(otelgin.Middleware("stowage", otelgin.WithTracerProvider(s.config.Tracer), otelgin.WithFilter(traced)))
	}
	e.Use(s.logged(seen), s.recovered, s.bounded)
	e.NoRoute(func(c *gin.Context) { problem.Write(c.Writer, c.Request, problem.ErrNotFound) })
	e.NoMethod(func(c *gin.Context) { problem.Write(c.Writer, c.Request, problem.ErrMethod) })
	return nil
}

// traced leaves out what is asked every few seconds and says nothing.
func traced(r *http.Request) bool {
	return r.URL.Path != pathHealth && r.URL.Path != pathReady && r.URL.Path != pathMetrics
}

// mount registers every route.
func (s *Server) mount() {
	s.health()
	s.operators()
	if s.config.Lifecycle != nil {
		s.config.Lifecycle.Routes(s.engine)
	}
	if s.config.Web != nil {
		s.config.Web.Routes(s.engine)
	}
	if s.config.API != nil {
		s.description()
		group := s.engine.Group(api.Prefix, s.config.Auth.Gin(), newShares(s.config.Limits.Rate, s.config.Limits.Burst).take)
		s.config.API.Mount(s.engine, group)
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Routes lists every route as method and path, for tests that walk them.
func (s *Server) Routes() gin.RoutesInfo { return s.engine.Routes() }

// Serve answers on a listener until ctx ends, then lets requests under way come to their end for at most grace. Streams end
// at once.
func (s *Server) Serve(ctx context.Context, l net.Listener, grace time.Duration) error {
	limits := s.config.Limits
	srv := &http.Server{
		Handler: s, ErrorLog: slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: limits.HeaderTime, ReadTimeout: limits.RequestTime, WriteTimeout: limits.AnswerTime,
		IdleTimeout: limits.IdleTime, MaxHeaderBytes: limits.Header,
	}
	stop := context.AfterFunc(ctx, func() {
		if s.config.API != nil {
			s.config.API.Close()
		}
	})
	defer stop()
	closed := make(chan error, 1)
	end := context.AfterFunc(ctx, func() {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err := srv.Shutdown(within)
		if err != nil {
			err = errors.Join(err, srv.Close())
		}
		closed <- err
	})
	err := srv.Serve(l)
	if end() {
		// Serving ended by itself, not because it was told to.
		return fmt.Errorf("serve: %w", err)
	}
	if err := <-closed; err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}
