package atlassian

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"stowage/internal/netguard"
	"stowage/internal/redact"
)

// Operations whose path begins with mediaPrefix are those of Atlassian's media service, which keeps the bytes of
// attachments, avatars and icons. It knows no users: Assets hands out short-lived tokens for it.
const mediaPrefix = "media:"

// defaultMediaURL is where the media service stands unless Assets says otherwise.
const defaultMediaURL = "https://api.media.atlassian.com"

// mediaAccess is the permission to read or write some files of the media service.
type mediaAccess struct {
	base     *url.URL
	clientID string
	token    redact.Secret
}

// wireMediaAccess is how Assets hands it out.
type wireMediaAccess struct {
	ClientID string `json:"clientId"`
	BaseURL  string `json:"mediaBaseUrl"`
	Token    string `json:"mediaJwtToken"`
	FileID   string `json:"fileId"`
}

// access checks what Assets handed out. An address that is neither Atlassian's nor that of the site itself is refused:
// answers of a site must not make this machine call any address they like.
func (c *Client) access(w wireMediaAccess) (*mediaAccess, error) {
	if w.Token == "" {
		return nil, errors.New("the site hands out no token for its media service")
	}
	raw := w.BaseURL
	if raw == "" {
		raw = defaultMediaURL
		if c.onLoopback() {
			raw = c.api.String()
		}
	}
	base, err := netguard.Base(raw, c.loopback)
	if err != nil {
		return nil, fmt.Errorf("media service: %w", err)
	}
	known := base.Host == c.api.Host || (c.site != nil && base.Host == c.site.Host)
	if !known && !ofAtlassian(base.Hostname()) {
		return nil, fmt.Errorf("media service: the site names %s, which is not Atlassian's", base.Host)
	}
	return &mediaAccess{base: base, clientID: w.ClientID, token: redact.New(w.Token)}, nil
}

// upload stores a file in the media service and returns its id.
//
// Operation: POST media:/file/binary.
func (c *Client) upload(ctx context.Context, op string, access *mediaAccess, query url.Values, mediaType string, data []byte) (string, error) {
	var w struct {
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	k := call{
		op: op, operation: "POST media:/file/binary", query: query, media: access,
		raw: &rawBody{contentType: mediaType, data: data},
	}
	a, err := c.send(ctx, k)
	if err != nil {
		return "", err
	}
	if err := decodeJSON(a.body, &w); err != nil {
		return "", c.unreadable(k, a, err)
	}
	if w.Data.ID == "" {
		return "", c.unreadable(k, a, errNoID)
	}
	return w.Data.ID, nil
}

// download opens a file of the media service.
//
// Operation: GET media:/file/{id}/binary.
func (c *Client) download(ctx context.Context, op string, access *mediaAccess, fileID string, stream bool) (answer, error) {
	k := call{op: op, operation: "GET media:/file/{id}/binary", args: []string{fileID}, media: access, binary: true, stream: stream}
	if access.clientID != "" {
		k.query = url.Values{"client": {access.clientID}}
	}
	return c.send(ctx, k)
}
