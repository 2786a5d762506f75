package sim

import (
	"html"
	"net/http"
	"slices"
	"strings"

	"stowage/atlassian/sim/world"
)

func (s *Site) commentRoutes(rt *assetsRouter) {
	s.undocumented(rt, FeatureComments, "GET /comment/object/{id}", s.listComments)
	s.undocumented(rt, FeatureComments, "POST /comment/create", s.createComment)
}

type wireComment struct {
	Created       string   `json:"created"`
	Updated       string   `json:"updated"`
	ID            string   `json:"id"`
	Actor         wireUser `json:"actor"`
	Role          int      `json:"role"`
	Comment       string   `json:"comment"`
	CommentOutput string   `json:"commentOutput"`
	ObjectID      string   `json:"objectId"`
	CanEdit       bool     `json:"canEdit"`
	CanDelete     bool     `json:"canDelete"`
}

func (s *Site) comment(r *http.Request, c world.Comment) wireComment {
	return wireComment{
		Created: world.FormatTime(c.Created), Updated: world.FormatTime(c.Updated), ID: c.ID.String(),
		Actor: s.wire(r).user(s.world, c.Author), Role: c.Role,
		Comment: c.Text, CommentOutput: commentOutput(c.Text),
		ObjectID: c.ObjectID.String(), CanEdit: c.Author == accountOf(r), CanDelete: c.Author == accountOf(r),
	}
}

// commentOutput is the text as HTML.
func commentOutput(text string) string {
	return "<p>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br/>") + "</p>"
}

func (s *Site) listComments(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	comments, err := s.world.Comments(id)
	if err != nil {
		writeError(w, err)
		return
	}
	if !queryBool(r, "asc", true) {
		slices.Reverse(comments)
	}
	out := make([]wireComment, 0, len(comments))
	for _, c := range comments {
		out = append(out, s.comment(r, c))
	}
	writeJSON(w, http.StatusOK, out)
}

// createComment takes author and time from the call: they cannot be given.
func (s *Site) createComment(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ObjectID looseString `json:"objectId"`
		Comment  looseString `json:"comment"`
		Role     looseInt    `json:"role"`
	}
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	object, err := bodyID(in.ObjectID, "objectId", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	created, err := s.world.CreateComment(world.Comment{
		ObjectID: object, Author: accountOf(r), Text: string(in.Comment), Role: int(in.Role),
	})
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusCreated, s.comment(r, created))
}
