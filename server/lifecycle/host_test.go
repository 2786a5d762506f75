package lifecycle_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"

	"stowage"
	"stowage/atlassian"
	"stowage/atlassian/connect"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/host"
	"stowage/jobs"
	"stowage/models"
	"stowage/models/modelstest"
	"stowage/server/auth"
	"stowage/server/lifecycle"
	"stowage/server/web"
)

// stage is the Connect side of the service beside a simulated host, which shares no code with it. They talk over the
// network, with nothing left out.
type stage struct {
	t        *testing.T
	store    lifecycle.Store
	licences *lifecycle.Licences
	key      string
	app      *httptest.Server
	host     *host.Host
	acme     *host.Site
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}, {Name: "globex"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := gen.Site(s.Site("acme").World(), "acme"); err != nil {
		t.Fatal(err)
	}
	h, err := host.New(s, host.Options{})
	if err != nil {
		t.Fatal(err)
	}
	jira := httptest.NewServer(h)
	t.Cleanup(jira.Close)
	if err := h.SetBaseURL(jira.URL); err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	app := httptest.NewServer(web.Headers(false)(engine))
	t.Cleanup(app.Close)

	db := modelstest.Open(t, models.SQLite)
	store := lifecycle.FromDB(db)
	base := mustParse(t, app.URL)
	keys, err := atlassian.NewInstallKeys(atlassian.InstallKeysConfig{Base: h.KeysURL(), AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	const key = "io.stowage.assets-backup"
	caller := atlassian.NewHost(atlassian.HostConfig{AppKey: key, AllowLoopback: true})
	licences := lifecycle.NewLicences(lifecycle.LicenceConfig{Store: store, Host: caller})
	callbacks, err := lifecycle.New(lifecycle.Config{
		Store: store, Keys: keys, Hosts: connect.Hosts{AllowLoopback: true}, Licences: licences, Log: discard(), BaseURL: base,
		Runs: jobs.NewService(db, silentBell{}, discard(), jobs.ServiceOptions{}), Descriptor: stowage.Descriptor(),
	})
	if err != nil {
		t.Fatal(err)
	}
	who := auth.New(auth.Config{Installations: store, Admins: caller, BaseURL: base})
	pages, err := web.New(web.Config{
		Dist:          fstest.MapFS{"index.html": {Data: []byte(`<meta name="stowage-host" content="development">ui-marker`)}},
		Guard:         lifecycle.Guard(who, licences),
		ConnectScript: h.ScriptURL(),
	})
	if err != nil {
		t.Fatal(err)
	}
	callbacks.Routes(engine)
	pages.Routes(engine)
	engine.GET("/api/v1/who", who.Gin(), func(c *gin.Context) { c.Status(http.StatusOK) })
	return &stage{t: t, store: store, licences: licences, key: key, app: app, host: h, acme: h.Site("acme")}
}

// get opens an address and returns the status, the headers and the body.
func (s *stage) get(address, token string) (int, http.Header, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "JWT "+token)
	}
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

func (s *stage) page(module, account string) (int, http.Header, string) {
	s.t.Helper()
	address, err := s.acme.FrameURL(s.key, module, account, url.Values{})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.get(address, "")
}

func (s *stage) api(account string) int {
	s.t.Helper()
	token, err := s.acme.ContextToken(s.key, account)
	if err != nil {
		s.t.Fatal(err)
	}
	code, _, _ := s.get(s.app.URL+"/api/v1/who", token)
	return code
}

func (s *stage) stored() models.Installation {
	s.t.Helper()
	inst, err := s.store.FindInstallation(s.t.Context(), s.acme.ClientKey())
	if err != nil {
		s.t.Fatal(err)
	}
	return inst
}

func (s *stage) do(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

func TestLifeBesideASimulatedHost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	admin, ordinary := s.acme.Administrator(), s.acme.OrdinaryUser()
	app, err := s.acme.Install(ctx, s.app.URL+"/atlassian-connect.json")
	s.do("install", err)
	if page, ok := app.Module(""); !ok || page.Key != "admin" || !page.InMenu || !page.Administrators {
		t.Errorf("the menu begins with %+v", page)
	}
	if app.Key != s.key || s.stored().State != models.Enabled {
		t.Fatalf("installed %+v as %s", app, s.stored().State)
	}
	tenant := s.stored().TenantID

	for _, module := range []string{"admin", "configure", "get-started"} {
		code, headers, text := s.page(module, admin)
		if code != http.StatusOK || !strings.Contains(text, "ui-marker") || !strings.Contains(text, s.host.ScriptURL()) {
			t.Errorf("page %s: %d %s", module, code, text)
		}
		if policy := headers.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors "+s.host.BaseURL()+" ") || !strings.Contains(policy, "script-src 'self' "+s.host.BaseURL()+";") {
			t.Errorf("page %s: policy %q", module, policy)
		}
		if code, _, _ := s.page(module, ordinary); code != http.StatusForbidden {
			t.Errorf("page %s for somebody: %d", module, code)
		}
	}
	if got := s.api(admin); got != http.StatusOK {
		t.Errorf("API for the administrator: %d", got)
	}
	if got := s.api(ordinary); got != http.StatusForbidden {
		t.Errorf("API for somebody: %d", got)
	}

	// Heard twice, and overheard.
	for _, event := range []host.Event{host.EventInstalled, host.EventEnabled} {
		s.do("repeat "+string(event), s.acme.Repeat(ctx, s.key, event))
		s.do("replay "+string(event), s.acme.Replay(ctx, s.key, event))
		if err := s.acme.SendUnsigned(ctx, s.key, event); err == nil {
			t.Errorf("%s without a token was taken", event)
		}
	}

	old, err := s.acme.ContextToken(s.key, admin)
	s.do("token", err)
	secret := s.stored().SharedSecret.Reveal()
	s.do("rotate the secret", s.acme.RotateSecret(ctx, s.key))
	if s.stored().SharedSecret.Reveal() == secret {
		t.Error("the secret was not renewed")
	}
	if code, _, _ := s.get(s.app.URL+"/api/v1/who", old); code != http.StatusUnauthorized {
		t.Errorf("a token of the old secret: %d", code)
	}
	s.host.RotateKey()
	s.do("upgrade with another key", s.acme.Upgrade(ctx, s.key))
	s.do("rename", s.acme.Rename(ctx, "acme-next"))
	if inst := s.stored(); inst.TenantID != tenant || inst.BaseURL != s.acme.BaseURL() || !strings.Contains(inst.BaseURL, "acme-next") {
		t.Errorf("moved to %+v", inst)
	}
	if got := s.api(admin); got != http.StatusOK {
		t.Errorf("API after all that: %d", got)
	}

	s.do("disable", s.acme.Disable(ctx, s.key))
	if got := s.stored().State; got != models.Disabled {
		t.Errorf("disabled: %s", got)
	}
	s.do("enable", s.acme.Enable(ctx, s.key))

	alive, err := s.acme.ContextToken(s.key, admin)
	s.do("token", err)
	s.do("uninstall", s.acme.Uninstall(ctx, s.key))
	if got := s.stored().State; got != models.Uninstalled {
		t.Errorf("uninstalled: %s", got)
	}
	if code, _, _ := s.get(s.app.URL+"/api/v1/who", alive); code != http.StatusUnauthorized {
		t.Errorf("a token after the end: %d", code)
	}
	if err := s.acme.SendUnsigned(ctx, s.key, host.EventDisabled); err == nil {
		t.Error("the late callback without a token was taken")
	}
	_, err = s.acme.Install(ctx, s.app.URL+"/atlassian-connect.json")
	s.do("install again", err)
	if got := s.stored(); got.TenantID != tenant || got.State != models.Enabled {
		t.Errorf("came back as %+v", got)
	}
	if err := s.acme.Replay(ctx, s.key, host.EventUninstalled); err == nil {
		t.Error("an old callback was taken")
	}
	if got := s.api(admin); got != http.StatusOK {
		t.Errorf("API after the return: %d", got)
	}
}

func TestLicencesBesideASimulatedHost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	_, err := s.acme.Install(ctx, s.app.URL+"/atlassian-connect.json")
	s.do("install", err)
	tenant := s.stored().TenantID
	state := func(ctx context.Context) string {
		l, err := s.store.Licence(ctx, tenant)
		s.do("read the licence", err)
		return l.State
	}
	for licence, want := range map[host.Licence][2]string{
		host.LicenceActive:     {models.LicenceActive, models.LicenceActive},
		host.LicenceEvaluation: {models.LicenceActive, models.LicenceEvaluation},
		host.LicenceExpired:    {models.LicenceExpired, models.LicenceExpired},
		host.LicenceNone:       {models.LicenceNone, models.LicenceNone},
	} {
		// From a state that neither word leaves alone.
		before := models.LicenceNone
		if licence == host.LicenceExpired || licence == host.LicenceNone {
			before = models.LicenceActive
		}
		_, err := s.store.SetLicence(ctx, tenant, models.Licence{State: before, Source: "rest"})
		s.do("set the licence", err)
		s.do("change the licence", s.acme.SetLicence(s.key, licence))
		if code, _, _ := s.page("admin", s.acme.Administrator()); code != http.StatusOK {
			t.Errorf("%s: the page answered %d", licence, code)
		}
		if got := state(ctx); got != want[0] {
			t.Errorf("%s: the page says %s, want %s", licence, got, want[0])
		}
		s.do("look", s.licences.Look(ctx, tenant))
		if got := state(ctx); got != want[1] {
			t.Errorf("%s: the host says %s, want %s", licence, got, want[1])
		}
	}
}
