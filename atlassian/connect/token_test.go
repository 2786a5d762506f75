package connect_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stowage/atlassian/connect"
)

func TestExactlyOneTokenIsTaken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		target         string
		authorization  []string
		header, inPage string
	}{
		"none":                       {target: "/x"},
		"in the header":              {target: "/x", authorization: []string{"JWT a.b.c"}, header: "a.b.c"},
		"the scheme in small":        {target: "/x", authorization: []string{"jwt a.b.c"}, header: "a.b.c"},
		"in the query":               {target: "/x?jwt=a.b.c", inPage: "a.b.c"},
		"in both":                    {target: "/x?jwt=a.b.c", authorization: []string{"JWT a.b.c"}},
		"empty in the query":         {target: "/x?jwt="},
		"empty beside the header":    {target: "/x?jwt=", authorization: []string{"JWT a.b.c"}},
		"two in the query":           {target: "/x?jwt=a.b.c&jwt=a.b.c"},
		"two headers":                {target: "/x", authorization: []string{"JWT a.b.c", "JWT a.b.c"}},
		"of another scheme":          {target: "/x", authorization: []string{"Bearer a.b.c"}},
		"another scheme and a query": {target: "/x?jwt=a.b.c", authorization: []string{"Basic eA=="}},
		"without a scheme":           {target: "/x", authorization: []string{"a.b.c"}},
		"an empty header":            {target: "/x", authorization: []string{"JWT "}},
		"too long":                   {target: "/x", authorization: []string{"JWT " + strings.Repeat("a", 17<<10)}},
		"too long in the query":      {target: "/x?jwt=" + strings.Repeat("a", 17<<10)},
		"an odd query":               {target: "/x?a;b&jwt=a.b.c", authorization: []string{"JWT a.b.c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.target, nil)
			r.Header["Authorization"] = test.authorization
			if test.authorization == nil {
				delete(r.Header, "Authorization")
			}
			header, err := connect.FromHeader(r)
			check(t, "header", header, test.header, err)
			page, err := connect.FromQuery(r)
			check(t, "query", page, test.inPage, err)
		})
	}
}

func check(t *testing.T, where, got, want string, err error) {
	t.Helper()
	if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, connect.ErrUnauthorized) {
		t.Errorf("%s: got %q, %v; want %q", where, got, err, want)
	}
}

func TestRefusalsDoNotRepeatTheRequest(t *testing.T) {
	t.Parallel()
	const canary = "canary7f3a"
	for _, target := range []string{"/x?jwt=" + canary + "&jwt=b", "/x?" + canary + ";a"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if _, err := connect.FromQuery(r); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("got %v", err)
		}
	}
	for _, token := range []string{canary, canary + ".b.c", "." + canary + ".", "e30." + canary + ".x"} {
		if _, err := connect.Issuer(token); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("got %v", err)
		}
	}
}
