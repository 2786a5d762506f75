package sim

import (
	"net/http"

	"stowage/atlassian/sim/world"
)

func (s *Site) typeRoutes(rt *assetsRouter) {
	rt.HandleFunc("POST /objecttype/create", s.createType)
	rt.HandleFunc("GET /objecttype/{id}", s.getType)
	rt.HandleFunc("PUT /objecttype/{id}", s.updateType)
	rt.HandleFunc("DELETE /objecttype/{id}", s.deleteType)
	rt.HandleFunc("POST /objecttype/{id}/position", s.moveType)
	rt.HandleFunc("GET /objecttype/{id}/attributes", s.listTypeAttributes)
}

type typeIn struct {
	Name               *looseString `json:"name"`
	Description        *looseString `json:"description"`
	IconID             *looseString `json:"iconId"`
	ObjectSchemaID     looseString  `json:"objectSchemaId"`
	ParentObjectTypeID looseString  `json:"parentObjectTypeId"`
	Inherited          *looseBool   `json:"inherited"`
	AbstractObjectType *looseBool   `json:"abstractObjectType"`
}

// bodyID reads an id out of a body. Text that is no id names nothing.
func bodyID(text looseString, field, what string) (world.ID, error) {
	if text == "" {
		return 0, nil
	}
	id, ok := world.ParseID(string(text))
	if !ok {
		return 0, &world.Error{Status: http.StatusBadRequest, Fields: map[string]string{field: "No " + what + " with id " + string(text) + " exists"}}
	}
	return id, nil
}

func (s *Site) createType(w http.ResponseWriter, r *http.Request) {
	var in typeIn
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	schema, err := bodyID(in.ObjectSchemaID, "objectSchemaId", "object schema")
	if err == nil && schema == 0 {
		err = &world.Error{Status: http.StatusBadRequest, Fields: map[string]string{"objectSchemaId": "Object schema needs to be set."}}
	}
	if err != nil {
		writeError(w, err)
		return
	}
	parent, err := bodyID(in.ParentObjectTypeID, "parentObjectTypeId", "object type")
	if err != nil {
		writeError(w, err)
		return
	}
	// An icon id that is none is told by the world as an icon that is not set.
	icon, _ := world.ParseID(given(in.IconID))
	t, err := s.world.CreateType(world.TypeInput{
		SchemaID: schema, ParentID: parent, IconID: icon, Name: given(in.Name), Description: given(in.Description),
		Inherited: in.Inherited != nil && bool(*in.Inherited), Abstract: in.AbstractObjectType != nil && bool(*in.AbstractObjectType),
	})
	s.answerType(w, r, http.StatusCreated, t, err)
}

func (s *Site) getType(w http.ResponseWriter, r *http.Request) {
	s.withType(w, r, s.world.ObjectType)
}

func (s *Site) deleteType(w http.ResponseWriter, r *http.Request) {
	s.withType(w, r, s.world.DeleteType)
}

func (s *Site) updateType(w http.ResponseWriter, r *http.Request) {
	s.withType(w, r, func(id world.ID) (world.ObjectType, error) {
		var in typeIn
		if err := readJSON(r, &in); err != nil {
			return world.ObjectType{}, err
		}
		patch := world.TypePatch{
			Name: (*string)(in.Name), Description: (*string)(in.Description),
			Inherited: (*bool)(in.Inherited), Abstract: (*bool)(in.AbstractObjectType),
		}
		if in.IconID != nil {
			icon, _ := world.ParseID(string(*in.IconID))
			patch.IconID = &icon
		}
		return s.world.UpdateType(id, patch)
	})
}

func (s *Site) moveType(w http.ResponseWriter, r *http.Request) {
	s.withType(w, r, func(id world.ID) (world.ObjectType, error) {
		var in struct {
			ToObjectTypeID looseString `json:"toObjectTypeId"`
			Position       *looseInt   `json:"position"`
		}
		if err := readJSON(r, &in); err != nil {
			return world.ObjectType{}, err
		}
		if in.Position == nil {
			return world.ObjectType{}, &world.Error{Status: http.StatusBadRequest, Fields: map[string]string{"position": "Position needs to be set."}}
		}
		parent, err := bodyID(in.ToObjectTypeID, "toObjectTypeId", "object type")
		if err != nil {
			return world.ObjectType{}, err
		}
		return s.world.MoveType(id, parent, int(*in.Position))
	})
}

func (s *Site) withType(w http.ResponseWriter, r *http.Request, do func(world.ID) (world.ObjectType, error)) {
	id, err := pathID(r, "id", "object type")
	if err != nil {
		writeError(w, err)
		return
	}
	t, err := do(id)
	s.answerType(w, r, http.StatusOK, t, err)
}

func (s *Site) answerType(w http.ResponseWriter, r *http.Request, status int, t world.ObjectType, err error) {
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, status, s.wire(r).objectType(t, s.iconName(t.IconID), true))
}
