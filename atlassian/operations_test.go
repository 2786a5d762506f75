package atlassian

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The published description, beside the repository.
const description = "../../shared/api/assets-cloud-openapi.json"

// TestOperationsAreThoseOfTheDescription compares three lists: the operations the comments of methods name, those the
// code calls, and those the description has or undocumented.go lists.
func TestOperationsAreThoseOfTheDescription(t *testing.T) {
	t.Parallel()
	published := readDescription(t)
	named, called := map[string]string{}, map[string]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		readOperations(t, file, named, called)
	}
	if len(named) < 40 || len(called) < 40 {
		t.Fatalf("%d operations named and %d called: the comparison would prove nothing", len(named), len(called))
	}
	for operation, where := range named {
		if called[operation] == "" {
			t.Errorf("%s is named in %s and called nowhere", operation, where)
		}
	}
	for operation, where := range called {
		if named[operation] == "" {
			t.Errorf("%s is called in %s and named in no comment", operation, where)
		}
		if !ofAssets(operation) {
			continue
		}
		if deprecated, ok := published[operation]; ok == unpublished[operation] || deprecated {
			t.Errorf("%s (%s): published %v, deprecated %v, in the list of unpublished ones %v", operation, where, ok, deprecated, unpublished[operation])
		}
	}
	for operation := range unpublished {
		if called[operation] == "" {
			t.Errorf("%s is listed as unpublished and called nowhere", operation)
		}
	}
	for operation := range documentedExceptions {
		if _, ok := published[operation]; !ok {
			t.Errorf("%s has a rate of its own and is not published", operation)
		}
	}
}

// readDescription returns the published operations and whether they are deprecated.
func readDescription(t *testing.T) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(description)
	if err != nil {
		if os.Getenv("STOWAGE_REQUIRE_SHARED") == "1" {
			t.Fatal(err)
		}
		t.Skipf("the description of the API is not beside the repository: %v", err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Deprecated bool `json:"deprecated"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	published := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, operation := range methods {
			published[strings.ToUpper(method)+" "+path] = operation.Deprecated
		}
	}
	return published
}

// readOperations collects the lines "Operation:" of comments, and the literals that are the operation of a call.
func readOperations(t *testing.T, file string, named, called map[string]string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range parsed.Comments {
		for line := range strings.Lines(group.Text()) {
			if operation, ok := strings.CutPrefix(strings.TrimSpace(line), "Operation: "); ok {
				named[strings.TrimSuffix(operation, ".")] = file
			}
		}
	}
	methods := []string{"GET ", "POST ", "PUT ", "DELETE ", "PATCH "}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if file == "undocumented.go" || file == "rates.go" {
			return false
		}
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(methods, func(m string) bool { return strings.HasPrefix(text, m) && len(text) > len(m) }) {
			called[text] = file
		}
		return true
	})
}
