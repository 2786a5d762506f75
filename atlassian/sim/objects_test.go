package sim_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/world"
)

// values are the objectAttributeValues of an attribute of an object.
func values(tb testing.TB, object map[string]any, attribute string) []map[string]any {
	tb.Helper()
	for _, a := range object["attributes"].([]any) {
		a := a.(map[string]any)
		if a["objectTypeAttributeId"] != attribute {
			continue
		}
		var out []map[string]any
		for _, v := range a["objectAttributeValues"].([]any) {
			out = append(out, v.(map[string]any))
		}
		return out
	}
	return nil
}

func TestACreatedObjectComesWithoutAttributesAndIsReadWithThem(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	created := r.call(201, "POST", "/object/create", object(o.office, o.officeName, "SYD-1", o.officeCity, o.sydney)).document()
	if _, has := created["attributes"]; has {
		t.Error("the answer to a create has attributes")
	}
	id := text(t, created, "id")
	if created["globalId"] != r.info.WorkspaceID+":"+id || created["objectKey"] != "ITSM-"+id || created["label"] != "SYD-1" {
		t.Errorf("created %v", created)
	}
	read := r.call(200, "GET", "/object/"+id, "").document()
	if got := text(t, read, "objectType", "name"); got != "Office" {
		t.Errorf("the type is %q", got)
	}
	city := values(t, read, o.officeCity)
	if len(city) != 1 || city[0]["value"] != nil || text(t, city[0], "referencedObject", "id") != o.sydney ||
		city[0]["displayValue"] != "Sydney" || city[0]["searchValue"] != "ITSM-"+o.sydney || city[0]["referencedType"] != true {
		t.Errorf("the reference reads %v", city)
	}
	if _, has := r.call(200, "GET", "/object/"+id+"?includeAttributes=false", "").document()["attributes"]; has {
		t.Error("attributes came unasked")
	}
	first := read["attributes"].([]any)[0].(map[string]any)
	if name := text(t, first, "objectTypeAttribute", "name"); name != "Key" {
		t.Errorf("the first attribute is %q", name)
	}
	if listed := r.call(200, "GET", "/object/"+id+"/attributes", "").list(); len(listed) != 5 {
		t.Errorf("%d attributes: %v", len(listed), listed)
	}
}

func TestEveryKindOfValueHasItsSubDocument(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.site.World()
	w.PutUser(world.User{AccountID: "712020:ann", DisplayName: "Ann <b>", Email: "ann@acme.example", Active: true})
	w.PutUser(world.User{AccountID: "712020:gone", DisplayName: "Former user", Deleted: true})
	w.PutGroup(world.Group{ID: "g1", Name: "it-team"})
	project := w.PutProject(world.Project{Key: "HELP", Name: "Help desk"})
	version := w.PutVersion(world.Version{ProjectID: project.ID, Name: "1.0"})
	o := r.office()
	active := text(t, named(t, r.call(200, "GET", "/config/statustype", "").list(), "Active"), "id")
	attribute := func(r *rig, body string) string {
		return text(r.tb, r.call(201, "POST", "/objecttypeattribute/"+o.office, body).document(), "id")
	}
	type kind struct {
		definition, send string
		want             map[string]any
	}
	for name, tc := range map[string]kind{
		"text":     {`"type":0,"defaultTypeId":0`, "a\"\\\n\u00e9\U0001F600", map[string]any{"value": "a\"\\\n\u00e9\U0001F600", "displayValue": "a\"\\\n\u00e9\U0001F600", "searchValue": "a\"\\\n\u00e9\U0001F600", "referencedType": false}},
		"integer":  {`"type":0,"defaultTypeId":1`, "42", map[string]any{"value": "42", "displayValue": "42", "searchValue": "42", "referencedType": false}},
		"boolean":  {`"type":0,"defaultTypeId":2`, "true", map[string]any{"value": "true", "displayValue": "true", "searchValue": "true", "referencedType": false}},
		"date":     {`"type":0,"defaultTypeId":4`, "2021-02-16", map[string]any{"value": "2021-02-16", "displayValue": "16/Feb/21", "searchValue": "2021-02-16", "referencedType": false}},
		"datetime": {`"type":0,"defaultTypeId":6`, "2021-02-16T20:04:41.527Z", map[string]any{"value": "2021-02-16T20:04:41.527Z", "displayValue": "16/Feb/21 8:04 PM", "searchValue": "2021-02-16T20:04:41.527Z", "referencedType": false}},
		"select":   {`"type":0,"defaultTypeId":10,"options":"A,B"`, "B", map[string]any{"value": "B", "displayValue": "B", "searchValue": "B", "referencedType": false}},
		"user": {`"type":2`, "712020:ann", map[string]any{
			"user":         map[string]any{"avatarUrl": r.info.BaseURL + "/secure/useravatar", "displayName": "Ann <b>", "name": "712020:ann", "key": "712020:ann", "emailAddress": "ann@acme.example", "isDeleted": false},
			"displayValue": "Ann <b>", "searchValue": "712020:ann", "referencedType": false,
		}},
		"group": {`"type":4`, "it-team", map[string]any{
			"group":        map[string]any{"avatarUrl": r.info.BaseURL + "/images/icons/group.png", "name": "it-team"},
			"displayValue": "it-team", "searchValue": "it-team", "referencedType": false,
		}},
		"status": {`"type":7`, active, map[string]any{
			"status":       map[string]any{"id": active, "name": "Active", "category": json.Number("1")},
			"displayValue": "Active", "searchValue": active, "referencedType": false,
		}},
		"project": {`"type":6`, "HELP", map[string]any{
			"project":      map[string]any{"id": project.ID.String(), "key": "HELP", "name": "Help desk", "url": r.info.BaseURL + "/browse/HELP"},
			"displayValue": "Help desk", "searchValue": project.ID.String(), "referencedType": false,
		}},
		"version": {`"type":5,"typeValueMulti":["` + project.ID.String() + `"]`, version.ID.String(), map[string]any{
			"version":      map[string]any{"id": version.ID.String(), "name": "1.0"},
			"displayValue": "1.0", "searchValue": version.ID.String(), "referencedType": false,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := r.on(t)
			id := attribute(r, `{"name":"`+name+`",`+tc.definition+`}`)
			made := text(t, r.call(201, "POST", "/object/create", object(o.office, o.officeName, name, id, tc.send)).document(), "id")
			got := values(t, r.call(200, "GET", "/object/"+made, "").document(), id)
			if diff := cmp.Diff([]map[string]any{tc.want}, got); diff != "" {
				t.Errorf("the value reads otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

func TestIDsNumbersAndBooleansAreReadFromAnyScalar(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	body := `{"objectTypeId":` + o.office + `,"extra":{"ignored":true},"attributes":[{"objectTypeAttributeId":` + o.officeName +
		`,"objectAttributeValues":[{"value":17}]},{"objectTypeAttributeId":` + o.officeCity + `,"objectAttributeValues":[{"value":` + o.sydney + `},{"value":null}]}]}`
	made := r.wrong(201, "POST", "/object/create", body).document()
	if made["label"] != "17" {
		t.Errorf("made %v", made)
	}
	r.wrong(200, "PUT", "/objecttype/"+o.office, `{"inherited":"true","iconId":`+o.icon+`}`)
	if r.call(200, "GET", "/objecttype/"+o.office, "").document()["inherited"] != true {
		t.Error("a boolean in quotes was not read")
	}
	r.call(201, "POST", "/objecttypeattribute/"+o.office, `{"name":"Geo","type":"0","defaultTypeId":"0"}`)
}

func TestAnUpdateKeepsWhatItDoesNotList(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	id := text(t, r.call(201, "POST", "/object/create", object(o.office, o.officeName, "SYD-1", o.officeCity, o.sydney)).document(), "id")
	read := r.call(200, "PUT", "/object/"+id, object(o.office, o.officeName, "SYD-2")).document()
	if read["label"] != "SYD-2" || len(values(t, read, o.officeCity)) != 1 {
		t.Errorf("after the update %v", read)
	}
	read = r.call(200, "PUT", "/object/"+id,
		`{"objectTypeId":"`+o.office+`","attributes":[{"objectTypeAttributeId":"`+o.officeCity+`","objectAttributeValues":[]}]}`).document()
	if len(values(t, read, o.officeCity)) != 0 {
		t.Errorf("an empty list cleared nothing: %v", read)
	}
	history := r.call(200, "GET", "/object/"+id+"/history", "").list()
	if len(history) != 3 || history[0]["oldValue"] != "Sydney" || history[2]["affectedAttribute"] != nil {
		t.Errorf("history %v", history)
	}
	if first := r.call(200, "GET", "/object/"+id+"/history?asc=true", "").list()[0]; text(t, first, "actor", "displayName") != "Administrator of acme" {
		t.Errorf("first entry %v", first)
	}
}

func TestConnectedTicketsAndReferences(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	made := r.call(201, "POST", "/object/create", object(o.office, o.officeName, "SYD-1", o.officeCity, o.sydney)).document()
	infos := r.call(200, "GET", "/object/"+o.sydney+"/referenceinfo", "").list()
	if len(infos) != 1 || text(t, infos[0], "objectType", "id") != o.office || infos[0]["numberOfReferencedObjects"] != json.Number("1") {
		t.Errorf("references %v", infos)
	}
	w := r.site.World()
	project := w.PutProject(world.Project{Key: "HELP", Name: "Help desk"})
	field := w.PutField(world.Field{ID: "customfield_10100", Name: "Office", Contexts: []world.FieldContext{{Multiple: true}}})
	officeID, ok := world.ParseID(text(t, made, "id"))
	if !ok {
		t.Fatal(made)
	}
	issue, err := w.PutIssue(world.Issue{
		ProjectID: project.ID, Summary: "Door", Type: "Task", Status: "Open", Priority: "High", Reporter: "712020:ann",
		Objects: map[string][]world.ID{field.ID: {officeID}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tickets := r.call(200, "GET", "/objectconnectedtickets/"+officeID.String()+"/tickets", "").document()
	list := tickets["tickets"].([]any)
	if len(list) != 1 || text(t, list[0].(map[string]any), "key") != issue.Key {
		t.Errorf("tickets %v", tickets)
	}
	read := r.call(200, "GET", "/object/"+officeID.String(), "").document()
	if read["extendedInfo"].(map[string]any)["openIssuesExists"] != true {
		t.Errorf("extended info %v", read["extendedInfo"])
	}
}

func TestSwitchesForTheOdditiesOfTheWire(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *sim.Options) {
		o.Sites[0].IsLastAsString, o.Sites[0].ParentTypeIDAsNumber = true, true
	})
	o := r.office()
	if page := r.call(200, "POST", "/object/aql", `{"qlQuery":"objectId > 0"}`).document(); page["isLast"] != "true" || page["last"] != true {
		t.Errorf("page %v", page)
	}
	child := r.call(201, "POST", "/objecttype/create",
		`{"name":"Branch","iconId":"`+o.icon+`","objectSchemaId":"`+o.schema+`","parentObjectTypeId":"`+o.office+`"}`)
	if got := child.document()["parentObjectTypeId"]; got != json.Number(o.office) {
		t.Errorf("the parent is %v", got)
	}
}

func TestAddressesInAnswersAreThoseOfTheCaller(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	base := "https://other.test:8443/jsm/assets/workspace/" + r.info.WorkspaceID + "/v1"
	got := r.send(r.client, "GET", base+"/object/"+o.sydney, "").wants(200, "GET", base).document()
	if self := text(t, got, "_links", "self"); self != base+"/object/"+o.sydney {
		t.Errorf("the link is %s", self)
	}
	if icon := text(t, got, "objectType", "icon", "url48"); !strings.HasPrefix(icon, base+"/icon/") {
		t.Errorf("the icon is at %s", icon)
	}
}

func TestAttributesAreListedAsAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	r.call(200, "PUT", "/objecttype/"+o.office, `{"inherited":true}`)
	child := text(t, r.call(201, "POST", "/objecttype/create",
		`{"name":"Branch","iconId":"`+o.icon+`","objectSchemaId":"`+o.schema+`","parentObjectTypeId":"`+o.office+`"}`).document(), "id")
	r.call(201, "POST", "/objecttypeattribute/"+child, `{"name":"Area","type":0,"defaultTypeId":1}`)
	r.call(201, "POST", "/object/create", object(o.office, o.officeName, "SYD-1"))
	for query, want := range map[string][]string{
		"":                            {"Key", "Name", "Created", "Updated", "City"},
		"?onlyValueEditable=true":     {"Name", "City"},
		"?orderByName=true":           {"City", "Created", "Key", "Name", "Updated"},
		"?orderByRequired=true":       {"Key", "Name", "Created", "Updated", "City"},
		"?query=cit":                  {"City"},
		`?query=%22%22`:               {"Key", "Name", "Created", "Updated", "City"},
		"?includeChildren=true":       {"Key", "Name", "Created", "Updated", "City", "Key", "Name", "Created", "Updated", "City", "Area"},
		"?includeValuesExist=true":    {"Key", "Name", "Created", "Updated", "City"},
		"?excludeParentAttributes=no": {"Key", "Name", "Created", "Updated", "City"},
	} {
		var got []string
		for _, a := range r.wrong(200, "GET", "/objecttype/"+o.office+"/attributes"+query, "").list() {
			got = append(got, text(t, a, "name"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q lists otherwise (-want +got):\n%s", query, diff)
		}
	}
	own := r.call(200, "GET", "/objecttype/"+child+"/attributes?excludeParentAttributes=true", "").list()
	for _, a := range own {
		if a["name"] == "City" {
			t.Error("what comes from the parent was not left out")
		}
	}
	exist := r.call(200, "GET", "/objecttype/"+o.office+"/attributes?includeValuesExist=true", "").list()
	if named(t, exist, "Name")["objectAttributeExists"] != true || named(t, exist, "City")["objectAttributeExists"] != false {
		t.Errorf("values exist otherwise: %v", exist)
	}
}
