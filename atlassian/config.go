package atlassian

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"stowage/internal/netguard"
	"stowage/internal/redact"
	"stowage/internal/retry"
)

// DefaultAPIURL is where Atlassian serves the Assets API of all its sites.
const DefaultAPIURL = "https://api.atlassian.com"

// Config says which site to speak to, and how.
type Config struct {
	// SiteURL is the address of the Jira site, such as https://acme.atlassian.net. It may be left out when CloudID is given.
	SiteURL string
	// APIURL is the address of the API gateway; empty is DefaultAPIURL.
	APIURL string
	// CloudID, when given, sends all calls through the gateway's address for that site, as OAuth tokens need it.
	CloudID string
	// WorkspaceID is the Assets workspace of the site; empty means that the site is asked once.
	WorkspaceID string

	// Email and Token sign in with an API token; Bearer, when set, with an OAuth access token instead.
	Email  string
	Token  redact.Secret
	Bearer redact.Secret

	// AllowLoopback lets the addresses be on this machine, and then without TLS: for the command line, the demo and tests.
	AllowLoopback bool
	// HTTP replaces the transport: by a guarded one in a service, by a simulated one in tests.
	HTTP http.RoundTripper
	// UserAgent names the program; empty is "stowage".
	UserAgent string
	// Logger is told about waits and repeated tries; nil is silence.
	Logger *slog.Logger

	// Rate says how calls are paced; the zero value is RateAuto. Limiter, when set, paces instead, and may be shared by all
	// clients of one site.
	Rate    RatePolicy
	Limiter Limiter
	// InFlight is the largest number of calls under way at once; 0 is 16.
	InFlight int
	// PageSize is how many objects are asked for at once; 0 is 1000. The site may answer with fewer.
	PageSize int
	// MaxAnswer is the largest answer read, in bytes; 0 is 512 MiB. A page of objects beyond MaxPage, 0 is 64 MiB, is asked
	// for again in smaller pieces.
	MaxAnswer, MaxPage int64
	// Retry says how patient the client is; zero members have defaults.
	Retry RetryPolicy
}

// RetryPolicy says how patient a client is.
type RetryPolicy struct {
	// Tries is the largest number of times a read is sent; 0 is 6.
	Tries int
	// Base is the wait after the first failure, doubled with each further one up to Cap; 0 are 500ms and 30s.
	Base, Cap time.Duration
	// TryTimeout limits one try of an API call; 0 is 5 minutes.
	TryTimeout time.Duration
	// Throttle is the longest time one call spends on waiting because the site asked to slow down; 0 is 10 minutes.
	Throttle time.Duration
}

// Client speaks to one site. It may be used by any number of goroutines.
type Client struct {
	site    *url.URL // nil when only the cloud id is known
	api     *url.URL
	cloudID string
	name    string // host of the site, for sentences
	auth    authorization

	http      *http.Client
	media     *http.Client
	limiter   Limiter
	places    chan struct{}
	logger    *slog.Logger
	userAgent string
	loopback  bool
	pageSize  int
	maxAnswer int64
	maxPage   int64
	retry     RetryPolicy
	backoff   retry.Backoff

	// reached says that the site has answered once.
	reached atomic.Bool
	// lookup is the turn to look up workspace, which is done once.
	lookup    chan struct{}
	workspace string
}

// New makes a client. It does not speak to the site yet.
func New(cfg Config) (*Client, error) {
	c := &Client{
		cloudID: cfg.CloudID, workspace: cfg.WorkspaceID, userAgent: cfg.UserAgent, logger: cfg.Logger, loopback: cfg.AllowLoopback,
		lookup: make(chan struct{}, 1), pageSize: cfg.PageSize, maxAnswer: cfg.MaxAnswer, maxPage: cfg.MaxPage, limiter: cfg.Limiter, retry: cfg.Retry,
	}
	if err := c.address(cfg); err != nil {
		return nil, err
	}
	if err := c.signIn(cfg); err != nil {
		return nil, err
	}
	if c.pageSize < 0 || cfg.InFlight < 0 || c.maxAnswer < 0 || c.maxPage < 0 {
		return nil, errors.New("atlassian: page size, calls in flight and sizes of answers must not be negative")
	}
	c.defaults(cfg)
	if c.limiter == nil {
		limiter, err := NewLimiter(cfg.Rate, c.onLoopback())
		if err != nil {
			return nil, err
		}
		c.limiter = limiter
	}
	transport := cfg.HTTP
	if transport == nil {
		transport = newTransport(cap(c.places))
	}
	c.http = &http.Client{Transport: transport, CheckRedirect: refuseRedirect}
	c.media = &http.Client{Transport: transport, CheckRedirect: c.checkMediaRedirect}
	return c, nil
}

func (c *Client) address(cfg Config) error {
	var err error
	if cfg.SiteURL != "" {
		if c.site, err = netguard.Base(cfg.SiteURL, cfg.AllowLoopback); err != nil {
			return fmt.Errorf("atlassian: site: %w", err)
		}
		c.name = c.site.Host + c.site.Path
	}
	apiURL := cfg.APIURL
	if apiURL == "" {
		apiURL = DefaultAPIURL
	}
	if c.api, err = netguard.Base(apiURL, cfg.AllowLoopback); err != nil {
		return fmt.Errorf("atlassian: API: %w", err)
	}
	if c.site == nil && c.cloudID == "" {
		return errors.New("atlassian: neither the address of the site nor its cloud id is given")
	}
	if c.name == "" {
		c.name = c.api.Host + " (cloud " + c.cloudID + ")"
	}
	for what, id := range map[string]string{"cloud id": cfg.CloudID, "workspace id": cfg.WorkspaceID} {
		if id != "" && !opaqueID(id) {
			return fmt.Errorf("atlassian: the %s may hold letters, digits, dashes, dots and underscores only", what)
		}
	}
	return nil
}

// opaqueID accepts the ids of clouds and workspaces, which become parts of addresses.
func opaqueID(id string) bool {
	if id == "." || id == ".." || len(id) > 200 {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool {
		letter := (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9')
		return !letter && r != '-' && r != '_' && r != '.'
	})
}

func (c *Client) signIn(cfg Config) error {
	switch {
	case !cfg.Bearer.IsZero():
		if cfg.Email != "" || !cfg.Token.IsZero() {
			return errors.New("atlassian: give either an e-mail address with an API token or a bearer token, not both")
		}
		c.auth = authorization{bearer: cfg.Bearer}
	case cfg.Email == "" && cfg.Token.IsZero():
		return errors.New("atlassian: no credentials: give an e-mail address and an API token")
	case cfg.Email == "":
		return errors.New("atlassian: the e-mail address that belongs to the API token is missing")
	case cfg.Token.IsZero():
		return errors.New("atlassian: the API token is missing")
	default:
		if strings.ContainsAny(cfg.Email, ":\r\n") {
			return errors.New("atlassian: the e-mail address holds a character that cannot stand in one")
		}
		c.auth = authorization{email: cfg.Email, token: cfg.Token}
	}
	if strings.ContainsAny(cfg.Token.Reveal()+cfg.Bearer.Reveal(), "\r\n") {
		return errors.New("atlassian: the token holds a line break")
	}
	return nil
}

func (c *Client) defaults(cfg Config) {
	inFlight := cfg.InFlight
	if inFlight == 0 {
		inFlight = 16
	}
	c.places = make(chan struct{}, inFlight)
	orDefault(&c.pageSize, 1000)
	orDefault(&c.maxAnswer, 512<<20)
	orDefault(&c.maxPage, 64<<20)
	orDefault(&c.userAgent, "stowage")
	orDefault(&c.retry.Tries, 6)
	orDefault(&c.retry.Base, 500*time.Millisecond)
	orDefault(&c.retry.Cap, 30*time.Second)
	orDefault(&c.retry.TryTimeout, 5*time.Minute)
	orDefault(&c.retry.Throttle, 10*time.Minute)
	c.backoff = retry.Backoff{Base: c.retry.Base, Cap: c.retry.Cap, Jitter: 0.3}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
}

func orDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// onLoopback says whether the API that is called stands on this machine.
func (c *Client) onLoopback() bool { return netguard.Loopback(c.api.Hostname()) }

// String names the site.
func (c *Client) String() string { return "client of " + c.name }

// Site returns the address of the site as it was given, or "" when only the cloud id is known.
func (c *Client) Site() string {
	if c.site == nil {
		return ""
	}
	return c.site.String()
}

// authorization signs requests.
type authorization struct {
	email  string
	token  redact.Secret
	bearer redact.Secret
}

func (a authorization) sign(r *http.Request) {
	if !a.bearer.IsZero() {
		r.Header.Set("Authorization", "Bearer "+a.bearer.Reveal())
		return
	}
	r.SetBasicAuth(a.email, a.token.Reveal())
}
