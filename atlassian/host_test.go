package atlassian_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian"
	"stowage/atlassian/connect"
	"stowage/atlassian/connect/connecttest"
	"stowage/internal/redact"
)

const hostSecret = "the-shared-secret-of-the-host-is-long"

// hostSite starts a site below a path, as the simulator has them. Every call must be signed by the app.
func hostSite(t *testing.T, answer http.HandlerFunc) atlassian.HostSite {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := connect.FromHeader(r)
		if err != nil {
			t.Errorf("the call is not signed: %v", err)
		}
		base := &url.URL{Path: "/sites/acme"}
		if _, err := connect.VerifyEvent(token, "io.stowage.app", redact.New(hostSecret), connect.RequestOf(r, base), time.Now()); err != nil {
			t.Errorf("the signature does not hold: %v", err)
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return atlassian.HostSite{BaseURL: server.URL + "/sites/acme", ClientKey: "client-acme", Secret: redact.New(hostSecret)}
}

func newHost() *atlassian.Host {
	return atlassian.NewHost(atlassian.HostConfig{AppKey: "io.stowage.app", AllowLoopback: true, Timeout: 2 * time.Second})
}

func TestHostSaysWhoIsAdministrator(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		want   bool
	}{
		"one":             {`{"projectPermissions":[],"globalPermissions":["ADMINISTER"]}`, true},
		"with more":       {`{"globalPermissions":["USER_PICKER","ADMINISTER"]}`, true},
		"none":            {`{"projectPermissions":[],"globalPermissions":[]}`, false},
		"nearly one":      {`{"globalPermissions":["ADMINISTER_PROJECTS","administer"]}`, false},
		"nothing said":    {`{}`, false},
		"of a project":    {`{"projectPermissions":[{"permission":"ADMINISTER"}],"globalPermissions":[]}`, false},
		"nothing at once": {`null`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := hostSite(t, func(w http.ResponseWriter, r *http.Request) {
				var question map[string]any
				if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
					t.Error(err)
				}
				want := map[string]any{"accountId": "557058:a", "globalPermissions": []any{"ADMINISTER"}}
				if diff := cmp.Diff(want, question); diff != "" || r.Method != http.MethodPost || r.URL.Path != "/sites/acme/rest/api/3/permissions/check" {
					t.Errorf("asked %s %s (-want +got):\n%s", r.Method, r.URL.Path, diff)
				}
				_, _ = io.WriteString(w, test.answer)
			})
			got, err := newHost().IsAdmin(t.Context(), site, "557058:a")
			if err != nil || got != test.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestNobodyIsNoAdministrator(t *testing.T) {
	t.Parallel()
	site := hostSite(t, func(http.ResponseWriter, *http.Request) { t.Error("asked for nobody") })
	if got, err := newHost().IsAdmin(t.Context(), site, ""); err != nil || got {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestHostSaysWhatTheLicenceIs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		want   atlassian.HostLicence
	}{
		"paid": {
			`{"key":"io.stowage.app","state":"ENABLED","license":{"active":true,"type":"COMMERCIAL","evaluation":false,"entitlementNumber":"E-1","entitlementId":"x"}}`,
			atlassian.HostLicence{Known: true, Active: true, Type: "COMMERCIAL", Entitlement: "E-1"},
		},
		"evaluated":    {`{"license":{"active":true,"evaluation":true,"entitlementId":"x"}}`, atlassian.HostLicence{Known: true, Active: true, Evaluation: true, Entitlement: "x"}},
		"over":         {`{"license":{"active":false,"type":"COMMERCIAL"}}`, atlassian.HostLicence{Known: true, Type: "COMMERCIAL"}},
		"not paid for": {`{"key":"io.stowage.app","state":"ENABLED"}`, atlassian.HostLicence{}},
		"unclear":      {`{"license":{"type":"COMMERCIAL"}}`, atlassian.HostLicence{Type: "COMMERCIAL"}},
		"null":         {`{"license":null}`, atlassian.HostLicence{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := hostSite(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet || r.URL.Path != "/sites/acme/rest/atlassian-connect/1/addons/io.stowage.app" {
					t.Errorf("asked %s %s", r.Method, r.URL.Path)
				}
				_, _ = io.WriteString(w, test.answer)
			})
			got, err := newHost().Licence(t.Context(), site)
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestHostThatDoesNotAnswerIsAnError(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("a redirect was followed")
		_, _ = io.WriteString(w, `{"globalPermissions":["ADMINISTER"]}`)
	}))
	t.Cleanup(elsewhere.Close)
	for name, answer := range map[string]http.HandlerFunc{
		"refused": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"broken":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"no JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"created": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"globalPermissions":["ADMINISTER"]}`)
		},
		"too much": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"x":"`+strings.Repeat("x", 2<<20)+`"}`)
		},
		"broken off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := hostSite(t, answer)
			got, err := newHost().IsAdmin(t.Context(), site, "557058:a")
			if err == nil || got {
				t.Errorf("got %v, %v", got, err)
			}
			if strings.Contains(err.Error(), hostSecret) {
				t.Errorf("shows the secret: %v", err)
			}
			if _, ok := errors.AsType[*atlassian.Error](err); !ok {
				t.Errorf("%v is no *Error", err)
			}
		})
	}
}

func TestHostsOfThisMachineAreNotCalled(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("called") }))
	t.Cleanup(server.Close)
	host := atlassian.NewHost(atlassian.HostConfig{AppKey: "io.stowage.app", Timeout: 2 * time.Second})
	for _, base := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), "https://127.0.0.1", "http://169.254.169.254", "https://10.0.0.1", ""} {
		site := atlassian.HostSite{BaseURL: base, ClientKey: "c", Secret: redact.New(hostSecret)}
		if _, err := host.Licence(t.Context(), site); err == nil {
			t.Errorf("%s: no error", base)
		}
	}
	if _, err := newHost().Licence(t.Context(), atlassian.HostSite{BaseURL: server.URL, ClientKey: "c"}); err == nil {
		t.Error("called without a secret")
	}
}

func publicPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func installKeys(t *testing.T, answer http.HandlerFunc) *atlassian.InstallKeys {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	keys, err := atlassian.NewInstallKeys(atlassian.InstallKeysConfig{Base: server.URL, AllowLoopback: true, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestKeysAreAskedForOnce(t *testing.T) {
	t.Parallel()
	good := connecttest.PublicPEM(t)
	var asked atomic.Int32
	keys := installKeys(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path != "/known" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(good)
	})
	for range 3 {
		key, err := keys.Key(t.Context(), "known")
		if err != nil || !key.Equal(&connecttest.SigningKey().PublicKey) {
			t.Fatalf("got %v", err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	if _, err := keys.Key(t.Context(), "unknown"); !errors.Is(err, connect.ErrUnknownKey) {
		t.Errorf("got %v", err)
	}
}

func TestKeysAreForgotten(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	good := connecttest.PublicPEM(t)
	var withdrawn atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if withdrawn.Load() {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(good)
	}))
	t.Cleanup(server.Close)
	keys, err := atlassian.NewInstallKeys(atlassian.InstallKeysConfig{Base: server.URL, AllowLoopback: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Key(t.Context(), "known"); err != nil {
		t.Fatal(err)
	}
	withdrawn.Store(true)
	now = now.Add(11 * time.Hour)
	if _, err := keys.Key(t.Context(), "known"); err != nil {
		t.Errorf("within its life: %v", err)
	}
	now = now.Add(2 * time.Hour)
	if _, err := keys.Key(t.Context(), "known"); !errors.Is(err, connect.ErrUnknownKey) {
		t.Errorf("after its life: %v", err)
	}
}

func TestWhatIsNoKeyIsNotBelieved(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // it is there to be refused
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := connecttest.PublicPEM(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("a redirect was followed")
		_, _ = w.Write(good)
	}))
	t.Cleanup(elsewhere.Close)
	write := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }
	}
	for name, answer := range map[string]http.HandlerFunc{
		"a weak key":        write(publicPEM(t, &weak.PublicKey)),
		"another algorithm": write(publicPEM(t, &curve.PublicKey)),
		"two keys":          write(append(append([]byte{}, good...), good...)),
		"a private key":     write(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(weak)})),
		"no PEM":            write([]byte("<html>")),
		"nothing":           write(nil),
		"too much":          write(append(append([]byte{}, good...), []byte(strings.Repeat(" ", 20<<10))...)),
		"a redirect":        func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"broken": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write(good)
		},
		"forbidden": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := installKeys(t, answer)
			key, err := keys.Key(t.Context(), "known")
			if err == nil || key != nil || errors.Is(err, connect.ErrUnknownKey) {
				t.Errorf("got %v, %v", key, err)
			}
		})
	}
	for _, id := range []string{"", "..", "a/b"} {
		keys := installKeys(t, func(http.ResponseWriter, *http.Request) { t.Errorf("asked for %q", id) })
		if _, err := keys.Key(t.Context(), id); !errors.Is(err, connect.ErrUnknownKey) {
			t.Errorf("%q: got %v", id, err)
		}
	}
}

func TestKeysThatAreNotKnownAreAskedForSlowly(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	keys := installKeys(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.NotFound(w, r)
	})
	var refused int
	for range 300 {
		if _, err := keys.Key(t.Context(), "unknown"); !errors.Is(err, connect.ErrUnknownKey) {
			refused++
		}
	}
	if refused == 0 || int(asked.Load())+refused != 300 {
		t.Errorf("asked %d times, refused %d", asked.Load(), refused)
	}
}

func TestKeysAreNotServedByThisMachine(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"http://127.0.0.1:1", "http://connect-install-keys.atlassian.com", "https://user:pw@keys.example", "keys", "https://keys.example/?a"} {
		if _, err := atlassian.NewInstallKeys(atlassian.InstallKeysConfig{Base: base}); err == nil {
			t.Errorf("%s: accepted", base)
		}
	}
	if _, err := atlassian.NewInstallKeys(atlassian.InstallKeysConfig{}); err != nil {
		t.Error(err)
	}
}
