package sim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/aql"
	"stowage/atlassian/sim/world"
)

// diskDocument has two types, one below the other, a status of its own and a reference.
const diskDocument = `{
 "schema": {
  "objectSchema": {"name": "Disks", "description": "What was found", "objectTypes": [
   {"externalId": "t/drive", "name": "Hard Drive", "description": "", "attributes": [
     {"externalId": "a/duid", "name": "DUID", "description": "", "type": "text", "label": true},
     {"externalId": "a/size", "name": "Size", "description": "", "type": "integer"},
     {"externalId": "a/kind", "name": "Kind", "description": "", "type": "select"},
     {"externalId": "a/tags", "name": "Tags", "description": "", "type": "text", "maximumCardinality": -1},
     {"externalId": "a/state", "name": "State", "description": "", "type": "status", "typeValues": ["Active", "Worn out"]}],
    "children": [
     {"externalId": "t/file", "name": "File", "description": "", "attributes": [
      {"externalId": "a/path", "name": "Path", "description": "", "type": "text", "label": true},
      {"externalId": "a/on", "name": "On drive", "description": "", "type": "referenced_object", "referenceObjectTypeExternalId": "t/drive"}]}]}]},
  "statusSchema": {"statuses": [{"name": "Worn out", "description": "", "category": "inactive"}]}
 },
 "mapping": {"objectTypeMappings": [
  {"objectTypeExternalId": "t/drive", "objectTypeName": "Hard Drive", "selector": "drives", "description": "", "attributesMapping": [
    {"attributeExternalId": "a/duid", "attributeName": "DUID", "attributeLocators": ["id"], "externalIdPart": true},
    {"attributeExternalId": "a/size", "attributeName": "Size", "attributeLocators": ["facts.size"]},
    {"attributeExternalId": "a/kind", "attributeName": "Kind", "attributeLocators": ["kind"]},
    {"attributeExternalId": "a/tags", "attributeName": "Tags", "attributeLocators": ["tags"]},
    {"attributeExternalId": "a/state", "attributeName": "State", "attributeLocators": ["state"]}]},
  {"objectTypeExternalId": "t/file", "objectTypeName": "File", "selector": "drives.files", "description": "", "attributesMapping": [
    {"attributeExternalId": "a/path", "attributeName": "Path", "attributeLocators": ["path"], "externalIdPart": true},
    {"attributeExternalId": "a/on", "attributeName": "On drive", "attributeLocators": ["drive"], "objectMappingIQL": "DUID = ${drive}"}]}]}
}`

const diskData = `{"drives":[
 {"id":"d \"1\"","facts":{"size":100},"kind":"SSD","tags":["fast","new||red"],"state":"active","files":[{"path":"/a","drive":"d \"1\""},{"path":"/b","drive":"d2"}]},
 {"id":"d2","facts":{"size":"7"},"kind":"HDD","state":"Worn out","files":[{"path":"/c"}]}]}`

// disks is a site with an import source that has a mapping.
type disks struct {
	*rig
	source string
	schema world.ID
}

func newDisks(t *testing.T, in sim.ImportSourceInput, change ...func(*sim.Options)) *disks {
	t.Helper()
	d := &disks{rig: newRig(t, change...)}
	schema, err := d.site.World().CreateSchema(world.SchemaInput{Name: "Disks", Key: "DISK"})
	if err != nil {
		t.Fatal(err)
	}
	in.Name, in.SchemaID, d.schema = "Disks", schema.ID, schema.ID
	if d.source, err = d.site.CreateImportSource(in); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *disks) path(rest string) string { return "/importsource/" + d.source + rest }

// run imports chunks and returns the status of the execution.
func (d *disks) run(chunks ...string) map[string]any {
	d.tb.Helper()
	links := d.call(200, "POST", d.path("/executions"), "").document()
	for i, chunk := range chunks {
		body := fmt.Sprintf(`{"data":%s,"clientGeneratedId":"c%d","completed":%t}`, chunk, i, i == len(chunks)-1)
		d.send(d.client, "POST", text(d.tb, links, "links", "submitResults"), body).wants(200, "POST", "data")
	}
	return d.send(d.client, "GET", text(d.tb, links, "links", "getExecutionStatus"), "").wants(200, "GET", "status").document()
}

// counts are the counts of an execution by object type, without those that are zero.
func (d *disks) counts(status map[string]any) map[string]map[string]string {
	d.tb.Helper()
	out := map[string]map[string]string{}
	result, ok := status["progressResult"].(map[string]any)
	if !ok {
		d.tb.Fatalf("no result in %v", status)
	}
	byType, ok := result["objectTypeResultMap"].(map[string]any)
	if !ok {
		d.tb.Fatalf("no counts in %v", result)
	}
	for _, one := range byType {
		m, ok := one.(map[string]any)
		if !ok {
			d.tb.Fatalf("not counts: %v", one)
		}
		counts := map[string]string{}
		for k, v := range m {
			if n, ok := v.(json.Number); ok && n != "0" && k != "objectTypeId" && !strings.HasSuffix(k, "InMs") {
				counts[k] = n.String()
			}
			if list, ok := v.([]any); ok {
				counts[k] = fmt.Sprint(list)
			}
		}
		out[fmt.Sprint(m["objectTypeName"])] = counts
	}
	return out
}

// values are the values of the object a query finds, by the name of the attribute.
func (d *disks) values(query string) map[string]string {
	d.tb.Helper()
	found, err := d.site.World().Search(d.tb.Context(), "", query, aql.Page{Limit: 2, CountTo: aql.Everything})
	if err != nil || len(found.IDs) != 1 {
		d.tb.Fatalf("%s finds %v %v", query, found.IDs, err)
	}
	out := map[string]string{}
	d.site.World().View(func(v *world.View) {
		o, _ := v.Object(found.IDs[0])
		for a := range v.Attributes(o.TypeID()) {
			if a.System {
				continue
			}
			var texts []string
			for value := range o.Values(a.ID) {
				texts = append(texts, v.Display(value))
			}
			if len(texts) > 0 {
				out[a.Name] = strings.Join(texts, "|")
			}
		}
	})
	return out
}

func TestAnImportBecomesObjects(t *testing.T) {
	t.Parallel()
	d := newDisks(t, sim.ImportSourceInput{})
	d.call(204, "PUT", d.path("/mapping"), diskDocument)
	status := d.run(diskData)
	if status["status"] != "DONE" {
		t.Errorf("status %v", status["status"])
	}
	want := map[string]map[string]string{
		"Hard Drive": {"objectsCreated": "2", "entriesInSource": "2"},
		"File":       {"objectsCreated": "3", "entriesInSource": "3", "objectsWithUpdatedReferences": "2"},
	}
	if diff := cmp.Diff(want, d.counts(status)); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string]map[string]string{
		`DUID = "d \"1\""`: {"DUID": `d "1"`, "Size": "100", "Kind": "SSD", "Tags": "fast|new|red", "State": "Active"},
		`DUID = d2`:        {"DUID": "d2", "Size": "7", "Kind": "HDD", "State": "Worn out"},
		`Path = /a`:        {"Path": "/a", "On drive": `d "1"`},
		`Path = /b`:        {"Path": "/b", "On drive": "d2"},
		`Path = /c`:        {"Path": "/c"},
	} {
		if diff := cmp.Diff(want, d.values(query)); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	again := map[string]map[string]string{
		"Hard Drive": {"objectsIdentical": "2", "entriesInSource": "2"},
		"File":       {"objectsIdentical": "3", "entriesInSource": "3"},
	}
	if diff := cmp.Diff(again, d.counts(d.run(diskData))); diff != "" {
		t.Errorf("the same data again: %s", diff)
	}
}

func TestAnImportTellsWhatBecameOfEveryEntry(t *testing.T) {
	t.Parallel()
	d := newDisks(t, sim.ImportSourceInput{DeleteMissing: true})
	d.call(204, "PUT", d.path("/mapping"), diskDocument)
	d.run(diskData)
	status := d.run(
		`{"drives":[{"id":"d2","facts":{"size":8}},{"id":"d2"},{"facts":{"size":9}},{"id":""}]}`,
		`{"drives":[{"id":"d3"}]}`,
		`{}`,
	)
	want := map[string]map[string]string{
		"Hard Drive": {
			"objectsCreated": "1", "objectsUpdated": "1", "objectsMissingDeleted": "1",
			"entriesInSource": "5", "duplicateEnries": "1", "emptyExternalIdEntries": "2",
		},
		"File": {"objectsMissingDeleted": "3"},
	}
	if diff := cmp.Diff(want, d.counts(status)); diff != "" {
		t.Error(diff)
	}
	bad := d.counts(d.run(`{"drives":[{"id":"d2","facts":{"size":"large"}},{"id":"d3"}]}`))
	if !strings.Contains(bad["Hard Drive"]["errorMessages"], "Invalid values (large)") || bad["Hard Drive"]["objectsMissingDeleted"] != "" {
		t.Errorf("a value that is not valid: %v", bad)
	}
}

func TestAChunkSentTwiceIsTakenOnce(t *testing.T) {
	t.Parallel()
	d := newDisks(t, sim.ImportSourceInput{})
	d.call(204, "PUT", d.path("/mapping"), diskDocument)
	links := d.call(200, "POST", d.path("/executions"), "").document()
	data := text(t, links, "links", "submitResults")
	for range 2 {
		d.send(d.client, "POST", data, `{"data":{"drives":[{"id":"d1"}]},"clientGeneratedId":"same","completed":false}`).wants(200, "POST", "data")
	}
	if status := d.call(200, "GET", d.path("/configstatus"), "").document(); status["status"] != "RUNNING" {
		t.Errorf("config status %v", status)
	}
	d.wrong(409, "POST", d.path("/executions"), "")
	d.send(d.client, "POST", data, `{"completed":true}`).wants(200, "POST", "data")
	d.send(d.bare, "POST", data, `{"data":{},"clientGeneratedId":"late"}`).wants(400, "POST", "data")
	got := d.counts(d.call(200, "GET", d.path("/executions/status"), "").document())
	if diff := cmp.Diff(map[string]string{"objectsCreated": "1", "entriesInSource": "1"}, got["Hard Drive"]); diff != "" {
		t.Error(diff)
	}
}

func TestACancelledImportWritesNothing(t *testing.T) {
	t.Parallel()
	d := newDisks(t, sim.ImportSourceInput{})
	d.call(204, "PUT", d.path("/mapping"), diskDocument)
	links := d.call(200, "POST", d.path("/executions"), "").document()
	d.send(d.client, "POST", text(t, links, "links", "submitResults"), `{"data":`+diskData+`}`).wants(200, "POST", "data")
	d.send(d.client, "DELETE", text(t, links, "links", "cancel"), "").wants(200, "DELETE", "execution")
	if status := d.call(200, "GET", d.path("/executions/status"), "").document(); status["status"] != "CANCELLED" {
		t.Errorf("status %v", status)
	}
	if n := d.site.World().ObjectCount(); n != 0 {
		t.Errorf("%d objects", n)
	}
	d.call(200, "POST", d.path("/executions"), "")
}

func TestAnImportIsShownAsProcessingForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDisks(t, sim.ImportSourceInput{ProcessingTime: 3 * time.Second})
		d.call(204, "PUT", d.path("/mapping"), diskDocument)
		if status := d.run(diskData); status["status"] != "PROCESSING" || status["progressResult"] != nil {
			t.Errorf("status %v", status)
		}
		<-time.After(4 * time.Second)
		if status := d.call(200, "GET", d.path("/executions/status"), "").document(); status["status"] != "DONE" {
			t.Errorf("status %v", status)
		}
	})
}

func TestAMappingThatCannotBeIsRefusedWithACode(t *testing.T) {
	t.Parallel()
	d := newDisks(t, sim.ImportSourceInput{})
	codes := func(a answer) []string {
		t.Helper()
		var out []string
		list, _ := a.document()["dataValidationErrors"].([]any)
		for _, one := range list {
			m, _ := one.(map[string]any)
			out = append(out, fmt.Sprint(m["code"]))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	change := func(old, replacement string) string {
		t.Helper()
		if !strings.Contains(diskDocument, old) {
			t.Fatalf("%s is not in the document", old)
		}
		return strings.Replace(diskDocument, old, replacement, 1)
	}
	for _, tt := range []struct {
		name, document string
		want           []string
	}{
		{"no mapping", `{"schema":{"objectSchema":{"name":"","description":"","objectTypes":[{"name":"A","description":""}]}}}`, []string{"REQUIRED"}},
		{"a user", change(`"type": "integer"`, `"type": "user"`), []string{"UNSUPPORTED_ATTRIBUTE_TYPE", "UNKNOWN_EXTERNAL_ID_MAPPING"}},
		{"an unknown attribute", change(`"attributeExternalId": "a/size"`, `"attributeExternalId": "a/none"`), []string{"UNKNOWN_EXTERNAL_ID_MAPPING"}},
		{"an unknown type", change(`"objectTypeExternalId": "t/file"`, `"objectTypeExternalId": "t/none"`), []string{"UNKNOWN_EXTERNAL_ID_MAPPING"}},
		{"some external ids", change(`"externalId": "a/size", `, ``), []string{"MISSING_EXTERNAL_ID", "UNKNOWN_EXTERNAL_ID_MAPPING"}},
		{"one external id twice", change(`"externalId": "a/size"`, `"externalId": "a/duid"`), []string{"DUPLICATE_EXTERNAL_ID", "RENAMED_ATTRIBUTE", "UNKNOWN_EXTERNAL_ID_MAPPING"}},
		{"a reference to nothing", change(`"referenceObjectTypeExternalId": "t/drive"`, `"referenceObjectTypeExternalId": "t/none"`), []string{"UNKNOWN_REFERENCED_OBJECT_TYPE"}},
		{"a query that is none", change(`DUID = ${drive}`, `DUID is ${drive}`), []string{"INVALID_OBJECT_MAPPING_IQL"}},
		{"no icons", change(`"statusSchema"`, `"iconSchema":{"icons":[]},"statusSchema"`), []string{"MIN_ITEMS"}},
		{"an unknown icon", change(`"name": "Hard Drive",`, `"name": "Hard Drive", "iconKey": "none",`), []string{"UNKNOWN_ICON"}},
		{"a category that is none", change(`"inactive"`, `"tired"`), []string{"ENUM"}},
		{"values of a status for a text", change(`"type": "integer"`, `"type": "integer", "typeValues": ["x"]`), []string{"TYPE_VALUES"}},
	} {
		slices.Sort(tt.want)
		if diff := cmp.Diff(tt.want, codes(d.wrong(400, "PUT", d.path("/mapping"), tt.document))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	if types, err := d.site.World().ObjectTypes(d.schema); err != nil || len(types) != 0 {
		t.Errorf("a refused document left %d object types, %v", len(types), err)
	}
	if got := d.wrong(409, "POST", d.path("/executions"), "").document(); got["errorCode"] != "MISSING_MAPPING" || got["result"] != "error" {
		t.Errorf("start without a mapping: %v", got)
	}
	d.call(204, "PUT", d.path("/mapping"), diskDocument)
	d.call(409, "PUT", d.path("/mapping"), diskDocument)
	// What was read cannot be sent back as it is: an empty list of icons is no list of icons.
	read := d.call(200, "GET", d.path("/schema-and-mapping"), "")
	if diff := cmp.Diff([]string{"MIN_ITEMS"}, codes(d.wrong(400, "PATCH", d.path("/mapping"), string(read.body)))); diff != "" {
		t.Errorf("the document sent back: %s", diff)
	}
	d.call(204, "PATCH", d.path("/mapping"), strings.Replace(string(read.body), `"iconSchema":{"icons":[]},`, "", 1))
	d.wrong(400, "PATCH", d.path("/mapping"), strings.Replace(diskDocument, `"type": "integer"`, `"type": "text"`, 1))
}

func TestAUserCannotBeMapped(t *testing.T) {
	t.Parallel()
	d := newDisks(t, sim.ImportSourceInput{})
	d.call(204, "PUT", d.path("/mapping"), diskDocument)
	types, err := d.site.World().ObjectTypes(d.schema)
	if err != nil {
		t.Fatal(err)
	}
	owner, err := d.site.World().CreateAttribute(types[0].ID, world.AttributeInput{Name: new("Owner"), Type: new(world.TypeUser)})
	if err != nil {
		t.Fatal(err)
	}
	if read := d.call(200, "GET", d.path("/schema-and-mapping"), ""); strings.Contains(string(read.body), "Owner") {
		t.Error("the schema of the import shows the user")
	}
	refused := d.wrong(400, "PATCH", d.path("/mapping"), strings.Replace(diskDocument, `"attributeExternalId": "a/size", "attributeName": "Size"`,
		`"attributeExternalId": "`+owner.ID.String()+`", "attributeName": "Owner"`, 1))
	if !strings.Contains(string(refused.body), "UNKNOWN_EXTERNAL_ID_MAPPING") {
		t.Errorf("%s", refused.body)
	}
}

func TestAContainerTokenOpensItsSourceOnly(t *testing.T) {
	t.Parallel()
	d := newDisks(t, sim.ImportSourceInput{})
	other, err := d.site.CreateImportSource(sim.ImportSourceInput{Name: "Other", SchemaID: d.schema})
	if err != nil {
		t.Fatal(err)
	}
	first := text(t, d.call(200, "POST", d.path("/token"), "").document(), "token")
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	info := func(want int, token string) answer {
		t.Helper()
		return d.send(d.bare, "GET", d.info.APIBaseURL+"/jsm/assets/v1/imports/info", "", bearer(token)).wants(want, "GET", "imports/info")
	}
	links := info(200, first).document()
	mapping := text(t, links, "links", "mapping")
	d.send(d.client, "PUT", mapping, diskDocument, bearer(first)).wants(204, "PUT", mapping)
	start := d.send(d.client, "POST", text(t, links, "links", "start"), "", bearer(first)).wants(200, "POST", "start").document()
	d.send(d.client, "POST", text(t, start, "links", "submitResults"), `{"data":`+diskData+`,"completed":true}`, bearer(first)).wants(200, "POST", "data")
	d.wrong(401, "GET", "/importsource/"+other+"/configstatus", "", bearer(first))
	d.wrong(401, "GET", "/objectschema/list", "", bearer(first))
	second := text(t, d.call(200, "POST", d.path("/token"), "").document(), "token")
	if got := info(401, first).document(); got["message"] != "Unauthorized" {
		t.Errorf("%v", got)
	}
	info(200, second)
}

func TestSchedulesOfImports(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	d := newDisks(t, sim.ImportSourceInput{}, func(o *sim.Options) { o.Now = func() time.Time { return now } })
	links := d.call(200, "GET", d.path("/schedule"), "").document()
	at := text(t, links, "links", "createSchedule")
	for _, body := range []string{
		`{"startTime":"2026-01-31T11:00:00.000Z","runInterval":"DAILY"}`, `{"startTime":"2026-02-31","runInterval":"DAILY"}`,
		`{"startTime":"2027-01-31T11:00:00.000Z","runInterval":"HOURLY"}`,
	} {
		d.send(d.bare, "POST", at, body).wants(400, "POST", at)
	}
	made := d.send(d.client, "POST", at, `{"startTime":"2026-02-01T11:00:00.000Z","runInterval":"WEEKLY"}`).wants(200, "POST", at).document()
	d.send(d.bare, "POST", at, `{"startTime":"2026-02-01T11:00:00.000Z","runInterval":"WEEKLY"}`).wants(400, "POST", at)
	one := at + "/" + text(t, made, "id")
	now = now.AddDate(0, 0, 9)
	source := d.call(200, "GET", d.path(""), "").document()
	if next := text(t, source, "scheduledImportDetails", "nextScheduledTime"); next != "2026-02-15T11:00:00.000Z" {
		t.Errorf("next %s", next)
	}
	d.send(d.client, "DELETE", one, "").wants(200, "DELETE", one)
	d.send(d.client, "GET", one, "").wants(404, "GET", one)
	d.wrong(404, "GET", "/importsource/none", "")
}

func TestASourceThatIsDisabledOrOfAnotherKindStartsNothing(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]sim.ImportSourceInput{
		"DISABLED":                  {Disabled: true},
		"INVALID_IMPORT_MODULE_KEY": {ModuleKey: "rlabs-import-type-csv"},
	} {
		d := newDisks(t, in)
		if got := d.call(409, "POST", d.path("/executions"), "").document(); got["errorCode"] != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}
