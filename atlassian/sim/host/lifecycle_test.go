package host_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/host"
)

// hashOf is the query hash of a canonical request that the test writes down whole.
func hashOf(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:])
}

func TestAnInstalledAppIsToldInSignedMessages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	app := r.install()
	calls := r.app.heard()
	if got := paths(calls); got != "installed enabled" {
		t.Fatalf("the app heard %q", got)
	}
	if app.State != host.StateEnabled || app.Licence != host.LicenceActive || !app.Paid || app.Vendor != "Example" || app.BaseURL != r.app.base() {
		t.Errorf("installed as %+v", app)
	}

	installed := calls[0]
	kid := kidOf(t, installed.token)
	c := r.proveKey(installed.token)
	if kid == "" || c["iss"] != r.acme.ClientKey() || c["aud"] != r.app.base() || c["sub"] != r.acme.Administrator() {
		t.Errorf("installed is signed with %v %v", kid, c)
	}
	if c["qsh"] != hashOf("POST&/connect/installed&") {
		t.Errorf("qsh of installed is %v", c["qsh"])
	}
	if life := c["exp"].(float64) - c["iat"].(float64); life != 180 {
		t.Errorf("the token lives %v seconds", life)
	}
	secret := secretOf(t, calls)
	want := map[string]any{
		"key": "com.example.fake", "clientKey": r.acme.ClientKey(), "sharedSecret": secret, "accountId": r.acme.Administrator(),
		"baseUrl": r.host.BaseURL() + "/sites/acme", "displayUrl": r.host.BaseURL() + "/sites/acme",
		"displayUrlServicedeskHelpCenter": r.host.BaseURL() + "/sites/acme", "productType": "jira",
		"description": "Atlassian Jira at " + r.host.BaseURL() + "/sites/acme", "eventType": "installed", "serverVersion": "100300",
		"pluginsVersion": "1001.0.0-SNAPSHOT", "entitlementId": installed.body["entitlementId"],
		"entitlementNumber": installed.body["entitlementNumber"], "serviceEntitlementNumber": installed.body["serviceEntitlementNumber"],
	}
	if diff := cmp.Diff(want, installed.body); diff != "" || installed.body["entitlementId"] == nil {
		t.Errorf("the body of installed (-want +got):\n%s", diff)
	}
	if len(secret) < 32 || len(secret) > 128 {
		t.Errorf("the shared secret has %d characters", len(secret))
	}

	enabled := calls[1]
	c = proveShared(t, enabled.token, secret)
	if c["iss"] != r.acme.ClientKey() || c["qsh"] != hashOf("POST&/connect/enabled&from=host") || c["aud"] != nil {
		t.Errorf("enabled is signed with %v", c)
	}
	if enabled.body["sharedSecret"] != nil || enabled.body["eventType"] != "enabled" {
		t.Errorf("the body of enabled is %v", enabled.body)
	}
}

func TestAnAppGoesThroughItsLife(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.install().Key
	first := secretOf(t, r.app.heard())
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	state := func(want host.State) {
		t.Helper()
		if app, ok := r.acme.App(key); !ok || app.State != want {
			t.Errorf("the app is %s, want %s", app.State, want)
		}
	}

	must(r.acme.Disable(ctx, key))
	state(host.StateDisabled)
	calls := r.app.heard()
	if paths(calls) != "disabled" || proveShared(t, calls[0].token, first)["qsh"] != hashOf("POST&/connect/disabled&") {
		t.Errorf("after disabling the app heard %q", paths(calls))
	}
	if _, err := r.acme.ContextToken(key, "x"); !errors.Is(err, host.ErrNotEnabled) {
		t.Errorf("a disabled app gets a token: %v", err)
	}
	must(r.acme.Enable(ctx, key))
	state(host.StateEnabled)
	r.app.heard()

	must(r.acme.SetLicence(key, host.LicenceExpired))
	must(r.acme.Upgrade(ctx, key))
	calls = r.app.heard()
	second := secretOf(t, calls)
	if paths(calls) != "installed enabled" || second == first {
		t.Errorf("after the upgrade the app heard %q, secret changed: %t", paths(calls), second != first)
	}
	proveShared(t, calls[1].token, second)
	if app, _ := r.acme.App(key); app.Licence != host.LicenceExpired {
		t.Errorf("the upgrade made the licence %s", app.Licence)
	}

	must(r.acme.RotateSecret(ctx, key))
	calls = r.app.heard()
	third := secretOf(t, calls)
	if paths(calls) != "installed" || third == second {
		t.Errorf("after the rotation the app heard %q", paths(calls))
	}
	r.proveKey(calls[0].token)

	must(r.acme.Rename(ctx, "acme-new"))
	calls = r.app.heard()
	if paths(calls) != "installed" || calls[0].body["baseUrl"] != r.host.BaseURL()+"/sites/acme-new" || calls[0].body["clientKey"] != r.acme.ClientKey() {
		t.Errorf("after the renaming the app heard %q %v", paths(calls), calls[0].body)
	}
	if secretOf(t, calls) != third {
		t.Error("the renaming changed the secret")
	}
	for _, name := range []string{"acme", "acme-new"} {
		if status, _, _ := r.send("GET", r.host.BaseURL()+"/sites/"+name+"/_edge/tenant_info", "", ""); status != http.StatusOK {
			t.Errorf("site %s answers %d after the renaming", name, status)
		}
	}

	must(r.acme.Uninstall(ctx, key))
	state(host.StateUninstalled)
	calls = r.app.heard()
	slices.SortFunc(calls, func(a, b call) int { return strings.Compare(a.path, b.path) })
	if paths(calls) != "disabled uninstalled" {
		t.Fatalf("after the removal the app heard %q", paths(calls))
	}
	proveShared(t, calls[0].token, third)
	if c := r.proveKey(calls[1].token); c["aud"] != r.app.base() || c["qsh"] != hashOf("POST&/connect/uninstalled&") {
		t.Errorf("uninstalled is signed with %v", c)
	}
	if calls[1].body["sharedSecret"] != nil {
		t.Error("uninstalled brings the secret")
	}
	if len(r.acme.Apps()) != 0 || !errors.Is(r.acme.Disable(ctx, key), host.ErrNoApp) {
		t.Error("the app is still there")
	}

	r.install()
	if calls = r.app.heard(); secretOf(t, calls) == third || calls[0].body["clientKey"] != r.acme.ClientKey() {
		t.Error("a new installation must bring a new secret under the same client key")
	}
}

func TestAnAppThatRefusesIsNotInstalled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.app.answer("/connect/installed", http.StatusInternalServerError)
	if _, err := r.acme.Install(ctx, r.app.descriptorURL()); !errors.Is(err, host.ErrRefused) {
		t.Fatalf("got %v", err)
	}
	calls := r.app.heard()
	app, _ := r.acme.App("com.example.fake")
	if paths(calls) != "installed" || app.State != host.StateIncomplete {
		t.Errorf("the app heard %q and is %s", paths(calls), app.State)
	}
	if err := r.acme.Enable(ctx, app.Key); err == nil {
		t.Error("an incomplete installation was enabled")
	}
	if err := r.acme.RotateSecret(ctx, app.Key); err == nil || len(r.app.heard()) > 0 {
		t.Errorf("an incomplete installation was given a secret: %v", err)
	}
	r.app.answer("/connect/installed", http.StatusCreated)
	if _, err := r.acme.Install(ctx, r.app.descriptorURL()); !errors.Is(err, host.ErrRefused) {
		t.Errorf("201 counts as success: %v", err)
	}
	r.app.answer("/connect/installed", http.StatusOK)
	r.install()
	before := secretOf(t, r.app.heard())

	// Once it is installed, a refusal changes nothing.
	r.app.answer("/connect/installed", http.StatusServiceUnavailable)
	for name, err := range map[string]error{"rotate": r.acme.RotateSecret(ctx, app.Key), "upgrade": r.acme.Upgrade(ctx, app.Key)} {
		if !errors.Is(err, host.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.app.heard()
	if err := r.acme.Disable(ctx, app.Key); err != nil {
		t.Fatal(err)
	}
	proveShared(t, r.app.heard()[0].token, before)

	// What is told, not asked, cannot be refused.
	r.app.answer("/connect/enabled", http.StatusInternalServerError)
	if err := r.acme.Enable(ctx, app.Key); err != nil {
		t.Error(err)
	}
}

func TestMessagesComeTwiceOrWithoutATokenOnDemand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.install().Key
	first := r.app.heard()[0]
	ctx := t.Context()
	if err := r.acme.Replay(ctx, key, host.EventInstalled); err != nil {
		t.Fatal(err)
	}
	replayed := r.app.heard()[0]
	if replayed.token != first.token || string(replayed.raw) != string(first.raw) {
		t.Error("the request sent again is another one")
	}
	r.host.RotateKey()
	if err := r.acme.Repeat(ctx, key, host.EventInstalled); err != nil {
		t.Fatal(err)
	}
	repeated := r.app.heard()[0]
	before := kidOf(t, first.token)
	after := kidOf(t, repeated.token)
	if r.proveKey(first.token)["jti"] == r.proveKey(repeated.token)["jti"] || before == after || string(repeated.raw) != string(first.raw) {
		t.Error("a repeated message must differ in its token alone, here also in the key")
	}
	r.proveKey(first.token) // the key of before is still served
	if err := r.acme.Uninstall(ctx, key); err != nil {
		t.Fatal(err)
	}
	r.app.heard()
	if err := r.acme.SendUnsigned(ctx, key, host.EventDisabled); err != nil {
		t.Fatal(err)
	}
	if calls := r.app.heard(); paths(calls) != "disabled" || calls[0].token != "" {
		t.Errorf("late and unsigned the app heard %q with %q", paths(calls), calls[0].token)
	}
	if err := r.acme.Replay(ctx, "nobody", host.EventDisabled); !errors.Is(err, host.ErrNoApp) {
		t.Errorf("an unknown app: %v", err)
	}
}

func TestDescriptorsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	lifecycle := func(d map[string]any) map[string]any { return d["lifecycle"].(map[string]any) }
	for name, tc := range map[string]struct {
		change func(map[string]any)
		holds  string
	}{
		"key":             {func(d map[string]any) { d["key"] = "a b" }, "key"},
		"name":            {func(d map[string]any) { delete(d, "name") }, "name is missing"},
		"http elsewhere":  {func(d map[string]any) { d["baseUrl"] = "http://app.example.com" }, "https"},
		"no address":      {func(d map[string]any) { d["baseUrl"] = "nowhere" }, "baseUrl"},
		"authentication":  {func(d map[string]any) { d["authentication"] = map[string]any{"type": "none"} }, "jwt"},
		"unsigned":        {func(d map[string]any) { delete(d, "apiMigrations") }, "signed-install"},
		"no callback":     {func(d map[string]any) { delete(lifecycle(d), "installed") }, "lifecycle.installed"},
		"callback abroad": {func(d map[string]any) { lifecycle(d)["enabled"] = "https://example.com/x" }, "relative"},
		"protocol trick":  {func(d map[string]any) { lifecycle(d)["enabled"] = "//example.com/x" }, "relative"},
		"scope":           {func(d map[string]any) { d["scopes"] = []string{"EVERYTHING"} }, "unknown scope"},
		"two of a key": {func(d map[string]any) {
			d["modules"] = map[string]any{"adminPages": []any{page("a", "/a", "A"), page("a", "/b", "B")}}
		}, "used twice"},
		"module without a name": {func(d map[string]any) {
			d["modules"] = map[string]any{"adminPages": []any{page("a", "/a", "")}}
		}, "name.value"},
		"not what it should be": {func(d map[string]any) { d["modules"] = "none" }, "not valid JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, tc.change)
			_, err := r.acme.Install(t.Context(), r.app.descriptorURL())
			if err == nil || !strings.Contains(err.Error(), tc.holds) {
				t.Errorf("got %v, want an error with %q", err, tc.holds)
			}
			if len(r.app.heard()) != 0 {
				t.Error("the app was told nevertheless")
			}
		})
	}
	r := newRig(t)
	for _, address := range []string{"", "file:///etc/passwd", r.app.base() + "/nothing.json", "http://user@127.0.0.1/"} {
		if _, err := r.acme.Install(t.Context(), address); err == nil {
			t.Errorf("installed from %q", address)
		}
	}
	homeless, err := host.New(r.sim, host.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := homeless.Site("acme").Install(t.Context(), r.app.descriptorURL()); err == nil {
		t.Error("a host that does not know its address installs an app")
	}
	for _, base := range []string{"", "127.0.0.1:9090", "ftp://x", "http://x/path"} {
		if err := homeless.SetBaseURL(base); err == nil {
			t.Errorf("the base address %q was taken", base)
		}
	}
}

func TestTheLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.app.answer("/connect/enabled", http.StatusBadRequest) // answers with what it was sent
	key := r.install().Key
	calls := r.app.heard()
	secret := secretOf(t, calls)
	r.app.answer("/connect/installed", http.StatusForbidden)
	if err := r.acme.RotateSecret(t.Context(), key); err == nil {
		t.Fatal("refused, and nobody said so")
	}
	refused := r.app.heard()
	frame, err := r.acme.FrameURL(key, "admin", r.acme.Administrator(), nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := r.acme.ContextToken(key, r.acme.Administrator())
	if err != nil {
		t.Fatal(err)
	}
	r.send("GET", r.acme.BaseURL()+"/rest/atlassian-connect/1/addons/"+key, "", "JWT "+token)
	r.send("GET", r.acme.BaseURL()+"/rest/api/3/myself?jwt="+token, "", "")

	entries := r.host.Log()
	text, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	_, _, page := r.send("GET", r.acme.ManageAddress()+"/log", "", "")
	_, _, script := r.send("GET", r.host.BaseURL()+"/_sim/connect-log", "", "")
	hidden := []string{secret, secretOf(t, refused), token, strings.SplitAfter(frame, "jwt=")[1]}
	for _, c := range append(calls, refused...) {
		hidden = append(hidden, c.token)
	}
	for _, h := range hidden {
		for where, told := range map[string]string{"log": string(text), "page": page, "script": script} {
			if strings.Contains(told, h) {
				t.Errorf("the %s holds %q", where, h)
			}
		}
	}
	var events []string
	for _, e := range entries {
		events = append(events, e.Event)
	}
	if got := strings.Join(events, " "); got != "descriptor installed enabled installed REST REST" {
		t.Errorf("the log tells of %q", got)
	}
	if last := entries[len(entries)-1]; last.Status != http.StatusUnauthorized || !strings.Contains(last.Problem, "no such app") || !last.FromApp {
		t.Errorf("the refused request is logged as %+v", last)
	}
	if !strings.Contains(page, "answered 403 Forbidden") || !strings.Contains(script, `"event":"descriptor"`) {
		t.Error("page and script do not tell the same story")
	}
}

func TestAHostNeedsASimulatorAndAddsAnAgent(t *testing.T) {
	t.Parallel()
	if _, err := host.New(nil, host.Options{}); err == nil {
		t.Error("a host around nothing was made")
	}
	r := newRig(t)
	agent := r.acme.Agent()
	if r.acme.OrdinaryUser() != agent.AccountID || r.sim.Site("acme").Administers(agent.AccountID) || agent.Access != sim.AccessAgent {
		t.Errorf("the ordinary user is %+v", agent)
	}
	if r.host.Site("nowhere") != nil || len(r.host.Sites()) != 2 || r.host.Site("globex").ClientKey() == r.acme.ClientKey() {
		t.Error("sites are mixed up")
	}
	if status, _, _ := r.send("GET", r.host.KeysURL()+"/unknown", "", ""); status != http.StatusNotFound {
		t.Errorf("an unknown kid answers %d", status)
	}
}
