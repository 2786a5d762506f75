package sim

import (
	"net/http"
	"slices"
	"strings"

	"stowage/atlassian/sim/fault"
)

// route builds the routers of a site and the chain a known caller's request goes
// through.
func (s *Site) route(faults *fault.Plan) {
	s.assets = newRouter()
	s.schemaRoutes(s.assets)
	s.typeRoutes(s.assets)
	s.attributeRoutes(s.assets)
	s.objectRoutes(s.assets)
	s.searchRoutes(s.assets)
	s.configRoutes(s.assets)
	s.iconRoutes(s.assets)
	s.commentRoutes(s.assets)
	s.attachmentRoutes(s.assets)
	s.roleRoutes(s.assets)
	s.importRoutes(s.assets)
	s.jira = newRouter()
	s.jiraRoutes(s.jira)
	s.jira.open("GET /_edge/tenant_info", s.getTenantInfo)
	s.media = newRouter()
	s.mediaRoutes(s.media)
	s.page = newRouter()
	s.pageRoutes(s.page)

	hooks := fault.Hooks{SearchLag: s.world.SetSearchLag, Mutate: s.mutate, RevokeToken: s.revokeTokenOf}
	faulty := faults.WrapSite(s.name, hooks, operationOf, http.HandlerFunc(s.handleWhenReleased))
	s.limited = s.limiter.Wrap(limitedOperationOf, faulty)
}

// Operations lists the labels of the site's operations, such as
// "POST /object/create" and "GET /rest/api/3/myself": the names by which
// statistics, limits and faults know them.
func (s *Site) Operations() []string {
	return slices.Concat(s.assets.patterns, s.jira.patterns, s.media.patterns)
}

// revokeTokenOf makes the token worthless with which a request was signed.
func (s *Site) revokeTokenOf(r *http.Request) {
	who := callerOf(r.Context())
	if strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
		s.Revoke(who.credential.OAuthToken)
		return
	}
	s.Revoke(who.credential.Token)
}

// undocumented registers a route that can be switched off; then it answers as a
// route that never was.
func (s *Site) undocumented(rt *router, feature Feature, pattern string, handler http.HandlerFunc) {
	if slices.Contains(s.opts.Without, feature) {
		handler = writeUnknownRoute
	}
	rt.HandleFunc(pattern, handler)
}

func (s *Site) routerOf(p part) *router {
	switch p {
	case partAssets:
		return s.assets
	case partJira:
		return s.jira
	case partMedia:
		return s.media
	case partPage:
		return s.page
	case partUnknown, partIndex, partImportsInfo, partResources:
	}
	return newRouter()
}

// serve takes the request of a caller who is known.
func (s *Site) serve(w http.ResponseWriter, r *http.Request) {
	s.limited.ServeHTTP(w, r)
}

// handle is what the request finds behind limits and faults.
func (s *Site) handle(w http.ResponseWriter, r *http.Request) {
	e := exchangeOf(r)
	switch who := callerOf(r.Context()); {
	case e.route == nil && len(e.allowed) > 0:
		writeMethodNotAllowed(w, e.allowed)
	case e.route == nil:
		writeUnknownRoute(w, r)
	case !who.mayCall(e.route, r):
		writeGateway(w, http.StatusUnauthorized, "Unauthorized; scope does not match")
	case s.refusesAssets(w, r, e):
	case !e.route.reads() && !who.mayWrite(e.part, e.route):
		writeMessage(w, http.StatusForbidden, "You do not have permission to do this.")
	default:
		if r.Body != nil && e.part != partMedia {
			r.Body = http.MaxBytesReader(w, r.Body, s.opts.MaxBody)
		}
		e.route.handler(w, r)
	}
}

func (s *Site) getTenantInfo(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"cloudId": s.cloudID})
}
