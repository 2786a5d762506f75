package world

import (
	"iter"
	"slices"
	"time"
)

// View reads a site under its lock. It is valid during the function it was given to.
type View struct {
	w   *World
	now int64
}

// View runs fn under the read lock. fn must not call methods of World.
func (w *World) View(fn func(v *View)) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	fn(&View{w: w, now: w.nowMillis()})
}

// Now is the moment at which the view was opened.
func (v *View) Now() time.Time { return fromMillis(v.now) }

// Schema returns a schema without its counts.
func (v *View) Schema(id ID) (Schema, bool) {
	s := v.w.schemas[id]
	if s == nil {
		return Schema{}, false
	}
	return s.Schema, true
}

// SchemaIDs are the schemas in the order of their creation.
func (v *View) SchemaIDs() []ID { return v.w.schemaOrder }

// ObjectType returns an object type.
func (v *View) ObjectType(id ID) (ObjectType, bool) {
	t := v.w.types[id]
	if t == nil {
		return ObjectType{}, false
	}
	return v.w.typeOut(t), true
}

// TypeIDs are the object types of a schema in the order of their creation.
func (v *View) TypeIDs(schemaID ID) []ID {
	s := v.w.schemas[schemaID]
	if s == nil {
		return nil
	}
	return s.types
}

// Children are the object types below a type, one level, in order.
func (v *View) Children(typeID ID) []ID {
	t := v.w.types[typeID]
	if t == nil {
		return nil
	}
	return t.children
}

// IsWithin tells whether a type is root or lies below it.
func (v *View) IsWithin(typeID, root ID) bool { return v.w.isWithin(typeID, root) }

// Attributes are the attributes of a type in order. The pointers must not be written
// through nor kept.
func (v *View) Attributes(typeID ID) iter.Seq[*Attribute] {
	return func(yield func(*Attribute) bool) {
		t := v.w.types[typeID]
		if t == nil {
			return
		}
		for _, a := range t.attrs {
			if !yield(&a.Attribute) {
				return
			}
		}
	}
}

// Attribute returns an attribute, with its position.
func (v *View) Attribute(id ID) (Attribute, bool) {
	a := v.w.attrs[id]
	if a == nil {
		return Attribute{}, false
	}
	return v.w.attrOut(a), true
}

// AttributeByName returns the attribute of a type with that name, blind to case.
func (v *View) AttributeByName(typeID ID, name string) (*Attribute, bool) {
	if t := v.w.types[typeID]; t != nil {
		for _, a := range t.attrs {
			if sameName(a.Name, name) {
				return &a.Attribute, true
			}
		}
	}
	return nil, false
}

// StatusType returns a status.
func (v *View) StatusType(id ID) (StatusType, bool) { return deref(v.w.statuses[id]) }

// ReferenceType returns a reference type.
func (v *View) ReferenceType(id ID) (ReferenceType, bool) { return deref(v.w.refTypes[id]) }

// Icon returns an icon.
func (v *View) Icon(id ID) (Icon, bool) {
	i := v.w.icons[id]
	if i == nil {
		return Icon{}, false
	}
	return i.Icon, true
}

// User returns a user.
func (v *View) User(accountID string) (User, bool) { return deref(v.w.people.users[accountID]) }

// UserInGroup tells whether a user belongs to a group.
func (v *View) UserInGroup(accountID, group string) bool {
	return v.w.people.inAny(accountID, []string{group})
}

// Project returns a project.
func (v *View) Project(id ID) (Project, bool) { return deref(v.w.jira.projects[id]) }

// Version returns a version.
func (v *View) Version(id ID) (Version, bool) { return deref(v.w.jira.versions[id]) }

func deref[T any](p *T) (T, bool) {
	if p == nil {
		var none T
		return none, false
	}
	return *p, true
}

// Object returns an object as it is.
func (v *View) Object(id ID) (Obj, bool) {
	rec := v.w.objects.alive(id)
	if rec == nil {
		return Obj{}, false
	}
	return Obj{w: v.w, id: id, rec: rec}, true
}

// ObjectByKey returns the object with that key as it is.
func (v *View) ObjectByKey(key string) (Obj, bool) {
	id, ok := v.w.byKey(key)
	if !ok {
		return Obj{}, false
	}
	return v.Object(id)
}

// SearchObject returns an object as searches see it.
func (v *View) SearchObject(id ID) (Obj, bool) {
	rec := v.w.lag.seen(id, v.w.objects.at(id), v.now)
	if rec == nil || v.w.types[rec.typ] == nil {
		return Obj{}, false
	}
	return Obj{w: v.w, id: id, rec: rec}, true
}

// SearchType yields the objects of exactly one type with an id above after, in the
// order of their ids, as searches see them. It starts in logarithmic time.
func (v *View) SearchType(typeID, after ID) iter.Seq[Obj] {
	return func(yield func(Obj) bool) {
		t := v.w.types[typeID]
		if t == nil {
			return
		}
		i, found := slices.BinarySearch(t.objects, after)
		if found {
			i++
		}
		for _, id := range t.objects[i:] {
			rec := v.w.lag.seen(id, v.w.objects.at(id), v.now)
			if rec != nil && !yield(Obj{w: v.w, id: id, rec: rec}) {
				return
			}
		}
	}
}

// CountType counts the objects of exactly one type as searches see them, without
// looking at each.
func (v *View) CountType(typeID ID) int {
	t := v.w.types[typeID]
	if t == nil {
		return 0
	}
	return t.count() - v.w.lag.hidden(v.w, typeID, v.now)
}

// Lookup returns the objects of an attribute's type that may have a value which
// reads like text (see Value.Raw), blind to case, in the order of their ids. They are
// candidates: ask SearchObject for each and compare. ok is false for attributes
// without stored values (Key, Created, Updated). The first call for an attribute
// reads all objects of the type.
func (v *View) Lookup(attribute ID, text string) (ids []ID, ok bool) {
	a := v.w.attrs[attribute]
	if a == nil || a.System {
		return nil, false
	}
	ids = v.w.index.candidates(v.w, a, foldText(text))
	for id := range v.w.lag.versions {
		if rec := v.w.objects.at(id); rec != nil && rec.typ == a.TypeID {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), true
}

// Inbound returns the objects that refer to an object, in the order of their ids.
func (v *View) Inbound(object ID) []ID { return v.w.inbound(object) }

// IssuesOf returns the issues in which an object is chosen, in the order of their ids.
func (v *View) IssuesOf(object ID) []ID {
	return slices.Sorted(slices.Values(v.w.jira.byObject[object]))
}

// Display is how a value is shown: the label of an object, the name of a user, group,
// status, project or version, otherwise the value itself.
func (v *View) Display(val Value) string { return v.w.display(val, 0) }

// SearchValue is what the service calls the search value: the key of an object, the
// account id of a user, the id of a status, otherwise the value itself.
func (v *View) SearchValue(val Value) string {
	if val.Kind == KindRef {
		if rec := v.w.objects.alive(val.ID()); rec != nil {
			return v.w.keyOf(val.ID(), rec)
		}
	}
	return val.Raw()
}
