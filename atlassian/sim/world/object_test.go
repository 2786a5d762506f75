package world

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCardinality(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	target := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Target"})
	ids := []string{newObject(t, w, target.ID, "1").Key, newObject(t, w, target.ID, "2").Key, newObject(t, w, target.ID, "3").Key}
	for _, c := range []struct {
		name     string
		min, max int
		n        int
		message  string
	}{
		{"none where none is needed", 0, 1, 0, ""},
		{"one of one", 1, 1, 1, ""},
		{"none of one", 1, 1, 0, "The attribute 'A' must contain at least 1 value(s)"},
		{"two of one", 0, 1, 2, "The attribute 'A' can only contain max 1 value(s)"},
		{"one of two", 2, 3, 1, "The attribute 'A' must contain at least 2 value(s)"},
		{"three of three", 2, 3, 3, ""},
		{"three of two", 0, 2, 3, "The attribute 'A' can only contain max 2 value(s)"},
		{"three of any number", 0, Unlimited, 3, ""},
	} {
		in := refAttr(t, w, "A", target.ID)
		in.Min, in.Max = &c.min, &c.max
		typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: c.name})
		a := newAttr(t, w, typ.ID, in)
		name := AttributeValues{named(t, w, typ.ID, "Name").ID, []string{"n"}}
		check := func(t *testing.T, err error) {
			t.Helper()
			if c.message == "" && err != nil {
				t.Fatal(err)
			}
			if c.message != "" {
				mustRefuseField(t, err, AttributeField(a.ID), c.message)
			}
		}
		t.Run("create with "+c.name, func(t *testing.T) {
			t.Parallel()
			_, err := w.CreateObject("a", ObjectInput{TypeID: typ.ID, Attributes: []AttributeValues{name, {a.ID, ids[:c.n]}}})
			check(t, err)
			if c.n == 0 {
				_, err = w.CreateObject("a", ObjectInput{TypeID: typ.ID, Attributes: []AttributeValues{name}})
				check(t, err)
			}
		})
	}
}

func TestOneBadValueRejectsTheObjectWithAllErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	other := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Other"})
	count := newAttr(t, w, typ.ID, plainAttr("Count", DefaultInteger))
	group := newAttr(t, w, typ.ID, typedAttr("Group", TypeGroup))
	need := plainAttr("Needed", DefaultText)
	need.Min = new(1)
	needed := newAttr(t, w, typ.ID, need)
	name, foreign := named(t, w, typ.ID, "Name"), named(t, w, other.ID, "Name")
	in := ObjectInput{TypeID: typ.ID, Attributes: []AttributeValues{
		{name.ID, []string{"ok"}},
		{count.ID, []string{"many"}},
		{group.ID, []string{"nobody"}},
		{foreign.ID, []string{"x"}},
	}}
	want := map[string]string{
		AttributeField(count.ID):   "Invalid values (many)",
		AttributeField(group.ID):   "Invalid Group(s)",
		AttributeField(needed.ID):  "The attribute 'Needed' must contain at least 1 value(s)",
		AttributeField(foreign.ID): "No object type attribute with id " + foreign.ID.String() + " exists on the object type Host",
	}
	_, err := w.CreateObject("a", in)
	mustRefuse(t, err, 400, nil, want)
	if w.ObjectCount() != 0 {
		t.Error("something was created")
	}
	o := newObject(t, w, typ.ID, "h", AttributeValues{needed.ID, []string{"x"}})
	delete(want, AttributeField(needed.ID))
	_, err = w.UpdateObject("a", o.ID, in)
	mustRefuse(t, err, 400, nil, want)
	if got := must(w.Object(o.ID))(t); got.Label != "h" || len(must(w.History(o.ID, true))(t)) != 1 {
		t.Error("something was changed")
	}
}

func TestUniqueValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	in := plainAttr("Serial", DefaultText)
	in.Unique = new(true)
	a := newAttr(t, w, typ.ID, in)
	one := newObject(t, w, typ.ID, "1", AttributeValues{a.ID, []string{"S1"}})
	two := newObject(t, w, typ.ID, "2", AttributeValues{a.ID, []string{"S2"}})
	newObject(t, w, typ.ID, "3")
	newObject(t, w, typ.ID, "4")
	const message = "The attribute 'Serial' has to be unique: has duplicated value S1"
	set := func(o Object, values ...string) error {
		_, err := w.UpdateObject("a", o.ID, ObjectInput{Attributes: []AttributeValues{{a.ID, values}}})
		return err
	}
	_, err := w.CreateObject("a", ObjectInput{TypeID: typ.ID, Attributes: []AttributeValues{
		{named(t, w, typ.ID, "Name").ID, []string{"5"}},
		{a.ID, []string{"S1"}},
	}})
	mustRefuseField(t, err, AttributeField(a.ID), message)
	mustRefuseField(t, set(two, "S1"), AttributeField(a.ID), message)
	for what, err := range map[string]error{
		"the object's own value":  set(one, "S1"),
		"a value in another case": set(two, "s1"),
	} {
		if err != nil {
			t.Errorf("%s is refused: %v", what, err)
		}
	}
	if err := set(one, "S9"); err != nil {
		t.Fatal(err)
	}
	if err := set(two, "S1"); err != nil {
		t.Errorf("a value that was given up is refused: %v", err)
	}
	if err := w.DeleteObject("a", two.ID); err != nil {
		t.Fatal(err)
	}
	if err := set(one, "S1"); err != nil {
		t.Errorf("the value of a deleted object is refused: %v", err)
	}
}

func TestStrictLabels(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		w := newWorld(t, func(o *Options) { o.StrictLabels = strict })
		typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
		name := named(t, w, typ.ID, "Name")
		_, err := w.CreateObject("a", ObjectInput{TypeID: typ.ID, Attributes: []AttributeValues{{name.ID, []string{"host.example"}}}})
		if strict {
			mustRefuseField(t, err, AttributeField(name.ID), `The name contains invalid characters: = ; : ? . "`)
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestUpdateIsPartial(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, func(o *Options) { o.Now = c.now })
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	other := newType(t, w, TypeInput{SchemaID: typ.SchemaID, Name: "Other"})
	many := plainAttr("Many", DefaultText)
	many.Max = new(Unlimited)
	a, b := newAttr(t, w, typ.ID, many), newAttr(t, w, typ.ID, plainAttr("B", DefaultInteger))
	o := newObject(t, w, typ.ID, "h", AttributeValues{a.ID, []string{"x", "", "y", "x"}}, AttributeValues{b.ID, []string{"1"}})
	if o.Key != "ITSM-"+o.ID.String() || o.Label != "h" || !o.Created.Equal(c.t) || !o.Updated.Equal(c.t) {
		t.Errorf("object is %+v", o)
	}
	if diff := cmp.Diff([]string{"x", "y", "x"}, values(o, a.ID)); diff != "" {
		t.Error(diff)
	}
	c.advance(time.Hour)
	update := func(typ ID, in ...AttributeValues) Object {
		t.Helper()
		return must(w.UpdateObject("a", o.ID, ObjectInput{TypeID: typ, Attributes: in}))(t)
	}
	if got := update(typ.ID, AttributeValues{b.ID, []string{"01"}}); !got.Updated.Equal(o.Created) {
		t.Error("a change that changes nothing moved the time of the last change")
	}
	got := update(0, AttributeValues{b.ID, []string{"2"}}, AttributeValues{b.ID, []string{"3"}})
	if diff := cmp.Diff([]string{"3"}, values(got, b.ID)); diff != "" {
		t.Error(diff)
	}
	if !got.Updated.Equal(c.t) || !got.Created.Equal(o.Created) {
		t.Errorf("times are %v and %v", got.Created, got.Updated)
	}
	if diff := cmp.Diff([]string{"x", "y", "x"}, values(got, a.ID)); diff != "" {
		t.Errorf("an attribute that was not listed changed:\n%s", diff)
	}
	if got := values(update(0, AttributeValues{a.ID, nil}), a.ID); got != nil {
		t.Errorf("an emptied attribute has %v", got)
	}
	_, err := w.UpdateObject("a", o.ID, ObjectInput{TypeID: other.ID})
	mustRefuseField(t, err, "objectTypeId", "The object type of an object cannot be changed")
	_, err = w.UpdateObject("a", 999, ObjectInput{})
	mustRefuse(t, err, 404, []string{"No object with id 999 exists"}, nil)
}

func TestDeletedObjectIsForgottenByThoseThatReferToIt(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, func(o *Options) { o.Now = c.now })
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	in := refAttr(t, w, "Next", typ.ID)
	in.Max = new(Unlimited)
	next := newAttr(t, w, typ.ID, in)
	one, two := newObject(t, w, typ.ID, "one"), newObject(t, w, typ.ID, "two")
	link := func(o Object, to ...string) {
		t.Helper()
		must(w.UpdateObject("a", o.ID, ObjectInput{Attributes: []AttributeValues{{next.ID, to}}}))(t)
	}
	link(one, two.Key, one.Key)
	link(two, one.Key)
	info := must(w.ReferenceInfo(two.ID))(t)
	want := []ReferenceInfo{{TypeID: typ.ID, ReferenceTypes: []ID{next.RefKind}, Count: 1}}
	if diff := cmp.Diff(want, info); diff != "" {
		t.Errorf("reference info (-want +got):\n%s", diff)
	}
	c.advance(time.Minute)
	if err := w.DeleteObject("deleter", two.ID); err != nil {
		t.Fatal(err)
	}
	got := must(w.Object(one.ID))(t)
	if diff := cmp.Diff([]string{one.ID.String()}, values(got, next.ID)); diff != "" {
		t.Error(diff)
	}
	if !got.Updated.Equal(c.t) {
		t.Error("losing a reference is no change")
	}
	h := must(w.History(one.ID, false))(t)[0]
	if h.Actor != "deleter" || h.OldValue != "two, one" || h.NewValue != "one" {
		t.Errorf("history is %+v", h)
	}
	if err := w.DeleteObject("a", two.ID); err == nil {
		t.Error("an object was deleted twice")
	}
	link(one)
	link(one, one.Key)
	if n := must(w.ReferenceInfo(one.ID))(t)[0].Count; n != 1 {
		t.Errorf("a reference that came back counts %d times", n)
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, func(o *Options) { o.Now = c.now })
	w.PutUser(User{AccountID: "u1", DisplayName: "Ann", Active: true})
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	owner := newAttr(t, w, typ.ID, typedAttr("Owner", TypeUser))
	o := newObject(t, w, typ.ID, "old")
	start := c.t
	c.advance(time.Second)
	must(w.UpdateObject("editor", o.ID, ObjectInput{Attributes: []AttributeValues{
		{named(t, w, typ.ID, "Name").ID, []string{"new"}},
		{owner.ID, []string{"u1"}},
	}}))(t)
	want := []HistoryEntry{
		{ID: 2 * int64(o.ID), ObjectID: o.ID, Actor: "actor", Type: HistoryCreated, NewValue: "old", Created: start},
		{ID: 3, ObjectID: o.ID, Actor: "editor", Type: HistoryUpdated, Attribute: "Name", OldValue: "old", NewValue: "new", Created: c.t},
		{ID: 5, ObjectID: o.ID, Actor: "editor", Type: HistoryUpdated, Attribute: "Owner", NewValue: "Ann", Created: c.t},
	}
	if diff := cmp.Diff(want, must(w.History(o.ID, true))(t)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if got := must(w.History(o.ID, false))(t); got[0].ID != 5 {
		t.Errorf("the newest entry is %+v", got[0])
	}
}
