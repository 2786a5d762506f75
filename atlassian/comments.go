package atlassian

import (
	"context"
	"net/url"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// Comments lists the comments on an object, the oldest first.
//
// Operation: GET /comment/object/{id}.
func (c *Client) Comments(ctx context.Context, objectID string) ([]assets.Comment, error) {
	k := call{
		op: "read the comments on object " + objectID, operation: "GET /comment/object/{id}", args: []string{objectID},
		query: url.Values{"asc": {"true"}},
	}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	comments, err := records(c, k, a, readComment)
	for i := range comments {
		if comments[i].ObjectID == "" {
			comments[i].ObjectID = objectID
		}
	}
	return comments, err
}

// CreateComment comments on an object. Author and date become those of the call.
//
// Operation: POST /comment/create.
func (c *Client) CreateComment(ctx context.Context, objectID, text string, role int) (assets.Comment, error) {
	body := struct {
		ObjectID string `json:"objectId"`
		Comment  string `json:"comment"`
		Role     int    `json:"role"`
	}{objectID, text, role}
	k := call{op: "comment on object " + objectID, operation: "POST /comment/create", body: body}
	return created(ctx, c, k, readComment, func(c assets.Comment) string { return c.ID })
}

func readComment(d *decoder) assets.Comment {
	var c assets.Comment
	var extra jsonscan.Extra
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			c.ID = d.own(&extra)
		case "objectId":
			c.ObjectID = d.often(&extra)
		case "actor":
			c.ActorID, c.ActorName = readActor(d)
		case "role":
			c.Role = d.number(&extra)
		case "comment":
			c.Text = d.own(&extra)
		case "created":
			c.Created = d.own(&extra)
		case "updated":
			c.Updated = d.own(&extra)
		default:
			d.rest("comment", &extra)
		}
	}
	c.Extra = extra.JSON()
	return c
}
