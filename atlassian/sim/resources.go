package sim

import (
	"net/http"
	"strings"
)

// resourcesPath is where the holder of an OAuth token learns which sites it is for.
const resourcesPath = "/oauth/token/accessible-resources"

// grantedScopes are the scopes that every OAuth token of the simulator has.
func grantedScopes() []string {
	return []string{
		"read:cmdb-attribute:jira", "read:cmdb-config:jira", "read:cmdb-icon:jira", "read:cmdb-object:jira",
		"read:cmdb-schema:jira", "read:cmdb-type:jira", "write:cmdb-attribute:jira", "write:cmdb-config:jira",
		"write:cmdb-object:jira", "write:cmdb-schema:jira", "write:cmdb-type:jira", "delete:cmdb-attribute:jira",
		"delete:cmdb-config:jira", "delete:cmdb-object:jira", "delete:cmdb-schema:jira", "delete:cmdb-type:jira",
		"import:import-configuration:cmdb", "read:jira-user", "read:jira-work", "write:jira-work",
		"read:servicedesk-request",
	}
}

type wireResource struct {
	ID        string   `json:"id"`
	URL       string   `json:"url"`
	Name      string   `json:"name"`
	Scopes    []string `json:"scopes"`
	AvatarURL string   `json:"avatarUrl"`
}

// serveResources lists the sites that know the bearer of an OAuth token.
func (s *Sim) serveResources(w http.ResponseWriter, r *http.Request) {
	out := []wireResource{}
	for _, site := range s.sites {
		who, ok := site.authenticate(r)
		if !ok || who.importSource != "" || !strings.HasPrefix(strings.ToLower(r.Header.Get("Authorization")), "bearer ") {
			continue
		}
		base := site.baseURL(r)
		out = append(out, wireResource{
			ID: site.cloudID, URL: base, Name: site.name, Scopes: grantedScopes(), AvatarURL: base + "/images/icons/site.png",
		})
	}
	switch {
	case len(out) == 0:
		refuseAssets(w)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		writeMethodNotAllowed(w, []string{http.MethodGet})
	default:
		writeJSON(w, http.StatusOK, out)
	}
}
