package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"stowage/atlassian"
	"stowage/atlassian/connect/connecttest"
	"stowage/internal/redact"
	"stowage/models"
	"stowage/server/auth"
	"stowage/server/problem"
)

const account = "557058:admin"

// directory knows some installations.
type directory struct {
	known map[string]models.Installation
	err   error
}

func (d directory) FindInstallation(_ context.Context, clientKey string) (models.Installation, error) {
	if d.err != nil {
		return models.Installation{}, d.err
	}
	if inst, ok := d.known[clientKey]; ok {
		return inst, nil
	}
	return models.Installation{}, models.ErrNotFound
}

// sites answers who is an administrator, and counts how often it was asked.
type sites struct {
	mu     sync.Mutex
	asked  []string
	admins map[string]bool
	err    error
	wait   time.Duration
}

func (s *sites) IsAdmin(ctx context.Context, site atlassian.HostSite, accountID string) (bool, error) {
	s.mu.Lock()
	s.asked = append(s.asked, site.BaseURL+" "+accountID)
	admin, err, wait := s.admins[accountID], s.err, s.wait
	s.mu.Unlock()
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
	return admin, err
}

func (s *sites) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func acme() connecttest.Site {
	return connecttest.Site{
		AppKey: "io.stowage.app", AppBase: "https://stowage.example", ClientKey: "client-acme",
		Secret: "the-shared-secret-of-acme-is-long", BaseURL: "https://acme.atlassian.net",
	}
}

func installation(s connecttest.Site, state string) models.Installation {
	return models.Installation{
		TenantID: "tenant-of-" + s.ClientKey, Product: "connect", ClientKey: s.ClientKey, BaseURL: s.BaseURL,
		DisplayURL: "https://support.acme.example", CloudID: "cloud", State: state, SharedSecret: redact.New(s.Secret),
	}
}

func authenticator(t *testing.T, d directory, s *sites) *auth.Authenticator {
	t.Helper()
	base, err := url.Parse("https://stowage.example")
	if err != nil {
		t.Fatal(err)
	}
	return auth.New(auth.Config{Installations: d, Admins: s, BaseURL: base})
}

func one(s connecttest.Site, state string) directory {
	return directory{known: map[string]models.Installation{s.ClientKey: installation(s, state)}}
}

func withToken(t *testing.T, token string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/session", nil)
	r.Header.Set("Authorization", "JWT "+token)
	return r
}

func TestPrincipalIsTheUserOfTheTenant(t *testing.T) {
	t.Parallel()
	s := acme()
	for _, state := range []string{models.Installed, models.Enabled, models.Disabled} {
		a := authenticator(t, one(s, state), &sites{admins: map[string]bool{account: true}})
		got, err := a.Principal(withToken(t, s.Context(t, account)))
		if err != nil {
			t.Fatal(state, err)
		}
		want := auth.Principal{
			TenantID: "tenant-of-client-acme", ClientKey: s.ClientKey, AccountID: account, Kind: auth.User,
			SiteURL: s.BaseURL, DisplayURL: "https://support.acme.example", CloudID: "cloud",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", state, diff)
		}
	}
}

func TestViewerKnowsTheLicenceOfTheAddress(t *testing.T) {
	t.Parallel()
	s := acme()
	a := authenticator(t, one(s, models.Enabled), &sites{admins: map[string]bool{account: true}})
	for target, want := range map[string]string{
		"/app/admin?lic=active":          "active",
		"/app/admin?lic=none&cv=1":       "none",
		"/app/admin?lic=none&lic=active": "",
		"/app/admin":                     "",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, s.Page(t, target, account), nil)
		got, err := a.Page(r)
		if err != nil || got.Licence != want || got.Kind != auth.Viewer || got.AccountID != account {
			t.Errorf("%s: got %+v, %v", target, got, err)
		}
	}
}

func TestRefusedViewerIsRefusedInTheFrameOfTheSite(t *testing.T) {
	t.Parallel()
	s := acme()
	a := authenticator(t, one(s, models.Enabled), &sites{})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, s.Page(t, "/app/admin", account), nil)
	got, err := a.Page(r)
	if !errors.Is(err, problem.ErrForbidden) {
		t.Errorf("got error %v", err)
	}
	if diff := cmp.Diff(auth.Principal{SiteURL: s.BaseURL, DisplayURL: "https://support.acme.example"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhoIsNotLetInLearnsNothing(t *testing.T) {
	t.Parallel()
	s, stranger := acme(), acme()
	stranger.ClientKey = "client-nobody"
	forger := acme()
	forger.Secret = "not-the-shared-secret-of-acme-at-all"
	purged := installation(s, models.Installed)
	purged.PurgedAt = time.Now()
	keyless := installation(s, models.Installed)
	keyless.ClientKey = ""
	tests := map[string]struct {
		d     directory
		token string
	}{
		"of a tenant that is not known":   {one(s, models.Enabled), stranger.Context(t, account)},
		"with another secret":             {one(s, models.Enabled), forger.Context(t, account)},
		"of a tenant that left":           {one(s, models.Uninstalled), s.Context(t, account)},
		"of a tenant that is deleted":     {directory{known: map[string]models.Installation{s.ClientKey: purged}}, s.Context(t, account)},
		"of a tenant whose keys are gone": {directory{err: fmt.Errorf("find an installation: %w", models.ErrNoKey)}, s.Context(t, account)},
		"of a tenant without a host":      {directory{known: map[string]models.Installation{s.ClientKey: keyless}}, s.Context(t, account)},
		"of a page":                       {one(s, models.Enabled), s.Bound(t, "GET", "/api/v1/session", connecttest.Claims{"sub": account})},
	}
	var first string
	for name, test := range tests {
		asked := &sites{admins: map[string]bool{account: true}}
		a := authenticator(t, test.d, asked)
		w := httptest.NewRecorder()
		a.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Errorf("%s: let in", name)
		})).ServeHTTP(w, withToken(t, test.token))
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%s: answered %d", name, w.Code)
		}
		if first == "" {
			first = w.Body.String()
		}
		if w.Body.String() != first {
			t.Errorf("%s: answered %s, others %s", name, w.Body, first)
		}
		if asked.count() != 0 {
			t.Errorf("%s: the host was asked", name)
		}
	}
}

func TestNobodyIsNotLetIn(t *testing.T) {
	t.Parallel()
	s := acme()
	// A host that is asked about nobody might answer for the app.
	host := &sites{admins: map[string]bool{"": true}}
	a := authenticator(t, one(s, models.Enabled), host)
	if _, err := a.Principal(withToken(t, s.Context(t, "", connecttest.Claims{"sub": nil}))); !errors.Is(err, problem.ErrForbidden) {
		t.Errorf("got %v", err)
	}
	if host.count() != 0 {
		t.Error("the host was asked about nobody")
	}
}

func TestTroubleIsNoRefusal(t *testing.T) {
	t.Parallel()
	s := acme()
	broken := authenticator(t, directory{err: errors.New("disk on fire")}, &sites{})
	if _, err := broken.Principal(withToken(t, s.Context(t, account))); problem.From(t.Context(), err).Status != http.StatusInternalServerError {
		t.Errorf("the database: got %v", err)
	}
	down := authenticator(t, one(s, models.Enabled), &sites{admins: map[string]bool{account: true}, err: errors.New("no route")})
	_, err := down.Principal(withToken(t, s.Context(t, account)))
	p := problem.From(t.Context(), err)
	if p.Status != http.StatusServiceUnavailable || p.Code != "host-unavailable" || p.GetHeaders().Get("Retry-After") == "" {
		t.Errorf("the host: got %+v", p)
	}
	if strings.Contains(p.Detail, "route") {
		t.Errorf("the answer shows the error: %s", p.Detail)
	}
}

func TestHostIsAskedOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := acme()
		host := &sites{admins: map[string]bool{account: true}}
		a := authenticator(t, one(s, models.Enabled), host)
		call := func(who string) error {
			_, err := a.Principal(withToken(t, s.Context(t, who)))
			return err
		}
		ask := func(who string, allowed bool, asked int) {
			t.Helper()
			err := call(who)
			if (err == nil) != allowed || host.count() != asked {
				t.Errorf("%s: got %v after %d questions, want allowed %v after %d", who, err, host.count(), allowed, asked)
			}
		}
		ask(account, true, 1)
		ask(account, true, 1)
		ask("557058:other", false, 2)
		ask("557058:other", false, 2)
		// Whoever loses the permission is out after a minute, whoever gets it is in.
		host.mu.Lock()
		host.admins = map[string]bool{"557058:other": true}
		host.mu.Unlock()
		<-time.After(59 * time.Second)
		ask(account, true, 2)
		<-time.After(2 * time.Second)
		ask(account, false, 3)
		ask("557058:other", true, 4)
		// A host that does not answer is asked again at once, and nobody is let in meanwhile.
		host.mu.Lock()
		host.err = errors.New("down")
		host.mu.Unlock()
		<-time.After(61 * time.Second)
		ask("557058:other", false, 5)
		ask("557058:other", false, 6)
	})
}

func TestManyCallersShareOneQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := acme()
		host := &sites{admins: map[string]bool{account: true}, wait: time.Second}
		a := authenticator(t, one(s, models.Enabled), host)
		var wg sync.WaitGroup
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		wg.Go(func() {
			r := withToken(t, s.Context(t, account)) //nolint:contextcheck // the context is replaced in the next line
			_, err := a.Principal(r.WithContext(impatient))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the one who went away: got %v", err)
			}
		})
		synctest.Wait()
		for range 20 {
			wg.Go(func() {
				if _, err := a.Principal(withToken(t, s.Context(t, account))); err != nil {
					t.Errorf("got %v", err)
				}
			})
		}
		wg.Wait()
		if host.count() != 1 {
			t.Errorf("asked %d times", host.count())
		}
	})
}

func TestReinstallationForgetsWhoWasAdministrator(t *testing.T) {
	t.Parallel()
	s := acme()
	host := &sites{admins: map[string]bool{account: true}}
	d := one(s, models.Enabled)
	a := authenticator(t, d, host)
	if _, err := a.Principal(withToken(t, s.Context(t, account))); err != nil {
		t.Fatal(err)
	}
	s.Secret = "the-next-shared-secret-of-acme-is-long"
	d.known[s.ClientKey] = installation(s, models.Installed)
	host.admins = nil
	if _, err := a.Principal(withToken(t, s.Context(t, account))); !errors.Is(err, problem.ErrForbidden) {
		t.Errorf("got %v", err)
	}
}

func TestGinRoutesKnowWhoCalls(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.TestMode)
	s := acme()
	a := authenticator(t, one(s, models.Enabled), &sites{admins: map[string]bool{account: true}})
	engine := gin.New()
	engine.Group("/api", a.Gin()).GET("/v1/session", func(c *gin.Context) {
		p, ok := auth.From(c.Request.Context())
		c.JSON(http.StatusOK, gin.H{"tenant": p.TenantID, "known": ok})
	})
	for token, want := range map[string]int{s.Context(t, account): http.StatusOK, s.Context(t, "other"): http.StatusForbidden, "x": http.StatusUnauthorized} {
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, withToken(t, token))
		if w.Code != want {
			t.Errorf("answered %d, want %d", w.Code, want)
		}
		var answer map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("the answer is more than one: %s", w.Body)
		}
		if want == http.StatusOK && (answer["tenant"] != "tenant-of-client-acme" || answer["known"] != true) {
			t.Errorf("got %v", answer)
		}
	}
	if _, ok := auth.From(t.Context()); ok {
		t.Error("somebody calls where nobody does")
	}
}
