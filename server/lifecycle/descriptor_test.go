package lifecycle_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"stowage/server/lifecycle"
)

func TestDescriptorIsValidAndFilledIn(t *testing.T) {
	t.Parallel()
	description, err := jsonschema.UnmarshalJSON(bytes.NewReader(readShared(t, "api/connect-jira-descriptor.schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("descriptor.json", description); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("descriptor.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string][]option{
		"as it is":              nil,
		"with a slash too many": {func(c *lifecycle.Config) { c.BaseURL = mustParse(t, appBase+"/") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, options...)
			w := r.page(t, "/atlassian-connect.json")
			expect(t, w, http.StatusOK)
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("of type %q", got)
			}
			instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(instance); err != nil {
				t.Error(err)
			}
			var d struct {
				Key, BaseURL   string
				Links          map[string]string
				Scopes         []string
				APIMigrations  map[string]bool
				Authentication struct{ Type string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
				t.Fatal(err)
			}
			if d.BaseURL != appBase || d.Links["self"] != appBase+"/atlassian-connect.json" || d.Key != r.lc.AppKey() {
				t.Errorf("filled in as %+v", d)
			}
			if !d.APIMigrations["signed-install"] || !d.APIMigrations["context-qsh"] || d.Authentication.Type != "jwt" || !slices.Equal(d.Scopes, []string{"READ"}) {
				t.Errorf("asks for %+v", d)
			}
			if strings.Contains(w.Body.String(), "stowage.example/\"") || strings.Contains(w.Body.String(), `\u0026`) {
				t.Errorf("reads badly: %s", w.Body)
			}
		})
	}
	// The description finds faults at all.
	broken, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"key":"a b","baseUrl":"https://x","authentication":{"type":"magic"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if schema.Validate(broken) == nil {
		t.Error("a descriptor with two faults is valid")
	}
}
