package sim

import (
	"net/http"
	"strings"

	"stowage/atlassian/sim/world"
)

func (s *Site) iconRoutes(rt *assetsRouter) {
	rt.HandleFunc("GET /icon/global", s.listGlobalIcons)
	rt.HandleFunc("GET /icon/{id}", s.getIcon)
	rt.HandleFunc("GET /icon/{id}/icon.png", s.getIconImage)
	s.undocumented(rt, FeatureSchemaIcons, "GET /icon/objectschema/{id}", s.listSchemaIcons)
	s.undocumented(rt, FeatureIconUpload, "GET /icon/token-for-uploading-icon", s.issueIconToken)
	s.undocumented(rt, FeatureIconUpload, "POST /icon/create", s.createIcon)
	s.undocumented(rt, FeatureIconUpload, "POST /icon", s.uploadIcon)
	s.undocumented(rt, FeatureIconUpload, "PUT /icon/{id}", s.updateIcon)
	s.undocumented(rt, FeatureIconUpload, "DELETE /icon/{id}", s.deleteIcon)
}

// iconName is the name of an icon, empty when there is none.
func (s *Site) iconName(id world.ID) string {
	icon, err := s.world.Icon(id)
	if err != nil {
		return ""
	}
	return icon.Name
}

func (s *Site) listGlobalIcons(w http.ResponseWriter, r *http.Request) {
	s.answerIcons(w, r, 0)
}

func (s *Site) listSchemaIcons(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object schema")
	if err == nil {
		_, err = s.world.Schema(id)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	s.answerIcons(w, r, id)
}

func (s *Site) answerIcons(w http.ResponseWriter, r *http.Request, schema world.ID) {
	x, out := s.wire(r), []wireIcon{}
	for _, icon := range s.world.Icons(schema) {
		out = append(out, x.icon(icon.ID, icon.Name))
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *Site) getIcon(w http.ResponseWriter, r *http.Request) {
	s.withIcon(w, r, http.StatusOK, s.world.Icon)
}

func (s *Site) deleteIcon(w http.ResponseWriter, r *http.Request) {
	s.withIcon(w, r, http.StatusOK, s.world.DeleteIcon)
}

func (s *Site) withIcon(w http.ResponseWriter, r *http.Request, status int, do func(world.ID) (world.Icon, error)) {
	id, err := pathID(r, "id", "icon")
	if err != nil {
		writeError(w, err)
		return
	}
	icon, err := do(id)
	s.answerIcon(w, r, status, icon, err)
}

func (s *Site) answerIcon(w http.ResponseWriter, r *http.Request, status int, icon world.Icon, err error) {
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, status, s.wire(r).icon(icon.ID, icon.Name))
}

func (s *Site) getIconImage(w http.ResponseWriter, r *http.Request) {
	if !acceptsPNG(r.Header.Get("Accept")) {
		writeXMLStatus(w, http.StatusNotAcceptable, "HTTP 406 Not Acceptable")
		return
	}
	id, err := pathID(r, "id", "icon")
	if err != nil {
		writeError(w, err)
		return
	}
	size, err := queryInt(r, "size", 48)
	if err != nil {
		writeError(w, err)
		return
	}
	image, err := s.world.IconPNG(id, size)
	if err != nil {
		writeError(w, err)
		return
	}
	writeRaw(w, http.StatusOK, "image/png", image)
}

func acceptsPNG(accept string) bool {
	return accept == "" || strings.Contains(accept, "image/*") || strings.Contains(accept, "image/png") || strings.Contains(accept, "*/*")
}

func (s *Site) issueIconToken(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{
		"mediaJwtToken": s.issueMediaToken(mediaWrite, "insight_"+s.workspaceID+"_icons"),
	})
}

type iconIn struct {
	Name           *looseString `json:"name"`
	MediaFileUUID  looseString  `json:"mediaFileUuid"`
	ObjectSchemaID looseString  `json:"objectSchemaId"`
}

// createIcon makes an icon of a file that was uploaded to the media service.
func (s *Site) createIcon(w http.ResponseWriter, r *http.Request) {
	var in iconIn
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	schema, err := bodyID(in.ObjectSchemaID, "objectSchemaId", "object schema")
	if err != nil {
		writeError(w, err)
		return
	}
	media, err := s.mediaByID(in.MediaFileUUID)
	if err != nil {
		writeError(w, err)
		return
	}
	icon, err := s.world.CreateIcon(schema, given(in.Name), media.Content)
	s.answerIcon(w, r, http.StatusCreated, icon, err)
}

// uploadIcon makes an icon of a file in a form.
func (s *Site) uploadIcon(w http.ResponseWriter, r *http.Request) {
	file, err := readFile(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	schema, err := bodyID(looseString(file.fields["objectSchemaId"]), "objectSchemaId", "object schema")
	if err != nil {
		writeError(w, err)
		return
	}
	name := file.fields["name"]
	if name == "" {
		name = strings.TrimSuffix(file.name, ".png")
	}
	icon, err := s.world.CreateIcon(schema, name, file.content)
	s.answerIcon(w, r, http.StatusCreated, icon, err)
}

func (s *Site) updateIcon(w http.ResponseWriter, r *http.Request) {
	s.withIcon(w, r, http.StatusOK, func(id world.ID) (world.Icon, error) {
		var in iconIn
		if err := readJSON(r, &in); err != nil {
			return world.Icon{}, err
		}
		var content []byte
		if in.MediaFileUUID != "" {
			media, err := s.mediaByID(in.MediaFileUUID)
			if err != nil {
				return world.Icon{}, err
			}
			content = media.Content
		}
		return s.world.UpdateIcon(id, (*string)(in.Name), content)
	})
}
