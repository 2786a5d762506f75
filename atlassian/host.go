package atlassian

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"stowage/atlassian/connect"
	"stowage/internal/netguard"
	"stowage/internal/redact"
)

// Host makes the calls of the app to the sites it is installed on. They are signed by the app itself and not by an account
// of the site, so that they work before anybody has entered credentials. It may be used from several goroutines.
type Host struct {
	appKey string
	http   *http.Client
	now    func() time.Time
}

// HostConfig says how the app calls its hosts.
type HostConfig struct {
	// AppKey is the key of the app, in whose name calls are signed.
	AppKey string
	// AllowLoopback lets sites be on this machine: for the demo and for tests.
	AllowLoopback bool
	// Timeout bounds a call; 0 is ten seconds.
	Timeout time.Duration
	// Now replaces the clock.
	Now func() time.Time
}

// HostSite is a site that the app is installed on.
type HostSite struct {
	// BaseURL is where the site is called.
	BaseURL string
	// ClientKey and Secret are what the site gave on installation.
	ClientKey string
	Secret    redact.Secret
}

// HostLicence is what a site says about the licence of the app.
type HostLicence struct {
	// Known is false for apps that are not paid for, and where they are developed: there the site says nothing.
	Known bool
	// Active is true while the app is paid for or being evaluated.
	Active, Evaluation bool
	// Type is the site's word for the kind of licence, such as COMMERCIAL.
	Type string
	// Entitlement is the number of the subscription.
	Entitlement string
}

// maxHostAnswer is far more than either answer has.
const maxHostAnswer = 1 << 20

// NewHost makes a Host.
func NewHost(config HostConfig) *Host {
	timeout, now := config.Timeout, config.Now
	if timeout <= 0 {
		timeout = 10 * time.Second
	}
	if now == nil {
		now = time.Now
	}
	return &Host{
		appKey: config.AppKey,
		now:    now,
		http: &http.Client{
			Transport:     netguard.Transport(netguard.Options{AllowLoopback: config.AllowLoopback}),
			CheckRedirect: refuseRedirect,
			Timeout:       timeout,
		},
	}
}

// Licence asks a site about the licence of the app.
func (h *Host) Licence(ctx context.Context, site HostSite) (HostLicence, error) {
	var answer struct {
		License *struct {
			Active            lenientBool `json:"active"`
			Evaluation        lenientBool `json:"evaluation"`
			Type              lenientText `json:"type"`
			EntitlementNumber lenientText `json:"entitlementNumber"`
			EntitlementID     lenientText `json:"entitlementId"`
		} `json:"license"`
	}
	path := "/rest/atlassian-connect/1/addons/" + url.PathEscape(h.appKey)
	if err := h.call(ctx, site, "ask for the licence", http.MethodGet, path, nil, &answer); err != nil {
		return HostLicence{}, err
	}
	l := answer.License
	if l == nil {
		return HostLicence{}, nil
	}
	entitlement := string(l.EntitlementNumber)
	if entitlement == "" {
		entitlement = string(l.EntitlementID)
	}
	return HostLicence{Known: l.Active.known, Active: l.Active.value, Evaluation: l.Evaluation.value, Type: string(l.Type), Entitlement: entitlement}, nil
}

// administer is the global permission of administrators.
const administer = "ADMINISTER"

// IsAdmin asks a site whether an account may administer it.
func (h *Host) IsAdmin(ctx context.Context, site HostSite, accountID string) (bool, error) {
	question := struct {
		AccountID         string   `json:"accountId"`
		GlobalPermissions []string `json:"globalPermissions"`
	}{accountID, []string{administer}}
	var answer struct {
		GlobalPermissions []string `json:"globalPermissions"`
	}
	if accountID == "" {
		// The site would answer for the app, not for a user.
		return false, nil
	}
	if err := h.call(ctx, site, "ask who is an administrator", http.MethodPost, "/rest/api/3/permissions/check", question, &answer); err != nil {
		return false, err
	}
	return slices.Contains(answer.GlobalPermissions, administer), nil
}

// call makes one call, once: whoever asks knows whether it is worth asking again.
func (h *Host) call(ctx context.Context, site HostSite, op, method, path string, question, answer any) error {
	base, err := url.Parse(site.BaseURL)
	if err != nil || base.Host == "" {
		return fmt.Errorf("%s: the address of the site cannot be read", op)
	}
	failed := func(status int, cause error) error {
		return &Error{Op: op, Operation: method + " " + path, Method: method, Path: path, Site: base.Host, Status: status, cause: cause}
	}
	target := base.JoinPath(path)
	request := connect.Request{Method: method, Path: target.EscapedPath(), BasePath: base.EscapedPath()}
	token, err := connect.AppToken(h.appKey, site.ClientKey, site.Secret, request, h.now())
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	var body io.Reader
	if question != nil {
		text, err := json.Marshal(question)
		if err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return fmt.Errorf("%s: the address of the site cannot be read", op)
	}
	req.Header.Set("Authorization", "JWT "+token.Reveal())
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := h.http.Do(req)
	if err != nil {
		return failed(0, plain(ctx, err))
	}
	defer func() {
		// Nothing can be done about a connection that does not close.
		_ = resp.Body.Close()
	}()
	if resp.StatusCode != http.StatusOK {
		return failed(resp.StatusCode, nil)
	}
	text, err := readAll(resp, maxHostAnswer)
	if err != nil {
		return failed(resp.StatusCode, plain(ctx, err))
	}
	if err := decodeJSON(text, answer); err != nil {
		return failed(resp.StatusCode, errors.Join(ErrUnreadable, err))
	}
	return nil
}
