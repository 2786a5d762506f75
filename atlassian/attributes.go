package atlassian

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// AttributeSpec describes an attribute to create or change. Fields that the kind does not use are left zero.
type AttributeSpec struct {
	Name, Description string
	Kind              assets.AttributeKind
	Default           assets.DefaultType
	TypeValue         string
	TypeValueMulti    []string
	AdditionalValue   string
	MinCardinality    int
	MaxCardinality    int
	Label             bool
	Hidden            bool
	Unique            bool
	Summable          bool
	IncludeChildren   bool
	Regex             string
	Query             string
	Suffix            string
	Options           string
}

type wireAttribute struct {
	Name            string   `json:"name"`
	Label           bool     `json:"label"`
	Description     string   `json:"description"`
	Type            int      `json:"type"`
	DefaultTypeID   int      `json:"defaultTypeId"`
	TypeValue       string   `json:"typeValue,omitempty"`
	TypeValueMulti  []string `json:"typeValueMulti,omitempty"`
	AdditionalValue string   `json:"additionalValue,omitempty"`
	Min             int      `json:"minimumCardinality"`
	Max             int      `json:"maximumCardinality"`
	Suffix          string   `json:"suffix"`
	IncludeChildren bool     `json:"includeChildObjectTypes"`
	Hidden          bool     `json:"hidden"`
	Unique          bool     `json:"uniqueAttribute"`
	Summable        bool     `json:"summable"`
	Regex           string   `json:"regexValidation,omitempty"`
	Query           string   `json:"qlQuery,omitempty"`
	Options         string   `json:"options,omitempty"`
}

func (a AttributeSpec) wire() wireAttribute {
	w := wireAttribute{
		Name: a.Name, Label: a.Label, Description: a.Description, Type: int(a.Kind), DefaultTypeID: int(a.Default),
		TypeValue: a.TypeValue, TypeValueMulti: a.TypeValueMulti, AdditionalValue: a.AdditionalValue, Min: a.MinCardinality, Max: a.MaxCardinality,
		Suffix: a.Suffix, IncludeChildren: a.IncludeChildren, Hidden: a.Hidden, Unique: a.Unique, Summable: a.Summable,
		Regex: a.Regex, Query: a.Query, Options: a.Options,
	}
	if a.Kind != assets.KindDefault {
		w.DefaultTypeID = int(assets.DefaultNone)
	}
	if w.Max == 0 {
		w.Max = 1
	}
	return w
}

// SchemaAttributes lists the attributes of all object types of a schema, by type in the order of ObjectTypes, then by
// position.
//
// Operation: GET /objectschema/{id}/attributes.
func (c *Client) SchemaAttributes(ctx context.Context, schemaID string) ([]assets.Attribute, error) {
	types, err := c.ObjectTypes(ctx, schemaID)
	if err != nil {
		return nil, err
	}
	k := call{
		op: "list the attributes of schema " + schemaID, operation: "GET /objectschema/{id}/attributes", args: []string{schemaID},
		query: url.Values{"extended": {"true"}},
	}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	all, err := records(c, k, a, readAttribute)
	if err != nil {
		return nil, err
	}
	order := make(map[string]int, len(types))
	for i := range types {
		order[types[i].ID] = i
	}
	for i := range all {
		if all[i].TypeID == "" {
			// The answer does not say whose attribute it is: ask type by type.
			return c.attributesByType(ctx, types)
		}
		if _, ok := order[all[i].TypeID]; !ok {
			order[all[i].TypeID] = len(order)
		}
	}
	slices.SortStableFunc(all, func(a, b assets.Attribute) int {
		return cmp.Or(cmp.Compare(order[a.TypeID], order[b.TypeID]), byPosition(a, b))
	})
	return all, nil
}

func byPosition(a, b assets.Attribute) int {
	return cmp.Or(cmp.Compare(a.Position, b.Position), compareIDs(a.ID, b.ID))
}

func (c *Client) attributesByType(ctx context.Context, types []assets.ObjectType) ([]assets.Attribute, error) {
	var all []assets.Attribute
	for i := range types {
		attributes, err := c.Attributes(ctx, types[i].ID)
		if err != nil {
			return nil, err
		}
		all = append(all, attributes...)
	}
	return all, nil
}

// Attributes lists the attributes of one object type by position, its copies of inherited ones included.
//
// Operation: GET /objecttype/{id}/attributes.
func (c *Client) Attributes(ctx context.Context, typeID string) ([]assets.Attribute, error) {
	k := call{op: "list the attributes of object type " + typeID, operation: "GET /objecttype/{id}/attributes", args: []string{typeID}}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	all, err := records(c, k, a, readAttribute)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].TypeID == "" {
			all[i].TypeID = typeID
		}
	}
	slices.SortStableFunc(all, byPosition)
	return all, nil
}

// CreateAttribute makes an attribute of an object type.
//
// Operation: POST /objecttypeattribute/{objectTypeId}.
func (c *Client) CreateAttribute(ctx context.Context, typeID string, spec AttributeSpec) (assets.Attribute, error) {
	return c.oneAttribute(ctx, typeID, call{
		op: "create an attribute of object type " + typeID, operation: "POST /objecttypeattribute/{objectTypeId}", args: []string{typeID}, body: spec.wire(),
	})
}

// UpdateAttribute gives an attribute all the settings of spec.
//
// Operation: PUT /objecttypeattribute/{objectTypeId}/{id}.
func (c *Client) UpdateAttribute(ctx context.Context, typeID, attributeID string, spec AttributeSpec) (assets.Attribute, error) {
	return c.oneAttribute(ctx, typeID, call{
		op: "update attribute " + attributeID, operation: "PUT /objecttypeattribute/{objectTypeId}/{id}", args: []string{typeID, attributeID}, body: spec.wire(),
	})
}

// DeleteAttribute deletes an attribute with its values.
//
// Operation: DELETE /objecttypeattribute/{id}.
func (c *Client) DeleteAttribute(ctx context.Context, attributeID string) error {
	return c.do(ctx, call{op: "delete attribute " + attributeID, operation: "DELETE /objecttypeattribute/{id}", args: []string{attributeID}}, nil)
}

func (c *Client) oneAttribute(ctx context.Context, typeID string, k call) (assets.Attribute, error) {
	a, err := c.send(ctx, k)
	if err != nil {
		return assets.Attribute{}, err
	}
	attribute, err := record(c, k, a, readAttribute)
	if err == nil && attribute.ID == "" {
		err = c.unreadable(k, a, errNoID)
	}
	if attribute.TypeID == "" {
		attribute.TypeID = typeID
	}
	return attribute, err
}

func readAttribute(d *decoder) assets.Attribute {
	a := assets.Attribute{Default: assets.DefaultNone, MaxCardinality: 1, Editable: true}
	var extra jsonscan.Extra
	older := ""
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			a.ID = d.own(&extra)
		case "objectType":
			a.TypeID, _, _ = readNamed(d)
		case "name":
			a.Name = d.own(&extra)
		case "description":
			a.Description = d.own(&extra)
		case "type":
			a.Kind = assets.AttributeKind(d.number(&extra))
		case "defaultType":
			if id, _, _ := readNamed(d); id != "" {
				if n, err := strconv.Atoi(id); err == nil {
					a.Default = assets.DefaultType(n)
				}
			}
		case "defaultTypeId":
			a.Default = assets.DefaultType(d.number(&extra))
		case "typeValue":
			a.TypeValue = d.own(&extra)
		case "typeValueMulti":
			for more := d.EnterArray(); more; more = d.NextElement() {
				a.TypeValueMulti = append(a.TypeValueMulti, d.own(&extra))
			}
		case "additionalValue":
			a.AdditionalValue = d.own(&extra)
		case "referenceType":
			a.ReferenceTypeID, a.ReferenceTypeName, _ = readNamed(d)
		case "referenceObjectTypeId":
			a.ReferenceObjectTypeID = d.own(&extra)
		case "referenceObjectType":
			id, _, schemaID := readNamed(d)
			a.ReferenceSchemaID = schemaID
			if a.ReferenceObjectTypeID == "" {
				a.ReferenceObjectTypeID = id
			}
		case "minimumCardinality":
			a.MinCardinality = d.number(&extra)
		case "maximumCardinality":
			a.MaxCardinality = d.number(&extra)
		case "label":
			a.Label = d.flag()
		case "editable":
			a.Editable = d.flag()
		case "system":
			a.System = d.flag()
		case "sortable":
			a.Sortable = d.flag()
		case "summable":
			a.Summable = d.flag()
		case "indexed":
			a.Indexed = d.flag()
		case "hidden":
			a.Hidden = d.flag()
		case "uniqueAttribute":
			a.Unique = d.flag()
		case "removable":
			a.Removable = d.flag()
		case "includeChildObjectTypes":
			a.IncludeChildren = d.flag()
		case "regexValidation":
			a.Regex = d.own(&extra)
		case "qlQuery":
			a.Query = d.own(&extra)
		case "iql":
			older = d.own(&extra)
		case "suffix":
			a.Suffix = d.own(&extra)
		case "options":
			a.Options = d.own(&extra)
		case "position":
			a.Position = d.number(&extra)
		default:
			d.rest("attribute", &extra)
		}
	}
	if a.Query == "" {
		a.Query = older
	}
	a.Extra = extra.JSON()
	return a
}
