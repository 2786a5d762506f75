package sim_test

import (
	"net/http"
	"strings"
	"testing"

	"stowage/atlassian/sim"
)

func twoSites(o *sim.Options) {
	o.Sites = []sim.SiteOptions{{Name: "acme"}, {Name: "globex"}}
}

func TestTheGatewayKnowsItsCallers(t *testing.T) {
	t.Parallel()
	r := newRig(t, twoSites)
	acme, globex := r.info, r.sim.Site("globex").Info("http://sim.test")
	basic := func(email, token string) func(*http.Request) {
		return func(q *http.Request) { q.SetBasicAuth(email, token) }
	}
	bearer := func(token string) func(*http.Request) {
		return func(q *http.Request) { q.Header.Set("Authorization", "Bearer "+token) }
	}
	none := func(q *http.Request) { q.Header.Del("Authorization") }
	api := func(workspace string) string {
		return "http://sim.test/jsm/assets/workspace/" + workspace + "/v1/objectschema/list"
	}
	for name, tc := range map[string]struct {
		url    string
		auth   func(*http.Request)
		status int
		body   string
	}{
		"API token":                            {api(acme.WorkspaceID), basic(acme.Email, acme.Token), 200, ""},
		"email in another case":                {api(acme.WorkspaceID), basic(strings.ToUpper(acme.Email), acme.Token), 200, ""},
		"OAuth token":                          {api(acme.WorkspaceID), bearer("sim-oauth-acme"), 200, ""},
		"nobody":                               {api(acme.WorkspaceID), none, 401, `{"code":401,"message":"Unauthorized"}`},
		"wrong token":                          {api(acme.WorkspaceID), basic(acme.Email, "x"), 401, `{"code":401,"message":"Unauthorized"}`},
		"empty token":                          {api(acme.WorkspaceID), basic(acme.Email, ""), 401, `{"code":401,"message":"Unauthorized"}`},
		"API token as bearer":                  {api(acme.WorkspaceID), bearer(acme.Token), 401, `{"code":401,"message":"Unauthorized"}`},
		"unknown scheme":                       {api(acme.WorkspaceID), func(q *http.Request) { q.Header.Set("Authorization", "Digest x") }, 401, `{"code":401,"message":"Unauthorized"}`},
		"workspace of another site":            {api(globex.WorkspaceID), basic(acme.Email, acme.Token), 404, `{"code":404,"message":"Not Found"}`},
		"workspace of nobody":                  {api("no-such"), basic(acme.Email, acme.Token), 404, `{"code":404,"message":"Not Found"}`},
		"workspace of nobody, asked by nobody": {api("no-such"), none, 401, `{"code":401,"message":"Unauthorized"}`},
		"other site's workspace under own cloud": {
			"http://sim.test/ex/jira/" + acme.CloudID + "/jsm/assets/workspace/" + globex.WorkspaceID + "/v1/objectschema/list",
			basic(acme.Email, acme.Token), 404, `{"code":404,"message":"Not Found"}`,
		},
		"unknown route, asked by nobody": {"http://sim.test/jsm/assets/workspace/" + acme.WorkspaceID + "/v1/nothing", none, 401, `{"code":401,"message":"Unauthorized"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := r.on(t)
			got := r.send(r.bare, http.MethodGet, tc.url, "", tc.auth)
			if got.status != tc.status || tc.body != "" && string(got.body) != tc.body {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, tc.status, tc.body)
			}
		})
	}
}

func TestEveryBasePathReachesTheSameWorkspace(t *testing.T) {
	t.Parallel()
	r := newRig(t, twoSites)
	r.office()
	workspace := "/workspace/" + r.info.WorkspaceID + "/v1/objectschema/list"
	for _, base := range []string{
		"http://sim.test/jsm/assets",
		"http://sim.test/jsm/insight",
		"http://sim.test/ex/jira/" + r.info.CloudID + "/jsm/assets",
		"http://sim.test/ex/jira/" + r.info.CloudID + "/jsm/insight",
		"http://sim.test/gateway/api/jsm/assets",
		r.info.BaseURL + "/gateway/api/jsm/assets",
		r.info.BaseURL + "/gateway/api/jsm/insight",
		r.info.BaseURL + "/jsm/assets",
		"http://acme.sim.test/gateway/api/jsm/assets",
	} {
		for _, slash := range []string{"", "/"} {
			got := r.send(r.client, http.MethodGet, base+workspace+slash, "").wants(200, "GET", base)
			if total := got.document()["total"]; total == nil || len(got.document()["values"].([]any)) != 2 {
				t.Errorf("%s lists %s", base, got.body)
			}
		}
	}
}

func TestARevokedTokenIsWorthNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.call(200, "GET", "/usage", "")
	if !r.site.Revoke(r.info.Token) {
		t.Fatal("there was nothing to revoke")
	}
	r.call(401, "GET", "/usage", "")
	if r.site.Revoke(r.info.Token) || r.site.Revoke("") {
		t.Error("a token was revoked twice")
	}
	if err := r.site.AddCredential(sim.Credential{Email: r.info.Email, Token: "new"}); err != nil {
		t.Fatal(err)
	}
	r.call(200, "GET", "/usage", "", func(q *http.Request) { q.SetBasicAuth(r.info.Email, "new") })
	if err := r.site.AddCredential(sim.Credential{Email: "x@y.example"}); err == nil {
		t.Error("a credential without a token was accepted")
	}
}

func TestAReaderMayNotWrite(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *sim.Options) {
		o.Sites[0].Credentials = []sim.Credential{{Email: "reader@acme.example", Token: "r", ReadOnly: true}}
	})
	reader := func(q *http.Request) { q.SetBasicAuth("reader@acme.example", "r") }
	r.call(200, "GET", "/objectschema/list", "", reader)
	r.call(200, "POST", "/object/aql", `{"qlQuery":"objectId > 0"}`, reader)
	refused := r.call(403, "POST", "/objectschema/create", `{"name":"X","objectSchemaKey":"XX"}`, reader)
	if len(refused.document()["errorMessages"].([]any)) != 1 {
		t.Errorf("refused with %s", refused.body)
	}
	if n := len(r.call(200, "GET", "/objectschema/list", "").document()["values"].([]any)); n != 1 {
		t.Errorf("%d schemas after a refused write", n)
	}
}

func TestJiraTellsStrangersInItsOwnWay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got := r.send(r.bare, http.MethodGet, r.info.BaseURL+"/rest/api/3/myself", "", func(q *http.Request) { q.SetBasicAuth("a", "b") })
	if got.status != 401 || got.header.Get("X-Seraph-LoginReason") != "AUTHENTICATED_FAILED" || got.header.Get("WWW-Authenticate") == "" {
		t.Errorf("got %d %v %s", got.status, got.header, got.body)
	}
	open := r.send(r.bare, http.MethodGet, r.info.BaseURL+"/_edge/tenant_info", "", func(q *http.Request) { q.Header.Del("Authorization") })
	if open.status != 200 || text(t, open.document(), "cloudId") != r.info.CloudID {
		t.Errorf("tenant info answers %d %s", open.status, open.body)
	}
	gone := r.send(r.bare, http.MethodGet, "http://sim.test/sites/nowhere/rest/api/3/myself", "")
	if gone.status != 404 {
		t.Errorf("a site that does not exist answers %d", gone.status)
	}
}

func TestAHostNameThatBeginsWithASiteIsThatSite(t *testing.T) {
	t.Parallel()
	r := newRig(t, twoSites)
	globex := r.sim.Site("globex").Info("http://acme.test")
	asGlobex := func(q *http.Request) { q.SetBasicAuth(globex.Email, globex.Token) }
	info := r.send(r.bare, "GET", "http://globex.test/_edge/tenant_info", "")
	if text(t, info.document(), "cloudId") != globex.CloudID {
		t.Errorf("tenant info of globex.test is %s", info.body)
	}
	if got := r.send(r.bare, "GET", "http://globex.test:8080/", ""); !strings.Contains(string(got.body), "Schemas of globex") {
		t.Errorf("the page of globex.test is %s", got.body)
	}
	// A workspace names its site by itself, whatever the host is called.
	url := globex.APIBaseURL + "/jsm/assets/workspace/" + globex.WorkspaceID + "/v1/objectschema/list"
	r.send(r.client, "GET", url, "", asGlobex).wants(200, "GET", url)
	// A client that drops the prefix when it joins addresses is known by its token.
	got := r.send(r.bare, "GET", "http://sim.test/rest/servicedeskapi/assets/workspace", "", asGlobex).wants(200, "GET", "workspace")
	if !strings.Contains(string(got.body), globex.WorkspaceID) {
		t.Errorf("the workspace is %s", got.body)
	}
}
