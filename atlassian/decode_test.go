package atlassian

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// example is an object as the service shows it, with every kind of value and with members nobody knows.
const example = `{"workspaceId":"ws","globalId":"ws:88","id":"88","label":"SYD-1 é\u00e9","objectKey":"ITSM-88",
"avatar":{"url48":"https://x/y?token=secret","mediaClientConfig":{"mediaJwtToken":"secret"}},
"objectType":{"id":"23","name":"Office","icon":{"id":"13"},"objectSchemaId":"6"},
"created":"2021-02-16T20:04:41.527Z","updated":"2021-02-17T20:04:41.527Z","hasAvatar":true,"timestamp":1613592281527,
"attributes":[
 {"workspaceId":"ws","globalId":"ws:641","id":"641","objectTypeAttribute":{"id":"144","name":"City"},"objectTypeAttributeId":"144","objectId":"88","mine":[1],
  "objectAttributeValues":[{"referencedObject":{"id":"87","label":"Sydney","objectKey":"ITSM-87","avatar":{},"objectType":{"id":24,"objectSchemaId":"6"},"future":1},"displayValue":"Sydney","searchValue":"ITSM-87","referencedType":true}]},
 {"objectTypeAttributeId":145,"objectAttributeValues":[{"value":"plain","displayValue":"plain","searchValue":"plain","referencedType":false},{"value":"2021-02-16","displayValue":"16/Feb/21","searchValue":"2021-02-16"},{"value":1.50,"displayValue":"1.50"},{"value":true},{"value":null,"displayValue":"x"}]},
 {"objectTypeAttributeId":"146","objectAttributeValues":[{"user":{"avatarUrl":"u","displayName":"Ann","key":"acc-1","name":"acc-1","emailAddress":"a@x","html":"<b>","isDeleted":true,"team":{"a":1}},"displayValue":"Ann","searchValue":"acc-1","referencedType":false}]},
 {"objectTypeAttributeId":"147","objectAttributeValues":[{"group":{"avatarUrl":"g","name":"staff","groupId":"g-1"},"displayValue":"staff","searchValue":"staff"}]},
 {"objectTypeAttributeId":"148","objectAttributeValues":[{"status":{"id":"3","name":"Active","category":1,"description":"d"},"displayValue":"Active","searchValue":"3"}]},
 {"objectTypeAttributeId":"149","objectAttributeValues":[{"project":{"id":10001,"key":"PRJ","name":"Project","avatarUrl":"p"},"displayValue":"Project","searchValue":"PRJ"},{"version":{"id":"7","name":"1.0","url":"v"},"displayValue":"1.0","searchValue":"7"}]},
 {"objectTypeAttributeId":"150","objectAttributeValues":[{"confluencePage":{"id":5,"title":"T"},"displayValue":"T","searchValue":"5"},{"value":{"deep":[]},"additionalValue":"ENABLED"}]},
 {"objectTypeAttribute":{"id":"151"},"objectAttributeValues":[]}
],"extendedInfo":{"openIssuesExists":false},"_links":{"self":"s"},"name":"SYD-1 éé","archived":false,"new":{"a": [1 , 2]}}`

func TestAnObjectIsReadWhole(t *testing.T) {
	t.Parallel()
	d := newObjectDecoder(example)
	got := d.readObject()
	if err := d.End(); err != nil {
		t.Fatal(err)
	}
	want := assets.Object{
		ID: "88", Key: "ITSM-88", Label: "SYD-1 éé", TypeID: "23", Created: "2021-02-16T20:04:41.527Z", Updated: "2021-02-17T20:04:41.527Z", HasAvatar: true,
		Values: []assets.AttributeValues{
			{AttributeID: "144", Extra: assets.Extra(`{"mine":[1]}`), Values: []assets.Value{
				{Kind: assets.ValueObject, ID: "87", Name: "Sydney", Key: "ITSM-87", TypeID: "24", SchemaID: "6"},
			}},
			{AttributeID: "145", Values: []assets.Value{
				{Text: "plain"},
				{Text: "2021-02-16", Display: "16/Feb/21"},
				{Text: "1.50", Bare: true},
				{Text: "true", Bare: true},
				{Display: "x"},
			}},
			{AttributeID: "146", Values: []assets.Value{
				{Kind: assets.ValueUser, ID: "acc-1", Name: "Ann", Key: "a@x", Deleted: true, Extra: assets.Extra(`{"user":{"team":{"a":1}}}`)},
			}},
			{AttributeID: "147", Values: []assets.Value{{Kind: assets.ValueGroup, ID: "staff", Name: "staff", Extra: assets.Extra(`{"group":{"groupId":"g-1"}}`)}}},
			{AttributeID: "148", Values: []assets.Value{{Kind: assets.ValueStatus, ID: "3", Name: "Active", Category: assets.StatusActive}}},
			{AttributeID: "149", Values: []assets.Value{
				{Kind: assets.ValueProject, ID: "10001", Key: "PRJ", Name: "Project"},
				{Kind: assets.ValueVersion, ID: "7", Name: "1.0"},
			}},
			{AttributeID: "150", Values: []assets.Value{
				{Kind: assets.ValueOther, Display: "T", Search: "5", Extra: assets.Extra(`{"confluencePage":{"id":5,"title":"T"}}`)},
				{Kind: assets.ValueOther, Extra: assets.Extra(`{"value":{"deep":[]},"additionalValue":"ENABLED"}`)},
			}},
			{AttributeID: "151"},
		},
		Extra: assets.Extra(`{"archived":false,"new":{"a": [1 , 2]}}`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	whole, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(whole), "secret") {
		t.Errorf("a short-lived token was kept: %s", whole)
	}
}

func TestWhatIsNotDerivedIsKept(t *testing.T) {
	t.Parallel()
	d := newObjectDecoder(`{"id":1,"label":"a","name":"b","timestamp":5,"updated":"2021-02-17T20:04:41.527Z","attributes":[{"objectTypeAttributeId":"1","objectAttributeValues":[
		{"user":{"key":"k","accountId":"acc","name":"login","displayName":"N"},"value":"other","displayValue":"D","searchValue":"S","referencedType":true},
		{"status":{"id":"1"},"group":{"name":"second"}},{"user":null,"value":"v"},{"user":"u","value":"v"},{}]}]}`)
	got := d.readObject()
	if err := d.End(); err != nil {
		t.Fatal(err)
	}
	want := assets.Object{
		ID: "1", Label: "a", Updated: "2021-02-17T20:04:41.527Z", Extra: assets.Extra(`{"name":"b","timestamp":5}`),
		Values: []assets.AttributeValues{{AttributeID: "1", Values: []assets.Value{
			{Kind: assets.ValueUser, ID: "k", Name: "N", Text: "other", Display: "D", Search: "S", Extra: assets.Extra(`{"user":{"accountId":"acc","name":"login"},"referencedType":true}`)},
			{Kind: assets.ValueStatus, ID: "1", Extra: assets.Extra(`{"group":{"name":"second"}}`)},
			{Text: "v"},
			{Text: "v", Extra: assets.Extra(`{"user":"u"}`)},
			{},
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTheListOfDroppedMembersIsTheTruth gives every decoder every member of the list and one that is not in it, and looks
// what comes out.
func TestTheListOfDroppedMembersIsTheTruth(t *testing.T) {
	t.Parallel()
	object := func(inner string) func(string) assets.Extra {
		return func(members string) assets.Extra {
			d := newObjectDecoder(strings.ReplaceAll(inner, "MEMBERS", members))
			o := d.readObject()
			if err := d.End(); err != nil {
				t.Errorf("%s: %v", inner, err)
			}
			switch {
			case o.Extra != nil:
				return o.Extra
			case len(o.Values) == 0:
				return nil
			case o.Values[0].Extra != nil || len(o.Values[0].Values) == 0:
				return o.Values[0].Extra
			}
			return o.Values[0].Values[0].Extra
		}
	}
	value := func(sub string) func(string) assets.Extra {
		return object(`{"id":"1","attributes":[{"objectTypeAttributeId":"1","objectAttributeValues":[{"` + sub + `":{MEMBERS}}]}]}`)
	}
	plain := func(read func(*decoder) assets.Extra) func(string) assets.Extra {
		return func(members string) assets.Extra { return read(newDecoder("{" + members + "}")) }
	}
	readers := map[string]func(string) assets.Extra{
		"object":            object(`{MEMBERS}`),
		"attribute values":  object(`{"id":"1","attributes":[{MEMBERS}]}`),
		"value":             object(`{"id":"1","attributes":[{"objectAttributeValues":[{MEMBERS}]}]}`),
		"referenced object": value("referencedObject"),
		"user":              value("user"),
		"group":             value("group"),
		"status":            value("status"),
		"project":           value("project"),
		"version":           value("version"),
		"schema":            plain(func(d *decoder) assets.Extra { return readSchema(d).Extra }),
		"object type":       plain(func(d *decoder) assets.Extra { return readObjectType(d).Extra }),
		"attribute":         plain(func(d *decoder) assets.Extra { return readAttribute(d).Extra }),
		"status type":       plain(func(d *decoder) assets.Extra { return readStatusType(d).Extra }),
		"reference type":    plain(func(d *decoder) assets.Extra { return readReferenceType(d).Extra }),
		"icon":              plain(func(d *decoder) assets.Extra { return readIcon(d).Extra }),
		"history":           plain(func(d *decoder) assets.Extra { return readHistory(d).Extra }),
		"comment":           plain(func(d *decoder) assets.Extra { return readComment(d).Extra }),
		"attachment":        plain(func(d *decoder) assets.Extra { return readAttachment(d).Extra }),
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(dropped)), slices.Sorted(maps.Keys(readers))); diff != "" {
		t.Fatalf("records in the list and in this test (-list +test):\n%s", diff)
	}
	for record, read := range readers {
		for member := range dropped[record] {
			if member == "*" {
				if got := read(`"anything":{"x":1}`); got != nil {
					t.Errorf("%s: kept %s", record, got)
				}
				continue
			}
			doc := `{"id":"1"}`
			switch member {
			case "objectTypes":
				doc = `[{"id":"1"}]`
			case "name", "displayValue", "searchValue":
				doc = `""`
			case "timestamp":
				doc = `null`
			case "referencedType":
				doc = `false`
			case "iql":
				doc = `"x"`
			}
			if got := read(fmt.Sprintf("%q:%s", member, doc)); got != nil {
				t.Errorf("%s: %s is kept as %s", record, member, got)
			}
		}
		if dropped[record]["*"] == "" {
			if got := string(read(`"neverHeardOf":[1]`)); !strings.Contains(got, `"neverHeardOf":[1]`) {
				t.Errorf("%s: an unknown member became %q", record, got)
			}
		}
	}
}

func TestIdsDoNotKeepAPageInMemory(t *testing.T) {
	t.Parallel()
	// A part of the document would have the document's address; a copy has not.
	doc := `{"id":"88","objectKey":"K-88","objectType":{"id":"23"},"attributes":[{"objectTypeAttributeId":"144","objectAttributeValues":[{"referencedObject":{"id":"87","objectKey":"K-87"}}]}]}`
	d := newObjectDecoder(doc)
	o := d.readObject()
	v := o.Values[0].Values[0]
	for _, id := range []string{o.ID, o.Key, o.TypeID, o.Values[0].AttributeID, v.ID, v.Key} {
		if inside(doc, id) {
			t.Errorf("%q is a part of the document", id)
		}
	}
	if len(d.values) == 0 && cap(d.values) > 0 && inside(doc, d.values[:1][0].ID) {
		t.Error("the decoder holds on to the document")
	}
}

// FuzzObjects holds the decoder of objects against one that is written with encoding/json and knows the same fields.
func FuzzObjects(f *testing.F) {
	f.Add(example)
	f.Add(`{"id":1}`)
	f.Add(`{"attributes":[{"objectAttributeValues":[{"value":"a\u0000\ud800","user":{},"status":null}]}]}`)
	f.Add(`{"attributes":null,"label":{"a":1},"id":["x"]}`)
	f.Fuzz(func(t *testing.T, doc string) {
		d := newObjectDecoder(doc)
		got := d.readObject()
		err := d.End()
		if err == nil && !json.Valid([]byte(doc)) {
			t.Fatalf("%q is accepted and is no JSON", doc)
		}
		if err != nil {
			return
		}
		var w struct {
			ID         json.RawMessage              `json:"id"`
			Label      json.RawMessage              `json:"label"`
			Attributes []map[string]json.RawMessage `json:"attributes"`
		}
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal([]byte(doc), &members); err != nil {
			return // null
		}
		w.ID, w.Label = members["id"], members["label"]
		if text, ok := single(w.Label); ok && text != got.Label {
			t.Fatalf("label %q, encoding/json reads %q", got.Label, text)
		}
		if text, ok := single(w.ID); ok && text != got.ID {
			t.Fatalf("id %q, encoding/json reads %q", got.ID, text)
		}
		for _, extra := range extras(got) {
			if !json.Valid(extra) {
				t.Fatalf("%q: an Extra is no JSON: %q", doc, extra)
			}
		}
		for name, raw := range members {
			if _, ok := dropped["object"][name]; ok || known[name] {
				continue
			}
			kept := map[string]json.RawMessage{}
			if err := json.Unmarshal(got.Extra, &kept); err != nil || string(kept[name]) != string(raw) {
				t.Fatalf("%q: member %q is %s, kept is %s", doc, name, raw, kept[name])
			}
		}
		if err := json.Unmarshal(members["attributes"], &w.Attributes); err == nil && len(w.Attributes) != len(got.Values) && strings.Count(doc, "attributes") == 1 {
			t.Fatalf("%q: %d attributes, encoding/json reads %d", doc, len(got.Values), len(w.Attributes))
		}
		assert(t, doc, got)
	})
}

// assert reads the document twice and in a page: the same must come out.
func assert(t *testing.T, doc string, want assets.Object) {
	t.Helper()
	page, _, err := readPage(`{"values":[`+doc+`]}`, 1)
	if err != nil {
		t.Fatalf("%q cannot be read in a page: %v", doc, err)
	}
	if len(page.Objects) == 1 {
		if diff := cmp.Diff(want, page.Objects[0], cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%q in a page (-alone +page):\n%s", doc, diff)
		}
	}
}

var known = map[string]bool{
	"id": true, "objectKey": true, "label": true, "objectTypeId": true, "created": true, "updated": true, "hasAvatar": true, "attributes": true,
}

func single(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' {
		return "", false
	}
	var text lenientText
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", false
	}
	return string(text), true
}

func extras(o assets.Object) []assets.Extra {
	out := []assets.Extra{o.Extra}
	for _, a := range o.Values {
		out = append(out, a.Extra)
		for _, v := range a.Values {
			out = append(out, v.Extra)
		}
	}
	return slices.DeleteFunc(out, func(e assets.Extra) bool { return e == nil })
}

func TestLenientValuesAreRead(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]int{`5`: 5, `"5"`: 5, `-1`: -1, `1e3`: 1000, `null`: 0} {
		var extra jsonscan.Extra
		if got := newDecoder(raw).number(&extra); got != want || !extra.Empty() {
			t.Errorf("%s: %d, %s", raw, got, extra.JSON())
		}
	}
	var extra jsonscan.Extra
	if got := newDecoder(`1.5`).number(&extra); got != 0 || extra.Empty() {
		t.Errorf("1.5 became %d and was lost", got)
	}
	var w struct {
		A, B, C lenientBool
		D, E    lenientInt
		F, G    lenientText
	}
	if err := json.Unmarshal([]byte(`{"A":"true","B":false,"C":7,"D":"12","E":{"x":1},"F":12,"G":[1]}`), &w); err != nil {
		t.Fatal(err)
	}
	if !w.A.value || !w.A.known || w.B.value || !w.B.known || w.C.known || w.D != 12 || w.E != 0 || w.F != "12" || w.G != "" {
		t.Errorf("%+v", w)
	}
}
