//nolint:thelper // Each case is a test of its own: its lines are what should be named when it fails.
package lifecycle_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"stowage"
	"stowage/atlassian"
	"stowage/atlassian/connect/connecttest"
	"stowage/models"
	"stowage/server/lifecycle"
	"stowage/server/web"
)

// TestCasesOfConnect runs what the shared list says about Connect, one test for each case. A case of the list without a
// test fails.
func TestCasesOfConnect(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T){
		"C01": installIsTaken,
		"C02": installNeedsAToken,
		"C03": installIsNeverSymmetric,
		"C05": tenantSpeaksForItself,
		"C06": tokenOfAnotherApp,
		"C07": oneSlashMoreOrLess,
		"C09": audienceAsTextOrList,
		"C11": otherAlgorithms,
		"C13": keyServerInTrouble,
		"C14": addressesThatAreNoSites,
		"C16": installAgain,
		"C17": wrongCallback,
		"C18": replayWithAnotherBody,
		"C19": uninstallOfAStranger,
		"C21": enabledAndDisabled,
		"C22": disabledWithoutToken,
		"C24": pageIsShown,
		"C25": pageOfAnotherRequest,
		"C26": contextTokenOnAPage,
		"C27": contextTokenOnTheAPI,
		"C29": userWhoIsNoAdministrator,
		"C30": tokensAfterUninstall,
		"C32": timesOfTokens,
		"C34": scannerWithoutProperToken,
		"C36": scannerLooksAtHeaders,
	}
	for id, test := range tests {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
	t.Run("every case of the list has its test", func(t *testing.T) {
		t.Parallel()
		listed := 0
		for _, c := range readCases(t) {
			if !strings.HasPrefix(c.Area, "connect") && !strings.HasPrefix(c.Area, "csrt") {
				continue
			}
			listed++
			if tests[c.ID] == nil {
				t.Errorf("%s (%s: %s) has no test", c.ID, c.Area, c.Given)
			}
		}
		if listed != len(tests) {
			t.Errorf("the list has %d cases, %d are tested", listed, len(tests))
		}
	})
}

type authCase struct{ ID, Area, Given string }

func readCases(t *testing.T) []authCase {
	t.Helper()
	text := readShared(t, "data/auth-cases.json")
	var file struct{ Cases []authCase }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// readShared reads a file that is kept beside the project.
func readShared(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../shared/" + name)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("STOWAGE_REQUIRE_SHARED") != "1" {
		t.Skip("the shared data is not here: " + name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func installIsTaken(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	inst := r.install(t, s)
	if inst.State != models.Installed || inst.BaseURL != s.BaseURL || inst.SharedSecret.Reveal() != s.Secret || inst.TenantID == "" {
		t.Errorf("stored %+v", inst)
	}
}

func installNeedsAToken(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	expect(t, r.post(t, "/installed", "", body(s, "installed")), http.StatusUnauthorized)
	// The address is no place for it either.
	expect(t, r.post(t, "/installed?jwt="+s.Install(t, "POST", "/installed"), "", body(s, "installed")), http.StatusUnauthorized)
	r.unknown(t, s)
}

func installIsNeverSymmetric(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	expect(t, r.post(t, "/installed", s.Bound(t, "POST", "/installed"), body(s, "installed")), http.StatusUnauthorized)
	r.unknown(t, s)
	r.install(t, s)
	takeover := body(s, "installed", map[string]any{"sharedSecret": "a-secret-of-the-attackers-choice"})
	for name, token := range map[string]string{
		"bound to the request":  s.Bound(t, "POST", "/installed"),
		"of the user interface": s.Context(t, admin),
		"with a key id":         s.InstallWith(t, jwt.SigningMethodHS256, []byte(s.Secret), connecttest.KeyID, "POST", "/installed"),
	} {
		expect(t, r.post(t, "/installed", token, takeover), http.StatusUnauthorized)
		if r.stored(t, s).SharedSecret.Reveal() != s.Secret {
			t.Fatalf("the token %s changed the secret", name)
		}
	}
}

func tenantSpeaksForItself(t *testing.T) {
	r := newRig(t)
	victim, attacker := r.site("victim"), r.site("attacker")
	r.install(t, victim)
	expect(t, r.post(t, "/installed", attacker.Install(t, "POST", "/installed"), body(victim, "installed", map[string]any{"sharedSecret": attacker.Secret})), http.StatusUnauthorized)
	if r.stored(t, victim).SharedSecret.Reveal() != victim.Secret {
		t.Error("the victim was taken over")
	}
	expect(t, r.post(t, "/uninstalled", attacker.Install(t, "POST", "/uninstalled"), body(victim, "uninstalled")), http.StatusForbidden)
	if r.stored(t, victim).State == models.Uninstalled {
		t.Error("the victim was uninstalled")
	}
	// A victim that is not known must look the same.
	expect(t, r.post(t, "/uninstalled", attacker.Install(t, "POST", "/uninstalled"), body(r.site("nobody"), "uninstalled")), http.StatusForbidden)
}

func tokenOfAnotherApp(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	for _, aud := range []any{"https://other.example", []string{"https://other.example"}, appBase + "x", "https", nil} {
		expect(t, r.post(t, "/installed", s.Install(t, "POST", "/installed", connecttest.Claims{"aud": aud}), body(s, "installed")), http.StatusUnauthorized)
	}
	r.unknown(t, s)
}

func oneSlashMoreOrLess(t *testing.T) {
	for _, aud := range []string{appBase, appBase + "/"} {
		r := newRig(t)
		s := r.site("acme")
		expect(t, r.post(t, "/installed", s.Install(t, "POST", "/installed", connecttest.Claims{"aud": aud}), body(s, "installed")), http.StatusNoContent)
	}
}

func audienceAsTextOrList(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	for _, aud := range []any{appBase, []string{appBase}} {
		expect(t, r.post(t, "/installed", s.Install(t, "POST", "/installed", connecttest.Claims{"aud": aud}), body(s, "installed")), http.StatusNoContent)
	}
}

func otherAlgorithms(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	pem := connecttest.PublicPEM(t)
	for name, token := range map[string]string{
		"none":            s.InstallWith(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, connecttest.KeyID, "POST", "/installed"),
		"none, signed":    s.InstallWith(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, connecttest.KeyID, "POST", "/installed") + "AAAA",
		"HS256 of public": s.InstallWith(t, jwt.SigningMethodHS256, pem, connecttest.KeyID, "POST", "/installed"),
		"RS384":           s.InstallWith(t, jwt.SigningMethodRS384, connecttest.SigningKey(), connecttest.KeyID, "POST", "/installed"),
		"RS512":           s.InstallWith(t, jwt.SigningMethodRS512, connecttest.SigningKey(), connecttest.KeyID, "POST", "/installed"),
		"PS256":           s.InstallWith(t, jwt.SigningMethodPS256, connecttest.SigningKey(), connecttest.KeyID, "POST", "/installed"),
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, r.post(t, "/installed", token, body(s, "installed")), http.StatusUnauthorized)
		})
	}
	r.unknown(t, s)
}

func keyServerInTrouble(t *testing.T) {
	pem := connecttest.PublicPEM(t)
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		want   int
	}{
		"there":              {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(pem) }, http.StatusNoContent},
		"not there":          {http.NotFound, http.StatusUnauthorized},
		"not there, but yes": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound); _, _ = w.Write(pem) }, http.StatusUnauthorized},
		"broken":             {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, http.StatusServiceUnavailable},
		"broken, but yes": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write(pem)
		}, http.StatusServiceUnavailable},
		"partly": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNonAuthoritativeInfo)
			_, _ = w.Write(pem)
		}, http.StatusServiceUnavailable},
		"silent": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/keys/"+connecttest.KeyID {
					t.Errorf("asked for %s", r.URL.Path)
				}
				test.answer(w, r)
			}))
			t.Cleanup(server.Close)
			var patience time.Duration // that of the service
			if name == "silent" {
				patience = 300 * time.Millisecond
			}
			keys, err := atlassian.NewInstallKeys(atlassian.InstallKeysConfig{Base: server.URL + "/keys", AllowLoopback: true, Timeout: patience})
			if err != nil {
				t.Fatal(err)
			}
			r := newRig(t, func(c *lifecycle.Config) { c.Keys = keys })
			s := r.site("acme")
			w := r.post(t, "/installed", s.Install(t, "POST", "/installed"), body(s, "installed"))
			expect(t, w, test.want)
			if test.want == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
				t.Error("it does not say that one may come again")
			}
			if test.want != http.StatusNoContent {
				r.unknown(t, s)
			}
		})
	}
}

func addressesThatAreNoSites(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	for _, base := range []string{
		"https://evil.example", "http://acme.atlassian.net", "https://user@acme.atlassian.net", "https://acme.atlassian.net:8443",
		"https://acme.atlassian.net/wiki", "https://10.0.0.1", "https://[::1]", "http://localhost:8080", "http://127.0.0.1",
		"https://acme.atlassian.net.evil.example", "https://acme.jira-dev.com", "https://acme.atlassian-us-gov-mod.net", "",
	} {
		expect(t, r.post(t, "/installed", s.Install(t, "POST", "/installed"), body(s, "installed", map[string]any{"baseUrl": base})), http.StatusBadRequest)
	}
	r.unknown(t, s)
	// A site that is known cannot move there either.
	r.install(t, s)
	expect(t, r.post(t, "/installed", s.Install(t, "POST", "/installed"), body(s, "installed", map[string]any{"baseUrl": "https://evil.example"})), http.StatusBadRequest)
	if got := r.stored(t, s).BaseURL; got != s.BaseURL {
		t.Errorf("moved to %s", got)
	}
}

func installAgain(t *testing.T) {
	r := newRig(t)
	old := r.site("acme")
	token := old.Install(t, "POST", "/installed")
	expect(t, r.post(t, "/installed", token, body(old, "installed")), http.StatusNoContent)
	expect(t, r.post(t, "/installed", token, body(old, "installed")), http.StatusNoContent)
	tenant := r.install(t, old).TenantID
	expect(t, r.api(t, old.Context(t, admin)), http.StatusOK)

	renewed := old
	renewed.Secret = "the-second-shared-secret-of-acme"
	if again := r.install(t, renewed); again.TenantID != tenant {
		t.Errorf("another tenant: %s, was %s", again.TenantID, tenant)
	}
	expect(t, r.api(t, renewed.Context(t, admin)), http.StatusOK)
	expect(t, r.api(t, old.Context(t, admin)), http.StatusUnauthorized)
	expect(t, r.page(t, old.Page(t, "/app/admin", admin)), http.StatusUnauthorized)
	expect(t, r.post(t, "/disabled", old.Bound(t, "POST", "/disabled"), body(old, "disabled")), http.StatusUnauthorized)
}

func wrongCallback(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	for _, changes := range []map[string]any{{"key": "other.app"}, {"key": nil}, {"eventType": "enabled"}, {"eventType": "uninstalled"}, {"eventType": nil}} {
		expect(t, r.post(t, "/installed", s.Install(t, "POST", "/installed"), body(s, "installed", changes)), http.StatusBadRequest)
	}
	r.unknown(t, s)
}

func replayWithAnotherBody(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	token := s.Install(t, "POST", "/installed")
	expect(t, r.post(t, "/installed", token, body(s, "installed")), http.StatusNoContent)
	for _, changes := range []map[string]any{
		{"sharedSecret": "a-secret-of-the-attackers-choice"},
		{"baseUrl": "https://attacker.atlassian.net"},
		{"displayUrl": "https://attacker.example"},
	} {
		expect(t, r.post(t, "/installed", token, body(s, "installed", changes)), http.StatusUnauthorized)
	}
	// Also after the token was used up by the end of the tenant.
	r.uninstall(t, s)
	expect(t, r.post(t, "/installed", token, body(s, "installed")), http.StatusUnauthorized)
	if inst := r.stored(t, s); inst.State != models.Uninstalled || inst.SharedSecret.Reveal() != s.Secret || inst.BaseURL != s.BaseURL {
		t.Errorf("stored %+v", inst)
	}
}

func uninstallOfAStranger(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	r.uninstall(t, s)
	r.unknown(t, s)
	r.install(t, s)
	r.uninstall(t, s)
	r.uninstall(t, s)
}

func enabledAndDisabled(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	for _, event := range []string{"enabled", "disabled", "disabled", "enabled"} {
		expect(t, r.post(t, "/"+event, s.Bound(t, "POST", "/"+event), body(s, event)), http.StatusNoContent)
		if got := r.stored(t, s).State; got != event {
			t.Errorf("state %s after %s", got, event)
		}
	}
	for name, token := range map[string]string{
		"of an installation":    s.Install(t, "POST", "/disabled"),
		"of the user interface": s.Context(t, admin),
		"of another callback":   s.Bound(t, "POST", "/enabled"),
		"of a page":             s.Bound(t, "GET", "/disabled"),
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, r.post(t, "/disabled", token, body(s, "disabled")), http.StatusUnauthorized)
		})
	}
	if got := r.stored(t, s).State; got != models.Enabled {
		t.Errorf("state %s", got)
	}
}

func disabledWithoutToken(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	r.uninstall(t, s)
	expect(t, r.post(t, "/disabled", "", body(s, "disabled")), http.StatusUnauthorized)
	if got := r.stored(t, s).State; got != models.Uninstalled {
		t.Errorf("state %s", got)
	}
	if strings.Contains(r.log.String(), "level=ERROR") || strings.Contains(r.log.String(), "level=WARN") {
		t.Errorf("an alarm: %s", r.log)
	}
}

const pageTarget = "/app/admin?xdm_e=https%3A%2F%2Facme.atlassian.net&xdm_c=channel-1&cp=&lic=active&cv=1001.0.0"

func pageIsShown(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	for _, path := range web.Pages() {
		w := r.page(t, s.Page(t, path+strings.TrimPrefix(pageTarget, "/app/admin"), admin))
		expect(t, w, http.StatusOK)
		if !strings.Contains(w.Body.String(), "ui-marker") {
			t.Errorf("%s shows %s", path, w.Body)
		}
	}
}

func pageOfAnotherRequest(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	signed := s.Page(t, pageTarget, admin)
	_, token, _ := strings.Cut(signed, "&jwt=")
	post := s.Bound(t, "POST", pageTarget, connecttest.Claims{"sub": admin})
	for name, target := range map[string]string{
		"another value":         strings.Replace(signed, "lic=active", "lic=none", 1),
		"one more parameter":    signed + "&x=1",
		"one fewer":             strings.Replace(signed, "&cp=", "", 1),
		"another page":          strings.Replace(signed, "/app/admin", "/app/configure", 1),
		"another method":        pageTarget + "&jwt=" + post,
		"a second token":        signed + "&jwt=" + token,
		"an empty second token": signed + "&jwt=",
		"the base path doubled": "/app-base" + signed + "x",
	} {
		t.Run(name, func(t *testing.T) {
			w := r.page(t, target)
			if w.Code != http.StatusUnauthorized && w.Code != http.StatusNotFound {
				t.Errorf("answered %d", w.Code)
			}
			if strings.Contains(w.Body.String(), "ui-marker") {
				t.Error("the page is shown")
			}
		})
	}
	headers := http.Header{"Authorization": {"JWT " + token}}
	expect(t, r.send(t, http.MethodGet, signed, headers, ""), http.StatusUnauthorized)
	expect(t, r.send(t, http.MethodGet, pageTarget, headers, ""), http.StatusUnauthorized)
}

func contextTokenOnAPage(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	token := s.Context(t, admin)
	expect(t, r.page(t, "/app/admin?jwt="+token), http.StatusUnauthorized)
	expect(t, r.send(t, http.MethodGet, "/app/admin", http.Header{"Authorization": {"JWT " + token}}, ""), http.StatusUnauthorized)
}

func contextTokenOnTheAPI(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	tenant := r.install(t, s).TenantID
	w := r.api(t, s.Context(t, admin))
	expect(t, w, http.StatusOK)
	if !strings.Contains(w.Body.String(), tenant) || !strings.Contains(w.Body.String(), admin) {
		t.Errorf("somebody else: %s", w.Body)
	}
	for name, token := range map[string]string{
		"of a page":              s.Bound(t, "GET", "/api/v1/who", connecttest.Claims{"sub": admin}),
		"of an installation":     s.Install(t, "GET", "/api/v1/who", connecttest.Claims{"sub": admin, "qsh": "context-qsh"}),
		"of another tenant":      r.site("other").Context(t, admin, connecttest.Claims{"iss": s.ClientKey}),
		"of a tenant not known":  r.site("other").Context(t, admin),
		"of the app itself":      s.Context(t, admin, connecttest.Claims{"iss": s.AppKey}),
		"with the hash missing":  s.Context(t, admin, connecttest.Claims{"qsh": nil}),
		"without anybody":        "",
		"that is no token":       "x",
		"that names a number":    s.Context(t, admin, connecttest.Claims{"iss": 7}),
		"with dots and no words": "..",
	} {
		t.Run(name, func(t *testing.T) { expect(t, r.api(t, token), http.StatusUnauthorized) })
	}
	token := s.Context(t, admin)
	for name, headers := range map[string]http.Header{
		"Bearer": {"Authorization": {"Bearer " + token}},
		"twice":  {"Authorization": {"JWT " + token, "JWT " + token}},
		"none":   {},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, r.send(t, http.MethodGet, "/api/v1/who", headers, ""), http.StatusUnauthorized)
		})
	}
	expect(t, r.send(t, http.MethodGet, "/api/v1/who?jwt="+token, nil, ""), http.StatusUnauthorized)
	expect(t, r.send(t, http.MethodGet, "/api/v1/who?jwt="+token, http.Header{"Authorization": {"JWT " + token}}, ""), http.StatusUnauthorized)
}

func userWhoIsNoAdministrator(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	expect(t, r.api(t, s.Context(t, ordinary)), http.StatusForbidden)
	expect(t, r.page(t, s.Page(t, "/app/admin", ordinary)), http.StatusForbidden)
	// Nobody at all is no administrator either.
	expect(t, r.api(t, s.Context(t, "", connecttest.Claims{"sub": nil})), http.StatusForbidden)
	r.host.set(func(h *fakeHost) { h.down = errors.New("no route to acme") })
	expect(t, r.api(t, s.Context(t, "557058:new")), http.StatusServiceUnavailable)
	expect(t, r.page(t, s.Page(t, "/app/admin", "557058:new")), http.StatusServiceUnavailable)
}

func tokensAfterUninstall(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	expect(t, r.api(t, s.Context(t, admin)), http.StatusOK)
	r.uninstall(t, s)
	expect(t, r.api(t, s.Context(t, admin)), http.StatusUnauthorized)
	expect(t, r.page(t, s.Page(t, "/app/admin", admin)), http.StatusUnauthorized)
	for _, event := range []string{"enabled", "disabled"} {
		expect(t, r.post(t, "/"+event, s.Bound(t, "POST", "/"+event), body(s, event)), http.StatusUnauthorized)
	}
	if got := r.stored(t, s).State; got != models.Uninstalled {
		t.Errorf("state %s", got)
	}
}

func timesOfTokens(t *testing.T) {
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	ago := func(d time.Duration) int64 { return noon.Add(-d).Unix() }
	for name, test := range map[string]struct {
		claims connecttest.Claims
		good   bool
	}{
		"over by a second":         {connecttest.Claims{"exp": ago(time.Second)}, true},
		"over by the leeway":       {connecttest.Claims{"exp": ago(29 * time.Second)}, true},
		"over by more":             {connecttest.Claims{"exp": ago(31 * time.Second)}, false},
		"without an end":           {connecttest.Claims{"exp": nil}, false},
		"without a beginning":      {connecttest.Claims{"iat": nil}, false},
		"from a future too far":    {connecttest.Claims{"iat": ago(-31 * time.Second)}, false},
		"from a future near by":    {connecttest.Claims{"iat": ago(-29 * time.Second)}, true},
		"not yet, by the leeway":   {connecttest.Claims{"nbf": ago(-29 * time.Second)}, true},
		"not yet, by more than it": {connecttest.Claims{"nbf": ago(-31 * time.Second)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			want, done := http.StatusUnauthorized, http.StatusUnauthorized
			if test.good {
				want, done = http.StatusOK, http.StatusNoContent
			}
			expect(t, r.api(t, s.Context(t, admin, test.claims)), want)
			expect(t, r.page(t, s.Page(t, "/app/admin", admin, test.claims)), want)
			expect(t, r.post(t, "/enabled", s.Bound(t, "POST", "/enabled", test.claims), body(s, "enabled")), done)
			expect(t, r.post(t, "/installed", s.Install(t, "POST", "/installed", test.claims), body(s, "installed")), done)
		})
	}
}

// scanned returns the addresses of the descriptor that a scanner looks at.
func scanned(t *testing.T) (lifecycleURLs, moduleURLs []string) {
	t.Helper()
	var d struct {
		Lifecycle map[string]string
		Modules   map[string]json.RawMessage
	}
	if err := json.Unmarshal(stowage.Descriptor(), &d); err != nil {
		t.Fatal(err)
	}
	for _, path := range d.Lifecycle {
		lifecycleURLs = append(lifecycleURLs, path)
	}
	for _, raw := range d.Modules {
		var one struct{ URL string }
		var many []struct{ URL string }
		if json.Unmarshal(raw, &many) == nil {
			for _, m := range many {
				if m.URL != "" {
					moduleURLs = append(moduleURLs, m.URL)
				}
			}
		} else if json.Unmarshal(raw, &one) == nil && one.URL != "" {
			moduleURLs = append(moduleURLs, one.URL)
		}
	}
	slices.Sort(moduleURLs)
	if pages := slices.Sorted(slices.Values(web.Pages())); !slices.Equal(moduleURLs, pages) || len(lifecycleURLs) != 4 {
		t.Fatalf("the descriptor names %v and %v, served are %v", moduleURLs, lifecycleURLs, pages)
	}
	return lifecycleURLs, moduleURLs
}

// scan sends what a scanner sends to every address, and hands over the answers.
func scan(t *testing.T, see func(what string, w *httptest.ResponseRecorder)) {
	t.Helper()
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	stranger := s
	stranger.Secret = "a-secret-that-is-not-the-right-one"
	lifecycleURLs, moduleURLs := scanned(t)
	for _, path := range slices.Concat(lifecycleURLs, moduleURLs) {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			tokens := map[string]string{
				"no token":     "",
				"wrong secret": stranger.Bound(t, method, path),
				"alg none":     s.InstallWith(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "", method, path),
				"fake RS256":   s.InstallWith(t, jwt.SigningMethodRS256, connecttest.SigningKey(), "fake-kid", method, path),
			}
			for name, token := range tokens {
				what := fmt.Sprintf("%s %s with %s", method, path, name)
				headers := http.Header{"Content-Type": {"application/json"}}
				target := path
				if token != "" {
					headers.Set("Authorization", "JWT "+token)
					target += "?jwt=" + token
				}
				see(what+" in the header", r.send(t, method, path, headers, body(s, strings.TrimPrefix(path, "/"))))
				see(what+" in the query", r.send(t, method, target, http.Header{"Content-Type": {"application/json"}}, body(s, strings.TrimPrefix(path, "/"))))
			}
		}
	}
	if inst := r.stored(t, s); inst.State != models.Installed || inst.SharedSecret.Reveal() != s.Secret {
		t.Errorf("the scan changed %+v", inst)
	}
}

func scannerWithoutProperToken(t *testing.T) {
	seen := 0
	scan(t, func(what string, w *httptest.ResponseRecorder) {
		seen++
		if w.Code < 400 {
			t.Errorf("%s answered %d", what, w.Code)
		}
	})
	if seen < 100 {
		t.Errorf("only %d requests were sent", seen)
	}
}

func scannerLooksAtHeaders(t *testing.T) {
	check := func(what string, w *httptest.ResponseRecorder) {
		h := w.Header()
		if cache := h.Get("Cache-Control"); !strings.Contains(cache, "no-cache") || !strings.Contains(cache, "no-store") {
			t.Errorf("%s: Cache-Control %q", what, cache)
		}
		if referrer := h.Get("Referrer-Policy"); referrer == "" || referrer == "unsafe-url" || referrer == "no-referrer-when-downgrade" {
			t.Errorf("%s: Referrer-Policy %q", what, referrer)
		}
		if hsts := h.Get("Strict-Transport-Security"); !strings.Contains(hsts, "max-age=63072000") {
			t.Errorf("%s: Strict-Transport-Security %q", what, hsts)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors") {
			t.Errorf("%s: %v", what, h)
		}
	}
	scan(t, check)
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	check("a page", r.page(t, s.Page(t, "/app/admin", admin)))
	check("the API", r.api(t, s.Context(t, admin)))
	check("the descriptor", r.page(t, "/atlassian-connect.json"))
	check("nothing", r.page(t, "/nothing"))
}
