package world

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// searched returns the labels that a search of a type sees.
func searched(w *World, typ, after ID) []string {
	var out []string
	w.View(func(v *View) {
		for o := range v.SearchType(typ, after) {
			out = append(out, o.Label())
		}
	})
	return out
}

func TestSearchLagsBehindWrites(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, func(o *Options) { o.Now, o.SearchLag = c.now, 2*time.Second })
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	name := named(t, w, typ.ID, "Name")
	check := func(what string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, searched(w, typ.ID, 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		w.View(func(v *View) {
			if n := v.CountType(typ.ID); n != len(want) {
				t.Errorf("%s: the count is %d, want %d", what, n, len(want))
			}
		})
	}
	rename := func(id ID, to string) {
		t.Helper()
		must(w.UpdateObject("a", id, ObjectInput{Attributes: []AttributeValues{{name.ID, []string{to}}}}))(t)
	}
	o := newObject(t, w, typ.ID, "one")
	check("just created")
	if got := must(w.Object(o.ID))(t); got.Label != "one" {
		t.Errorf("by id the label is %q", got.Label)
	}
	c.advance(time.Second)
	rename(o.ID, "two")
	check("created a second ago")
	c.advance(time.Second)
	check("when the creation is seen", "one")
	c.advance(time.Second)
	check("when the change is seen", "two")
	c.advance(time.Hour)
	if err := w.DeleteObject("a", o.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Object(o.ID); err == nil {
		t.Error("a deleted object is found by id")
	}
	check("just deleted", "two")
	if got := must(w.ObjectType(typ.ID))(t).ObjectCount; got != 0 {
		t.Errorf("the type counts %d objects", got)
	}
	w.View(func(v *View) {
		if ids, ok := v.Lookup(name.ID, "TWO"); !ok || !slices.Contains(ids, o.ID) {
			t.Errorf("lookup found %v", ids)
		}
	})
	c.advance(2 * time.Second)
	check("when the deletion is seen")
	p := newObject(t, w, typ.ID, "next")
	c.advance(2 * time.Second)
	check("after another one came", "next")
	if n := len(w.types[typ.ID].objects); n != 1 {
		t.Errorf("the deleted object still takes a place: %d", n)
	}
	must(w.DeleteType(typ.ID))(t)
	w.View(func(v *View) {
		if _, ok := v.SearchObject(p.ID); ok {
			t.Error("an object of a deleted type is found")
		}
	})
}

func TestSearchTypeStartsAfterAnID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	a, b := newType(t, w, TypeInput{SchemaID: s.ID, Name: "A"}), newType(t, w, TypeInput{SchemaID: s.ID, Name: "B"})
	var ids []ID
	for _, n := range []string{"1", "2", "3", "4"} {
		ids = append(ids, newObject(t, w, a.ID, n).ID)
		newObject(t, w, b.ID, "b"+n)
	}
	if err := w.DeleteObject("a", ids[1]); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after ID
		want  []string
	}{
		{0, []string{"1", "3", "4"}},
		{ids[0], []string{"3", "4"}},
		{ids[0] + 1, []string{"3", "4"}},
		{ids[1], []string{"3", "4"}},
		{ids[3], nil},
	} {
		if diff := cmp.Diff(c.want, searched(w, a.ID, c.after)); diff != "" {
			t.Errorf("after %d (-want +got):\n%s", c.after, diff)
		}
	}
}

func TestLookupFindsCandidates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	many := plainAttr("Tag", DefaultText)
	many.Max = new(Unlimited)
	tag := newAttr(t, w, typ.ID, many)
	lookup := func(text string) []ID {
		var out []ID
		w.View(func(v *View) {
			ids, ok := v.Lookup(tag.ID, text)
			if !ok {
				t.Error("the attribute cannot be looked up")
			}
			out = slices.Clone(ids)
		})
		return out
	}
	a := newObject(t, w, typ.ID, "a", AttributeValues{tag.ID, []string{"Red", "green"}}).ID
	check := func(text string, want ...ID) {
		t.Helper()
		if diff := cmp.Diff(want, lookup(text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	check("red", a)
	b := newObject(t, w, typ.ID, "b", AttributeValues{tag.ID, []string{"GREEN"}}).ID
	c := newObject(t, w, typ.ID, "c").ID
	check("GREEN", a, b)
	check("blue")
	must(w.UpdateObject("x", c, ObjectInput{Attributes: []AttributeValues{{tag.ID, []string{"green"}}}}))(t)
	must(w.UpdateObject("x", a, ObjectInput{Attributes: []AttributeValues{{tag.ID, []string{"blue"}}}}))(t)
	must(w.UpdateObject("x", a, ObjectInput{Attributes: []AttributeValues{{tag.ID, []string{"green"}}}}))(t)
	check("green", a, b, c)
	w.View(func(v *View) {
		key, _ := v.AttributeByName(typ.ID, "key")
		if _, ok := v.Lookup(key.ID, "x"); ok {
			t.Error("the key can be looked up by value")
		}
	})
}
