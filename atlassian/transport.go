package atlassian

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"stowage/internal/netguard"
)

// newTransport makes the transport to a site. It uses no proxy of the environment: a credential goes where it was meant to
// go, or nowhere.
func newTransport(inFlight int) *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    15 * time.Second,
		ResponseHeaderTimeout:  2 * time.Minute,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           2 * inFlight,
		MaxIdleConnsPerHost:    inFlight,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// refuseRedirect makes a redirect an answer like any other: an API that sends its callers elsewhere is not the API.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// checkMediaRedirect lets downloads be redirected within Atlassian. net/http drops the Authorization header when the host
// changes.
func (c *Client) checkMediaRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > 3 {
		return errors.New("redirected too often")
	}
	if r.URL.Host == via[0].URL.Host && r.URL.Scheme == via[0].URL.Scheme {
		return nil
	}
	if err := netguard.Allowed(r.URL, false); err != nil || !ofAtlassian(r.URL.Hostname()) {
		return http.ErrUseLastResponse
	}
	return nil
}

// ofAtlassian says whether a host belongs to Atlassian.
func ofAtlassian(host string) bool {
	for _, domain := range []string{"atlassian.com", "atlassian.net", "atl-paas.net"} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}
