package atlassian

import (
	"context"
	"net/url"
	"strconv"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// schemaPage is how many schemas are asked for at once.
const schemaPage = 100

// SchemaSpec describes a schema to create or change.
type SchemaSpec struct {
	Name, Key, Description string
}

type wireSchema struct {
	Name        string `json:"name,omitempty"`
	Key         string `json:"objectSchemaKey,omitempty"`
	Description string `json:"description,omitempty"`
}

// Schemas lists all schemas the account can see, with their counts.
//
// Operation: GET /objectschema/list.
func (c *Client) Schemas(ctx context.Context) ([]assets.Schema, error) {
	var all []assets.Schema
	seen := map[string]bool{}
	for size := schemaPage; ; {
		k := call{op: "list schemas", operation: "GET /objectschema/list", query: url.Values{
			"startAt": {strconv.Itoa(len(all))}, "maxResults": {strconv.Itoa(size)}, "includeCounts": {"true"},
		}}
		a, err := c.send(ctx, k)
		if err != nil {
			return nil, err
		}
		d := newDecoder(a.body)
		var p pageEnd
		var values []assets.Schema
		for more := d.EnterObject(); more; more = d.NextMember() {
			if d.Key() == "values" || d.Key() == "objectschemas" {
				values = list(d, readSchema)
				continue
			}
			p.take(d)
		}
		if err := d.End(); err != nil {
			return nil, c.unreadable(k, a, err)
		}
		fresh := 0
		for _, s := range values {
			if !seen[s.ID] {
				seen[s.ID] = true
				all = append(all, s)
				fresh++
			}
		}
		if len(values) == 0 || p.last(len(values), size) {
			return all, nil
		}
		if fresh == 0 {
			return nil, c.unreadable(k, a, errRepeats)
		}
		size = p.size(size)
	}
}

// Schema returns one schema.
//
// Operation: GET /objectschema/{id}.
func (c *Client) Schema(ctx context.Context, schemaID string) (assets.Schema, error) {
	return c.oneSchema(ctx, call{op: "read schema " + schemaID, operation: "GET /objectschema/{id}", args: []string{schemaID}})
}

// CreateSchema makes a schema. Its key must be free on the site.
//
// Operation: POST /objectschema/create.
func (c *Client) CreateSchema(ctx context.Context, s SchemaSpec) (assets.Schema, error) {
	return c.oneSchema(ctx, call{op: "create schema " + s.Key, operation: "POST /objectschema/create", body: wireSchema(s)})
}

// UpdateSchema changes the members of s that are not empty.
//
// Operation: PUT /objectschema/{id}.
func (c *Client) UpdateSchema(ctx context.Context, schemaID string, s SchemaSpec) (assets.Schema, error) {
	return c.oneSchema(ctx, call{op: "update schema " + schemaID, operation: "PUT /objectschema/{id}", args: []string{schemaID}, body: wireSchema(s)})
}

// DeleteSchema deletes a schema with everything in it.
//
// Operation: DELETE /objectschema/{id}.
func (c *Client) DeleteSchema(ctx context.Context, schemaID string) error {
	return c.do(ctx, call{op: "delete schema " + schemaID, operation: "DELETE /objectschema/{id}", args: []string{schemaID}}, nil)
}

func (c *Client) oneSchema(ctx context.Context, k call) (assets.Schema, error) {
	a, err := c.send(ctx, k)
	if err != nil {
		return assets.Schema{}, err
	}
	s, err := record(c, k, a, readSchema)
	if err == nil && s.ID == "" {
		err = c.unreadable(k, a, errNoID)
	}
	return s, err
}

func readSchema(d *decoder) assets.Schema {
	s := assets.Schema{CanManage: true}
	var extra jsonscan.Extra
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			s.ID = d.own(&extra)
		case "objectSchemaKey":
			s.Key = d.own(&extra)
		case "name":
			s.Name = d.own(&extra)
		case "description":
			s.Description = d.own(&extra)
		case "status":
			s.Status = d.own(&extra)
		case "created":
			s.Created = d.own(&extra)
		case "updated":
			s.Updated = d.own(&extra)
		case "objectCount":
			s.ObjectCount = d.number(&extra)
		case "objectTypeCount":
			s.ObjectTypeCount = d.number(&extra)
		case "canManage":
			// Where it is missing, the schema can be managed as far as the permissions go.
			if value, known := d.Bool(); known {
				s.CanManage = value
			}
		default:
			d.rest("schema", &extra)
		}
	}
	s.Extra = extra.JSON()
	return s
}

// Usage is the number of objects of the site and of each schema.
type Usage struct {
	Objects int
	Schemas []SchemaUsage
}

// SchemaUsage is the number of objects of one schema.
type SchemaUsage struct {
	SchemaID, Name string
	Objects        int
}

// Usage counts the objects of the site. Not every account may ask.
//
// Operation: GET /usage.
func (c *Client) Usage(ctx context.Context) (Usage, error) {
	var w struct {
		Total   lenientInt `json:"totalObjectsCount"`
		Schemas []struct {
			ID      lenientText `json:"schemaId"`
			Name    string      `json:"schemaName"`
			Objects lenientInt  `json:"objectCount"`
		} `json:"perSchemaUsageInfo"`
	}
	if err := c.do(ctx, call{op: "read the usage", operation: "GET /usage"}, &w); err != nil {
		return Usage{}, err
	}
	u := Usage{Objects: int(w.Total)}
	for _, s := range w.Schemas {
		u.Schemas = append(u.Schemas, SchemaUsage{SchemaID: string(s.ID), Name: s.Name, Objects: int(s.Objects)})
	}
	return u, nil
}
