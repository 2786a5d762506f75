package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// router finds the handler of a request by method and path. It exists beside
// [http.ServeMux] because the pattern of the route must be known before the
// handler runs (limits and faults are asked in between), because an unknown
// route and a wrong method must answer in the service's own shape, and because
// paths must never be redirected.
type router struct {
	bySegments map[int][]*route
	patterns   []string
}

// assetsRouter routes paths relative to "/v1" of a workspace.
type assetsRouter = router

// route is one registered operation.
type route struct {
	method   string
	pattern  string // "POST /object/create", the operation's label
	segments []string
	handler  http.HandlerFunc
	open     bool // answers strangers, too
}

func newRouter() *router {
	return &router{bySegments: map[int][]*route{}}
}

// HandleFunc registers a handler for a pattern such as "GET /object/{id}". The
// signature is that of [http.ServeMux], path values are read with
// [http.Request.PathValue]. Registering a pattern twice is a mistake of the
// programmer and panics.
func (rt *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok || !strings.HasPrefix(path, "/") {
		panic(fmt.Sprintf("sim: malformed route pattern %q", pattern))
	}
	if slices.Contains(rt.patterns, pattern) {
		panic(fmt.Sprintf("sim: route %q registered twice", pattern))
	}
	segments := splitPath(path)
	rt.patterns = append(rt.patterns, pattern)
	rt.bySegments[len(segments)] = append(rt.bySegments[len(segments)], &route{
		method: method, pattern: pattern, segments: segments, handler: handler,
	})
}

// open registers a handler that needs no authentication.
func (rt *router) open(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	rt.HandleFunc(pattern, handler)
	_, path, _ := strings.Cut(pattern, " ")
	routes := rt.bySegments[len(splitPath(path))]
	routes[len(routes)-1].open = true
}

// find returns the route of a request and sets its path values. When the path
// is known but not under this method, allowed names the methods that are.
func (rt *router) find(r *http.Request, path string) (found *route, allowed []string) {
	segments := splitPath(path)
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, candidate := range rt.bySegments[len(segments)] {
		if !candidate.matches(segments) {
			continue
		}
		if candidate.method != method {
			allowed = append(allowed, candidate.method)
			continue
		}
		if found == nil || candidate.moreSpecificThan(found) {
			found = candidate
		}
	}
	if found == nil {
		return nil, allowed
	}
	for i, segment := range found.segments {
		if name, ok := wildcard(segment); ok {
			r.SetPathValue(name, segments[i])
		}
	}
	return found, nil
}

func (ro *route) matches(segments []string) bool {
	for i, segment := range ro.segments {
		if _, ok := wildcard(segment); ok {
			if segments[i] == "" {
				return false
			}
			continue
		}
		if segment != segments[i] {
			return false
		}
	}
	return true
}

// moreSpecificThan prefers a literal segment to a wildcard, the leftmost first.
func (ro *route) moreSpecificThan(other *route) bool {
	for i := range ro.segments {
		_, mine := wildcard(ro.segments[i])
		_, theirs := wildcard(other.segments[i])
		if mine != theirs {
			return theirs
		}
	}
	return false
}

func wildcard(segment string) (name string, ok bool) {
	if len(segment) > 2 && segment[0] == '{' && segment[len(segment)-1] == '}' {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

// splitPath cuts a path into segments. A trailing slash is forgiven, as the
// service forgives it.
func splitPath(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}
