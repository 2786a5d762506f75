package world

import (
	"maps"
	"regexp"
	"slices"
)

// ReferenceType names the meaning of references. SchemaID zero means that it is
// global.
type ReferenceType struct {
	ID          ID
	SchemaID    ID
	Name        string
	Description string
	Color       string
	Removable   bool
}

// ReferenceTypeInput creates a reference type.
type ReferenceTypeInput struct {
	SchemaID                 ID
	Name, Description, Color string
}

// ReferenceTypePatch changes what is not nil.
type ReferenceTypePatch struct {
	Name, Description, Color *string
}

// colorForm is the form of a colour, with or without the number sign.
var colorForm = regexp.MustCompile(`^#?[0-9A-Fa-f]{3}([0-9A-Fa-f]{3})?$`)

func (w *World) bornReferenceTypes() {
	for _, r := range []struct{ name, color string }{
		{"Depends", "ac2a00"},
		{"Installed", "3b7fc4"},
		{"Link", "8eb021"},
		{"Reference", "49a6ed"},
		{"Used", "f6c342"},
	} {
		id := w.ids.refType.next()
		w.refTypes[id] = &ReferenceType{ID: id, Name: r.name, Color: r.color}
	}
}

// ReferenceTypes returns the reference types of a schema, or the global ones for
// schema zero, in the order of their ids. With all, the global ones come with those
// of the schema, and schema zero means all there are.
func (w *World) ReferenceTypes(schemaID ID, all bool) ([]ReferenceType, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if schemaID != 0 {
		if _, err := w.schema(schemaID); err != nil {
			return nil, err
		}
	}
	var out []ReferenceType
	for _, id := range slices.Sorted(maps.Keys(w.refTypes)) {
		r := w.refTypes[id]
		if r.SchemaID == schemaID || all && (schemaID == 0 || r.SchemaID == 0) {
			out = append(out, *r)
		}
	}
	return out, nil
}

// ReferenceType returns one reference type.
func (w *World) ReferenceType(id ID) (ReferenceType, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	r := w.refTypes[id]
	if r == nil {
		return ReferenceType{}, notFound("No reference type with id %d exists", id)
	}
	return *r, nil
}

// ReferenceTypePNG returns the picture of a reference type, 16 pixels wide.
func (w *World) ReferenceTypePNG(id ID) ([]byte, error) {
	r, err := w.ReferenceType(id)
	if err != nil {
		return nil, err
	}
	return drawPNG(r.Name, 16), nil
}

// CreateReferenceType makes a reference type, global or of a schema.
func (w *World) CreateReferenceType(in ReferenceTypeInput) (ReferenceType, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if in.SchemaID != 0 {
		if _, err := w.manageable(in.SchemaID); err != nil {
			return ReferenceType{}, err
		}
	}
	r := &ReferenceType{SchemaID: in.SchemaID, Name: in.Name, Description: in.Description, Color: in.Color, Removable: true}
	if err := w.checkReferenceType(r); err != nil {
		return ReferenceType{}, err
	}
	r.ID = w.ids.refType.next()
	w.refTypes[r.ID] = r
	return *r, nil
}

func (w *World) checkReferenceType(r *ReferenceType) error {
	if err := checkPlainName(r.Name); err != nil {
		return err
	}
	if r.Color != "" && !colorForm.MatchString(r.Color) {
		return badField("color", "The color is invalid")
	}
	for id, o := range w.refTypes {
		if id != r.ID && o.SchemaID == r.SchemaID && sameName(o.Name, r.Name) {
			return errNameTaken()
		}
	}
	return nil
}

// UpdateReferenceType changes a reference type.
func (w *World) UpdateReferenceType(id ID, in ReferenceTypePatch) (ReferenceType, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.refTypes[id]
	if r == nil {
		return ReferenceType{}, notFound("No reference type with id %d exists", id)
	}
	next := *r
	set(&next.Name, in.Name)
	set(&next.Description, in.Description)
	set(&next.Color, in.Color)
	if err := w.checkReferenceType(&next); err != nil {
		return ReferenceType{}, err
	}
	*r = next
	return *r, nil
}

// DeleteReferenceType removes a reference type that no attribute uses and that the
// site was not born with.
func (w *World) DeleteReferenceType(id ID) (ReferenceType, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.refTypes[id]
	if r == nil {
		return ReferenceType{}, notFound("No reference type with id %d exists", id)
	}
	if !r.Removable {
		return ReferenceType{}, badRequest("The reference type %s cannot be deleted", r.Name)
	}
	for _, a := range w.attrs {
		if a.RefKind == id {
			return ReferenceType{}, badRequest("The reference type %s is in use", r.Name)
		}
	}
	delete(w.refTypes, id)
	return *r, nil
}
