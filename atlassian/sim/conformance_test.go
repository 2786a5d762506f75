package sim_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryDescribedOperationHasAHandler(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, label := range slices.Concat(r.spec.Operations(), r.spec.Deprecated()) {
		if !slices.Contains(r.site.Operations(), label) {
			t.Errorf("%s is described and has no handler", label)
		}
	}
}

// Every exchange of this test is validated; what it never exercises is an error.
func TestEveryDescribedOperationAnswersAsDescribed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	r.exerciseSchemas(o)
	r.exerciseTypes(o)
	r.exerciseAttributes(o)
	r.exerciseObjects(o)
	r.exerciseConfiguration(o)
	r.exerciseImports()
	if diff := cmp.Diff([]string{}, r.spec.Unexercised()); diff != "" {
		t.Errorf("operations that no successful exchange has passed through (+):\n%s", diff)
	}
}

func (r *rig) exerciseSchemas(o office) {
	r.call(200, "GET", "/objectschema/list?startAt=0&maxResults=1&includeCounts=true", "")
	r.call(200, "GET", "/objectschema/"+o.schema, "")
	r.call(200, "PUT", "/objectschema/"+o.schema, `{"description":"Other things"}`)
	r.call(200, "GET", "/objectschema/"+o.schema+"/attributes?extended=true&onlyValueEditable=true&query=Name", "")
	r.call(200, "GET", "/objectschema/"+o.schema+"/objecttypes?excludeAbstract=true", "")
	r.call(200, "GET", "/objectschema/"+o.schema+"/objecttypes/flat?includeObjectCounts=true", "")
	other := text(r.tb, r.call(201, "POST", "/objectschema/create", `{"name":"Gone","objectSchemaKey":"GONE"}`).document(), "id")
	r.call(200, "DELETE", "/objectschema/"+other, "")
	r.call(404, "GET", "/objectschema/"+other, "")
}

func (r *rig) exerciseTypes(o office) {
	r.call(200, "GET", "/objecttype/"+o.office, "")
	r.call(200, "PUT", "/objecttype/"+o.office, `{"description":"Where we work","inherited":true}`)
	child := text(r.tb, r.call(201, "POST", "/objecttype/create",
		`{"name":"Branch","iconId":"`+o.icon+`","objectSchemaId":"`+o.schema+`","parentObjectTypeId":"`+o.office+`"}`).document(), "id")
	r.call(200, "POST", "/objecttype/"+child+"/position", `{"toObjectTypeId":"`+o.city+`","position":0}`)
	r.call(200, "POST", "/objecttype/"+child+"/position", `{"position":0}`)
	r.call(200, "GET", "/objecttype/"+o.office+"/attributes?onlyValueEditable=true&orderByName=true&query=&includeValuesExist=true&excludeParentAttributes=true&includeChildren=true&orderByRequired=true", "")
	r.call(200, "DELETE", "/objecttype/"+child, "")
	r.call(404, "GET", "/objecttype/"+child, "")
}

func (r *rig) exerciseAttributes(o office) {
	for _, body := range []string{
		`{"name":"Geolocation","type":"0","defaultTypeId":"0"}`,
		`{"name":"Tier","type":0,"defaultTypeId":10,"options":"Tier 1,Tier 2"}`,
		`{"name":"Site","type":0,"defaultTypeId":7,"additionalValue":"DISABLED"}`,
		`{"name":"Owner","type":2,"additionalValue":"SHOW_PROFILE","maximumCardinality":-1}`,
		`{"name":"Team","type":4}`,
		`{"name":"State","type":7}`,
	} {
		id := text(r.tb, r.call(201, "POST", "/objecttypeattribute/"+o.office, body).document(), "id")
		r.call(200, "PUT", "/objecttypeattribute/"+o.office+"/"+id, `{"description":"changed"}`)
		r.call(200, "DELETE", "/objecttypeattribute/"+id, "")
	}
}

func (r *rig) exerciseObjects(o office) {
	id := text(r.tb, r.call(201, "POST", "/object/create", object(o.office, o.officeName, "SYD-1", o.officeCity, o.sydney)).document(), "id")
	r.call(200, "GET", "/object/"+id, "")
	r.call(200, "PUT", "/object/"+id, object(o.office, o.officeName, "SYD-2"))
	r.call(200, "GET", "/object/"+id+"/attributes", "")
	r.call(200, "GET", "/object/"+id+"/history?asc=true", "")
	r.call(200, "GET", "/object/"+o.sydney+"/referenceinfo", "")
	r.call(200, "GET", "/objectconnectedtickets/"+id+"/tickets", "")
	r.call(200, "POST", "/object/aql?startAt=0&maxResults=10&includeAttributes=true", `{"qlQuery":"objectType = Office"}`)
	r.call(200, "POST", "/object/aql/totalcount", `{"qlQuery":"objectType = Office"}`)
	r.call(200, "GET", "/aql/objects?qlQuery=objectType%20%3D%20Office&page=1&resultPerPage=10&includeTypeAttributes=true", "")
	r.call(200, "GET", "/iql/objects?iql=objectType%20%3D%20Office", "")
	for _, kind := range []string{"aql", "iql"} {
		r.call(200, "POST", "/object/navlist/"+kind,
			`{"objectTypeId":"`+o.office+`","objectSchemaId":"`+o.schema+`","page":1,"resultsPerPage":25,"includeAttributes":true,"qlQuery":"Name LIKE SYD"}`)
	}
	r.call(200, "DELETE", "/object/"+id, "")
	r.call(404, "GET", "/object/"+id, "")
}

func (r *rig) exerciseConfiguration(o office) {
	icon := r.call(200, "GET", "/icon/"+o.icon, "").document()
	if text(r.tb, icon, "id") != o.icon {
		r.tb.Errorf("icon %s answers %v", o.icon, icon)
	}
	r.call(200, "GET", "/icon/"+o.icon+"/icon.png?size=16", "")
	r.call(200, "GET", "/config/statustype", "")
	status := text(r.tb, r.call(201, "POST", "/config/statustype", `{"name":"Decommissioned","category":0,"objectSchemaId":"`+o.schema+`"}`).document(), "id")
	r.call(200, "GET", "/config/statustype?objectSchemaId="+o.schema, "")
	r.call(200, "GET", "/config/statustype/"+status, "")
	r.call(200, "PUT", "/config/statustype/"+status, `{"name":"Retired","category":0}`)
	r.call(200, "DELETE", "/config/statustype/"+status, "")
	r.call(404, "GET", "/config/statustype/"+status, "")
	r.call(201, "POST", "/config/referencetype", `{"name":"Sits in","color":"42526E","objectSchemaId":"`+o.schema+`"}`)
	r.call(200, "GET", "/config/referencetype?objectSchemaId="+o.schema+"&includeAll=true", "")
	r.call(200, "GET", "/global/config", "")
	r.call(200, "POST", "/global/config/objectschema/"+o.schema+"/property", `{"allowOtherObjectSchema":true}`)
	if c := r.call(200, "GET", "/global/config/objectschema/"+o.schema, "").document(); c["allowOtherObjectSchema"] != true {
		r.tb.Errorf("the property was not kept: %v", c)
	}
	r.call(200, "GET", "/usage", "")
}
