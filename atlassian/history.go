package atlassian

import (
	"context"
	"net/url"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// History lists the changes of an object, the oldest first.
//
// Operation: GET /object/{id}/history.
func (c *Client) History(ctx context.Context, objectID string) ([]assets.HistoryEntry, error) {
	k := call{
		op: "read the history of object " + objectID, operation: "GET /object/{id}/history", args: []string{objectID},
		query: url.Values{"asc": {"true"}},
	}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	entries, err := records(c, k, a, readHistory)
	for i := range entries {
		if entries[i].ObjectID == "" {
			entries[i].ObjectID = objectID
		}
	}
	return entries, err
}

func readHistory(d *decoder) assets.HistoryEntry {
	var h assets.HistoryEntry
	var extra jsonscan.Extra
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			h.ID = d.own(&extra)
		case "objectId":
			h.ObjectID = d.often(&extra)
		case "actor":
			h.ActorID, h.ActorName = readActor(d)
		case "type":
			h.Type = d.number(&extra)
		case "affectedAttribute":
			h.Attribute = d.often(&extra)
		case "oldValue":
			h.OldValue = d.own(&extra)
		case "newValue":
			h.NewValue = d.own(&extra)
		case "created":
			h.Created = d.own(&extra)
		default:
			d.rest("history", &extra)
		}
	}
	h.Extra = extra.JSON()
	return h
}

// readActor takes the user who did something, in any of the forms in which users stand in answers.
func readActor(d *decoder) (id, name string) {
	var ignored jsonscan.Extra
	if d.Next() != '{' {
		return d.often(&ignored), ""
	}
	account, login := "", ""
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "key":
			id = d.often(&ignored)
		case "accountId":
			account = d.often(&ignored)
		case "name":
			login = d.often(&ignored)
		case "displayName":
			name = d.often(&ignored)
		default:
			d.Skip()
		}
	}
	for _, other := range []string{account, login} {
		if id == "" {
			id = other
		}
	}
	return id, name
}
