package world

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInheritance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	born := []string{"Key", "Name", "Created", "Updated"}
	with := func(more ...string) []string { return append(append([]string{}, born...), more...) }
	check := func(what string, id ID, want []string) {
		t.Helper()
		if diff := cmp.Diff(want, names(must(w.Attributes(id))(t))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	parent := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Parent", Inherited: true, Abstract: true})
	serial := plainAttr("Serial", DefaultText)
	serial.Unique, serial.Min, serial.Description = new(true), new(1), new("d")
	original := newAttr(t, w, parent.ID, serial)
	must(w.UpdateAttribute(parent.ID, named(t, w, parent.ID, "Name").ID, AttributeInput{Name: new("Title"), Unique: new(true)}))(t)

	child := newType(t, w, TypeInput{SchemaID: s.ID, ParentID: parent.ID, Name: "Child", Inherited: true})
	if !child.ParentInherited {
		t.Error("the child does not know that its parent is inherited")
	}
	grand := newType(t, w, TypeInput{SchemaID: s.ID, ParentID: child.ID, Name: "Grandchild"})
	below := newType(t, w, TypeInput{SchemaID: s.ID, ParentID: grand.ID, Name: "Below"})
	renamed := []string{"Key", "Title", "Created", "Updated", "Serial"}
	check("child", child.ID, renamed)
	check("grandchild", grand.ID, renamed)
	check("below a type that is not inherited", below.ID, born)

	copied := named(t, w, child.ID, "Serial")
	if copied.ID == original.ID || copied.InheritedFrom != original.ID || !copied.Unique || copied.Min != 1 || copied.Description != "d" {
		t.Errorf("copy is %+v", copied)
	}
	if title := named(t, w, child.ID, "Title"); !title.Unique || !title.Label {
		t.Errorf("the child's name is %+v", title)
	}

	own := newAttr(t, w, grand.ID, plainAttr("Own", DefaultText))
	newAttr(t, w, parent.ID, plainAttr("Later", DefaultInteger))
	newAttr(t, w, parent.ID, plainAttr("own", DefaultInteger))
	check("child, added later", child.ID, append(renamed[:5:5], "Later", "own"))
	check("grandchild, added later, with an own one of that name", grand.ID, append(renamed[:5:5], "Own", "Later"))
	if got := must(w.Attribute(own.ID))(t); got.Default != DefaultText {
		t.Error("the grandchild's own attribute was replaced")
	}

	must(w.UpdateAttribute(parent.ID, original.ID, AttributeInput{Min: new(0)}))(t)
	if got := named(t, w, child.ID, "Serial"); got.Min != 1 {
		t.Error("a change of settings reached the child")
	}
	must(w.DeleteAttribute(original.ID))(t)
	check("child, after the parent's attribute went", child.ID, []string{"Key", "Title", "Created", "Updated", "Later", "own"})
	check("grandchild, after the parent's attribute went", grand.ID, []string{"Key", "Title", "Created", "Updated", "Own", "Later"})

	must(w.MoveType(below.ID, child.ID, 0))(t)
	check("moved below an inherited type", below.ID, []string{"Key", "Title", "Created", "Updated", "Later", "own"})
	must(w.MoveType(below.ID, 0, 0))(t)
	check("moved away", below.ID, []string{"Key", "Title", "Created", "Updated", "Later", "own"})
	if got := named(t, w, below.ID, "Later"); got.InheritedFrom != 0 {
		t.Error("what came from an earlier parent is still marked as inherited")
	}

	plain := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Plain"})
	under := newType(t, w, TypeInput{SchemaID: s.ID, ParentID: plain.ID, Name: "Under"})
	newAttr(t, w, plain.ID, plainAttr("Extra", DefaultText))
	check("below a plain type", under.ID, born)
	must(w.UpdateType(plain.ID, TypePatch{Inherited: new(true)}))(t)
	check("when the parent becomes inherited", under.ID, with("Extra"))
	must(w.UpdateType(plain.ID, TypePatch{Inherited: new(false)}))(t)
	newAttr(t, w, plain.ID, plainAttr("More", DefaultText))
	check("when the parent is not inherited any more", under.ID, with("Extra"))
}
