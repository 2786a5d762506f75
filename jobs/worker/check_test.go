package worker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/fault"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
	"stowage/blob/mem"
	"stowage/internal/redact"
	"stowage/jobs"
	"stowage/jobs/worker"
	"stowage/models"
	"stowage/snapshot"
)

// canary is a token that must be found nowhere.
const canary = "canary-token-7f3a"

// checker is a worker that reaches a simulated Atlassian.
func checker(t *testing.T, transport http.RoundTripper, loopback bool) *worker.Worker {
	t.Helper()
	db, err := models.Open(t.Context(), t.TempDir()+"/stowage.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w, err := worker.New(worker.Config{
		DB: db, Store: mem.New(), Master: snapshot.NewMasterKey(), AllowLoopback: loopback, HTTP: transport, AppVersion: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const simBase = "http://127.0.0.1:9"

func TestEveryMistakeInAConnectionHasItsOwnSentence(t *testing.T) {
	t.Parallel()
	shared := sim.Credential{Email: "both@example.com", Token: "t-both", AccountID: "both"}
	credentials := []sim.Credential{
		shared,
		{Email: "reader@example.com", Token: "t-reader", AccountID: "reader", ReadOnly: true},
		{Email: "customer@example.com", Token: "t-customer", AccountID: "customer"},
		{Email: "gone@example.com", Token: "t-gone", AccountID: "gone"},
		{Email: "none@example.com", Token: "t-none", AccountID: "none", Access: sim.AccessNoAssets},
		{Email: "few@example.com", Token: "t-few", AccountID: "few", Access: sim.AccessNoSchemas},
		{Email: "manager@example.com", Token: "t-manager", AccountID: "manager", ReadOnly: true},
	}
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{
		{Name: "acme", Token: canary, Credentials: credentials}, {Name: "globex", Credentials: []sim.Credential{shared}}, {Name: "bare"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	acme, globex := s.Site("acme"), s.Site("globex")
	s.Site("bare").SetAssets(false)
	if _, err := gen.Fill(acme.World(), gen.Profile{Name: gen.ITSM}, 30, 1); err != nil {
		t.Fatal(err)
	}
	acme.World().PutUser(world.User{AccountID: "gone", DisplayName: "Gone", AccountType: "atlassian"})
	acme.World().PutUser(world.User{AccountID: "customer", DisplayName: "Customer", AccountType: "customer", Active: true})
	acme.World().PutUser(world.User{AccountID: "manager", DisplayName: "Manager", AccountType: "atlassian", Active: true})
	makeManager(t, acme.World(), "manager")
	w := checker(t, sim.Transport(s), true)
	info := acme.Info(simBase)
	good := jobs.CheckSpec{SiteURL: info.BaseURL, APIURL: info.APIBaseURL, Email: info.Email, Token: redact.New(info.Token), WorkspaceID: info.WorkspaceID}
	as := func(email, token string) func(*jobs.CheckSpec) {
		return func(c *jobs.CheckSpec) { c.Email, c.Token = email, redact.New(token) }
	}
	sentences := map[string]string{}
	for _, c := range []struct {
		name   string
		change func(*jobs.CheckSpec)
		field  string
		code   string
	}{
		{"as it should be", func(*jobs.CheckSpec) {}, "", ""},
		{"with spaces around", func(c *jobs.CheckSpec) {
			c.SiteURL, c.Email, c.WorkspaceID = " "+c.SiteURL+"/ ", " "+c.Email+" ", " "+c.WorkspaceID
		}, "", ""},
		{"workspace to be found", func(c *jobs.CheckSpec) { c.WorkspaceID = "" }, "", ""},
		{"no API address", func(c *jobs.CheckSpec) { c.APIURL = "" }, "", ""},
		{"the expected site", func(c *jobs.CheckSpec) { c.ExpectSite = info.BaseURL + "/" }, "", ""},
		{"a manager who administers nothing", as("manager@example.com", "t-manager"), "", ""},
		{"no address", func(c *jobs.CheckSpec) { c.SiteURL = "" }, jobs.FieldSite, jobs.CheckRequired},
		{"no e-mail", func(c *jobs.CheckSpec) { c.Email = " " }, jobs.FieldEmail, jobs.CheckRequired},
		{"no token", func(c *jobs.CheckSpec) { c.Token = redact.New("") }, jobs.FieldToken, jobs.CheckRequired},
		{"no e-mail address", func(c *jobs.CheckSpec) { c.Email = "admin" }, jobs.FieldEmail, jobs.CheckEmailInvalid},
		{"two tokens", func(c *jobs.CheckSpec) { c.Token = redact.New(canary + "\n" + canary) }, jobs.FieldToken, jobs.CheckTokenInvalid},
		{"wrong e-mail", func(c *jobs.CheckSpec) { c.Email = "somebody@acme.example" }, jobs.FieldToken, jobs.CheckCredentials},
		{"wrong token", func(c *jobs.CheckSpec) { c.Token = redact.New(canary + "x") }, jobs.FieldToken, jobs.CheckCredentials},
		{"token of another account", func(c *jobs.CheckSpec) { c.Token = redact.New("t-reader") }, jobs.FieldToken, jobs.CheckCredentials},
		{"account that is not active", as("gone@example.com", "t-gone"), jobs.FieldEmail, jobs.CheckInactive},
		{"customer", as("customer@example.com", "t-customer"), jobs.FieldEmail, jobs.CheckNoAgent},
		{"account without a licence", as("none@example.com", "t-none"), jobs.FieldEmail, jobs.CheckNoAgent},
		{"account that sees no schema", as("few@example.com", "t-few"), jobs.FieldEmail, jobs.CheckNoPermission},
		{"account that may only look", as("reader@example.com", "t-reader"), jobs.FieldEmail, jobs.CheckNoPermission},
		{"workspace that does not exist", func(c *jobs.CheckSpec) { c.WorkspaceID = "3b3b70g5-66f8-3c01-a2d7-e5bbf2584dc3" }, jobs.FieldWorkspace, jobs.CheckWorkspaceWrong},
		{"workspace that cannot be one", func(c *jobs.CheckSpec) { c.WorkspaceID = "../../admin" }, jobs.FieldWorkspace, jobs.CheckWorkspaceWrong},
		{"workspace of a site the account does not know", func(c *jobs.CheckSpec) { c.WorkspaceID = globex.WorkspaceID() }, jobs.FieldWorkspace, jobs.CheckWorkspaceWrong},
		{"workspace of another site of the account", func(c *jobs.CheckSpec) {
			as("both@example.com", "t-both")(c)
			c.WorkspaceID = globex.WorkspaceID()
		}, jobs.FieldWorkspace, jobs.CheckWorkspaceOther},
		{"site without Assets", func(c *jobs.CheckSpec) {
			bare := s.Site("bare").Info(simBase)
			c.SiteURL, c.Email, c.Token, c.WorkspaceID = bare.BaseURL, bare.Email, redact.New(bare.Token), ""
		}, jobs.FieldWorkspace, jobs.CheckNoAssets},
		{"no such site", func(c *jobs.CheckSpec) { c.SiteURL = simBase + "/sites/nowhere" }, jobs.FieldSite, jobs.CheckNoSite},
		{"another site than the app's", func(c *jobs.CheckSpec) { c.ExpectSite = globex.Info(simBase).BaseURL }, jobs.FieldSite, jobs.CheckOtherSite},
		{"address without a scheme", func(c *jobs.CheckSpec) { c.SiteURL = "acme.atlassian.net" }, jobs.FieldSite, jobs.CheckAddressScheme},
		{"address with http", func(c *jobs.CheckSpec) { c.SiteURL = "http://acme.atlassian.net" }, jobs.FieldSite, jobs.CheckAddressScheme},
		{"address with a user", func(c *jobs.CheckSpec) { c.SiteURL = "https://u:" + canary + "@acme.atlassian.net" }, jobs.FieldSite, jobs.CheckAddressInvalid},
		{"address with a port", func(c *jobs.CheckSpec) { c.SiteURL = "https://acme.atlassian.net:8443" }, jobs.FieldSite, jobs.CheckAddressInvalid},
		{"address as a number", func(c *jobs.CheckSpec) { c.SiteURL = "https://2130706433" }, jobs.FieldSite, jobs.CheckAddressInvalid},
	} {
		spec := good
		c.change(&spec)
		got, err := w.Check(t.Context(), spec)
		if c.code == "" {
			if err != nil || got.WorkspaceID != acme.WorkspaceID() || got.SiteURL != info.BaseURL || got.AccountID == "" {
				t.Errorf("%s: %+v, %v", c.name, got, err)
			}
			continue
		}
		refused := wantCheckError(t, c.name, err, c.field, c.code)
		if refused != nil && c.code != jobs.CheckCredentials {
			sentences[refused.Sentence] = c.name
		}
		if refused != nil && (c.code == jobs.CheckWorkspaceWrong || c.code == jobs.CheckWorkspaceOther) && !strings.Contains(refused.Sentence, info.WorkspaceID) {
			t.Errorf("%s: which one is right is not told: %s", c.name, refused.Sentence)
		}
	}
	if len(sentences) < 17 {
		t.Errorf("only %d different sentences", len(sentences))
	}
}

func wantCheckError(t *testing.T, name string, err error, field, code string) *jobs.CheckError {
	t.Helper()
	refused, ok := errors.AsType[*jobs.CheckError](err)
	if !ok || refused.Field != field || refused.Code != code {
		t.Errorf("%s: %#v, want %s beside %q", name, err, code, field)
		return nil
	}
	if !strings.HasSuffix(refused.Sentence, ".") || strings.Contains(fmt.Sprintf("%+v %v", refused, errors.Unwrap(refused)), canary) {
		t.Errorf("%s: the sentence is %q", name, refused.Sentence)
	}
	return refused
}

// makeManager gives an account the role of a manager in one of the schemas.
func makeManager(t *testing.T, w *world.World, account string) {
	t.Helper()
	roles, err := w.Roles(w.Schemas()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(roles, func(r world.Role) bool { return strings.Contains(r.Name, "Manager") })
	if _, err := w.SetRoleActors(roles[i].ID, append(roles[i].Actors, world.Actor{Type: world.ActorUser, Name: account})); err != nil {
		t.Fatal(err)
	}
}

func TestASiteThatIsNotThereIsToldFromOneThatIsBusy(t *testing.T) {
	t.Parallel()
	plan, err := fault.New(1, fault.Rule{Op: "GET /rest/api/3/myself", Site: "busy", Status: 503}, fault.Rule{Op: "GET /rest/api/3/myself", Site: "slow", Status: 429, RetryAfter: 60})
	if err != nil {
		t.Fatal(err)
	}
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "busy"}, {Name: "slow"}}, Faults: plan})
	if err != nil {
		t.Fatal(err)
	}
	w := checker(t, sim.Transport(s), true)
	for _, site := range s.Sites() {
		info := site.Info(simBase)
		_, err := w.Check(t.Context(), jobs.CheckSpec{SiteURL: info.BaseURL, Email: info.Email, Token: redact.New(info.Token)})
		_ = wantCheckError(t, site.Name(), err, "", jobs.CheckSiteUnavailable)
	}
	// Who leaves before there is an answer gets no sentence.
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	info := s.Sites()[0].Info(simBase)
	if _, err := w.Check(ctx, jobs.CheckSpec{SiteURL: info.BaseURL, Email: info.Email, Token: redact.New(info.Token)}); !errors.Is(err, gone) {
		t.Errorf("after the caller has gone: %v", err)
	}
}

// silence is a transport that is never answered.
type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

func TestASiteThatSaysNothingIsToldFromAServiceThatIsSlow(t *testing.T) {
	t.Parallel()
	w := checker(t, silence{}, false)
	// Who asks does not wait for ever.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := w.Check(ctx, jobs.CheckSpec{SiteURL: "https://acme.atlassian.net", Email: "a@example.com", Token: redact.New(canary)})
	_ = wantCheckError(t, "silence", err, jobs.FieldSite, jobs.CheckUnreachable)
}

// TestAddressesThatLeadNowhereOrInside uses the transport of the service.
func TestAddressesThatLeadNowhereOrInside(t *testing.T) {
	t.Parallel()
	outside, inside := checker(t, nil, false), checker(t, nil, true)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	elsewhere := httptest.NewServer(http.RedirectHandler("https://example.com/", http.StatusFound))
	t.Cleanup(elsewhere.Close)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	t.Cleanup(page.Close)
	for _, c := range []struct {
		name    string
		w       *worker.Worker
		address string
		code    string
	}{
		{"loopback by name", outside, "https://localhost", jobs.CheckAddressInner},
		{"loopback by number", outside, "https://127.0.0.1", jobs.CheckAddressInner},
		{"private", outside, "https://10.0.0.1", jobs.CheckAddressInner},
		{"metadata", outside, "https://169.254.169.254", jobs.CheckAddressInner},
		{"inner by IPv6", outside, "https://[64:ff9b::7f00:1]", jobs.CheckAddressInner},
		{"nobody listens", inside, "https://" + closedPort(t), jobs.CheckAddressNoHTTPS},
		{"no https", inside, strings.Replace(plain.URL, "http://", "https://", 1), jobs.CheckAddressNoHTTPS},
		{"certificate of nobody", inside, secure.URL, jobs.CheckAddressNoHTTPS},
		{"no Jira", inside, plain.URL, jobs.CheckNoSite},
		{"a page", inside, page.URL, jobs.CheckNoSite},
		{"leads elsewhere", inside, elsewhere.URL, jobs.CheckNoSite},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := c.w.Check(t.Context(), jobs.CheckSpec{SiteURL: c.address, Email: "a@example.com", Token: redact.New(canary)})
			_ = wantCheckError(t, c.name, err, jobs.FieldSite, c.code)
		})
	}
}

// closedPort is an address of this machine at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}
