package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"stowage/atlassian/connect"
	"stowage/internal/redact"
	"stowage/server/problem"
)

// Runs ends what is under way for a tenant that leaves. A *jobs.Service is one.
type Runs interface {
	// Uninstalled records, in one transaction, that a tenant uninstalled the app: its runs and schedules end, and its data
	// is to be deleted when its time of grace is over. Doing it again changes nothing.
	Uninstalled(ctx context.Context, tenantID string) error
}

// Config is what a Lifecycle needs.
type Config struct {
	Store Store
	// Keys has the keys that installations are signed with.
	Keys connect.Keys
	// Hosts says which sites the app may be installed on.
	Hosts connect.Hosts
	// Runs ends what is under way for tenants that leave.
	Runs Runs
	// Licences keeps the licences of tenants.
	Licences *Licences
	// Descriptor is the template of the descriptor.
	Descriptor []byte
	// BaseURL is where hosts and browsers reach the app.
	BaseURL *url.URL
	// WebhookSecrets sign licence webhooks. Any of them does, so that they can be changed; without one there is no such
	// webhook.
	WebhookSecrets []redact.Secret
	// Log is told of callbacks that were refused.
	Log *slog.Logger
	// Now replaces the clock.
	Now func() time.Time
}

// Lifecycle answers the callbacks of hosts. It may be used from several goroutines.
type Lifecycle struct {
	store      Store
	keys       connect.Keys
	hosts      connect.Hosts
	runs       Runs
	licences   *Licences
	base       *url.URL
	appKey     string
	descriptor []byte
	secrets    []redact.Secret
	log        *slog.Logger
	now        func() time.Time
}

// New makes a Lifecycle.
func New(config Config) (*Lifecycle, error) {
	if config.Store == nil || config.Keys == nil || config.BaseURL == nil || config.Log == nil || config.Licences == nil || config.Runs == nil {
		return nil, errors.New("lifecycle: store, keys, runs, licences, base URL and log must be given")
	}
	for _, secret := range config.WebhookSecrets {
		if len(secret.Reveal()) < minWebhookSecret {
			return nil, fmt.Errorf("lifecycle: a secret of the licence webhook has fewer than %d characters", minWebhookSecret)
		}
	}
	descriptor, appKey, err := fillDescriptor(config.Descriptor, config.BaseURL)
	if err != nil {
		return nil, err
	}
	l := &Lifecycle{
		store: config.Store, keys: config.Keys, hosts: config.Hosts, runs: config.Runs, licences: config.Licences,
		base: config.BaseURL, appKey: appKey, descriptor: descriptor,
		secrets: config.WebhookSecrets, log: config.Log, now: config.Now,
	}
	if l.now == nil {
		l.now = time.Now
	}
	return l, nil
}

// AppKey is the key of the app, under which hosts know it.
func (l *Lifecycle) AppKey() string { return l.appKey }

// Routes mounts the callbacks and the descriptor. They stand at the root: the descriptor names them, and a token is bound
// to the path as the host called it.
func (l *Lifecycle) Routes(routes gin.IRoutes) {
	routes.GET("/atlassian-connect.json", gin.WrapF(l.serveDescriptor))
	routes.POST("/installed", gin.WrapF(l.answer(l.installed)))
	routes.POST("/uninstalled", gin.WrapF(l.answer(l.uninstalled)))
	routes.POST("/enabled", gin.WrapF(l.answer(l.enabled)))
	routes.POST("/disabled", gin.WrapF(l.answer(l.disabled)))
	routes.POST("/webhooks/licence", gin.WrapF(l.answer(l.licenceChanged)))
}

// answer runs a callback: 204 when it was taken, a problem otherwise.
func (l *Lifecycle) answer(callback func(r *http.Request, body []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := readBody(w, r)
		if err == nil {
			err = callback(r, body)
		}
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		p := problem.From(r.Context(), err)
		problem.Write(w, r, p)
		level := slog.LevelInfo // Anybody can send what is refused: it is no alarm.
		if p.Status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		l.log.LogAttrs(r.Context(), level, "a callback was refused",
			slog.String("path", r.URL.Path), slog.Int("status", p.Status), slog.String("request_id", p.RequestID), slog.String("error", p.Error()))
	}
}
