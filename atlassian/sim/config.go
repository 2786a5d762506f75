package sim

import (
	"net/http"

	"stowage/atlassian/sim/world"
)

func (s *Site) configRoutes(rt *assetsRouter) {
	rt.HandleFunc("GET /config/statustype", s.listStatuses)
	rt.HandleFunc("POST /config/statustype", s.createStatus)
	rt.HandleFunc("GET /config/statustype/{id}", s.getStatus)
	rt.HandleFunc("PUT /config/statustype/{id}", s.updateStatus)
	rt.HandleFunc("DELETE /config/statustype/{id}", s.deleteStatus)

	rt.HandleFunc("GET /config/referencetype", s.listReferenceTypes)
	rt.HandleFunc("POST /config/referencetype", s.createReferenceType)
	s.undocumented(rt, FeatureReferenceTypes, "GET /config/referencetype/{id}", s.getReferenceType)
	s.undocumented(rt, FeatureReferenceTypes, "PUT /config/referencetype/{id}", s.updateReferenceType)
	s.undocumented(rt, FeatureReferenceTypes, "DELETE /config/referencetype/{id}", s.deleteReferenceType)
	s.undocumented(rt, FeatureReferenceTypes, "GET /config/referencetype/{id}/image.png", s.getReferenceTypeImage)

	rt.HandleFunc("GET /global/config", s.getGlobalConfig)
	rt.HandleFunc("GET /global/config/objectschema/{id}", s.getSchemaConfig)
	rt.HandleFunc("POST /global/config/objectschema/{id}/property", s.updateSchemaConfig)
	s.undocumented(rt, FeatureSchemaProperty, "GET /global/config/objectschema/{id}/property", s.getSchemaProperty)

	rt.HandleFunc("GET /usage", s.getUsage)
}

// querySchema reads objectSchemaId from the query string; none is zero.
func querySchema(r *http.Request) (world.ID, error) {
	text := r.URL.Query().Get("objectSchemaId")
	if text == "" {
		return 0, nil
	}
	id, ok := world.ParseID(text)
	if !ok {
		return 0, notFound("No object schema with id %s exists", text)
	}
	return id, nil
}

func (x wire) status(t world.StatusType) wireStatus {
	out := wireStatus{ID: t.ID.String(), Name: t.Name, Description: t.Description, Category: t.Category}
	if t.SchemaID != 0 {
		out.ObjectSchemaID = t.SchemaID.String()
	}
	return out
}

func (s *Site) listStatuses(w http.ResponseWriter, r *http.Request) {
	schema, err := querySchema(r)
	if err != nil {
		writeError(w, err)
		return
	}
	statuses, err := s.world.StatusTypes(schema)
	if err != nil {
		writeError(w, err)
		return
	}
	x, out := s.wire(r), make([]wireStatus, 0, len(statuses))
	for _, t := range statuses {
		out = append(out, x.status(t))
	}
	writeJSON(w, http.StatusOK, out)
}

type statusIn struct {
	Name           *looseString `json:"name"`
	Description    *looseString `json:"description"`
	Category       *looseInt    `json:"category"`
	ObjectSchemaID looseString  `json:"objectSchemaId"`
}

func (s *Site) createStatus(w http.ResponseWriter, r *http.Request) {
	var in statusIn
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	schema, err := bodyID(in.ObjectSchemaID, "objectSchemaId", "object schema")
	if err == nil && in.Category == nil {
		err = &world.Error{Status: http.StatusBadRequest, Fields: map[string]string{"category": "Category needs to be set."}}
	}
	if err != nil {
		writeError(w, err)
		return
	}
	status, err := s.world.CreateStatusType(world.StatusInput{
		SchemaID: schema, Name: given(in.Name), Description: given(in.Description), Category: int(*in.Category),
	})
	s.answerStatus(w, r, http.StatusCreated, status, err)
}

func (s *Site) getStatus(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "status type")
	if err != nil {
		writeError(w, err)
		return
	}
	status, err := s.world.StatusType(id)
	s.answerStatus(w, r, http.StatusOK, status, err)
}

func (s *Site) updateStatus(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "status type")
	if err != nil {
		writeError(w, err)
		return
	}
	var in statusIn
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	status, err := s.world.UpdateStatusType(id, world.StatusPatch{
		Name: (*string)(in.Name), Description: (*string)(in.Description), Category: (*int)(in.Category),
	})
	s.answerStatus(w, r, http.StatusOK, status, err)
}

func (s *Site) answerStatus(w http.ResponseWriter, r *http.Request, code int, t world.StatusType, err error) {
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, code, s.wire(r).status(t))
}

func (s *Site) deleteStatus(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "status type")
	if err == nil {
		_, err = s.world.DeleteStatusType(id)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (x wire) referenceType(t world.ReferenceType) wireReferenceType {
	out := wireReferenceType{
		WorkspaceID: x.workspace, GlobalID: x.globalID(t.ID), ID: t.ID.String(),
		Name: t.Name, Description: t.Description, Color: t.Color,
		URL16: x.base + "/config/referencetype/" + t.ID.String() + "/image.png?size=16", Removable: t.Removable,
	}
	if t.SchemaID != 0 {
		out.ObjectSchemaID = t.SchemaID.String()
	}
	return out
}

func (s *Site) listReferenceTypes(w http.ResponseWriter, r *http.Request) {
	schema, err := querySchema(r)
	if err != nil {
		writeError(w, err)
		return
	}
	types, err := s.world.ReferenceTypes(schema, queryBool(r, "includeAll", false))
	if err != nil {
		writeError(w, err)
		return
	}
	x, out := s.wire(r), make([]wireReferenceType, 0, len(types))
	for _, t := range types {
		out = append(out, x.referenceType(t))
	}
	writeJSON(w, http.StatusOK, out)
}

type referenceTypeIn struct {
	Name           *looseString `json:"name"`
	Description    *looseString `json:"description"`
	Color          *looseString `json:"color"`
	ObjectSchemaID looseString  `json:"objectSchemaId"`
}

func (s *Site) createReferenceType(w http.ResponseWriter, r *http.Request) {
	var in referenceTypeIn
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	schema, err := bodyID(in.ObjectSchemaID, "objectSchemaId", "object schema")
	if err != nil {
		writeError(w, err)
		return
	}
	t, err := s.world.CreateReferenceType(world.ReferenceTypeInput{
		SchemaID: schema, Name: given(in.Name), Description: given(in.Description), Color: given(in.Color),
	})
	s.answerReferenceType(w, r, http.StatusCreated, t, err)
}

func (s *Site) getReferenceType(w http.ResponseWriter, r *http.Request) {
	s.withReferenceType(w, r, s.world.ReferenceType)
}

func (s *Site) deleteReferenceType(w http.ResponseWriter, r *http.Request) {
	s.withReferenceType(w, r, s.world.DeleteReferenceType)
}

func (s *Site) updateReferenceType(w http.ResponseWriter, r *http.Request) {
	s.withReferenceType(w, r, func(id world.ID) (world.ReferenceType, error) {
		var in referenceTypeIn
		if err := readJSON(r, &in); err != nil {
			return world.ReferenceType{}, err
		}
		return s.world.UpdateReferenceType(id, world.ReferenceTypePatch{
			Name: (*string)(in.Name), Description: (*string)(in.Description), Color: (*string)(in.Color),
		})
	})
}

// getReferenceTypeImage shows the picture that url16 points to.
func (s *Site) getReferenceTypeImage(w http.ResponseWriter, r *http.Request) {
	if !acceptsPNG(r.Header.Get("Accept")) {
		writeXMLStatus(w, http.StatusNotAcceptable, "HTTP 406 Not Acceptable")
		return
	}
	id, err := pathID(r, "id", "reference type")
	if err != nil {
		writeError(w, err)
		return
	}
	image, err := s.world.ReferenceTypePNG(id)
	if err != nil {
		writeError(w, err)
		return
	}
	writeRaw(w, http.StatusOK, "image/png", image)
}

func (s *Site) withReferenceType(w http.ResponseWriter, r *http.Request, do func(world.ID) (world.ReferenceType, error)) {
	id, err := pathID(r, "id", "reference type")
	if err != nil {
		writeError(w, err)
		return
	}
	t, err := do(id)
	s.answerReferenceType(w, r, http.StatusOK, t, err)
}

func (s *Site) answerReferenceType(w http.ResponseWriter, r *http.Request, code int, t world.ReferenceType, err error) {
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, code, s.wire(r).referenceType(t))
}

type wireConfig struct {
	AllowOtherObjectSchema bool `json:"allowOtherObjectSchema"`
	ValidateQuickCreate    bool `json:"validateQuickCreate"`
	QuickCreateObjects     bool `json:"quickCreateObjects"`
}

// wireProperty is the undocumented reading of a schema's configuration.
type wireProperty struct {
	wireConfig
	CreateObjectsCustomField    bool `json:"createObjectsCustomField"`
	ServiceDescCustomersEnabled bool `json:"serviceDescCustomersEnabled"`
}

func config(c world.SchemaConfig) wireConfig {
	return wireConfig{
		AllowOtherObjectSchema: c.AllowOtherObjectSchema, ValidateQuickCreate: c.ValidateQuickCreate,
		QuickCreateObjects: c.QuickCreateObjects,
	}
}

func (s *Site) getGlobalConfig(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, config(s.world.GlobalConfig()))
}

func (s *Site) getSchemaConfig(w http.ResponseWriter, r *http.Request) {
	s.withSchemaConfig(w, r, func(c world.SchemaConfig) any { return config(c) })
}

func (s *Site) getSchemaProperty(w http.ResponseWriter, r *http.Request) {
	s.withSchemaConfig(w, r, func(c world.SchemaConfig) any {
		return wireProperty{
			wireConfig: config(c), CreateObjectsCustomField: c.CreateObjectsCustomField,
			ServiceDescCustomersEnabled: c.ServiceDescCustomersEnabled,
		}
	})
}

func (s *Site) withSchemaConfig(w http.ResponseWriter, r *http.Request, show func(world.SchemaConfig) any) {
	id, err := pathID(r, "id", "object schema")
	if err != nil {
		writeError(w, err)
		return
	}
	c, err := s.world.SchemaConfig(id)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, show(c))
}

func (s *Site) updateSchemaConfig(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object schema")
	if err != nil {
		writeError(w, err)
		return
	}
	var in struct {
		AllowOtherObjectSchema      *looseBool `json:"allowOtherObjectSchema"`
		ValidateQuickCreate         *looseBool `json:"validateQuickCreate"`
		QuickCreateObjects          *looseBool `json:"quickCreateObjects"`
		CreateObjectsCustomField    *looseBool `json:"createObjectsCustomField"`
		ServiceDescCustomersEnabled *looseBool `json:"serviceDescCustomersEnabled"`
	}
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	if _, err := s.world.UpdateSchemaConfig(id, world.SchemaConfigPatch{
		AllowOtherObjectSchema:      (*bool)(in.AllowOtherObjectSchema),
		ValidateQuickCreate:         (*bool)(in.ValidateQuickCreate),
		QuickCreateObjects:          (*bool)(in.QuickCreateObjects),
		CreateObjectsCustomField:    (*bool)(in.CreateObjectsCustomField),
		ServiceDescCustomersEnabled: (*bool)(in.ServiceDescCustomersEnabled),
	}); err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

type wireUsage struct {
	TotalObjectsCount  int               `json:"totalObjectsCount"`
	PerSchemaUsageInfo []wireSchemaUsage `json:"perSchemaUsageInfo"`
}

type wireSchemaUsage struct {
	SchemaID        int    `json:"schemaId"`
	SchemaName      string `json:"schemaName"`
	SchemaCreatedAt string `json:"schemaCreatedAt"`
	ObjectCount     int    `json:"objectCount"`
}

func (s *Site) getUsage(w http.ResponseWriter, _ *http.Request) {
	counted := s.world.Usage()
	usage := wireUsage{TotalObjectsCount: counted.Total, PerSchemaUsageInfo: []wireSchemaUsage{}}
	for _, schema := range counted.Schemas {
		usage.PerSchemaUsageInfo = append(usage.PerSchemaUsageInfo, wireSchemaUsage{
			SchemaID: int(schema.ID), SchemaName: schema.Name,
			SchemaCreatedAt: world.FormatTime(schema.Created), ObjectCount: schema.ObjectCount,
		})
	}
	writeJSON(w, http.StatusOK, usage)
}
