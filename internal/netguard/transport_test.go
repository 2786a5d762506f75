package netguard_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"stowage/internal/netguard"
)

func TestHostileTargetsAreRefused(t *testing.T) {
	t.Parallel()
	hostile := map[string][]string{
		"loopback":       {"https://127.0.0.1", "https://127.8.8.8", "https://localhost", "https://a.localhost", "https://LOCALHOST.", "https://[::1]", "https://[::127.0.0.1]"},
		"mapped":         {"https://[::ffff:127.0.0.1]", "https://[::ffff:10.0.0.1]", "https://[::ffff:169.254.169.254]"},
		"private":        {"https://10.0.0.1", "https://172.16.0.1", "https://172.31.255.255", "https://192.168.1.1", "https://[fd00::1]", "https://[fec0::1]"},
		"link-local":     {"https://169.254.1.1", "https://[fe80::1]", "https://[fe80::1%25eth0]"},
		"metadata":       {"https://169.254.169.254/latest/meta-data", "https://[fd00:ec2::254]", "https://100.100.100.200", "https://192.0.0.192"},
		"carrier":        {"https://100.64.0.1", "https://100.127.255.255"},
		"special":        {"https://0.0.0.0", "https://0.1.2.3", "https://198.18.0.1", "https://192.0.2.1", "https://203.0.113.5", "https://240.0.0.1", "https://255.255.255.255", "https://224.0.0.1", "https://[ff02::1]", "https://[::]"},
		"translated":     {"https://[64:ff9b::7f00:1]", "https://[64:ff9b::a9fe:a9fe]", "https://[64:ff9b:1::1]", "https://[2002:7f00:1::]", "https://[2001:0:7f00:1::]", "https://[5f00::1]"},
		"short forms":    {"https://127.1", "https://0", "https://0x7f000001", "https://2130706433", "https://017700000001", "https://0x7f.1", "https://127.0.0.1.", "https://10.1"},
		"user":           {"https://user:pass@acme.atlassian.net", "https://acme.atlassian.net@127.0.0.1", "https://user@acme.atlassian.net"},
		"ports":          {"https://acme.atlassian.net:22", "https://acme.atlassian.net:8443", "https://acme.atlassian.net:0", "https://8.8.8.8:6379"},
		"other schemes":  {"http://acme.atlassian.net", "ftp://acme.atlassian.net", "file:///etc/passwd", "gopher://acme.atlassian.net", "http://acme.atlassian.net:443", "unix:///var/run/docker.sock"},
		"loopback plain": {"http://127.0.0.1", "http://localhost:6379"},
	}
	transport := netguard.Transport(netguard.Options{Resolver: answers(t, map[string][]string{})})
	for kind, addresses := range hostile {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for _, address := range addresses {
				if err := get(t.Context(), transport, address); !errors.Is(err, netguard.ErrRefused) {
					t.Errorf("%s: %v", address, err)
				}
			}
		})
	}
}

func TestNamesOfInnerAddressesAreRefusedWhenTheConnectionIsMade(t *testing.T) {
	t.Parallel()
	names := map[string][]string{
		"localtest.me.": {"127.0.0.1"}, "metadata.google.internal.": {"169.254.169.254"}, "inner.example.": {"10.1.2.3"},
		"both.example.": {"127.0.0.1", "10.0.0.1"}, "six.example.": {"::1"}, "nat.example.": {"64:ff9b::7f00:1"},
	}
	transport := netguard.Transport(netguard.Options{Resolver: answers(t, names)})
	for name := range names {
		err := get(t.Context(), transport, "https://"+strings.TrimSuffix(name, "."))
		if !errors.Is(err, netguard.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
		for _, ip := range names[name] {
			if err != nil && strings.Contains(err.Error(), ip) {
				t.Errorf("%s: the error describes our network: %v", name, err)
			}
		}
	}
}

// TestANameThatLeadsElsewhereAMomentLaterIsRefused looks a name up first, as a check that is made before would, and is told
// an address of the internet; the connection is made to this machine.
func TestANameThatLeadsElsewhereAMomentLaterIsRefused(t *testing.T) {
	t.Parallel()
	resolver := answersInTurn(t, "93.184.216.34", "127.0.0.1")
	first, err := resolver.LookupNetIP(t.Context(), "ip4", "rebind.example")
	if err != nil || len(first) != 1 || first[0].IsLoopback() {
		t.Fatalf("the first look-up: %v, %v", first, err)
	}
	transport := netguard.Transport(netguard.Options{Resolver: resolver})
	if err := get(t.Context(), transport, "https://rebind.example/"); !errors.Is(err, netguard.ErrRefused) {
		t.Errorf("the connection was not refused: %v", err)
	}
}

func TestEveryHopOfARedirectIsJudged(t *testing.T) {
	t.Parallel()
	// Loopback is allowed for the first hop only: what is asked for behind it is not loopback by name and is judged by number.
	for _, to := range []string{"https://10.0.0.1/", "http://acme.atlassian.net/", "https://user:pass@acme.atlassian.net/", "https://inner.example/"} {
		server := httptest.NewServer(http.RedirectHandler(to, http.StatusFound))
		t.Cleanup(server.Close)
		transport := netguard.Transport(netguard.Options{AllowLoopback: true, Resolver: answers(t, map[string][]string{"inner.example.": {"192.168.0.1"}})})
		client := &http.Client{Transport: transport}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		if !errors.Is(err, netguard.ErrRefused) {
			t.Errorf("%s: %v", to, err)
		}
	}
}

func TestLoopbackIsAllowedWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	if err := get(t.Context(), netguard.Transport(netguard.Options{AllowLoopback: true}), server.URL); err != nil {
		t.Error(err)
	}
	if err := get(t.Context(), netguard.Transport(netguard.Options{}), server.URL); !errors.Is(err, netguard.ErrRefused) {
		t.Errorf("without the option: %v", err)
	}
}

func TestAddressesOfTheInternetAreAllowed(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://acme.atlassian.net", "https://api.atlassian.com:443/x", "https://8.8.8.8", "https://[2606:4700::1111]", "https://a1.example", "https://0x.example"} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := netguard.Outgoing(u, false); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestTheProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	var hits atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("ALL_PROXY", proxy.URL)
	transport := netguard.Transport(netguard.Options{AllowLoopback: true, Resolver: answers(t, map[string][]string{"inner.example.": {"10.0.0.1"}})})
	if err := get(t.Context(), transport, "https://inner.example"); !errors.Is(err, netguard.ErrRefused) {
		t.Error(err)
	}
	if hits.Load() != 0 {
		t.Error("the proxy was asked")
	}
}

func get(ctx context.Context, transport http.RoundTripper, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return errors.Join(netguard.ErrRefused, err) // net/http itself cannot make sense of it
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	_, copyErr := io.Copy(io.Discard, resp.Body)
	return errors.Join(copyErr, resp.Body.Close())
}

// answers is a resolver that knows a few names.
func answers(t *testing.T, names map[string][]string) *net.Resolver {
	t.Helper()
	return resolver(t, func(name string) []string { return names[strings.ToLower(name)] })
}

// answersInTurn is a resolver that gives every look-up the next of the addresses, and the last one for ever.
func answersInTurn(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	var n atomic.Int64
	return resolver(t, func(string) []string {
		return []string{addresses[min(int(n.Add(1)), len(addresses))-1]}
	})
}

// resolver asks a name server of our own, over a connection in memory. Only questions for addresses of the family that the
// answer has are counted.
func resolver(t *testing.T, look func(name string) []string) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		here, there := net.Pipe()
		stop := context.AfterFunc(ctx, func() { _ = there.Close() })
		served := make(chan struct{})
		go func() {
			defer close(served)
			defer stop()
			serveNames(there, look)
		}()
		t.Cleanup(func() {
			_ = here.Close()
			_ = there.Close()
			<-served
		})
		return here, nil
	}}
}

// serveNames answers questions that come as they do over TCP, each behind its length.
func serveNames(c net.Conn, look func(name string) []string) {
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, question); err != nil {
			return
		}
		reply := answer(question, look)
		binary.BigEndian.PutUint16(size[:], uint16(len(reply)))
		if _, err := c.Write(append(size[:], reply...)); err != nil {
			return
		}
	}
}

func answer(question []byte, look func(name string) []string) []byte {
	end := 12
	var name strings.Builder
	for question[end] != 0 {
		name.Write(question[end+1 : end+1+int(question[end])])
		name.WriteByte('.')
		end += 1 + int(question[end])
	}
	kind := binary.BigEndian.Uint16(question[end+1:])
	end += 5
	var records []byte
	count := 0
	const a, aaaa = 1, 28
	if kind == a || kind == aaaa {
		var found []string
		// A name of this test has addresses of one family; the question for the other one is not counted.
		if kind == a {
			found = look(name.String())
		} else if six := look6(look, name.String()); six != nil {
			found = six
		}
		for _, text := range found {
			ip := netip.MustParseAddr(text)
			if ip.Is4() != (kind == a) {
				continue
			}
			records = append(records, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(ip.AsSlice())))
			records = append(records, ip.AsSlice()...)
			count++
		}
	}
	reply := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, byte(count), 0, 0, 0, 0}, question[12:end]...)
	return append(reply, records...)
}

// look6 looks a name up for the addresses of the newer family, where that does not use an answer up.
func look6(look func(name string) []string, name string) []string {
	if strings.HasPrefix(name, "rebind.") {
		return nil
	}
	return look(name)
}
