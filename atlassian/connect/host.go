package connect

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"stowage/internal/netguard"
)

// Hosts says which sites the app may be installed on: calls to them are signed with what they sent, so that a wrong one
// would be given signed requests and be asked for who is an admin. The zero value permits the sites of Atlassian's
// commercial cloud.
type Hosts struct {
	// Sites are the names of the permitted hosts, such as acme.atlassian.net; *.atlassian.net stands for every name below
	// atlassian.net. Empty means DefaultSites.
	Sites []string
	// AllowLoopback permits sites on this machine as well, by http, at any port and below any path. It is for the demo and
	// for tests.
	AllowLoopback bool
}

// DefaultSites returns the sites of Atlassian's commercial cloud.
func DefaultSites() []string { return []string{"*.atlassian.net", "*.jira.com"} }

var hostPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$`)

// Check says which of the names of hosts is none.
func (h Hosts) Check() error {
	for _, site := range h.Sites {
		if !hostPattern.MatchString(strings.ToLower(strings.TrimPrefix(site, "*."))) {
			return fmt.Errorf("%q is no name of a host, such as acme.atlassian.net or *.atlassian.net", site)
		}
	}
	return nil
}

// permits says whether a host, in lower case, is one of those that are permitted.
func (h Hosts) permits(host string) bool {
	sites := h.Sites
	if len(sites) == 0 {
		sites = DefaultSites()
	}
	return slices.ContainsFunc(sites, func(site string) bool {
		domain, below := strings.CutPrefix(strings.ToLower(site), "*.")
		return host == domain && !below || below && strings.HasSuffix(host, "."+domain)
	})
}

// Base holds the base URL of a site against the list and returns it without a slash at its end.
func (h Hosts) Base(raw string) (string, error) {
	u, err := plainURL(raw)
	if err != nil {
		return "", err
	}
	host := strings.ToLower(u.Hostname())
	if netguard.Loopback(host) {
		if !h.AllowLoopback {
			return "", invalid("sites on this machine are not permitted")
		}
		return strings.TrimSuffix(u.Scheme+"://"+strings.ToLower(u.Host)+u.EscapedPath(), "/"), nil
	}
	switch {
	case u.Scheme != "https":
		return "", invalid("the site is not addressed by https")
	case u.Port() != "" || strings.HasSuffix(u.Host, ":"):
		return "", invalid("the address of the site names a port")
	case u.EscapedPath() != "" && u.EscapedPath() != "/":
		return "", invalid("the address of the site has a path")
	case !hostPattern.MatchString(host):
		return "", invalid("the address of the site is no domain name")
	case !h.permits(host):
		return "", invalid("the site is of a domain that is not permitted")
	}
	return "https://" + host, nil
}

// Display reads the address under which people reach a site, which may be on a domain of their own. It is shown and may
// hold the app in a frame; it is never called.
func (h Hosts) Display(raw string) (string, error) {
	u, err := plainURL(raw)
	if err != nil {
		return "", err
	}
	host := strings.ToLower(u.Hostname())
	if netguard.Loopback(host) {
		return h.Base(raw)
	}
	if u.Scheme != "https" || u.Port() != "" || strings.HasSuffix(u.Host, ":") || !hostPattern.MatchString(host) {
		return "", invalid("the address shown to people is no plain https address")
	}
	return "https://" + host, nil
}

// Origin returns scheme, host and port of an address that Base or Display returned, for a Content-Security-Policy.
func Origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// plainURL parses an address that consists of scheme, host and path only.
func plainURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Hostname() == "", len(raw) > 300:
		return nil, invalid("the address of the site is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, invalid("the site is not addressed by https")
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "", strings.ContainsAny(raw, " ;,'\"\\\t\r\n#"):
		return nil, invalid("the address of the site carries more than a host")
	}
	return u, nil
}
