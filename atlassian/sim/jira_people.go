package sim

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"stowage/atlassian/sim/world"
)

func (s *Site) jiraPeopleRoutes(rt *router, api string) {
	rt.HandleFunc("GET "+api+"/user", s.getUser)
	rt.HandleFunc("GET "+api+"/user/search", s.searchUsers)
	rt.HandleFunc("GET "+api+"/user/bulk", s.getUsersInBulk)
	rt.HandleFunc("GET "+api+"/user/groups", s.getGroupsOfUser)
	rt.HandleFunc("GET "+api+"/users", s.listUsers)
	rt.HandleFunc("GET "+api+"/users/search", s.listUsers)
	rt.HandleFunc("GET "+api+"/groups/picker", s.pickGroups)
	rt.HandleFunc("GET "+api+"/group/bulk", s.listGroups)
	rt.HandleFunc("GET "+api+"/group/member", s.listMembers)
}

func itoa(n int) string { return strconv.Itoa(n) }

type wireGroupName struct {
	Name    string `json:"name"`
	GroupID string `json:"groupId"`
	Self    string `json:"self"`
}

type wireNames[T any] struct {
	Size  int `json:"size"`
	Items []T `json:"items"`
}

// wireJiraUser is a user as Jira shows one.
type wireJiraUser struct {
	Self             string                    `json:"self"`
	AccountID        string                    `json:"accountId"`
	AccountType      string                    `json:"accountType"`
	EmailAddress     string                    `json:"emailAddress,omitempty"`
	AvatarURLs       map[string]string         `json:"avatarUrls"`
	DisplayName      string                    `json:"displayName"`
	Active           bool                      `json:"active"`
	TimeZone         string                    `json:"timeZone,omitempty"`
	Locale           string                    `json:"locale,omitempty"`
	Groups           *wireNames[wireGroupName] `json:"groups,omitempty"`
	ApplicationRoles *wireNames[string]        `json:"applicationRoles,omitempty"`
	Expand           string                    `json:"expand,omitempty"`
}

func (s *Site) avatarURLs(r *http.Request, of string) map[string]string {
	out := map[string]string{}
	for _, size := range []string{"16", "24", "32", "48"} {
		out[size+"x"+size] = s.baseURL(r) + "/secure/avatar?of=" + url.QueryEscape(of) + "&size=" + size
	}
	return out
}

func (s *Site) jiraUser(r *http.Request, u world.User) wireJiraUser {
	out := wireJiraUser{
		Self: s.baseURL(r) + "/rest/api/3/user?accountId=" + url.QueryEscape(u.AccountID), AccountID: u.AccountID, AccountType: u.AccountType,
		EmailAddress: u.Email, AvatarURLs: s.avatarURLs(r, u.AccountID), DisplayName: u.DisplayName, Active: u.Active && !u.Deleted, TimeZone: u.TimeZone,
	}
	if u.Deleted {
		// What is left of a deleted account says nothing about its owner.
		out.EmailAddress, out.TimeZone, out.DisplayName = "", "", "Former user"
	}
	return out
}

// jiraUserInFull adds what is told of a single user only.
func (s *Site) jiraUserInFull(r *http.Request, u world.User) wireJiraUser {
	out := s.jiraUser(r, u)
	out.Locale, out.Expand = "en_US", "groups,applicationRoles"
	groups := s.groupsOf(r, u.AccountID)
	out.Groups = &wireNames[wireGroupName]{Size: len(groups), Items: []wireGroupName{}}
	if slices.Contains(queryList(r, "expand"), "groups") {
		out.Groups.Items = groups
	}
	out.ApplicationRoles = &wireNames[string]{Size: 1, Items: []string{}}
	return out
}

func (s *Site) groupName(r *http.Request, g world.Group) wireGroupName {
	return wireGroupName{Name: g.Name, GroupID: g.ID, Self: s.baseURL(r) + "/rest/api/3/group?groupId=" + url.QueryEscape(g.ID)}
}

func (s *Site) groupsOf(r *http.Request, accountID string) []wireGroupName {
	out := []wireGroupName{}
	for _, g := range s.world.Groups() {
		if slices.Contains(g.Members, accountID) {
			out = append(out, s.groupName(r, g))
		}
	}
	return out
}

func (s *Site) getMyself(w http.ResponseWriter, r *http.Request) {
	who := callerOf(r.Context()).credential
	u, ok := s.world.User(who.AccountID)
	if !ok {
		name, _, _ := strings.Cut(who.Email, "@")
		u = world.User{AccountID: who.AccountID, AccountType: "atlassian", DisplayName: name, Email: who.Email, TimeZone: "Etc/UTC", Active: true}
	}
	writeJSON(w, http.StatusOK, s.jiraUserInFull(r, u))
}

func (s *Site) getUser(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("accountId")
	if id == "" {
		writeMessage(w, http.StatusBadRequest, "The query parameter 'accountId' is required.")
		return
	}
	u, ok := s.world.User(id)
	if !ok {
		writeMessage(w, http.StatusNotFound, "Specified user does not exist or you do not have required permissions")
		return
	}
	writeJSON(w, http.StatusOK, s.jiraUserInFull(r, u))
}

func (s *Site) searchUsers(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	query, accountID := strings.ToLower(strings.TrimSpace(params.Get("query"))), params.Get("accountId")
	if !params.Has("query") && accountID == "" {
		writeMessage(w, http.StatusBadRequest, "Either the parameter 'query' or 'accountId' is required.")
		return
	}
	found := slices.DeleteFunc(s.world.Users(), func(u world.User) bool {
		switch {
		case !u.Active || u.Deleted:
			return true
		case accountID != "":
			return u.AccountID != accountID
		default:
			return !begins(u.DisplayName, query) && !begins(u.Email, query)
		}
	})
	writeList(w, r, found, 50, func(u world.User) wireJiraUser { return s.jiraUser(r, u) })
}

// begins tells whether a text or one of its words begins with the query, in any case.
func begins(text, query string) bool {
	text = strings.ToLower(text)
	return strings.HasPrefix(text, query) || strings.Contains(text, " "+query)
}

func (s *Site) listUsers(w http.ResponseWriter, r *http.Request) {
	writeList(w, r, s.world.Users(), 50, func(u world.User) wireJiraUser { return s.jiraUser(r, u) })
}

func (s *Site) getUsersInBulk(w http.ResponseWriter, r *http.Request) {
	ids := r.URL.Query()["accountId"]
	if len(ids) == 0 {
		writeMessage(w, http.StatusBadRequest, "The query parameter 'accountId' is required.")
		return
	}
	var found []world.User
	for _, id := range ids {
		if u, ok := s.world.User(id); ok && !slices.ContainsFunc(found, func(o world.User) bool { return o.AccountID == id }) {
			found = append(found, u)
		}
	}
	writePage(s, w, r, found, 10, func(u world.User) wireJiraUser { return s.jiraUser(r, u) })
}

func (s *Site) getGroupsOfUser(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("accountId")
	if _, ok := s.world.User(id); !ok {
		writeMessage(w, http.StatusNotFound, "Specified user does not exist or you do not have required permissions")
		return
	}
	writeJSON(w, http.StatusOK, s.groupsOf(r, id))
}

func (s *Site) pickGroups(w http.ResponseWriter, r *http.Request) {
	maxResults, err := queryInt(r, "maxResults", 20)
	if err != nil {
		writeError(w, err)
		return
	}
	query := strings.ToLower(r.URL.Query().Get("query"))
	type label struct {
		Text  string `json:"text"`
		Title string `json:"title"`
		Type  string `json:"type"`
	}
	type group struct {
		Name    string  `json:"name"`
		HTML    string  `json:"html"`
		Labels  []label `json:"labels"`
		GroupID string  `json:"groupId"`
	}
	groups, total := []group{}, 0
	for _, g := range s.world.Groups() {
		at := strings.Index(strings.ToLower(g.Name), query)
		if at < 0 {
			continue
		}
		if total++; len(groups) >= maxResults {
			continue
		}
		marked := html.EscapeString(g.Name)
		if query != "" && at+len(query) <= len(g.Name) {
			marked = html.EscapeString(g.Name[:at]) + "<b>" + html.EscapeString(g.Name[at:at+len(query)]) + "</b>" + html.EscapeString(g.Name[at+len(query):])
		}
		groups = append(groups, group{Name: g.Name, HTML: marked, Labels: []label{}, GroupID: g.ID})
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"header": "Showing " + itoa(len(groups)) + " of " + itoa(total) + " matching groups", "total": total, "groups": groups,
	})
}

func (s *Site) listGroups(w http.ResponseWriter, r *http.Request) {
	ids, names := r.URL.Query()["groupId"], r.URL.Query()["groupName"]
	groups := slices.DeleteFunc(s.world.Groups(), func(g world.Group) bool {
		return (len(ids) > 0 || len(names) > 0) && !slices.Contains(ids, g.ID) && !slices.Contains(names, g.Name)
	})
	type group struct {
		Name    string `json:"name"`
		GroupID string `json:"groupId"`
	}
	writePage(s, w, r, groups, 50, func(g world.Group) group { return group{Name: g.Name, GroupID: g.ID} })
}

func (s *Site) listMembers(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	key := params.Get("groupId")
	if key == "" {
		key = params.Get("groupname")
	}
	if key == "" {
		writeMessage(w, http.StatusBadRequest, "Either the parameter 'groupname' or 'groupId' is required.")
		return
	}
	g, ok := s.world.Group(key)
	if !ok {
		writeMessage(w, http.StatusNotFound, "Group '%s' does not exist.", key)
		return
	}
	inactive := queryBool(r, "includeInactiveUsers", false)
	var members []world.User
	for _, id := range g.Members {
		if u, ok := s.world.User(id); ok && !u.Deleted && (u.Active || inactive) {
			members = append(members, u)
		}
	}
	writePage(s, w, r, members, 50, func(u world.User) wireJiraUser { return s.jiraUser(r, u) })
}
