package netguard

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// ErrRefused means that an address may not be spoken to. Nothing was sent there.
var ErrRefused = errors.New("the address is not allowed")

// Options are the choices of a guarded transport. The zero value is what a service uses whose users name the addresses.
type Options struct {
	// AllowLoopback lets addresses be on this machine, on any port and without TLS: for the demo and for tests. It is never
	// read from the environment.
	AllowLoopback bool
	// Resolver looks names up; nil is that of the machine.
	Resolver *net.Resolver
	// ConnsPerHost is how many idle connections to one host are kept; 0 is 16.
	ConnsPerHost int
}

// Transport makes the transport for addresses that users name. It speaks https on port 443 to addresses of the internet and
// to nothing else: what a name leads to is judged when the connection is made, with the address it is made to, so that a name
// that leads elsewhere a moment later gains nothing. No proxy of the environment is used. Whoever uses it in an http.Client
// decides about redirects; each hop of one is judged like the first.
func Transport(o Options) http.RoundTripper {
	conns := o.ConnsPerHost
	if conns <= 0 {
		conns = 16
	}
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second, Resolver: o.Resolver, Control: control(o.AllowLoopback)}
	return &guarded{
		loopback: o.AllowLoopback,
		next: &http.Transport{
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    15 * time.Second,
			ResponseHeaderTimeout:  2 * time.Minute,
			ExpectContinueTimeout:  time.Second,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConns:           1024,
			MaxIdleConnsPerHost:    conns,
			MaxResponseHeaderBytes: 1 << 20,
		},
	}
}

// control judges the address of every connection, after its name was looked up.
func control(allowLoopback bool) func(network, address string, c syscall.RawConn) error {
	public := ssrf.New(ssrf.WithPorts(443))
	return func(network, address string, c syscall.RawConn) error {
		if at, err := netip.ParseAddrPort(address); allowLoopback && err == nil && at.Addr().Unmap().IsLoopback() {
			return nil
		}
		if public.Safe(network, address, c) != nil {
			return ErrRefused
		}
		return nil
	}
}

// guarded judges the address of every request before its name is looked up.
type guarded struct {
	loopback bool
	next     *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := Outgoing(r.URL, g.loopback); err != nil {
		if r.Body != nil {
			// Nothing of it was read, so there is nothing that closing could lose.
			_ = r.Body.Close()
		}
		return nil, err
	}
	resp, err := g.next.RoundTrip(r)
	if errors.Is(err, ErrRefused) {
		// What stands around it names the number, and that is knowledge about our network.
		return nil, fmt.Errorf("%w: the name %s does not lead to the internet", ErrRefused, r.URL.Hostname())
	}
	return resp, err
}

// CloseIdleConnections closes the connections that are kept.
func (g *guarded) CloseIdleConnections() { g.next.CloseIdleConnections() }

// Outgoing says whether a service may send a request to an address that one of its users named: https on port 443, to a
// host that is named plainly, without user or password. Where names lead to is judged when the connection is made.
func Outgoing(u *url.URL, allowLoopback bool) error {
	if u.User != nil {
		return fmt.Errorf("%w: it carries a user or password", ErrRefused)
	}
	if err := Allowed(u, allowLoopback); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	host := u.Hostname()
	if Loopback(host) {
		return nil // Allowed has said so.
	}
	if port := u.Port(); port != "" && port != "443" {
		return fmt.Errorf("%w: port %s is not 443", ErrRefused, port)
	}
	if shortForm(host) {
		return fmt.Errorf("%w: the host is a number and not a name", ErrRefused)
	}
	return nil
}

// shortForm says whether a host is a number in one of the old ways of writing addresses, such as 127.1, 0x7f000001 or
// 2130706433, that some resolvers understand.
func shortForm(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	digits := "0123456789"
	if rest, hex := strings.CutPrefix(last, "0x"); hex {
		last, digits = rest, "0123456789abcdef"
	}
	return strings.Trim(last, digits) == ""
}
