package aql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fake is a small site in plain maps. It counts what is read of it.
type fake struct {
	types    []Type
	attrs    map[int64][]Attribute
	objects  []fakeObject // by id - 1
	indexed  map[int64]bool
	lookups  int
	visited  int
	noCounts bool
}

type fakeObject struct {
	id, typeID int64
	key        string
	created    time.Time
	values     map[string][]Datum
}

var testNow = time.Date(2026, 3, 11, 10, 30, 0, 0, time.UTC) // a Wednesday

func (f *fake) Now() time.Time { return testNow }
func (f *fake) Viewer() string { return "acc-ann" }
func (f *fake) Schemas() []Schema {
	return []Schema{{ID: 1, Name: "IT Services", Key: "ITSM"}, {ID: 2, Name: "People", Key: "HR"}}
}
func (f *fake) Types() []Type { return f.types }
func (f *fake) AttributesOf(typeID int64) []Attribute {
	return f.attrs[typeID]
}

func (f *fake) Attribute(typeID int64, name string) (Attribute, bool) {
	for _, a := range f.attrs[typeID] {
		if strings.EqualFold(a.Name, name) {
			return a, true
		}
	}
	return Attribute{}, false
}

func (f *fake) OfType(typeID, from int64, yield func(Handle, int64) bool) {
	for i := max(from, 1); i <= int64(len(f.objects)); i++ {
		if f.objects[i-1].typeID == typeID {
			f.visited++
			if !yield(Handle(i), i) {
				return
			}
		}
	}
}

func (f *fake) CountOfType(typeID, from, to int64) (int, bool) {
	n := 0
	for _, o := range f.objects {
		if o.typeID == typeID && o.id >= from && o.id <= to {
			n++
		}
	}
	return n, !f.noCounts
}

func (f *fake) ByID(id int64) (Handle, bool) {
	return Handle(id), id >= 1 && id <= int64(len(f.objects))
}

func (f *fake) ByKey(key string) (Handle, bool) {
	for _, o := range f.objects {
		if strings.EqualFold(o.key, key) {
			return Handle(o.id), true
		}
	}
	return 0, false
}

func (f *fake) Lookup(attributeID int64, text string) ([]Handle, bool) {
	f.lookups++
	if !f.indexed[attributeID] {
		return nil, false
	}
	var out []Handle
	for typeID, attrs := range f.attrs {
		for _, a := range attrs {
			if a.ID != attributeID {
				continue
			}
			for _, o := range f.objects {
				if o.typeID == typeID && slices.ContainsFunc(o.values[a.Name], func(d Datum) bool {
					return d.anyText(func(s string) bool { return strings.EqualFold(s, text) })
				}) {
					out = append(out, Handle(o.id))
				}
			}
		}
	}
	return out, true
}

func (f *fake) at(h Handle) fakeObject     { return f.objects[h-1] }
func (f *fake) ID(h Handle) int64          { return f.at(h).id }
func (f *fake) TypeOf(h Handle) int64      { return f.at(h).typeID }
func (f *fake) Key(h Handle) string        { return f.at(h).key }
func (f *fake) Created(h Handle) time.Time { return f.at(h).created }
func (f *fake) Updated(h Handle) time.Time { return f.at(h).created.Add(time.Hour) }
func (f *fake) Members(group string) []string {
	return map[string][]string{"admins": {"acc-ann"}}[group]
}

func (f *fake) Groups(user string) []string { return map[string][]string{"acc-ann": {"admins"}}[user] }

func (f *fake) Label(h Handle) string {
	if v := f.at(h).values["Name"]; len(v) > 0 {
		return v[0].Text
	}
	return ""
}

func (f *fake) Values(h Handle, a Attribute, yield func(Datum) bool) {
	for _, d := range f.at(h).values[a.Name] {
		if d.Kind == KindReference {
			d.Text, d.Also[0] = f.Label(d.Object), f.Key(d.Object)
		}
		if !yield(d) {
			return
		}
	}
}

func (f *fake) Outbound(h Handle, yield func(Handle, string) bool) {
	for name, ds := range f.at(h).values {
		for _, d := range ds {
			if d.Kind == KindReference && !yield(d.Object, "via "+name) {
				return
			}
		}
	}
}

func (f *fake) Inbound(h Handle, yield func(Handle, string) bool) {
	for _, o := range f.objects {
		for name, ds := range o.values {
			for _, d := range ds {
				if d.Kind == KindReference && d.Object == h && !yield(Handle(o.id), "via "+name) {
					return
				}
			}
		}
	}
}

func (f *fake) Connected(jql string) (func(Handle) bool, error) {
	if jql != "" {
		return nil, errors.New("no such JQL")
	}
	return func(h Handle) bool { return h == 2 }, nil
}

func text(ss ...string) []Datum {
	var out []Datum
	for _, s := range ss {
		out = append(out, Datum{Kind: KindText, Text: s})
	}
	return out
}

func num(n float64) []Datum {
	return []Datum{{Kind: KindNumber, Text: strconv.FormatFloat(n, 'g', -1, 64), Number: n}}
}

func ref(hs ...Handle) []Datum {
	var out []Datum
	for _, h := range hs {
		out = append(out, Datum{Kind: KindReference, Object: h})
	}
	return out
}

// site has servers (type 11, child of 10) and laptops (12) in schema 1 and people (20) in schema 2.
func site() *fake {
	f := &fake{
		types: []Type{
			{ID: 10, SchemaID: 1, Name: "Hardware"},
			{ID: 11, SchemaID: 1, ParentID: 10, Name: "Server"},
			{ID: 12, SchemaID: 1, ParentID: 10, Name: "Laptop 15"},
			{ID: 20, SchemaID: 2, Name: "Person"},
		},
		attrs: map[int64][]Attribute{
			10: {{ID: 100, TypeID: 10, Name: "Name", Kind: KindText}},
			11: {
				{ID: 110, TypeID: 11, Name: "Name", Kind: KindText},
				{ID: 111, TypeID: 11, Name: "RAM GB", Kind: KindNumber},
				{ID: 112, TypeID: 11, Name: "Runs for", Kind: KindReference},
				{ID: 113, TypeID: 11, Name: "Tags", Kind: KindText},
			},
			12: {
				{ID: 120, TypeID: 12, Name: "Name", Kind: KindText},
				{ID: 121, TypeID: 12, Name: "Owner", Kind: KindUser},
				{ID: 122, TypeID: 12, Name: "Team", Kind: KindGroup},
				{ID: 123, TypeID: 12, Name: "Bought", Kind: KindTime},
			},
			20: {
				{ID: 200, TypeID: 20, Name: "Name", Kind: KindText},
				{ID: 201, TypeID: 20, Name: "Boss", Kind: KindReference},
			},
		},
		indexed: map[int64]bool{110: true, 200: true},
	}
	day := func(d int) time.Time { return testNow.AddDate(0, 0, -d) }
	add := func(typeID int64, key string, daysAgo int, values map[string][]Datum) {
		f.objects = append(f.objects, fakeObject{id: int64(len(f.objects) + 1), typeID: typeID, key: key, created: day(daysAgo), values: values})
	}
	add(20, "HR-1", 400, map[string][]Datum{"Name": text("Ann")})
	add(20, "HR-2", 300, map[string][]Datum{"Name": text("Bob"), "Boss": ref(1)})
	add(11, "ITSM-3", 40, map[string][]Datum{"Name": text("web-1"), "RAM GB": num(16), "Runs for": ref(2), "Tags": text("Prod", "EU")})
	add(11, "ITSM-4", 3, map[string][]Datum{"Name": text("web-2"), "RAM GB": num(128), "Runs for": ref(1, 2)})
	add(12, "ITSM-5", 1, map[string][]Datum{
		"Name": text(`15" Screen`), "Bought": {{Kind: KindTime, Text: "2021-02-16", Time: time.Date(2021, 2, 16, 0, 0, 0, 0, time.UTC)}},
		"Owner": {{Kind: KindUser, Text: "Ann Lee", Also: [2]string{"acc-ann", "ann@x.example"}}}, "Team": {{Kind: KindGroup, Text: "admins"}},
	})
	add(12, "ITSM-10", 0, map[string][]Datum{
		"Name":  text("Zoë"),
		"Owner": {{Kind: KindUser, Text: "Bob Ray", Also: [2]string{"acc-bob"}}}, "Team": {{Kind: KindGroup, Text: "staff"}},
	})
	return f
}

func find(t *testing.T, f *fake, query string, p Page) (Result, error) {
	t.Helper()
	q, err := Parse(query)
	if err != nil {
		return Result{}, err
	}
	return Search(t.Context(), f, q, p)
}

func TestSearchFindsWhatTheConditionSays(t *testing.T) {
	t.Parallel()
	f := site()
	for _, tt := range []struct {
		query string
		want  []int64
	}{
		{``, []int64{1, 2, 3, 4, 5, 6}},
		{`objectType = Server`, []int64{3, 4}},
		{`objectType = sErVeR`, []int64{3, 4}},
		{`objectType == server`, nil},
		{`objectType != Server`, []int64{1, 2, 5, 6}},
		{`objectType LIKE lap`, []int64{5, 6}},
		{`objectType IN (Server, Person)`, []int64{1, 2, 3, 4}},
		{`objectType NOT IN (Server, Person)`, []int64{5, 6}},
		{`objectTypeId = 12`, []int64{5, 6}},
		{`objectTypeId IN (11, "20")`, []int64{1, 2, 3, 4}},
		{`objectType IN objectTypeAndChildren("Hardware")`, []int64{3, 4, 5, 6}},
		{`objectType = objectTypeAndChildren(10)`, []int64{3, 4, 5, 6}},
		{`objectType NOT IN objectTypeAndChildren(Hardware)`, []int64{1, 2}},
		{`objectTypeAndChildren("hardware") AND Name = web-1`, []int64{3}},
		{`objectTypeAndChildren = Hardware AND Name = web-1`, []int64{3}},
		{`objectSchema = People`, []int64{1, 2}},
		{`objectSchema = itsm AND objectType = Server`, []int64{3, 4}},
		{`objectSchemaId = 2`, []int64{1, 2}},
		{`objectSchemaId = 3`, nil},
		{`objectId = 3`, []int64{3}},
		{`objectId > 4`, []int64{5, 6}},
		{`objectId >= 3 AND objectId < 5`, []int64{3, 4}},
		{`objectId <= 2`, []int64{1, 2}},
		{`objectId IN (6, 2, 99)`, []int64{2, 6}},
		{`objectId NOT IN (6, 2)`, []int64{1, 3, 4, 5}},
		{`Key = itsm-3`, []int64{3}},
		{`Key IN (HR-1, ITSM-10)`, []int64{1, 6}},
		{`Key > ITSM-5`, []int64{6}},
		{`Key startsWith HR`, []int64{1, 2}},
		{`label = Ann`, []int64{1}},
		{`Name = "15\" Screen"`, []int64{5}},
		{`Name = zOË`, []int64{6}},
		{`Name == zoë`, nil},
		{`Name LIKE web`, []int64{3, 4}},
		{`Name NOT LIKE web AND objectType = Server`, nil},
		{`Name STARTSWITH web AND Name NOT ENDSWITH "-2"`, []int64{3}},
		{`Name != Ann AND objectType = Person`, []int64{2}},
		{`"RAM GB" > 16`, []int64{4}},
		{`"RAM GB" >= 16 AND "RAM GB" <= 16.0`, []int64{3}},
		{`"RAM GB" = 128`, []int64{4}},
		{`"RAM GB" < x`, nil},
		{`"RAM GB" IN (1,2,3,4,5,6,7,8,9,16)`, []int64{3}},
		{`Tags = eu`, []int64{3}},
		{`Tags IN (a,b,c,d,e,f,g,h,i,"EU")`, []int64{3}},
		{`Tags != eu`, []int64{4}},
		{`Tags IS EMPTY`, []int64{4}},
		{`Tags IS NOT EMPTY`, []int64{3}},
		{`Boss IS EMPTY`, []int64{1}},
		{`"Runs for" = Ann`, []int64{4}},
		{`"Runs for" = HR-2`, []int64{3, 4}},
		{`"Runs for".Name = Bob`, []int64{3, 4}},
		{`"Runs for".Boss.Name = Ann`, []int64{3, 4}},
		{`"Runs for".Key = HR-1`, []int64{4}},
		{`"Runs for".Boss IS EMPTY`, []int64{4}},
		{`"Runs for".objectType = Person AND "Runs for".objectId = 1`, []int64{4}},
		{`Owner = "Ann Lee" OR Owner = acc-bob`, []int64{5, 6}},
		{`Owner = ann@x.example`, []int64{5}},
		{`Owner = currentUser()`, []int64{5}},
		{`Owner IN group(admins)`, []int64{5}},
		{`Owner NOT IN group(admins)`, []int64{6}},
		{`Team IN user(acc-ann)`, []int64{5}},
		{`Team = currentUser()`, []int64{5}},
		{`Bought = 2021-02-16`, []int64{5}},
		{`Bought < "2021-02-16 00:01" AND Bought > 2021-02-15T23:59:59.999Z`, []int64{5}},
		{`Bought > 2021-02-16`, nil},
		{`Created > now(-2h)`, []int64{6}},
		{`Created < startOfDay(-1)`, []int64{1, 2, 3, 4}},
		{`Created >= startOfWeek()`, []int64{5, 6}},
		{`Created >= startOfMonth()`, []int64{4, 5, 6}},
		{`Created <= endOfYear(-1)`, []int64{1, 2}},
		{`Created = "2026-03-08"`, []int64{4}},
		{`Updated > now()`, []int64{6}},
		{`anyAttribute = eu`, []int64{3}},
		{`anyAttribute LIKE ann`, []int64{1, 2, 4, 5}},
		{`object HAVING inboundReferences()`, []int64{1, 2}},
		{`object NOT HAVING inboundReferences() AND objectType = Person`, nil},
		{`object HAVING inboundReferences(Name = web-1)`, []int64{2}},
		{`object HAVING inboundReferences(objectType = Person)`, []int64{1}},
		{`object HAVING inboundReferences(objectType = Server, refType IN ("via boss"))`, nil},
		{`inboundReferences(objectId > 0, "via runs for")`, []int64{1, 2}},
		{`object HAVING outboundReferences(Name = Ann)`, []int64{2, 4}},
		{`outboundReferences(objectId = 1) AND objectType = Server`, []int64{4}},
		{`object HAVING outboundReferences(object HAVING outboundReferences())`, []int64{3, 4}},
		{`object HAVING connectedTickets()`, []int64{2}},
		{`NOT (objectType = Server OR objectType = Person)`, []int64{5, 6}},
		{`(Name = Ann OR Name = web-1) AND objectSchemaId = 1`, []int64{3}},
		{`Key = HR-1 OR objectType = Server`, []int64{1, 3, 4}},
		{`objectTypeId = 11 OR objectTypeId = 12 AND objectId > 5`, []int64{3, 4, 6}},
		{`ORDER BY objectId DESC`, []int64{6, 5, 4, 3, 2, 1}},
		{`ORDER BY Name`, []int64{5, 1, 2, 3, 4, 6}},
		{`objectSchemaId = 1 ORDER BY "RAM GB" DESC, Name ASC`, []int64{5, 6, 4, 3}},
		{`ORDER BY Key`, []int64{1, 2, 3, 4, 5, 6}},
		{`ORDER BY objectType, label DESC`, []int64{6, 5, 2, 1, 4, 3}},
		{`ORDER BY Created DESC`, []int64{6, 5, 4, 3, 2, 1}},
		{`objectType = Server ORDER BY "Runs for".Name DESC`, []int64{3, 4}},
	} {
		r, err := find(t, f, tt.query, Page{Limit: 100, CountTo: Everything})
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		if diff := cmp.Diff(tt.want, r.IDs); diff != "" {
			t.Errorf("%s: %s", tt.query, diff)
		}
		if r.Total != len(tt.want) || r.More {
			t.Errorf("%s: total %d, more %v", tt.query, r.Total, r.More)
		}
	}
}

func TestNamesNobodyHasAreErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		query, message string
		column         int
	}{
		{`Name = a AND Nonsense = 1`, `unknown attribute "Nonsense"`, 14},
		{`Nonsense.Name = 1`, `unknown attribute "Nonsense"`, 1},
		{`"Runs for".Nonsense = 1`, `unknown attribute "Nonsense"`, 1},
		{`ORDER BY Nonsense`, `unknown attribute "Nonsense"`, 10},
		{`object HAVING inboundReferences(Nonsense IS EMPTY)`, `unknown attribute "Nonsense"`, 33},
		{`Created > now("soon")`, `the offset "soon"`, 11},
		{`Created > now(1d, 2d)`, `one offset at most`, 11},
		{`Name = objectTypeAndChildren(x)`, `objectType only`, 8},
		{`objectType = objectTypeAndChildren()`, `needs the name`, 14},
		{`Owner = group()`, `needs the name of a group`, 9},
	} {
		_, err := find(t, site(), tt.query, Page{Limit: 1})
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Column != tt.column || !strings.Contains(e.Message, tt.message) {
			t.Errorf("%s: got %v, want column %d %q", tt.query, err, tt.column, tt.message)
		}
	}
}

func TestPagesPutTogetherAreTheWhole(t *testing.T) {
	t.Parallel()
	for _, query := range []string{``, `objectType = Person`, `objectSchemaId = 1`, `Name LIKE e`, `ORDER BY Name`, `objectId IN (5, 1, 3)`} {
		for _, noCounts := range []bool{false, true} {
			f := site()
			f.noCounts = noCounts
			whole, err := find(t, f, query, Page{Limit: 100, CountTo: Everything})
			if err != nil {
				t.Fatal(err)
			}
			for size := 1; size < 4; size++ {
				var got []int64
				for more := true; more; {
					r, err := find(t, f, query, Page{Start: len(got), Limit: size, CountTo: Everything})
					if err != nil {
						t.Fatal(err)
					}
					if r.Total != whole.Total {
						t.Errorf("%q: total %d on a page, %d on the whole", query, r.Total, whole.Total)
					}
					got, more = append(got, r.IDs...), r.More
				}
				if diff := cmp.Diff(whole.IDs, got); diff != "" {
					t.Errorf("%q by %d: %s", query, size, diff)
				}
			}
		}
	}
}

// large has n servers after a hundred people.
func large(n int) *fake {
	f := site()
	f.objects = nil
	for i := range n {
		o := fakeObject{id: int64(i + 1), typeID: 11, key: fmt.Sprintf("ITSM-%d", i+1), values: map[string][]Datum{"Name": text(fmt.Sprintf("s%d", i+1)), "RAM GB": num(float64(i))}}
		if i < 100 {
			o.typeID = 20
		}
		f.objects = append(f.objects, o)
	}
	return f
}

func TestOnlyCandidatesAreVisited(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for _, tt := range []struct {
		name, query string
		page        Page
		most        int
		total       int
		more        bool
	}{
		{"a cursor over one type reads one page", `objectTypeId = 11 AND objectId > 9000 ORDER BY objectId`, Page{Limit: 500, CountTo: 1000}, 501, n - 9000, true},
		{"counting one type reads nothing more", `objectTypeId = 11`, Page{Limit: 0, CountTo: Everything}, 1, n - 100, true},
		{"an id is read alone", `objectId = 9000`, Page{Limit: 25, CountTo: 1000}, 4, 1, false},
		{"keys are found by key", `Key IN (ITSM-500, ITSM-501)`, Page{Limit: 25, CountTo: 1000}, 0, 2, false},
		{"values are found by an index", `objectTypeId = 11 AND Name IN (s500, "S501", s5)`, Page{Limit: 25, CountTo: 1000}, 0, 2, false},
		{"either of two values is found by an index", `Name = s500 OR Name = s5`, Page{Limit: 25, CountTo: 1000}, 0, 2, false},
		{"counting ends at the cap", `objectTypeId = 11 AND "RAM GB" >= 0`, Page{Limit: 25, CountTo: 1000}, 1000, 1000, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := large(n)
			f.indexed = map[int64]bool{100: true, 110: true, 120: true, 200: true}
			r, err := find(t, f, tt.query, tt.page)
			if err != nil {
				t.Fatal(err)
			}
			if f.visited > tt.most {
				t.Errorf("visited %d objects, want %d at most", f.visited, tt.most)
			}
			if r.Total != tt.total || r.More != tt.more {
				t.Errorf("total %d more %v, want %d %v", r.Total, r.More, tt.total, tt.more)
			}
		})
	}
}

func TestSearchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q, err := Parse(`"RAM GB" < 0`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Search(ctx, large(10_000), q, Page{Limit: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
