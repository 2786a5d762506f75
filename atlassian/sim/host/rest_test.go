package host_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim/host"
)

// appToken is a token as an app makes it, with the library that apps use.
func appToken(tb testing.TB, secret, canonical string, change ...func(jwt.MapClaims)) string {
	tb.Helper()
	now := time.Now()
	c := jwt.MapClaims{"iss": "com.example.fake", "iat": now.Unix(), "exp": now.Add(3 * time.Minute).Unix(), "qsh": hashOf(canonical)}
	for _, f := range change {
		f(c)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString([]byte(secret))
	if err != nil {
		tb.Fatal(err)
	}
	return "JWT " + token
}

const addonCanonical = "GET&/rest/atlassian-connect/1/addons/com.example.fake&"

func TestAnAppReadsItsLicence(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.install().Key
	secret := secretOf(t, r.app.heard())
	read := func() map[string]any {
		t.Helper()
		status, _, text := r.send("GET", r.acme.BaseURL()+"/rest/atlassian-connect/1/addons/"+key, "", appToken(t, secret, addonCanonical))
		var out map[string]any
		if err := json.Unmarshal([]byte(text), &out); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s: %v", status, text, err)
		}
		return out
	}
	all := read()
	licence, _ := all["license"].(map[string]any)
	if diff := cmp.Diff(map[string]any{
		"key": key, "version": "2.0.0", "state": "ENABLED",
		"host":    map[string]any{"product": "Jira", "contacts": []any{map[string]any{"name": "Administrator of acme", "email": "admin@acme.example"}}},
		"license": licence,
		"links":   map[string]any{"self": []any{map[string]any{"href": r.acme.BaseURL() + "/rest/atlassian-connect/1/addons/" + key}}},
	}, all); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, name := range []string{"supportEntitlementNumber", "entitlementId", "entitlementNumber"} {
		if text, _ := licence[name].(string); text == "" {
			t.Errorf("the licence has no %s: %v", name, licence)
		}
	}
	for state, want := range map[host.Licence][2]bool{
		host.LicenceActive: {true, false}, host.LicenceEvaluation: {true, true}, host.LicenceExpired: {false, false},
	} {
		if err := r.acme.SetLicence(key, state); err != nil {
			t.Fatal(err)
		}
		licence, _ := read()["license"].(map[string]any)
		if licence["active"] != want[0] || licence["evaluation"] != want[1] || licence["type"] != "COMMERCIAL" {
			t.Errorf("licence %s is shown as %v", state, licence)
		}
	}
	if err := r.acme.SetLicence(key, host.LicenceNone); err != nil {
		t.Fatal(err)
	}
	if got := read(); got["license"] != nil {
		t.Errorf("no licence is shown as %v", got["license"])
	}
}

func TestAnAppAsksWhoAdministersTheSite(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install()
	secret := secretOf(t, r.app.heard())
	check := func(account string) string {
		t.Helper()
		status, _, text := r.send("POST", r.acme.BaseURL()+"/rest/api/3/permissions/check",
			`{"accountId":"`+account+`","globalPermissions":["ADMINISTER"]}`, appToken(t, secret, "POST&/rest/api/3/permissions/check&"))
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, text)
		}
		return text
	}
	if got := check(r.acme.Administrator()); !strings.Contains(got, `"globalPermissions":["ADMINISTER"]`) {
		t.Errorf("the administrator: %s", got)
	}
	for _, account := range []string{r.acme.OrdinaryUser(), "nobody"} {
		if got := check(account); !strings.Contains(got, `"globalPermissions":[]`) {
			t.Errorf("%s: %s", account, got)
		}
	}
	// What the app did not ask for it may not do.
	status, _, text := r.send("PUT", r.acme.BaseURL()+"/rest/api/3/issue/X-1", `{"fields":{}}`, appToken(t, secret, "PUT&/rest/api/3/issue/X-1&"))
	if status != http.StatusForbidden || !strings.Contains(text, "WRITE") {
		t.Errorf("writing without the scope answers %d %s", status, text)
	}
	// People's credentials work as without a host.
	agent := r.acme.Agent()
	status, _, text = r.send("GET", r.acme.BaseURL()+"/rest/api/3/mypermissions?permissions=ADMINISTER", "", "", func(q *http.Request) { q.SetBasicAuth(agent.Email, agent.Token) })
	if status != http.StatusOK || !strings.Contains(text, `"havePermission":false`) {
		t.Errorf("the agent is told %d %s", status, text)
	}
}

func TestWrongTokensOfAppsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.install().Key
	secret := secretOf(t, r.app.heard())
	address := r.acme.BaseURL() + "/rest/atlassian-connect/1/addons/" + key
	good := appToken(t, secret, addonCanonical)
	forPage, err := r.acme.ContextToken(key, r.acme.Administrator())
	if err != nil {
		t.Fatal(err)
	}
	strong, err := jwt.NewWithClaims(jwt.SigningMethodHS512, jwt.MapClaims{"iss": key, "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "qsh": hashOf(addonCanonical)}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		method, address, authorization string
		want                           int
	}{
		"as it should be":           {"GET", address, good, 200},
		"in the query":              {"GET", address + "?jwt=" + strings.TrimPrefix(good, "JWT "), "", 200},
		"lower case scheme":         {"GET", address, "jwt " + good[4:], 200},
		"no token":                  {"GET", address, "", 401},
		"another scheme":            {"GET", address, "Bearer " + good[4:], 401},
		"another secret":            {"GET", address, appToken(t, "x", addonCanonical), 401},
		"hash with the site's path": {"GET", address, appToken(t, secret, "GET&/sites/acme/rest/atlassian-connect/1/addons/"+key+"&"), 401},
		"another method":            {"DELETE", address, good, 401},
		"another query":             {"GET", address + "?x=1", good, 401},
		"no hash":                   {"GET", address, appToken(t, secret, addonCanonical, func(c jwt.MapClaims) { delete(c, "qsh") }), 401},
		"hash of a context token":   {"GET", address, appToken(t, secret, addonCanonical, func(c jwt.MapClaims) { c["qsh"] = "context-qsh" }), 401},
		"a token the host made":     {"GET", address, "JWT " + forPage, 401},
		"expired":                   {"GET", address, appToken(t, secret, addonCanonical, func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Minute).Unix() }), 401},
		"no end":                    {"GET", address, appToken(t, secret, addonCanonical, func(c jwt.MapClaims) { delete(c, "exp") }), 401},
		"another app":               {"GET", address, appToken(t, secret, addonCanonical, func(c jwt.MapClaims) { c["iss"] = "com.example.other" }), 401},
		"another algorithm":         {"GET", address, "JWT " + strong, 401},
		"another app's resource":    {"GET", address + "x", appToken(t, secret, "GET&/rest/atlassian-connect/1/addons/"+key+"x&"), 403},
		"another resource":          {"GET", r.acme.BaseURL() + "/rest/atlassian-connect/1/other", appToken(t, secret, "GET&/rest/atlassian-connect/1/other&"), 404},
		"writing":                   {"PUT", address, appToken(t, secret, "PUT&/rest/atlassian-connect/1/addons/"+key+"&"), 405},
		"another site":              {"GET", r.host.Site("globex").BaseURL() + "/rest/atlassian-connect/1/addons/" + key, good, 401},
		"Assets":                    {"GET", r.acme.BaseURL() + "/gateway/api/jsm/assets/workspace/" + r.sim.Site("acme").WorkspaceID() + "/v1/usage", appToken(t, secret, "GET&/gateway/api/jsm/assets/workspace/"+r.sim.Site("acme").WorkspaceID()+"/v1/usage&"), 401},
		"the REST API, wrong":       {"GET", r.acme.BaseURL() + "/rest/api/3/myself", good, 401},
		"the REST API":              {"GET", r.acme.BaseURL() + "/rest/api/3/myself", appToken(t, secret, "GET&/rest/api/3/myself&"), 200},
	} {
		if status, _, text := r.send(tc.method, tc.address, "", tc.authorization); status != tc.want {
			t.Errorf("%s: %d %s, want %d", name, status, text, tc.want)
		}
	}

	// The secret of before is dead as soon as there is a new one, and all are while the
	// app is not enabled.
	ctx := t.Context()
	if err := r.acme.RotateSecret(ctx, key); err != nil {
		t.Fatal(err)
	}
	fresh := appToken(t, secretOf(t, r.app.heard()), addonCanonical)
	wants := func(what, token string, want int) {
		t.Helper()
		if status, _, _ := r.send("GET", address, "", token); status != want {
			t.Errorf("%s: %d, want %d", what, status, want)
		}
	}
	wants("the old secret", good, 401)
	wants("the new secret", fresh, 200)
	for what, do := range map[string]func() error{
		"disabled": func() error { return r.acme.Disable(ctx, key) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		wants(what, fresh, 401)
	}
	if err := r.acme.Enable(ctx, key); err != nil {
		t.Fatal(err)
	}
	wants("enabled again", fresh, 200)
	if err := r.acme.Uninstall(ctx, key); err != nil {
		t.Fatal(err)
	}
	wants("uninstalled", fresh, 401)
}

func TestAnAppMayAskWhileItIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var during []int
	r.app.during = func(c call) {
		if c.path == "/connect/enabled" {
			status, _, _ := r.send("GET", r.acme.BaseURL()+"/rest/atlassian-connect/1/addons/com.example.fake", "", appToken(t, secretOf(t, r.app.calls), addonCanonical))
			during = append(during, status)
		}
	}
	r.install()
	if diff := cmp.Diff([]int{200}, during); diff != "" {
		t.Errorf("answers while it was being enabled (-want +got):\n%s", diff)
	}
}

func TestScriptsDriveTheHost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	do := func(method, path, body string, want int) map[string]any {
		t.Helper()
		status, _, text := r.send(method, r.host.BaseURL()+path, body, "")
		var out map[string]any
		if err := json.Unmarshal([]byte(text), &out); err != nil || status != want {
			t.Errorf("%s %s: %d %s, want %d: %v", method, path, status, text, want, err)
		}
		return out
	}
	if got := do("POST", "/_sim/apps", `{"site":"acme","descriptorUrl":"`+r.app.descriptorURL()+`"}`, 200); got["state"] != "enabled" {
		t.Errorf("installed as %v", got)
	}
	do("POST", "/_sim/apps", `{"site":"nowhere","descriptorUrl":"x"}`, 404)
	do("POST", "/_sim/apps", `{"site":"acme","url":"x"}`, 400)
	do("POST", "/_sim/apps/acme/com.example.fake/licence", `{"licence":"expired"}`, 200)
	do("POST", "/_sim/apps/acme/com.example.fake/repeat", `{"event":"enabled"}`, 200)
	do("POST", "/_sim/apps/acme/com.example.fake/explode", "", 400)
	do("POST", "/_sim/apps/acme/com.example.other/disable", "", 404)
	if got := do("POST", "/_sim/apps/acme/com.example.fake/disable", "", 200); got["state"] != "disabled" || got["licence"] != "expired" {
		t.Errorf("disabled as %v", got)
	}
	r.app.answer("/connect/installed", 500)
	do("POST", "/_sim/apps/acme/com.example.fake/rotate", "", 502)
	r.app.answer("/connect/installed", 0)
	if got := do("POST", "/_sim/sites/acme/rename", `{"name":"acme-new"}`, 200); got["baseUrl"] != r.host.BaseURL()+"/sites/acme-new" {
		t.Errorf("renamed to %v", got)
	}
	do("POST", "/_sim/sites/acme/assets", `{}`, 400)
	do("POST", "/_sim/sites/acme-new/assets", `{"licensed":false}`, 200)
	do("POST", "/_sim/sites/acme-new/hold", `{"op":"POST /nothing"}`, 400)
	do("POST", "/_sim/sites/acme-new/hold", `{"op":"POST /object/create","pass":3}`, 200)
	do("POST", "/_sim/sites/acme-new/release", "", 200)
	do("POST", "/_sim/sites/nowhere/release", "", 404)
	sites, _ := do("GET", "/_sim/apps", "", 200)["sites"].([]any)
	first, _ := sites[0].(map[string]any)
	apps, _ := first["apps"].([]any)
	if len(sites) != 2 || first["hasAssets"] != false || first["name"] != "acme-new" || first["clientKey"] != r.acme.ClientKey() || len(apps) != 1 {
		t.Errorf("the sites are %v", sites)
	}
	if entries, _ := do("GET", "/_sim/connect-log", "", 200)["entries"].([]any); len(entries) < 4 {
		t.Errorf("the log has %d entries", len(entries))
	}
	// What the simulator itself has under the same roof is still there.
	do("GET", "/_sim/stats", "", 200)
	do("GET", "/_sim/sites", "", 200)
}
