package sim

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
)

// Credential is one way to sign in to a site.
type Credential struct {
	// Email and Token are the two halves of Basic authentication.
	Email, Token string
	// OAuthToken, when set, is accepted as a bearer token.
	OAuthToken string
	// AccountID names the person who acts; it need not be known to the site.
	AccountID string
	// ReadOnly refuses everything that writes with 403.
	ReadOnly bool
	// Access limits what the account may see of Assets.
	Access Access
}

// accountKey is the context key of the caller.
type callerKey struct{}

// caller is who makes a request.
type caller struct {
	credential Credential
	// importSource is set when the request was signed with the token of an
	// import source, which opens the routes of that source only.
	importSource string
}

// callerOf returns who makes the request; the zero caller before authentication.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// accountOf is the account id of the person who makes the request.
func accountOf(r *http.Request) string {
	return callerOf(r.Context()).credential.AccountID
}

// authenticate finds the caller among the site's credentials.
func (s *Site) authenticate(r *http.Request) (caller, bool) {
	if who, ok := s.actingCaller(r); ok {
		return who, true
	}
	header := r.Header.Get("Authorization")
	scheme, rest, _ := strings.Cut(header, " ")
	switch {
	case strings.EqualFold(scheme, "Basic"):
		email, token, ok := r.BasicAuth()
		if !ok {
			return caller{}, false
		}
		for _, c := range s.allCredentials() {
			if c.Token != "" && strings.EqualFold(c.Email, email) && same(c.Token, token) {
				return caller{credential: c}, true
			}
		}
	case strings.EqualFold(scheme, "Bearer"):
		token := strings.TrimSpace(rest)
		for _, c := range s.allCredentials() {
			if c.OAuthToken != "" && same(c.OAuthToken, token) {
				return caller{credential: c}, true
			}
		}
		if source, ok := s.importSourceOfToken(token); ok {
			return caller{importSource: source}, true
		}
	}
	return caller{}, false
}

func same(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// mayCall says whether the caller may use a route at all.
func (c caller) mayCall(ro *route, r *http.Request) bool {
	if c.importSource == "" {
		return true
	}
	return strings.Contains(ro.pattern, " /importsource/{") &&
		(r.PathValue("importSourceId") == c.importSource || r.PathValue("id") == c.importSource)
}

// refuseAssets answers a caller who is not known to the Assets gateway.
func refuseAssets(w http.ResponseWriter) {
	writeGateway(w, http.StatusUnauthorized, "Unauthorized")
}

// refuseJira answers a caller who is not known to the Jira site.
func (s *Site) refuseJira(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `OAuth realm="`+url.QueryEscape(s.baseURL(r))+`"`)
	w.Header().Set("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")
	w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write([]byte("Client must be authenticated to access this resource."))
}

// reads reports whether an operation leaves the site as it is.
func (ro *route) reads() bool {
	if ro.method == http.MethodGet {
		return true
	}
	switch ro.pattern {
	case "POST /object/aql", "POST /object/aql/totalcount", "POST /object/navlist/aql", "POST /object/navlist/iql":
		return true
	}
	path := strings.Join(ro.segments, "/")
	for _, searching := range []string{"/search/jql", "/search/approximate-count", "/search", "/issue/bulkfetch", "/permissions/check"} {
		if strings.HasPrefix(path, "rest/api/") && strings.HasSuffix(path, searching) {
			return true
		}
	}
	return false
}
