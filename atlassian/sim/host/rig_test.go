package host_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/host"
)

// rig is a host around two sites, and an app that listens.
type rig struct {
	tb   testing.TB
	sim  *sim.Sim
	host *host.Host
	acme *host.Site
	app  *fakeApp
}

func newRig(tb testing.TB, change ...func(map[string]any)) *rig {
	tb.Helper()
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}, {Name: "globex"}}})
	if err != nil {
		tb.Fatal(err)
	}
	if err := gen.Site(s.Site("acme").World(), "acme"); err != nil {
		tb.Fatal(err)
	}
	h, err := host.New(s, host.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	web := httptest.NewServer(h)
	tb.Cleanup(web.Close)
	if err := h.SetBaseURL(web.URL); err != nil {
		tb.Fatal(err)
	}
	return &rig{tb: tb, sim: s, host: h, acme: h.Site("acme"), app: newFakeApp(tb, h.ScriptURL(), change...)}
}

// install installs the fake app on acme.
func (r *rig) install() host.App {
	r.tb.Helper()
	app, err := r.acme.Install(r.tb.Context(), r.app.descriptorURL())
	if err != nil {
		r.tb.Fatal(err)
	}
	return app
}

// call is a callback that the app heard.
type call struct {
	path, token string
	query       string
	body        map[string]any
	raw         []byte
}

// fakeApp is a small app: it keeps what it is told, and answers as it is made to.
type fakeApp struct {
	tb         testing.TB
	web        *httptest.Server
	descriptor map[string]any

	mu     sync.Mutex
	calls  []call
	status map[string]int // of a path; 204 otherwise
	during func(call)     // while a callback is answered

	told    map[string]string // by the page, in a browser
	telling func()
}

func newFakeApp(tb testing.TB, script string, change ...func(map[string]any)) *fakeApp {
	tb.Helper()
	a := &fakeApp{tb: tb, status: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /base/atlassian-connect.json", func(w http.ResponseWriter, _ *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(a.descriptor); err != nil {
			tb.Error(err)
		}
	})
	mux.HandleFunc("POST /base/connect/{event}", a.hear)
	mux.HandleFunc("GET /base/pages/{page}", func(w http.ResponseWriter, r *http.Request) { writeFakePage(w, r, script) })
	mux.HandleFunc("POST /base/told", func(_ http.ResponseWriter, r *http.Request) {
		var told struct{ Name, Value string }
		if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
			tb.Error(err)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.told == nil {
			a.told = map[string]string{}
		}
		a.told[told.Name] = told.Value
		if a.telling != nil {
			a.telling()
		}
	})
	a.web = httptest.NewServer(mux)
	tb.Cleanup(a.web.Close)
	a.descriptor = map[string]any{
		"key": "com.example.fake", "name": "Fake", "description": "An app that is not there.", "baseUrl": a.web.URL + "/base/", "apiVersion": 2,
		"authentication": map[string]any{"type": "jwt"}, "enableLicensing": true, "scopes": []string{"READ"},
		"vendor":        map[string]any{"name": "Example", "url": "https://example.com"},
		"apiMigrations": map[string]any{"signed-install": true, "context-qsh": true, "gdpr": true},
		"lifecycle": map[string]any{
			"installed": "/connect/installed", "enabled": "/connect/enabled?from=host", "disabled": "/connect/disabled", "uninstalled": "/connect/uninstalled",
		},
		"modules": map[string]any{
			"adminPages":      []any{page("admin", "/pages/admin?place={ac.place}&x={other}", "Fake administration")},
			"generalPages":    []any{page("open", "/pages/open", "Fake for all"), withLocation(page("deep", "/pages/deep", "Not in the menu"), "none")},
			"configurePage":   page("configure", "/pages/configure", "Configure Fake"),
			"postInstallPage": page("started", "/pages/started", "Get started with Fake"),
			"dialogs":         []any{page("confirm", "/pages/confirm", "Are you sure?")},
		},
	}
	for _, c := range change {
		c(a.descriptor)
	}
	return a
}

func page(key, url, name string) map[string]any {
	return map[string]any{"key": key, "url": url, "name": map[string]any{"value": name}}
}

func withLocation(module map[string]any, location string) map[string]any {
	module["location"] = location
	return module
}

func (a *fakeApp) base() string          { return a.web.URL + "/base" }
func (a *fakeApp) descriptorURL() string { return a.base() + "/atlassian-connect.json" }

func (a *fakeApp) hear(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		a.tb.Error(err)
	}
	c := call{path: strings.TrimPrefix(r.URL.Path, "/base"), query: r.URL.RawQuery, raw: raw, token: strings.TrimPrefix(r.Header.Get("Authorization"), "JWT ")}
	if err := json.Unmarshal(raw, &c.body); err != nil {
		a.tb.Error(err)
	}
	a.mu.Lock()
	a.calls = append(a.calls, c)
	status, during := a.status[c.path], a.during
	a.mu.Unlock()
	if during != nil {
		during(c)
	}
	if status == 0 {
		status = http.StatusNoContent
	}
	w.WriteHeader(status)
	if status >= 400 {
		fmt.Fprintf(w, "I do not like %v and %s", c.body["sharedSecret"], c.token)
	}
}

// answer makes the app answer a path with a status from now on.
func (a *fakeApp) answer(path string, status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.status[path] = status
}

// heard returns the callbacks so far and forgets them.
func (a *fakeApp) heard() []call {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := a.calls
	a.calls = nil
	return out
}

func paths(calls []call) string {
	var out []string
	for _, c := range calls {
		out = append(out, strings.TrimPrefix(c.path, "/connect/"))
	}
	return strings.Join(out, " ")
}

// get asks the host with an Authorization header.
func (r *rig) send(method, url, body, authorization string, change ...func(*http.Request)) (status int, header http.Header, text string) {
	r.tb.Helper()
	q, err := http.NewRequestWithContext(r.tb.Context(), method, url, strings.NewReader(body))
	if err != nil {
		r.tb.Fatal(err)
	}
	if authorization != "" {
		q.Header.Set("Authorization", authorization)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(q)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	response, err := client.Do(q)
	if err != nil {
		r.tb.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		r.tb.Fatal(err)
	}
	return response.StatusCode, response.Header, string(answer)
}

// secretOf is the shared secret that the last "installed" brought.
func secretOf(tb testing.TB, calls []call) string {
	tb.Helper()
	for i := range calls {
		if c := calls[len(calls)-1-i]; c.path == "/connect/installed" {
			secret, _ := c.body["sharedSecret"].(string)
			return secret
		}
	}
	tb.Fatal("the app was never installed")
	return ""
}

// kidOf reads whose key signed a token, without proving it.
func kidOf(tb testing.TB, token string) any {
	tb.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		tb.Fatalf("token %q: %v", token, err)
	}
	return parsed.Header["kid"]
}

// proveShared proves a token with the library that apps use, not with the host's own code.
func proveShared(tb testing.TB, token, secret string) jwt.MapClaims {
	tb.Helper()
	c := jwt.MapClaims{}
	if _, err := jwt.ParseWithClaims(token, c, func(*jwt.Token) (any, error) { return []byte(secret), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt()); err != nil {
		tb.Fatalf("token %q: %v", token, err)
	}
	return c
}

// proveKey proves a token with the key that the host serves for its kid.
func (r *rig) proveKey(token string) jwt.MapClaims {
	r.tb.Helper()
	c := jwt.MapClaims{}
	if _, err := jwt.ParseWithClaims(token, c, func(t *jwt.Token) (any, error) {
		status, _, pem := r.send("GET", r.host.KeysURL()+"/"+fmt.Sprint(t.Header["kid"]), "", "")
		if status != http.StatusOK {
			return nil, fmt.Errorf("key: status %d", status)
		}
		return jwt.ParseRSAPublicKeyFromPEM([]byte(pem))
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt()); err != nil {
		r.tb.Fatalf("token %q: %v", token, err)
	}
	return c
}

func writeFakePage(w http.ResponseWriter, r *http.Request, script string) {
	var page bytes.Buffer
	fmt.Fprintf(&page, fakePage, script)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	switch r.PathValue("page") {
	case "confirm":
		page.Reset()
		fmt.Fprintf(&page, fakeDialog, script)
	case "stranger":
		page.Reset()
		page.WriteString(fakeStranger)
	}
	if _, err := w.Write(page.Bytes()); err != nil {
		return
	}
}
