package atlassian

import (
	"context"
	"errors"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// Properties returns the settings of a schema.
//
// Operation: GET /global/config/objectschema/{id}.
// Operation: GET /global/config/objectschema/{id}/property.
func (c *Client) Properties(ctx context.Context, schemaID string) (assets.Properties, error) {
	k := call{op: "read the properties of schema " + schemaID, operation: "GET /global/config/objectschema/{id}", args: []string{schemaID}}
	a, err := c.send(ctx, k)
	if errors.Is(err, assets.ErrUnsupported) {
		// Published late; before, and on some sites still, it stands at another address.
		k.operation = "GET /global/config/objectschema/{id}/property"
		a, err = c.send(ctx, k)
	}
	if err != nil {
		return assets.Properties{}, err
	}
	return record(c, k, a, readProperties)
}

// GlobalProperties returns the settings of the whole site.
//
// Operation: GET /global/config.
func (c *Client) GlobalProperties(ctx context.Context) (assets.Properties, error) {
	k := call{op: "read the global properties", operation: "GET /global/config"}
	a, err := c.send(ctx, k)
	if err != nil {
		return assets.Properties{}, err
	}
	return record(c, k, a, readProperties)
}

// SetProperties changes the settings of a schema.
//
// Operation: POST /global/config/objectschema/{id}/property.
func (c *Client) SetProperties(ctx context.Context, schemaID string, p assets.Properties) error {
	body := struct {
		AllowOther    bool `json:"allowOtherObjectSchema"`
		ValidateQuick bool `json:"validateQuickCreate"`
		QuickCreate   bool `json:"quickCreateObjects"`
	}{p.AllowOtherSchemas, p.ValidateQuickCreate, p.QuickCreateObjects}
	return c.do(ctx, call{
		op: "set the properties of schema " + schemaID, operation: "POST /global/config/objectschema/{id}/property", args: []string{schemaID}, body: body,
	}, nil)
}

func readProperties(d *decoder) assets.Properties {
	var p assets.Properties
	var extra jsonscan.Extra
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "allowOtherObjectSchema":
			p.AllowOtherSchemas = d.flag()
		case "validateQuickCreate":
			p.ValidateQuickCreate = d.flag()
		case "quickCreateObjects":
			p.QuickCreateObjects = d.flag()
		default:
			d.rest("properties", &extra)
		}
	}
	p.Extra = extra.JSON()
	return p
}
