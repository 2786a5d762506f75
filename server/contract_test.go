package server_test

import (
	"encoding/json"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"stowage/models"
	"stowage/server/api"
)

// document is the description of the API as others read it.
func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Document)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// conforms holds an answer against the description of its operation.
func conforms(t *testing.T, op *openapi3.Operation, got answered) {
	t.Helper()
	response := op.Responses.Value(strconv.Itoa(got.status))
	if response == nil {
		t.Fatalf("%s answers %d, of which the description says nothing: %s", op.OperationID, got.status, got.body)
	}
	if len(response.Value.Content) == 0 {
		if len(got.body) > 0 {
			t.Fatalf("%s answers with a body: %s", op.OperationID, got.body)
		}
		return
	}
	kind, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
	media := response.Value.Content[kind]
	if media == nil {
		t.Fatalf("%s answers as %q", op.OperationID, kind)
	}
	if kind != "application/json" {
		return
	}
	var v any
	if err := json.Unmarshal(got.body, &v); err != nil {
		t.Fatalf("%s: %v", op.OperationID, err)
	}
	if err := media.Schema.Value.VisitJSON(v, openapi3.EnableJSONSchema2020(), openapi3.MultiErrors()); err != nil {
		t.Errorf("%s answers not as described: %v\n%s", op.OperationID, err, got.body)
	}
}

func TestEveryOperationAnswersAsDescribed(t *testing.T) {
	t.Parallel()
	doc := document(t)
	for _, path := range slices.Sorted(keys(doc.Paths.Map())) {
		for method, op := range doc.Paths.Value(path).Operations() {
			t.Run(op.OperationID, func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				s := r.acme
				i := slices.IndexFunc(s.routes(t), func(r route) bool { return r.operation == op.OperationID })
				route := s.routes(t)[i]
				switch op.OperationID {
				case "followRun", "deleteBackup", "deleteSchema":
					// The stream ends with the run; schema and backup may go when it is over.
					s.finish()
				case "resumeRun":
					s.rig.must(s.running.End(t.Context(), models.StateFailed, nil, "The process was interrupted."))
				case "startRestore":
					// The plan is carried out in the rig; another one is not.
					route.body = map[string]any{"planId": s.makePlan()}
				}
				got := s.as(method, route.path, route.body)
				if got.status >= 300 {
					t.Fatalf("%s answers %d: %s", op.OperationID, got.status, got.body)
				}
				conforms(t, op, got)
				if method != http.MethodGet && strings.Contains(string(got.body), canary) {
					t.Errorf("%s repeats a secret", op.OperationID)
				}
			})
		}
	}
}

// keys are the keys of a map.
func keys[V any](m map[string]V) iter.Seq[string] {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
