package sim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTheMostSpecificRouteIsFound(t *testing.T) {
	t.Parallel()
	rt := newRouter()
	for _, pattern := range []string{
		"GET /object/{id}", "POST /object/create", "PUT /object/{id}", "GET /icon/global", "GET /icon/{id}",
		"GET /icon/{id}/icon.png", "GET /icon/objectschema/{id}", "PUT /a/{x}/configure", "PUT /a/{x}/{y}", "GET /",
	} {
		rt.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
	}
	for _, tc := range []struct {
		method, path, want string
		value, is          string
		allowed            []string
	}{
		{method: "GET", path: "/object/1", want: "GET /object/{id}", value: "id", is: "1"},
		{method: "HEAD", path: "/object/1", want: "GET /object/{id}", value: "id", is: "1"},
		{method: "GET", path: "/object/1/", want: "GET /object/{id}", value: "id", is: "1"},
		{method: "POST", path: "/object/create", want: "POST /object/create"},
		{method: "GET", path: "/object/create", want: "GET /object/{id}", value: "id", is: "create"},
		{method: "POST", path: "/object/1", allowed: []string{"GET", "PUT"}},
		{method: "GET", path: "/icon/global", want: "GET /icon/global"},
		{method: "GET", path: "/icon/objectschema/7", want: "GET /icon/objectschema/{id}", value: "id", is: "7"},
		{method: "PUT", path: "/a/1/configure", want: "PUT /a/{x}/configure", value: "x", is: "1"},
		{method: "PUT", path: "/a/1/2", want: "PUT /a/{x}/{y}", value: "y", is: "2"},
		{method: "GET", path: "/", want: "GET /"},
		{method: "GET", path: "/object//", want: ""},
		{method: "GET", path: "/nothing", want: ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tc.method, "http://x/", http.NoBody)
		found, allowed := rt.find(r, tc.path)
		got := ""
		if found != nil {
			got = found.pattern
		}
		if got != tc.want || !slices.Equal(allowed, tc.allowed) || r.PathValue(tc.value) != tc.is {
			t.Errorf("%s %s: %q, allowed %v, %s = %q", tc.method, tc.path, got, allowed, tc.value, r.PathValue(tc.value))
		}
	}
}

func TestARouteThatMakesNoSenseIsAMistakeOfTheProgrammer(t *testing.T) {
	t.Parallel()
	for _, patterns := range [][]string{{"/object"}, {"GET object"}, {"GET /a", "GET /a"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v was accepted", patterns)
				}
			}()
			rt := newRouter()
			for _, pattern := range patterns {
				rt.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
			}
		}()
	}
}

// Objects are written by hand; what a decoder reads back must be the text.
func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\"b\\c\n\r\t\x00\x1f", "\u2028\u00e9\U0001F600", "\xff\xfe", "\xed\xa0\x80", "</script>&", "\x7f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		encoded := appendString(nil, s)
		var back string
		if err := json.Unmarshal(encoded, &back); err != nil {
			t.Fatalf("%q was written as %s: %v", s, encoded, err)
		}
		want := s
		if !utf8.ValidString(s) {
			want = string([]rune(s))
		}
		if back != want {
			t.Errorf("%q came back as %q", s, back)
		}
	})
}

// What is a scalar is read as its text; what is none is refused.
func FuzzLooseScalars(f *testing.F) {
	for _, seed := range []string{`"1"`, `1`, `true`, `"true"`, `null`, `{}`, `[1]`, `1.5`, `""`, `"x"`, `"\u0031"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, document string) {
		var value any
		if json.Unmarshal([]byte(document), &value) != nil {
			return
		}
		var text looseString
		err := json.Unmarshal([]byte(document), &text)
		switch v := value.(type) {
		case map[string]any, []any:
			if err == nil {
				t.Errorf("%s was read as %q", document, text)
			}
		case string:
			if err != nil || string(text) != v {
				t.Errorf("%s was read as %q: %v", document, text, err)
			}
		case nil:
			if err != nil || text != "" {
				t.Errorf("%s was read as %q: %v", document, text, err)
			}
		default:
			if err != nil || string(text) != strings.TrimSpace(document) {
				t.Errorf("%s was read as %q: %v", document, text, err)
			}
		}
		var n looseInt
		if err := json.Unmarshal([]byte(document), &n); err == nil && text != "" {
			if want, bad := strconv.Atoi(string(text)); bad != nil || want != int(n) {
				t.Errorf("%s was read as the integer %d", document, n)
			}
		}
		var yes looseBool
		if err := json.Unmarshal([]byte(document), &yes); err == nil && bool(yes) != (text == "true" || text == "1") {
			t.Errorf("%s was read as the boolean %v", document, yes)
		}
	})
}
