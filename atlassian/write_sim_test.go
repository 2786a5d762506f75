package atlassian_test

import (
	"bytes"
	"errors"
	"image"
	imagepng "image/png"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
)

// must returns a function that returns its first argument unless there was an error.
func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// png is a picture of 48 by 48 points.
var png = func() []byte {
	var b bytes.Buffer
	if err := imagepng.Encode(&b, image.NewGray(image.Rect(0, 0, 48, 48))); err != nil {
		panic(err)
	}
	return b.Bytes()
}()

// TestASchemaIsBuiltChangedAndTornDown goes through everything a restore writes.
func TestASchemaIsBuiltChangedAndTornDown(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := newRig(t, gen.Profile{Name: gen.ITSM}, 20).client

	schema := must[assets.Schema](t)(c.CreateSchema(ctx, atlassian.SchemaSpec{Name: "Built", Key: "BLT", Description: "by a test"}))
	if schema.ID == "" || schema.Key != "BLT" || !schema.CanManage {
		t.Errorf("schema %+v", schema)
	}
	if _, err := c.CreateSchema(ctx, atlassian.SchemaSpec{Name: "Built again", Key: "BLT"}); !errors.Is(err, assets.ErrConflict) {
		t.Errorf("a key that is taken: %v", err)
	}
	if err := c.SetProperties(ctx, schema.ID, assets.Properties{AllowOtherSchemas: true, QuickCreateObjects: true}); err != nil {
		t.Fatal(err)
	}
	if p := must[assets.Properties](t)(c.Properties(ctx, schema.ID)); !p.AllowOtherSchemas || !p.QuickCreateObjects || p.ValidateQuickCreate {
		t.Errorf("properties %+v", p)
	}

	status := must[assets.StatusType](t)(c.CreateStatusType(ctx, assets.StatusType{Name: "Odd", Category: assets.StatusPending, SchemaID: schema.ID}))
	statuses := must[[]assets.StatusType](t)(c.StatusTypes(ctx, schema.ID))
	global := must[[]assets.StatusType](t)(c.StatusTypes(ctx, ""))
	if !slices.ContainsFunc(statuses, func(s assets.StatusType) bool { return s.ID == status.ID && s.Category == assets.StatusPending }) || len(statuses) != len(global)+1 {
		t.Errorf("%d statuses, %d of them global: %+v", len(statuses), len(global), statuses)
	}
	reference := must[assets.ReferenceType](t)(c.CreateReferenceType(ctx, assets.ReferenceType{Name: "Leans on", Color: "49a6ed", SchemaID: schema.ID}))
	if all := must[[]assets.ReferenceType](t)(c.ReferenceTypes(ctx, schema.ID)); !slices.ContainsFunc(all, func(r assets.ReferenceType) bool { return r.ID == reference.ID }) {
		t.Errorf("reference types %+v", all)
	}
	icon := must[assets.Icon](t)(c.CreateIcon(ctx, "odd", png))
	if got := must[[]byte](t)(c.IconImage(ctx, icon.ID)); len(got) == 0 {
		t.Error("the icon has no picture")
	}
	if one := must[assets.Icon](t)(c.Icon(ctx, icon.ID)); one.Name != "odd" {
		t.Errorf("icon %+v", one)
	}
	if icons := must[[]assets.Icon](t)(c.Icons(ctx)); len(icons) == 0 {
		t.Error("no global icons")
	}

	parent := must[assets.ObjectType](t)(c.CreateObjectType(ctx, atlassian.ObjectTypeSpec{Name: "Parent", IconID: icon.ID, SchemaID: schema.ID, Inherited: true}))
	child := must[assets.ObjectType](t)(c.CreateObjectType(ctx, atlassian.ObjectTypeSpec{Name: "Child", IconID: icon.ID, SchemaID: schema.ID, ParentID: parent.ID}))
	other := must[assets.ObjectType](t)(c.CreateObjectType(ctx, atlassian.ObjectTypeSpec{Name: "Other", IconID: icon.ID, SchemaID: schema.ID}))
	if _, err := c.CreateObjectType(ctx, atlassian.ObjectTypeSpec{Name: "Iconless", SchemaID: schema.ID}); !isRejected(err) {
		t.Errorf("a type without an icon: %v", err)
	}
	if err := c.PlaceObjectType(ctx, other.ID, parent.ID, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.PlaceObjectType(ctx, child.ID, "", 0); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, typ := range must[[]assets.ObjectType](t)(c.ObjectTypes(ctx, schema.ID)) {
		order = append(order, typ.Name+" below "+typ.ParentID)
	}
	if diff := cmp.Diff([]string{"Child below ", "Parent below ", "Other below " + parent.ID}, order); diff != "" {
		t.Errorf("order of types (-want +got):\n%s", diff)
	}
	if typ := must[assets.ObjectType](t)(c.ObjectType(ctx, other.ID)); typ.SchemaID != schema.ID || typ.IconID != icon.ID || typ.IconName != "odd" {
		t.Errorf("type %+v", typ)
	}

	spec := atlassian.AttributeSpec{
		Name: "Leans on", Description: "d", Kind: assets.KindReference, TypeValue: parent.ID, AdditionalValue: reference.ID,
		MaxCardinality: assets.Unlimited, IncludeChildren: true, Query: "objectId > 0",
	}
	leans := must[assets.Attribute](t)(c.CreateAttribute(ctx, parent.ID, spec))
	pick := must[assets.Attribute](t)(c.CreateAttribute(ctx, parent.ID, atlassian.AttributeSpec{Name: "Pick", Default: assets.DefaultSelect, Options: "A,B", MaxCardinality: 2}))
	state := must[assets.Attribute](t)(c.CreateAttribute(ctx, parent.ID, atlassian.AttributeSpec{Name: "State", Kind: assets.KindStatus, TypeValueMulti: []string{status.ID}}))
	pick = must[assets.Attribute](t)(c.UpdateAttribute(ctx, parent.ID, pick.ID, atlassian.AttributeSpec{Name: "Pick", Default: assets.DefaultSelect, Options: "A,B,C", MaxCardinality: 3}))
	attributes := must[[]assets.Attribute](t)(c.Attributes(ctx, parent.ID))
	find := func(name string) assets.Attribute {
		i := slices.IndexFunc(attributes, func(a assets.Attribute) bool { return a.Name == name })
		if i < 0 {
			t.Fatalf("there is no attribute %s in %+v", name, attributes)
		}
		return attributes[i]
	}
	if a := find("Leans on"); a.ReferenceObjectTypeID != parent.ID || a.ReferenceTypeID != reference.ID || a.MaxCardinality != assets.Unlimited ||
		!a.IncludeChildren || a.Query != "objectId > 0" || a.Kind != assets.KindReference || a.TypeID != parent.ID {
		t.Errorf("attribute %+v", a)
	}
	if a := find("Pick"); a.Options != "A,B,C" || a.MaxCardinality != 3 || a.Default != assets.DefaultSelect {
		t.Errorf("attribute %+v", a)
	}
	if a := find("State"); !slices.Equal(a.TypeValueMulti, []string{status.ID}) {
		t.Errorf("attribute %+v", a)
	}
	name := find(assets.AttributeName)

	first := must[assets.ObjectRef](t)(c.CreateObject(ctx, atlassian.ObjectSpec{TypeID: parent.ID, Values: []atlassian.AttributeTexts{
		{AttributeID: name.ID, Texts: []string{`one "1" \ é`}},
		{AttributeID: pick.ID, Texts: []string{"A", "B"}},
		{AttributeID: state.ID, Texts: []string{status.ID}},
	}}))
	second := must[assets.ObjectRef](t)(c.CreateObject(ctx, atlassian.ObjectSpec{TypeID: parent.ID, Values: []atlassian.AttributeTexts{
		{AttributeID: name.ID, Texts: []string{"two"}}, {AttributeID: leans.ID, Texts: []string{first.ID}},
	}}))
	_, err := c.CreateObject(ctx, atlassian.ObjectSpec{TypeID: parent.ID, Values: []atlassian.AttributeTexts{
		{AttributeID: name.ID, Texts: []string{"three"}}, {AttributeID: pick.ID, Texts: []string{"nothing of it"}},
	}})
	if rejected, ok := errors.AsType[*assets.Rejected](err); !ok || rejected.Fields[pick.ID] == "" {
		t.Errorf("a value that is not allowed: %v", err)
	}
	if err := c.UpdateObject(ctx, first.ID, atlassian.ObjectSpec{TypeID: parent.ID, Values: []atlassian.AttributeTexts{
		{AttributeID: leans.ID, Texts: []string{second.ID, first.ID}}, {AttributeID: pick.ID},
	}}); err != nil {
		t.Fatal(err)
	}
	got := map[string][]assets.Value{}
	one := must[assets.Object](t)(c.Object(ctx, first.ID))
	for _, values := range one.Values {
		got[values.AttributeID] = values.Values
	}
	want := []assets.Value{
		{Kind: assets.ValueObject, ID: second.ID, Key: second.Key, Name: "two", TypeID: parent.ID, SchemaID: schema.ID},
		{Kind: assets.ValueObject, ID: first.ID, Key: first.Key, Name: one.Label, TypeID: parent.ID, SchemaID: schema.ID},
	}
	if diff := cmp.Diff(want, got[leans.ID]); diff != "" || len(got[pick.ID]) != 0 || one.Label != `one "1" \ é` || len(got[state.ID]) != 1 {
		t.Errorf("object %+v, references (-want +got):\n%s", one, diff)
	}
	if in := must[[]atlassian.Reference](t)(c.InboundReferences(ctx, second.ID)); len(in) != 1 || in[0].Objects != 1 || in[0].TypeID != parent.ID {
		t.Errorf("references to the second object: %+v", in)
	}
	var found []string
	for o, err := range c.FindByText(ctx, parent.ID, assets.AttributeName, []string{`one "1" \ é`, "no such"}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, o.ID)
	}
	if !slices.Equal(found, []string{first.ID}) {
		t.Errorf("found %v", found)
	}

	if err := c.DeleteObject(ctx, second.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Object(ctx, second.ID); !errors.Is(err, assets.ErrNotFound) {
		t.Errorf("a deleted object: %v", err)
	}
	if err := c.DeleteAttribute(ctx, pick.ID); err != nil {
		t.Fatal(err)
	}
	renamed := must[assets.ObjectType](t)(c.UpdateObjectType(ctx, child.ID, atlassian.ObjectTypeSpec{Name: "Kid", IconID: icon.ID}))
	if renamed.Name != "Kid" {
		t.Errorf("type %+v", renamed)
	}
	if err := c.DeleteObjectType(ctx, child.ID); err != nil {
		t.Fatal(err)
	}
	if s := must[assets.Schema](t)(c.UpdateSchema(ctx, schema.ID, atlassian.SchemaSpec{Name: "Rebuilt"})); s.Name != "Rebuilt" || s.Key != "BLT" {
		t.Errorf("schema %+v", s)
	}
	if err := c.DeleteSchema(ctx, schema.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Schema(ctx, schema.ID); !errors.Is(err, assets.ErrNotFound) {
		t.Errorf("a deleted schema: %v", err)
	}
	if err := errors.Join(c.DeleteIcon(ctx, icon.ID)); err != nil {
		t.Fatal(err)
	}
}

func isRejected(err error) bool {
	_, ok := errors.AsType[*assets.Rejected](err)
	return ok
}

// TestWhatHangsOnAnObject reads and writes comments, attachments, avatars and history.
func TestWhatHangsOnAnObject(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := newRig(t, gen.Profile{Name: gen.ITSM}, 20).client
	o := anyObject(t, c)

	comment := must[assets.Comment](t)(c.CreateComment(ctx, o.ID, "well <b>done</b>", 0))
	comments := must[[]assets.Comment](t)(c.Comments(ctx, o.ID))
	if last := comments[len(comments)-1]; last.ID != comment.ID || last.Text != "well <b>done</b>" || last.ObjectID != o.ID || last.ActorID == "" || last.Created == "" || last.Extra != nil {
		t.Errorf("comment %+v", last)
	}

	data := bytes.Repeat([]byte("0123456789"), 300)
	before := must[[]assets.Attachment](t)(c.Attachments(ctx, o.ID))
	attached := must[assets.Attachment](t)(c.CreateAttachment(ctx, o.ID, atlassian.AttachmentSpec{Filename: "a b é.txt", MediaType: "text/plain", Comment: "mine"}, data))
	attachments := must[[]assets.Attachment](t)(c.Attachments(ctx, o.ID))
	if len(attachments) != len(before)+1 {
		t.Fatalf("%d attachments after %d", len(attachments), len(before))
	}
	at := attachments[slices.IndexFunc(attachments, func(a assets.Attachment) bool { return a.ID == attached.ID })]
	if at.Filename != "a b é.txt" || at.MediaType != "text/plain" || at.Comment != "mine" || at.ObjectID != o.ID {
		t.Errorf("attachment %+v", at)
	}
	body := must[io.ReadCloser](t)(c.AttachmentData(ctx, at))
	got := must[[]byte](t)(io.ReadAll(body))
	if err := body.Close(); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes came back of %d: %v", len(got), len(data), err)
	}
	if err := c.DeleteAttachment(ctx, at.ID); err != nil {
		t.Fatal(err)
	}

	if _, _, err := c.Avatar(ctx, o.ID); !o.HasAvatar && !errors.Is(err, assets.ErrNotFound) {
		t.Errorf("an object without an avatar: %v", err)
	}
	uuid := must[string](t)(c.UploadAvatar(ctx, "5f1d3c1e-0000-4000-8000-000000000001", "me.png", png))
	if err := c.UpdateObject(ctx, o.ID, atlassian.ObjectSpec{TypeID: o.TypeID, AvatarUUID: uuid}); err != nil {
		t.Fatal(err)
	}
	picture, mediaType, err := c.Avatar(ctx, o.ID)
	if err != nil || !bytes.Equal(picture, png) || mediaType != "image/png" {
		t.Errorf("%d bytes of %s: %v", len(picture), mediaType, err)
	}

	history := must[[]assets.HistoryEntry](t)(c.History(ctx, o.ID))
	if len(history) == 0 || history[0].ObjectID != o.ID || history[0].ActorID == "" || history[0].Created == "" || history[0].Extra != nil {
		t.Errorf("history %+v", history)
	}
	if !slices.IsSortedFunc(history, func(a, b assets.HistoryEntry) int { return bytes.Compare([]byte(a.Created), []byte(b.Created)) }) {
		t.Error("the history does not begin with the oldest change")
	}
}

func anyObject(t *testing.T, c *atlassian.Client) assets.Object {
	t.Helper()
	for _, s := range must[[]assets.Schema](t)(c.Schemas(t.Context())) {
		for _, typ := range must[[]assets.ObjectType](t)(c.ObjectTypes(t.Context(), s.ID)) {
			if all := objectsOf(t, c, atlassian.ObjectQuery{TypeID: typ.ID}); len(all) > 0 {
				return all[0]
			}
		}
	}
	t.Fatal("there are no objects")
	return assets.Object{}
}

// TestWhereAnUndocumentedFeatureIsMissingTheErrorSaysSo switches all of them off.
func TestWhereAnUndocumentedFeatureIsMissingTheErrorSaysSo(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := newRig(t, gen.Profile{Name: gen.ITSM}, 20, func(o *sim.Options, _ *atlassian.Config) { o.Sites[0].Without = sim.Undocumented() }).client
	o := anyObject(t, c)
	calls := map[string]func() error{
		"comments":        func() error { _, err := c.Comments(ctx, o.ID); return err },
		"comment":         func() error { _, err := c.CreateComment(ctx, o.ID, "x", 0); return err },
		"attachments":     func() error { _, err := c.Attachments(ctx, o.ID); return err },
		"attachment data": func() error { _, err := c.AttachmentData(ctx, assets.Attachment{ID: "1", ObjectID: o.ID}); return err },
		"attach":          func() error { _, err := c.CreateAttachment(ctx, o.ID, atlassian.AttachmentSpec{}, nil); return err },
		"upload avatar":   func() error { _, err := c.UploadAvatar(ctx, "u", "f", png); return err },
		"icon":            func() error { _, err := c.CreateIcon(ctx, "i", png); return err },
		"schema icons":    func() error { _, err := c.SchemaIcons(ctx, "1"); return err },
		"roles":           func() error { _, err := c.Roles(ctx, "1"); return err },
		"set role":        func() error { return c.SetRole(ctx, "1", nil) },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, assets.ErrUnsupported) {
			t.Errorf("%s: %v answers to %q", name, err, answersTo(err))
		}
	}
	if _, err := c.Properties(ctx, "1"); err != nil {
		t.Errorf("properties have a documented address too: %v", err)
	}
}
