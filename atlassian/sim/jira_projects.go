package sim

import (
	"net/http"
	"slices"
	"strings"

	"stowage/atlassian/sim/world"
)

func (s *Site) jiraProjectRoutes(rt *router, api string) {
	rt.HandleFunc("GET "+api+"/project", s.listProjects)
	rt.HandleFunc("GET "+api+"/project/search", s.searchProjects)
	rt.HandleFunc("GET "+api+"/project/{key}", s.getProject)
	rt.HandleFunc("GET "+api+"/project/{key}/versions", s.listVersions)
	rt.HandleFunc("GET "+api+"/project/{key}/version", s.pageVersions)
	rt.HandleFunc("GET "+api+"/version/{id}", s.getVersion)
	rt.HandleFunc("GET "+api+"/issuetype", s.listIssueTypes)
}

type wireIssueType struct {
	Self           string `json:"self"`
	ID             string `json:"id"`
	Name           string `json:"name"`
	Description    string `json:"description"`
	Subtask        bool   `json:"subtask"`
	HierarchyLevel int    `json:"hierarchyLevel"`
}

type wireVersion struct {
	Self        string `json:"self"`
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Archived    bool   `json:"archived"`
	Released    bool   `json:"released"`
	ProjectID   int    `json:"projectId"`
}

// wireProject is a project as it is shown inside other things; the members from
// Description on are told of a single project only.
type wireProject struct {
	Expand         string            `json:"expand,omitempty"`
	Self           string            `json:"self"`
	ID             string            `json:"id"`
	Key            string            `json:"key"`
	Name           string            `json:"name"`
	ProjectTypeKey string            `json:"projectTypeKey"`
	Simplified     bool              `json:"simplified"`
	Style          string            `json:"style,omitempty"`
	IsPrivate      bool              `json:"isPrivate"`
	AvatarURLs     map[string]string `json:"avatarUrls"`
	Description    *string           `json:"description,omitempty"`
	Lead           *wireJiraUser     `json:"lead,omitempty"`
	Components     *[]string         `json:"components,omitempty"`
	IssueTypes     []wireIssueType   `json:"issueTypes,omitempty"`
	Versions       *[]wireVersion    `json:"versions,omitempty"`
}

func (s *Site) jiraProject(r *http.Request, p world.Project) wireProject {
	return wireProject{
		Expand: "description,lead,issueTypes,url,projectKeys,permissions,insight", Self: s.baseURL(r) + "/rest/api/3/project/" + p.ID.String(),
		ID: p.ID.String(), Key: p.Key, Name: p.Name, ProjectTypeKey: "service_desk", Style: "classic", AvatarURLs: s.avatarURLs(r, p.Key),
	}
}

// issueTypeNames are the names of all issue types in a fixed order; their places are
// what their ids are made of.
func (s *Site) issueTypeNames() []string {
	var names []string
	for _, p := range s.world.Projects() {
		for _, name := range p.IssueTypes {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func (s *Site) jiraIssueType(r *http.Request, name string) wireIssueType {
	id := itoa(10001 + slices.Index(s.issueTypeNames(), name))
	return wireIssueType{Self: s.baseURL(r) + "/rest/api/3/issuetype/" + id, ID: id, Name: name}
}

func (s *Site) listIssueTypes(w http.ResponseWriter, r *http.Request) {
	out := []wireIssueType{}
	for _, name := range s.issueTypeNames() {
		out = append(out, s.jiraIssueType(r, name))
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *Site) jiraVersion(r *http.Request, v world.Version) wireVersion {
	return wireVersion{
		Self: s.baseURL(r) + "/rest/api/3/version/" + v.ID.String(), ID: v.ID.String(), Name: v.Name, Description: v.Description,
		Archived: v.Archived, Released: v.Released, ProjectID: int(v.ProjectID),
	}
}

func (s *Site) listProjects(w http.ResponseWriter, r *http.Request) {
	out := []wireProject{}
	for _, p := range s.world.Projects() {
		out = append(out, s.jiraProject(r, p))
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *Site) searchProjects(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	ids, keys, query := queryList(r, "id"), queryList(r, "keys"), strings.ToLower(params.Get("query"))
	found := slices.DeleteFunc(s.world.Projects(), func(p world.Project) bool {
		return len(ids) > 0 && !slices.Contains(ids, p.ID.String()) ||
			len(keys) > 0 && !slices.Contains(keys, p.Key) ||
			!strings.Contains(strings.ToLower(p.Name), query) && !strings.Contains(strings.ToLower(p.Key), query)
	})
	slices.SortStableFunc(found, func(a, b world.Project) int {
		switch strings.TrimLeft(params.Get("orderBy"), "+-") {
		case "name":
			return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		default:
			return strings.Compare(a.Key, b.Key)
		}
	})
	if strings.HasPrefix(params.Get("orderBy"), "-") {
		slices.Reverse(found)
	}
	writePage(s, w, r, found, 50, func(p world.Project) wireProject { return s.jiraProject(r, p) })
}

// projectOf finds the project in the path or answers that there is none.
func (s *Site) projectOf(w http.ResponseWriter, r *http.Request) (world.Project, bool) {
	key := r.PathValue("key")
	p, ok := s.world.Project(key)
	if !ok {
		writeMessage(w, http.StatusNotFound, "No project could be found with key '%s'.", key)
	}
	return p, ok
}

func (s *Site) getProject(w http.ResponseWriter, r *http.Request) {
	p, ok := s.projectOf(w, r)
	if !ok {
		return
	}
	out := s.jiraProject(r, p)
	out.Description, out.Components = new(string), &[]string{}
	if u, ok := s.world.User(p.Lead); ok {
		lead := s.jiraUser(r, u)
		out.Lead = &lead
	}
	for _, name := range p.IssueTypes {
		out.IssueTypes = append(out.IssueTypes, s.jiraIssueType(r, name))
	}
	versions := []wireVersion{}
	for _, v := range s.world.Versions(p.ID) {
		versions = append(versions, s.jiraVersion(r, v))
	}
	out.Versions = &versions
	writeJSON(w, http.StatusOK, out)
}

func (s *Site) listVersions(w http.ResponseWriter, r *http.Request) {
	p, ok := s.projectOf(w, r)
	if !ok {
		return
	}
	out := []wireVersion{}
	for _, v := range s.world.Versions(p.ID) {
		out = append(out, s.jiraVersion(r, v))
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *Site) pageVersions(w http.ResponseWriter, r *http.Request) {
	if p, ok := s.projectOf(w, r); ok {
		writePage(s, w, r, s.world.Versions(p.ID), 50, func(v world.Version) wireVersion { return s.jiraVersion(r, v) })
	}
}

func (s *Site) getVersion(w http.ResponseWriter, r *http.Request) {
	id, _ := world.ParseID(r.PathValue("id"))
	v, ok := s.world.Version(id)
	if !ok {
		writeMessage(w, http.StatusNotFound, "Could not find version for id '%s'", r.PathValue("id"))
		return
	}
	writeJSON(w, http.StatusOK, s.jiraVersion(r, v))
}
