package sim

import (
	"fmt"
	"mime"
	"net/http"

	"stowage/atlassian/sim/world"
)

func (s *Site) attachmentRoutes(rt *assetsRouter) {
	s.undocumented(rt, FeatureAttachments, "GET /attachments/object/{id}", s.listAttachments)
	s.undocumented(rt, FeatureAttachments, "POST /attachments/object/{id}", s.createAttachments)
	s.undocumented(rt, FeatureAttachments, "GET /attachments/object/{id}/credentials", s.issueAttachmentToken)
	s.undocumented(rt, FeatureAttachments, "GET /attachments/{id}", s.getAttachment)
	s.undocumented(rt, FeatureAttachments, "DELETE /attachments/{id}", s.deleteAttachment)
	s.undocumented(rt, FeatureAvatars, "POST /avatar/upload", s.uploadAvatar)
	s.undocumented(rt, FeatureAvatars, "GET /object/{id}/avatar.png", s.getAvatar)
}

type wireAttachment struct {
	ID            string `json:"id"`
	Author        string `json:"author"`
	MimeType      string `json:"mimeType"`
	Filename      string `json:"filename"`
	Filesize      string `json:"filesize"`
	Created       string `json:"created"`
	Comment       string `json:"comment"`
	CommentOutput string `json:"commentOutput"`
	URL           string `json:"url"`
}

func (s *Site) attachment(r *http.Request, a world.Attachment) wireAttachment {
	out := wireAttachment{
		ID: a.ID.String(), Author: a.Author, MimeType: a.ContentType, Filename: a.Filename, Filesize: fileSize(a.Size),
		Created: world.FormatTime(a.Created), Comment: a.Comment, URL: s.assetsURL(r) + "/attachments/" + a.ID.String(),
	}
	if a.Comment != "" {
		out.CommentOutput = commentOutput(a.Comment)
	}
	return out
}

// fileSize is a size as people read it, which is how the service gives it.
func fileSize(n int64) string {
	size := float64(n)
	for _, unit := range []string{"B", "kB", "MB"} {
		if size < 1024 {
			if unit == "B" {
				return fmt.Sprintf("%d B", n)
			}
			return fmt.Sprintf("%.1f %s", size, unit)
		}
		size /= 1024
	}
	return fmt.Sprintf("%.1f GB", size)
}

func (s *Site) listAttachments(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	attachments, err := s.world.Attachments(id)
	if err != nil {
		writeError(w, err)
		return
	}
	s.answerAttachments(w, r, http.StatusOK, attachments)
}

func (s *Site) answerAttachments(w http.ResponseWriter, r *http.Request, status int, attachments []world.Attachment) {
	out := make([]wireAttachment, 0, len(attachments))
	for _, a := range attachments {
		out = append(out, s.attachment(r, a))
	}
	writeJSON(w, status, out)
}

func (s *Site) issueAttachmentToken(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err == nil {
		_, err = s.world.Object(id)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, wireMediaConfig{
		ClientID: s.mediaClientID(), MediaBaseURL: s.wire(r).mediaBase(),
		MediaJWTToken: s.issueMediaToken(mediaWrite, "attachments_"+id.String()),
	})
}

// createAttachments attaches files that were uploaded to the media service, or
// one that comes in a form.
func (s *Site) createAttachments(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		file, err := readFile(w, r)
		if err != nil {
			writeError(w, err)
			return
		}
		s.attach(w, r, []pendingAttachment{{world.Attachment{
			ObjectID: id, Filename: file.name, ContentType: file.contentType, Comment: file.fields["comment"],
		}, file.content}})
		return
	}
	var in struct {
		Attachments []struct {
			ContentType looseString `json:"contentType"`
			Filename    looseString `json:"filename"`
			MediaID     looseString `json:"mediaId"`
			Comment     looseString `json:"comment"`
		} `json:"attachments"`
	}
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	if len(in.Attachments) == 0 {
		writeError(w, badRequest("There is nothing to attach."))
		return
	}
	var pending []pendingAttachment
	for _, a := range in.Attachments {
		media, err := s.mediaByID(a.MediaID)
		if err != nil {
			writeError(w, err)
			return
		}
		attachment := world.Attachment{
			ObjectID: id, Filename: string(a.Filename), ContentType: string(a.ContentType), Comment: string(a.Comment),
		}
		if attachment.Filename == "" {
			attachment.Filename = media.Name
		}
		if attachment.ContentType == "" {
			attachment.ContentType = media.ContentType
		}
		pending = append(pending, pendingAttachment{attachment, media.Content})
	}
	s.attach(w, r, pending)
}

// pendingAttachment is an attachment that is about to be made.
type pendingAttachment struct {
	world.Attachment
	content []byte
}

func (s *Site) attach(w http.ResponseWriter, r *http.Request, pending []pendingAttachment) {
	var made []world.Attachment
	for _, p := range pending {
		p.Author = accountOf(r)
		attachment, err := s.world.CreateAttachment(p.Attachment, p.content)
		if err != nil {
			writeError(w, err)
			return
		}
		made = append(made, attachment)
	}
	s.answerAttachments(w, r, http.StatusCreated, made)
}

func (s *Site) getAttachment(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "attachment")
	if err != nil {
		writeError(w, err)
		return
	}
	attachment, content, err := s.world.Attachment(id)
	if err != nil {
		writeError(w, err)
		return
	}
	writeFile(w, attachment.ContentType, attachment.Filename, content)
}

func (s *Site) deleteAttachment(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "attachment")
	if err != nil {
		writeError(w, err)
		return
	}
	attachment, err := s.world.DeleteAttachment(id)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, s.attachment(r, attachment))
}

// uploadAvatar stores a picture and answers with the UUID by which an object
// takes it as its avatar; the UUID the caller made up is not kept.
func (s *Site) uploadAvatar(w http.ResponseWriter, r *http.Request) {
	file, err := readFile(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	media := s.world.PutMedia(file.name, file.contentType, file.content)
	writeJSON(w, http.StatusCreated, map[string]string{"avatarUUID": media.UUID})
}

func (s *Site) getAvatar(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	object, err := s.world.Object(id)
	if err == nil && object.AvatarUUID == "" {
		err = notFound("The object with id %d has no avatar", id)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	media, err := s.world.Media(object.AvatarUUID)
	if err != nil {
		writeError(w, err)
		return
	}
	writeFile(w, media.ContentType, media.Name, media.Content)
}
