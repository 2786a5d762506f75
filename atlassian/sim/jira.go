package sim

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"stowage/atlassian/sim/world"
)

// jiraRoutes registers the part of Jira that has to do with Assets: who somebody is and
// what they may do, people, groups, projects, fields, and the issues that hold objects.
// The reads and writes of version 3 of the API answer under version 2, too.
func (s *Site) jiraRoutes(rt *router) {
	rt.HandleFunc("GET /rest/servicedeskapi/assets/workspace", s.getWorkspace)
	rt.HandleFunc("GET /rest/servicedeskapi/insight/workspace", s.getWorkspace)
	for _, api := range []string{"/rest/api/3", "/rest/api/2"} {
		rt.open("GET "+api+"/serverInfo", s.getServerInfo)
		rt.HandleFunc("GET "+api+"/myself", s.getMyself)
		rt.HandleFunc("GET "+api+"/mypermissions", s.getMyPermissions)
		rt.HandleFunc("POST "+api+"/permissions/check", s.checkPermissions)
		s.jiraPeopleRoutes(rt, api)
		s.jiraProjectRoutes(rt, api)
		s.jiraFieldRoutes(rt, api)
		s.jiraIssueRoutes(rt, api)
		s.jiraSearchRoutes(rt, api)
	}
	s.fieldConfigRoutes(rt)
}

// jiraTime is how Jira writes a moment.
const jiraTime = "2006-01-02T15:04:05.000-0700"

func formatJiraTime(t time.Time) string { return t.UTC().Format(jiraTime) }

// wirePage is Jira's page of anything.
type wirePage[T any] struct {
	Self       string `json:"self"`
	NextPage   string `json:"nextPage,omitempty"`
	MaxResults int    `json:"maxResults"`
	StartAt    int    `json:"startAt"`
	Total      int    `json:"total"`
	IsLast     bool   `json:"isLast"`
	Values     []T    `json:"values"`
}

// pageRange reads startAt and maxResults. A page is never larger than most.
func pageRange(r *http.Request, otherwise, most int) (startAt, maxResults int, err error) {
	if startAt, err = queryInt(r, "startAt", 0); err != nil {
		return 0, 0, err
	}
	if maxResults, err = queryInt(r, "maxResults", otherwise); err != nil {
		return 0, 0, err
	}
	if startAt < 0 || maxResults < 0 {
		return 0, 0, badRequest("The parameters startAt and maxResults must not be negative.")
	}
	return startAt, min(maxResults, most), nil
}

// cut takes a page out of a list.
func cut[T any](all []T, startAt, maxResults int) []T {
	from := min(startAt, len(all))
	return all[from:min(from+maxResults, len(all))]
}

// writePage answers with the page the request asks for.
func writePage[T, W any](s *Site, w http.ResponseWriter, r *http.Request, all []T, otherwise int, wire func(T) W) {
	startAt, maxResults, err := pageRange(r, otherwise, 1000)
	if err != nil {
		writeError(w, err)
		return
	}
	page := wirePage[W]{
		Self: s.baseURL(r) + exchangeOf(r).path, StartAt: startAt, MaxResults: maxResults,
		Total: len(all), IsLast: startAt+maxResults >= len(all), Values: []W{},
	}
	if query := r.URL.Query(); len(query) > 0 {
		page.Self += "?" + query.Encode()
	}
	if !page.IsLast && maxResults > 0 {
		query := r.URL.Query()
		query.Set("startAt", itoa(startAt+maxResults))
		query.Set("maxResults", itoa(maxResults))
		page.NextPage = s.baseURL(r) + exchangeOf(r).path + "?" + query.Encode()
	}
	for _, v := range cut(all, startAt, maxResults) {
		page.Values = append(page.Values, wire(v))
	}
	writeJSON(w, http.StatusOK, page)
}

// writeList answers with a bare array, cut as a page.
func writeList[T, W any](w http.ResponseWriter, r *http.Request, all []T, otherwise int, wire func(T) W) {
	startAt, maxResults, err := pageRange(r, otherwise, 1000)
	if err != nil {
		writeError(w, err)
		return
	}
	out := []W{}
	for _, v := range cut(all, startAt, maxResults) {
		out = append(out, wire(v))
	}
	writeJSON(w, http.StatusOK, out)
}

// queryList reads a parameter that may be repeated; every occurrence may also hold
// several values with commas between them.
func queryList(r *http.Request, name string) []string {
	var out []string
	for _, v := range r.URL.Query()[name] {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

func (s *Site) getWorkspace(w http.ResponseWriter, r *http.Request) {
	s.writeWorkspaces(w, r, []wireWorkspace{{WorkspaceID: s.workspaceID}})
}

type wireWorkspace struct {
	WorkspaceID string `json:"workspaceId"`
}

func (s *Site) writeWorkspaces(w http.ResponseWriter, r *http.Request, all []wireWorkspace) {
	start, err := queryInt(r, "start", 0)
	if err != nil {
		writeError(w, err)
		return
	}
	limit, err := queryInt(r, "limit", 50)
	if err != nil {
		writeError(w, err)
		return
	}
	type links struct {
		Self    string `json:"self"`
		Base    string `json:"base"`
		Context string `json:"context"`
	}
	values := append([]wireWorkspace{}, cut(all, max(start, 0), max(limit, 0))...)
	writeJSON(w, http.StatusOK, struct {
		Size       int             `json:"size"`
		Start      int             `json:"start"`
		Limit      int             `json:"limit"`
		IsLastPage bool            `json:"isLastPage"`
		Links      links           `json:"_links"`
		Values     []wireWorkspace `json:"values"`
	}{
		Size: len(values), Start: start, Limit: limit, IsLastPage: start+len(values) >= len(all),
		Links:  links{Self: s.baseURL(r) + "/rest/servicedeskapi/assets/workspace", Base: s.baseURL(r)},
		Values: values,
	})
}

func (s *Site) getServerInfo(w http.ResponseWriter, r *http.Request) {
	now := formatJiraTime(s.now())
	writeJSON(w, http.StatusOK, map[string]any{
		"baseUrl": s.baseURL(r), "displayUrl": s.baseURL(r), "version": "1001.0.0-SNAPSHOT", "versionNumbers": []int{1001, 0, 0},
		"deploymentType": "Cloud", "buildNumber": 100300, "buildDate": now, "serverTime": now,
		"scmInfo": "", "serverTitle": "Jira", "defaultLocale": map[string]string{"locale": "en_US"},
	})
}

// permissions are those a caller can ask for. An administrator has them all, an agent
// those of the daily work, anybody else those that only read.
var permissions = []struct {
	key, name, kind string
	reads, agents   bool
}{
	{"ADMINISTER", "Administer Jira", "GLOBAL", false, false},
	{"SYSTEM_ADMIN", "System administer", "GLOBAL", false, false},
	{"BULK_CHANGE", "Make bulk changes", "GLOBAL", false, false},
	{"USER_PICKER", "Browse users and groups", "GLOBAL", true, false},
	{"CREATE_SHARED_OBJECTS", "Share dashboards and filters", "GLOBAL", false, true},
	{"MANAGE_GROUP_FILTER_SUBSCRIPTIONS", "Manage group filter subscriptions", "GLOBAL", false, false},
	{"ADMINISTER_PROJECTS", "Administer Projects", "PROJECT", false, false},
	{"BROWSE_PROJECTS", "Browse Projects", "PROJECT", true, false},
	{"CREATE_ISSUES", "Create Issues", "PROJECT", false, true},
	{"EDIT_ISSUES", "Edit Issues", "PROJECT", false, true},
	{"SCHEDULE_ISSUES", "Schedule Issues", "PROJECT", false, true},
	{"MODIFY_REPORTER", "Modify Reporter", "PROJECT", false, true},
	{"ADD_COMMENTS", "Add Comments", "PROJECT", false, true},
	{"SERVICEDESK_AGENT", "Service Project Agent", "PROJECT", false, true},
}

// adminGroups are the groups whose members administer the site.
var adminGroups = []string{"administrators", "jira-administrators", "jira-admins", "site-admins", "org-admins"}

// administers tells whether an account may do everything.
func (s *Site) administers(accountID string) bool {
	for _, c := range s.allCredentials() {
		if c.AccountID == accountID {
			return !c.ReadOnly && c.Access == ""
		}
	}
	return slices.ContainsFunc(s.world.Groups(), func(g world.Group) bool {
		return slices.Contains(adminGroups, g.Name) && slices.Contains(g.Members, accountID)
	})
}

// agent tells whether somebody who administers nothing works with issues.
func agent(c Credential) bool { return !c.ReadOnly && c.Access == AccessAgent }

func (s *Site) getMyPermissions(w http.ResponseWriter, r *http.Request) {
	asked := queryList(r, "permissions")
	if len(asked) == 0 {
		writeMessage(w, http.StatusBadRequest, "The 'permissions' query parameter is required.")
		return
	}
	who := callerOf(r.Context()).credential
	admin := !who.ReadOnly && who.Access == ""
	type wirePermission struct {
		ID          string `json:"id"`
		Key         string `json:"key"`
		Name        string `json:"name"`
		Type        string `json:"type"`
		Description string `json:"description"`
		Have        bool   `json:"havePermission"`
	}
	out := map[string]wirePermission{}
	for _, key := range asked {
		i := permissionIndex(key)
		if i < 0 {
			writeMessage(w, http.StatusBadRequest, "Unrecognized permission: %s", key)
			return
		}
		p := permissions[i]
		out[p.key] = wirePermission{ID: itoa(i), Key: p.key, Name: p.name, Type: p.kind, Description: p.name, Have: admin || p.reads || p.agents && agent(who)}
	}
	writeJSON(w, http.StatusOK, map[string]any{"permissions": out})
}

func permissionIndex(key string) int {
	for i, p := range permissions {
		if p.key == key {
			return i
		}
	}
	return -1
}

func (s *Site) checkPermissions(w http.ResponseWriter, r *http.Request) {
	var in struct {
		AccountID          looseString   `json:"accountId"`
		GlobalPermissions  []looseString `json:"globalPermissions"`
		ProjectPermissions []struct {
			Permissions []looseString `json:"permissions"`
			Projects    []looseInt    `json:"projects"`
			Issues      []looseInt    `json:"issues"`
		} `json:"projectPermissions"`
	}
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	account := string(in.AccountID)
	if account == "" {
		account = accountOf(r)
	}
	admin, works := s.administers(account), slices.ContainsFunc(s.allCredentials(), func(c Credential) bool { return c.AccountID == account && agent(c) })
	may := func(key looseString, kind string) (bool, error) {
		i := permissionIndex(string(key))
		if i < 0 || permissions[i].kind != kind {
			return false, badRequest("Unrecognized permission: %s", key)
		}
		return admin || permissions[i].reads || permissions[i].agents && works, nil
	}
	type granted struct {
		Permission string `json:"permission"`
		Issues     []int  `json:"issues"`
		Projects   []int  `json:"projects"`
	}
	global, projects := []string{}, []granted{}
	for _, key := range in.GlobalPermissions {
		ok, err := may(key, "GLOBAL")
		if err != nil {
			writeError(w, err)
			return
		}
		if ok {
			global = append(global, string(key))
		}
	}
	for _, group := range in.ProjectPermissions {
		for _, key := range group.Permissions {
			ok, err := may(key, "PROJECT")
			if err != nil {
				writeError(w, err)
				return
			}
			g := granted{Permission: string(key), Issues: []int{}, Projects: []int{}}
			for _, id := range group.Projects {
				if _, exists := s.world.Project(itoa(int(id))); ok && exists {
					g.Projects = append(g.Projects, int(id))
				}
			}
			for _, id := range group.Issues {
				if _, exists := s.world.Issue(itoa(int(id))); ok && exists {
					g.Issues = append(g.Issues, int(id))
				}
			}
			projects = append(projects, g)
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"globalPermissions": global, "projectPermissions": projects})
}
