package world

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock is a clock that tests set.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }
func newClock() *clock                   { return &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func newWorld(t *testing.T, opts ...func(*Options)) *World {
	t.Helper()
	o := Options{WorkspaceID: "w-1", CloudID: "c-1", Name: "acme", BaseURL: "http://127.0.0.1/sites/acme", Now: newClock().now}
	for _, f := range opts {
		f(&o)
	}
	return New(o)
}

// must returns the value of a call that has to succeed.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// mustRefuse checks that err is a refusal with that status and these fields and
// messages, and with no others.
func mustRefuse(t *testing.T, err error, status int, messages []string, fields map[string]string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want a refusal", err)
	}
	if e.Status != status {
		t.Errorf("status is %d, want %d (%v)", e.Status, status, e)
	}
	if diff := cmp.Diff(messages, e.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(fields, e.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// mustRefuseField checks that err is a 400 about one field.
func mustRefuseField(t *testing.T, err error, field, message string) {
	t.Helper()
	mustRefuse(t, err, 400, nil, map[string]string{field: message})
}

func newSchema(t *testing.T, w *World, name, key string) Schema {
	t.Helper()
	return must(w.CreateSchema(SchemaInput{Name: name, Key: key}))(t)
}

func newType(t *testing.T, w *World, in TypeInput) ObjectType {
	t.Helper()
	if in.IconID == 0 {
		in.IconID = w.Icons(0)[0].ID
	}
	return must(w.CreateType(in))(t)
}

// named returns the attribute of a type with that name.
func named(t *testing.T, w *World, typeID ID, name string) Attribute {
	t.Helper()
	for _, a := range must(w.Attributes(typeID))(t) {
		if a.Name == name {
			return a
		}
	}
	t.Fatalf("type %d has no attribute %q", typeID, name)
	return Attribute{}
}

func names(attrs []Attribute) []string {
	var out []string
	for _, a := range attrs {
		out = append(out, a.Name)
	}
	return out
}

// plainAttr is the input of an attribute of a default type.
func plainAttr(name string, d DefaultType) AttributeInput {
	typ := TypeDefault
	return AttributeInput{Name: &name, Type: &typ, Default: &d}
}

// typedAttr is the input of an attribute of another type.
func typedAttr(name string, typ AttributeType) AttributeInput {
	return AttributeInput{Name: &name, Type: &typ}
}

// refAttr is the input of a reference.
func refAttr(t *testing.T, w *World, name string, target ID) AttributeInput {
	t.Helper()
	in := typedAttr(name, TypeReference)
	in.TypeValue = new(target.String())
	in.AdditionalValue = new(must(w.ReferenceTypes(0, false))(t)[0].ID.String())
	return in
}

func newAttr(t *testing.T, w *World, typeID ID, in AttributeInput) Attribute {
	t.Helper()
	return must(w.CreateAttribute(typeID, in))(t)
}

// newObject makes an object with a name and other values by attribute.
func newObject(t *testing.T, w *World, typeID ID, name string, values ...AttributeValues) Object {
	t.Helper()
	in := append([]AttributeValues{{Attribute: named(t, w, typeID, "Name").ID, Values: []string{name}}}, values...)
	return must(w.CreateObject("actor", ObjectInput{TypeID: typeID, Attributes: in}))(t)
}

// values returns the raw values of an object's attribute.
func values(o Object, attribute ID) []string {
	for _, a := range o.Attributes {
		if a.Attribute != attribute {
			continue
		}
		var out []string
		for _, v := range a.Values {
			out = append(out, v.Raw())
		}
		return out
	}
	return nil
}

func TestSiteIsBornWithDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var statuses []string
	for _, s := range must(w.StatusTypes(0))(t) {
		statuses = append(statuses, s.Name)
	}
	want := []string{"Action Needed", "Active", "Closed", "In Service", "Running", "Stopped", "Support Requested"}
	if diff := cmp.Diff(want, statuses); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if refs := must(w.ReferenceTypes(0, false))(t); len(refs) != 5 || refs[0].Removable {
		t.Errorf("reference types are %v", refs)
	}
	if n := len(w.Icons(0)); n < 40 {
		t.Errorf("there are %d icons", n)
	}
}

func TestSitesDoNotShareIdsOfGlobals(t *testing.T) {
	t.Parallel()
	a := newWorld(t)
	b := newWorld(t, func(o *Options) { o.WorkspaceID, o.Name = "w-2", "globex" })
	sa, sb := must(a.StatusTypes(0))(t), must(b.StatusTypes(0))(t)
	if sa[0].ID == sb[0].ID {
		t.Errorf("both sites start their statuses at %d", sa[0].ID)
	}
	if a.Icons(0)[0].ID == b.Icons(0)[0].ID {
		t.Errorf("both sites start their icons at %d", a.Icons(0)[0].ID)
	}
}

func TestServicesSchemaIsReadOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.Schemas()[0]
	if s.Name != "Services" || s.CanManage || s.TypeCount != 1 {
		t.Fatalf("first schema is %+v", s)
	}
	typ := must(w.ObjectTypes(s.ID))(t)[0]
	name := named(t, w, typ.ID, "Name").ID
	message := []string{"You do not have permission to change the object schema Services"}
	for what, call := range map[string]func() error{
		"rename the schema": func() error { _, err := w.UpdateSchema(s.ID, SchemaPatch{Name: new("x")}); return err },
		"delete the schema": func() error { _, err := w.DeleteSchema(s.ID); return err },
		"configure it": func() error {
			_, err := w.UpdateSchemaConfig(s.ID, SchemaConfigPatch{QuickCreateObjects: new(true)})
			return err
		},
		"create a type": func() error {
			_, err := w.CreateType(TypeInput{SchemaID: s.ID, Name: "x", IconID: typ.IconID})
			return err
		},
		"rename a type":       func() error { _, err := w.UpdateType(typ.ID, TypePatch{Name: new("x")}); return err },
		"move a type":         func() error { _, err := w.MoveType(typ.ID, 0, 0); return err },
		"delete a type":       func() error { _, err := w.DeleteType(typ.ID); return err },
		"create an attribute": func() error { _, err := w.CreateAttribute(typ.ID, plainAttr("x", DefaultText)); return err },
		"change an attribute": func() error {
			_, err := w.UpdateAttribute(typ.ID, name, AttributeInput{Name: new("x")})
			return err
		},
		"delete an attribute": func() error { _, err := w.DeleteAttribute(named(t, w, typ.ID, "Tier").ID); return err },
		"create an object": func() error {
			_, err := w.CreateObject("a", ObjectInput{TypeID: typ.ID, Attributes: []AttributeValues{{name, []string{"x"}}}})
			return err
		},
		"create a status": func() error { _, err := w.CreateStatusType(StatusInput{SchemaID: s.ID, Name: "x"}); return err },
		"create a reference type": func() error {
			_, err := w.CreateReferenceType(ReferenceTypeInput{SchemaID: s.ID, Name: "x"})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			mustRefuse(t, call(), 403, message, nil)
		})
	}
}
