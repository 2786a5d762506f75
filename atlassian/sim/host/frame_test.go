package host_test

import (
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"stowage/atlassian/sim/host"
)

func TestThePageOfAnAppIsSignedForOnePerson(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.install().Key
	secret := secretOf(t, r.app.heard())
	address, err := r.acme.FrameURL(key, "admin", "712020:somebody", url.Values{"ac.place": {"a b&c"}, "place": {"no"}})
	if err != nil {
		t.Fatal(err)
	}
	before, token, _ := strings.Cut(address, "&jwt=")
	want := r.app.base() + "/pages/admin?place=a%20b%26c&x=&xdm_e=" + url.QueryEscape(r.host.BaseURL()) +
		"&xdm_c=channel-com.example.fake__admin&cp=%2Fsites%2Facme&xdm_deprecated_addon_key_do_not_use=com.example.fake&lic=active&cv=1001.0.0-SNAPSHOT"
	if before != want {
		t.Errorf("the address is\n%s, want\n%s", before, want)
	}
	c := proveShared(t, token, secret)
	canonical := "GET&/pages/admin&cp=%2Fsites%2Facme&cv=1001.0.0-SNAPSHOT&lic=active&place=a%20b%26c&x=&xdm_c=channel-com.example.fake__admin" +
		"&xdm_deprecated_addon_key_do_not_use=com.example.fake&xdm_e=" + strings.ReplaceAll(url.QueryEscape(r.host.BaseURL()), "+", "%20")
	if c["qsh"] != hashOf(canonical) || c["iss"] != r.acme.ClientKey() || c["sub"] != "712020:somebody" || c["exp"].(float64)-c["iat"].(float64) != 180 {
		t.Errorf("the token says %v", c)
	}
	if context, ok := c["context"].(map[string]any); !ok || len(context) > 0 {
		t.Errorf("the context of the token is %v", c["context"])
	}

	token, err = r.acme.ContextToken(key, "712020:somebody")
	if err != nil {
		t.Fatal(err)
	}
	c = proveShared(t, token, secret)
	if c["qsh"] != "context-qsh" || c["sub"] != "712020:somebody" || c["exp"].(float64)-c["iat"].(float64) != 900 {
		t.Errorf("the context token says %v", c)
	}

	for _, module := range []string{"nothing", "ADMIN"} {
		if _, err := r.acme.FrameURL(key, module, "x", nil); !errors.Is(err, host.ErrNoModule) {
			t.Errorf("module %q: %v", module, err)
		}
	}
	if _, err := r.acme.FrameURL("nobody", "admin", "x", nil); !errors.Is(err, host.ErrNoApp) {
		t.Errorf("an unknown app: %v", err)
	}
}

func TestPagesAreToldWhetherTheLicenceRuns(t *testing.T) {
	t.Parallel()
	lic := func(r *rig) string {
		t.Helper()
		address, err := r.acme.FrameURL("com.example.fake", "", r.acme.Administrator(), nil)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get("lic")
	}
	r := newRig(t)
	r.install()
	for licence, want := range map[host.Licence]string{
		host.LicenceActive: "active", host.LicenceEvaluation: "active", host.LicenceExpired: "none", host.LicenceNone: "none",
	} {
		if err := r.acme.SetLicence("com.example.fake", licence); err != nil {
			t.Fatal(err)
		}
		if got := lic(r); got != want {
			t.Errorf("licence %s: lic=%s", licence, got)
		}
	}
	if err := r.acme.SetLicence("com.example.fake", "perhaps"); err == nil {
		t.Error("an unknown licence was taken")
	}
	free := newRig(t, func(d map[string]any) { delete(d, "enableLicensing") })
	free.install()
	if got := lic(free); got != "none" {
		t.Errorf("an app without licences is told lic=%s", got)
	}
}

var dataSrc = regexp.MustCompile(`data-src="([^"]*)"`)

func TestTheSmallJiraShowsAnAppInAFrame(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.install().Key
	secret := secretOf(t, r.app.heard())
	status, header, page := r.send("GET", r.acme.PageAddress(key, "")+"?ac.place=schemas", "", "")
	if status != http.StatusOK || !strings.HasSuffix(r.acme.PageAddress(key, ""), "/plugins/servlet/ac/com.example.fake/admin") {
		t.Fatalf("%s answers %d", r.acme.PageAddress(key, ""), status)
	}
	policy := header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "frame-src "+strings.TrimSuffix(r.app.base(), "/base")) || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	if !strings.Contains(page, `title="Fake administration" sandbox="allow-downloads allow-forms`) {
		t.Errorf("no frame in %s", page)
	}
	src := dataSrc.FindStringSubmatch(page)
	if src == nil {
		t.Fatalf("the frame has no address: %s", page)
	}
	u, err := url.Parse(html.UnescapeString(src[1]))
	if err != nil {
		t.Fatal(err)
	}
	if c := proveShared(t, u.Query().Get("jwt"), secret); c["sub"] != r.acme.Administrator() || u.Query().Get("place") != "schemas" {
		t.Errorf("the frame is %s for %v", u, c)
	}

	// Somebody else at the browser is somebody else in the token.
	agent := r.acme.OrdinaryUser()
	status, header, _ = r.send("POST", r.acme.BaseURL()+"/jira/who", url.Values{"account": {agent}, "back": {"/sites/acme/plugins/servlet/ac/com.example.fake/admin?x=1"}}.Encode(), "", asForm)
	cookie := header.Get("Set-Cookie")
	if status != http.StatusSeeOther || header.Get("Location") != "/sites/acme/plugins/servlet/ac/com.example.fake/admin?x=1" || !strings.Contains(cookie, "sim_account=") {
		t.Fatalf("becoming the agent answers %d to %q with %q", status, header.Get("Location"), cookie)
	}
	as := func(q *http.Request) { q.Header.Set("Cookie", strings.SplitN(cookie, ";", 2)[0]) }
	_, _, page = r.send("GET", r.acme.PageAddress(key, "admin"), "", "", as)
	u, err = url.Parse(html.UnescapeString(dataSrc.FindStringSubmatch(page)[1]))
	if err != nil {
		t.Fatal(err)
	}
	if c := proveShared(t, u.Query().Get("jwt"), secret); c["sub"] != agent {
		t.Errorf("the agent's page is for %v", c["sub"])
	}
	if strings.Contains(page, ">Fake administration<small>") || !strings.Contains(page, ">Fake for all<small>") || strings.Contains(page, "Manage apps</a>") {
		t.Error("the agent's menu shows what is for administrators, or hides what is for all")
	}
	_, _, token := r.send("POST", r.acme.BaseURL()+"/_connect/token", `{"app":"`+key+`"}`, "", as)
	if c := proveShared(t, strings.TrimSuffix(strings.TrimPrefix(token, `{"token":"`), `"}`), secret); c["sub"] != agent || c["qsh"] != "context-qsh" {
		t.Errorf("the agent's context token says %v", c)
	}
	if status, _, _ := r.send("GET", r.acme.ManageAddress(), "", "", as); status != http.StatusForbidden {
		t.Errorf("the agent sees Manage apps: %d", status)
	}
	if status, _, _ := r.send("POST", r.acme.ManageAddress()+"/apps/"+key, "action=uninstall", "", as, asForm); status != http.StatusForbidden {
		t.Errorf("the agent removes an app: %d", status)
	}

	// A way back that leads elsewhere is not taken.
	for _, back := range []string{"https://example.com/", "//example.com/sites/acme/", "/sites/globex/jira", "javascript:alert(1)"} {
		_, header, _ = r.send("POST", r.acme.BaseURL()+"/jira/who", url.Values{"account": {agent}, "back": {back}}.Encode(), "", asForm)
		if got := header.Get("Location"); got != "/sites/acme/jira/projects" {
			t.Errorf("back to %q leads to %q", back, got)
		}
	}
	if status, _, _ = r.send("POST", r.acme.BaseURL()+"/jira/who", "account=nobody", "", asForm); status != http.StatusNotFound {
		t.Errorf("becoming nobody answers %d", status)
	}
}

func asForm(q *http.Request) { q.Header.Set("Content-Type", "application/x-www-form-urlencoded") }

func TestMenusAndPagesFollowTheStateOfTheApp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.install().Key
	has := func(address, text string, want bool) {
		t.Helper()
		if status, _, page := r.send("GET", address, "", ""); status != http.StatusOK || strings.Contains(page, text) != want {
			t.Errorf("%s answers %d, has %q: %t, want %t", address, status, text, !want, want)
		}
	}
	has(r.acme.Address(), ">Fake administration<small>", true)
	has(r.acme.Address(), "Not in the menu", false)
	has(r.acme.ManageAddress(), "/com.example.fake/configure", true)
	has(r.acme.ManageAddress(), "/com.example.fake/started", true)
	has(r.host.BaseURL()+"/sites/acme/", `href="/sites/acme/jira/projects"`, true) // the pages of Assets lead back
	if err := r.acme.Disable(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	has(r.acme.Address(), ">Fake administration<small>", false)
	has(r.acme.ManageAddress(), "/com.example.fake/configure", false)
	if status, _, page := r.send("GET", r.acme.PageAddress(key, "admin"), "", ""); status != http.StatusConflict || strings.Contains(page, "jwt=") || !strings.Contains(page, "<h1>Fake is not enabled</h1>") {
		t.Errorf("the page of a disabled app answers %d %s", status, page)
	}
	if status, _, _ := r.send("GET", r.acme.PageAddress("nobody", "admin"), "", ""); status != http.StatusNotFound {
		t.Errorf("the page of no app answers %d", status)
	}
	if err := r.acme.Uninstall(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if status, _, page := r.send("GET", r.acme.PageAddress(key, "admin"), "", ""); status != http.StatusNotFound || !strings.Contains(page, "<h1>Fake is not installed</h1>") {
		t.Errorf("the page of an app that was removed answers %d %s", status, page)
	}
	has(r.acme.Address(), ">Assets</a>", true)
	r.sim.Site("acme").SetAssets(false)
	has(r.acme.Address(), ">Assets</a>", false)
	if status, header, _ := r.send("GET", r.acme.BaseURL()+"/jira", "", ""); status != http.StatusSeeOther || header.Get("Location") != "/sites/acme/jira/projects" {
		t.Errorf("the beginning answers %d %s", status, header.Get("Location"))
	}
	other := strings.Replace(r.acme.Address(), "127.0.0.1", "localhost", 1)
	if status, header, _ := r.send("GET", other+"?x=1", "", ""); status != http.StatusTemporaryRedirect || header.Get("Location") != r.acme.Address()+"?x=1" {
		t.Errorf("under another name the host answers %d %s", status, header.Get("Location"))
	}
}

func TestTheSignInDetailsOpenTheSite(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	status, _, page := r.send("GET", r.acme.BaseURL()+"/jira/sign-in", "", "")
	if status != http.StatusOK || !strings.Contains(page, `data-copy="`+r.sim.Site("acme").WorkspaceID()+`"`) {
		t.Fatalf("%d %s", status, page)
	}
	details := regexp.MustCompile(`<dt>(E-mail|API token)</dt><dd><code>([^<]*)</code>`).FindAllStringSubmatch(page, -1)
	if len(details) != 4 {
		t.Fatalf("the page tells %v", details)
	}
	for i := 0; i < len(details); i += 2 {
		status, _, text := r.send("GET", r.acme.BaseURL()+"/rest/api/3/myself", "", "", func(q *http.Request) { q.SetBasicAuth(details[i][2], details[i+1][2]) })
		if status != http.StatusOK || !strings.Contains(text, details[i][2]) {
			t.Errorf("%s is told %d %s", details[i][2], status, text)
		}
	}
	if _, _, home := r.send("GET", r.acme.Address(), "", ""); strings.Count(home, `href="/sites/acme/jira/sign-in"`) != 2 {
		t.Error("the way to the details is not in the menu and at the foot of the page")
	}
}

func TestFormsDoWhatTheySayAndOnlyForTheirOwnPages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	post := func(path, form string, change ...func(*http.Request)) (int, string, string) {
		status, header, page := r.send("POST", r.acme.BaseURL()+path, form, "", append(change, asForm)...)
		return status, header.Get("Location"), page
	}
	install := url.Values{"descriptor": {r.app.descriptorURL()}}.Encode()
	for name, change := range map[string]func(*http.Request){
		"another site":   func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") },
		"the app itself": func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "same-site") },
		"another origin": func(q *http.Request) { q.Header.Set("Origin", "https://example.com") },
	} {
		if status, _, _ := post("/plugins/servlet/upm/install", install, change); status != http.StatusForbidden {
			t.Errorf("%s installs an app: %d", name, status)
		}
		if status, _, _ := r.send("POST", r.acme.BaseURL()+"/_connect/token", `{"app":"com.example.fake"}`, "", change); status != http.StatusForbidden {
			t.Errorf("%s gets a token: %d", name, status)
		}
	}
	if len(r.app.heard()) != 0 {
		t.Fatal("the app was installed")
	}
	own := func(q *http.Request) {
		q.Header.Set("Origin", r.host.BaseURL())
		q.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if status, to, page := post("/plugins/servlet/upm/install", install, own); status != http.StatusSeeOther || to != "/sites/acme/plugins/servlet/upm?done=install" {
		t.Fatalf("installing answers %d %s %s", status, to, page)
	}
	if _, _, page := r.send("GET", r.acme.ManageAddress()+"?done=install", "", ""); !strings.Contains(page, "The app is installed.") {
		t.Error("nobody says that the app is installed")
	}
	r.app.heard()
	for _, tc := range []struct{ form, heard string }{
		{"action=disable", "disabled"},
		{"action=enable", "enabled"},
		{"action=upgrade", "installed enabled"},
		{"action=rotate", "installed"},
		{"action=licence&licence=expired", ""},
		{"action=repeat&event=enabled", "enabled"},
		{"action=replay&event=enabled", "enabled"},
		{"action=unsigned&event=disabled", "disabled"},
	} {
		status, to, page := post("/plugins/servlet/upm/apps/com.example.fake", tc.form)
		if got := paths(r.app.heard()); status != http.StatusSeeOther || got != tc.heard {
			t.Errorf("%s answers %d %s, the app heard %q, want %q\n%s", tc.form, status, to, got, tc.heard, page)
		}
	}
	if app, _ := r.acme.App("com.example.fake"); app.Licence != host.LicenceExpired {
		t.Errorf("the licence is %s", app.Licence)
	}
	for _, form := range []string{"action=explode", "action=licence&licence=maybe", "action=replay&event=never"} {
		if status, _, page := post("/plugins/servlet/upm/apps/com.example.fake", form); status != http.StatusBadRequest || !strings.Contains(page, `role="alert"`) {
			t.Errorf("%s answers %d", form, status)
		}
	}
	if status, _, page := post("/plugins/servlet/upm/install", "descriptor=%3Cscript%3E"); status != http.StatusBadRequest || strings.Contains(page, "<script>") {
		t.Errorf("an address that is none answers %d", status)
	}
	if status, to, _ := post("/plugins/servlet/upm/site", "action=rename&name=acme-two"); status != http.StatusSeeOther || to != "/sites/acme-two/plugins/servlet/upm?done=rename" {
		t.Errorf("renaming answers %d %s", status, to)
	}
	if status, _, _ := post("/plugins/servlet/upm/site", "action=rename&name=globex"); status != http.StatusBadRequest {
		t.Errorf("taking another site's name answers %d", status)
	}
	if post("/plugins/servlet/upm/site", "action=without-assets"); r.sim.Site("acme").HasAssets() {
		t.Error("Assets is still part of the plan")
	}
	post("/plugins/servlet/upm/apps/com.example.fake", "action=uninstall")
	if len(r.acme.Apps()) != 0 {
		t.Error("the app is still installed")
	}
}

func TestAPageAsksTheRESTAPIAsThePersonAtTheBrowser(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.install().Key
	ask := func(body string, change ...func(*http.Request)) (int, string) {
		status, _, text := r.send("POST", r.acme.BaseURL()+"/_connect/request", body, "", change...)
		return status, text
	}
	as := func(q *http.Request) {
		q.Header.Set("Cookie", "sim_account="+url.QueryEscape(r.acme.OrdinaryUser()))
	}
	admin := `{"app":"` + key + `","url":"/rest/api/3/mypermissions?permissions=ADMINISTER"}`
	if status, text := ask(admin); status != http.StatusOK || !strings.Contains(text, `havePermission\":true`) || !strings.Contains(text, `"status":200`) {
		t.Errorf("the administrator is told %d %s", status, text)
	}
	if _, text := ask(admin, as); !strings.Contains(text, `havePermission\":false`) {
		t.Errorf("the agent is told %s", text)
	}
	check := `{"app":"` + key + `","url":"/rest/api/3/permissions/check","type":"post","contentType":"application/json","data":"{\"globalPermissions\":[\"ADMINISTER\"]}"}`
	if _, text := ask(check); !strings.Contains(text, `\"globalPermissions\":[\"ADMINISTER\"]`) {
		t.Errorf("a body is answered with %s", text)
	}
	for _, body := range []string{
		`{"app":"` + key + `","url":"/sites/globex/rest/api/3/myself"}`, `{"app":"` + key + `","url":"https://example.com/"}`,
		`{"app":"nobody","url":"/rest/api/3/myself"}`, `{"url":`, `{"what":1}`,
	} {
		if status, text := ask(body); status < 400 {
			t.Errorf("%s answers %d %s", body, status, text)
		}
	}
}
