package host

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"sync"

	"github.com/google/uuid"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/world"
)

// Site is a site of the simulated Atlassian as apps see it. It may be used by many
// goroutines.
type Site struct {
	host      *Host
	sim       *sim.Site
	clientKey string
	agent     sim.Credential
	// turn is held by whoever changes the life of an app: callbacks of one site
	// follow one another. It is not held by those who only look.
	turn chan struct{}

	mu       sync.RWMutex
	names    []string // the name of today last, then those of before
	installs []*installation
}

func newSite(h *Host, s *sim.Site) *Site {
	return &Site{
		host: h, sim: s, agent: s.AddAgent(), turn: make(chan struct{}, 1), names: []string{s.Name()},
		// The same in every simulator: an app that outlives it knows the site again.
		clientKey: uuid.NewSHA1(uuid.NameSpaceDNS, []byte("connect."+s.Name()+".sim")).String(),
	}
}

// Name is the site's name of today.
func (s *Site) Name() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.names[len(s.names)-1]
}

func (s *Site) answersTo(name string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Contains(s.names, name)
}

// path is where the site begins below the host's address: the context path.
func (s *Site) path() string { return "/sites/" + s.Name() }

// BaseURL is the address of the site.
func (s *Site) BaseURL() string { return s.host.BaseURL() + s.path() }

// Address is where a browser begins.
func (s *Site) Address() string { return s.BaseURL() + "/jira/projects" }

// ManageAddress is the page on which apps are installed and removed.
func (s *Site) ManageAddress() string { return s.BaseURL() + managePath }

// PageAddress is the page of an app inside the small Jira. The empty module is the
// one the menu begins with.
func (s *Site) PageAddress(key, module string) string {
	if app, ok := s.App(key); ok && module == "" {
		if m, ok := app.Module(""); ok {
			module = m.Key
		}
	}
	return s.BaseURL() + appPath(key, module)
}

// appPath is the path of an app's page below the site.
func appPath(key, module string) string {
	return "/plugins/servlet/ac/" + url.PathEscape(key) + "/" + url.PathEscape(module)
}

// ClientKey is the key by which apps know the site.
func (s *Site) ClientKey() string { return s.clientKey }

// Sim is the site of the simulator.
func (s *Site) Sim() *sim.Site { return s.sim }

// Administrator is the account that administers the site.
func (s *Site) Administrator() string { return s.sim.Credential().AccountID }

// OrdinaryUser is an account that administers nothing. It can sign in to the REST
// API, too: see [Site.Agent].
func (s *Site) OrdinaryUser() string { return s.agent.AccountID }

// Agent is how the ordinary user signs in.
func (s *Site) Agent() sim.Credential { return s.agent }

// maxPeople is how many of a site's people can be chosen from.
const maxPeople = 4

// people lists those that somebody at the browser can be: the administrator first,
// then the ordinary user, then others.
func (s *Site) people() []world.User {
	var out []world.User
	for _, id := range []string{s.Administrator(), s.OrdinaryUser()} {
		if u, ok := s.sim.World().User(id); ok {
			out = append(out, u)
		}
	}
	for _, u := range s.sim.World().Users() {
		if len(out) >= maxPeople {
			break
		}
		known := slices.ContainsFunc(out, func(o world.User) bool { return o.AccountID == u.AccountID })
		if u.Active && !u.Deleted && u.AccountType == "atlassian" && !known {
			out = append(out, u)
		}
	}
	return out
}

// person finds an active account.
func (s *Site) person(accountID string) (world.User, bool) {
	u, ok := s.sim.World().User(accountID)
	return u, ok && u.Active && !u.Deleted
}

// credentialOf is what the REST API takes an account for.
func (s *Site) credentialOf(accountID string) sim.Credential {
	c := sim.Credential{AccountID: accountID}
	if u, ok := s.sim.World().User(accountID); ok {
		c.Email = u.Email
	}
	if !s.sim.Administers(accountID) {
		c.Access = sim.AccessAgent
	}
	return c
}

// Apps lists the apps that are installed.
func (s *Site) Apps() []App {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []App
	for _, i := range s.installs {
		if i.app.State != StateUninstalled {
			out = append(out, i.public())
		}
	}
	return out
}

// App returns an app that is installed, or was.
func (s *Site) App(key string) (App, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i := s.find(key); i != nil {
		return i.public(), true
	}
	return App{}, false
}

// find needs the site's lock.
func (s *Site) find(key string) *installation {
	for _, i := range s.installs {
		if i.app.Key == key {
			return i
		}
	}
	return nil
}

// get returns a copy of an installation. Its app must not have been removed.
func (s *Site) get(key string) (installation, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := s.find(key)
	if i == nil || i.app.State == StateUninstalled {
		return installation{}, fmt.Errorf("%s: %w", key, ErrNoApp)
	}
	return *i, nil
}

// change changes an installation in place.
func (s *Site) change(key string, change func(*installation)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(key); i != nil {
		change(i)
		i.app.UpdatedAt = s.host.now()
	}
}

// SetLicence changes what the site has paid for. Nobody tells the app: it sees it
// when it asks, or when its page is opened.
func (s *Site) SetLicence(key string, licence Licence) error {
	if !slices.Contains(Licences(), licence) {
		return fmt.Errorf("unknown licence %q", licence)
	}
	if _, err := s.get(key); err != nil {
		return err
	}
	s.change(key, func(i *installation) { i.app.Licence = licence })
	return nil
}

var siteName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Rename gives the site another name and with it another address, and tells its
// apps. The old address goes on to work.
func (s *Site) Rename(ctx context.Context, name string) error {
	if !siteName.MatchString(name) {
		return fmt.Errorf("site name %q: lower case letters, digits and inner dashes only", name)
	}
	if other := s.host.Site(name); other != nil && other != s {
		return fmt.Errorf("another site has the name %s", name)
	}
	release, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	s.mu.Lock()
	s.names = append(slices.DeleteFunc(s.names, func(n string) bool { return n == name }), name)
	s.mu.Unlock()
	s.linkPages()
	var problems []error
	for _, app := range s.Apps() {
		if app.State != StateIncomplete {
			problems = append(problems, s.notify(ctx, app.Key, EventInstalled))
		}
	}
	return errors.Join(problems...)
}

// take waits for the site's turn.
func (s *Site) take(ctx context.Context) (release func(), err error) {
	select {
	case s.turn <- struct{}{}:
		return func() { <-s.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// takeApp waits for the site's turn and returns a copy of an installation.
func (s *Site) takeApp(ctx context.Context, key string) (i installation, release func(), err error) {
	if release, err = s.take(ctx); err != nil {
		return installation{}, nil, err
	}
	if i, err = s.get(key); err != nil {
		release()
		return installation{}, nil, err
	}
	return i, release, nil
}
