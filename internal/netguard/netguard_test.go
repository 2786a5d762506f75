package netguard_test

import (
	"strings"
	"testing"

	"stowage/internal/netguard"
)

func TestBaseAcceptsAndRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw      string
		loopback bool
		want     string // "" is refused
	}{
		{"https://acme.atlassian.net", false, "https://acme.atlassian.net"},
		{"https://acme.atlassian.net/", false, "https://acme.atlassian.net"},
		{" https://acme.atlassian.net:443/x/ ", false, "https://acme.atlassian.net:443/x"},
		{"http://acme.atlassian.net", false, ""},
		{"http://acme.atlassian.net", true, ""},
		{"http://127.0.0.1:9090/sites/acme", true, "http://127.0.0.1:9090/sites/acme"},
		{"http://127.0.0.1:9090", false, ""},
		{"https://localhost", false, ""},
		{"http://localhost:1", true, "http://localhost:1"},
		{"http://[::1]:1", true, "http://[::1]:1"},
		{"http://[::ffff:127.0.0.1]:1", false, ""},
		{"https://user:canary@acme.atlassian.net", false, ""},
		{"https://acme.atlassian.net/?token=canary", false, ""},
		{"https://acme.atlassian.net/#x", false, ""},
		{"https://acme.atlassian.net/../x", false, ""},
		{"https://acme.atlassian.net/%2e%2e/x", false, ""},
		{"https://acme.atlassian.net/a%2fb", false, ""},
		{"acme.atlassian.net", false, ""},
		{"file:///etc/passwd", false, ""},
		{"ftp://127.0.0.1", true, ""},
		{"https://", false, ""},
		{"https://canary:%zz@h", false, ""},
	} {
		u, err := netguard.Base(c.raw, c.loopback)
		got := ""
		if err == nil {
			got = u.String()
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: the error shows what was in the address: %v", c.raw, err)
		}
		if got != c.want {
			t.Errorf("%q (loopback %v): %q, %v; want %q", c.raw, c.loopback, got, err, c.want)
		}
	}
}
