package world

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sample is a schema with something of everything, and the ids a test needs.
type sample struct {
	schema, host, vm, name, next, status ID
	objects                              []ID
}

// build makes a sample; the same calls every time, under another name and key.
func build(t *testing.T, w *World, name, key string) sample {
	t.Helper()
	w.PutUser(User{AccountID: "u-" + w.Options().Name, DisplayName: "Ann", Active: true})
	var x sample
	x.schema = newSchema(t, w, name, key).ID
	must(w.UpdateSchema(x.schema, SchemaPatch{Description: new("all of it")}))(t)
	must(w.UpdateSchemaConfig(x.schema, SchemaConfigPatch{QuickCreateObjects: new(true)}))(t)
	parked := must(w.CreateStatusType(StatusInput{SchemaID: x.schema, Name: "Parked", Category: 2}))(t)
	kind := must(w.CreateReferenceType(ReferenceTypeInput{SchemaID: x.schema, Name: "Feeds", Color: "fff"}))(t)
	icon := must(w.CreateIcon(x.schema, "Mine", drawPNG("Mine", 48)))(t)
	x.host = newType(t, w, TypeInput{SchemaID: x.schema, Name: "Host", Inherited: true, IconID: icon.ID}).ID
	x.vm = newType(t, w, TypeInput{SchemaID: x.schema, ParentID: x.host, Name: "VM", Description: "virtual"}).ID
	ref := refAttr(t, w, "Next", x.host)
	ref.AdditionalValue = new(kind.ID.String())
	ref.Max, ref.IncludeChildren = new(Unlimited), new(true)
	newAttr(t, w, x.host, ref)
	st := typedAttr("Status", TypeStatus)
	st.TypeValueMulti = &[]string{"Parked", "Running"}
	newAttr(t, w, x.host, st)
	newAttr(t, w, x.host, typedAttr("Owner", TypeUser))
	x.name, x.next, x.status = named(t, w, x.vm, "Name").ID, named(t, w, x.vm, "Next").ID, named(t, w, x.vm, "Status").ID
	h := newObject(t, w, x.host, "h", AttributeValues{named(t, w, x.host, "Owner").ID, []string{"u-" + w.Options().Name}})
	twin := newObject(t, w, x.vm, "v", AttributeValues{x.status, []string{"Running"}})
	v := newObject(t, w, x.vm, "v", AttributeValues{x.next, []string{h.Key, twin.Key}}, AttributeValues{x.status, []string{parked.ID.String()}})
	must(w.UpdateObject("a", h.ID, ObjectInput{Attributes: []AttributeValues{{named(t, w, x.host, "Next").ID, []string{v.Key, h.Key}}}}))(t)
	must(w.CreateComment(Comment{ObjectID: v.ID, Text: "hello"}))(t)
	must(w.CreateAttachment(Attachment{ObjectID: v.ID, Filename: "a.txt"}, []byte("bytes")))(t)
	avatar := w.PutMedia("a.png", "image/png", drawPNG("avatar", 48))
	must(w.UpdateObject("a", v.ID, ObjectInput{AvatarUUID: &avatar.UUID}))(t)
	x.objects = []ID{h.ID, twin.ID, v.ID}
	return x
}

func TestSchemasMadeTheSameWayDumpEqually(t *testing.T) {
	t.Parallel()
	c := newClock()
	a := newWorld(t, func(o *Options) { o.Now = c.now })
	b := newWorld(t, func(o *Options) { o.WorkspaceID, o.Name = "w-2", "globex" })
	first := build(t, a, "First", "ONE")
	c.advance(time.Hour)
	second := build(t, a, "Second", "TWO")
	third := build(t, b, "Third", "THREE")
	want := must(a.Dump(first.schema, DumpOptions{}))(t)
	if len(want.Objects) != 3 || len(want.Types) != 2 || len(want.Types[1].Attributes) != 7 {
		t.Fatalf("dump is %+v", want)
	}
	for _, got := range []Dump{must(a.Dump(second.schema, DumpOptions{}))(t), must(b.Dump(third.schema, DumpOptions{}))(t)} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("dump (-want +got):\n%s", diff)
		}
	}
}

func TestDumpShowsEveryDifference(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, w *World, x sample){
		"schema description": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateSchema(x.schema, SchemaPatch{Description: new("x")}))(t)
		},
		"schema configuration": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateSchemaConfig(x.schema, SchemaConfigPatch{ValidateQuickCreate: new(true)}))(t)
		},
		"status type": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateStatusType(must(w.StatusTypes(x.schema))(t)[0].ID, StatusPatch{Category: new(0)}))(t)
		},
		"reference type": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateReferenceType(must(w.ReferenceTypes(x.schema, false))(t)[0].ID, ReferenceTypePatch{Color: new("000")}))(t)
		},
		"icon": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateIcon(w.Icons(x.schema)[0].ID, nil, drawPNG("other", 48)))(t)
		},
		"type": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateType(x.vm, TypePatch{Description: new("x")}))(t)
		},
		"place of a type": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.MoveType(x.vm, 0, 0))(t)
		},
		"attribute": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateAttribute(x.vm, x.next, AttributeInput{Hidden: new(true)}))(t)
		},
		"allowed statuses": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateAttribute(x.vm, x.status, AttributeInput{TypeValueMulti: &[]string{"Running"}}))(t)
		},
		"value": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateObject("a", x.objects[1], ObjectInput{Attributes: []AttributeValues{{x.status, nil}}}))(t)
		},
		"reference to the twin": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateObject("a", x.objects[2], ObjectInput{Attributes: []AttributeValues{{x.next, []string{x.objects[0].String(), x.objects[2].String()}}}}))(t)
		},
		"object": func(t *testing.T, w *World, x sample) {
			t.Helper()
			if err := w.DeleteObject("a", x.objects[1]); err != nil {
				t.Fatal(err)
			}
		},
		"comment": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.CreateComment(Comment{ObjectID: x.objects[0], Text: "more"}))(t)
		},
		"attachment": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.CreateAttachment(Attachment{ObjectID: x.objects[0], Filename: "f"}, nil))(t)
		},
		"avatar": func(t *testing.T, w *World, x sample) {
			t.Helper()
			must(w.UpdateObject("a", x.objects[2], ObjectInput{AvatarUUID: new("")}))(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a, b := build(t, w, "First", "ONE"), build(t, w, "Second", "TWO")
			change(t, w, b)
			if cmp.Equal(must(w.Dump(a.schema, DumpOptions{}))(t), must(w.Dump(b.schema, DumpOptions{}))(t)) {
				t.Error("the dumps are equal")
			}
		})
	}
}

func TestDumpNamesObjectsByAnAttribute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src, dst := build(t, w, "First", "ONE"), build(t, w, "Second", "TWO")
	host := newAttr(t, w, dst.host, plainAttr("ORIGINAL_KEY", DefaultText)).ID
	vm := named(t, w, dst.vm, "ORIGINAL_KEY").ID
	// The twins change places, which only the attribute can tell.
	for i, original := range []ID{src.objects[0], src.objects[2], src.objects[1]} {
		attr := vm
		if i == 0 {
			attr = host
		}
		key := must(w.Object(original))(t).Key
		must(w.UpdateObject("a", dst.objects[i], ObjectInput{Attributes: []AttributeValues{{attr, []string{key}}}}))(t)
	}
	a := must(w.Dump(src.schema, DumpOptions{Keys: true}))(t)
	b := must(w.Dump(dst.schema, DumpOptions{Identity: "ORIGINAL_KEY", Omit: []string{"ORIGINAL_KEY"}}))(t)
	if diff := cmp.Diff(a.Types, b.Types); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	if a.Objects[1].Name != b.Objects[1].Name || cmp.Equal(a.Objects[1], b.Objects[1]) {
		t.Errorf("objects are matched by something else: %+v and %+v", a.Objects[1], b.Objects[1])
	}
}
