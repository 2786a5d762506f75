package sim_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/world"
)

// fill makes objects behind the API's back.
func (r *rig) fill(o office, n int) {
	r.tb.Helper()
	typeID, _ := world.ParseID(o.office)
	name, _ := world.ParseID(o.officeName)
	err := r.site.World().Load(func(l *world.Loader) error {
		for i := range n {
			if _, err := l.Add(world.LoadObject{TypeID: typeID, Values: []world.LoadValues{{
				Attribute: name, Values: []world.Value{world.Text(fmt.Sprintf("Office %d", i))},
			}}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.tb.Fatal(err)
	}
}

// searchPage is the paging of an answer.
type searchPage struct {
	StartAt, MaxResults, Total int
	IsLast, Last               bool
	HasMoreResults             bool
	Values                     []map[string]any
	ObjectTypeAttributes       []map[string]any
}

func TestPagesFollowTheQueryStringAndSayWhatTheyUsed(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *sim.Options) { o.Sites[0].MaxPage = 500 })
	o := r.office()
	r.fill(o, 1234)
	query := `{"qlQuery":"objectType = Office ORDER BY objectId"}`
	for name, tc := range map[string]struct {
		path, body string
		want       searchPage
		values     int
	}{
		"defaults":            {"/object/aql", query, searchPage{MaxResults: 25, Total: 1000, HasMoreResults: true}, 25},
		"capped page":         {"/object/aql?maxResults=10000", query, searchPage{MaxResults: 500, Total: 1000, HasMoreResults: true}, 500},
		"beyond the total":    {"/object/aql?startAt=1000&maxResults=500", query, searchPage{StartAt: 1000, MaxResults: 500, Total: 1000, IsLast: true, Last: true}, 234},
		"beyond the end":      {"/object/aql?startAt=5000", query, searchPage{StartAt: 5000, MaxResults: 25, Total: 1000, IsLast: true, Last: true}, 0},
		"copies in the body":  {"/object/aql?maxResults=2", `{"qlQuery":"objectType = Office","startAt":7,"maxResults":9}`, searchPage{MaxResults: 2, Total: 1000, HasMoreResults: true}, 2},
		"a small total":       {"/object/aql", `{"qlQuery":"objectType = City"}`, searchPage{MaxResults: 25, Total: 1, IsLast: true, Last: true}, 1},
		"nothing found":       {"/object/aql", `{"qlQuery":"objectId = 99999"}`, searchPage{MaxResults: 25, IsLast: true, Last: true}, 0},
		"exactly one page":    {"/object/aql?startAt=734&maxResults=500", query, searchPage{StartAt: 734, MaxResults: 500, Total: 1000, IsLast: true, Last: true}, 500},
		"one short of a page": {"/object/aql?startAt=733&maxResults=500", query, searchPage{StartAt: 733, MaxResults: 500, Total: 1000, HasMoreResults: true}, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := r.on(t)
			got := decode[searchPage](r.wrong(200, "POST", tc.path, tc.body))
			if len(got.Values) != tc.values {
				t.Errorf("%d values, want %d", len(got.Values), tc.values)
			}
			got.Values, got.ObjectTypeAttributes = nil, nil
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("the page says otherwise (-want +got):\n%s", diff)
			}
		})
	}
	if n := r.call(200, "POST", "/object/aql/totalcount", query).document()["totalCount"]; n != json.Number("1234") {
		t.Errorf("the total count is %v", n)
	}
}

func TestDefinitionsAreThoseOfTheTypesOnThePage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	r.fill(o, 3)
	first := decode[searchPage](r.call(200, "POST", "/object/aql?maxResults=1", `{"qlQuery":"objectSchemaId = `+o.schema+` ORDER BY objectId"}`))
	if len(first.ObjectTypeAttributes) != 4 {
		t.Errorf("a page of one city has %d definitions", len(first.ObjectTypeAttributes))
	}
	both := decode[searchPage](r.call(200, "POST", "/object/aql", `{"qlQuery":"objectSchemaId = `+o.schema+`"}`))
	if len(both.ObjectTypeAttributes) != 9 {
		t.Errorf("a page of cities and offices has %d definitions", len(both.ObjectTypeAttributes))
	}
	for _, a := range both.Values[0]["attributes"].([]any) {
		if _, has := a.(map[string]any)["objectTypeAttribute"]; has {
			t.Error("an attribute on a page carries its definition")
		}
	}
	bare := decode[searchPage](r.call(200, "POST", "/object/aql?includeAttributes=false", `{"qlQuery":"objectSchemaId = `+o.schema+`"}`))
	if _, has := bare.Values[0]["attributes"]; has {
		t.Error("attributes came unasked")
	}
}

func TestTheOldSearchesPageByTheirOwnParameters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	r.fill(o, 60)
	count := func(got answer) (entries int, document map[string]any) {
		document = got.document()
		return len(document["objectEntries"].([]any)), document
	}
	n, list := count(r.call(200, "GET", "/aql/objects?qlQuery=objectType%3DOffice&page=2&resultPerPage=40", ""))
	if n != 20 || list["startIndex"] != json.Number("41") || list["toIndex"] != json.Number("60") || list["totalFilterCount"] != json.Number("60") {
		t.Errorf("page 2 has %d: %v", n, list["startIndex"])
	}
	if n, _ := count(r.wrong(200, "GET", "/aql/objects?qlQuery=objectType%3DOffice&resultsPerPage=40", "")); n != 25 {
		t.Errorf("a misspelt page size gives %d", n)
	}
	body := `{"objectTypeId":"` + o.office + `","objectSchemaId":"` + o.schema + `","resultsPerPage":5,"qlQuery":"Name LIKE Office OR Name = x ORDER BY Name DESC"}`
	n, list = count(r.call(200, "POST", "/object/navlist/aql", body))
	if n != 5 || list["objectEntries"].([]any)[0].(map[string]any)["label"] != "Office 9" {
		t.Errorf("the navigator shows %d: %v", n, list["objectEntries"])
	}
	n, _ = count(r.call(200, "POST", "/object/navlist/aql", `{"objectTypeId":"`+o.city+`","objectSchemaId":"`+o.schema+`","resultsPerPage":5,"qlQuery":""}`))
	if n != 1 {
		t.Errorf("the navigator shows %d cities", n)
	}
	r.wrong(400, "GET", "/aql/objects?qlQuery=objectType%3DOffice&page=0", "")
	r.wrong(400, "POST", "/object/navlist/aql", `{"objectTypeId":"1 OR 1 = 1","qlQuery":""}`)
}

func TestSchemasAreListedPageByPage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 30 {
		r.call(201, "POST", "/objectschema/create", fmt.Sprintf(`{"name":"Schema %d","objectSchemaKey":"S%d"}`, i, i))
	}
	seen := map[string]bool{}
	for start, last := 0, false; !last; {
		got := decode[searchPage](r.call(200, "GET", "/objectschema/list?startAt="+strconv.Itoa(start), ""))
		if got.Total != 31 || got.MaxResults != 25 {
			t.Fatalf("page %+v", got)
		}
		for _, v := range got.Values {
			seen[text(t, v, "id")] = true
			if v["objectTypeCount"] != json.Number("0") {
				t.Errorf("counts came unasked: %v", v)
			}
		}
		start, last = start+len(got.Values), got.IsLast
	}
	if len(seen) != 31 {
		t.Errorf("saw %d schemas", len(seen))
	}
	counted := decode[searchPage](r.call(200, "GET", "/objectschema/list?includeCounts=true", ""))
	if counted.Values[0]["objectTypeCount"] != json.Number("1") || counted.Values[0]["canManage"] != false {
		t.Errorf("the services schema is %v", counted.Values[0])
	}
}
