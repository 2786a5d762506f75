// Package netguard decides which addresses may be spoken to at all: Base when somebody gives one, Transport whenever one is
// used, by the number that its name has led to.
package netguard

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Base reads the address of a site or service: https with a host and at most a path. Plain http is accepted for loopback
// hosts when allowLoopback is set, and loopback hosts are accepted only then. The address may not carry a user, a query or
// a fragment. Errors never repeat the address as given: somebody may have put a password into it.
func Base(raw string, allowLoopback bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, errors.New("the address is not a URL")
	}
	if u.Host == "" || u.Hostname() == "" {
		return nil, errors.New("the address has no host: write it as https://HOST")
	}
	if u.User != nil {
		return nil, errors.New("the address must not carry a user or password")
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, errors.New("the address must not carry a query or fragment")
	}
	if err := Allowed(u, allowLoopback); err != nil {
		return nil, err
	}
	for segment := range strings.SplitSeq(u.EscapedPath(), "/") {
		if err := Segment(segment); err != nil {
			return nil, err
		}
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

// Allowed says whether requests may go to the scheme and host of u.
func Allowed(u *url.URL, allowLoopback bool) error {
	loopback := Loopback(u.Hostname())
	switch {
	case loopback && !allowLoopback:
		return fmt.Errorf("%s is an address of this machine, which is not allowed here", u.Host)
	case u.Scheme == "https", loopback && u.Scheme == "http":
		return nil
	case u.Scheme == "http":
		return fmt.Errorf("%s must be spoken to with https", u.Host)
	}
	return fmt.Errorf("%s must be spoken to with https, not %q", u.Host, u.Scheme)
}

// Segment refuses the path segments that change which path is meant.
func Segment(segment string) error {
	decoded, err := url.PathUnescape(segment)
	if err != nil {
		return errors.New("the path is not escaped properly")
	}
	if decoded == "." || decoded == ".." || strings.ContainsAny(decoded, "/\\\x00") {
		return errors.New("the path must not point elsewhere")
	}
	return nil
}

// Loopback says whether a host, without port, is this machine by name or by number.
func Loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
