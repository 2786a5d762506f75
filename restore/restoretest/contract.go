package restoretest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/restore"
)

// TestJournal runs the contract of restore.Journal. NewJournal returns an empty journal and a function that opens what it
// has stored anew, as after a crash; a journal in memory returns itself.
func TestJournal(t *testing.T, newJournal func(t *testing.T) (j restore.Journal, reopen func() restore.Journal)) {
	t.Helper()
	t.Run("what was begun and finished is there after a crash", func(t *testing.T) {
		t.Parallel()
		j, reopen := newJournal(t)
		must(t, j.Begin(t.Context(), "object", []string{"1", "2", "3"}))
		must(t, j.Finish(t.Context(), "object", []string{"1", "3"}, []string{"101", ""}, []string{"", "refused — ünïcode \"quoted\"\n"}))
		must(t, j.Begin(t.Context(), "type", []string{"1"}))
		want := map[string]string{
			"object 1": "101//true", "object 2": "//false", "object 3": "/refused — ünïcode \"quoted\"\n/true", "type 1": "//false",
		}
		if diff := cmp.Diff(want, entries(t, j, "object", "type")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want, entries(t, reopen(), "object", "type")); diff != "" {
			t.Error("after a crash:", diff)
		}
	})
	t.Run("an entry that is begun again is open again", func(t *testing.T) {
		t.Parallel()
		j, reopen := newJournal(t)
		must(t, j.Begin(t.Context(), "object", []string{"1"}))
		must(t, j.Begin(t.Context(), "object", []string{"1"}))
		must(t, j.Finish(t.Context(), "object", []string{"1"}, []string{"7"}, nil))
		must(t, j.Finish(t.Context(), "object", []string{"1"}, []string{"8"}, nil))
		if diff := cmp.Diff(map[string]string{"object 1": "8//true"}, entries(t, reopen(), "object")); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a kind that was never used is empty", func(t *testing.T) {
		t.Parallel()
		j, _ := newJournal(t)
		if got := entries(t, j, "object"); len(got) > 0 {
			t.Error(got)
		}
	})
	t.Run("an error ends the walk and comes back", func(t *testing.T) {
		t.Parallel()
		j, _ := newJournal(t)
		must(t, j.Begin(t.Context(), "object", []string{"1", "2"}))
		stop := errors.New("enough")
		calls := 0
		err := j.Each(t.Context(), "object", func(string, string, string, bool) error { calls++; return stop })
		if !errors.Is(err, stop) || calls != 1 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
	t.Run("many write at the same time", func(t *testing.T) {
		t.Parallel()
		j, reopen := newJournal(t)
		const writers, each = 8, 50
		errs := make(chan error, writers)
		for w := range writers {
			go func() {
				var err error
				for i := range each {
					id := fmt.Sprintf("%d-%d", w, i)
					err = errors.Join(err, j.Begin(t.Context(), "object", []string{id}), j.Finish(t.Context(), "object", []string{id}, []string{"t" + id}, nil))
				}
				errs <- err
			}()
		}
		for range writers {
			must(t, <-errs)
		}
		if got := entries(t, reopen(), "object"); len(got) != writers*each || got["object 3-7"] != "t3-7//true" {
			t.Errorf("%d entries", len(got))
		}
	})
	t.Run("a context that ended writes nothing", func(t *testing.T) {
		t.Parallel()
		j, _ := newJournal(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := j.Begin(ctx, "object", []string{"1"}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if got := entries(t, j, "object"); len(got) > 0 {
			t.Error(got)
		}
	})
}

func entries(t *testing.T, j restore.Journal, kinds ...string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	for _, kind := range kinds {
		must(t, j.Each(t.Context(), kind, func(source, target, note string, done bool) error {
			found[kind+" "+source] = fmt.Sprintf("%s/%s/%t", target, note, done)
			return nil
		}))
	}
	return found
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TargetOptions tell TestTarget what it may expect of a target.
type TargetOptions struct {
	// Prefix begins the names of what is created, so that runs against a site that stays do not meet. Key is a free schema key.
	Prefix, Key string
	// User is an active account whose full name only it has; Group a group it is in. Both may be empty.
	User  restore.User
	Group string
	// Lag is how long the search index may be behind.
	Lag time.Duration
}

// TestTarget runs the contract of restore.Target in one new schema, which it leaves behind.
func TestTarget(t *testing.T, target restore.Target, o TargetOptions) {
	t.Helper()
	c := &targetContract{Target: target, o: o}
	c.schema(t)
	c.definitions(t)
	c.types(t)
	c.attributes(t)
	c.objects(t)
	c.people(t)
}

type targetContract struct {
	restore.Target
	o                               TargetOptions
	schemaID, parent, child         string
	status                          assets.StatusType
	name, originalID, number, links string // attributes of parent
}

func (c *targetContract) schema(t *testing.T) {
	t.Helper()
	spec := restore.SchemaSpec{Name: c.o.Prefix + " schema", Key: c.o.Key, Description: "made by a test"}
	made, err := c.CreateSchema(t.Context(), spec)
	must(t, err)
	c.schemaID = made.ID
	list, err := c.Schemas(t.Context())
	must(t, err)
	i := slices.IndexFunc(list, func(s assets.Schema) bool { return s.ID == made.ID })
	if i < 0 || list[i].Name != spec.Name || list[i].Key != spec.Key || list[i].Description != spec.Description {
		t.Errorf("the new schema is not listed as it was made: %+v", list)
	}
	if _, err := c.CreateSchema(t.Context(), spec); !refusal(err) {
		t.Errorf("a key that is in use is taken: %v", err)
	}
	want := assets.Properties{AllowOtherSchemas: true}
	if err := c.SetProperties(t.Context(), c.schemaID, want); err == nil {
		if got, err := c.Properties(t.Context(), c.schemaID); err == nil && got.AllowOtherSchemas != want.AllowOtherSchemas {
			t.Errorf("properties are %+v", got)
		}
	} else if !errors.Is(err, assets.ErrUnsupported) {
		t.Errorf("set properties: %v", err)
	}
}

// refusal says whether a write was understood and not accepted.
func refusal(err error) bool {
	var r *assets.Rejected
	return errors.As(err, &r) || errors.Is(err, assets.ErrConflict)
}

func (c *targetContract) definitions(t *testing.T) {
	t.Helper()
	made, err := c.CreateStatusType(t.Context(), assets.StatusType{Name: c.o.Prefix + " status", Category: assets.StatusPending, SchemaID: c.schemaID})
	must(t, err)
	c.status = made
	statuses, err := c.StatusTypes(t.Context(), c.schemaID)
	must(t, err)
	i := slices.IndexFunc(statuses, func(s assets.StatusType) bool { return s.ID == made.ID })
	if i < 0 || statuses[i].Category != assets.StatusPending || statuses[i].Name != c.o.Prefix+" status" {
		t.Errorf("the new status is not listed as it was made: %+v", statuses)
	}
	global, err := c.StatusTypes(t.Context(), "")
	must(t, err)
	if slices.ContainsFunc(global, func(s assets.StatusType) bool { return s.SchemaID != "" || s.ID == made.ID }) {
		t.Errorf("the list of global statuses has others, too: %+v", global)
	}
	reference, err := c.CreateReferenceType(t.Context(), assets.ReferenceType{Name: c.o.Prefix + " link", SchemaID: c.schemaID})
	must(t, err)
	references, err := c.ReferenceTypes(t.Context(), c.schemaID)
	must(t, err)
	if !slices.ContainsFunc(references, func(r assets.ReferenceType) bool {
		return r.ID == reference.ID && r.Name == c.o.Prefix+" link"
	}) {
		t.Errorf("the new reference type is not listed: %+v", references)
	}
	c.links = reference.ID
}

func (c *targetContract) types(t *testing.T) {
	t.Helper()
	icons, err := c.Icons(t.Context())
	must(t, err)
	if len(icons) == 0 {
		t.Fatal("no icons")
	}
	spec := restore.ObjectTypeSpec{Name: c.o.Prefix + " parent", Description: "d", IconID: icons[0].ID, SchemaID: c.schemaID, Inherited: true}
	parent, err := c.CreateObjectType(t.Context(), spec)
	must(t, err)
	c.parent = parent.ID
	if _, err := c.CreateObjectType(t.Context(), spec); !refusal(err) {
		t.Errorf("a type name that is in use is taken: %v", err)
	}
	child, err := c.CreateObjectType(t.Context(), restore.ObjectTypeSpec{
		Name: c.o.Prefix + " child", IconID: icons[0].ID, SchemaID: c.schemaID, ParentID: parent.ID,
	})
	must(t, err)
	c.child = child.ID
	other, err := c.CreateObjectType(t.Context(), restore.ObjectTypeSpec{Name: c.o.Prefix + " other", IconID: icons[0].ID, SchemaID: c.schemaID})
	must(t, err)
	must(t, c.PlaceObjectType(t.Context(), other.ID, "", 0))
	list, err := c.ObjectTypes(t.Context(), c.schemaID)
	must(t, err)
	byID := make(map[string]assets.ObjectType)
	for _, have := range list {
		byID[have.ID] = have
	}
	if len(byID) != 3 || byID[child.ID].ParentID != parent.ID || !byID[parent.ID].Inherited || byID[parent.ID].Description != "d" ||
		byID[other.ID].Position >= byID[parent.ID].Position {
		t.Errorf("the types are not listed as they were made: %+v", list)
	}
}

func (c *targetContract) attributes(t *testing.T) {
	t.Helper()
	born, err := c.Attributes(t.Context(), c.parent)
	must(t, err)
	var names []string
	for _, a := range born {
		names = append(names, a.Name)
		if a.Name == assets.AttributeName {
			c.name = a.ID
			if !a.Label || !a.Writable() {
				t.Errorf("the attribute Name of a new type: %+v", a)
			}
		} else if a.Writable() {
			t.Errorf("a new type has a writable attribute %s", a.Name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"Created", "Key", "Name", "Updated"}, names); diff != "" {
		t.Error("a new type is born with other attributes:", diff)
	}
	make := func(a restore.AttributeSpec) string {
		made, err := c.CreateAttribute(t.Context(), c.parent, a)
		must(t, err)
		return made.ID
	}
	c.originalID = make(restore.AttributeSpec{Name: assets.AttributeOriginalID, MaxCardinality: 1})
	c.number = make(restore.AttributeSpec{Name: "Number", Default: assets.DefaultInteger, MaxCardinality: 1, Suffix: "units"})
	c.links = make(restore.AttributeSpec{
		Name: "Links", Kind: assets.KindReference, Default: assets.DefaultNone, TypeValue: c.parent, AdditionalValue: c.links,
		MaxCardinality: assets.Unlimited, IncludeChildren: true,
	})
	if _, err := c.CreateAttribute(t.Context(), c.parent, restore.AttributeSpec{Name: "Number", MaxCardinality: 1}); !refusal(err) {
		t.Errorf("an attribute name that is in use is taken: %v", err)
	}
	number := restore.AttributeSpec{Name: "Number", Default: assets.DefaultInteger, MinCardinality: 1, MaxCardinality: 1, Suffix: "units", Description: "how many"}
	_, err = c.UpdateAttribute(t.Context(), c.parent, c.number, number)
	must(t, err)
	list, err := c.Attributes(t.Context(), c.parent)
	must(t, err)
	for _, a := range list {
		switch a.ID {
		case c.number:
			if a.MinCardinality != 1 || a.Suffix != "units" || a.Description != "how many" || a.Default != assets.DefaultInteger {
				t.Errorf("a changed attribute: %+v", a)
			}
		case c.links:
			if a.Kind != assets.KindReference || a.ReferenceObjectTypeID != c.parent || a.MaxCardinality != assets.Unlimited || a.ReferenceTypeID == "" {
				t.Errorf("a reference attribute: %+v", a)
			}
		}
	}
	inherited, err := c.Attributes(t.Context(), c.child)
	must(t, err)
	for _, a := range inherited {
		if a.ID == c.number || a.ID == c.originalID {
			t.Error("a child has the attribute of its parent itself, not a copy")
		}
	}
	if !slices.ContainsFunc(inherited, func(a assets.Attribute) bool { return a.Name == "Number" }) {
		t.Errorf("the child of an inheriting type has no copies: %+v", inherited)
	}
}

func (c *targetContract) spec(name, original, number string, links ...string) restore.ObjectSpec {
	o := restore.ObjectSpec{TypeID: c.parent, Values: []restore.AttributeTexts{
		{AttributeID: c.name, Texts: []string{name}},
		{AttributeID: c.originalID, Texts: []string{original}},
		{AttributeID: c.number, Texts: []string{number}},
	}}
	if len(links) > 0 {
		o.Values = append(o.Values, restore.AttributeTexts{AttributeID: c.links, Texts: links})
	}
	return o
}

func (c *targetContract) objects(t *testing.T) {
	t.Helper()
	first, err := c.CreateObject(t.Context(), c.spec("first", `o"1\`, "1"))
	must(t, err)
	second, err := c.CreateObject(t.Context(), c.spec("second", "o2", "2", first.ID))
	must(t, err)
	if first.ID == second.ID || !strings.HasPrefix(second.Key, c.o.Key+"-") {
		t.Errorf("new objects are %+v and %+v", first, second)
	}
	o, err := c.Object(t.Context(), second.ID)
	must(t, err)
	if got := valuesOf(&o, c.links); len(got) != 1 || got[0].Kind != assets.ValueObject || got[0].ID != first.ID {
		t.Errorf("the reference is %+v", got)
	}
	if got := valuesOf(&o, c.number); len(got) != 1 || got[0].Text != "2" || o.Label != "second" || o.TypeID != c.parent {
		t.Errorf("the object is %+v", o)
	}
	// One bad value refuses the whole object, and every refused attribute is named by its id.
	_, err = c.CreateObject(t.Context(), c.spec(strings.Repeat("x", 300), "o3", "none"))
	var r *assets.Rejected
	if !errors.As(err, &r) || r.Fields[c.name] == "" || r.Fields[c.number] == "" {
		t.Errorf("a bad object is refused with %v", err)
	}
	missing := c.spec("third", "o3", "3")
	missing.Values = missing.Values[:2]
	if _, err = c.CreateObject(t.Context(), missing); !refusal(err) {
		t.Errorf("an object without a value that is required: %v", err)
	}
	must(t, c.UpdateObject(t.Context(), first.ID, restore.ObjectSpec{
		TypeID: c.parent, Values: []restore.AttributeTexts{{AttributeID: c.links, Texts: []string{second.ID, first.ID}}},
	}))
	o, err = c.Object(t.Context(), first.ID)
	must(t, err)
	if len(valuesOf(&o, c.links)) != 2 || len(valuesOf(&o, c.number)) != 1 {
		t.Errorf("a write of one attribute left %+v", o)
	}
	if !wait(t, c.o.Lag) {
		return
	}
	c.search(t, first, second)
	must(t, c.DeleteObject(t.Context(), second.ID))
	if _, err := c.Object(t.Context(), second.ID); !errors.Is(err, assets.ErrNotFound) {
		t.Errorf("a deleted object: %v", err)
	}
}

func (c *targetContract) search(t *testing.T, first, second assets.ObjectRef) {
	t.Helper()
	var ids []string
	for o, err := range c.Objects(t.Context(), c.parent) {
		must(t, err)
		ids = append(ids, o.ID)
	}
	if diff := cmp.Diff([]string{first.ID, second.ID}, ids); diff != "" {
		t.Error("all objects of the type:", diff)
	}
	ids = nil
	for o, err := range c.FindByText(t.Context(), c.parent, assets.AttributeOriginalID, []string{`o"1\`, "nothing", "o"}) {
		must(t, err)
		ids = append(ids, o.ID)
		if got := valuesOf(&o, c.originalID); len(got) != 1 || got[0].Text != `o"1\` {
			t.Errorf("an object that was found comes without its values: %+v", o)
		}
	}
	if diff := cmp.Diff([]string{first.ID}, ids); diff != "" {
		t.Error("objects found by a text:", diff)
	}
}

func valuesOf(o *assets.Object, attribute string) []assets.Value {
	for i := range o.Values {
		if o.Values[i].AttributeID == attribute {
			return o.Values[i].Values
		}
	}
	return nil
}

// wait waits for the search index.
func wait(t *testing.T, d time.Duration) bool {
	t.Helper()
	select {
	case <-t.Context().Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (c *targetContract) people(t *testing.T) {
	t.Helper()
	nobody, err := c.UsersNamed(t.Context(), c.o.Prefix+" nobody")
	must(t, err)
	if len(nobody) > 0 {
		t.Errorf("users that do not exist: %+v", nobody)
	}
	exists, err := c.GroupExists(t.Context(), c.o.Prefix+" no group")
	must(t, err)
	if exists {
		t.Error("a group that does not exist does")
	}
	if c.o.User.Name == "" {
		return
	}
	users, err := c.UsersNamed(t.Context(), c.o.User.Name)
	must(t, err)
	if len(users) != 1 || users[0].AccountID != c.o.User.AccountID || !users[0].Active {
		t.Errorf("the users named %q are %+v", c.o.User.Name, users)
	}
	exists, err = c.GroupExists(t.Context(), c.o.Group)
	must(t, err)
	member := false
	for account, err := range c.GroupMembers(t.Context(), c.o.Group) {
		must(t, err)
		member = member || account == c.o.User.AccountID
	}
	if !exists || !member {
		t.Errorf("the group %q: exists %v, has the user %v", c.o.Group, exists, member)
	}
	if _, err := c.Projects(t.Context()); err != nil {
		t.Error(err)
	}
}
