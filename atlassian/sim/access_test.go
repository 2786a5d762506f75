package sim_test

import (
	"net/http"
	"strings"
	"testing"

	"stowage/atlassian/sim"
)

func TestAccountsAndSitesWithoutAssetsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *sim.Options) {
		o.Sites = []sim.SiteOptions{{Name: "acme", Credentials: []sim.Credential{
			{Email: "none@acme.example", Token: "t-none", AccountID: "none", Access: sim.AccessNoAssets},
			{Email: "few@acme.example", Token: "t-few", AccountID: "few", Access: sim.AccessNoSchemas},
		}}}
	})
	as := func(email, token string) func(*http.Request) {
		return func(q *http.Request) { q.SetBasicAuth(email, token) }
	}
	lookup := r.info.BaseURL + "/rest/servicedeskapi/assets/workspace"
	list := r.info.APIBaseURL + "/jsm/assets/workspace/" + r.info.WorkspaceID + "/v1/objectschema/list"
	permissions := r.info.BaseURL + "/rest/api/3/mypermissions?permissions=ADMINISTER"
	check := func(who string, auth func(*http.Request), url string, status int, holds string) {
		t.Helper()
		got := r.send(r.bare, http.MethodGet, url, "", auth)
		if got.status != status || !strings.Contains(string(got.body), holds) {
			t.Errorf("%s, %s: %d %s, want %d with %s", who, url, got.status, got.body, status, holds)
		}
	}
	none, few, admin := as("none@acme.example", "t-none"), as("few@acme.example", "t-few"), as(r.info.Email, r.info.Token)
	check("no licence", none, lookup, 403, "errorMessages")
	check("no licence", none, list, 403, "errorMessages")
	check("no licence", none, permissions, 200, `"havePermission":false`)
	check("no role", few, lookup, 200, r.info.WorkspaceID)
	check("no role", few, list, 200, `"values":[]`)
	check("no role", few, permissions, 200, `"havePermission":false`)
	check("administrator", admin, lookup, 200, r.info.WorkspaceID)
	r.sim.Sites()[0].SetAssets(false)
	check("site without", admin, lookup, 200, `"values":[]`)
	check("site without", admin, list, 404, "Not Found")
	r.sim.Sites()[0].SetAssets(true)
	check("site with", admin, list, 200, `"values":`)
}
