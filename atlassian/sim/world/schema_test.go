package world

import (
	"strings"
	"testing"
)

func TestSchemaIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	newSchema(t, w, "Assets", "ITSM")
	const key = "The key must be 2 to 20 upper-case letters and digits and start with a letter"
	const characters = `The name contains invalid characters: = ; : ? . "`
	for _, c := range []struct {
		name   string
		in     SchemaInput
		fields map[string]string
	}{
		{"without a name", SchemaInput{Key: "AB"}, map[string]string{"name": "Name needs to be set."}},
		{"with a name of blanks", SchemaInput{Name: " ", Key: "AB"}, map[string]string{"name": "Name needs to be set."}},
		{"with a name in use", SchemaInput{Name: "Assets", Key: "AB"}, map[string]string{"name": "Name has to be unique"}},
		{"with a name in use but for case", SchemaInput{Name: "ASSETS", Key: "AB"}, map[string]string{"name": "Name has to be unique"}},
		{"with a long name", SchemaInput{Name: strings.Repeat("n", 256), Key: "AB"}, map[string]string{"name": "The name must not be longer than 255 characters"}},
		{"with a key in use", SchemaInput{Name: "x", Key: "ITSM"}, map[string]string{"objectSchemaKey": "Key has to be unique"}},
		{"without a key", SchemaInput{Name: "x"}, map[string]string{"objectSchemaKey": key}},
		{"with a lower case key", SchemaInput{Name: "x", Key: "itsm2"}, map[string]string{"objectSchemaKey": key}},
		{"with a key of one letter", SchemaInput{Name: "x", Key: "A"}, map[string]string{"objectSchemaKey": key}},
		{"with a key that starts with a digit", SchemaInput{Name: "x", Key: "1AB"}, map[string]string{"objectSchemaKey": key}},
		{"with a key with a dash", SchemaInput{Name: "x", Key: "A-B"}, map[string]string{"objectSchemaKey": key}},
		{"with =", SchemaInput{Name: "a=b", Key: "AB"}, map[string]string{"name": characters}},
		{"with ;", SchemaInput{Name: "a;b", Key: "AB"}, map[string]string{"name": characters}},
		{"with :", SchemaInput{Name: "a:b", Key: "AB"}, map[string]string{"name": characters}},
		{"with ?", SchemaInput{Name: "a?b", Key: "AB"}, map[string]string{"name": characters}},
		{"with .", SchemaInput{Name: "a.b", Key: "AB"}, map[string]string{"name": characters}},
		{"with a quote", SchemaInput{Name: `a"b`, Key: "AB"}, map[string]string{"name": characters}},
		{"with two faults", SchemaInput{Name: "Assets", Key: "ITSM"}, map[string]string{
			"name": "Name has to be unique", "objectSchemaKey": "Key has to be unique",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := w.CreateSchema(c.in)
			mustRefuse(t, err, 400, nil, c.fields)
		})
	}
}

func TestSchemaIsCreatedAndChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	if s.Status != "Ok" || !s.CanManage || s.Created.IsZero() || s.ObjectCount != 0 {
		t.Errorf("schema is %+v", s)
	}
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	o := newObject(t, w, typ.ID, "h1")
	s = must(w.UpdateSchema(s.ID, SchemaPatch{Key: new("NEW"), Description: new("d")}))(t)
	if s.Key != "NEW" || s.Name != "Assets" || s.Description != "d" || s.ObjectCount != 1 || s.TypeCount != 1 {
		t.Errorf("schema is %+v", s)
	}
	if got := must(w.Object(o.ID))(t).Key; got != "NEW-"+o.ID.String() {
		t.Errorf("key of the object is %s", got)
	}
	if _, err := w.ObjectByKey("ITSM-" + o.ID.String()); err == nil {
		t.Error("the object is still found by its old key")
	}
	if _, err := w.UpdateSchema(s.ID, SchemaPatch{Name: new("Assets"), Key: new("NEW")}); err != nil {
		t.Errorf("a schema may keep its own name and key: %v", err)
	}
	_, err := w.UpdateSchema(s.ID, SchemaPatch{Name: new("Services")})
	mustRefuseField(t, err, "name", "Name has to be unique")
}

func TestSchemaIsDeletedWithEverythingInIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	other := newSchema(t, w, "Other", "OTH")
	must(w.UpdateSchemaConfig(s.ID, SchemaConfigPatch{AllowOtherObjectSchema: new(true)}))(t)
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	newType(t, w, TypeInput{SchemaID: s.ID, ParentID: typ.ID, Name: "VM"})
	from := newType(t, w, TypeInput{SchemaID: other.ID, Name: "App"})
	ref := newAttr(t, w, from.ID, refAttr(t, w, "Host", typ.ID))
	host := newObject(t, w, typ.ID, "h1")
	app := newObject(t, w, from.ID, "a1", AttributeValues{ref.ID, []string{host.Key}})
	st := must(w.CreateStatusType(StatusInput{SchemaID: s.ID, Name: "Mine"}))(t)
	role := must(w.Roles(s.ID))(t)[0]

	was := must(w.DeleteSchema(s.ID))(t)
	if was.ObjectCount != 1 || was.TypeCount != 2 {
		t.Errorf("deleted schema was %+v", was)
	}
	for what, err := range map[string]error{
		"schema":    second(w.Schema(s.ID)),
		"type":      second(w.ObjectType(typ.ID)),
		"attribute": second(w.Attribute(ref.ID)),
		"object":    second(w.Object(host.ID)),
		"status":    second(w.StatusType(st.ID)),
		"role":      second(w.Role(role.ID)),
	} {
		if err == nil {
			t.Errorf("the %s is still there", what)
		}
	}
	if got := values(must(w.Object(app.ID))(t), ref.ID); got != nil {
		t.Errorf("the object of the other schema still refers to %v", got)
	}
	if n := w.ObjectCount(); n != 1 {
		t.Errorf("%d objects are left, want 1", n)
	}
	if s2 := newSchema(t, w, "Assets", "ITSM"); s2.ID == s.ID {
		t.Error("an id was used twice")
	}
}

func second[T any](_ T, err error) error { return err }

func TestMissingThingsAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for what, err := range map[string]error{
		"No object schema with id 99 exists":         second(w.Schema(99)),
		"No object schema with key XX exists":        second(w.SchemaByKey("XX")),
		"No object type with id 99 exists":           second(w.ObjectType(99)),
		"No object type attribute with id 99 exists": second(w.Attribute(99)),
		"No object with id 99 exists":                second(w.Object(99)),
		"No object with key X-99 exists":             second(w.ObjectByKey("X-99")),
		"No status type with id 999 exists":          second(w.StatusType(999)),
		"No reference type with id 999 exists":       second(w.ReferenceType(999)),
		"No icon with id 999 exists":                 second(w.Icon(999)),
		"No role with id 999 exists":                 second(w.Role(999)),
		"No file with id zzz exists":                 second(w.Media("zzz")),
		"No comment with id 5 exists":                w.DeleteComment(5),
		"No attachment with id 5 exists":             second(w.DeleteAttachment(5)),
	} {
		mustRefuse(t, err, 404, []string{what}, nil)
	}
}
