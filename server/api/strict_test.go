package api

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestBodiesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"an object":                   {`{"a":1,"b":{"a":[{"a":2}]}}`, nil},
		"an array":                    {`[1,"a",null,[true]]`, nil},
		"space around":                {" \n{} \t", nil},
		"two objects":                 {`{}{}`, errSyntax},
		"two values":                  {`1 2`, errSyntax},
		"an object cut off":           {`{"a":`, errSyntax},
		"a closing bracket":           {`{"a":1}}`, errSyntax},
		"nothing":                     {``, errSyntax},
		"a member twice":              {`{"a":1,"a":2}`, errTwice},
		"a member twice, deeper":      {`[{"b":{"a":1,"c":[],"a":2}}]`, errTwice},
		"the same member of others":   {`{"a":{"a":1},"b":{"a":1}}`, nil},
		"a value that is like a name": {`{"a":"b","b":"a"}`, nil},
		"as deep as allowed":          {strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), nil},
		"deeper":                      {strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), errDeep},
	} {
		if err := checkJSON([]byte(c.body)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, not %v", name, err, c.want)
		}
	}
}

func FuzzBodiesThatAreAcceptedAreOneValueOfJSON(f *testing.F) {
	for _, seed := range []string{
		`{"email":"ada@acme.example","token":"x"}`, `{"a":{"b":[1,2,{"c":null}]}}`, `{"a":1,"a":2}`, `{}{}`, `[[[[]]]]`, `"text"`, `{"a":}`, `{"\u0061":1,"a":2}`, "\xff", `1e999`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkJSON(data) != nil {
			return
		}
		var v any
		d := json.NewDecoder(strings.NewReader(string(data)))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%q is accepted, and is no JSON: %v", data, err)
		}
		if n := depth(v); n > maxDepth {
			t.Fatalf("%q is accepted with a depth of %d", data, n)
		}
	})
}

func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	case map[string]any:
		for _, member := range v {
			deepest = max(deepest, depth(member))
		}
	default:
		return 0
	}
	return deepest + 1
}
