package host

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// Event is a moment in the life of an app that it is told about.
type Event string

// The events.
const (
	EventInstalled   Event = "installed"
	EventEnabled     Event = "enabled"
	EventDisabled    Event = "disabled"
	EventUninstalled Event = "uninstalled"
)

// keySigned reports whether an event is signed with the host's key, because the app
// may not know the shared secret, or should not trust it any more.
func (e Event) keySigned() bool { return e == EventInstalled || e == EventUninstalled }

// payload is the body of a callback.
type payload struct {
	Key                string `json:"key"`
	ClientKey          string `json:"clientKey"`
	SharedSecret       string `json:"sharedSecret,omitempty"`
	AccountID          string `json:"accountId,omitempty"`
	BaseURL            string `json:"baseUrl"`
	DisplayURL         string `json:"displayUrl"`
	HelpCenterURL      string `json:"displayUrlServicedeskHelpCenter"`
	ProductType        string `json:"productType"`
	Description        string `json:"description"`
	EventType          Event  `json:"eventType"`
	ServerVersion      string `json:"serverVersion"`
	PluginsVersion     string `json:"pluginsVersion"`
	EntitlementID      string `json:"entitlementId,omitempty"`
	EntitlementNumber  string `json:"entitlementNumber,omitempty"`
	SupportEntitlement string `json:"serviceEntitlementNumber,omitempty"`
}

// encode writes the body.
func (p payload) encode() ([]byte, error) {
	return json.Marshal(p) //nolint:gosec // The app is to learn the secret; for the log it was taken out.
}

// message is a callback ready to be sent.
type message struct {
	url    string
	token  string // empty: unsigned
	body   []byte
	secret string // to keep it out of the log
	entry  Entry
}

// Install installs an app from its descriptor, or installs it again. Each time it
// gets a new shared secret; an app that refuses keeps the one it had.
func (s *Site) Install(ctx context.Context, descriptorURL string) (App, error) {
	if s.host.BaseURL() == "" {
		return App{}, errors.New("the host does not know its own address: tell it with SetBaseURL")
	}
	d, err := s.fetchDescriptor(ctx, descriptorURL)
	if err != nil {
		return App{}, err
	}
	release, err := s.take(ctx)
	if err != nil {
		return App{}, err
	}
	defer release()
	return s.install(ctx, descriptorURL, d)
}

// Upgrade fetches the descriptor again and installs what it says now.
func (s *Site) Upgrade(ctx context.Context, key string) error {
	i, err := s.get(key)
	if err != nil {
		return err
	}
	d, err := s.fetchDescriptor(ctx, i.app.DescriptorURL)
	if err != nil {
		return err
	}
	if d.Key != key {
		return fmt.Errorf("the descriptor is now that of %s", d.Key)
	}
	release, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	_, err = s.install(ctx, i.app.DescriptorURL, d)
	return err
}

// install needs the site's turn.
func (s *Site) install(ctx context.Context, descriptorURL string, d descriptor) (App, error) {
	now := s.host.now()
	version := d.Version
	if version == "" {
		version = fmt.Sprintf("%d.0.0", max(d.APIVersion, 1))
	}
	fresh := App{
		Key: d.Key, Name: d.Name, Description: d.Description, Vendor: d.Vendor.Name, Version: version,
		DescriptorURL: descriptorURL, BaseURL: d.BaseURL, State: StateIncomplete, Paid: d.EnableLicensing, Licence: LicenceActive,
		Scopes: d.Scopes, Modules: d.pages(), InstalledAt: now, UpdatedAt: now,
	}
	s.mu.Lock()
	i := s.find(d.Key)
	if i == nil {
		i = &installation{app: fresh, last: map[Event]message{}}
		s.installs = append(s.installs, i)
	}
	before := *i
	s.mu.Unlock()
	if before.app.State != StateIncomplete {
		fresh.Licence = before.app.Licence
	}
	if before.app.State != StateUninstalled {
		fresh.InstalledAt = before.app.InstalledAt
	}

	secret, err := newSecret()
	if err != nil {
		return App{}, err
	}
	m, err := s.compose(installation{app: fresh, desc: d, secret: secret}, EventInstalled)
	if err == nil {
		err = s.send(ctx, m)
	}
	if err != nil {
		// What was there before goes on with the secret it had; what was not there is
		// marked, so that somebody sees it.
		if before.app.State == StateIncomplete || before.app.State == StateUninstalled {
			s.change(d.Key, func(i *installation) { i.app, i.desc = fresh, d })
		}
		app, _ := s.App(d.Key)
		return app, fmt.Errorf("install %s: %w", d.Key, err)
	}
	fresh.State = StateEnabled
	s.change(d.Key, func(i *installation) {
		i.app, i.desc, i.secret = fresh, d, secret
		i.last[EventInstalled] = m
	})
	// Notifications are not part of the installation: what becomes of this one is in
	// the log.
	_ = s.notify(ctx, d.Key, EventEnabled)
	app, _ := s.App(d.Key)
	return app, nil
}

// newSecret makes a shared secret.
func newSecret() (string, error) {
	var b [48]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make a secret: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// Enable puts a disabled app back to work.
func (s *Site) Enable(ctx context.Context, key string) error {
	return s.turnTo(ctx, key, StateEnabled, EventEnabled)
}

// Disable stops using an app without removing it.
func (s *Site) Disable(ctx context.Context, key string) error {
	return s.turnTo(ctx, key, StateDisabled, EventDisabled)
}

func (s *Site) turnTo(ctx context.Context, key string, state State, event Event) error {
	i, release, err := s.takeApp(ctx, key)
	if err != nil {
		return err
	}
	defer release()
	if i.app.State == StateIncomplete {
		return fmt.Errorf("%s: the installation is incomplete", key)
	}
	s.change(key, func(i *installation) { i.app.State = state })
	// The app is told, not asked: an answer changes nothing, and stands in the log.
	_ = s.notify(ctx, key, event)
	return nil
}

// Uninstall removes an app. The app is told that it is disabled and that it is
// uninstalled, both at the same moment and both once; what it answers changes
// nothing.
func (s *Site) Uninstall(ctx context.Context, key string) error {
	i, release, err := s.takeApp(ctx, key)
	if err != nil {
		return err
	}
	defer release()
	s.change(key, func(i *installation) { i.app.State = StateUninstalled })
	var both sync.WaitGroup
	if i.app.State == StateEnabled {
		both.Go(func() { _ = s.notify(ctx, key, EventDisabled) })
	}
	if i.app.State != StateIncomplete {
		both.Go(func() { _ = s.notify(ctx, key, EventUninstalled) })
	}
	both.Wait()
	return nil
}

// RotateSecret gives an app a new shared secret, by way of "installed". An app that
// refuses keeps the old one.
func (s *Site) RotateSecret(ctx context.Context, key string) error {
	i, release, err := s.takeApp(ctx, key)
	if err != nil {
		return err
	}
	defer release()
	if i.app.State == StateIncomplete {
		return fmt.Errorf("%s: the installation is incomplete", key)
	}
	if i.secret, err = newSecret(); err != nil {
		return err
	}
	m, err := s.compose(i, EventInstalled)
	if err != nil {
		return err
	}
	if err := s.send(ctx, m); err != nil {
		return fmt.Errorf("rotate the secret of %s: %w", key, err)
	}
	s.change(key, func(stored *installation) {
		stored.secret = i.secret
		stored.last[EventInstalled] = m
	})
	return nil
}

// Repeat tells an app once more, with a token of its own, as a host does that is not
// sure whether it was heard.
func (s *Site) Repeat(ctx context.Context, key string, event Event) error {
	return s.again(ctx, key, event, func(installation) error {
		return s.notify(ctx, key, event)
	})
}

// Replay sends the very request of the last such event once more, as somebody does
// who has listened in.
func (s *Site) Replay(ctx context.Context, key string, event Event) error {
	return s.again(ctx, key, event, func(i installation) error {
		m, ok := i.last[event]
		if !ok {
			return fmt.Errorf("%s was never told %q", key, event)
		}
		return s.send(ctx, m)
	})
}

// SendUnsigned sends an event without a token, as Jira is known to do with
// "disabled" after an app was removed, and as anybody can.
func (s *Site) SendUnsigned(ctx context.Context, key string, event Event) error {
	return s.again(ctx, key, event, func(i installation) error {
		m, err := s.compose(i, event)
		if err != nil {
			return err
		}
		m.token, m.entry.Signed, m.entry.Kid, m.entry.Claims = "", "", "", nil
		return s.send(ctx, m)
	})
}

func (s *Site) again(ctx context.Context, key string, event Event, send func(installation) error) error {
	release, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	s.mu.RLock()
	stored := s.find(key)
	s.mu.RUnlock()
	if stored == nil {
		return fmt.Errorf("%s: %w", key, ErrNoApp)
	}
	s.mu.RLock()
	i := *stored
	s.mu.RUnlock()
	if err := send(i); err != nil {
		return fmt.Errorf("send %s to %s again: %w", event, key, err)
	}
	return nil
}

// notify tells an app about an event in its present state.
func (s *Site) notify(ctx context.Context, key string, event Event) error {
	s.mu.RLock()
	stored := s.find(key)
	if stored == nil {
		s.mu.RUnlock()
		return fmt.Errorf("%s: %w", key, ErrNoApp)
	}
	i := *stored
	s.mu.RUnlock()
	if i.desc.Lifecycle[event] == "" {
		return nil // the app does not want to know
	}
	m, err := s.compose(i, event)
	if err != nil {
		return err
	}
	s.mu.Lock()
	stored.last[event] = m
	s.mu.Unlock()
	return s.send(ctx, m)
}

// compose writes and signs the callback of an event.
func (s *Site) compose(i installation, event Event) (message, error) {
	path := i.desc.Lifecycle[event]
	if path == "" {
		return message{}, fmt.Errorf("%s has no callback for %q", i.app.Key, event)
	}
	base := s.BaseURL()
	p := payload{
		Key: i.app.Key, ClientKey: s.clientKey, AccountID: s.Administrator(), BaseURL: base, DisplayURL: base, HelpCenterURL: base,
		ProductType: "jira", Description: "Atlassian Jira at " + base, EventType: event, ServerVersion: "100300", PluginsVersion: connectVersion,
	}
	if i.app.Paid && i.app.Licence != LicenceNone {
		p.EntitlementID, p.EntitlementNumber, p.SupportEntitlement = s.entitlements(i.app.Key)
	}
	shown, err := p.encode()
	if err != nil {
		return message{}, err
	}
	body := shown
	if event == EventInstalled {
		p.SharedSecret = i.secret
		if body, err = p.encode(); err != nil {
			return message{}, err
		}
		p.SharedSecret = "…"
		if shown, err = p.encode(); err != nil {
			return message{}, err
		}
	}
	target, err := url.Parse(i.app.BaseURL + path)
	if err != nil {
		return message{}, err
	}
	c, err := s.claimsFor(i.app.BaseURL, http.MethodPost, target)
	if err != nil {
		return message{}, err
	}
	// Times are whole seconds: without it, two messages of one second would carry the
	// same token, and the second would look like the first one stolen.
	c.ID = uuid.NewString()
	m := message{url: target.String(), body: body, secret: i.secret, entry: Entry{
		Site: s.Name(), App: i.app.Key, Event: string(event), Method: http.MethodPost, URL: target.String(), Sent: shown,
	}}
	if event.keySigned() {
		c.Audience, c.Subject = i.app.BaseURL, s.Administrator()
		kid, key, err := s.host.signingKey()
		if err != nil {
			return message{}, err
		}
		m.entry.Signed, m.entry.Kid = "RS256", kid
		m.token, err = signWithKey(key, kid, c)
		if err != nil {
			return message{}, err
		}
	} else {
		m.entry.Signed = "HS256"
		if m.token, err = signShared(i.secret, c); err != nil {
			return message{}, err
		}
	}
	m.entry.Claims = c
	return m, nil
}

// claimsFor are the claims of a token that is bound to a request of an app's own.
func (s *Site) claimsFor(appBase, method string, target *url.URL) (claims, error) {
	base, err := url.Parse(appBase)
	if err != nil {
		return claims{}, err
	}
	hash, err := queryHash(method, belowPath(target.EscapedPath(), base.EscapedPath()), target.RawQuery)
	if err != nil {
		return claims{}, err
	}
	now := s.host.now()
	return claims{Issuer: s.clientKey, IssuedAt: now.Unix(), Expires: now.Add(pageTokenLife).Unix(), ID: rand.Text(), QSH: hash}, nil
}

// entitlements are the numbers under which a licence was sold.
func (s *Site) entitlements(key string) (id, number, support string) {
	id = uuid.NewSHA1(uuid.NameSpaceURL, []byte(s.clientKey+"/"+key)).String()
	return id, "E-" + strings.ToUpper(id[:3]+"-"+id[4:7]), "SEN-" + id[:8]
}

// send posts a callback and keeps a record. An app that is not reached, or answers
// anything but 200 and 204, has refused.
func (s *Site) send(ctx context.Context, m message) error {
	e := m.entry
	e.At = s.host.now()
	status, answer, err := s.post(ctx, m)
	e.Took = s.host.now().Sub(e.At)
	e.Status, e.Answer = status, answer
	switch {
	case err != nil:
		err = fmt.Errorf("%w: %s cannot be reached: %w", ErrRefused, m.entry.Event, err)
	case status != http.StatusOK && status != http.StatusNoContent:
		err = fmt.Errorf("%w: %s answered %d %s", ErrRefused, m.entry.Event, status, http.StatusText(status))
	}
	if err != nil {
		e.Problem = err.Error()
	}
	s.host.log.add(e, m.secret, m.token)
	return err
}

func (s *Site) post(ctx context.Context, m message) (status int, answer string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(m.body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Atlassian HttpClient (simulated)")
	if m.token != "" {
		r.Header.Set("Authorization", "JWT "+m.token)
	}
	response, err := s.host.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }() // the status has been read
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	return response.StatusCode, string(body), err
}

// fetchDescriptor reads the descriptor of an app.
func (s *Site) fetchDescriptor(ctx context.Context, address string) (descriptor, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return descriptor{}, fmt.Errorf("%q is not the address of a descriptor", address)
	}
	began := s.host.now()
	e := Entry{At: began, Site: s.Name(), Event: "descriptor", Method: http.MethodGet, URL: address}
	d, status, err := s.readDescriptor(ctx, u)
	e.App, e.Status, e.Took = d.Key, status, s.host.now().Sub(began)
	if err != nil {
		e.Problem = err.Error()
	}
	s.host.log.add(e)
	return d, err
}

func (s *Site) readDescriptor(ctx context.Context, u *url.URL) (d descriptor, status int, err error) {
	//nolint:gosec // Apps are installed from wherever the person at the simulator says.
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return descriptor{}, 0, err
	}
	r.Header.Set("Accept", "application/json")
	response, err := s.host.client.Do(r) //nolint:gosec // As above.
	if err != nil {
		return descriptor{}, 0, fmt.Errorf("fetch the descriptor: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // what counts has been read
	if response.StatusCode != http.StatusOK {
		return descriptor{}, response.StatusCode, fmt.Errorf("fetch the descriptor: %s answered %d %s", u.Redacted(), response.StatusCode, http.StatusText(response.StatusCode))
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxDescriptor+1))
	if err != nil {
		return descriptor{}, response.StatusCode, fmt.Errorf("fetch the descriptor: %w", err)
	}
	if len(text) > maxDescriptor {
		return descriptor{}, response.StatusCode, fmt.Errorf("the descriptor is larger than %d bytes", maxDescriptor)
	}
	d, err = parseDescriptor(text)
	return d, response.StatusCode, err
}

// connectVersion is what the host says it runs.
const connectVersion = "1001.0.0-SNAPSHOT"
