package atlassian

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strconv"
	"strings"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// Attachments lists the files attached to an object. Size is 0 where the site tells it only rounded, for people.
//
// Operation: GET /attachments/object/{id}.
func (c *Client) Attachments(ctx context.Context, objectID string) ([]assets.Attachment, error) {
	k := call{op: "list the attachments of object " + objectID, operation: "GET /attachments/object/{id}", args: []string{objectID}}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	attachments, err := records(c, k, a, readAttachment)
	for i := range attachments {
		if attachments[i].ObjectID == "" {
			attachments[i].ObjectID = objectID
		}
	}
	return attachments, err
}

// AttachmentData opens the bytes of an attachment that Attachments has listed. Small files are whole before it returns;
// of large ones the reader may fail half-way.
//
// Operation: GET /attachments/{id}.
func (c *Client) AttachmentData(ctx context.Context, a assets.Attachment) (io.ReadCloser, error) {
	op := "read attachment " + a.ID + " of object " + a.ObjectID
	if file := mediaFile(a); file != "" {
		access, err := c.attachmentAccess(ctx, op, a.ObjectID)
		if err != nil {
			return nil, err
		}
		got, err := c.download(ctx, op, access, file, true)
		if err != nil {
			return nil, err
		}
		return got.open(), nil
	}
	got, err := c.send(ctx, call{op: op, operation: "GET /attachments/{id}", args: []string{a.ID}, binary: true, stream: true})
	if err != nil {
		return nil, err
	}
	return got.open(), nil
}

// mediaFile is the file of an attachment in the media service, where the site names one.
func mediaFile(a assets.Attachment) string {
	var w struct {
		MediaID string `json:"mediaId"`
	}
	if len(a.Extra) == 0 || json.Unmarshal(a.Extra, &w) != nil {
		return ""
	}
	return w.MediaID
}

// AttachmentSpec describes a file to attach.
type AttachmentSpec struct {
	Filename, MediaType, Comment string
}

// CreateAttachment attaches a file to an object. Author and date become those of the call.
//
// Operation: POST /attachments/object/{id}.
func (c *Client) CreateAttachment(ctx context.Context, objectID string, s AttachmentSpec, data []byte) (assets.Attachment, error) {
	op := "attach a file to object " + objectID
	access, err := c.attachmentAccess(ctx, op, objectID)
	if err != nil {
		return assets.Attachment{}, err
	}
	if s.MediaType == "" {
		s.MediaType = "application/octet-stream"
	}
	fileID, err := c.upload(ctx, op, access, url.Values{"name": {s.Filename}}, s.MediaType, data)
	if err != nil {
		return assets.Attachment{}, err
	}
	type wireFile struct {
		ContentType string `json:"contentType"`
		Filename    string `json:"filename"`
		MediaID     string `json:"mediaId"`
		Size        int    `json:"size"`
		Comment     string `json:"comment"`
	}
	body := struct {
		Attachments []wireFile `json:"attachments"`
	}{[]wireFile{{s.MediaType, s.Filename, fileID, len(data), s.Comment}}}
	k := call{op: op, operation: "POST /attachments/object/{id}", args: []string{objectID}, body: body}
	a, err := c.send(ctx, k)
	if err != nil {
		return assets.Attachment{}, err
	}
	made, err := records(c, k, a, readAttachment)
	if err != nil {
		return assets.Attachment{}, err
	}
	if len(made) == 0 || made[0].ID == "" {
		return assets.Attachment{}, c.unreadable(k, a, errNoID)
	}
	made[0].ObjectID = objectID
	return made[0], nil
}

// DeleteAttachment deletes an attachment.
//
// Operation: DELETE /attachments/{id}.
func (c *Client) DeleteAttachment(ctx context.Context, attachmentID string) error {
	return c.do(ctx, call{op: "delete attachment " + attachmentID, operation: "DELETE /attachments/{id}", args: []string{attachmentID}}, nil)
}

// attachmentAccess asks for a token for the files of one object.
//
// Operation: GET /attachments/object/{id}/credentials.
func (c *Client) attachmentAccess(ctx context.Context, op, objectID string) (*mediaAccess, error) {
	var w wireMediaAccess
	k := call{op: op, operation: "GET /attachments/object/{id}/credentials", args: []string{objectID}}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	if err := decodeJSON(a.body, &w); err != nil {
		return nil, c.unreadable(k, a, err)
	}
	access, err := c.access(w)
	if err != nil {
		return nil, c.unreadable(k, a, err)
	}
	return access, nil
}

func readAttachment(d *decoder) assets.Attachment {
	var a assets.Attachment
	var extra jsonscan.Extra
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			a.ID = d.own(&extra)
		case "objectId":
			a.ObjectID = d.own(&extra)
		case "filename":
			a.Filename = d.own(&extra)
		case "mimeType", "contentType":
			a.MediaType = d.own(&extra)
		case "filesize", "size":
			raw := d.Raw()
			size, exact := readSize(raw)
			if !exact {
				extra.Add(d.Key(), raw)
				continue
			}
			a.Size = size
		case "comment":
			a.Comment = d.own(&extra)
		case "author":
			id, name := readActor(d)
			a.ActorName = name
			if name == "" {
				a.ActorName = id
			}
		case "created":
			if d.Next() == '{' {
				// Data Center and some answers of Cloud give seconds and nanoseconds.
				extra.Take(d.Scanner)
				continue
			}
			a.Created = d.own(&extra)
		case "url":
			if clean := withoutQuery(d.Raw()); clean != "" {
				extra.Add("url", clean)
			}
		default:
			d.rest("attachment", &extra)
		}
	}
	a.Extra = extra.JSON()
	return a
}

// readSize reads a size in bytes: a number, or a text of one, or "12 B". Anything else is rounded.
func readSize(raw string) (size int64, exact bool) {
	text := strings.TrimSuffix(strings.Trim(raw, `"`), " B")
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}

// withoutQuery takes the query off an address in JSON, where signatures stand.
func withoutQuery(raw string) string {
	text, _ := jsonscan.New(raw).Text()
	u, err := url.Parse(text)
	if err != nil || text == "" {
		return ""
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return quote(u.String())
}
