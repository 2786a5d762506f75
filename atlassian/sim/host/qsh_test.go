package host

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// vectors reads the published vectors beside the repository.
func vectors(t *testing.T) []map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "data", "qsh-vectors.json"))
	if os.IsNotExist(err) && os.Getenv("STOWAGE_REQUIRE_SHARED") != "1" {
		t.Skip("the published vectors are not beside the repository: ../shared/data/qsh-vectors.json")
	}
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Vectors []map[string]any `json:"vectors"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document.Vectors
}

func TestHashesAreThoseOfThePublishedVectors(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, v := range vectors(t) {
		text := func(name string) string {
			s, _ := v[name].(string)
			return s
		}
		canonical, hash := text("canonical"), text("qsh")
		if v["group"] == "derived" {
			canonical, hash = text("canonical_java"), text("qsh_java")
		} else if v["java_algorithm_agrees"] == false {
			continue // Jira and the JavaScript library differ; the host is Jira
		}
		if hash == "" {
			continue
		}
		checked++
		// Some vectors name the base by its path, others by its whole address.
		path := text("path")
		if base, err := url.Parse(text("baseUrl")); err == nil {
			path = belowPath(path, base.Path)
		}
		got, err := canonicalRequest(text("method"), path, text("query"))
		if err != nil || got != canonical {
			t.Errorf("%s: canonical request %q, %v, want %q", text("name"), got, err, canonical)
		}
		if got, err := queryHash(text("method"), path, text("query")); err != nil || got != hash {
			t.Errorf("%s: hash %s, %v, want %s", text("name"), got, err, hash)
		}
	}
	if checked < 40 {
		t.Errorf("only %d vectors were compared", checked)
	}
}

func TestPathsAreTakenRelativeToTheBase(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ path, base, want string }{
		{"/sites/acme/rest/api/3/myself", "/sites/acme", "/rest/api/3/myself"},
		{"/sites/acme/rest", "/sites/acme/", "/rest"},
		{"/sites/acme2/rest", "/sites/acme", "/sites/acme2/rest"},
		{"/sites/acme", "/sites/acme", ""},
		{"/installed", "", "/installed"},
	} {
		if got := belowPath(tc.path, tc.base); got != tc.want {
			t.Errorf("%s below %s is %q, want %q", tc.path, tc.base, got, tc.want)
		}
	}
	if got, err := canonicalRequest("get", "", ""); err != nil || got != "GET&/&" {
		t.Errorf("the empty path gives %q, %v", got, err)
	}
	if _, err := queryHash("GET", "/", "a=1;b=2"); err == nil {
		t.Error("a query that cannot be read was hashed")
	}
}

func FuzzCanonicalRequest(f *testing.F) {
	f.Add("GET", "/a&b/", "x=1&x=2&jwt=t&=v&%C3%A9=*")
	f.Fuzz(func(t *testing.T, method, path, query string) {
		first, err := canonicalRequest(method, path, query)
		if err != nil {
			return
		}
		again, err := canonicalRequest(method, path, query+"&jwt=somebody")
		if err != nil || again != first {
			t.Errorf("the token changes %q into %q, %v", first, again, err)
		}
	})
}
