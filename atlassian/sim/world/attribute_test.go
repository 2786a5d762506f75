package world

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAttributeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	other := newSchema(t, w, "Other", "OTH")
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	foreign := newType(t, w, TypeInput{SchemaID: other.ID, Name: "Foreign"})
	foreignKind := must(w.CreateReferenceType(ReferenceTypeInput{SchemaID: other.ID, Name: "Theirs"}))(t)
	with := func(in AttributeInput, change func(*AttributeInput)) AttributeInput {
		change(&in)
		return in
	}
	ref := refAttr(t, w, "r", typ.ID)
	for _, c := range []struct {
		name, field, message string
		in                   AttributeInput
	}{
		{"without a name", "name", "Name needs to be set.", with(plainAttr("", DefaultText), func(in *AttributeInput) { in.Name = nil })},
		{"with an empty name", "name", "Name needs to be set.", plainAttr("", DefaultText)},
		{"with a name in use", "name", "Name has to be unique", plainAttr("key", DefaultText)},
		{"without a type", "type", "Type needs to be set.", AttributeInput{Name: new("x")}},
		{"with an unknown type", "type", "The type 12 is invalid", typedAttr("x", 12)},
		{"without a default type", "defaultTypeId", "Default type needs to be set.", typedAttr("x", TypeDefault)},
		{"with an unknown default type", "defaultTypeId", "Default type needs to be set.", plainAttr("x", 12)},
		{"a select without options", "options", "Options need to be set.", plainAttr("x", DefaultSelect)},
		{"a select with empty options", "options", "Options need to be set.", with(plainAttr("x", DefaultSelect), func(in *AttributeInput) { in.Options = new(" , ") })},
		{"an url with an odd setting", "additionalValue", "The additional value must be ENABLED or DISABLED", with(plainAttr("x", DefaultURL), func(in *AttributeInput) { in.AdditionalValue = new("YES") })},
		{"with an odd expression", "regexValidation", "The regular expression is invalid", with(plainAttr("x", DefaultText), func(in *AttributeInput) { in.Regex = new("(") })},
		{"a reference to nothing", "typeValue", "The referenced object type needs to be set and to exist", with(ref, func(in *AttributeInput) { in.TypeValue = nil })},
		{"a reference to an unknown type", "typeValue", "The referenced object type needs to be set and to exist", with(ref, func(in *AttributeInput) { in.TypeValue = new("999") })},
		{"a reference without a reference type", "additionalValue", "The reference type needs to be set and to exist", with(ref, func(in *AttributeInput) { in.AdditionalValue = nil })},
		{"a reference with an unknown reference type", "additionalValue", "The reference type needs to be set and to exist", with(ref, func(in *AttributeInput) { in.AdditionalValue = new("x") })},
		{"a reference with the reference type of another schema", "additionalValue", "The reference type needs to be set and to exist", with(ref, func(in *AttributeInput) { in.AdditionalValue = new(foreignKind.ID.String()) })},
		{"a reference to a closed schema", "typeValue", "The object type Foreign refers to the schema Other, which does not allow references from other schemas", refAttr(t, w, "r", foreign.ID)},
		{"a user of an unknown group", "typeValueMulti", "Invalid Group(s)", with(typedAttr("x", TypeUser), func(in *AttributeInput) { in.TypeValueMulti = &[]string{"nobody"} })},
		{"a status that does not exist", "typeValueMulti", `The status "99" provided is invalid`, with(typedAttr("x", TypeStatus), func(in *AttributeInput) { in.TypeValueMulti = &[]string{"99"} })},
		{"a reference as label", "label", "An attribute of this type cannot be the label", with(ref, func(in *AttributeInput) { in.Label = new(true) })},
		{"a negative minimum", "maximumCardinality", "The cardinality -1 to 1 is invalid", with(ref, func(in *AttributeInput) { in.Min = new(-1) })},
		{"a maximum of zero", "maximumCardinality", "The cardinality 0 to 0 is invalid", with(ref, func(in *AttributeInput) { in.Max = new(0) })},
		{"a minimum above the maximum", "maximumCardinality", "The cardinality 3 to 2 is invalid", with(ref, func(in *AttributeInput) { in.Min, in.Max = new(3), new(2) })},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := w.CreateAttribute(typ.ID, c.in)
			mustRefuseField(t, err, c.field, c.message)
		})
	}
}

func TestReferenceToAnOpenSchemaIsAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := newSchema(t, w, "Assets", "ITSM"), newSchema(t, w, "Other", "OTH")
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	foreign := newType(t, w, TypeInput{SchemaID: other.ID, Name: "Foreign"})
	must(w.UpdateSchemaConfig(other.ID, SchemaConfigPatch{AllowOtherObjectSchema: new(true)}))(t)
	a := newAttr(t, w, typ.ID, refAttr(t, w, "r", foreign.ID))
	if a.RefType != foreign.ID || a.RefKind == 0 || a.Default != DefaultNone {
		t.Errorf("attribute is %+v", a)
	}
	theirs := newObject(t, w, foreign.ID, "f1")
	o := newObject(t, w, typ.ID, "h1", AttributeValues{a.ID, []string{theirs.Key}})
	if diff := cmp.Diff([]string{theirs.ID.String()}, values(o, a.ID)); diff != "" {
		t.Error(diff)
	}
	must(w.UpdateSchemaConfig(other.ID, SchemaConfigPatch{AllowOtherObjectSchema: new(false)}))(t)
	_, err := w.UpdateObject("a", o.ID, ObjectInput{Attributes: []AttributeValues{{a.ID, []string{theirs.Key}}}})
	mustRefuseField(t, err, AttributeField(a.ID), "The object "+theirs.Key+" refers to the schema Other, which does not allow references from other schemas")
	if _, err := w.UpdateAttribute(typ.ID, a.ID, AttributeInput{Name: new("r2")}); err != nil {
		t.Errorf("the attribute cannot be renamed: %v", err)
	}
}

func TestAttributeDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	a := newAttr(t, w, typ.ID, plainAttr("x", DefaultText))
	want := Attribute{
		ID: a.ID, TypeID: typ.ID, Name: "x", Type: TypeDefault, Default: DefaultText, Max: 1,
		Editable: true, Sortable: true, Indexed: true, Removable: true, Position: 4,
	}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("attribute (-want +got):\n%s", diff)
	}
}

func TestAllowedStatusesAndGroupsAreResolved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.PutGroup(Group{ID: "g-1", Name: "staff"})
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	in := typedAttr("Status", TypeStatus)
	in.TypeValueMulti = &[]string{"Running", "stopped"}
	a := newAttr(t, w, typ.ID, in)
	running := must(w.StatusTypes(0))(t)[4].ID
	if diff := cmp.Diff([]string{running.String(), (running + 1).String()}, a.TypeValueMulti); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Running", "stopped"}, *in.TypeValueMulti); diff != "" {
		t.Errorf("the input was written to:\n%s", diff)
	}
	in = typedAttr("Owner", TypeUser)
	in.TypeValueMulti = &[]string{"g-1"}
	if diff := cmp.Diff([]string{"staff"}, newAttr(t, w, typ.ID, in).TypeValueMulti); diff != "" {
		t.Error(diff)
	}
}

func TestLabelMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	serial := newAttr(t, w, typ.ID, plainAttr("Serial", DefaultText))
	name := named(t, w, typ.ID, "Name")
	o := newObject(t, w, typ.ID, "h1", AttributeValues{serial.ID, []string{"S1"}})
	bare := newObject(t, w, typ.ID, "h2")

	_, err := w.DeleteAttribute(name.ID)
	mustRefuse(t, err, 400, []string{"The attribute 'Name' is the label and cannot be deleted"}, nil)
	must(w.UpdateAttribute(typ.ID, serial.ID, AttributeInput{Label: new(true)}))(t)
	if named(t, w, typ.ID, "Name").Label {
		t.Error("there are two labels")
	}
	if got := must(w.Object(o.ID))(t).Label; got != "S1" {
		t.Errorf("label is %q", got)
	}
	if got := must(w.Object(bare.ID))(t).Label; got != bare.Key {
		t.Errorf("label of an object without one is %q", got)
	}
	if got := must(w.UpdateAttribute(typ.ID, serial.ID, AttributeInput{Label: new(false)}))(t); !got.Label {
		t.Error("a type was left without label")
	}
	must(w.DeleteAttribute(name.ID))(t)
	if got := values(must(w.Object(o.ID))(t), name.ID); got != nil {
		t.Errorf("the deleted attribute still has the values %v", got)
	}
	key := named(t, w, typ.ID, "Key")
	must(w.UpdateAttribute(typ.ID, key.ID, AttributeInput{Label: new(true)}))(t)
	if got := must(w.Object(o.ID))(t).Label; got != o.Key {
		t.Errorf("label is %q", got)
	}
}

func TestSystemAttributesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	for _, name := range []string{"Key", "Created", "Updated"} {
		a := named(t, w, typ.ID, name)
		_, err := w.DeleteAttribute(a.ID)
		mustRefuse(t, err, 400, []string{"The attribute '" + name + "' is a system attribute and cannot be deleted"}, nil)
		_, err = w.UpdateAttribute(typ.ID, a.ID, AttributeInput{Name: new("x")})
		mustRefuse(t, err, 400, []string{"The attribute '" + name + "' is a system attribute and cannot be changed"}, nil)
		must(w.UpdateAttribute(typ.ID, a.ID, AttributeInput{Name: &name, Hidden: new(true), Description: new("d")}))(t)
		_, err = w.CreateObject("a", ObjectInput{TypeID: typ.ID, Attributes: []AttributeValues{
			{named(t, w, typ.ID, "Name").ID, []string{"n"}},
			{a.ID, []string{"x"}},
		}})
		mustRefuseField(t, err, AttributeField(a.ID), "The attribute '"+name+"' is not editable")
	}
	_, err := w.UpdateAttribute(typ.ID+1, named(t, w, typ.ID, "Name").ID, AttributeInput{})
	mustRefuse(t, err, 404, []string{"No object type with id " + (typ.ID + 1).String() + " exists"}, nil)
}

func TestChangeOfTypeConvertsValuesOrIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		from, to    AttributeInput
		ok          bool
	}{
		{"text to text area", "abc", plainAttr("x", DefaultText), plainAttr("x", DefaultTextarea), true},
		{"text with a number to integer", "12", plainAttr("x", DefaultText), plainAttr("x", DefaultInteger), true},
		{"text without a number to integer", "abc", plainAttr("x", DefaultText), plainAttr("x", DefaultInteger), false},
		{"integer to text", "12", plainAttr("x", DefaultInteger), plainAttr("x", DefaultText), true},
		{"text to user", "u1", plainAttr("x", DefaultText), typedAttr("x", TypeUser), false},
		{"text to confluence", "u1", plainAttr("x", DefaultText), typedAttr("x", TypeConfluence), true},
		{"user to group", "u1", typedAttr("x", TypeUser), typedAttr("x", TypeGroup), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.PutUser(User{AccountID: "u1", Active: true})
			w.PutGroup(Group{Name: "u1"})
			typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
			a := newAttr(t, w, typ.ID, c.from)
			o := newObject(t, w, typ.ID, "h", AttributeValues{a.ID, []string{c.value}})
			_, err := w.UpdateAttribute(typ.ID, a.ID, c.to)
			if c.ok && err != nil {
				t.Fatal(err)
			}
			if !c.ok {
				mustRefuseField(t, err, "type", "The type of the attribute 'x' cannot be changed: object "+o.ID.String()+" has the value "+c.value)
			}
			if diff := cmp.Diff([]string{c.value}, values(must(w.Object(o.ID))(t), a.ID)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBecomingUniqueIsRefusedWhileValuesRepeat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	a := newAttr(t, w, typ.ID, plainAttr("Serial", DefaultText))
	newObject(t, w, typ.ID, "a", AttributeValues{a.ID, []string{"1"}})
	o := newObject(t, w, typ.ID, "b", AttributeValues{a.ID, []string{"1"}})
	_, err := w.UpdateAttribute(typ.ID, a.ID, AttributeInput{Unique: new(true)})
	mustRefuseField(t, err, "uniqueAttribute", "The attribute 'Serial' has duplicated value 1")
	must(w.UpdateObject("a", o.ID, ObjectInput{Attributes: []AttributeValues{{a.ID, []string{"2"}}}}))(t)
	must(w.UpdateAttribute(typ.ID, a.ID, AttributeInput{Unique: new(true)}))(t)
}
