package sim

import (
	"net/http"
)

// Access says how much of the Assets of a site an account may see.
type Access string

// The kinds of access. The zero value is everything.
const (
	// AccessNoAssets is an account without a licence for the product: it signs in to Jira, and Assets and the look-up of its
	// workspace refuse it.
	AccessNoAssets Access = "no-assets"
	// AccessNoSchemas is an account that has a licence and no role in any schema: it sees none.
	AccessNoSchemas Access = "no-schemas"
)

// SetAssets gives the site the plan that has Assets, or takes it away. Without it the look-up of the workspace finds none
// and the workspace is unknown to the gateway.
func (s *Site) SetAssets(has bool) { s.withoutAssets.Store(!has) }

// refusesAssets answers callers who may not use Assets at all.
func (s *Site) refusesAssets(w http.ResponseWriter, r *http.Request, e *exchange) bool {
	lookup := e.route != nil && (e.route.pattern == "GET /rest/servicedeskapi/assets/workspace" || e.route.pattern == "GET /rest/servicedeskapi/insight/workspace")
	if e.part != partAssets && !lookup {
		return false
	}
	switch {
	case s.withoutAssets.Load() && lookup:
		s.writeWorkspaces(w, r, nil)
	case s.withoutAssets.Load():
		writeGateway(w, http.StatusNotFound, "Not Found")
	case callerOf(r.Context()).credential.Access == AccessNoAssets:
		writeMessage(w, http.StatusForbidden, "You do not have permission to use Assets.")
	default:
		return false
	}
	return true
}
