package world

import (
	"cmp"
	"maps"
	"slices"
)

// StatusType is a status. SchemaID zero means that it is global. The category is 1
// for active, 0 for inactive, 2 for pending.
type StatusType struct {
	ID          ID
	SchemaID    ID
	Name        string
	Description string
	Category    int
}

// StatusInput creates a status type.
type StatusInput struct {
	SchemaID          ID
	Name, Description string
	Category          int
}

// StatusPatch changes what is not nil.
type StatusPatch struct {
	Name, Description *string
	Category          *int
}

func (w *World) bornStatuses() {
	for _, s := range []struct {
		name     string
		category int
	}{
		{"Action Needed", 2},
		{"Active", 1},
		{"Closed", 0},
		{"In Service", 1},
		{"Running", 1},
		{"Stopped", 0},
		{"Support Requested", 2},
	} {
		id := w.ids.status.next()
		w.statuses[id] = &StatusType{ID: id, Name: s.name, Category: s.category}
	}
}

// StatusTypes returns the statuses of a schema, or the global ones for schema zero,
// in the order of their ids.
func (w *World) StatusTypes(schemaID ID) ([]StatusType, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if schemaID != 0 {
		if _, err := w.schema(schemaID); err != nil {
			return nil, err
		}
	}
	var out []StatusType
	for _, id := range slices.Sorted(maps.Keys(w.statuses)) {
		if s := w.statuses[id]; s.SchemaID == schemaID {
			out = append(out, *s)
		}
	}
	return out, nil
}

// StatusType returns one status.
func (w *World) StatusType(id ID) (StatusType, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	s := w.statuses[id]
	if s == nil {
		return StatusType{}, notFound("No status type with id %d exists", id)
	}
	return *s, nil
}

// CreateStatusType makes a status, global or of a schema.
func (w *World) CreateStatusType(in StatusInput) (StatusType, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if in.SchemaID != 0 {
		if _, err := w.manageable(in.SchemaID); err != nil {
			return StatusType{}, err
		}
	}
	s := &StatusType{SchemaID: in.SchemaID, Name: in.Name, Description: in.Description, Category: in.Category}
	if err := w.checkStatusType(s); err != nil {
		return StatusType{}, err
	}
	s.ID = w.ids.status.next()
	w.statuses[s.ID] = s
	return *s, nil
}

func (w *World) checkStatusType(s *StatusType) error {
	if err := checkPlainName(s.Name); err != nil {
		return err
	}
	if s.Category < 0 || s.Category > 2 {
		return badField("category", "The category must be 0, 1 or 2")
	}
	for id, o := range w.statuses {
		if id != s.ID && o.SchemaID == s.SchemaID && sameName(o.Name, s.Name) {
			return errNameTaken()
		}
	}
	return nil
}

// UpdateStatusType changes a status.
func (w *World) UpdateStatusType(id ID, in StatusPatch) (StatusType, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.statuses[id]
	if s == nil {
		return StatusType{}, notFound("No status type with id %d exists", id)
	}
	next := *s
	set(&next.Name, in.Name)
	set(&next.Description, in.Description)
	set(&next.Category, in.Category)
	if err := w.checkStatusType(&next); err != nil {
		return StatusType{}, err
	}
	*s = next
	return *s, nil
}

// DeleteStatusType removes a status. Objects that have it keep a value that names
// nothing, which reads as no value.
func (w *World) DeleteStatusType(id ID) (StatusType, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.statuses[id]
	if s == nil {
		return StatusType{}, notFound("No status type with id %d exists", id)
	}
	delete(w.statuses, id)
	return *s, nil
}

// findStatus finds a status by id or name among those of a schema and the global
// ones; the schema's own come first.
func (w *World) findStatus(schemaID ID, s string) *StatusType {
	if id, ok := ParseID(s); ok {
		st := w.statuses[id]
		if st != nil && (st.SchemaID == 0 || st.SchemaID == schemaID) {
			return st
		}
	}
	var found []*StatusType
	for _, st := range w.statuses {
		if sameName(st.Name, s) && (st.SchemaID == 0 || st.SchemaID == schemaID) {
			found = append(found, st)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return slices.MaxFunc(found, func(a, b *StatusType) int { return cmp.Compare(a.SchemaID, b.SchemaID) })
}
