package gen_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
)

// site is an empty site whose clock stands still, so that nothing but the seed
// decides what is made.
func site(t *testing.T, name string) *world.World {
	t.Helper()
	now := time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC)
	return world.New(world.Options{Name: name, WorkspaceID: "ws-" + name, CloudID: "cloud-" + name, Now: func() time.Time { return now }})
}

func fill(t *testing.T, w *world.World, p gen.Profile, objects int, seed uint64) gen.Report {
	t.Helper()
	r, err := gen.Fill(w, p, objects, seed)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fingerprint is a hash of everything a site has.
func fingerprint(t *testing.T, w *world.World) string {
	t.Helper()
	h := sha256.New()
	put := func(v any) { _, _ = fmt.Fprintf(h, "%+v\n", v) }
	for _, v := range []any{w.Users(), w.Groups(), w.Projects(), w.Fields(), w.Issues(), w.Schemas(), w.Icons(0)} {
		put(v)
	}
	for _, s := range w.Schemas() {
		types, err := w.ObjectTypes(s.ID)
		if err != nil {
			t.Fatal(err)
		}
		attrs, err := w.SchemaAttributes(s.ID)
		if err != nil {
			t.Fatal(err)
		}
		put(types)
		put(attrs)
		for _, id := range objectIDs(w, s.ID) {
			o, err := w.Object(id)
			if err != nil {
				t.Fatal(err)
			}
			put(o)
			comments, _ := w.Comments(id)
			attachments, _ := w.Attachments(id)
			history, _ := w.History(id, true)
			put(comments)
			put(attachments)
			put(history)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func objectIDs(w *world.World, schema world.ID) []world.ID {
	var ids []world.ID
	w.View(func(v *world.View) {
		for _, t := range v.TypeIDs(schema) {
			ids = v.ObjectIDs(ids, t)
		}
	})
	slices.Sort(ids)
	return ids
}

func TestTheSameSeedMakesTheSameSite(t *testing.T) {
	t.Parallel()
	for _, name := range gen.Profiles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			make := func(seed uint64, objects int) string {
				w := site(t, "acme")
				fill(t, w, gen.Profile{Name: name}, objects, seed)
				return fingerprint(t, w)
			}
			first := make(1, 1300)
			if again := make(1, 1300); again != first {
				t.Error("the same seed made another site")
			}
			if make(2, 1300) == first {
				t.Error("another seed made the same site")
			}
			if make(1, 1301) == first {
				t.Error("another number of objects made the same site")
			}
		})
	}
}

func TestAProfileThatDoesNotExistIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := gen.Fill(site(t, "acme"), gen.Profile{Name: "crm"}, 1, 1); err == nil || !strings.Contains(err.Error(), `"crm"`) {
		t.Errorf("error %v", err)
	}
	if _, err := gen.Fill(site(t, "acme"), gen.Profile{Name: gen.ITSM}, -1, 1); err == nil {
		t.Error("a negative number of objects was accepted")
	}
}

func TestAnySizeCanBeMade(t *testing.T) {
	t.Parallel()
	for _, name := range gen.Profiles() {
		for _, n := range []int{0, 1, 7, 199, 200, 201, 1000} {
			w := site(t, "acme")
			r := fill(t, w, gen.Profile{Name: name}, n, 3)
			if name == gen.Nasty && r.Objects < n || name != gen.Nasty && r.Objects != n {
				t.Errorf("%s: %d objects made, want %d", name, r.Objects, n)
			}
			if got := len(objectIDs(w, r.Schema)); got != r.Objects {
				t.Errorf("%s: the schema has %d objects, the report says %d", name, got, r.Objects)
			}
		}
	}
}

func TestASiteCanBeFilledTwice(t *testing.T) {
	t.Parallel()
	w := site(t, "acme")
	fill(t, w, gen.Profile{Name: gen.ITSM}, 100, 1)
	people := len(w.Users())
	r := fill(t, w, gen.Profile{Name: gen.ITSM, SchemaKey: "TWO", SchemaName: "Second"}, 100, 1)
	s, err := w.SchemaByKey("TWO")
	if err != nil || s.ID != r.Schema || s.Name != "Second" || s.ObjectCount != 100 {
		t.Errorf("second schema: %+v %v", s, err)
	}
	if n := len(w.Users()); n != people {
		t.Errorf("%d users after the second time, want %d", n, people)
	}
}

// The shape of itsm is what the figures of the project are taken on.
func TestITSMHasItsShape(t *testing.T) {
	t.Parallel()
	w := site(t, "acme")
	r := fill(t, w, gen.Profile{Name: gen.ITSM}, 20_000, 7)
	if r.Types != 12 || r.Levels != 3 {
		t.Errorf("%d types in %d levels, want 12 in 3", r.Types, r.Levels)
	}
	if per := float64(r.Attributes) / float64(r.Types); per < 11 || per > 13 {
		t.Errorf("%.1f attributes per type, want about 12", per)
	}
	g := graphOf(w, r.Schema)
	if g.dangling != 0 {
		t.Errorf("%d references lead nowhere", g.dangling)
	}
	if g.references != r.References {
		t.Errorf("%d references, the report says %d", g.references, r.References)
	}
	if avg := float64(g.references) / 20_000; avg < 1.9 || avg > 2.1 {
		t.Errorf("%.3f references per object, want 2", avg)
	}
	if n := g.inCycles(); n != r.InCycles || n < 180 || n > 220 {
		t.Errorf("%d objects in cycles, the report says %d, want about 200", n, r.InCycles)
	}
	if g.forward == 0 {
		t.Error("no reference leads to an object with a higher id")
	}
	kinds := map[string]int{}
	attrs, err := w.SchemaAttributes(r.Schema)
	if err != nil {
		t.Fatal(err)
	}
	inherited := 0
	for _, a := range attrs {
		kinds[fmt.Sprintf("%d/%s", a.Type, a.Default)]++
		if a.InheritedFrom != 0 {
			inherited++
		}
	}
	for _, want := range []string{
		"0/Text", "0/Integer", "0/Boolean", "0/Double", "0/Date", "0/Time", "0/DateTime", "0/URL", "0/Email", "0/Textarea", "0/Select", "0/IP Address",
		"1/None", "2/None", "4/None", "5/None", "6/None", "7/None",
	} {
		if kinds[want] == 0 {
			t.Errorf("no attribute of type %s", want)
		}
	}
	if inherited == 0 {
		t.Error("no attribute is inherited")
	}
	for name, n := range map[string]int{
		"comments": r.Comments, "attachments": r.Attachments, "avatars": r.Avatars, "changes": r.Changes, "issues": r.Issues,
	} {
		if n < 20 || n > 2000 {
			t.Errorf("%d %s on 20000 objects", n, name)
		}
	}
}

func TestTheOtherProfilesKeepTheirPromises(t *testing.T) {
	t.Parallel()
	for name, cycles := range map[string]bool{gen.HR: true, gen.Facilities: false, gen.Nasty: true} {
		w := site(t, "acme")
		r := fill(t, w, gen.Profile{Name: name}, 3000, 5)
		g := graphOf(w, r.Schema)
		if n := g.inCycles(); n != r.InCycles || (n > 0) != cycles {
			t.Errorf("%s: %d objects in cycles, the report says %d", name, n, r.InCycles)
		}
		if g.references != r.References || g.dangling != 0 {
			t.Errorf("%s: %d references, the report says %d; %d lead nowhere", name, g.references, r.References, g.dangling)
		}
	}
}

// What is generated must be what the service itself accepts: each object is written
// again with its own values and must come through unchanged.
func TestEveryObjectObeysTheRulesOfTheService(t *testing.T) {
	t.Parallel()
	for _, name := range gen.Profiles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := site(t, "acme")
			r := fill(t, w, gen.Profile{Name: name}, 2000, 11)
			for _, id := range objectIDs(w, r.Schema) {
				before, err := w.Object(id)
				if err != nil {
					t.Fatal(err)
				}
				err = rewrite(w, before)
				if slices.Contains(r.RuleBreakers, id) {
					if err == nil {
						t.Errorf("object %d (%s) breaks no rule", id, before.Label)
					}
					continue
				}
				if err != nil {
					t.Errorf("object %d (%s): %v", id, before.Label, err)
				}
				after, err := w.Object(id)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(fmt.Sprint(before.Attributes), fmt.Sprint(after.Attributes)); diff != "" {
					t.Errorf("object %d (%s) changed:\n%.2000s", id, before.Label, diff)
				}
			}
		})
	}
}

// rewrite writes all attributes of an object's type with the values it has.
func rewrite(w *world.World, o world.Object) error {
	attrs, err := w.Attributes(o.TypeID)
	if err != nil {
		return err
	}
	var in world.ObjectInput
	for _, a := range attrs {
		if a.System {
			continue
		}
		av := world.AttributeValues{Attribute: a.ID}
		for _, have := range o.Attributes {
			if have.Attribute == a.ID {
				for _, v := range have.Values {
					av.Values = append(av.Values, v.Raw())
				}
			}
		}
		in.Attributes = append(in.Attributes, av)
	}
	_, err = w.UpdateObject("someone", o.ID, in)
	return err
}

func TestSitesShareMostPeopleByNameAndNoneByID(t *testing.T) {
	t.Parallel()
	a, g := site(t, "acme"), site(t, "globex")
	for _, w := range []*world.World{a, g} {
		fill(t, w, gen.Profile{Name: gen.HR}, 10, 1)
	}
	names := func(w *world.World) (ids, display map[string]bool) {
		ids, display = map[string]bool{}, map[string]bool{}
		for _, u := range w.Users() {
			ids[u.AccountID], display[u.DisplayName] = true, true
		}
		return ids, display
	}
	aIDs, aNames := names(a)
	gIDs, gNames := names(g)
	for id := range aIDs {
		if gIDs[id] {
			t.Errorf("account %s exists on both sites", id)
		}
	}
	only := 0
	for n := range aNames {
		if !gNames[n] {
			only++
		}
	}
	if only == 0 || only*10 > len(aNames) {
		t.Errorf("%d of %d names exist on one site only", only, len(aNames))
	}
	if _, ok := a.Group("acme-contractors"); !ok {
		t.Error("acme lacks its own group")
	}
	if _, ok := g.Group("acme-contractors"); ok {
		t.Error("globex has the group of acme")
	}
	pa, _ := a.Project("IT")
	pg, _ := g.Project("IT")
	if pa.ID == 0 || pa.ID == pg.ID {
		t.Errorf("project IT has the ids %d and %d", pa.ID, pg.ID)
	}
}

func TestNothingIsMadeInTheFuture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(world.Options{Name: "acme"}) // the clock of the bubble stands in the year 2000
		r := fill(t, w, gen.Profile{Name: gen.ITSM}, 2000, 1)
		for _, id := range objectIDs(w, r.Schema) {
			o, err := w.Object(id)
			if err != nil {
				t.Fatal(err)
			}
			if o.Updated.Before(o.Created) || !o.Updated.Before(time.Now()) {
				t.Fatalf("object %d was made at %v and changed at %v", id, o.Created, o.Updated)
			}
			comments, _ := w.Comments(id)
			for _, c := range comments {
				if !c.Created.Before(time.Now()) {
					t.Fatalf("comment of %v", c.Created)
				}
			}
		}
	})
}

func TestMutateChangesTheShareItIsAskedFor(t *testing.T) {
	t.Parallel()
	change := func(seed uint64) []world.ID {
		w := site(t, "acme")
		r := fill(t, w, gen.Profile{Name: gen.ITSM}, 2000, 1)
		before := map[world.ID]string{}
		for _, id := range objectIDs(w, r.Schema) {
			o, _ := w.Object(id)
			before[id] = fmt.Sprint(o)
		}
		ids, err := gen.Mutate(w, r.Schema, 0.01, seed)
		if err != nil {
			t.Fatal(err)
		}
		var changed []world.ID
		for _, id := range objectIDs(w, r.Schema) {
			if o, _ := w.Object(id); fmt.Sprint(o) != before[id] {
				changed = append(changed, id)
			}
		}
		if diff := cmp.Diff(changed, ids); diff != "" || len(ids) != 20 {
			t.Errorf("%d objects reported as changed, want 20 (-changed +reported):\n%s", len(ids), diff)
		}
		return ids
	}
	first := change(1)
	if diff := cmp.Diff(first, change(1)); diff != "" {
		t.Errorf("the same seed changed others:\n%s", diff)
	}
	if cmp.Equal(first, change(2)) {
		t.Error("another seed changed the same")
	}
	if _, err := gen.Mutate(site(t, "acme"), 99, 0.5, 1); err == nil {
		t.Error("a schema that does not exist was mutated")
	}
}

func TestChurnAlsoCreatesAndDeletes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{gen.ITSM, gen.HR, gen.Facilities} {
		w := site(t, "acme")
		r := fill(t, w, gen.Profile{Name: name}, 2000, 1)
		before := objectIDs(w, r.Schema)
		c, err := gen.Churn(w, r.Schema, 0.05, 9)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		after := objectIDs(w, r.Schema)
		var created, deleted []world.ID
		for _, id := range after {
			if _, ok := slices.BinarySearch(before, id); !ok {
				created = append(created, id)
			}
		}
		for _, id := range before {
			if _, ok := slices.BinarySearch(after, id); !ok {
				deleted = append(deleted, id)
			}
		}
		slices.Sort(c.Deleted)
		if len(created) != 10 || !slices.Equal(created, c.Created) || len(deleted) != 10 || !slices.Equal(deleted, c.Deleted) || len(c.Updated) != 90 {
			t.Errorf("%s: created %v, deleted %v, reported %+v", name, created, deleted, c)
		}
	}
}

func TestNastyHoldsEveryOddity(t *testing.T) {
	t.Parallel()
	w := site(t, "acme")
	r := fill(t, w, gen.Profile{Name: gen.Nasty}, 0, 1)
	types, err := w.ObjectTypes(r.Schema)
	if err != nil {
		t.Fatal(err)
	}
	attrs, err := w.SchemaAttributes(r.Schema)
	if err != nil {
		t.Fatal(err)
	}
	byType := map[world.ID][]world.Attribute{}
	byID := map[world.ID]world.Attribute{}
	for _, a := range attrs {
		byType[a.TypeID] = append(byType[a.TypeID], a)
		byID[a.ID] = a
	}
	has := map[string]bool{"a hierarchy of 200 types": r.Levels == 200, "objects that break rules": len(r.RuleBreakers) > 5}
	names := map[string]bool{}
	for _, ot := range types {
		names[ot.Name] = true
		has["a type of 300 attributes"] = has["a type of 300 attributes"] || len(byType[ot.ID]) == 300
		has["a type without objects"] = has["a type without objects"] || ot.ObjectCount == 0 && !ot.Abstract
		has["an abstract type"] = has["an abstract type"] || ot.Abstract
		has["a long name of a type"] = has["a long name of a type"] || utf8.RuneCountInString(ot.Name) == 255
	}
	has["types whose names differ in case"] = names["server"] && names["Server"] && names["SERVER"]
	has["a forbidden name"] = names[gen.ForbiddenName]
	for _, a := range attrs {
		for what, is := range map[string]bool{
			"a filter of references":    a.Query != "",
			"references to child types": a.IncludeChildren,
			"a unique attribute":        a.Unique,
			"a hidden attribute":        a.Hidden,
			"a pattern":                 a.Regex != "",
			"quotes in options":         strings.Contains(a.Options, `"`),
			"a label of another name":   a.Label && a.Name != "Name",
			"a restricted user":         a.Type == world.TypeUser && len(a.TypeValueMulti) > 0,
			"a restricted status":       a.Type == world.TypeStatus && len(a.TypeValueMulti) > 0,
			"a reference to elsewhere":  a.Type == world.TypeReference && !slices.ContainsFunc(types, func(ot world.ObjectType) bool { return ot.ID == a.RefType }),
		} {
			has[what] = has[what] || is
		}
	}
	texts := map[string]bool{}
	for _, id := range objectIDs(w, r.Schema) {
		o, err := w.Object(id)
		if err != nil {
			t.Fatal(err)
		}
		has["an object without label"] = has["an object without label"] || o.Label == o.Key
		for _, oa := range o.Attributes {
			for _, v := range oa.Values {
				switch v.Kind {
				case world.KindText:
					texts[v.Text] = true
					has["ten megabytes of text"] = has["ten megabytes of text"] || len(v.Text) >= 10_000_000
				case world.KindSelect:
					has["a comma in an option"] = has["a comma in an option"] || strings.Contains(v.Text, ",")
				case world.KindRef:
					has["a self reference"] = has["a self reference"] || v.ID() == id
					target, err := w.Object(v.ID())
					if err == nil && byID[oa.Attribute].Min == 1 && byID[oa.Attribute].Max == 1 && target.ID != id {
						for _, back := range target.Attributes {
							for _, b := range back.Values {
								has["mandatory references both ways"] = has["mandatory references both ways"] || b.Kind == world.KindRef && b.ID() == id
							}
						}
					}
					has["a reference across schemas"] = has["a reference across schemas"] || target.SchemaID != r.Schema
				case world.KindUser:
					u, _ := w.User(v.Text)
					for what, is := range map[string]bool{
						"a twin": u.DisplayName == gen.TwinName, "an inactive user": u.DisplayName == gen.InactiveName && !u.Active, "a deleted user": u.Deleted,
						"an unknown user": u.AccountID == "",
					} {
						has[what] = has[what] || is
					}
				case world.KindNone, world.KindInt, world.KindDouble, world.KindBool, world.KindDate, world.KindDateTime, world.KindGroup, world.KindStatus, world.KindProject, world.KindVersion:
				}
			}
		}
	}
	for _, s := range gen.Oddities() {
		if n := utf8.RuneCountInString(s); n > 254 || !utf8.ValidString(s) {
			t.Errorf("the oddity %.20q has %d characters", s, n)
		}
		has[fmt.Sprintf("the text %.20q", s)] = texts[s]
	}
	empty, bare := false, false
	for _, id := range r.Schemas {
		s, err := w.Schema(id)
		if err != nil {
			t.Fatal(err)
		}
		empty = empty || s.TypeCount == 0
		bare = bare || s.TypeCount > 0 && s.ObjectCount == 0 && strings.ContainsAny(s.Name, `"=:;?`)
	}
	has["a schema without object types"], has["a schema without objects, of a forbidden name"] = empty, bare
	if len(has) < 30+len(gen.Oddities()) {
		t.Errorf("only %d oddities were looked for", len(has))
	}
	for what, is := range has {
		if !is {
			t.Errorf("nasty has not got %s", what)
		}
	}
}
