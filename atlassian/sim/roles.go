package sim

import (
	"net/http"

	"stowage/atlassian/sim/world"
)

func (s *Site) roleRoutes(rt *assetsRouter) {
	s.undocumented(rt, FeatureRoles, "GET /config/role/objectschema/{id}", s.listSchemaRoles)
	s.undocumented(rt, FeatureRoles, "GET /config/role/objecttype/{id}", s.listTypeRoles)
	s.undocumented(rt, FeatureRoles, "GET /config/role/{id}", s.getRole)
	s.undocumented(rt, FeatureRoles, "PUT /config/role/{id}", s.updateRole)
}

type wireActor struct {
	ID          int    `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	DisplayName string `json:"displayName"`
}

type wireRole struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Actors      []wireActor `json:"actors"`
}

func (s *Site) listSchemaRoles(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object schema")
	if err != nil {
		writeError(w, err)
		return
	}
	s.answerRoles(w, r, id)
}

func (s *Site) listTypeRoles(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object type")
	if err != nil {
		writeError(w, err)
		return
	}
	t, err := s.world.ObjectType(id)
	if err != nil {
		writeError(w, err)
		return
	}
	s.answerRoles(w, r, t.SchemaID)
}

// answerRoles names each role and where it is found. The links still say
// "insight", as those of the service do.
func (s *Site) answerRoles(w http.ResponseWriter, r *http.Request, schema world.ID) {
	roles, err := s.world.Roles(schema)
	if err != nil {
		writeError(w, err)
		return
	}
	links := map[string]string{}
	for _, role := range roles {
		links[role.Name] = origin(r) + "/jsm/insight/workspace/" + s.workspaceID + "/v1/config/role/" + role.ID.String()
	}
	writeJSON(w, http.StatusOK, links)
}

func (s *Site) getRole(w http.ResponseWriter, r *http.Request) {
	s.withRole(w, r, s.world.Role)
}

// updateRole replaces all actors.
func (s *Site) updateRole(w http.ResponseWriter, r *http.Request) {
	s.withRole(w, r, func(id world.ID) (world.Role, error) {
		var in struct {
			CategorisedActors map[string][]looseString `json:"categorisedActors"`
		}
		if err := readJSON(r, &in); err != nil {
			return world.Role{}, err
		}
		var actors []world.Actor
		for kind := range in.CategorisedActors {
			if kind != world.ActorUser && kind != world.ActorGroup {
				return world.Role{}, badRequest("The kind of actor %s is unknown.", kind)
			}
		}
		for _, kind := range []string{world.ActorUser, world.ActorGroup} {
			for _, name := range in.CategorisedActors[kind] {
				actors = append(actors, world.Actor{Type: kind, Name: string(name)})
			}
		}
		return s.world.SetRoleActors(id, actors)
	})
}

func (s *Site) withRole(w http.ResponseWriter, r *http.Request, do func(world.ID) (world.Role, error)) {
	id, err := pathID(r, "id", "role")
	if err != nil {
		writeError(w, err)
		return
	}
	role, err := do(id)
	if err != nil {
		writeError(w, err)
		return
	}
	out := wireRole{ID: role.ID.String(), Name: role.Name, Description: role.Description, Actors: []wireActor{}}
	for i, actor := range role.Actors {
		display := actor.Name
		if user, ok := s.world.User(actor.Name); ok && actor.Type == world.ActorUser {
			display = user.DisplayName
		}
		out.Actors = append(out.Actors, wireActor{ID: i + 1, Name: actor.Name, Type: actor.Type, DisplayName: display})
	}
	writeJSON(w, http.StatusOK, out)
}
