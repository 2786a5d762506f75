package world

import "slices"

// MoveType puts an object type under another parent (zero is the top of its schema)
// at a position among the children there; a position beyond the end is the end. Under
// a parent that hands its attributes down the type gets copies of them; what it had
// from an earlier parent stays with it as its own.
func (w *World) MoveType(id, parent ID, position int) (ObjectType, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, s, err := w.manageableType(id)
	if err != nil {
		return ObjectType{}, err
	}
	if position < 0 {
		return ObjectType{}, badField("position", "The position must not be negative")
	}
	if parent != 0 {
		p := w.types[parent]
		if p == nil || p.SchemaID != s.ID {
			return ObjectType{}, badField("toObjectTypeId", "No object type with id %d exists in the object schema", parent)
		}
		if w.isWithin(parent, id) {
			return ObjectType{}, badField("toObjectTypeId", "An object type cannot be moved below itself")
		}
	}
	from := w.siblings(t)
	*from = remove(*from, id)
	if t.ParentID != parent {
		w.disinherit(t)
		t.ParentID = parent
		if parent != 0 && w.types[parent].Inherited {
			w.inherit(w.types[parent], t)
		}
	}
	to := w.siblings(t)
	*to = slices.Insert(*to, min(position, len(*to)), id)
	t.Updated = w.Now()
	return w.typeOut(t), nil
}

// MoveAttribute puts an attribute at a position among those of its object type; a
// position beyond the end is the end.
func (w *World) MoveAttribute(typeID, id ID, position int) (Attribute, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, _, err := w.manageableType(typeID)
	if err != nil {
		return Attribute{}, err
	}
	from := slices.IndexFunc(t.attrs, func(a *attribute) bool { return a.ID == id })
	switch {
	case from < 0:
		return Attribute{}, notFound("No object type attribute with id %d exists on the object type", id)
	case position < 0:
		return Attribute{}, badField("position", "The position must not be negative")
	}
	a := t.attrs[from]
	t.attrs = slices.Delete(t.attrs, from, from+1)
	t.attrs = slices.Insert(t.attrs, min(position, len(t.attrs)), a)
	t.Updated = w.Now()
	return w.attrOut(a), nil
}
