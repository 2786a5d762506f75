package world

import (
	"maps"
	"slices"
)

// Role is one of the three roles of a schema.
type Role struct {
	ID          ID
	SchemaID    ID
	Name        string
	Description string
	Actors      []Actor
}

// The kinds of actors.
const (
	ActorUser  = "atlassian-user-role-actor"
	ActorGroup = "atlassian-group-role-actor"
)

// Actor is who has a role: a user by account id or a group by name.
type Actor struct {
	Type string
	Name string
}

func (w *World) bornRoles(s *schema) {
	for _, r := range [][2]string{
		{"Object Schema Managers", "Can change the configuration and the objects of the schema"},
		{"Object Schema Developers", "Can change the object types and the objects of the schema"},
		{"Object Schema Users", "Can view the objects of the schema"},
	} {
		id := w.ids.role.next()
		w.roles[id] = &Role{ID: id, SchemaID: s.ID, Name: r[0], Description: r[1]}
	}
}

// Roles returns the roles of a schema: managers, developers, users.
func (w *World) Roles(schemaID ID) ([]Role, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if _, err := w.schema(schemaID); err != nil {
		return nil, err
	}
	var out []Role
	for _, id := range slices.Sorted(maps.Keys(w.roles)) {
		if r := w.roles[id]; r.SchemaID == schemaID {
			out = append(out, *r)
		}
	}
	return out, nil
}

// Role returns one role.
func (w *World) Role(id ID) (Role, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	r := w.roles[id]
	if r == nil {
		return Role{}, notFound("No role with id %d exists", id)
	}
	return *r, nil
}

// SetRoleActors says who has a role. Unknown users and groups are refused.
func (w *World) SetRoleActors(id ID, actors []Actor) (Role, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.roles[id]
	if r == nil {
		return Role{}, notFound("No role with id %d exists", id)
	}
	for _, a := range actors {
		switch {
		case a.Type == ActorUser && w.people.users[a.Name] != nil:
		case a.Type == ActorGroup && w.people.entry(a.Name) != nil:
		default:
			return Role{}, badField("actors", "The actor %s provided is invalid", a.Name)
		}
	}
	r.Actors = slices.Clone(actors)
	return *r, nil
}
