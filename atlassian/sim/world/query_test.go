package world_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim/aql"
	"stowage/atlassian/sim/world"
)

var whole = aql.Page{Limit: 1000, CountTo: aql.Everything}

// queryable is a site with a schema of two types and some objects.
type queryable struct {
	*world.World
	schema        world.ID
	server, owner world.ID
	attrs         map[string]world.ID
}

func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newQueryable(t *testing.T, opt world.Options) *queryable {
	t.Helper()
	w := world.New(opt)
	q := &queryable{World: w, attrs: map[string]world.ID{}}
	icon := w.Icons(0)[0].ID
	q.schema = must[world.Schema](t)(w.CreateSchema(world.SchemaInput{Name: "IT", Key: "IT"})).ID
	q.owner = must[world.ObjectType](t)(w.CreateType(world.TypeInput{SchemaID: q.schema, Name: "Owner", IconID: icon})).ID
	q.server = must[world.ObjectType](t)(w.CreateType(world.TypeInput{SchemaID: q.schema, Name: "Server", IconID: icon})).ID
	refs := must[[]world.ReferenceType](t)(w.ReferenceTypes(0, true))
	w.PutUser(world.User{AccountID: "acc-1", DisplayName: "Ann Lee", Email: "ann@x.example", Active: true})
	w.PutGroup(world.Group{ID: "g-1", Name: "ops", Members: []string{"acc-1"}})
	unlimited := world.Unlimited
	for _, in := range []world.AttributeInput{
		{Name: new("ORIGINAL_ID"), Type: new(world.TypeDefault), Default: new(world.DefaultText)},
		{Name: new("RAM"), Type: new(world.TypeDefault), Default: new(world.DefaultInteger)},
		{Name: new("Seen"), Type: new(world.TypeDefault), Default: new(world.DefaultDate)},
		{
			Name: new("Owned by"), Type: new(world.TypeReference), Max: &unlimited,
			TypeValue: new(q.owner.String()), AdditionalValue: new(refs[0].ID.String()),
		},
		{Name: new("Admin"), Type: new(world.TypeUser)},
		{Name: new("Team"), Type: new(world.TypeGroup)},
		{Name: new("State"), Type: new(world.TypeStatus)},
	} {
		q.attrs[*in.Name] = must[world.Attribute](t)(w.CreateAttribute(q.server, in)).ID
	}
	for _, id := range []world.ID{q.server, q.owner} {
		w.View(func(v *world.View) {
			a, _ := v.AttributeByName(id, "Name")
			q.attrs[fmt.Sprintf("Name of %d", id)] = a.ID
		})
	}
	return q
}

func (q *queryable) add(t *testing.T, typ world.ID, name string, more map[string][]string) world.ID {
	t.Helper()
	in := world.ObjectInput{TypeID: typ, Attributes: []world.AttributeValues{{Attribute: q.attrs[fmt.Sprintf("Name of %d", typ)], Values: []string{name}}}}
	for a, v := range more {
		in.Attributes = append(in.Attributes, world.AttributeValues{Attribute: q.attrs[a], Values: v})
	}
	return must[world.Object](t)(q.CreateObject("acc-1", in)).ID
}

func TestQueriesSeeEveryKindOfValue(t *testing.T) {
	t.Parallel()
	q := newQueryable(t, world.Options{Name: "acme"})
	ann := q.add(t, q.owner, "Ann's team", nil)
	bob := q.add(t, q.owner, "Bob's team", nil)
	web := q.add(t, q.server, "web-1", map[string][]string{
		"ORIGINAL_ID": {"88"}, "RAM": {"16"}, "Seen": {"2024-02-29"}, "Owned by": {ann.String(), bob.String()},
		"Admin": {"acc-1"}, "Team": {"ops"}, "State": {"Running"},
	})
	db := q.add(t, q.server, "db-1", map[string][]string{"ORIGINAL_ID": {"888"}, "RAM": {"128"}, "Owned by": {bob.String()}})
	for _, tt := range []struct {
		query string
		want  []world.ID
	}{
		{``, []world.ID{ann, bob, web, db}},
		{`objectTypeId = ` + q.server.String(), []world.ID{web, db}},
		{`objectType = server AND "ORIGINAL_ID" IN ("1", "88")`, []world.ID{web}},
		{`ORIGINAL_ID = 888`, []world.ID{db}},
		{`RAM > 16`, []world.ID{db}},
		{`Seen = 2024-02-29`, []world.ID{web}},
		{`"Owned by" = "Ann's team"`, []world.ID{web}},
		{`"Owned by".Name = "bob's team"`, []world.ID{web, db}},
		{`"Owned by" = IT-` + bob.String(), []world.ID{web, db}},
		{`Admin = "Ann Lee" AND Admin = acc-1 AND Admin IN group(ops)`, []world.ID{web}},
		{`Admin = currentUser()`, []world.ID{web}},
		{`Team = ops AND Team IN user("ann@x.example")`, []world.ID{web}},
		{`State = running`, []world.ID{web}},
		{`State IS EMPTY`, []world.ID{db}},
		{`Key = it-` + db.String(), []world.ID{db}},
		{`object HAVING inboundReferences(Name = web-1)`, []world.ID{ann, bob}},
		{`object HAVING outboundReferences(Name = "Ann's team", refType IN ("Depends"))`, []world.ID{web}},
		{`object HAVING outboundReferences(Name = "Ann's team", refType IN ("Used"))`, nil},
		{`object HAVING connectedTickets()`, nil},
		{`Created > startOfDay() AND objectSchema = IT AND objectSchemaId = ` + q.schema.String() + ` ORDER BY Name DESC`, []world.ID{web, db, bob, ann}},
	} {
		r, err := q.Search(t.Context(), "acc-1", tt.query, whole)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		if diff := cmp.Diff(tt.want, append([]world.ID(nil), r.IDs...)); diff != "" {
			t.Errorf("%s: %s", tt.query, diff)
		}
	}
	_, err := q.Search(t.Context(), "", `Nonsense = 1`, whole)
	if e, ok := errors.AsType[*world.Error](err); !ok || e.Status != 400 || !strings.Contains(e.Messages[0], "column 1") {
		t.Errorf("unknown attribute: %v", err)
	}
}

// wait lets fake time pass.
func wait(d time.Duration) { <-time.After(d) }

func TestSearchesLagBehindWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueryable(t, world.Options{Name: "acme", SearchLag: 2 * time.Second})
		id := q.add(t, q.server, "web-1", map[string][]string{"ORIGINAL_ID": {"88"}})
		count := func(query string) int {
			t.Helper()
			r := must[world.SearchResult](t)(q.Search(t.Context(), "", query, whole))
			if r.Total != len(r.IDs) {
				t.Errorf("%s: total %d of %d", query, r.Total, len(r.IDs))
			}
			return r.Total
		}
		queries := []string{`objectType = Server`, `ORIGINAL_ID = 88`, `objectId = ` + id.String(), `Key = IT-` + id.String()}
		for _, query := range queries {
			if n := count(query); n != 0 {
				t.Errorf("%s finds %d before the lag has passed", query, n)
			}
		}
		wait(3 * time.Second)
		for _, query := range queries {
			if n := count(query); n != 1 {
				t.Errorf("%s finds %d after the lag", query, n)
			}
		}
		if _, err := q.UpdateObject("acc-1", id, world.ObjectInput{Attributes: []world.AttributeValues{{Attribute: q.attrs["ORIGINAL_ID"], Values: []string{"99"}}}}); err != nil {
			t.Fatal(err)
		}
		if count(`ORIGINAL_ID = 88`) != 1 || count(`ORIGINAL_ID = 99`) != 0 {
			t.Error("the search has seen a change before the lag has passed")
		}
		wait(3 * time.Second)
		if count(`ORIGINAL_ID = 88`) != 0 || count(`ORIGINAL_ID = 99`) != 1 {
			t.Error("the search has not seen a change after the lag")
		}
		if err := q.DeleteObject("acc-1", id); err != nil {
			t.Fatal(err)
		}
		if count(`objectType = Server`) != 1 {
			t.Error("the search has seen a deletion before the lag has passed")
		}
		wait(3 * time.Second)
		if count(`objectType = Server`) != 0 {
			t.Error("the search has not seen a deletion after the lag")
		}
	})
}

func TestAReferenceFilterIsAskedAsAQuery(t *testing.T) {
	t.Parallel()
	q := newQueryable(t, world.Options{Name: "acme"})
	q.SetReferenceFilter(world.AcceptByQuery)
	ann := q.add(t, q.owner, "Ann's team", nil)
	bob := q.add(t, q.owner, "Bob's team", nil)
	query := `Name LIKE Ann`
	if _, err := q.UpdateAttribute(q.server, q.attrs["Owned by"], world.AttributeInput{Query: &query}); err != nil {
		t.Fatal(err)
	}
	q.add(t, q.server, "fits", map[string][]string{"Owned by": {ann.String()}})
	_, err := q.CreateObject("acc-1", world.ObjectInput{TypeID: q.server, Attributes: []world.AttributeValues{
		{Attribute: q.attrs[fmt.Sprintf("Name of %d", q.server)], Values: []string{"does not"}},
		{Attribute: q.attrs["Owned by"], Values: []string{bob.String()}},
	}})
	if e, ok := errors.AsType[*world.Error](err); !ok || !strings.Contains(e.Fields[world.AttributeField(q.attrs["Owned by"])], "invalid due to restrictions") {
		t.Errorf("got %v", err)
	}
}

func TestIssuesAreFoundByWhatTheirFieldsHold(t *testing.T) {
	t.Parallel()
	q := newQueryable(t, world.Options{Name: "acme"})
	web := q.add(t, q.server, "web-1", nil)
	db := q.add(t, q.server, "db-1", nil)
	ops, hr := q.PutProject(world.Project{Key: "OPS", Name: "Operations"}), q.PutProject(world.Project{Key: "HR", Name: "People"})
	field := q.PutField(world.Field{Name: "Affected servers"})
	number := strings.TrimPrefix(field.ID, "customfield_")
	put := func(p world.Project, summary string, objects ...world.ID) {
		t.Helper()
		must[world.Issue](t)(q.PutIssue(world.Issue{ProjectID: p.ID, Summary: summary, Type: "Task", Status: "Open", Objects: map[string][]world.ID{field.ID: objects}}))
	}
	put(ops, "web is slow", web)
	put(ops, "both are slow", web, db)
	put(hr, "nothing is slow")
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{`project = ops`, []string{"OPS-1", "OPS-2"}},
		{`project != "Operations"`, []string{"HR-1"}},
		{`project in (OPS, HR) ORDER BY key DESC`, []string{"HR-1", "OPS-2", "OPS-1"}},
		{`key in (HR-1, "OPS-2")`, []string{"OPS-2", "HR-1"}},
		{`key > OPS-1`, []string{"OPS-2"}},
		{`"Affected servers" is not EMPTY`, []string{"OPS-1", "OPS-2"}},
		{`cf[` + number + `] is EMPTY`, []string{"HR-1"}},
		{field.ID + ` in aqlFunction("Name = \"db-1\"")`, []string{"OPS-2"}},
		{`"affected servers" not in aqlFunction("Name = db-1")`, []string{"OPS-1"}},
		{`summary ~ slow AND NOT (project = HR OR key = OPS-2)`, []string{"OPS-1"}},
		{`created >= -1d AND createdDate < "2100-01-01" and updated <= now()`, []string{"OPS-1", "OPS-2", "HR-1"}},
		{`created > "2100/01/01 12:00" OR updated < startOfYear()`, nil},
		{`created >= startOfDay() AND created >= startOfWeek() AND created >= startOfMonth() AND updated < "4w 2d"`, []string{"OPS-1", "OPS-2", "HR-1"}},
		{`project is not EMPTY AND status is not null`, []string{"OPS-1", "OPS-2", "HR-1"}},
		{`summary is EMPTY`, nil},
		{`issuetype = Task AND status = open ORDER BY summary`, []string{"OPS-2", "HR-1", "OPS-1"}},
	} {
		found, err := q.SearchIssues(t.Context(), "acc-1", tt.query)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		var keys []string
		for _, i := range found {
			keys = append(keys, i.Key)
		}
		if diff := cmp.Diff(tt.want, keys); diff != "" {
			t.Errorf("%s: %s", tt.query, diff)
		}
	}
	for query, want := range map[string]string{
		``:                           "Unbounded",
		`order by key`:               "Unbounded",
		`project = NOPE`:             "does not exist for the field 'project'",
		`key = OPS-9`:                "An issue with key 'OPS-9' does not exist",
		`assignee = x`:               "Field 'assignee'",
		`project ~ x`:                "operator '~'",
		`"Affected servers" = "web"`: "aqlFunction",
		`"Affected servers" in aqlFunction("Nonsense = 1")`: "unknown attribute",
		`project = OPS order by rank`:                       "does not order by 'rank'",
		`project = currentProject()`:                        "function 'currentproject'",
		`project = OPS foo`:                                 "character 15",
		`created > soon`:                                    "Date value 'soon'",
		`created > -d`:                                      "Date value '-d'",
		`created > "-"`:                                     "Date value '-'",
		`created > startOfDay(1)`:                           "Date value 'startofday'",
		`created > endOfTime()`:                             "Date value 'endoftime'",
		`created in (now())`:                                "operator 'IN'",
	} {
		_, err := q.SearchIssues(t.Context(), "acc-1", query)
		if e, ok := errors.AsType[*world.Error](err); !ok || e.Status != 400 || !strings.Contains(e.Messages[0], want) {
			t.Errorf("%s: got %v, want %q", query, err, want)
		}
	}
	for query, want := range map[string]int{`object HAVING connectedTickets()`: 2, `object HAVING connectedTickets(key = OPS-1)`: 1} {
		if r := must[world.SearchResult](t)(q.Search(t.Context(), "acc-1", query, whole)); r.Total != want {
			t.Errorf("%s finds %d, want %d", query, r.Total, want)
		}
	}
}
