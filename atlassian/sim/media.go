package sim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"stowage/atlassian/sim/world"
)

// The media service keeps the bytes of attachments, avatars and icons. It knows
// no users: whoever brings a token that Assets has signed may read or write.

// mediaAccess is what a media token allows.
type mediaAccess string

const (
	mediaRead  mediaAccess = "read"
	mediaWrite mediaAccess = "write"
)

// mediaTokenLife is how long a token is good for.
const mediaTokenLife = time.Hour

// mediaClaims are the claims of a media token.
type mediaClaims struct {
	Issuer     string      `json:"iss"`
	Access     mediaAccess `json:"access"`
	Collection string      `json:"collection"`
	Expires    int64       `json:"exp"`
}

// wireMediaConfig is what a client needs to talk to the media service.
type wireMediaConfig struct {
	ClientID               string `json:"clientId"`
	Issuer                 string `json:"issuer,omitempty"`
	MediaBaseURL           string `json:"mediaBaseUrl"`
	MediaJWTToken          string `json:"mediaJwtToken"`
	FileID                 string `json:"fileId,omitempty"`
	TokenLifespanInMinutes int    `json:"tokenLifespanInMinutes,omitempty"`
}

func (s *Site) mediaRoutes(rt *router) {
	rt.open("POST /file/binary", s.uploadFile)
	rt.open("POST /file", s.uploadFile)
	rt.open("GET /file/{id}/binary", s.downloadFile)
}

// mediaConfig is the configuration that comes with an avatar.
func (x wire) mediaConfig(token, file string) wireMediaConfig {
	return wireMediaConfig{
		ClientID: x.site.mediaClientID(), Issuer: x.site.mediaClientID(), MediaBaseURL: x.mediaBase(),
		MediaJWTToken: token, FileID: file, TokenLifespanInMinutes: int(mediaTokenLife.Minutes()),
	}
}

// mediaBase is the address of the media service: the origin itself.
func (x wire) mediaBase() string {
	base, _, _ := strings.Cut(x.base, "/jsm/")
	return base
}

func (s *Site) mediaClientID() string { return "media-" + s.cloudID }

func (s *Site) mediaKey() []byte {
	sum := sha256.Sum256([]byte("media key of " + s.workspaceID))
	return sum[:]
}

// issueMediaToken signs a token for the media service.
func (s *Site) issueMediaToken(access mediaAccess, collection string) string {
	claims := mustJSON(mediaClaims{
		Issuer: s.mediaClientID(), Access: access, Collection: collection, Expires: s.now().Add(mediaTokenLife).Unix(),
	})
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(s.mediaSignature(signed))
}

func (s *Site) mediaSignature(signed string) []byte {
	mac := hmac.New(sha256.New, s.mediaKey())
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

// mediaTokenOf verifies the token a request brings, in a header or in the query.
func (s *Site) mediaTokenOf(r *http.Request) (mediaClaims, bool) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		token = r.URL.Query().Get("token")
	}
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return mediaClaims{}, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil || !hmac.Equal(signature, s.mediaSignature(token[:dot])) {
		return mediaClaims{}, false
	}
	_, payload, _ := strings.Cut(token[:dot], ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return mediaClaims{}, false
	}
	var claims mediaClaims
	if err := json.Unmarshal(raw, &claims); err != nil {
		return mediaClaims{}, false
	}
	return claims, s.now().Unix() < claims.Expires
}

// uploadFile takes the bytes of a file, bare or as the first file of a form.
func (s *Site) uploadFile(w http.ResponseWriter, r *http.Request) {
	if claims, ok := s.mediaTokenOf(r); !ok || claims.Access != mediaWrite {
		writeGateway(w, http.StatusForbidden, "The token does not allow this.")
		return
	}
	file, err := readFile(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	if name := r.URL.Query().Get("name"); name != "" {
		file.name = name
	}
	media := s.world.PutMedia(file.name, file.contentType, file.content)
	writeJSON(w, http.StatusCreated, map[string]any{"data": map[string]any{
		"id": media.UUID, "size": len(media.Content), "name": media.Name, "mimeType": media.ContentType,
	}})
}

func (s *Site) downloadFile(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.mediaTokenOf(r); !ok {
		writeGateway(w, http.StatusForbidden, "The token does not allow this.")
		return
	}
	media, err := s.world.Media(r.PathValue("id"))
	if err != nil {
		writeError(w, err)
		return
	}
	writeFile(w, media.ContentType, media.Name, media.Content)
}

// upload is a file that came in a request.
type upload struct {
	name, contentType string
	content           []byte
	fields            map[string]string // the other parts of a form
}

// readFile reads the file of a request: the body itself, or the first part of a
// form that has a file name.
func readFile(w http.ResponseWriter, r *http.Request) (upload, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxMediaBody)
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		content, err := io.ReadAll(r.Body)
		return upload{name: "file", contentType: contentType(kind, content), content: content}, err
	}
	if params["boundary"] == "" {
		return upload{}, badRequest("The form has no boundary.")
	}
	form, err := r.MultipartReader()
	if err != nil {
		return upload{}, badRequest("The form cannot be read: %v", err)
	}
	out := upload{fields: map[string]string{}}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return upload{}, badRequest("The form cannot be read: %v", err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return upload{}, err
		}
		if part.FileName() == "" {
			out.fields[part.FormName()] = string(content)
		} else if out.content == nil {
			out.name, out.content = part.FileName(), content
			out.contentType = contentType(part.Header.Get("Content-Type"), content)
		}
	}
	if out.content == nil {
		return upload{}, badRequest("The form has no file.")
	}
	return out, nil
}

// contentType trusts what the sender says unless it says nothing of use.
func contentType(said string, content []byte) string {
	if said == "" || said == "application/octet-stream" || said == "application/x-www-form-urlencoded" {
		return http.DetectContentType(content)
	}
	return said
}

// writeFile sends a file to be saved, never to be shown: it came from anywhere.
func writeFile(w http.ResponseWriter, contentType, name string, content []byte) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name}); disposition != "" {
		w.Header().Set("Content-Disposition", disposition)
	}
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	writeRaw(w, http.StatusOK, contentType, content)
}

// mediaByID finds an uploaded file that a body names.
func (s *Site) mediaByID(id looseString) (world.Media, error) {
	media, err := s.world.Media(string(id))
	if err != nil {
		return world.Media{}, badRequest("There is no uploaded file with the id %s.", string(id))
	}
	return media, nil
}
