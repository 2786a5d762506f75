package atlassian

import (
	"context"
	"net/url"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// iconSize is the size of icon images that is asked for, the largest there is.
const iconSize = "48"

// Icons lists the global icons.
//
// Operation: GET /icon/global.
func (c *Client) Icons(ctx context.Context) ([]assets.Icon, error) {
	k := call{op: "list the global icons", operation: "GET /icon/global"}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	return records(c, k, a, readIcon)
}

// SchemaIcons lists the icons of one schema.
//
// Operation: GET /icon/objectschema/{id}.
func (c *Client) SchemaIcons(ctx context.Context, schemaID string) ([]assets.Icon, error) {
	k := call{op: "list the icons of schema " + schemaID, operation: "GET /icon/objectschema/{id}", args: []string{schemaID}}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	return records(c, k, a, readIcon)
}

// Icon returns one icon.
//
// Operation: GET /icon/{id}.
func (c *Client) Icon(ctx context.Context, iconID string) (assets.Icon, error) {
	k := call{op: "read icon " + iconID, operation: "GET /icon/{id}", args: []string{iconID}}
	return created(ctx, c, k, readIcon, func(i assets.Icon) string { return i.ID })
}

// IconImage returns the picture of an icon as PNG.
//
// Operation: GET /icon/{id}/icon.png.
func (c *Client) IconImage(ctx context.Context, iconID string) ([]byte, error) {
	k := call{
		op: "read the picture of icon " + iconID, operation: "GET /icon/{id}/icon.png", args: []string{iconID},
		query: url.Values{"size": {iconSize}}, binary: true,
	}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	return []byte(a.body), nil
}

// CreateIcon makes an icon of a PNG, in three steps: a token for the media service, the upload, the icon.
//
// Operation: GET /icon/token-for-uploading-icon.
// Operation: POST /icon/create.
func (c *Client) CreateIcon(ctx context.Context, name string, png []byte) (assets.Icon, error) {
	op := "create an icon"
	var w wireMediaAccess
	k := call{op: op, operation: "GET /icon/token-for-uploading-icon"}
	a, err := c.send(ctx, k)
	if err != nil {
		return assets.Icon{}, err
	}
	if err := decodeJSON(a.body, &w); err != nil {
		return assets.Icon{}, c.unreadable(k, a, err)
	}
	access, err := c.access(w)
	if err != nil {
		return assets.Icon{}, c.unreadable(k, a, err)
	}
	workspace, err := c.Workspace(ctx)
	if err != nil {
		return assets.Icon{}, err
	}
	query := url.Values{"collection": {"insight_" + workspace + "_icons"}, "name": {name + ".png"}, "deletable": {"true"}}
	fileID, err := c.upload(ctx, op, access, query, "image/png", png)
	if err != nil {
		return assets.Icon{}, err
	}
	body := struct {
		Name string `json:"name"`
		File string `json:"mediaFileUuid"`
	}{name, fileID}
	made, err := created(ctx, c, call{op: op, operation: "POST /icon/create", body: body}, readIcon, func(i assets.Icon) string { return i.ID })
	if err == nil && made.Name == "" {
		made.Name = name
	}
	return made, err
}

// DeleteIcon deletes an icon.
//
// Operation: DELETE /icon/{id}.
func (c *Client) DeleteIcon(ctx context.Context, iconID string) error {
	return c.do(ctx, call{op: "delete icon " + iconID, operation: "DELETE /icon/{id}", args: []string{iconID}}, nil)
}

func readIcon(d *decoder) assets.Icon {
	var i assets.Icon
	var extra jsonscan.Extra
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			i.ID = d.own(&extra)
		case "name":
			i.Name = d.own(&extra)
		case "objectSchemaId":
			i.SchemaID = d.own(&extra)
		default:
			d.rest("icon", &extra)
		}
	}
	i.Extra = extra.JSON()
	return i
}
