package sim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/world"
)

// desk is a site with people, projects and issues that hold objects.
type desk struct {
	*rig
	office
	field  world.Field
	global string // the global id of the object in the issue
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{rig: newRig(t)}
	d.office = d.rig.office()
	w := d.site.World()
	for _, u := range []world.User{
		{AccountID: "acc-1", DisplayName: "Ann Lee", Email: "ann@acme.example", Active: true, TimeZone: "Europe/Berlin"},
		{AccountID: "acc-2", DisplayName: "Bob Ray", Email: "bob@acme.example", Active: true},
		{AccountID: "acc-3", DisplayName: "Ann Lee", Email: "lee@acme.example"},
		{AccountID: "acc-4", DisplayName: "Cy Old", Email: "cy@acme.example", Deleted: true},
	} {
		w.PutUser(u)
	}
	w.PutGroup(world.Group{ID: "g-1", Name: "jira-users", Members: []string{"acc-1", "acc-2", "acc-3", "acc-4"}})
	w.PutGroup(world.Group{ID: "g-2", Name: "site-admins", Members: []string{"acc-2"}})
	ops := w.PutProject(world.Project{Key: "OPS", Name: "Operations", Lead: "acc-1", IssueTypes: []string{"Task", "Incident"}})
	hr := w.PutProject(world.Project{Key: "HR", Name: "People", IssueTypes: []string{"Task"}})
	w.PutVersion(world.Version{ProjectID: ops.ID, Name: "1.0", Released: true})
	schema, _ := world.ParseID(d.schema)
	d.field = w.PutField(world.Field{Name: "Place", Contexts: []world.FieldContext{
		{Name: "For operations", ProjectIDs: []world.ID{ops.ID}, IssueTypes: []string{"Task"}, SchemaID: schema, Filter: "objectType = City", Multiple: true},
	}})
	d.global = d.info.WorkspaceID + ":" + d.sydney
	sydney, _ := world.ParseID(d.sydney)
	for i := range 5 {
		issue := world.Issue{ProjectID: ops.ID, Summary: fmt.Sprintf("Thing %d", i+1), Type: "Task", Status: "Open", Reporter: "acc-1"}
		if i%2 == 0 {
			issue.Objects = map[string][]world.ID{d.field.ID: {sydney}}
		}
		if _, err := w.PutIssue(issue); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.PutIssue(world.Issue{ProjectID: hr.ID, Summary: "Hire", Type: "Task", Status: "Done"}); err != nil {
		t.Fatal(err)
	}
	return d
}

// jira sends a request to the site's Jira.
func (d *desk) jira(want int, method, path, body string) answer {
	d.tb.Helper()
	return d.send(d.bare, method, d.info.BaseURL+path, body).wants(want, method, path)
}

func names(list []map[string]any, member string) []string {
	out := []string{}
	for _, m := range list {
		out = append(out, fmt.Sprint(m[member]))
	}
	return out
}

// jiraPage is a page of Jira.
type jiraPage struct {
	StartAt, MaxResults, Total int
	IsLast                     bool
	NextPage                   string
	Values                     []map[string]any
}

func TestTheWorkspaceIsFoundOnTheSite(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	want := fmt.Sprintf(`{"size":1,"start":0,"limit":50,"isLastPage":true,"_links":{"self":"%[1]s/rest/servicedeskapi/assets/workspace","base":"%[1]s","context":""},"values":[{"workspaceId":"%[2]s"}]}`,
		d.info.BaseURL, d.info.WorkspaceID)
	for _, path := range []string{"/rest/servicedeskapi/assets/workspace", "/rest/servicedeskapi/insight/workspace", "/rest/servicedeskapi/assets/workspace/?limit=50"} {
		if diff := cmp.Diff(want, string(d.jira(200, "GET", path, "").body)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if got := d.jira(200, "GET", "/_edge/tenant_info", "").document(); got["cloudId"] != d.info.CloudID {
		t.Errorf("tenant info %v", got)
	}
	byCloud := d.send(d.bare, "GET", d.info.APIBaseURL+"/ex/jira/"+d.info.CloudID+"/rest/api/3/myself", "").wants(200, "GET", "myself").document()
	if byCloud["emailAddress"] != d.info.Email || byCloud["active"] != true {
		t.Errorf("myself %v", byCloud)
	}
	if got := d.jira(200, "GET", "/rest/api/2/serverInfo", "").document(); got["deploymentType"] != "Cloud" || got["baseUrl"] != d.info.BaseURL {
		t.Errorf("server info %v", got)
	}
}

func TestPermissionsAreAnsweredForMyselfAndOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.site.AddCredential(sim.Credential{Email: "r@acme.example", Token: "read", AccountID: "acc-1", ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	have := func(a answer, key string) any {
		t.Helper()
		all, _ := a.document()["permissions"].(map[string]any)
		one, _ := all[key].(map[string]any)
		return one["havePermission"]
	}
	mine := d.jira(200, "GET", "/rest/api/3/mypermissions?permissions=ADMINISTER,BROWSE_PROJECTS", "")
	if have(mine, "ADMINISTER") != true || have(mine, "BROWSE_PROJECTS") != true || have(mine, "EDIT_ISSUES") != nil {
		t.Errorf("mine: %s", mine.body)
	}
	d.info.Email, d.info.Token = "r@acme.example", "read"
	reader := d.jira(200, "GET", "/rest/api/3/mypermissions?permissions=ADMINISTER,BROWSE_PROJECTS", "")
	if have(reader, "ADMINISTER") != false || have(reader, "BROWSE_PROJECTS") != true {
		t.Errorf("a reader's: %s", reader.body)
	}
	d.jira(400, "GET", "/rest/api/3/mypermissions", "")
	d.jira(400, "GET", "/rest/api/3/mypermissions?permissions=FLY", "")
	for account, want := range map[string]string{
		"acc-2": `{"globalPermissions":["ADMINISTER"],"projectPermissions":[{"permission":"EDIT_ISSUES","issues":[10001],"projects":[10001]}]}`,
		"acc-1": `{"globalPermissions":[],"projectPermissions":[{"permission":"EDIT_ISSUES","issues":[],"projects":[]}]}`,
	} {
		got := d.jira(200, "POST", "/rest/api/3/permissions/check",
			`{"accountId":"`+account+`","globalPermissions":["ADMINISTER"],"projectPermissions":[{"permissions":["EDIT_ISSUES"],"projects":[10001,999],"issues":["10001"]}]}`)
		if diff := cmp.Diff(want, string(got.body)); diff != "" {
			t.Errorf("%s: %s", account, diff)
		}
	}
}

func TestPeopleAndGroupsAreFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	admin := d.site.Credential().AccountID
	for path, want := range map[string][]string{
		"/rest/api/3/user/search?query=lee":             {"acc-1"},
		"/rest/api/3/user/search?query=BOB@acme":        {"acc-2"},
		"/rest/api/3/user/search?query=&maxResults=1":   {admin},
		"/rest/api/3/user/search?accountId=acc-2":       {"acc-2"},
		"/rest/api/3/users/search?startAt=2":            {"acc-2", "acc-3", "acc-4"},
		"/rest/api/2/users/search?maxResults=2":         {admin, "acc-1"},
		"/rest/api/3/users/search?startAt=50":           {},
		"/rest/api/3/user/search?query=nobody":          {},
		"/rest/api/3/users?startAt=4&maxResults=100000": {"acc-4"},
	} {
		if diff := cmp.Diff(want, names(d.jira(200, "GET", path, "").list(), "accountId")); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	d.jira(400, "GET", "/rest/api/3/user/search", "")
	former := d.jira(200, "GET", "/rest/api/3/user?accountId=acc-4", "").document()
	if former["active"] != false || former["displayName"] != "Former user" || former["emailAddress"] != nil {
		t.Errorf("a deleted account: %v", former)
	}
	if got := d.jira(404, "GET", "/rest/api/3/user?accountId=none", "").document(); got["errorMessages"] == nil {
		t.Errorf("%v", got)
	}
	for path, want := range map[string][]string{
		"/rest/api/3/user/bulk?accountId=acc-3&accountId=acc-1&accountId=none": {"acc-3", "acc-1"},
		"/rest/api/3/group/member?groupname=jira-users":                        {"acc-1", "acc-2"},
		"/rest/api/3/group/member?groupId=g-1&includeInactiveUsers=true":       {"acc-1", "acc-2", "acc-3"},
	} {
		p := decode[jiraPage](d.jira(200, "GET", path, ""))
		if diff := cmp.Diff(want, names(p.Values, "accountId")); diff != "" || p.Total != len(want) || !p.IsLast {
			t.Errorf("%s: %s %+v", path, diff, p)
		}
	}
	d.jira(404, "GET", "/rest/api/3/group/member?groupname=none", "")
	first := decode[jiraPage](d.jira(200, "GET", "/rest/api/3/group/bulk?maxResults=1", ""))
	if first.IsLast || len(first.Values) != 1 {
		t.Fatalf("first page %+v", first)
	}
	next := decode[jiraPage](d.jira(200, "GET", strings.TrimPrefix(first.NextPage, d.info.BaseURL), ""))
	if diff := cmp.Diff([]string{"site-admins"}, names(next.Values, "name")); diff != "" || !next.IsLast {
		t.Errorf("second page: %s", diff)
	}
	picked := d.jira(200, "GET", "/rest/api/3/groups/picker?query=ADMIN", "").document()
	groups, _ := picked["groups"].([]any)
	group, _ := groups[0].(map[string]any)
	if len(groups) != 1 || group["name"] != "site-admins" || group["html"] != "site-<b>admin</b>s" || group["groupId"] != "g-2" {
		t.Errorf("picked %v", picked)
	}
}

func TestProjectsAndFieldsAreDescribed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	found := decode[jiraPage](d.jira(200, "GET", "/rest/api/3/project/search?query=oper", ""))
	if diff := cmp.Diff([]string{"OPS"}, names(found.Values, "key")); diff != "" {
		t.Error(diff)
	}
	project := d.jira(200, "GET", "/rest/api/3/project/OPS", "").document()
	if text(t, project, "lead", "accountId") != "acc-1" {
		t.Errorf("project %v", project)
	}
	d.jira(404, "GET", "/rest/api/3/project/NONE", "")
	versions := d.jira(200, "GET", "/rest/api/2/project/OPS/versions", "").list()
	if diff := cmp.Diff([]string{"1.0"}, names(versions, "name")); diff != "" {
		t.Error(diff)
	}
	d.jira(200, "GET", "/rest/api/3/version/"+text(t, versions[0], "id"), "")
	d.jira(404, "GET", "/rest/api/3/version/1", "")
	place := named(t, d.jira(200, "GET", "/rest/api/3/field", "").list(), "Place")
	if text(t, place, "schema", "custom") != "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype" || text(t, place, "id") != d.field.ID {
		t.Errorf("field %v", place)
	}
	searched := decode[jiraPage](d.jira(200, "GET", "/rest/api/3/field/search?type=custom&query=pla", ""))
	if diff := cmp.Diff([]string{d.field.ID}, names(searched.Values, "id")); diff != "" {
		t.Error(diff)
	}
	contexts := decode[jiraPage](d.jira(200, "GET", "/rest/api/3/field/"+d.field.ID+"/context", ""))
	if len(contexts.Values) != 1 || contexts.Values[0]["isGlobalContext"] != false || contexts.Values[0]["isAnyIssueType"] != false {
		t.Errorf("contexts %+v", contexts)
	}
	context := text(t, contexts.Values[0], "id")
	mapped := decode[jiraPage](d.jira(200, "GET", "/rest/api/3/field/"+d.field.ID+"/context/projectmapping?contextId="+context, ""))
	if diff := cmp.Diff([]string{"10001"}, names(mapped.Values, "projectId")); diff != "" {
		t.Error(diff)
	}
	d.jira(404, "GET", "/rest/api/3/field/customfield_1/context", "")
	admin := d.jira(200, "GET", "/secure/admin/ConfigureCustomField!default.jspa?customFieldId="+strings.TrimPrefix(d.field.ID, "customfield_"), "")
	if !strings.Contains(string(admin.body), "fieldConfigId="+context) {
		t.Errorf("%s", admin.body)
	}
	config := "/rest/servicedesk/cmdb/latest/fieldconfig/" + context
	if got := d.jira(200, "GET", config, "").document(); got["objectFilterQuery"] != "objectType = City" || got["objectSchemaId"] != d.schema {
		t.Errorf("field configuration %v", got)
	}
	d.jira(200, "PUT", config, `{"objectSchemaId":"`+d.schema+`","objectFilterQuery":"objectType = Office","multiple":false}`)
	if f, _ := d.site.World().Field(d.field.ID); f.Contexts[0].Filter != "objectType = Office" || f.Contexts[0].Multiple {
		t.Errorf("field configuration was not kept: %+v", f)
	}
}

func TestIssuesHoldObjects(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	issue := d.jira(200, "GET", "/rest/api/3/issue/OPS-1?fields=summary,"+d.field.ID, "")
	want := fmt.Sprintf(`"fields":{"%s":[{"workspaceId":"%s","id":"%s","objectId":"%s"}],"summary":"Thing 1"}`, d.field.ID, d.info.WorkspaceID, d.global, d.sydney)
	if !strings.Contains(string(issue.body), want) {
		t.Errorf("got %s, want %s", issue.body, want)
	}
	d.jira(404, "GET", "/rest/api/3/issue/OPS-99", "")
	meta := d.jira(200, "GET", "/rest/api/3/issue/OPS-1/editmeta", "").document()
	if text(t, meta, "fields", d.field.ID, "name") != "Place" {
		t.Errorf("edit meta %v", meta)
	}
	if elsewhere := d.jira(200, "GET", "/rest/api/3/issue/HR-1/editmeta", ""); strings.Contains(string(elsewhere.body), d.field.ID) {
		t.Errorf("a field outside of its context: %s", elsewhere.body)
	}
	officeID := text(t, d.call(201, "POST", "/object/create", object(d.office.office, d.officeName, "SYD-1")).document(), "id")
	other := text(t, d.call(201, "POST", "/object/create", object(d.city, d.cityName, "Melbourne")).document(), "id")
	set := func(want int, key, value string) string {
		t.Helper()
		return string(d.jira(want, "PUT", "/rest/api/3/issue/"+key, `{"fields":{"`+d.field.ID+`":`+value+`}}`).body)
	}
	for value, message := range map[string]string{
		`[{"id":"` + d.info.WorkspaceID + `:99999"}]`:                 "could not be found",
		`[{"workspaceId":"elsewhere","objectId":"` + d.sydney + `"}]`: "not the one of this site",
		`[{"objectId":"` + officeID + `"}]`:                           "does not match the filter",
		`"Sydney"`:                                                    "expected a list",
	} {
		if got := set(400, "OPS-2", value); !strings.Contains(got, message) {
			t.Errorf("%s: %s", value, got)
		}
	}
	if got := set(400, "HR-1", `[{"id":"`+d.global+`"}]`); !strings.Contains(got, "not on the appropriate screen") {
		t.Errorf("outside of the context: %s", got)
	}
	objects := func(key string) string {
		t.Helper()
		i, _ := d.site.World().Issue(key)
		return fmt.Sprint(i.Objects[d.field.ID])
	}
	set(204, "OPS-2", `[{"id":"`+d.global+`"},{"workspaceId":"`+d.info.WorkspaceID+`","objectId":"`+other+`"}]`)
	if got := objects("OPS-2"); got != "["+d.sydney+" "+other+"]" {
		t.Errorf("after setting: %s", got)
	}
	d.jira(204, "PUT", "/rest/api/3/issue/OPS-2", `{"update":{"`+d.field.ID+`":[{"remove":{"id":"`+d.global+`"}}],"summary":[{"set":"Renamed"}]}}`)
	if i, _ := d.site.World().Issue("OPS-2"); objects("OPS-2") != "["+other+"]" || i.Summary != "Renamed" {
		t.Errorf("after removing: %+v", i)
	}
	set(204, "OPS-2", `null`)
	if got := objects("OPS-2"); got != "[]" {
		t.Errorf("after emptying: %s", got)
	}
	tickets := d.call(200, "GET", "/objectconnectedtickets/"+d.sydney+"/tickets", "").document()
	if list, _ := tickets["tickets"].([]any); len(list) != 3 {
		t.Errorf("connected tickets: %v", tickets)
	}
	fetched := d.jira(200, "POST", "/rest/api/3/issue/bulkfetch", `{"issueIdsOrKeys":["OPS-1","ops-3","NO-1",10001],"fields":["summary"]}`).document()
	issues, _ := fetched["issues"].([]any)
	failed, _ := fetched["issueErrors"].([]any)
	if len(issues) != 2 || len(failed) != 1 {
		t.Errorf("fetched %v", fetched)
	}
}

func TestIssuesAreFoundPageByPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	type found struct {
		Issues        []map[string]any
		NextPageToken string
		IsLast        bool
	}
	jql := `project = OPS AND "Place" in aqlFunction("Name = Sydney") ORDER BY key DESC`
	var keys []string
	token := ""
	for range 5 {
		p := decode[found](d.jira(200, "POST", "/rest/api/3/search/jql",
			fmt.Sprintf(`{"jql":%q,"maxResults":2,"fields":["summary"],"nextPageToken":%q}`, jql, token)))
		keys = append(keys, names(p.Issues, "key")...)
		if token = p.NextPageToken; p.IsLast != (token == "") {
			t.Errorf("isLast %v with the token %q", p.IsLast, token)
		}
		if token == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"OPS-5", "OPS-3", "OPS-1"}, keys); diff != "" {
		t.Error(diff)
	}
	get := func(want int, query string) answer {
		t.Helper()
		return d.jira(want, "GET", "/rest/api/3/search/jql?"+query, "")
	}
	ids := decode[found](get(200, "jql="+url.QueryEscape("key in (OPS-1, OPS-2)")))
	if diff := cmp.Diff([]map[string]any{{"id": "10001"}, {"id": "10002"}}, ids.Issues); diff != "" {
		t.Errorf("without fields: %s", diff)
	}
	get(400, "jql="+url.QueryEscape("order by key"))
	get(400, "jql="+url.QueryEscape("project = OPS")+"&nextPageToken=x")
	if got := get(400, "jql="+url.QueryEscape("assignee = x")).document(); !strings.Contains(fmt.Sprint(got["errorMessages"]), "assignee") {
		t.Errorf("what is not simulated: %v", got)
	}
	count := d.jira(200, "POST", "/rest/api/3/search/approximate-count", `{"jql":"\"Place\" is not EMPTY"}`).document()
	if fmt.Sprint(count["count"]) != "3" {
		t.Errorf("count %v", count)
	}
	d.jira(410, "GET", "/rest/api/3/search?jql=x", "")
}
