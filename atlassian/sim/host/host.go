package host

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"stowage/atlassian/sim"
)

// appTimeout is how long the host waits for an app. The figure of the real one is
// not published.
const appTimeout = 30 * time.Second

// Options describe a host.
type Options struct {
	// BaseURL is where browsers and apps find the host, such as
	// "http://127.0.0.1:9090"; it can be told later with [Host.SetBaseURL].
	BaseURL string
	// Client talks to apps; nil means one with a time limit. Redirects are never
	// followed.
	Client *http.Client
	// Now is the clock of tokens and of the log; nil means time.Now.
	Now func() time.Time
	// Locale is the language people have chosen; empty means en_US.
	Locale string
}

// Host is the host's side of Connect around a simulated Atlassian. It may be used by
// many goroutines.
type Host struct {
	sim    *sim.Sim
	client *http.Client
	now    func() time.Time
	locale string
	pages  *template.Template
	guard  *http.CrossOriginProtection
	routes *http.ServeMux
	sites  []*Site
	log    journal

	mu   sync.RWMutex
	base string
	keys map[string]*rsa.PrivateKey
	kid  string // of the key that signs; empty when a new one is due
}

// New wraps a simulated Atlassian. It adds an ordinary agent to each site, so that
// there is somebody who administers nothing.
func New(s *sim.Sim, opts Options) (*Host, error) {
	if s == nil {
		return nil, errors.New("a host needs a simulated Atlassian")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Client == nil {
		opts.Client = &http.Client{Timeout: appTimeout}
	}
	if opts.Locale == "" {
		opts.Locale = "en_US"
	}
	client := *opts.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h := &Host{
		sim: s, client: &client, now: opts.Now, locale: opts.Locale, pages: parsePages(),
		guard: http.NewCrossOriginProtection(), keys: map[string]*rsa.PrivateKey{},
	}
	if opts.BaseURL != "" {
		if err := h.SetBaseURL(opts.BaseURL); err != nil {
			return nil, err
		}
	}
	for _, site := range s.Sites() {
		h.sites = append(h.sites, newSite(h, site))
	}
	h.routes = h.newRoutes()
	return h, nil
}

// SetBaseURL tells the host where it is found. It must be told before an app is
// installed.
func (h *Host) SetBaseURL(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("base address %q: wanted is a scheme and a host", base)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.base = u.Scheme + "://" + u.Host
	return nil
}

// BaseURL is where the host is found, without a slash at the end.
func (h *Host) BaseURL() string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.base
}

// KeysURL is the address below which an app finds the public key of a kid.
func (h *Host) KeysURL() string { return h.BaseURL() + "/_connect/keys" }

// ScriptURL is the address of the script that apps load.
func (h *Host) ScriptURL() string { return h.BaseURL() + "/_connect/all.js" }

// Site returns the site of a name, or nil.
func (h *Host) Site(name string) *Site {
	for _, site := range h.sites {
		if site.answersTo(name) {
			return site
		}
	}
	return nil
}

// Sites returns all sites in the order of the simulator.
func (h *Host) Sites() []*Site { return append([]*Site(nil), h.sites...) }

// Log returns what was said between host and apps, the newest last.
func (h *Host) Log() []Entry { return h.log.all() }

// RotateKey makes the next signed message use a new key under a new kid. Older kids
// are still served.
func (h *Host) RotateKey() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kid = ""
}

// signingKey is the key of signed installs; it is made when it is first needed.
func (h *Host) signingKey() (kid string, key *rsa.PrivateKey, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kid == "" {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return "", nil, fmt.Errorf("make a key: %w", err)
		}
		h.kid = uuid.NewString()
		h.keys[h.kid] = key
	}
	return h.kid, h.keys[h.kid], nil
}

func (h *Host) serveKey(w http.ResponseWriter, r *http.Request) {
	h.mu.RLock()
	key := h.keys[r.PathValue("kid")]
	h.mu.RUnlock()
	if key == nil {
		http.NotFound(w, r)
		return
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})) // the caller went away
}
