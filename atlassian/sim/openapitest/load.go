package openapitest

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// requireShared is the environment variable that turns the absence of the
// description into a failure.
const requireShared = "STOWAGE_REQUIRE_SHARED"

// Spec is the description, amended by the deviations, and the memory of which of
// its operations have been exercised. It may be used by many goroutines.
type Spec struct {
	doc          *openapi3.T
	operations   []operation
	undocumented []operation
	statuses     []int
	query        map[string][]string

	mu   sync.Mutex
	seen map[string]int
}

// operation is one method of one path.
type operation struct {
	label      string
	segments   []string
	deprecated bool
	route      *routers.Route // nil when undocumented
}

// Load reads the description. A tree without it skips the test, or fails it
// when STOWAGE_REQUIRE_SHARED is 1.
func Load(tb testing.TB) *Spec {
	tb.Helper()
	path := filepath.Join(repositoryRoot(tb), "..", "shared", "api", "assets-cloud-openapi.json")
	if _, err := os.Stat(path); err != nil {
		if os.Getenv(requireShared) == "1" {
			tb.Fatalf("the OpenAPI description is required and missing: %v", err)
		}
		tb.Skipf("the OpenAPI description is not here, nothing to validate against: %v", err)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		tb.Fatalf("load the OpenAPI description: %v", err)
	}
	s := &Spec{doc: doc, query: map[string][]string{}, seen: map[string]int{}}
	for _, d := range Deviations() {
		if d.amend != nil {
			d.amend(doc)
		}
		s.statuses = append(s.statuses, d.statuses...)
		maps.Copy(s.query, d.query)
		for _, label := range d.undocumented {
			_, path, _ := strings.Cut(label, " ")
			s.undocumented = append(s.undocumented, operation{label: label, segments: split(path)})
		}
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			s.operations = append(s.operations, operation{
				label: method + " " + path, segments: split(path), deprecated: op.Deprecated,
				route: &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op},
			})
		}
	}
	slices.SortFunc(s.operations, func(a, b operation) int { return strings.Compare(a.label, b.label) })
	s.close()
	return s
}

// close refuses members that the description does not name, wherever it names any.
func (s *Spec) close() {
	visited := map[*openapi3.Schema]bool{}
	var visit func(ref *openapi3.SchemaRef)
	visit = func(ref *openapi3.SchemaRef) {
		if ref == nil || ref.Value == nil || visited[ref.Value] {
			return
		}
		visited[ref.Value] = true
		v := ref.Value
		if len(v.Properties) > 0 && v.AdditionalProperties.Has == nil && v.AdditionalProperties.Schema == nil {
			v.AdditionalProperties.Has = new(bool)
		}
		for _, property := range v.Properties {
			visit(property)
		}
		visit(v.Items)
		for _, refs := range []openapi3.SchemaRefs{v.AllOf, v.AnyOf, v.OneOf} {
			for _, ref := range refs {
				visit(ref)
			}
		}
	}
	for _, ref := range s.doc.Components.Schemas {
		visit(ref)
	}
	for _, op := range s.operations {
		contents := []openapi3.Content{}
		if body := op.route.Operation.RequestBody; body != nil {
			contents = append(contents, body.Value.Content)
		}
		for _, response := range op.route.Operation.Responses.Map() {
			contents = append(contents, response.Value.Content)
		}
		for _, content := range contents {
			for _, media := range content {
				visit(media.Schema)
			}
		}
	}
}

// Operations lists the labels ("POST /object/create") of all operations that
// are not deprecated.
func (s *Spec) Operations() []string {
	var labels []string
	for _, op := range s.operations {
		if !op.deprecated {
			labels = append(labels, op.label)
		}
	}
	return labels
}

// Deprecated lists the labels of the deprecated operations.
func (s *Spec) Deprecated() []string {
	var labels []string
	for _, op := range s.operations {
		if op.deprecated {
			labels = append(labels, op.label)
		}
	}
	return labels
}

// Unexercised lists the operations, deprecated ones left out, that no exchange
// with a successful answer has passed through yet.
func (s *Spec) Unexercised() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(s.Operations(), func(label string) bool { return s.seen[label] > 0 })
}

func (s *Spec) exercised(label string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[label]++
}

// workspacePath matches the path of a workspace's API under any base path.
var workspacePath = regexp.MustCompile(`/jsm/(?:assets|insight)/workspace/[^/]+/v1(/.*)$`)

// find matches a request with an operation. covered is false for requests that
// are not part of the Assets API; op is nil for a route nobody has described.
func (s *Spec) find(r *http.Request) (op *operation, params map[string]string, covered bool) {
	m := workspacePath.FindStringSubmatch(r.URL.Path)
	if m == nil {
		return nil, nil, false
	}
	segments := split(m[1])
	for _, list := range [][]operation{s.operations, s.undocumented} {
		for i := range list {
			candidate := &list[i]
			if !strings.HasPrefix(candidate.label, r.Method+" ") {
				continue
			}
			found, ok := candidate.match(segments)
			if ok && (op == nil || len(found) < len(params)) {
				op, params = candidate, found
			}
		}
	}
	return op, params, true
}

func (op *operation) match(segments []string) (map[string]string, bool) {
	if len(segments) != len(op.segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, segment := range op.segments {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			params[strings.TrimSuffix(name, "}")] = segments[i]
		} else if segment != segments[i] {
			return nil, false
		}
	}
	return params, true
}

func split(path string) []string {
	return strings.Split(strings.Trim(path, "/"), "/")
}

func repositoryRoot(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("no go.mod above the test's directory")
		}
		dir = parent
	}
}
