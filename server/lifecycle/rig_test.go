package lifecycle_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"stowage"
	"stowage/atlassian"
	"stowage/atlassian/connect"
	"stowage/atlassian/connect/connecttest"
	"stowage/internal/redact"
	"stowage/models"
	"stowage/server/auth"
	"stowage/server/lifecycle"
	"stowage/server/problem"
	"stowage/server/web"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	os.Exit(m.Run())
}

const (
	appBase       = "https://stowage.example/app-base"
	webhookSecret = "a-webhook-secret-that-is-long-enough-to-be-one"
	admin         = "557058:admin"
	ordinary      = "557058:ordinary"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// rig is the Connect side of the service, wired as the service wires it, for one fresh store.
type rig struct {
	store    lifecycle.Store
	lc       *lifecycle.Lifecycle
	licences *lifecycle.Licences
	handler  http.Handler
	host     *fakeHost
	runs     *fakeRuns
	changes  *[]lifecycle.LicenceChange
	log      *strings.Builder
	clock    *clock
}

type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// fakeHost is what a site answers.
type fakeHost struct {
	mu      sync.Mutex
	asked   int
	down    error
	licence atlassian.HostLicence
}

func (h *fakeHost) set(change func(*fakeHost)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(h)
}

func (h *fakeHost) IsAdmin(_ context.Context, site atlassian.HostSite, accountID string) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	return accountID == admin && site.BaseURL != "", h.down
}

func (h *fakeHost) Licence(context.Context, atlassian.HostSite) (atlassian.HostLicence, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	return h.licence, h.down
}

// fakeRuns is a lifecycle.Runs that counts.
type fakeRuns struct {
	uninstall func(ctx context.Context, tenantID string) error

	mu   sync.Mutex
	told []string
	err  error
}

func (r *fakeRuns) Uninstalled(ctx context.Context, tenantID string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, tenantID)
	if r.err != nil {
		return r.err
	}
	return r.uninstall(ctx, tenantID)
}

// lockedLog is a log that several goroutines write to.
type lockedLog struct {
	mu  sync.Mutex
	out *strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

type option func(*lifecycle.Config)

// newRig makes a rig whose store is in memory.
func newRig(t *testing.T, options ...option) *rig {
	t.Helper()
	return newRigOn(t, stores()["memory"], options...)
}

func newRigOn(t *testing.T, open openStore, options ...option) *rig {
	t.Helper()
	base, err := url.Parse(appBase)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{host: &fakeHost{}, runs: &fakeRuns{}, changes: &[]lifecycle.LicenceChange{}, log: &strings.Builder{}, clock: &clock{}}
	r.clock.at.Store(noon.UnixNano())
	r.store, r.runs.uninstall = open(t, r.clock.now)
	log := slog.New(slog.NewTextHandler(&lockedLog{out: r.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.licences = lifecycle.NewLicences(lifecycle.LicenceConfig{
		Store: r.store, Host: r.host, Log: log, Now: r.clock.now,
		OnChange: func(_ context.Context, c lifecycle.LicenceChange) { *r.changes = append(*r.changes, c) },
	})
	config := lifecycle.Config{
		Store: r.store, Keys: connecttest.Keys{}, Runs: r.runs, Licences: r.licences, Descriptor: stowage.Descriptor(),
		BaseURL: base, WebhookSecrets: []redact.Secret{redact.New("an-older-secret-of-the-webhook-for-a-while"), redact.New(webhookSecret)},
		Log: log, Now: r.clock.now,
	}
	for _, o := range options {
		o(&config)
	}
	if r.lc, err = lifecycle.New(config); err != nil {
		t.Fatal(err)
	}
	who := auth.New(auth.Config{Installations: r.store, Admins: r.host, BaseURL: base, Now: r.clock.now})
	pages, err := web.New(web.Config{
		Dist: fstest.MapFS{
			"index.html":      {Data: []byte(`<html><head><meta name="stowage-host" content="development" /></head><body>ui-marker</body></html>`)},
			"assets/a-1.js":   {Data: []byte("let a = 1;")},
			"assets/a-1.json": {Data: []byte("{}")},
		},
		Guard: lifecycle.Guard(who, r.licences),
	})
	if err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.NoRoute(func(c *gin.Context) { problem.Write(c.Writer, c.Request, problem.ErrNotFound) })
	engine.NoMethod(func(c *gin.Context) { problem.Write(c.Writer, c.Request, problem.ErrMethod) })
	r.lc.Routes(engine)
	pages.Routes(engine)
	engine.Group("/api/v1", who.Gin()).GET("/who", func(c *gin.Context) {
		p, _ := auth.From(c.Request.Context())
		c.JSON(http.StatusOK, p)
	})
	r.handler = web.Headers(true)(engine)
	return r
}

func (r *rig) site(name string) connecttest.Site {
	return connecttest.Site{
		AppKey: r.lc.AppKey(), AppBase: appBase, ClientKey: "client-" + name, Secret: "the-first-shared-secret-of-" + name,
		BaseURL: "https://" + name + ".atlassian.net", Now: r.clock.now,
	}
}

// body is what a site sends about an event.
func body(s connecttest.Site, event string, changes ...map[string]any) string {
	members := map[string]any{
		"key": s.AppKey, "clientKey": s.ClientKey, "baseUrl": s.BaseURL, "displayUrl": s.BaseURL, "productType": "jira",
		"eventType": event, "description": "Acme", "serverVersion": "100293", "pluginsVersion": "1001.0.0",
	}
	if event == "installed" {
		members["sharedSecret"] = s.Secret
	}
	for _, c := range changes {
		for name, value := range c {
			if value == nil {
				delete(members, name)
				continue
			}
			members[name] = value
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// post sends a callback; an empty token sends none.
func (r *rig) post(t *testing.T, path, token, body string) *httptest.ResponseRecorder {
	t.Helper()
	headers := http.Header{"Content-Type": {"application/json; charset=UTF-8"}}
	if token != "" {
		headers.Set("Authorization", "JWT "+token)
	}
	return r.send(t, http.MethodPost, path, headers, body)
}

func (r *rig) send(t *testing.T, method, target string, headers http.Header, body string) *httptest.ResponseRecorder {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(t.Context(), method, target, reader)
	req.Header = headers.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	return w
}

// install installs the app on a site and fails the test when that is refused.
func (r *rig) install(t *testing.T, s connecttest.Site) models.Installation {
	t.Helper()
	w := r.post(t, "/installed", s.Install(t, "POST", "/installed"), body(s, "installed"))
	if w.Code != http.StatusNoContent {
		t.Fatalf("installing answered %d: %s", w.Code, w.Body)
	}
	return r.stored(t, s)
}

func (r *rig) uninstall(t *testing.T, s connecttest.Site) {
	t.Helper()
	w := r.post(t, "/uninstalled", s.Install(t, "POST", "/uninstalled"), body(s, "uninstalled"))
	if w.Code != http.StatusNoContent {
		t.Fatalf("uninstalling answered %d: %s", w.Code, w.Body)
	}
}

func (r *rig) stored(t *testing.T, s connecttest.Site) models.Installation {
	t.Helper()
	inst, err := r.store.FindInstallation(t.Context(), s.ClientKey)
	if err != nil {
		t.Fatalf("the installation of %s: %v", s.ClientKey, err)
	}
	return inst
}

// unknown fails the test when the site is known.
func (r *rig) unknown(t *testing.T, s connecttest.Site) {
	t.Helper()
	if inst, err := r.store.FindInstallation(t.Context(), s.ClientKey); err == nil {
		t.Errorf("%s is stored as %s", s.ClientKey, inst.TenantID)
	}
}

func (r *rig) api(t *testing.T, token string) *httptest.ResponseRecorder {
	t.Helper()
	return r.send(t, http.MethodGet, "/api/v1/who", http.Header{"Authorization": {"JWT " + token}}, "")
}

func (r *rig) page(t *testing.T, target string) *httptest.ResponseRecorder {
	t.Helper()
	return r.send(t, http.MethodGet, target, nil, "")
}

func expect(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Errorf("answered %d, want %d: %s", w.Code, status, w.Body)
	}
	if w.Code >= 400 && !strings.HasPrefix(w.Header().Get("Content-Type"), problem.ContentType) {
		t.Errorf("an error of type %q", w.Header().Get("Content-Type"))
	}
}

// memory is a Store for tests. It does what the database is documented to do.
type memory struct {
	mu       sync.Mutex
	now      func() time.Time
	byClient map[string]*models.Installation
	licences map[string]models.Licence
	tokens   map[string]time.Time
	audit    []models.AuditEntry
	// down is why nothing can be recorded, or nil.
	down error
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, byClient: map[string]*models.Installation{}, licences: map[string]models.Licence{}, tokens: map[string]time.Time{}}
}

func (m *memory) Install(_ context.Context, spec models.InstallSpec) (models.Installation, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if spec.Token != "" && m.used(spec.Token) {
		return models.Installation{}, false, models.ErrConflict
	}
	if m.down != nil {
		return models.Installation{}, false, m.down
	}
	if spec.Token != "" {
		m.tokens[spec.Token] = spec.TokenUntil
	}
	inst, found := m.byClient[spec.ClientKey]
	if !found {
		inst = &models.Installation{TenantID: uuid.NewString(), Product: spec.Product, ClientKey: spec.ClientKey}
		m.byClient[spec.ClientKey] = inst
	}
	inst.BaseURL, inst.DisplayURL, inst.CloudID = spec.BaseURL, spec.DisplayURL, spec.CloudID
	inst.SharedSecret, inst.Entitlement = spec.SharedSecret, spec.Entitlement
	inst.State, inst.InstalledAt, inst.UpdatedAt = models.Installed, m.now(), m.now()
	inst.UninstalledAt, inst.PurgeAt = time.Time{}, time.Time{}
	return *inst, !found, nil
}

func (m *memory) FindInstallation(_ context.Context, clientKey string) (models.Installation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if inst, ok := m.byClient[clientKey]; ok {
		return *inst, nil
	}
	return models.Installation{}, models.ErrNotFound
}

func (m *memory) tenant(id string) (*models.Installation, error) {
	for _, inst := range m.byClient {
		if inst.TenantID == id {
			return inst, nil
		}
	}
	return nil, models.ErrNotFound
}

func (m *memory) Installation(_ context.Context, tenantID string) (models.Installation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	inst, err := m.tenant(tenantID)
	if err != nil {
		return models.Installation{}, err
	}
	return *inst, nil
}

func (m *memory) UseToken(_ context.Context, hash string, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.used(hash) {
		return false, nil
	}
	m.tokens[hash] = until
	return true, nil
}

func (m *memory) TokenUsed(_ context.Context, hash string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used(hash), nil
}

func (m *memory) used(hash string) bool {
	until, used := m.tokens[hash]
	return used && m.now().Before(until)
}

func (m *memory) SetInstallationState(_ context.Context, tenantID, state string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	inst, err := m.tenant(tenantID)
	switch {
	case err != nil:
		return err
	case inst.State == models.Uninstalled:
		return models.ErrConflict
	}
	inst.State, inst.UpdatedAt = state, m.now()
	return nil
}

func (m *memory) uninstall(_ context.Context, tenantID string, purgeAt time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	inst, err := m.tenant(tenantID)
	if err != nil || inst.State == models.Uninstalled {
		return err
	}
	inst.State, inst.UninstalledAt, inst.PurgeAt = models.Uninstalled, m.now(), purgeAt
	return nil
}

func (m *memory) Licence(_ context.Context, tenantID string) (models.Licence, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l, ok := m.licences[tenantID]; ok {
		return l, nil
	}
	return models.Licence{State: models.LicenceUnknown}, nil
}

func (m *memory) SetLicence(_ context.Context, tenantID string, l models.Licence) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return false, m.down
	}
	before, known := m.licences[tenantID]
	if !known {
		before.State = models.LicenceUnknown
	}
	changed := before.State != l.State || known && before.Type != l.Type
	l.ChangedAt = before.ChangedAt
	if changed {
		l.ChangedAt = l.CheckedAt
	}
	m.licences[tenantID] = l
	return changed, nil
}

func (m *memory) Audit(_ context.Context, _ string, e models.AuditEntry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.audit = append(m.audit, e)
	return nil
}

var (
	_ lifecycle.Store = (*memory)(nil)
	_ connect.Keys    = connecttest.Keys{}
)
