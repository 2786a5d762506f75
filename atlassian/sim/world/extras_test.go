package world

import (
	"bytes"
	"image/png"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatusTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	own := must(w.CreateStatusType(StatusInput{SchemaID: s.ID, Name: "Running", Category: 2}))(t)
	if diff := cmp.Diff([]StatusType{own}, must(w.StatusTypes(s.ID))(t)); diff != "" {
		t.Error(diff)
	}
	_, err := w.CreateStatusType(StatusInput{SchemaID: s.ID, Name: "running"})
	mustRefuseField(t, err, "name", "Name has to be unique")
	_, err = w.CreateStatusType(StatusInput{Name: "Active"})
	mustRefuseField(t, err, "name", "Name has to be unique")
	_, err = w.CreateStatusType(StatusInput{Name: "x", Category: 3})
	mustRefuseField(t, err, "category", "The category must be 0, 1 or 2")
	if got := must(w.UpdateStatusType(own.ID, StatusPatch{Name: new("Idle"), Category: new(0)}))(t); got.Name != "Idle" || got.Category != 0 {
		t.Errorf("status is %+v", got)
	}
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	a := newAttr(t, w, typ.ID, typedAttr("Status", TypeStatus))
	o := newObject(t, w, typ.ID, "h", AttributeValues{a.ID, []string{"Idle"}})
	must(w.DeleteStatusType(own.ID))(t)
	if got := values(must(w.Object(o.ID))(t), a.ID); got != nil {
		t.Errorf("the object has the deleted status %v", got)
	}
	_, err = w.StatusTypes(999)
	mustRefuse(t, err, 404, []string{"No object schema with id 999 exists"}, nil)
}

func TestStatusOfTheSchemaComesBeforeTheGlobalOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	own := must(w.CreateStatusType(StatusInput{SchemaID: s.ID, Name: "Running"}))(t)
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	a := newAttr(t, w, typ.ID, typedAttr("Status", TypeStatus))
	o := newObject(t, w, typ.ID, "h", AttributeValues{a.ID, []string{"running"}})
	if diff := cmp.Diff([]string{own.ID.String()}, values(o, a.ID)); diff != "" {
		t.Error(diff)
	}
}

func TestReferenceTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	own := must(w.CreateReferenceType(ReferenceTypeInput{SchemaID: s.ID, Name: "Runs on", Color: "42526E"}))(t)
	if !own.Removable {
		t.Error("an own reference type cannot be removed")
	}
	for _, c := range []struct {
		schema ID
		all    bool
		want   int
	}{{0, false, 5}, {s.ID, false, 1}, {s.ID, true, 6}, {0, true, 6}} {
		if got := must(w.ReferenceTypes(c.schema, c.all))(t); len(got) != c.want {
			t.Errorf("schema %d, all %v: %d reference types, want %d", c.schema, c.all, len(got), c.want)
		}
	}
	_, err := w.CreateReferenceType(ReferenceTypeInput{SchemaID: s.ID, Name: "runs ON"})
	mustRefuseField(t, err, "name", "Name has to be unique")
	_, err = w.CreateReferenceType(ReferenceTypeInput{Name: "x", Color: "blue"})
	mustRefuseField(t, err, "color", "The color is invalid")
	global := must(w.ReferenceTypes(0, false))(t)[0]
	_, err = w.DeleteReferenceType(global.ID)
	mustRefuse(t, err, 400, []string{"The reference type Depends cannot be deleted"}, nil)
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	in := refAttr(t, w, "r", typ.ID)
	in.AdditionalValue = new(own.ID.String())
	a := newAttr(t, w, typ.ID, in)
	_, err = w.DeleteReferenceType(own.ID)
	mustRefuse(t, err, 400, []string{"The reference type Runs on is in use"}, nil)
	must(w.DeleteAttribute(a.ID))(t)
	must(w.DeleteReferenceType(own.ID))(t)
}

func TestIcons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	global := w.Icons(0)
	for _, size := range []int{16, 48} {
		img, err := png.Decode(bytes.NewReader(must(w.IconPNG(global[0].ID, size))(t)))
		if err != nil {
			t.Fatal(err)
		}
		if got := img.Bounds().Dx(); got != size {
			t.Errorf("the picture is %d wide, want %d", got, size)
		}
	}
	if bytes.Equal(must(w.IconPNG(global[0].ID, 48))(t), must(w.IconPNG(global[1].ID, 48))(t)) {
		t.Error("two icons look the same")
	}
	_, err := w.CreateIcon(0, "x", []byte("GIF"))
	mustRefuseField(t, err, "icon", "The icon is not a PNG image")
	picture, other := drawPNG("a", 48), drawPNG("b", 48)
	own := must(w.CreateIcon(0, "Mine", picture))(t)
	if !bytes.Equal(must(w.IconPNG(own.ID, 16))(t), picture) {
		t.Error("the picture is another one")
	}
	must(w.UpdateIcon(own.ID, new("Ours"), other))(t)
	if got := must(w.Icon(own.ID))(t); got.Name != "Ours" || !bytes.Equal(must(w.IconPNG(own.ID, 48))(t), other) {
		t.Errorf("icon is %+v", got)
	}
	_, err = w.DeleteIcon(global[0].ID)
	mustRefuse(t, err, 403, []string{"The icon Object cannot be deleted"}, nil)
	must(w.DeleteIcon(own.ID))(t)
	if got := len(w.Icons(0)); got != len(global) {
		t.Errorf("%d icons are left, want %d", got, len(global))
	}
}

func TestRolesHaveActors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.PutUser(User{AccountID: "u1", Active: true})
	w.PutGroup(Group{Name: "staff"})
	s := newSchema(t, w, "Assets", "ITSM")
	roles := must(w.Roles(s.ID))(t)
	var got []string
	for _, r := range roles {
		got = append(got, r.Name)
	}
	if diff := cmp.Diff([]string{"Object Schema Managers", "Object Schema Developers", "Object Schema Users"}, got); diff != "" {
		t.Error(diff)
	}
	actors := []Actor{{ActorUser, "u1"}, {ActorGroup, "staff"}}
	must(w.SetRoleActors(roles[1].ID, actors))(t)
	if diff := cmp.Diff(actors, must(w.Role(roles[1].ID))(t).Actors); diff != "" {
		t.Error(diff)
	}
	_, err := w.SetRoleActors(roles[1].ID, []Actor{{ActorGroup, "u1"}})
	mustRefuseField(t, err, "actors", "The actor u1 provided is invalid")
}

func TestCommentsAttachmentsAndAvatarsGoWithTheObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	o, p := newObject(t, w, typ.ID, "h"), newObject(t, w, typ.ID, "i")
	c := must(w.CreateComment(Comment{ObjectID: o.ID, Author: "u", Text: "hello", Role: 1}))(t)
	must(w.UpdateComment(c.ID, "hello again"))(t)
	_, err := w.CreateComment(Comment{ObjectID: o.ID})
	mustRefuseField(t, err, "comment", "The comment must not be empty")
	_, err = w.CreateComment(Comment{ObjectID: o.ID, Text: "x", Role: 3})
	mustRefuseField(t, err, "role", "The role is invalid")
	if got := must(w.Comments(o.ID))(t); len(got) != 1 || got[0].Text != "hello again" || got[0].Author != "u" || got[0].Role != 1 {
		t.Errorf("comments are %+v", got)
	}
	file := must(w.CreateAttachment(Attachment{ObjectID: o.ID, Author: "u", Filename: "a.txt", ContentType: "text/plain"}, []byte("bytes")))(t)
	same := must(w.CreateAttachment(Attachment{ObjectID: p.ID, Filename: "b.txt"}, []byte("bytes")))(t)
	_, one, _ := w.Attachment(file.ID)
	meta, two, err := w.Attachment(same.ID)
	if err != nil || meta.Size != 5 || string(one) != "bytes" || &one[0] != &two[0] {
		t.Errorf("equal files are kept twice, or not at all: %+v %q %v", meta, one, err)
	}
	avatar := w.PutMedia("a.png", "image/png", drawPNG("a", 48))
	update := func(uuid string) (Object, error) {
		return w.UpdateObject("u", o.ID, ObjectInput{AvatarUUID: &uuid})
	}
	if got := must(update(avatar.UUID))(t); got.AvatarUUID != avatar.UUID {
		t.Errorf("avatar is %q", got.AvatarUUID)
	}
	_, err = update("nope")
	mustRefuseField(t, err, "avatarUUID", "The avatar nope does not exist")
	if got := must(w.UpdateObject("u", o.ID, ObjectInput{}))(t); got.AvatarUUID != avatar.UUID {
		t.Error("the avatar was lost")
	}
	if err := w.DeleteObject("u", o.ID); err != nil {
		t.Fatal(err)
	}
	if len(w.comments)+len(w.commentsOf)+len(w.avatars) != 0 || len(w.attachments) != 1 || len(w.attachedTo) != 1 {
		t.Error("something of the object is left")
	}
	must(w.DeleteAttachment(same.ID))(t)
	if got := must(w.Attachments(p.ID))(t); len(got) != 0 {
		t.Errorf("attachments are %v", got)
	}
}

func TestIssuesPointAtObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.PutProject(Project{Key: "OPS", Name: "Operations"})
	f := w.PutField(Field{Name: "Affected", Contexts: []FieldContext{{Name: "Default"}}})
	if f.ID == "" || f.Contexts[0].ID == 0 {
		t.Errorf("field is %+v", f)
	}
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	in := refAttr(t, w, "Next", typ.ID)
	next := newAttr(t, w, typ.ID, in)
	h := newObject(t, w, typ.ID, "h")
	g := newObject(t, w, typ.ID, "g", AttributeValues{next.ID, []string{h.Key}})
	one := must(w.PutIssue(Issue{ProjectID: p.ID, Summary: "s", Status: "Open", Objects: map[string][]ID{f.ID: {h.ID, g.ID}}}))(t)
	two := must(w.PutIssue(Issue{ProjectID: p.ID, Status: "Done"}))(t)
	if one.Key != "OPS-1" || two.Key != "OPS-2" {
		t.Errorf("keys are %s and %s", one.Key, two.Key)
	}
	connected := func(o Object) []string {
		var keys []string
		for _, i := range must(w.ConnectedIssues(o.ID))(t) {
			keys = append(keys, i.Key)
		}
		return keys
	}
	must(w.SetIssueObjects(two.ID, f.ID, []ID{h.ID}))(t)
	if diff := cmp.Diff([]string{"OPS-1", "OPS-2"}, connected(h)); diff != "" {
		t.Error(diff)
	}
	if !must(w.ReferenceInfo(h.ID))(t)[0].OpenIssues {
		t.Error("the open issue is not told")
	}
	must(w.SetIssueObjects(one.ID, f.ID, nil))(t)
	if diff := cmp.Diff([]string{"OPS-2"}, connected(h)); diff != "" {
		t.Error(diff)
	}
	if connected(g) != nil || must(w.ReferenceInfo(h.ID))(t)[0].OpenIssues {
		t.Error("an issue that let go is still connected")
	}
	if err := w.DeleteObject("u", h.ID); err != nil {
		t.Fatal(err)
	}
	got, ok := w.Issue("ops-2")
	if !ok || len(got.Objects[f.ID]) != 0 {
		t.Errorf("issue is %+v", got)
	}
	_, err := w.PutIssue(Issue{ProjectID: 1})
	mustRefuse(t, err, 404, []string{"No project with id 1 exists"}, nil)
}

func TestUsageCountsObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typ := newType(t, w, TypeInput{SchemaID: newSchema(t, w, "Assets", "ITSM").ID, Name: "Host"})
	newObject(t, w, typ.ID, "a")
	newObject(t, w, typ.ID, "b")
	u := w.Usage()
	if u.Total != 2 || len(u.Schemas) != 2 || u.Schemas[1].ObjectCount != 2 {
		t.Errorf("usage is %+v", u)
	}
}
