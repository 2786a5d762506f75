package atlassian

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// ObjectTypeSpec describes an object type to create or change.
type ObjectTypeSpec struct {
	Name, Description, IconID, SchemaID, ParentID string
	Inherited, Abstract                           bool
}

type wireObjectType struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	IconID      string `json:"iconId"`
	SchemaID    string `json:"objectSchemaId"`
	ParentID    string `json:"parentObjectTypeId,omitempty"`
	Inherited   bool   `json:"inherited"`
	Abstract    bool   `json:"abstractObjectType"`
}

// ObjectTypes lists the object types of a schema, parents before children, by position below each parent.
//
// Operation: GET /objectschema/{id}/objecttypes/flat.
func (c *Client) ObjectTypes(ctx context.Context, schemaID string) ([]assets.ObjectType, error) {
	k := call{
		op: "list the object types of schema " + schemaID, operation: "GET /objectschema/{id}/objecttypes/flat", args: []string{schemaID},
		query: url.Values{"includeObjectCounts": {"false"}},
	}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	types, err := records(c, k, a, readObjectType)
	if err != nil {
		return nil, err
	}
	return sortTypes(types), nil
}

// sortTypes puts parents before children and siblings in the order of their positions. A type whose parent is not among
// them counts as a root; of types that are each other's parents the one named first does.
func sortTypes(types []assets.ObjectType) []assets.ObjectType {
	known := make(map[string]bool, len(types))
	for i := range types {
		known[types[i].ID] = true
	}
	children := make(map[string][]*assets.ObjectType)
	for i := range types {
		parent := types[i].ParentID
		if !known[parent] || parent == types[i].ID {
			parent = ""
		}
		children[parent] = append(children[parent], &types[i])
	}
	for _, siblings := range children {
		slices.SortStableFunc(siblings, func(a, b *assets.ObjectType) int {
			return cmp.Or(cmp.Compare(a.Position, b.Position), compareIDs(a.ID, b.ID))
		})
	}
	out := make([]assets.ObjectType, 0, len(types))
	done := make(map[string]bool, len(types))
	var visit func(t *assets.ObjectType)
	visit = func(t *assets.ObjectType) {
		if done[t.ID] {
			return
		}
		done[t.ID] = true
		out = append(out, *t)
		for _, child := range children[t.ID] {
			visit(child)
		}
	}
	for _, root := range children[""] {
		visit(root)
	}
	for i := range types {
		visit(&types[i])
	}
	return out
}

// compareIDs orders ids by number where they are numbers.
func compareIDs(a, b string) int {
	if numeric(a) && numeric(b) {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}
	return cmp.Compare(a, b)
}

// ObjectType returns one object type.
//
// Operation: GET /objecttype/{id}.
func (c *Client) ObjectType(ctx context.Context, typeID string) (assets.ObjectType, error) {
	return c.oneType(ctx, call{op: "read object type " + typeID, operation: "GET /objecttype/{id}", args: []string{typeID}})
}

// CreateObjectType makes an object type. An icon is mandatory.
//
// Operation: POST /objecttype/create.
func (c *Client) CreateObjectType(ctx context.Context, t ObjectTypeSpec) (assets.ObjectType, error) {
	return c.oneType(ctx, call{op: "create an object type in schema " + t.SchemaID, operation: "POST /objecttype/create", body: wireObjectType(t)})
}

// UpdateObjectType changes name, description, icon, inheritance and abstractness; the schema and the parent stay.
//
// Operation: PUT /objecttype/{id}.
func (c *Client) UpdateObjectType(ctx context.Context, typeID string, t ObjectTypeSpec) (assets.ObjectType, error) {
	body := struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		IconID      string `json:"iconId,omitempty"`
		Inherited   bool   `json:"inherited"`
		Abstract    bool   `json:"abstractObjectType"`
	}{t.Name, t.Description, t.IconID, t.Inherited, t.Abstract}
	return c.oneType(ctx, call{op: "update object type " + typeID, operation: "PUT /objecttype/{id}", args: []string{typeID}, body: body})
}

// DeleteObjectType deletes an object type with its objects.
//
// Operation: DELETE /objecttype/{id}.
func (c *Client) DeleteObjectType(ctx context.Context, typeID string) error {
	return c.do(ctx, call{op: "delete object type " + typeID, operation: "DELETE /objecttype/{id}", args: []string{typeID}}, nil)
}

// PlaceObjectType moves a type below a parent, "" being the root, to a position among its siblings.
//
// Operation: POST /objecttype/{id}/position.
func (c *Client) PlaceObjectType(ctx context.Context, typeID, parentID string, position int) error {
	body := struct {
		To       string `json:"toObjectTypeId,omitempty"`
		Position int    `json:"position"`
	}{parentID, position}
	return c.do(ctx, call{op: "place object type " + typeID, operation: "POST /objecttype/{id}/position", args: []string{typeID}, body: body}, nil)
}

func (c *Client) oneType(ctx context.Context, k call) (assets.ObjectType, error) {
	a, err := c.send(ctx, k)
	if err != nil {
		return assets.ObjectType{}, err
	}
	t, err := record(c, k, a, readObjectType)
	if err == nil && t.ID == "" {
		err = c.unreadable(k, a, errNoID)
	}
	return t, err
}

func readObjectType(d *decoder) assets.ObjectType {
	var t assets.ObjectType
	var extra jsonscan.Extra
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			t.ID = d.own(&extra)
		case "name":
			t.Name = d.own(&extra)
		case "description":
			t.Description = d.own(&extra)
		case "icon":
			t.IconID, t.IconName, _ = readNamed(d)
		case "parentObjectTypeId":
			t.ParentID = d.own(&extra)
		case "objectSchemaId":
			t.SchemaID = d.own(&extra)
		case "position":
			t.Position = d.number(&extra)
		case "inherited":
			t.Inherited = d.flag()
		case "parentObjectTypeInherited":
			t.ParentInherited = d.flag()
		case "abstractObjectType":
			t.Abstract = d.flag()
		case "created":
			t.Created = d.own(&extra)
		case "updated":
			t.Updated = d.own(&extra)
		default:
			d.rest("object type", &extra)
		}
	}
	t.Extra = extra.JSON()
	return t
}

// readNamed takes an embedded copy of a record, of which id, name and schema are wanted.
func readNamed(d *decoder) (id, name, schemaID string) {
	if d.Next() != '{' {
		d.Skip()
		return "", "", ""
	}
	var ignored jsonscan.Extra
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			id = d.often(&ignored)
		case "name":
			name = d.often(&ignored)
		case "objectSchemaId":
			schemaID = d.often(&ignored)
		default:
			d.Skip()
		}
	}
	return id, name, schemaID
}
