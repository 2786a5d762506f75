package world

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTypeIsBornWithFourAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	attrs := must(w.Attributes(typ.ID))(t)
	if diff := cmp.Diff([]string{"Key", "Name", "Created", "Updated"}, names(attrs)); diff != "" {
		t.Fatalf("attributes (-want +got):\n%s", diff)
	}
	for i, a := range attrs {
		isName := a.Name == "Name"
		if a.Position != i || a.Label != isName || a.Editable != isName || a.System == isName || a.Min != 1 || a.Max != 1 || a.Removable {
			t.Errorf("attribute is %+v", a)
		}
	}
	if attrs[1].Default != DefaultText || attrs[2].Default != DefaultDateTime {
		t.Errorf("default types are %v and %v", attrs[1].Default, attrs[2].Default)
	}
}

func TestTypeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	other := newSchema(t, w, "Other", "OTH")
	icon := w.Icons(0)[0].ID
	newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	foreign := newType(t, w, TypeInput{SchemaID: other.ID, Name: "Host"})
	for _, c := range []struct {
		name   string
		in     TypeInput
		fields map[string]string
	}{
		{"without an icon", TypeInput{Name: "x"}, map[string]string{"iconId": "Icon needs to be set."}},
		{"with an unknown icon", TypeInput{Name: "x", IconID: 9999}, map[string]string{"iconId": "Icon needs to be set."}},
		{"with a name in use", TypeInput{Name: "Host", IconID: icon}, map[string]string{"name": "Name has to be unique"}},
		{"without a name", TypeInput{IconID: icon}, map[string]string{"name": "Name needs to be set."}},
		{
			"with a forbidden character",
			TypeInput{Name: "a.b", IconID: icon},
			map[string]string{"name": `The name contains invalid characters: = ; : ? . "`},
		},
		{
			"with name and icon missing",
			TypeInput{},
			map[string]string{"name": "Name needs to be set.", "iconId": "Icon needs to be set."},
		},
		{
			"below a type of another schema",
			TypeInput{Name: "x", IconID: icon, ParentID: foreign.ID},
			map[string]string{"parentObjectTypeId": "No object type with id " + foreign.ID.String() + " exists in the object schema"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.in.SchemaID = s.ID
			_, err := w.CreateType(c.in)
			mustRefuse(t, err, 400, nil, c.fields)
		})
	}
}

func TestIconOfAnotherSchemaIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := newSchema(t, w, "A", "AA"), newSchema(t, w, "B", "BB")
	icon := must(w.CreateIcon(a.ID, "Mine", drawPNG("Mine", 48)))(t)
	newType(t, w, TypeInput{SchemaID: a.ID, Name: "x", IconID: icon.ID})
	_, err := w.CreateType(TypeInput{SchemaID: b.ID, Name: "x", IconID: icon.ID})
	mustRefuseField(t, err, "iconId", "Icon needs to be set.")
	_, err = w.DeleteIcon(icon.ID)
	mustRefuse(t, err, 400, []string{"The icon Mine is in use"}, nil)
}

func TestTypesAreMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	a := newType(t, w, TypeInput{SchemaID: s.ID, Name: "A"})
	b := newType(t, w, TypeInput{SchemaID: s.ID, Name: "B"})
	c := newType(t, w, TypeInput{SchemaID: s.ID, Name: "C"})
	order := func() []string {
		var out []string
		for _, x := range must(w.ObjectTypes(s.ID))(t) {
			name := x.Name
			for p := x.ParentID; p != 0; p = must(w.ObjectType(p))(t).ParentID {
				name = ">" + name
			}
			out = append(out, name)
		}
		return out
	}
	for _, step := range []struct {
		id, to   ID
		position int
		want     []string
	}{
		{c.ID, 0, 0, []string{"C", "A", "B"}},
		{c.ID, 0, 99, []string{"A", "B", "C"}},
		{b.ID, a.ID, 0, []string{"A", ">B", "C"}},
		{c.ID, a.ID, 0, []string{"A", ">C", ">B"}},
		{c.ID, b.ID, 0, []string{"A", ">B", ">>C"}},
		{b.ID, 0, 0, []string{"B", ">C", "A"}},
	} {
		moved := must(w.MoveType(step.id, step.to, step.position))(t)
		if moved.ParentID != step.to {
			t.Errorf("parent is %d, want %d", moved.ParentID, step.to)
		}
		if diff := cmp.Diff(step.want, order()); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	}
	_, err := w.MoveType(b.ID, c.ID, 0)
	mustRefuseField(t, err, "toObjectTypeId", "An object type cannot be moved below itself")
	_, err = w.MoveType(b.ID, b.ID, 0)
	mustRefuseField(t, err, "toObjectTypeId", "An object type cannot be moved below itself")
	_, err = w.MoveType(b.ID, 999, 0)
	mustRefuseField(t, err, "toObjectTypeId", "No object type with id 999 exists in the object schema")
	_, err = w.MoveType(b.ID, 0, -1)
	mustRefuseField(t, err, "position", "The position must not be negative")
}

func TestAbstractTypeHasNoObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	abstract := newType(t, w, TypeInput{SchemaID: s.ID, Name: "A", Abstract: true})
	_, err := w.CreateObject("a", ObjectInput{TypeID: abstract.ID})
	mustRefuseField(t, err, "objectTypeId", "The object type A is abstract and cannot have objects")
	concrete := newType(t, w, TypeInput{SchemaID: s.ID, Name: "B"})
	newObject(t, w, concrete.ID, "b1")
	_, err = w.UpdateType(concrete.ID, TypePatch{Abstract: new(true)})
	mustRefuseField(t, err, "abstractObjectType", "The object type has objects and cannot be abstract")
	if got := must(w.UpdateType(abstract.ID, TypePatch{Abstract: new(false), Name: new("A2")}))(t); got.Abstract || got.Name != "A2" {
		t.Errorf("type is %+v", got)
	}
	_, err = w.UpdateType(abstract.ID, TypePatch{Name: new("B")})
	mustRefuseField(t, err, "name", "Name has to be unique")
	_, err = w.UpdateType(abstract.ID, TypePatch{IconID: new(ID(9999))})
	mustRefuseField(t, err, "iconId", "Icon needs to be set.")
}

func TestTypeIsDeletedWithObjectsChildrenAndReferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	root := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Root"})
	host := newType(t, w, TypeInput{SchemaID: s.ID, ParentID: root.ID, Name: "Host"})
	vm := newType(t, w, TypeInput{SchemaID: s.ID, ParentID: host.ID, Name: "VM"})
	app := newType(t, w, TypeInput{SchemaID: s.ID, Name: "App"})
	toHost := newAttr(t, w, app.ID, refAttr(t, w, "Host", host.ID))
	in := refAttr(t, w, "Anything", root.ID)
	in.IncludeChildren, in.Max = new(true), new(Unlimited)
	toRoot := newAttr(t, w, app.ID, in)
	r1, h1, v1 := newObject(t, w, root.ID, "r1"), newObject(t, w, host.ID, "h1"), newObject(t, w, vm.ID, "v1")
	a1 := newObject(t, w, app.ID, "a1", AttributeValues{toHost.ID, []string{h1.Key}}, AttributeValues{toRoot.ID, []string{r1.Key, h1.Key, v1.Key}})

	must(w.DeleteType(host.ID))(t)
	for _, id := range []ID{host.ID, vm.ID} {
		if _, err := w.ObjectType(id); err == nil {
			t.Errorf("type %d is still there", id)
		}
	}
	for _, id := range []ID{h1.ID, v1.ID} {
		if _, err := w.Object(id); err == nil {
			t.Errorf("object %d is still there", id)
		}
	}
	if _, err := w.Attribute(toHost.ID); err == nil {
		t.Error("the reference to the deleted type is still there")
	}
	if diff := cmp.Diff([]string{r1.ID.String()}, values(must(w.Object(a1.ID))(t), toRoot.ID)); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}
