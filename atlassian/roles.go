package atlassian

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Role is a role of a schema, with those who have it.
type Role struct {
	ID, Name, Description string
	Actors                []Actor
}

// Actor is a user or group that has a role. Type is the API's word for which of them, ID the account id or group name.
type Actor struct {
	ID, Name, Type string
}

// The types of an Actor.
const (
	ActorUser  = "atlassian-user-role-actor"
	ActorGroup = "atlassian-group-role-actor"
)

// Roles returns the roles of a schema, by name.
//
// Operation: GET /config/role/objectschema/{id}.
// Operation: GET /config/role/{id}.
func (c *Client) Roles(ctx context.Context, schemaID string) ([]Role, error) {
	k := call{op: "list the roles of schema " + schemaID, operation: "GET /config/role/objectschema/{id}", args: []string{schemaID}}
	var links map[string]string
	if err := c.do(ctx, k, &links); err != nil {
		return nil, err
	}
	roles := make([]Role, 0, len(links))
	for _, name := range slices.Sorted(maps.Keys(links)) {
		// The links lead to an older address of the same service; only the id in them is taken.
		path, _, _ := strings.Cut(links[name], "?")
		role, err := c.role(ctx, path[strings.LastIndexByte(path, '/')+1:])
		if err != nil {
			return nil, err
		}
		roles = append(roles, role)
	}
	return roles, nil
}

func (c *Client) role(ctx context.Context, roleID string) (Role, error) {
	var w struct {
		ID          lenientText `json:"id"`
		Name        string      `json:"name"`
		Description string      `json:"description"`
		Actors      []struct {
			Name        string `json:"name"`
			DisplayName string `json:"displayName"`
			Type        string `json:"type"`
		} `json:"actors"`
	}
	if err := c.do(ctx, call{op: "read role " + roleID, operation: "GET /config/role/{id}", args: []string{roleID}}, &w); err != nil {
		return Role{}, err
	}
	role := Role{ID: string(w.ID), Name: w.Name, Description: w.Description}
	for _, a := range w.Actors {
		role.Actors = append(role.Actors, Actor{ID: a.Name, Name: a.DisplayName, Type: a.Type})
	}
	return role, nil
}

// SetRole replaces those who have a role.
//
// Operation: PUT /config/role/{id}.
func (c *Client) SetRole(ctx context.Context, roleID string, actors []Actor) error {
	byType := map[string][]string{ActorUser: {}, ActorGroup: {}}
	for _, a := range actors {
		byType[a.Type] = append(byType[a.Type], a.ID)
	}
	body := struct {
		ID     string              `json:"id"`
		Actors map[string][]string `json:"categorisedActors"`
	}{roleID, byType}
	return c.do(ctx, call{op: "set role " + roleID, operation: "PUT /config/role/{id}", args: []string{roleID}, body: body}, nil)
}
