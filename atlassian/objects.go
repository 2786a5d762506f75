package atlassian

import (
	"context"
	"net/url"

	"stowage/assets"
)

// ObjectSpec describes an object to create or change.
type ObjectSpec struct {
	TypeID string
	Values []AttributeTexts
	// AvatarUUID, when set, gives the object a picture uploaded before.
	AvatarUUID string
}

// AttributeTexts are the values to write to one attribute, in the string form the API takes. An empty list clears the
// attribute.
type AttributeTexts struct {
	AttributeID string
	Texts       []string
}

type wireObject struct {
	TypeID     string       `json:"objectTypeId"`
	Attributes []wireAttrIn `json:"attributes"`
	HasAvatar  *bool        `json:"hasAvatar,omitempty"`
	AvatarUUID string       `json:"avatarUUID,omitempty"`
}

type wireAttrIn struct {
	AttributeID string        `json:"objectTypeAttributeId"`
	Values      []wireValueIn `json:"objectAttributeValues"`
}

type wireValueIn struct {
	Value string `json:"value"`
}

func (o ObjectSpec) wire() wireObject {
	w := wireObject{TypeID: o.TypeID, Attributes: make([]wireAttrIn, 0, len(o.Values)), AvatarUUID: o.AvatarUUID}
	if o.AvatarUUID != "" {
		w.HasAvatar = new(true)
	}
	for _, v := range o.Values {
		in := wireAttrIn{AttributeID: v.AttributeID, Values: make([]wireValueIn, 0, len(v.Texts))}
		for _, text := range v.Texts {
			in.Values = append(in.Values, wireValueIn{Value: text})
		}
		w.Attributes = append(w.Attributes, in)
	}
	return w
}

// Object returns one object, read by its id and so never from the search index.
//
// Operation: GET /object/{id}.
func (c *Client) Object(ctx context.Context, objectID string) (assets.Object, error) {
	k := call{op: "read object " + objectID, operation: "GET /object/{id}", args: []string{objectID}}
	a, err := c.send(ctx, k)
	if err != nil {
		return assets.Object{}, err
	}
	return c.oneObject(k, a)
}

func (c *Client) oneObject(k call, a answer) (assets.Object, error) {
	d := newObjectDecoder(a.body)
	o := d.readObject()
	err := d.End()
	if err == nil && o.ID == "" {
		err = errNoID
	}
	if err != nil {
		return assets.Object{}, c.unreadable(k, a, err)
	}
	return o, nil
}

// CreateObject makes an object and returns its id and key.
//
// Operation: POST /object/create.
func (c *Client) CreateObject(ctx context.Context, o ObjectSpec) (assets.ObjectRef, error) {
	k := call{op: "create an object of type " + o.TypeID, operation: "POST /object/create", body: o.wire()}
	a, err := c.send(ctx, k)
	if err != nil {
		return assets.ObjectRef{}, err
	}
	made, err := c.oneObject(k, a)
	if err != nil {
		return assets.ObjectRef{}, err
	}
	return assets.ObjectRef{ID: made.ID, Key: made.Key}, nil
}

// UpdateObject writes the attributes named in o and leaves the others alone.
//
// Operation: PUT /object/{id}.
func (c *Client) UpdateObject(ctx context.Context, objectID string, o ObjectSpec) error {
	return c.do(ctx, call{op: "update object " + objectID, operation: "PUT /object/{id}", args: []string{objectID}, body: o.wire()}, nil)
}

// DeleteObject deletes an object.
//
// Operation: DELETE /object/{id}.
func (c *Client) DeleteObject(ctx context.Context, objectID string) error {
	return c.do(ctx, call{op: "delete object " + objectID, operation: "DELETE /object/{id}", args: []string{objectID}}, nil)
}

// Reference counts the objects of one type that refer to an object.
type Reference struct {
	TypeID, TypeName string
	Objects          int
}

// InboundReferences counts the objects that refer to an object, by type.
//
// Operation: GET /object/{id}/referenceinfo.
func (c *Client) InboundReferences(ctx context.Context, objectID string) ([]Reference, error) {
	var w []struct {
		ObjectType struct {
			ID   lenientText `json:"id"`
			Name string      `json:"name"`
		} `json:"objectType"`
		Number lenientInt `json:"numberOfReferencedObjects"`
	}
	k := call{op: "count the references to object " + objectID, operation: "GET /object/{id}/referenceinfo", args: []string{objectID}}
	if err := c.do(ctx, k, &w); err != nil {
		return nil, err
	}
	out := make([]Reference, 0, len(w))
	for _, r := range w {
		out = append(out, Reference{TypeID: string(r.ObjectType.ID), TypeName: r.ObjectType.Name, Objects: int(r.Number)})
	}
	return out, nil
}

// Ticket is an issue in which an object is selected.
type Ticket struct {
	ID, Key, Title string
}

// ConnectedTickets lists the issues in which an object is selected, as far as the site lists them, with the JQL that finds
// them all.
//
// Operation: GET /objectconnectedtickets/{objectId}/tickets.
func (c *Client) ConnectedTickets(ctx context.Context, objectID string) (tickets []Ticket, jql string, err error) {
	var w struct {
		Tickets []struct {
			ID    lenientText `json:"id"`
			Key   string      `json:"key"`
			Title string      `json:"title"`
		} `json:"tickets"`
		Query string `json:"allTicketsQuery"`
	}
	k := call{op: "list the issues of object " + objectID, operation: "GET /objectconnectedtickets/{objectId}/tickets", args: []string{objectID}}
	if err := c.do(ctx, k, &w); err != nil {
		return nil, "", err
	}
	for _, t := range w.Tickets {
		tickets = append(tickets, Ticket{ID: string(t.ID), Key: t.Key, Title: t.Title})
	}
	return tickets, w.Query, nil
}

// pageQuery is the query string of a search; paging is read from nowhere else.
func pageQuery(size string) url.Values {
	return url.Values{"startAt": {"0"}, "maxResults": {size}, "includeAttributes": {"true"}}
}
