package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"stowage/atlassian/sim/aql"
	"stowage/atlassian/sim/world"
)

func (s *Site) jiraIssueRoutes(rt *router, api string) {
	rt.HandleFunc("GET "+api+"/issue/{key}", s.getIssue)
	rt.HandleFunc("PUT "+api+"/issue/{key}", s.editIssue)
	rt.HandleFunc("GET "+api+"/issue/{key}/editmeta", s.getEditMeta)
	rt.HandleFunc("POST "+api+"/issue/bulkfetch", s.fetchIssues)
}

const issueExpand = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"

type wireIssue struct {
	Expand string         `json:"expand,omitempty"`
	ID     string         `json:"id"`
	Self   string         `json:"self,omitempty"`
	Key    string         `json:"key,omitempty"`
	Fields map[string]any `json:"fields,omitempty"`
}

// wireChosen is an object in a field of an issue.
type wireChosen struct {
	WorkspaceID string `json:"workspaceId"`
	ID          string `json:"id"`
	ObjectID    string `json:"objectId"`
}

// fieldChoice says which fields of issues are wanted.
type fieldChoice struct {
	all   bool
	names []string
	not   []string
}

// chooseFields reads a list such as "*all,-comment".
func chooseFields(list []string, otherwise ...string) fieldChoice {
	if len(list) == 0 {
		list = otherwise
	}
	var c fieldChoice
	for _, f := range list {
		switch {
		case f == "*all" || f == "*navigable":
			c.all = true
		case strings.HasPrefix(f, "-"):
			c.not = append(c.not, f[1:])
			c.all = c.all || len(list) == len(c.not)
		default:
			c.names = append(c.names, f)
		}
	}
	return c
}

func (c fieldChoice) has(id, name string) bool {
	return !slices.Contains(c.not, id) && (c.all || slices.Contains(c.names, id) || name != "" && slices.Contains(c.names, name))
}

func (s *Site) jiraIssue(r *http.Request, i world.Issue, choice fieldChoice) wireIssue {
	fields := map[string]any{}
	put := func(id string, value func() any) {
		if choice.has(id, "") {
			fields[id] = value()
		}
	}
	project, _ := s.world.Project(i.ProjectID.String())
	put("summary", func() any { return i.Summary })
	put("issuetype", func() any { return s.jiraIssueType(r, i.Type) })
	put("project", func() any { return s.jiraProject(r, project) })
	put("status", func() any { return s.jiraStatus(r, i.Status) })
	put("priority", func() any {
		if i.Priority == "" {
			return nil
		}
		return map[string]string{"self": s.baseURL(r) + "/rest/api/3/priority/" + i.Priority, "id": i.Priority, "name": i.Priority}
	})
	put("reporter", func() any {
		if u, ok := s.world.User(i.Reporter); ok {
			return s.jiraUser(r, u)
		}
		return nil
	})
	put("created", func() any { return formatJiraTime(i.Created) })
	put("updated", func() any { return formatJiraTime(i.Updated) })
	for _, f := range s.world.Fields() {
		if !choice.has(f.ID, f.Name) {
			continue
		}
		if _, ok := contextFor(f, i.ProjectID, i.Type); !ok && len(i.Objects[f.ID]) == 0 {
			continue
		}
		fields[f.ID] = s.chosen(i.Objects[f.ID])
	}
	return wireIssue{Expand: issueExpand, ID: i.ID.String(), Self: s.baseURL(r) + "/rest/api/3/issue/" + i.ID.String(), Key: i.Key, Fields: fields}
}

// chosen shows objects in a field; none are null.
func (s *Site) chosen(objects []world.ID) any {
	if len(objects) == 0 {
		return nil
	}
	out := make([]wireChosen, 0, len(objects))
	for _, id := range objects {
		out = append(out, wireChosen{WorkspaceID: s.workspaceID, ID: s.workspaceID + ":" + id.String(), ObjectID: id.String()})
	}
	return out
}

// jiraStatus knows three categories; what is not known to be open or done is in progress.
func (s *Site) jiraStatus(r *http.Request, name string) map[string]any {
	id, key, category := 4, "indeterminate", "In Progress"
	switch strings.ToLower(name) {
	case "open", "to do", "new", "waiting for support":
		id, key, category = 2, "new", "To Do"
	case "done", "closed", "resolved":
		id, key, category = 3, "done", "Done"
	}
	return map[string]any{
		"self": s.baseURL(r) + "/rest/api/3/status/" + itoa(10000+id), "id": itoa(10000 + id), "name": name,
		"statusCategory": map[string]any{"self": s.baseURL(r) + "/rest/api/3/statuscategory/" + itoa(id), "id": id, "key": key, "name": category},
	}
}

func (s *Site) issueOf(w http.ResponseWriter, r *http.Request) (world.Issue, bool) {
	i, ok := s.world.Issue(r.PathValue("key"))
	if !ok {
		writeMessage(w, http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
	}
	return i, ok
}

func (s *Site) getIssue(w http.ResponseWriter, r *http.Request) {
	i, ok := s.issueOf(w, r)
	if !ok {
		return
	}
	writeJSON(w, http.StatusOK, s.jiraIssue(r, i, chooseFields(queryList(r, "fields"), "*all")))
}

func (s *Site) fetchIssues(w http.ResponseWriter, r *http.Request) {
	var in struct {
		IDsOrKeys []looseString `json:"issueIdsOrKeys"`
		Fields    []string      `json:"fields"`
	}
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	switch n := len(in.IDsOrKeys); {
	case n == 0:
		writeMessage(w, http.StatusBadRequest, "issueIdsOrKeys must not be empty.")
		return
	case n > 100:
		writeMessage(w, http.StatusBadRequest, "At most 100 issues can be fetched at once, %d were asked for.", n)
		return
	}
	type missing struct {
		ID           string `json:"id"`
		ErrorMessage string `json:"errorMessage"`
	}
	issues, failed := []wireIssue{}, []missing{}
	choice := chooseFields(in.Fields, "*navigable")
	var seen []world.ID
	for _, idOrKey := range in.IDsOrKeys {
		i, ok := s.world.Issue(string(idOrKey))
		switch {
		case !ok:
			failed = append(failed, missing{ID: string(idOrKey), ErrorMessage: "Issue does not exist or you do not have permission to see it."})
		case !slices.Contains(seen, i.ID):
			seen = append(seen, i.ID)
			issues = append(issues, s.jiraIssue(r, i, choice))
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"expand": issueExpand, "issues": issues, "issueErrors": failed})
}

func (s *Site) getEditMeta(w http.ResponseWriter, r *http.Request) {
	i, ok := s.issueOf(w, r)
	if !ok {
		return
	}
	type meta struct {
		Required        bool             `json:"required"`
		Schema          *wireFieldSchema `json:"schema"`
		Name            string           `json:"name"`
		Key             string           `json:"key"`
		Operations      []string         `json:"operations"`
		AutoCompleteURL string           `json:"autoCompleteUrl,omitempty"`
	}
	fields := map[string]meta{
		"summary": {Required: true, Schema: &wireFieldSchema{Type: "string", System: "summary"}, Name: "Summary", Key: "summary", Operations: []string{"set"}},
	}
	for _, f := range s.world.Fields() {
		if c, ok := contextFor(f, i.ProjectID, i.Type); ok {
			fields[f.ID] = meta{Required: c.Required, Schema: objectFieldSchema(f), Name: f.Name, Key: f.ID, Operations: []string{"add", "set", "remove"}}
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"fields": fields})
}

// editIssue changes the summary and the fields that hold objects, all or none.
func (s *Site) editIssue(w http.ResponseWriter, r *http.Request) {
	i, ok := s.issueOf(w, r)
	if !ok {
		return
	}
	var in struct {
		Fields map[string]json.RawMessage              `json:"fields"`
		Update map[string][]map[string]json.RawMessage `json:"update"`
	}
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	wrong := map[string]string{}
	summary := i.Summary
	objects := map[string][]world.ID{}
	for id, value := range in.Fields {
		if _, twice := in.Update[id]; twice {
			wrong[id] = fmt.Sprintf("Field '%s' cannot appear in both 'fields' and 'update'", id)
			continue
		}
		s.applyEdit(r, i, id, "set", value, &summary, objects, wrong)
	}
	for id, operations := range in.Update {
		for _, operation := range operations {
			for verb, value := range operation {
				s.applyEdit(r, i, id, verb, value, &summary, objects, wrong)
			}
		}
	}
	for id, list := range objects {
		f, _ := s.world.Field(id)
		c, _ := contextFor(f, i.ProjectID, i.Type)
		switch {
		case c.Required && len(list) == 0:
			wrong[id] = f.Name + " is required."
		case !c.Multiple && len(list) > 1:
			wrong[id] = f.Name + " can hold one object only."
		}
	}
	if len(wrong) > 0 {
		writeErrors(w, http.StatusBadRequest, nil, wrong)
		return
	}
	if summary != i.Summary {
		i.Summary, i.Updated = summary, s.now()
		if _, err := s.world.PutIssue(i); err != nil {
			writeError(w, err)
			return
		}
	}
	for id, list := range objects {
		if _, err := s.world.SetIssueObjects(i.ID, id, list); err != nil {
			writeError(w, err)
			return
		}
	}
	if queryBool(r, "returnIssue", false) {
		i, _ = s.world.Issue(i.Key)
		writeJSON(w, http.StatusOK, s.jiraIssue(r, i, chooseFields(nil, "*all")))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// applyEdit works one operation on one field into what is to be written, or notes what
// is wrong with it.
func (s *Site) applyEdit(r *http.Request, i world.Issue, id, verb string, value json.RawMessage, summary *string, objects map[string][]world.ID, wrong map[string]string) {
	if id == "summary" && verb == "set" {
		var text looseString
		if err := json.Unmarshal(value, &text); err != nil || strings.TrimSpace(string(text)) == "" {
			wrong[id] = "You must specify a summary of the issue."
			return
		}
		*summary = string(text)
		return
	}
	f, ok := s.world.Field(id)
	c, fits := contextFor(f, i.ProjectID, i.Type)
	if !ok || !fits {
		wrong[id] = fmt.Sprintf("Field '%s' cannot be set. It is not on the appropriate screen, or unknown.", id)
		return
	}
	given, err := s.readChosen(r, c, value)
	if err != nil {
		wrong[id] = err.Error()
		return
	}
	now, started := objects[id]
	if !started {
		now = i.Objects[id]
	}
	switch verb {
	case "set":
		now = given
	case "add":
		now = append(slices.Clone(now), given...)
	case "remove":
		now = slices.DeleteFunc(slices.Clone(now), func(o world.ID) bool { return slices.Contains(given, o) })
	default:
		wrong[id] = fmt.Sprintf("The operation '%s' is not known for the field.", verb)
		return
	}
	var each []world.ID
	for _, o := range now {
		if !slices.Contains(each, o) {
			each = append(each, o)
		}
	}
	objects[id] = each
}

// readChosen reads one object or a list of them, each by its global id, by workspace and
// id, or by key, and checks that the context allows them.
func (s *Site) readChosen(r *http.Request, c world.FieldContext, value json.RawMessage) ([]world.ID, error) {
	type chosen struct {
		WorkspaceID looseString `json:"workspaceId"`
		ID          looseString `json:"id"`
		ObjectID    looseString `json:"objectId"`
		Key         looseString `json:"key"`
	}
	var list []chosen
	switch trimmed := bytes.TrimSpace(value); {
	case len(trimmed) == 0 || string(trimmed) == "null":
		return nil, nil
	case trimmed[0] == '{':
		list = make([]chosen, 1)
		if err := json.Unmarshal(trimmed, &list[0]); err != nil {
			return nil, fmt.Errorf("the value is not an object of Assets: %w", err)
		}
	default:
		if err := json.Unmarshal(trimmed, &list); err != nil {
			return nil, fmt.Errorf("expected a list of objects of Assets: %w", err)
		}
	}
	var out []world.ID
	for _, one := range list {
		workspace, text := string(one.WorkspaceID), string(one.ObjectID)
		if ws, id, global := strings.Cut(string(one.ID), ":"); global {
			workspace, text = ws, id
		} else if text == "" {
			text = string(one.ID)
		}
		if workspace != "" && workspace != s.workspaceID {
			return nil, fmt.Errorf("the workspace %s is not the one of this site", workspace)
		}
		id, _ := world.ParseID(text)
		o, err := s.world.Object(id)
		if text == "" && one.Key != "" {
			o, err = s.world.ObjectByKey(string(one.Key))
		}
		if err != nil {
			return nil, fmt.Errorf("the object %s could not be found", text+string(one.Key))
		}
		if c.SchemaID != 0 && o.SchemaID != c.SchemaID {
			return nil, fmt.Errorf("the object %s is not of the object schema of the field", o.Key)
		}
		if c.Filter != "" {
			found, err := s.world.Search(r.Context(), accountOf(r), "objectId = "+o.ID.String()+" AND ("+c.Filter+")", aql.Page{Limit: 1})
			if err != nil || len(found.IDs) == 0 {
				return nil, fmt.Errorf("the object %s does not match the filter of the field", o.Key)
			}
		}
		out = append(out, o.ID)
	}
	return out, nil
}
