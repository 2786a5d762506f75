package atlassian

import (
	"context"
	"net/url"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// StatusTypes lists the global status types and those of the schema; with an empty schemaID the global ones.
//
// Operation: GET /config/statustype.
func (c *Client) StatusTypes(ctx context.Context, schemaID string) ([]assets.StatusType, error) {
	// With a schema some sites list its own only, others the global ones too: both are asked for.
	return bothLists(ctx, c, "list the status types", "GET /config/statustype", schemaID, nil, readStatusType, func(s assets.StatusType) string { return s.ID })
}

// bothLists reads the global records and those of a schema, each once.
func bothLists[T any](
	ctx context.Context, c *Client, op, operation, schemaID string, query url.Values, read func(*decoder) T, id func(T) string,
) ([]T, error) {
	k := call{op: op, operation: operation, query: query}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	all, err := records(c, k, a, read)
	if err != nil || schemaID == "" {
		return all, err
	}
	k.op += " of schema " + schemaID
	k.query = url.Values{"objectSchemaId": {schemaID}}
	if a, err = c.send(ctx, k); err != nil {
		return nil, err
	}
	own, err := records(c, k, a, read)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(all))
	for i, r := range all {
		at[id(r)] = i
	}
	for _, r := range own {
		if i, ok := at[id(r)]; ok {
			all[i] = r
			continue
		}
		all = append(all, r)
	}
	return all, nil
}

type wireStatusType struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Category    int    `json:"category"`
	SchemaID    string `json:"objectSchemaId,omitempty"`
}

// CreateStatusType makes a status type, a global one when it names no schema.
//
// Operation: POST /config/statustype.
func (c *Client) CreateStatusType(ctx context.Context, s assets.StatusType) (assets.StatusType, error) {
	k := call{op: "create a status type", operation: "POST /config/statustype", body: wireStatusType{s.Name, s.Description, int(s.Category), s.SchemaID}}
	return created(ctx, c, k, readStatusType, func(s assets.StatusType) string { return s.ID })
}

// DeleteStatusType deletes a status type.
//
// Operation: DELETE /config/statustype/{id}.
func (c *Client) DeleteStatusType(ctx context.Context, id string) error {
	return c.do(ctx, call{op: "delete status type " + id, operation: "DELETE /config/statustype/{id}", args: []string{id}}, nil)
}

// created makes a call that makes a record.
func created[T any](ctx context.Context, c *Client, k call, read func(*decoder) T, id func(T) string) (T, error) {
	a, err := c.send(ctx, k)
	if err != nil {
		var zero T
		return zero, err
	}
	made, err := record(c, k, a, read)
	if err == nil && id(made) == "" {
		err = c.unreadable(k, a, errNoID)
	}
	return made, err
}

func readStatusType(d *decoder) assets.StatusType {
	var s assets.StatusType
	var extra jsonscan.Extra
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			s.ID = d.own(&extra)
		case "name":
			s.Name = d.own(&extra)
		case "description":
			s.Description = d.own(&extra)
		case "category":
			s.Category = assets.StatusCategory(d.number(&extra))
		case "objectSchemaId":
			s.SchemaID = d.own(&extra)
		default:
			d.rest("status type", &extra)
		}
	}
	s.Extra = extra.JSON()
	return s
}

// ReferenceTypes lists the global reference types and those of the schema; with an empty schemaID the global ones.
//
// Operation: GET /config/referencetype.
func (c *Client) ReferenceTypes(ctx context.Context, schemaID string) ([]assets.ReferenceType, error) {
	return bothLists(ctx, c, "list the reference types", "GET /config/referencetype", schemaID, nil, readReferenceType,
		func(r assets.ReferenceType) string { return r.ID })
}

type wireReferenceType struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Color       string `json:"color,omitempty"`
	SchemaID    string `json:"objectSchemaId,omitempty"`
}

// CreateReferenceType makes a reference type, a global one when it names no schema.
//
// Operation: POST /config/referencetype.
func (c *Client) CreateReferenceType(ctx context.Context, r assets.ReferenceType) (assets.ReferenceType, error) {
	k := call{op: "create a reference type", operation: "POST /config/referencetype", body: wireReferenceType{r.Name, r.Description, r.Color, r.SchemaID}}
	return created(ctx, c, k, readReferenceType, func(r assets.ReferenceType) string { return r.ID })
}

// DeleteReferenceType deletes a reference type.
//
// Operation: DELETE /config/referencetype/{id}.
func (c *Client) DeleteReferenceType(ctx context.Context, id string) error {
	return c.do(ctx, call{op: "delete reference type " + id, operation: "DELETE /config/referencetype/{id}", args: []string{id}}, nil)
}

func readReferenceType(d *decoder) assets.ReferenceType {
	var r assets.ReferenceType
	var extra jsonscan.Extra
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			r.ID = d.own(&extra)
		case "name":
			r.Name = d.own(&extra)
		case "description":
			r.Description = d.own(&extra)
		case "color":
			r.Color = d.own(&extra)
		case "objectSchemaId":
			r.SchemaID = d.own(&extra)
		default:
			d.rest("reference type", &extra)
		}
	}
	r.Extra = extra.JSON()
	return r
}
