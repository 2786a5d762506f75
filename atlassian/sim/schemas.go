package sim

import (
	"net/http"
	"strings"

	"stowage/atlassian/sim/world"
)

func (s *Site) schemaRoutes(rt *assetsRouter) {
	rt.HandleFunc("GET /objectschema/list", s.listSchemas)
	rt.HandleFunc("POST /objectschema/create", s.createSchema)
	rt.HandleFunc("GET /objectschema/{id}", s.getSchema)
	rt.HandleFunc("PUT /objectschema/{id}", s.updateSchema)
	rt.HandleFunc("DELETE /objectschema/{id}", s.deleteSchema)
	rt.HandleFunc("GET /objectschema/{id}/attributes", s.listSchemaAttributes)
	rt.HandleFunc("GET /objectschema/{id}/objecttypes", s.listSchemaTypes)
	rt.HandleFunc("GET /objectschema/{id}/objecttypes/flat", s.listSchemaTypesFlat)
}

// pathID reads the id in the path. What is no number exists as little as a
// number that was never given.
func pathID(r *http.Request, name, what string) (world.ID, error) {
	text := r.PathValue(name)
	id, ok := world.ParseID(text)
	if !ok {
		return 0, notFound("No %s with id %s exists", what, text)
	}
	return id, nil
}

func (s *Site) listSchemas(w http.ResponseWriter, r *http.Request) {
	startAt, err := queryInt(r, "startAt", 0)
	if err != nil {
		writeError(w, err)
		return
	}
	maxResults, err := queryInt(r, "maxResults", 25)
	if err != nil {
		writeError(w, err)
		return
	}
	if startAt < 0 || maxResults <= 0 {
		writeMessage(w, http.StatusBadRequest, "startAt must not be negative and maxResults must be positive.")
		return
	}
	maxResults = min(maxResults, s.opts.MaxPage)
	all := s.world.Schemas()
	if callerOf(r.Context()).credential.Access == AccessNoSchemas {
		all = nil
	}
	from, to := min(startAt, len(all)), min(startAt+maxResults, len(all))
	page := wireSchemaList{
		StartAt: startAt, MaxResults: maxResults, Total: len(all), Values: []wireSchema{},
		IsLast: to >= len(all), Last: to >= len(all),
	}
	x, counts := s.wire(r), queryBool(r, "includeCounts", false)
	for _, schema := range all[from:to] {
		if !counts {
			schema.ObjectCount, schema.TypeCount = 0, 0
		}
		page.Values = append(page.Values, x.schema(schema))
	}
	writeJSON(w, http.StatusOK, page)
}

type schemaIn struct {
	Name            *looseString `json:"name"`
	ObjectSchemaKey *looseString `json:"objectSchemaKey"`
	Description     *looseString `json:"description"`
}

func (s *Site) createSchema(w http.ResponseWriter, r *http.Request) {
	var in schemaIn
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	schema, err := s.world.CreateSchema(world.SchemaInput{
		Name: given(in.Name), Key: given(in.ObjectSchemaKey), Description: given(in.Description),
	})
	s.answerSchema(w, r, http.StatusCreated, schema, err)
}

func (s *Site) getSchema(w http.ResponseWriter, r *http.Request) {
	s.withSchema(w, r, s.world.Schema)
}

func (s *Site) deleteSchema(w http.ResponseWriter, r *http.Request) {
	s.withSchema(w, r, s.world.DeleteSchema)
}

func (s *Site) updateSchema(w http.ResponseWriter, r *http.Request) {
	s.withSchema(w, r, func(id world.ID) (world.Schema, error) {
		var in schemaIn
		if err := readJSON(r, &in); err != nil {
			return world.Schema{}, err
		}
		return s.world.UpdateSchema(id, world.SchemaPatch{
			Name: (*string)(in.Name), Key: (*string)(in.ObjectSchemaKey), Description: (*string)(in.Description),
		})
	})
}

func (s *Site) withSchema(w http.ResponseWriter, r *http.Request, do func(world.ID) (world.Schema, error)) {
	id, err := pathID(r, "id", "object schema")
	if err != nil {
		writeError(w, err)
		return
	}
	schema, err := do(id)
	s.answerSchema(w, r, http.StatusOK, schema, err)
}

func (s *Site) answerSchema(w http.ResponseWriter, r *http.Request, status int, schema world.Schema, err error) {
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, status, s.wire(r).schema(schema))
}

func (s *Site) listSchemaTypes(w http.ResponseWriter, r *http.Request) {
	excludeAbstract := queryBool(r, "excludeAbstract", false)
	s.answerSchemaTypes(w, r, true, func(t world.ObjectType) bool { return !excludeAbstract || !t.Abstract })
}

// listSchemaTypesFlat also knows a text to search and ids to leave out, whose
// subtrees stay.
func (s *Site) listSchemaTypesFlat(w http.ResponseWriter, r *http.Request) {
	query := strings.ToLower(strings.Trim(r.URL.Query().Get("query"), `"`))
	if query == "true" || query == "false" {
		query = "" // the description types the parameter as a boolean; then it says nothing
	}
	excluded := map[string]bool{}
	for id := range strings.SplitSeq(r.URL.Query().Get("exclude"), ",") {
		excluded[strings.TrimSpace(id)] = true
	}
	s.answerSchemaTypes(w, r, queryBool(r, "includeObjectCounts", false), func(t world.ObjectType) bool {
		return !excluded[t.ID.String()] && strings.Contains(strings.ToLower(t.Name), query)
	})
}

func (s *Site) answerSchemaTypes(w http.ResponseWriter, r *http.Request, counts bool, keep func(world.ObjectType) bool) {
	id, err := pathID(r, "id", "object schema")
	if err != nil {
		writeError(w, err)
		return
	}
	types, err := s.world.ObjectTypes(id)
	if err != nil {
		writeError(w, err)
		return
	}
	x := s.wire(r)
	out := []wireType{}
	for _, t := range types {
		if keep(t) {
			out = append(out, x.objectType(t, s.iconName(t.IconID), counts))
		}
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *Site) listSchemaAttributes(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object schema")
	if err != nil {
		writeError(w, err)
		return
	}
	attributes, err := s.world.SchemaAttributes(id)
	if err != nil {
		writeError(w, err)
		return
	}
	s.answerAttributes(w, r, wantedAttributes(r, attributes), attributeParts{objectType: queryBool(r, "extended", false)})
}

// given is the text of an optional member, empty when it is missing.
func given(s *looseString) string {
	if s == nil {
		return ""
	}
	return string(*s)
}
