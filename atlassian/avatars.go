package atlassian

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"

	"stowage/assets"
)

// Avatar returns an object's own picture. An object without one answers assets.ErrNotFound, a site that does not say where
// its pictures are assets.ErrUnsupported.
//
// Operation: GET /object/{id}.
func (c *Client) Avatar(ctx context.Context, objectID string) (data []byte, mediaType string, err error) {
	op := "read the avatar of object " + objectID
	var w struct {
		HasAvatar lenientBool `json:"hasAvatar"`
		Avatar    struct {
			Media wireMediaAccess `json:"mediaClientConfig"`
		} `json:"avatar"`
	}
	k := call{op: op, operation: "GET /object/{id}", args: []string{objectID}}
	a, err := c.send(ctx, k)
	if err != nil {
		return nil, "", err
	}
	if err := decodeJSON(a.body, &w); err != nil {
		return nil, "", c.unreadable(k, a, err)
	}
	if !w.HasAvatar.value {
		return nil, "", fmt.Errorf("%s: the object has none of its own: %w", op, assets.ErrNotFound)
	}
	if w.Avatar.Media.FileID == "" || w.Avatar.Media.Token == "" {
		return nil, "", fmt.Errorf("%s: %s does not say where the picture is: %w", op, c.name, assets.ErrUnsupported)
	}
	access, err := c.access(w.Avatar.Media)
	if err != nil {
		return nil, "", c.unreadable(k, a, err)
	}
	got, err := c.download(ctx, op, access, w.Avatar.Media.FileID, false)
	if err != nil {
		return nil, "", err
	}
	return []byte(got.body), mediaTypeOf(got.header), nil
}

func mediaTypeOf(h http.Header) string {
	if t := h.Get("Content-Type"); t != "" {
		return t
	}
	return "application/octet-stream"
}

// UploadAvatar stores a picture under a UUID of the caller's and returns the one to name when an object is created or
// changed.
//
// Operation: POST /avatar/upload.
func (c *Client) UploadAvatar(ctx context.Context, uuid, filename string, data []byte) (string, error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	file, err := form.CreateFormFile("rlabs-insight-object-avatar", filename)
	if err == nil {
		_, err = file.Write(data)
	}
	if err = errors.Join(err, form.WriteField("avatarUUID", uuid), form.Close()); err != nil {
		return "", fmt.Errorf("upload an avatar: %w", err)
	}
	k := call{
		op: "upload an avatar", operation: "POST /avatar/upload",
		raw: &rawBody{contentType: form.FormDataContentType(), data: b.Bytes()},
	}
	a, err := c.send(ctx, k)
	if err != nil {
		return "", err
	}
	var w struct {
		AvatarUUID string `json:"avatarUUID"`
		UUID       string `json:"uuid"`
	}
	var bare string
	if decodeJSON(a.body, &bare) == nil && bare != "" {
		return bare, nil
	}
	if err := decodeJSON(a.body, &w); err != nil {
		return "", c.unreadable(k, a, err)
	}
	for _, id := range []string{w.AvatarUUID, w.UUID} {
		if id != "" {
			return id, nil
		}
	}
	return uuid, nil
}
