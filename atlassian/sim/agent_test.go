package sim_test

import (
	"net/http"
	"strings"
	"testing"

	"stowage/atlassian/sim"
)

func TestAnAgentWorksAndAdministersNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	agent := r.site.AddAgent()
	if again := r.site.AddAgent(); again != agent || len(r.site.World().Users()) != 2 {
		t.Errorf("adding the agent again gives %v and %d users", again, len(r.site.World().Users()))
	}
	asAgent := func(q *http.Request) { q.SetBasicAuth(agent.Email, agent.Token) }
	o := r.office()
	r.call(200, "GET", "/objectschema/list", "", asAgent)
	r.call(403, "POST", "/objectschema/create", `{"name":"X","objectSchemaKey":"XX"}`, asAgent)
	r.call(403, "DELETE", "/objecttype/"+o.city, "", asAgent)
	r.call(200, "DELETE", "/object/"+o.sydney, "", asAgent)

	permissions := r.send(r.bare, "GET", r.info.BaseURL+"/rest/api/3/mypermissions?permissions=ADMINISTER,EDIT_ISSUES", "", asAgent)
	if text := string(permissions.body); !strings.Contains(text, `"key":"ADMINISTER","name":"Administer Jira","type":"GLOBAL","description":"Administer Jira","havePermission":false`) ||
		strings.Count(text, `"havePermission":true`) != 1 {
		t.Errorf("permissions of an agent: %s", text)
	}
	body := `{"accountId":"` + agent.AccountID + `","globalPermissions":["ADMINISTER","USER_PICKER","CREATE_SHARED_OBJECTS"]}`
	got := r.send(r.bare, "POST", r.info.BaseURL+"/rest/api/3/permissions/check", body)
	if want := `"globalPermissions":["USER_PICKER","CREATE_SHARED_OBJECTS"]`; !strings.Contains(string(got.body), want) {
		t.Errorf("got %s, want %s", got.body, want)
	}
	if r.site.Administers(agent.AccountID) || !r.site.Administers(r.site.Credential().AccountID) {
		t.Error("who administers the site is mixed up")
	}
}

func TestWhoWasRecognisedElsewhereNeedsNoCredentials(t *testing.T) {
	t.Parallel()
	r := newRig(t, twoSites)
	acme, globex := r.sim.Site("acme"), r.sim.Site("globex")
	acting := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.sim.ServeHTTP(w, sim.ActAs(q, acme, sim.Credential{AccountID: "app-1", Email: "app@acme.example", Access: sim.AccessAgent}))
	})
	client := &http.Client{Transport: sim.Transport(acting)}
	bare := func(q *http.Request) { q.Header.Del("Authorization") }
	got := r.send(client, "GET", acme.Info("http://sim.test").BaseURL+"/rest/api/3/myself", "", bare)
	if got.status != 200 || !strings.Contains(string(got.body), "app-1") {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := r.send(client, "GET", globex.Info("http://sim.test").BaseURL+"/rest/api/3/myself", "", bare); got.status != 401 {
		t.Errorf("another site answers %d %s", got.status, got.body)
	}
}
