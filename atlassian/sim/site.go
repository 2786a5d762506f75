package sim

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"stowage/atlassian/sim/limit"
	"stowage/atlassian/sim/world"
)

// Defaults of a site.
const (
	// DefaultMaxPage is the largest page POST /object/aql hands out. The real
	// maximum is not published; the answer's maxResults tells what was used.
	DefaultMaxPage = 1000
	// DefaultTotalCap is where the member total of a page stops counting.
	DefaultTotalCap = 1000
	// DefaultMaxBody is the largest JSON body that is read.
	DefaultMaxBody = 32 << 20
	// maxMediaBody is the largest file that is read.
	maxMediaBody = 256 << 20
)

// SiteOptions describe one site. Only the name is needed; everything else has a
// default that depends on nothing but the name.
type SiteOptions struct {
	// Name is lower case letters, digits and dashes, unique within a Sim.
	Name string
	// CloudID and WorkspaceID are UUIDs.
	CloudID, WorkspaceID string
	// Email and Token sign in the administrator; OAuthToken does the same as a
	// bearer token. AccountID says who that is.
	Email, Token, OAuthToken, AccountID string
	// Credentials are further ways to sign in.
	Credentials []Credential
	// Without switches undocumented features off: their routes answer 404 as
	// unknown routes do. [Undocumented] lists them all.
	Without []Feature
	// MaxPage caps the page size of searches, TotalCap the member total of their
	// pages (negative: no cap), MaxBody the size of a JSON body.
	MaxPage  int
	TotalCap int
	MaxBody  int64
	// IsLastAsString sends isLast of searches as a string, as the published
	// example has it.
	IsLastAsString bool
	// ParentTypeIDAsNumber sends parentObjectTypeId as a number, as the published
	// schema has it.
	ParentTypeIDAsNumber bool
	// SearchLag is how long a write stays unseen by searches.
	SearchLag time.Duration
	// StrictLabels refuses in object labels the characters refused in names.
	StrictLabels bool
	// NoHistory keeps no history of changes.
	NoHistory bool
	// Limits replaces the simulator's limits for this site.
	Limits *limit.Options
}

// Info is what somebody needs to know to use a site.
type Info struct {
	Name string `json:"name"`
	// BaseURL is the Jira site, APIBaseURL what "/jsm/assets/workspace/…" follows.
	BaseURL     string `json:"baseUrl"`
	APIBaseURL  string `json:"apiBaseUrl"`
	CloudID     string `json:"cloudId"`
	WorkspaceID string `json:"workspaceId"`
	Email       string `json:"email"`
	Token       string `json:"token"`
}

// Site is one simulated site. It may be used by many goroutines.
type Site struct {
	opts        SiteOptions
	name        string
	cloudID     string
	workspaceID string
	world       *world.World
	limiter     *limit.Limiter
	assets      *router
	jira        *router
	media       *router
	page        *router
	pages       *template.Template
	limited     http.Handler
	now         func() time.Time
	imports     *importStore

	bytesPerObject atomic.Int64 // on the last page of a search
	withoutAssets  atomic.Bool
	holding        holding

	mu          sync.RWMutex
	credentials []Credential
	links       []PageLink
}

var siteName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func newSite(opts SiteOptions, sim Options) (*Site, error) {
	if !siteName.MatchString(opts.Name) {
		return nil, fmt.Errorf("site name %q: lower case letters, digits and inner dashes only", opts.Name)
	}
	for _, feature := range opts.Without {
		if !slices.Contains(Undocumented(), feature) {
			return nil, fmt.Errorf("site %s: unknown feature %q", opts.Name, feature)
		}
	}
	if opts.MaxPage < 0 || opts.MaxBody < 0 || opts.SearchLag < 0 {
		return nil, fmt.Errorf("site %s: sizes and times must not be negative", opts.Name)
	}
	opts.setDefaults()
	for _, id := range []string{opts.CloudID, opts.WorkspaceID} {
		if strings.ContainsAny(id, "/?# ") {
			return nil, fmt.Errorf("site %s: %q cannot be part of a path", opts.Name, id)
		}
	}
	s := &Site{
		opts: opts, name: opts.Name, cloudID: opts.CloudID, workspaceID: opts.WorkspaceID,
		world: world.New(world.Options{
			WorkspaceID: opts.WorkspaceID, CloudID: opts.CloudID, Name: opts.Name, BaseURL: "/sites/" + opts.Name,
			Now: sim.Now, SearchLag: opts.SearchLag, StrictLabels: opts.StrictLabels, NoHistory: opts.NoHistory,
		}),
		limiter: limit.New(opts.limits(sim.Limits)),
		now:     sim.Now,
		imports: newImportStore(),
		credentials: append([]Credential{{
			Email: opts.Email, Token: opts.Token, OAuthToken: opts.OAuthToken, AccountID: opts.AccountID,
		}}, opts.Credentials...),
	}
	s.world.PutUser(world.User{
		AccountID: opts.AccountID, DisplayName: "Administrator of " + opts.Name, Email: opts.Email, Active: true,
	})
	s.world.SetReferenceFilter(world.AcceptByQuery)
	s.route(sim.Faults)
	return s, nil
}

func (o *SiteOptions) setDefaults() {
	stable := func(kind string) string { return stableID(kind, o.Name) }
	def := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	def(&o.CloudID, stable("cloud"))
	def(&o.WorkspaceID, stable("workspace"))
	def(&o.Email, "admin@"+o.Name+".example")
	// Not a secret: whoever can reach the simulator is meant to sign in.
	def(&o.Token, "sim-token-"+o.Name)
	def(&o.OAuthToken, "sim-oauth-"+o.Name)
	def(&o.AccountID, "712020:"+stable("admin"))
	if o.MaxPage == 0 {
		o.MaxPage = DefaultMaxPage
	}
	if o.TotalCap == 0 {
		o.TotalCap = DefaultTotalCap
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
}

// stableID is the id that a site's thing has in every simulator.
func stableID(kind, site string) string {
	return uuid.NewSHA1(uuid.NameSpaceDNS, []byte(kind+"."+site+".sim")).String()
}

func (o *SiteOptions) limits(general limit.Options) limit.Options {
	if o.Limits != nil {
		return *o.Limits
	}
	return general
}

// Name is the site's name.
func (s *Site) Name() string { return s.name }

// CloudID is the id of the site's cloud.
func (s *Site) CloudID() string { return s.cloudID }

// WorkspaceID is the id of the site's Assets workspace.
func (s *Site) WorkspaceID() string { return s.workspaceID }

// World is the state of the site, to be read and written behind the API's back.
func (s *Site) World() *world.World { return s.world }

// Limiter is what counts the site's calls against its limits.
func (s *Site) Limiter() *limit.Limiter { return s.limiter }

// Credential is how the site's administrator signs in.
func (s *Site) Credential() Credential {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.credentials) == 0 {
		return Credential{Email: s.opts.Email, AccountID: s.opts.AccountID}
	}
	return s.credentials[0]
}

// Info tells how to reach the site when the simulator is found at base, such as
// "http://127.0.0.1:9090".
func (s *Site) Info(base string) Info {
	base = strings.TrimSuffix(base, "/")
	return Info{
		Name: s.name, BaseURL: base + "/sites/" + s.name, APIBaseURL: base,
		CloudID: s.cloudID, WorkspaceID: s.workspaceID, Email: s.opts.Email, Token: s.opts.Token,
	}
}

// AddCredential lets somebody else sign in.
func (s *Site) AddCredential(c Credential) error {
	if (c.Email == "" || c.Token == "") && c.OAuthToken == "" {
		return errors.New("a credential needs an email and a token, or an OAuth token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credentials = append(s.credentials, c)
	return nil
}

// Revoke makes a token (API token or OAuth token) worthless and reports whether
// it was worth something.
func (s *Site) Revoke(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.credentials)
	s.credentials = slices.DeleteFunc(s.credentials, func(c Credential) bool {
		return token != "" && (c.Token == token || c.OAuthToken == token)
	})
	return len(s.credentials) < before
}

func (s *Site) allCredentials() []Credential {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.credentials)
}

// origin is the scheme and host under which a request reached the simulator.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.URL.Scheme == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// baseURL is the address of the site's Jira as the caller knows it.
func (s *Site) baseURL(r *http.Request) string {
	return origin(r) + "/sites/" + s.name
}

// assetsURL is the address of the workspace's API as the caller knows it.
func (s *Site) assetsURL(r *http.Request) string {
	return origin(r) + "/jsm/assets/workspace/" + s.workspaceID + "/v1"
}
