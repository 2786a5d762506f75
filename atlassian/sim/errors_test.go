package sim_test

import (
	"net/http"
	"strings"
	"testing"

	"stowage/atlassian/sim"
)

func TestWrongRequestsAreToldFromMissingThings(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *sim.Options) { o.Sites[0].MaxBody = 4096 })
	o := r.office()
	for name, tc := range map[string]struct {
		method, path, body string
		status             int
		kind, contains     string
	}{
		"unknown route":         {"GET", "/nothing/here", "", 404, "application/xml", "<status-code>404</status-code>"},
		"unknown route, escape": {"GET", "/<b>", "", 404, "application/xml", "&lt;b&gt;"},
		"missing object":        {"GET", "/object/999", "", 404, "application/json", `"errorMessages":["`},
		"id that is no number":  {"GET", "/object/ITSM-1", "", 404, "application/json", "ITSM-1"},
		"missing schema":        {"GET", "/objectschema/999/attributes", "", 404, "application/json", "999"},
		"wrong method":          {"PATCH", "/objectschema/list", "", 405, "application/xml", "405"},
		"no JSON":               {"POST", "/object/create", `{`, 400, "application/json", "not valid JSON"},
		"two documents":         {"POST", "/object/create", `{} {}`, 400, "application/json", "not valid JSON"},
		"a list for an object":  {"POST", "/object/create", `[]`, 400, "application/json", "not valid"},
		"an object for an id":   {"POST", "/object/create", `{"objectTypeId":{}}`, 400, "application/json", "single value"},
		"only spaces":           {"POST", "/object/create", `   `, 400, "application/json", "missing"},
		"no type":               {"POST", "/object/create", `{"attributes":[]}`, 400, "application/json", `"objectTypeId":"`},
		"too large":             {"POST", "/object/create", `{"objectTypeId":"` + strings.Repeat("1", 5000) + `"}`, 413, "application/json", "4096"},
		"no query":              {"POST", "/object/aql", `{}`, 400, "application/json", "qlQuery"},
		"broken query":          {"POST", "/object/aql", `{"qlQuery":"Name = "}`, 400, "application/json", "column"},
		"negative start":        {"POST", "/object/aql?startAt=-1", `{"qlQuery":"objectId > 0"}`, 400, "application/json", "startAt"},
		"start that is text":    {"POST", "/object/aql?startAt=a", `{"qlQuery":"objectId > 0"}`, 400, "application/json", "integer"},
		"page of none":          {"GET", "/objectschema/list?maxResults=0", "", 400, "application/json", "maxResults"},
		"icon not set":          {"POST", "/objecttype/create", `{"name":"X","objectSchemaId":"` + o.schema + `"}`, 400, "application/json", "Icon needs to be set."},
		"schema not set":        {"POST", "/objecttype/create", `{"name":"X","iconId":"` + o.icon + `"}`, 400, "application/json", "objectSchemaId"},
		"schema that is text":   {"POST", "/objecttype/create", `{"name":"X","iconId":"` + o.icon + `","objectSchemaId":"x"}`, 400, "application/json", "objectSchemaId"},
		"position not set":      {"POST", "/objecttype/" + o.city + "/position", `{}`, 400, "application/json", "position"},
		"category not set":      {"POST", "/config/statustype", `{"name":"X"}`, 400, "application/json", "category"},
		"type that is text":     {"POST", "/objecttypeattribute/" + o.city, `{"name":"X","type":"text"}`, 400, "application/json", "integer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := r.on(t)
			got := r.send(r.bare, tc.method, r.base+tc.path, tc.body)
			if got.status != tc.status || !strings.HasPrefix(got.header.Get("Content-Type"), tc.kind) || !strings.Contains(string(got.body), tc.contains) {
				t.Errorf("got %d %s %s", got.status, got.header.Get("Content-Type"), got.body)
			}
		})
	}
	got := r.send(r.bare, "PATCH", r.base+"/objectschema/"+o.schema, "")
	if allow := got.header.Get("Allow"); allow != "GET, PUT, DELETE" {
		t.Errorf("allowed are %q", allow)
	}
	got = r.send(r.bare, "POST", r.base+"/object/create", "x", func(q *http.Request) { q.Header.Set("Content-Type", "text/plain") })
	if got.status != http.StatusUnsupportedMediaType {
		t.Errorf("a body of text answers %d", got.status)
	}
}

func TestOneBadValueRejectsTheWholeObject(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	group := text(t, r.call(201, "POST", "/objecttypeattribute/"+o.office, `{"name":"Team","type":4}`).document(), "id")
	got := r.call(400, "POST", "/object/create", object(o.office, o.officeName, "SYD-1", group, "nobody"))
	fields, ok := got.document()["errors"].(map[string]any)
	if !ok || len(fields) != 1 || fields["rlabs-insight-attribute-"+group] != "Invalid Group(s)" {
		t.Errorf("refused with %s", got.body)
	}
	if n := r.call(200, "POST", "/object/aql/totalcount", `{"qlQuery":"objectType = Office"}`).document()["totalCount"]; n.(interface{ String() string }).String() != "0" {
		t.Errorf("%v objects were made", n)
	}
}

func TestOptionsThatMeanNothingAreRefused(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]sim.Options{
		"no sites":         {},
		"no name":          {Sites: []sim.SiteOptions{{}}},
		"a slash":          {Sites: []sim.SiteOptions{{Name: "a/b"}}},
		"capitals":         {Sites: []sim.SiteOptions{{Name: "Acme"}}},
		"two of a name":    {Sites: []sim.SiteOptions{{Name: "a"}, {Name: "a"}}},
		"one cloud id":     {Sites: []sim.SiteOptions{{Name: "a", CloudID: "c"}, {Name: "b", CloudID: "c"}}},
		"a path in an id":  {Sites: []sim.SiteOptions{{Name: "a", WorkspaceID: "../x"}}},
		"unknown feature":  {Sites: []sim.SiteOptions{{Name: "a", Without: []sim.Feature{"telepathy"}}}},
		"negative page":    {Sites: []sim.SiteOptions{{Name: "a", MaxPage: -1}}},
		"negative lag":     {Sites: []sim.SiteOptions{{Name: "a", SearchLag: -1}}},
		"name with a dash": {Sites: []sim.SiteOptions{{Name: "-a"}}},
	} {
		if _, err := sim.New(opts); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
