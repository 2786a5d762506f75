package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stowage/atlassian/sim/world"
)

func (s *Site) jiraFieldRoutes(rt *router, api string) {
	rt.HandleFunc("GET "+api+"/field", s.listFields)
	rt.HandleFunc("GET "+api+"/field/search", s.searchFields)
	rt.HandleFunc("GET "+api+"/field/{id}/context", s.listContexts)
	rt.HandleFunc("GET "+api+"/field/{id}/context/projectmapping", s.listProjectMappings)
	rt.HandleFunc("GET "+api+"/field/{id}/context/issuetypemapping", s.listIssueTypeMappings)
	rt.HandleFunc("GET "+api+"/field/{id}/context/defaultValue", s.listDefaultValues)
}

// objectFieldType is the type of the fields that hold objects of Assets.
const objectFieldType = "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype"

type wireFieldSchema struct {
	Type     string `json:"type"`
	Items    string `json:"items,omitempty"`
	System   string `json:"system,omitempty"`
	Custom   string `json:"custom,omitempty"`
	CustomID int    `json:"customId,omitempty"`
}

type wireField struct {
	ID          string           `json:"id"`
	Key         string           `json:"key"`
	Name        string           `json:"name"`
	Untranslate string           `json:"untranslatedName,omitempty"`
	Custom      bool             `json:"custom"`
	Orderable   bool             `json:"orderable"`
	Navigable   bool             `json:"navigable"`
	Searchable  bool             `json:"searchable"`
	ClauseNames []string         `json:"clauseNames"`
	Schema      *wireFieldSchema `json:"schema,omitempty"`
}

// systemFields are the fields every issue has.
func systemFields() []wireField {
	field := func(id, name, kind string, clauses ...string) wireField {
		return wireField{
			ID: id, Key: id, Name: name, Orderable: id == "summary", Navigable: true, Searchable: true,
			ClauseNames: append(clauses, id), Schema: &wireFieldSchema{Type: kind, System: id},
		}
	}
	return []wireField{
		{ID: "issuekey", Key: "issuekey", Name: "Key", Navigable: true, ClauseNames: []string{"id", "issue", "issuekey", "key"}},
		field("summary", "Summary", "string"), field("issuetype", "Work type", "issuetype", "type"), field("project", "Project", "project"),
		field("status", "Status", "status"), field("priority", "Priority", "priority"), field("reporter", "Reporter", "user"),
		field("created", "Created", "datetime", "createdDate"), field("updated", "Updated", "datetime", "updatedDate"),
	}
}

// fieldNumber is the number in customfield_10001.
func fieldNumber(id string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(id, "customfield_"))
	if err != nil {
		return 0
	}
	return n
}

func objectFieldSchema(f world.Field) *wireFieldSchema {
	return &wireFieldSchema{Type: "array", Items: "cmdb-object-field", Custom: objectFieldType, CustomID: fieldNumber(f.ID)}
}

func (s *Site) listFields(w http.ResponseWriter, _ *http.Request) {
	out := systemFields()
	for _, f := range s.world.Fields() {
		out = append(out, wireField{
			ID: f.ID, Key: f.ID, Name: f.Name, Untranslate: f.Name, Custom: true, Orderable: true, Navigable: true, Searchable: true,
			ClauseNames: []string{"cf[" + itoa(fieldNumber(f.ID)) + "]", f.Name}, Schema: objectFieldSchema(f),
		})
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *Site) searchFields(w http.ResponseWriter, r *http.Request) {
	type field struct {
		ID          string           `json:"id"`
		Key         string           `json:"key"`
		Name        string           `json:"name"`
		Description string           `json:"description"`
		IsLocked    bool             `json:"isLocked"`
		SearcherKey string           `json:"searcherKey,omitempty"`
		Schema      *wireFieldSchema `json:"schema,omitempty"`
	}
	ids, kinds, query := queryList(r, "id"), queryList(r, "type"), strings.ToLower(r.URL.Query().Get("query"))
	wanted := func(id, name, description, kind string) bool {
		return (len(ids) == 0 || slices.Contains(ids, id)) && (len(kinds) == 0 || slices.Contains(kinds, kind)) &&
			(strings.Contains(strings.ToLower(name), query) || strings.Contains(strings.ToLower(description), query))
	}
	var found []field
	for _, f := range systemFields() {
		if wanted(f.ID, f.Name, "", "system") {
			found = append(found, field{ID: f.ID, Key: f.ID, Name: f.Name, Schema: f.Schema})
		}
	}
	for _, f := range s.world.Fields() {
		if wanted(f.ID, f.Name, f.Description, "custom") {
			found = append(found, field{
				ID: f.ID, Key: f.ID, Name: f.Name, Description: f.Description,
				SearcherKey: "com.atlassian.jira.plugins.cmdb:cmdb-object-searcher", Schema: objectFieldSchema(f),
			})
		}
	}
	slices.SortStableFunc(found, func(a, b field) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	writePage(s, w, r, found, 50, func(f field) field { return f })
}

// contextsOf finds the contexts of the field in the path that the request asks for, or
// answers that there is no such field.
func (s *Site) contextsOf(w http.ResponseWriter, r *http.Request) ([]world.FieldContext, bool) {
	f, ok := s.world.Field(r.PathValue("id"))
	if !ok {
		writeMessage(w, http.StatusNotFound, "The custom field was not found.")
		return nil, false
	}
	asked := queryList(r, "contextId")
	return slices.DeleteFunc(slices.Clone(f.Contexts), func(c world.FieldContext) bool {
		return len(asked) > 0 && !slices.Contains(asked, c.ID.String())
	}), true
}

func (s *Site) listContexts(w http.ResponseWriter, r *http.Request) {
	contexts, ok := s.contextsOf(w, r)
	if !ok {
		return
	}
	type wireContext struct {
		ID              string `json:"id"`
		Name            string `json:"name"`
		Description     string `json:"description"`
		IsGlobalContext bool   `json:"isGlobalContext"`
		IsAnyIssueType  bool   `json:"isAnyIssueType"`
	}
	writePage(s, w, r, contexts, 50, func(c world.FieldContext) wireContext {
		return wireContext{ID: c.ID.String(), Name: c.Name, IsGlobalContext: len(c.ProjectIDs) == 0, IsAnyIssueType: len(c.IssueTypes) == 0}
	})
}

func (s *Site) listProjectMappings(w http.ResponseWriter, r *http.Request) {
	contexts, ok := s.contextsOf(w, r)
	if !ok {
		return
	}
	var all []map[string]any
	for _, c := range contexts {
		if len(c.ProjectIDs) == 0 {
			all = append(all, map[string]any{"contextId": c.ID.String(), "isGlobalContext": true})
		}
		for _, p := range c.ProjectIDs {
			all = append(all, map[string]any{"contextId": c.ID.String(), "projectId": p.String()})
		}
	}
	writePage(s, w, r, all, 50, func(m map[string]any) map[string]any { return m })
}

func (s *Site) listIssueTypeMappings(w http.ResponseWriter, r *http.Request) {
	contexts, ok := s.contextsOf(w, r)
	if !ok {
		return
	}
	var all []map[string]any
	for _, c := range contexts {
		if len(c.IssueTypes) == 0 {
			all = append(all, map[string]any{"contextId": c.ID.String(), "isAnyIssueType": true})
		}
		for _, name := range c.IssueTypes {
			all = append(all, map[string]any{"contextId": c.ID.String(), "issueTypeId": s.jiraIssueType(r, name).ID})
		}
	}
	writePage(s, w, r, all, 50, func(m map[string]any) map[string]any { return m })
}

// listDefaultValues is empty: fields that hold objects have no default here.
func (s *Site) listDefaultValues(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.contextsOf(w, r); ok {
		writePage(s, w, r, nil, 50, func(m map[string]any) map[string]any { return m })
	}
}

// contextFor is the context of a field that an issue is in: one for its project before
// one for all. A field without any context exists everywhere.
func contextFor(f world.Field, projectID world.ID, issueType string) (world.FieldContext, bool) {
	if len(f.Contexts) == 0 {
		return world.FieldContext{Multiple: true}, true
	}
	fits := func(c world.FieldContext) bool {
		return len(c.IssueTypes) == 0 || slices.Contains(c.IssueTypes, issueType)
	}
	for _, c := range f.Contexts {
		if slices.Contains(c.ProjectIDs, projectID) {
			return c, fits(c)
		}
	}
	for _, c := range f.Contexts {
		if len(c.ProjectIDs) == 0 {
			return c, fits(c)
		}
	}
	return world.FieldContext{}, false
}

// The settings of a field that holds objects are not part of the public API. Clients
// find their number on an administration page and read and write them by it; here it is
// the number of the context.

func (s *Site) fieldConfigRoutes(rt *router) {
	s.undocumented(rt, FeatureFieldConfig, "GET /secure/admin/ConfigureCustomField!default.jspa", s.getFieldPage)
	s.undocumented(rt, FeatureFieldConfig, "GET /rest/servicedesk/cmdb/latest/fieldconfig/{id}", s.getFieldConfig)
	s.undocumented(rt, FeatureFieldConfig, "PUT /rest/servicedesk/cmdb/latest/fieldconfig/{id}", s.putFieldConfig)
}

type wireFieldConfig struct {
	ObjectSchemaID                  looseString   `json:"objectSchemaId"`
	WorkspaceID                     string        `json:"workspaceId"`
	ObjectFilterQuery               looseString   `json:"objectFilterQuery"`
	IssueScopeFilterQuery           looseString   `json:"issueScopeFilterQuery"`
	SearchedAttributes              []looseString `json:"attributesIncludedInAutoCompleteSearch"`
	ShownAttributes                 []looseString `json:"attributesDisplayedOnIssue"`
	Multiple                        looseBool     `json:"multiple"`
	ShouldSetDefaultValuesFromEmpty looseBool     `json:"shouldSetDefaultValuesFromEmptySearch"`
	AttributesLimit                 looseInt      `json:"attributesLimit"`
}

func (s *Site) getFieldPage(w http.ResponseWriter, r *http.Request) {
	f, ok := s.world.Field("customfield_" + strings.TrimPrefix(r.URL.Query().Get("customFieldId"), "customfield_"))
	if !ok {
		writeHTMLStatus(w, http.StatusNotFound, "There is no such custom field.")
		return
	}
	var b strings.Builder
	b.WriteString("<!doctype html><html lang=\"en\"><head><title>Configure Custom Field</title></head><body>\n")
	for _, c := range f.Contexts {
		id := c.ID.String()
		b.WriteString(`<a href="EditAssetsField.jspa?fieldConfigSchemeId=` + id + `&amp;fieldConfigId=` + id + `&amp;customFieldId=` + itoa(fieldNumber(f.ID)) + `">Edit</a>` + "\n")
	}
	b.WriteString("</body></html>")
	writeRaw(w, http.StatusOK, "text/html;charset=UTF-8", []byte(b.String()))
}

// withContext finds the context of that number.
func (s *Site) withContext(w http.ResponseWriter, r *http.Request, do func(f world.Field, c *world.FieldContext)) {
	for _, f := range s.world.Fields() {
		f.Contexts = slices.Clone(f.Contexts)
		for i := range f.Contexts {
			if f.Contexts[i].ID.String() == r.PathValue("id") {
				do(f, &f.Contexts[i])
				return
			}
		}
	}
	writeMessage(w, http.StatusNotFound, "No field configuration with id %s exists", r.PathValue("id"))
}

func (s *Site) answerFieldConfig(w http.ResponseWriter, c *world.FieldContext) {
	out := wireFieldConfig{
		WorkspaceID: s.workspaceID, ObjectFilterQuery: looseString(c.Filter), Multiple: looseBool(c.Multiple),
		SearchedAttributes: []looseString{}, ShownAttributes: []looseString{}, AttributesLimit: 20,
	}
	if c.SchemaID != 0 {
		out.ObjectSchemaID = looseString(c.SchemaID.String())
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *Site) getFieldConfig(w http.ResponseWriter, r *http.Request) {
	s.withContext(w, r, func(_ world.Field, c *world.FieldContext) { s.answerFieldConfig(w, c) })
}

func (s *Site) putFieldConfig(w http.ResponseWriter, r *http.Request) {
	s.withContext(w, r, func(f world.Field, c *world.FieldContext) {
		var in wireFieldConfig
		if err := readJSON(r, &in); err != nil {
			writeError(w, err)
			return
		}
		c.SchemaID = 0
		if in.ObjectSchemaID != "" {
			id, _ := world.ParseID(string(in.ObjectSchemaID))
			if _, err := s.world.Schema(id); err != nil {
				writeError(w, err)
				return
			}
			c.SchemaID = id
		}
		c.Filter, c.Multiple = string(in.ObjectFilterQuery), bool(in.Multiple)
		s.world.PutField(f)
		s.answerFieldConfig(w, c)
	})
}
