package sim_test

import (
	"fmt"
	"strconv"
	"testing"

	"stowage/atlassian/sim/gen"
)

// What the generator makes, oddities and all, must come over the wire as described.
func TestGeneratedSitesAnswerAsDescribed(t *testing.T) {
	t.Parallel()
	for _, profile := range gen.Profiles() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if _, err := gen.Fill(r.site.World(), gen.Profile{Name: profile}, 150, 1); err != nil {
				t.Fatal(err)
			}
			seen := 0
			for _, schema := range decode[searchPage](r.call(200, "GET", "/objectschema/list?maxResults=100", "")).Values {
				id := text(t, schema, "id")
				r.call(200, "GET", "/objectschema/"+id+"/attributes?extended=true", "")
				r.call(200, "GET", "/objectschema/"+id+"/objecttypes/flat?includeObjectCounts=true", "")
				r.call(200, "GET", "/config/statustype?objectSchemaId="+id, "")
				r.call(200, "GET", "/config/referencetype?objectSchemaId="+id, "")
				last := false
				for start := 0; !last; {
					query := fmt.Sprintf(`{"qlQuery":"objectSchemaId = %s ORDER BY objectId"}`, id)
					got := decode[searchPage](r.call(200, "POST", "/object/aql?maxResults=50&startAt="+strconv.Itoa(start), query))
					for i, object := range got.Values {
						if i%10 == 0 {
							r.readAll(text(t, object, "id"))
						}
					}
					start, last = start+len(got.Values), got.IsLast
					seen += len(got.Values)
				}
			}
			if want := r.site.World().ObjectCount(); seen != want {
				t.Errorf("saw %d of %d objects", seen, want)
			}
		})
	}
}

// readAll reads an object and all that hangs on it.
func (r *rig) readAll(id string) {
	r.tb.Helper()
	r.call(200, "GET", "/object/"+id, "")
	r.call(200, "GET", "/object/"+id+"/history", "")
	r.call(200, "GET", "/object/"+id+"/referenceinfo", "")
	r.call(200, "GET", "/objectconnectedtickets/"+id+"/tickets", "")
	r.call(200, "GET", "/comment/object/"+id, "")
	for _, a := range r.call(200, "GET", "/attachments/object/"+id, "").list() {
		r.call(200, "GET", "/attachments/"+text(r.tb, a, "id"), "")
	}
	r.browse("/sites/acme/objects/"+id).wants(200, "GET", "the page of object "+id)
}
