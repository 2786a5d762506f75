package world

import "time"

// What follows completes Loader for generated sites: things that the service would
// only let happen in the course of time, or not at all.

// Backdate gives a schema and its object types the time at which they were made.
func (l *Loader) Backdate(schema ID, created time.Time) {
	s := l.w.schemas[schema]
	if s == nil {
		return
	}
	s.Created, s.Updated = created, created
	for _, id := range s.types {
		t := l.w.types[id]
		t.Created, t.Updated = created, created
	}
}

// NameSchema names a schema without checking the name.
func (l *Loader) NameSchema(schema ID, name string) {
	if s := l.w.schemas[schema]; s != nil {
		s.Name = name
	}
}

// NameType names an object type without checking the name.
func (l *Loader) NameType(objectType ID, name string) {
	if t := l.w.types[objectType]; t != nil {
		t.Name = name
	}
}

// Avatar gives an object a stored media file as its avatar, at no time.
func (l *Loader) Avatar(object ID, uuid string) {
	if l.w.objects.alive(object) != nil && l.w.media.files[uuid] != nil {
		l.w.avatars[object] = uuid
	}
}

// Change adds a change of an attribute to the history of an object. It says what was;
// the object keeps the values it has.
func (l *Loader) Change(object, attribute ID, actor string, at time.Time, before, after []Value) {
	w := l.w
	a := w.attrs[attribute]
	if a == nil || w.opt.NoHistory || w.objects.alive(object) == nil {
		return
	}
	w.changes[object] = append(w.changes[object], change{
		id: w.ids.change.next(), at: at.UnixMilli(), attr: attribute, name: a.Name,
		actor: uint32(w.people.accounts.intern(actor)),
		old:   w.displayAll(before), new: w.displayAll(after),
	})
}

// ObjectIDs appends the objects of exactly a type to ids, ascending, as they are and
// not as searches see them.
func (v *View) ObjectIDs(ids []ID, typeID ID) []ID {
	if t := v.w.types[typeID]; t != nil {
		for _, id := range t.objects {
			if v.w.objects.alive(id) != nil {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
