package world

import (
	"iter"
	"strings"
	"time"
)

// Obj is an object inside a View.
type Obj struct {
	w   *World
	id  ID
	rec *record
}

// ID returns the id.
func (o Obj) ID() ID { return o.id }

// TypeID returns the object type.
func (o Obj) TypeID() ID { return o.rec.typ }

// SchemaID returns the schema.
func (o Obj) SchemaID() ID { return o.w.types[o.rec.typ].SchemaID }

// Key returns the key.
func (o Obj) Key() string { return o.w.keyOf(o.id, o.rec) }

// Label returns how the object is called: its label attribute, or its key if that is
// empty.
func (o Obj) Label() string { return o.w.label(o.id, o.rec, 0) }

// Created returns when the object was made.
func (o Obj) Created() time.Time { return fromMillis(o.rec.created) }

// Updated returns when the object was changed last.
func (o Obj) Updated() time.Time { return fromMillis(o.rec.updated) }

// AvatarUUID returns the media file of the object's own avatar, or nothing.
func (o Obj) AvatarUUID() string { return o.w.avatars[o.id] }

// HasAttachments tells whether files are attached.
func (o Obj) HasAttachments() bool { return len(o.w.attachedTo[o.id]) > 0 }

// HasOpenIssues tells whether the object is chosen in an issue that is open.
func (o Obj) HasOpenIssues() bool { return o.w.jira.openIssues(o.id) }

// Values yields the values of one attribute; Key, Created and Updated have one each.
func (o Obj) Values(attribute ID) iter.Seq[Value] {
	if a := o.w.attrs[attribute]; a != nil && a.System {
		return func(yield func(Value) bool) { yield(o.system(a)) }
	}
	return o.w.valuesOf(o.rec.data, attribute)
}

func (o Obj) system(a *attribute) Value {
	switch a.Born {
	case BornKey:
		return Text(o.Key())
	case BornCreated:
		return Value{Kind: KindDateTime, num: o.rec.created}
	case BornUpdated:
		return Value{Kind: KindDateTime, num: o.rec.updated}
	case BornNot, BornName:
	}
	return Value{}
}

// References yields each referenced object with the attribute.
func (o Obj) References() iter.Seq2[ID, ID] { return o.w.refsOf(o.rec.data) }

// Attributes returns the attributes that have values, in the order of the type.
func (o Obj) Attributes() []ObjectAttribute {
	t := o.w.types[o.rec.typ]
	cells := o.w.decode(o.rec.data)
	out := make([]ObjectAttribute, 0, len(cells)+3)
	for _, a := range t.attrs {
		if a.System {
			out = append(out, ObjectAttribute{Attribute: a.ID, Values: []Value{o.system(a)}})
			continue
		}
		for _, c := range cells {
			if c.attr == a.ID {
				if vals := o.w.readable(c.vals); len(vals) > 0 {
					out = append(out, ObjectAttribute{Attribute: a.ID, Values: vals})
				}
				break
			}
		}
	}
	return out
}

// readable leaves out what names nothing any more.
func (w *World) readable(vals []Value) []Value {
	kept := vals[:0]
	for _, v := range vals {
		gone := false
		switch v.Kind {
		case KindRef:
			gone = w.objects.alive(v.ID()) == nil
		case KindStatus:
			gone = w.statuses[v.ID()] == nil
		case KindProject:
			gone = w.jira.projects[v.ID()] == nil
		case KindVersion:
			gone = w.jira.versions[v.ID()] == nil
		case KindNone, KindText, KindSelect, KindInt, KindDouble, KindBool, KindDate, KindDateTime, KindUser, KindGroup:
		}
		if !gone {
			kept = append(kept, v)
		}
	}
	return kept
}

// ObjectAttribute is an attribute of an object with its values.
type ObjectAttribute struct {
	Attribute ID
	Values    []Value
}

// Object is a copy of an object that may be kept.
type Object struct {
	ID         ID
	TypeID     ID
	SchemaID   ID
	Key        string
	Label      string
	Created    time.Time
	Updated    time.Time
	AvatarUUID string
	Attributes []ObjectAttribute
}

// Copy returns a copy that may be kept when the view is closed.
func (o Obj) Copy() Object { return o.w.objectOut(o.id, o.rec) }

func (w *World) objectOut(id ID, rec *record) Object {
	o := Obj{w: w, id: id, rec: rec}
	return Object{
		ID: id, TypeID: rec.typ, SchemaID: o.SchemaID(), Key: o.Key(), Label: o.Label(),
		Created: o.Created(), Updated: o.Updated(), AvatarUUID: o.AvatarUUID(), Attributes: o.Attributes(),
	}
}

// Object returns an object.
func (w *World) Object(id ID) (Object, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	rec := w.objects.alive(id)
	if rec == nil {
		return Object{}, errNoObject(id)
	}
	return w.objectOut(id, rec), nil
}

// ObjectByKey returns the object with that key.
func (w *World) ObjectByKey(key string) (Object, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	id, ok := w.byKey(key)
	if !ok {
		return Object{}, notFound("No object with key %s exists", clip(key))
	}
	return w.objectOut(id, w.objects.at(id)), nil
}

// ObjectCount counts the objects of the site.
func (w *World) ObjectCount() int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.objects.live
}

func (w *World) keyOf(id ID, rec *record) string {
	return w.schemas[w.types[rec.typ].SchemaID].Key + "-" + id.String()
}

// byKey finds an object by its key, blind to case.
func (w *World) byKey(key string) (ID, bool) {
	i := strings.LastIndexByte(key, '-')
	if i < 0 {
		return 0, false
	}
	id, ok := ParseID(key[i+1:])
	if !ok {
		return 0, false
	}
	rec := w.objects.alive(id)
	if rec == nil || !strings.EqualFold(w.keyOf(id, rec), key) {
		return 0, false
	}
	return id, true
}

// label stops after a few steps where labels would lead from object to object.
func (w *World) label(id ID, rec *record, depth int) string {
	if a := labelOf(w.types[rec.typ]); a != nil {
		for v := range (Obj{w: w, id: id, rec: rec}).Values(a.ID) {
			return w.display(v, depth+1)
		}
	}
	return w.keyOf(id, rec)
}

func (w *World) display(v Value, depth int) string {
	switch v.Kind {
	case KindRef:
		if rec := w.objects.alive(v.ID()); rec != nil {
			if depth > 3 {
				return w.keyOf(v.ID(), rec)
			}
			return w.label(v.ID(), rec, depth)
		}
	case KindUser:
		if u := w.people.users[v.Text]; u != nil {
			return u.DisplayName
		}
	case KindStatus:
		if s := w.statuses[v.ID()]; s != nil {
			return s.Name
		}
	case KindProject:
		if p := w.jira.projects[v.ID()]; p != nil {
			return p.Name
		}
	case KindVersion:
		if x := w.jira.versions[v.ID()]; x != nil {
			return x.Name
		}
	case KindNone, KindText, KindSelect, KindInt, KindDouble, KindBool, KindDate, KindDateTime, KindGroup:
	}
	return v.Raw()
}
