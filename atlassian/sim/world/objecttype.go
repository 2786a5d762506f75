package world

import (
	"slices"
	"time"
)

// ObjectType is a type of objects. ParentInherited tells that the parent hands its
// attributes down; ObjectCount counts the objects of exactly this type.
type ObjectType struct {
	ID              ID
	SchemaID        ID
	ParentID        ID
	IconID          ID
	Name            string
	Description     string
	Position        int
	Inherited       bool
	Abstract        bool
	ParentInherited bool
	Created         time.Time
	Updated         time.Time
	ObjectCount     int
}

// TypeInput creates an object type. ParentID zero puts it at the top.
type TypeInput struct {
	SchemaID, ParentID, IconID ID
	Name, Description          string
	Inherited, Abstract        bool
}

// TypePatch changes what is not nil.
type TypePatch struct {
	Name, Description   *string
	IconID              *ID
	Inherited, Abstract *bool
}

// objectType is a type as it is kept; Position, ParentInherited and ObjectCount of
// ObjectType are made on reading.
type objectType struct {
	ObjectType
	attrs    []*attribute // in order
	children []ID         // in order
	objects  []ID         // ascending; may hold deleted ones that searches still see
	gone     int          // how many of objects are deleted
}

func (t *objectType) count() int { return len(t.objects) - t.gone }

// CreateType makes an object type with Key, Name, Created and Updated, and with
// copies of the parent's attributes if the parent hands them down.
func (w *World) CreateType(in TypeInput) (ObjectType, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.manageable(in.SchemaID); err != nil {
		return ObjectType{}, err
	}
	t, err := w.createType(in)
	if err != nil {
		return ObjectType{}, err
	}
	return w.typeOut(t), nil
}

func (w *World) createType(in TypeInput) (*objectType, error) {
	s := w.schemas[in.SchemaID]
	if err := w.checkType(s, 0, &in.Name, &in.IconID); err != nil {
		return nil, err
	}
	var parent *objectType
	if in.ParentID != 0 {
		parent = w.types[in.ParentID]
		if parent == nil || parent.SchemaID != s.ID {
			return nil, badField("parentObjectTypeId", "No object type with id %d exists in the object schema", in.ParentID)
		}
	}
	now := w.Now()
	t := &objectType{ObjectType: ObjectType{
		ID: w.ids.objectType.next(), SchemaID: s.ID, ParentID: in.ParentID, IconID: in.IconID,
		Name: in.Name, Description: in.Description, Inherited: in.Inherited, Abstract: in.Abstract,
		Created: now, Updated: now,
	}}
	w.types[t.ID] = t
	s.types = append(s.types, t.ID)
	w.bornAttributes(t)
	if parent == nil {
		s.roots = append(s.roots, t.ID)
		return t, nil
	}
	parent.children = append(parent.children, t.ID)
	if parent.Inherited {
		w.inherit(parent, t)
	}
	return t, nil
}

// checkType checks what is about to be given to an object type.
func (w *World) checkType(s *schema, self ID, name *string, iconID *ID) error {
	fields := map[string]string{}
	if name != nil {
		if err := checkName(*name); err != nil {
			fields["name"] = err.Fields["name"]
		}
		for _, id := range s.types {
			if id != self && sameName(w.types[id].Name, *name) {
				fields["name"] = errNameTaken().Fields["name"]
			}
		}
	}
	if iconID != nil && !w.iconUsable(*iconID, s.ID) {
		fields["iconId"] = "Icon needs to be set."
	}
	if len(fields) > 0 {
		return &Error{Status: 400, Fields: fields}
	}
	return nil
}

// ObjectType returns one object type.
func (w *World) ObjectType(id ID) (ObjectType, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	t, err := w.objectType(id)
	if err != nil {
		return ObjectType{}, err
	}
	return w.typeOut(t), nil
}

// ObjectTypes returns the object types of a schema, parents before children, each
// level in its order.
func (w *World) ObjectTypes(schemaID ID) ([]ObjectType, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	s, err := w.schema(schemaID)
	if err != nil {
		return nil, err
	}
	out := make([]ObjectType, 0, len(s.types))
	w.walkTypes(s.roots, func(t *objectType) { out = append(out, w.typeOut(t)) })
	return out, nil
}

func (w *World) walkTypes(ids []ID, visit func(*objectType)) {
	for _, id := range ids {
		t := w.types[id]
		visit(t)
		w.walkTypes(t.children, visit)
	}
}

func (w *World) objectType(id ID) (*objectType, error) {
	t := w.types[id]
	if t == nil {
		return nil, notFound("No object type with id %d exists", id)
	}
	return t, nil
}

// manageableType returns an object type that may be changed, with its schema.
func (w *World) manageableType(id ID) (*objectType, *schema, error) {
	t, err := w.objectType(id)
	if err != nil {
		return nil, nil, err
	}
	s, err := w.manageable(t.SchemaID)
	return t, s, err
}

// siblings returns the list in which the type stands.
func (w *World) siblings(t *objectType) *[]ID {
	if t.ParentID != 0 {
		return &w.types[t.ParentID].children
	}
	return &w.schemas[t.SchemaID].roots
}

func (w *World) typeOut(t *objectType) ObjectType {
	out := t.ObjectType
	out.Position = slices.Index(*w.siblings(t), t.ID)
	out.ObjectCount = t.count()
	if t.ParentID != 0 {
		out.ParentInherited = w.types[t.ParentID].Inherited
	}
	return out
}

// UpdateType changes an object type. Making it inherited hands its attributes to the
// children; an object type with objects cannot become abstract.
func (w *World) UpdateType(id ID, in TypePatch) (ObjectType, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, s, err := w.manageableType(id)
	if err != nil {
		return ObjectType{}, err
	}
	if err := w.checkType(s, id, in.Name, in.IconID); err != nil {
		return ObjectType{}, err
	}
	if in.Abstract != nil && *in.Abstract && t.count() > 0 {
		return ObjectType{}, badField("abstractObjectType", "The object type has objects and cannot be abstract")
	}
	set(&t.Name, in.Name)
	set(&t.Description, in.Description)
	set(&t.IconID, in.IconID)
	set(&t.Abstract, in.Abstract)
	if in.Inherited != nil && *in.Inherited != t.Inherited {
		t.Inherited = *in.Inherited
		for _, c := range t.children {
			if t.Inherited {
				w.inherit(t, w.types[c])
			} else {
				w.disinherit(w.types[c])
			}
		}
	}
	t.Updated = w.Now()
	return w.typeOut(t), nil
}

// DeleteType removes an object type with its objects, its children, and every
// attribute anywhere that refers to one of these types; it returns what the type was.
func (w *World) DeleteType(id ID) (ObjectType, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, _, err := w.manageableType(id)
	if err != nil {
		return ObjectType{}, err
	}
	out := w.typeOut(t)
	w.dropType(t, func(typ ID) bool { return w.isWithin(typ, id) })
	return out, nil
}

// dropType removes a type. What belongs to doomed types is about to go too and needs
// no tidying.
func (w *World) dropType(t *objectType, doomed func(typ ID) bool) {
	for len(t.children) > 0 {
		w.dropType(w.types[t.children[len(t.children)-1]], doomed)
	}
	for _, a := range w.attrs {
		if a.RefType == t.ID && !doomed(a.TypeID) {
			w.dropAttribute(a)
		}
	}
	for _, id := range slices.Clone(t.objects) {
		rec := w.objects.alive(id)
		if rec == nil {
			continue
		}
		for _, from := range w.inbound(id) {
			if !doomed(w.objects.at(from).typ) {
				w.unrefer("", from, id)
			}
		}
		w.forget(id)
	}
	for _, id := range t.objects { // also those that searches would still have seen
		*w.objects.slot(id) = record{}
		delete(w.lag.versions, id)
	}
	for _, a := range t.attrs {
		delete(w.attrs, a.ID)
		delete(w.index.byAttr, a.ID)
	}
	list := w.siblings(t)
	*list = remove(*list, t.ID)
	s := w.schemas[t.SchemaID]
	s.types = remove(s.types, t.ID)
	delete(w.types, t.ID)
}

// isWithin tells whether a type is root or lies below it.
func (w *World) isWithin(id, root ID) bool {
	for id != 0 {
		if id == root {
			return true
		}
		t := w.types[id]
		if t == nil {
			return false
		}
		id = t.ParentID
	}
	return false
}
