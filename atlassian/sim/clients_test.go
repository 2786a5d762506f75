package sim_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim"
)

// What is held here was found by running clients that others wrote.

func TestSeveralSlashesInARowAreOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, twoSites)
	for _, address := range []string{
		r.base + "//objectschema/list",
		r.base + "///objectschema//list//",
		"http://sim.test//jsm/assets//workspace/" + r.info.WorkspaceID + "/v1/objectschema/list",
		r.info.BaseURL + "//gateway/api//jsm/assets/workspace/" + r.info.WorkspaceID + "/v1//objectschema/list",
		r.info.BaseURL + "//rest/api/3//myself",
		r.info.BaseURL + "/rest/api/latest/myself",
	} {
		r.send(r.bare, "GET", address, "").wants(200, "GET", address)
	}
	o := r.office()
	r.wrong(200, "DELETE", "//objecttypeattribute/"+o.officeCity, "")
	if n := r.sim.Stats().Snapshot().Calls["DELETE /objecttypeattribute/{id}"]; n != 1 {
		t.Errorf("the call was counted %d times under its operation", n)
	}
}

func TestTheNavigatorOrdersByAnAttributeAndCountsPages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	r.fill(o, 30)
	first := func(more string) (label string, pages any) {
		t.Helper()
		got := r.wrong(200, "POST", "/object/navlist/aql",
			`{"qlQuery":"Name like Office","objectTypeId":"`+o.office+`","objectSchemaId":"`+o.schema+`","resultsPerPage":8`+more+`}`).document()
		return text(t, got["objectEntries"].([]any)[0].(map[string]any), "label"), got["pageSize"]
	}
	by := `,"orderByTypeAttrId":` + o.officeName
	for more, want := range map[string]string{
		by: "Office 0", by + `,"asc":1`: "Office 0", by + `,"asc":0`: "Office 9", by + `,"asc":2`: "Office 9", `,"orderByTypeAttrId":99999,"asc":0`: "Office 0",
		`,"asc":"0","orderByTypeAttrId":"` + o.officeName + `"`: "Office 9",
	} {
		label, pages := first(more)
		if label != want || pages != json.Number("4") {
			t.Errorf("%s: %s is first of %v pages, want %s of 4", more, label, pages, want)
		}
	}
	all := r.call(200, "GET", "/iql/objects?iql=objectType%3DOffice&resultPerPage=30", "").document()
	if all["pageSize"] != json.Number("1") {
		t.Errorf("a full page is one of %v", all["pageSize"])
	}
	none := r.call(200, "GET", "/iql/objects?iql=Name%3Dnobody", "").document()
	if none["pageSize"] != json.Number("0") {
		t.Errorf("nothing found is on %v pages", none["pageSize"])
	}
}

func TestAttributesOfASchemaAreLeftOutAsAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	for query, want := range map[string][]string{
		"":                             {"Key", "Name", "Created", "Updated", "Key", "Name", "Created", "Updated", "City"},
		"?query=%22%22":                {"Key", "Name", "Created", "Updated", "Key", "Name", "Created", "Updated", "City"},
		"?onlyValueEditable=True":      {"Name", "Name", "City"},
		"?query=cit":                   {"City"},
		"?query=K&onlyValueEditable=1": {"Key", "Key"},
	} {
		list := r.wrong(200, "GET", "/objectschema/"+o.schema+"/attributes"+query, "").list()
		if diff := cmp.Diff(want, names(list, "name")); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}

func TestAReferenceTypeHasThePictureItPointsTo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	kind := r.call(200, "GET", "/config/referencetype", "").list()[0]
	address := text(t, kind, "url16")
	got := r.send(r.bare, "GET", address, "").wants(200, "GET", address)
	picture, err := png.Decode(bytes.NewReader(got.body))
	if err != nil || picture.Bounds().Dx() != 16 || got.header.Get("Content-Type") != "image/png" {
		t.Errorf("%d bytes of %s: %v", len(got.body), got.header.Get("Content-Type"), err)
	}
	r.wrong(404, "GET", "/config/referencetype/9999/image.png", "")
	r.wrong(404, "GET", "/config/referencetype/x/image.png", "")
	r.wrong(406, "GET", "/config/referencetype/"+text(t, kind, "id")+"/image.png", "", func(q *http.Request) { q.Header.Set("Accept", "text/html") })
}

func TestAttributesAreMovedWithinTheirType(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	order := func() []string {
		return names(r.call(200, "GET", "/objecttype/"+o.office+"/attributes", "").list(), "name")
	}
	move := func(want int, attribute, body string) answer {
		t.Helper()
		return r.wrong(want, "POST", "/objecttypeattribute/"+o.office+"/"+attribute+"/position", body)
	}
	if got := move(200, o.officeCity, `{"position":1}`).document(); got["position"] != json.Number("1") || got["name"] != "City" {
		t.Errorf("moved to %v", got)
	}
	if diff := cmp.Diff([]string{"Key", "City", "Name", "Created", "Updated"}, order()); diff != "" {
		t.Error(diff)
	}
	move(200, o.officeCity, `{"position":"99"}`)
	if diff := cmp.Diff([]string{"Key", "Name", "Created", "Updated", "City"}, order()); diff != "" {
		t.Error(diff)
	}
	move(400, o.officeCity, `{"position":-1}`)
	move(400, o.officeCity, `{}`)
	move(404, o.cityName, `{"position":1}`)
	move(404, "x", `{"position":1}`)
	r.wrong(404, "POST", "/objecttypeattribute/9999/"+o.officeCity+"/position", `{"position":1}`)
}

func TestAByteOrderMarkIsForgiven(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.wrong(200, "POST", "/object/aql", "\ufeff"+`{"qlQuery":""}`)
	r.wrong(400, "POST", "/object/aql", "\ufeff")
}

func TestAnOAuthTokenTellsItsSites(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *sim.Options) {
		o.Sites = []sim.SiteOptions{{Name: "acme", OAuthToken: "both"}, {Name: "globex", OAuthToken: "both"}, {Name: "initech"}}
	})
	const path = "/oauth/token/accessible-resources"
	ask := func(want int, method, token string) answer {
		t.Helper()
		return r.send(r.bare, method, "http://sim.test"+path, "", bearer(token)).wants(want, method, path)
	}
	if diff := cmp.Diff([]string{"acme", "globex"}, names(ask(200, "GET", "both").list(), "name")); diff != "" {
		t.Error(diff)
	}
	own := ask(200, "GET", "sim-oauth-initech").list()
	if diff := cmp.Diff([]string{r.sim.Site("initech").CloudID()}, names(own, "id")); diff != "" {
		t.Error(diff)
	}
	if address := text(t, own[0], "url"); address != "http://sim.test/sites/initech" {
		t.Errorf("the site is at %s", address)
	}
	if scopes, _ := own[0]["scopes"].([]any); !slices.Contains(scopes, any("read:cmdb-object:jira")) {
		t.Errorf("the scopes are %v", scopes)
	}
	ask(401, "GET", "nothing")
	ask(405, "POST", "both")
	if got := r.send(r.bare, "GET", "http://sim.test"+path, ""); got.status != 401 || !strings.Contains(string(got.body), `"code":401`) {
		t.Errorf("an API token is told %d %s", got.status, got.body)
	}
}
