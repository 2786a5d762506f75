package world

import (
	"slices"
	"time"
)

// Schema is an object schema.
type Schema struct {
	ID          ID
	Key         string
	Name        string
	Description string
	Status      string
	CanManage   bool
	Created     time.Time
	Updated     time.Time
	ObjectCount int
	TypeCount   int
}

// SchemaInput creates a schema.
type SchemaInput struct {
	Name, Key, Description string
}

// SchemaPatch changes what is not nil.
type SchemaPatch struct {
	Name, Key, Description *string
}

// schema is a schema as it is kept; the counts of Schema are made on reading.
type schema struct {
	Schema
	config SchemaConfig
	roots  []ID // object types without parent, in order
	types  []ID // all object types, in the order of creation
}

// CreateSchema makes an empty schema with its three roles.
func (w *World) CreateSchema(in SchemaInput) (Schema, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.createSchema(in)
	if err != nil {
		return Schema{}, err
	}
	return w.schemaOut(s), nil
}

func (w *World) createSchema(in SchemaInput) (*schema, error) {
	if err := w.checkSchema(0, &in.Name, &in.Key); err != nil {
		return nil, err
	}
	now := w.Now()
	s := &schema{Schema: Schema{
		ID: w.ids.schema.next(), Key: in.Key, Name: in.Name, Description: in.Description,
		Status: "Ok", CanManage: true, Created: now, Updated: now,
	}}
	w.schemas[s.ID] = s
	w.schemaOrder = append(w.schemaOrder, s.ID)
	w.bornRoles(s)
	return s, nil
}

// checkSchema checks a name and a key that are about to be given to a schema.
func (w *World) checkSchema(self ID, name, key *string) error {
	fields := map[string]string{}
	if name != nil {
		if err := checkName(*name); err != nil {
			fields["name"] = err.Fields["name"]
		}
	}
	if key != nil && !schemaKey.MatchString(*key) {
		fields["objectSchemaKey"] = "The key must be 2 to 20 upper-case letters and digits and start with a letter"
	}
	for id, s := range w.schemas {
		if id == self {
			continue
		}
		if name != nil && sameName(s.Name, *name) {
			fields["name"] = "Name has to be unique"
		}
		if key != nil && s.Key == *key {
			fields["objectSchemaKey"] = "Key has to be unique"
		}
	}
	if len(fields) > 0 {
		return &Error{Status: 400, Fields: fields}
	}
	return nil
}

// Schemas returns all schemas in the order of their creation, with their counts.
func (w *World) Schemas() []Schema {
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := make([]Schema, 0, len(w.schemaOrder))
	for _, id := range w.schemaOrder {
		out = append(out, w.schemaOut(w.schemas[id]))
	}
	return out
}

// Schema returns one schema with its counts.
func (w *World) Schema(id ID) (Schema, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	s, err := w.schema(id)
	if err != nil {
		return Schema{}, err
	}
	return w.schemaOut(s), nil
}

// SchemaByKey returns the schema with that key.
func (w *World) SchemaByKey(key string) (Schema, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, s := range w.schemas {
		if s.Key == key {
			return w.schemaOut(s), nil
		}
	}
	return Schema{}, notFound("No object schema with key %s exists", key)
}

func (w *World) schema(id ID) (*schema, error) {
	s := w.schemas[id]
	if s == nil {
		return nil, notFound("No object schema with id %d exists", id)
	}
	return s, nil
}

// manageable returns a schema that may be changed.
func (w *World) manageable(id ID) (*schema, error) {
	s, err := w.schema(id)
	if err != nil {
		return nil, err
	}
	if !s.CanManage {
		return nil, forbidden("You do not have permission to change the object schema %s", s.Name)
	}
	return s, nil
}

func (w *World) schemaOut(s *schema) Schema {
	out := s.Schema
	out.TypeCount = len(s.types)
	for _, t := range s.types {
		out.ObjectCount += w.types[t].count()
	}
	return out
}

// UpdateSchema changes a schema; another key gives all its objects other keys.
func (w *World) UpdateSchema(id ID, in SchemaPatch) (Schema, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.manageable(id)
	if err != nil {
		return Schema{}, err
	}
	if err := w.checkSchema(id, in.Name, in.Key); err != nil {
		return Schema{}, err
	}
	set(&s.Name, in.Name)
	set(&s.Key, in.Key)
	set(&s.Description, in.Description)
	s.Updated = w.Now()
	return w.schemaOut(s), nil
}

// DeleteSchema removes a schema and everything in it, and returns what it was.
func (w *World) DeleteSchema(id ID) (Schema, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.manageable(id)
	if err != nil {
		return Schema{}, err
	}
	out := w.schemaOut(s)
	for len(s.roots) > 0 {
		w.dropType(w.types[s.roots[len(s.roots)-1]], func(typ ID) bool { return w.types[typ] == nil || w.types[typ].SchemaID == id })
	}
	delete(w.schemas, id)
	w.schemaOrder = remove(w.schemaOrder, id)
	dropOf(w.roles, func(r *Role) bool { return r.SchemaID == id })
	dropOf(w.statuses, func(t *StatusType) bool { return t.SchemaID == id })
	dropOf(w.refTypes, func(t *ReferenceType) bool { return t.SchemaID == id })
	dropOf(w.icons, func(i *icon) bool { return i.SchemaID == id })
	return out, nil
}

func dropOf[T any](all map[ID]T, gone func(T) bool) {
	for id, v := range all {
		if gone(v) {
			delete(all, id)
		}
	}
}

// set takes over a value that has been given.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func remove(list []ID, id ID) []ID {
	if i := slices.Index(list, id); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
