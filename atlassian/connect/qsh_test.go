package connect_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/connect"
)

// readShared reads a file of the data that is kept beside the project.
func readShared(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../shared/data/" + name)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("STOWAGE_REQUIRE_SHARED") != "1" {
		t.Skip("the shared data is not here: " + name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

type vector struct {
	Group, Name, Method, URL, Path, Query, BaseURL string

	QSH     string
	QSHJS   string `json:"qsh_js"`
	QSHJava string `json:"qsh_java"`
}

func (v vector) request(t *testing.T) connect.Request {
	t.Helper()
	base, err := url.Parse(v.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	return connect.Request{Method: v.Method, Path: v.Path, RawQuery: v.Query, BasePath: base.EscapedPath()}
}

func TestEveryKnownHashIsComputedAndAccepted(t *testing.T) {
	t.Parallel()
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(readShared(t, "qsh-vectors.json"), &file); err != nil {
		t.Fatal(err)
	}
	groups := map[string]int{}
	for _, v := range file.Vectors {
		groups[v.Group]++
		t.Run(v.Group+"/"+v.Name, func(t *testing.T) {
			t.Parallel()
			r := v.request(t)
			want, accepted := v.QSH, []string{v.QSH}
			if v.Group == "derived" {
				want, accepted = v.QSHJS, []string{v.QSHJS, v.QSHJava}
			}
			got, err := r.QSH()
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("computed %s, want %s", got, want)
			}
			for _, qsh := range accepted {
				if qsh == "" {
					t.Fatal("the vector has no hash: the file has another form than this test reads")
				}
				if !r.Accepts(qsh) {
					t.Errorf("%s is not accepted", qsh)
				}
			}
			for what, other := range map[string]connect.Request{
				"other method": {Method: r.Method + "X", Path: r.Path, RawQuery: r.RawQuery, BasePath: r.BasePath},
				"other path":   {Method: r.Method, Path: r.Path + "x", RawQuery: r.RawQuery, BasePath: r.BasePath},
				"other query":  {Method: r.Method, Path: r.Path, RawQuery: r.RawQuery + "&more=1", BasePath: r.BasePath},
			} {
				if other.Accepts(want) {
					t.Errorf("the hash is accepted for a request with %s", what)
				}
			}
		})
	}
	if diff := cmp.Diff(map[string]int{"official": 27, "third-party": 9, "derived": 8}, groups); diff != "" {
		t.Errorf("groups of the file (-want +got):\n%s", diff)
	}
}

func TestOneRequestHasFewHashes(t *testing.T) {
	t.Parallel()
	get := func(path, query string) connect.Request {
		return connect.Request{Method: "GET", Path: path, RawQuery: query}
	}
	qsh := func(r connect.Request) string {
		t.Helper()
		sum, err := r.QSH()
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	tests := map[string]struct {
		request, signed connect.Request
		want            bool
	}{
		"the path as it came":                        {get("/x/a%2Fb", "c=d"), get("/x/a%2Fb", "c=d"), true},
		"the path decoded once":                      {get("/x/a%2Fb", "c=d"), get("/x/a/b", "c=d"), true},
		"the path decoded twice is another path":     {get("/x/a%252Fb", ""), get("/x/a/b", ""), false},
		"the path encoded by us is another path":     {get("/x/a/b", ""), get("/x/a%2Fb", ""), false},
		"one slash at the end does not count":        {get("/x/", ""), get("/x", ""), true},
		"two slashes do":                             {get("/x//", ""), get("/x", ""), false},
		"dot segments are not folded":                {get("/a/../x", ""), get("/x", ""), false},
		"the token is not hashed":                    {get("/x", "a=b&jwt=t"), get("/x", "a=b"), true},
		"a parameter like it is":                     {get("/x", "a=b&JWT=t"), get("/x", "a=b"), false},
		"a parameter without a value counts":         {get("/x", "a"), get("/x", "a="), true},
		"and is not the same as none":                {get("/x", "a"), get("/x", ""), false},
		"an ampersand in the path is not a boundary": {get("/x&a=b", ""), get("/x", "a=b"), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.request.Accepts(qsh(test.signed)); got != test.want {
				t.Errorf("accepted: %v, want %v", got, test.want)
			}
		})
	}
}

func TestNamesAreAcceptedInEitherOrder(t *testing.T) {
	t.Parallel()
	// By its decoded name é stands behind z; by its escaped name, %C3%A9, before.
	r := connect.Request{Method: "GET", Path: "/x", RawQuery: "%C3%A9=1&z=2"}
	for what, canonical := range map[string]string{
		"by name":         "GET&/x&z=2&%C3%A9=1",
		"by escaped name": "GET&/x&%C3%A9=1&z=2",
	} {
		if !r.Accepts(connect.HashOf(canonical)) {
			t.Errorf("the hash of the parameters %s is not accepted", what)
		}
	}
	if r.Accepts(connect.HashOf("GET&/x&z=1&%C3%A9=2")) {
		t.Error("the hash of other parameters is accepted")
	}
}

func TestBasePathIsTakenOffAtItsBoundary(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/app":       "GET&/&",
		"/app/":      "GET&/&",
		"/app/x":     "GET&/x&",
		"/apple":     "GET&/apple&",
		"/x":         "GET&/x&",
		"/app/app/x": "GET&/app/x&",
	} {
		got, err := connect.Request{Method: "get", Path: path, BasePath: "/app/"}.QSH()
		if err != nil {
			t.Fatal(err)
		}
		if got != connect.HashOf(want) {
			t.Errorf("%s is not hashed as %s", path, want)
		}
	}
}

func TestQueryThatCannotBeDecodedIsRefused(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"a=1;b=2", "a=%zz", "%"} {
		r := connect.Request{Method: "GET", Path: "/x", RawQuery: query}
		if _, err := r.QSH(); !errors.Is(err, connect.ErrUnauthorized) {
			t.Errorf("%q: got %v", query, err)
		}
		if r.Accepts(connect.HashOf("GET&/x&")) {
			t.Errorf("%q: accepted", query)
		}
	}
}

func FuzzQSH(f *testing.F) {
	f.Add("GET", "/test", "param=value", "/base")
	f.Add("post", "/a%2Fb&c", "é=1&a=%C3%A9&jwt=x&=v&a", "")
	f.Add("", "", ";", "//")
	f.Fuzz(func(t *testing.T, method, path, query, base string) {
		r := connect.Request{Method: method, Path: path, RawQuery: query, BasePath: base}
		qsh, err := r.QSH()
		if err != nil {
			if r.Accepts(qsh) {
				t.Error("a request without a hash accepts one")
			}
			return
		}
		if !r.Accepts(qsh) {
			t.Error("the computed hash is not accepted")
		}
		if r.Accepts("") || r.Accepts(connect.ContextQSH) {
			t.Error("accepted what is no hash")
		}
		changed := r
		changed.RawQuery += "&stowage=1"
		if changed.Accepts(qsh) {
			t.Error("the hash holds with one more parameter")
		}
	})
}
