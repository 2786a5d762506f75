package sim_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/world"
)

// importMapping is a schema of one type with the mapping of data to it.
const importMapping = `{
	"$schema": "https://api.atlassian.com/jsm/insight/imports/external/schema/versions/2021_09_15",
	"schema": {"objectSchema": {"name": "Imported", "description": "From elsewhere", "objectTypes": [{
		"externalId": "type/host", "name": "Host", "description": "A machine", "attributes": [
			{"externalId": "attribute/name", "name": "Hostname", "description": "Its name", "type": "text", "label": true},
			{"externalId": "attribute/cores", "name": "Cores", "description": "How many", "type": "integer"}
		]
	}]}},
	"mapping": {"objectTypeMappings": [{
		"objectTypeExternalId": "type/host", "objectTypeName": "Host", "selector": "hosts", "description": "Hosts",
		"attributesMapping": [
			{"attributeExternalId": "attribute/name", "attributeName": "Hostname", "attributeLocators": ["name"], "externalIdPart": true},
			{"attributeExternalId": "attribute/cores", "attributeName": "Cores", "attributeLocators": ["cores"]}
		]
	}]}
}`

// importSource makes a source in a new schema.
func (r *rig) importSource() string {
	r.tb.Helper()
	schema := text(r.tb, r.call(201, "POST", "/objectschema/create", `{"name":"Imported","objectSchemaKey":"IMP"}`).document(), "id")
	id, _ := world.ParseID(schema)
	source, err := r.site.CreateImportSource(sim.ImportSourceInput{Name: "Hosts", SchemaID: id})
	if err != nil {
		r.tb.Fatal(err)
	}
	return source
}

// exerciseImports goes through the external import, from mapping to objects.
func (r *rig) exerciseImports() {
	source := r.importSource()
	at := "/importsource/" + source
	r.call(200, "GET", at, "")
	r.call(200, "GET", at+"/configstatus", "")
	r.call(204, "PUT", at+"/mapping", importMapping)
	r.call(409, "PUT", at+"/mapping", importMapping)
	r.call(204, "PATCH", at+"/mapping", importMapping)
	later := r.call(303, "PATCH", at+"/mapping?async=true", importMapping).header.Get("Location")
	r.call(200, "GET", at+"/mapping/progress/"+later[strings.LastIndexByte(later, '/')+1:], "")
	r.call(200, "GET", at+"/schema-and-mapping", "")
	r.call(200, "POST", at+"/token", "")
	r.call(200, "POST", "/import/start/"+source, "")

	execution := func() string {
		r.tb.Helper()
		link := text(r.tb, r.call(200, "POST", at+"/executions", "").document(), "links", "getExecutionStatus")
		parts := strings.Split(link, "/")
		return at + "/executions/" + parts[len(parts)-2]
	}
	first := execution()
	r.call(409, "POST", at+"/executions", "")
	r.call(200, "DELETE", first, "")
	r.call(204, "POST", execution()+"/history/failed", `{"failureReason":"no power"}`)
	second := execution()
	r.call(200, "PUT", second+"/progress", `{"steps":{"total":1,"current":1,"description":"reading"},"objects":{"total":2,"processed":1}}`)
	r.call(200, "POST", second+"/data", `{"data":{"hosts":[{"name":"a","cores":4},{"name":"b","cores":8}]},"clientGeneratedId":"1","completed":true}`)
	r.call(200, "GET", second+"/status", "")
	r.call(200, "GET", at+"/executions/status", "")
	r.call(200, "GET", "/progress/category/imports/"+source, "")
	if n := r.call(200, "POST", "/object/aql/totalcount", `{"qlQuery":"objectType = Host"}`).document()["totalCount"]; n != json.Number("2") {
		r.tb.Errorf("%v hosts were imported", n)
	}

	r.call(200, "GET", at+"/schedule", "")
	start := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	schedule := text(r.tb, r.call(200, "POST", at+"/importschedule", `{"startTime":"`+start+`","runInterval":"DAILY"}`).document(), "id")
	r.call(200, "GET", at+"/importschedule/"+schedule, "")
	r.call(200, "PUT", at+"/importschedule/"+schedule, `{"startTime":"`+start+`","runInterval":"WEEKLY"}`)
	r.call(200, "DELETE", at+"/importschedule/"+schedule, "")
}

func TestAContainerTokenOpensItsOwnImportOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, twoSites)
	source := r.importSource()
	token := text(t, r.call(200, "POST", "/importsource/"+source+"/token", "").document(), "token")
	container := bearer(token)
	r.call(200, "GET", "/importsource/"+source+"/configstatus", "", container)
	r.wrong(401, "GET", "/objectschema/list", "", container)
	r.wrong(401, "GET", "/importsource/another/configstatus", "", container)
	info := r.send(r.bare, "GET", "http://sim.test/jsm/assets/v1/imports/info", "", container)
	if info.status != 200 || !strings.Contains(text(t, info.document(), "links", "mapping"), source) {
		t.Errorf("info answers %d %s", info.status, info.body)
	}
	if own := r.send(r.bare, "GET", "http://sim.test/jsm/assets/v1/imports/info", ""); own.status != 401 {
		t.Errorf("info answers somebody without a container with %d", own.status)
	}
	if _, err := r.site.CreateImportToken(source); err != nil {
		t.Fatal(err)
	}
	r.wrong(401, "GET", "/importsource/"+source+"/configstatus", "", container)
}
