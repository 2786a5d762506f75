package jsonscan_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"stowage/internal/jsonscan"
)

// generic reads any document with the Scanner into what encoding/json makes of it with UseNumber.
func generic(s *jsonscan.Scanner) any {
	switch s.Next() {
	case '{':
		m := map[string]any{}
		for more := s.EnterObject(); more; more = s.NextMember() {
			key := s.Key()
			m[key] = generic(s)
		}
		return m
	case '[':
		l := []any{}
		for more := s.EnterArray(); more; more = s.NextElement() {
			l = append(l, generic(s))
		}
		return l
	case '"':
		text, _ := s.Text()
		return text
	case 't', 'f':
		v, _ := s.Bool()
		return v
	case 'n':
		s.Skip()
		return nil
	}
	return json.Number(s.Raw())
}

var seeds = []string{
	`{}`, `[]`, `null`, `true`, `false`, `0`, `-0.5e+10`, `1E-2`, `""`, `"a"`, ` { "a" : [ 1 , {"b":null} ] } `,
	`{"a":1,"a":2}`, `"\u00e9\ud83d\ude00\ud800x\udc00"`, `"\ud800\u0041"`, `"\b\f\n\r\t\/\\\""`, "\"\x80abc\xff\"", "\"a\x01\"", `"\x"`, `"\u12g4"`,
	`01`, `1.`, `.5`, `-`, `1e`, `tru`, `nul`, `{"a"}`, `{"a":}`, `{,}`, `[1,]`, `{"a":1,}`, `[`, `{`, `"`, `"\`, `1 2`, "\x00", "1\x00", `{"a":1}x`,
	`"aaaaaaaaaaaaaaaaaaaaaaaaé"`, `{"aaaaaaaaaaaaaaaa\"bbbbbbbbbbbbbbb":"ccccccc\\"}`, strings.Repeat("[", 100) + strings.Repeat("]", 100),
}

func compare(t *testing.T, doc string) {
	t.Helper()
	valid := json.Valid([]byte(doc))
	skipper := jsonscan.New(doc)
	skipper.Skip()
	if err := skipper.End(); (err == nil) != valid {
		t.Fatalf("Skip of %q: %v, but encoding/json says valid=%v", doc, err, valid)
	}
	s := jsonscan.New(doc)
	got := generic(s)
	if err := s.End(); (err == nil) != valid {
		t.Fatalf("reading %q: %v, but encoding/json says valid=%v", doc, err, valid)
	}
	if !valid {
		return
	}
	var want any
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&want); err != nil {
		t.Fatalf("%q: %v", doc, err)
	}
	// Not cmp.Diff, whose time doubles with every level of nesting.
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("%q: encoding/json reads %#v, jsonscan %#v", doc, want, got)
	}
}

func TestTheScannerReadsWhatEncodingJSONReads(t *testing.T) {
	t.Parallel()
	for _, doc := range seeds {
		compare(t, doc)
	}
	for _, n := range []int{9999, 10000, 10001, 20000} {
		for _, form := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
			inner := ""
			if form[0] != "[" {
				inner = "1"
			}
			doc := strings.Repeat(form[0], n) + inner + strings.Repeat(form[1], n)
			s := jsonscan.New(doc)
			s.Skip()
			if err := s.End(); (err == nil) != json.Valid([]byte(doc)) {
				t.Errorf("depth %d: %v", n, err)
			}
		}
	}
}

func FuzzTheScannerReadsWhatEncodingJSONReads(f *testing.F) {
	for _, doc := range seeds {
		f.Add(doc)
	}
	f.Fuzz(compare)
}

func TestExtraKeepsMembersByteForByte(t *testing.T) {
	t.Parallel()
	s := jsonscan.New(`{"known":1,"b": {"x" :  1.50},"a\"q":"\u00e9","b":[ ]}`)
	var extra jsonscan.Extra
	for more := s.EnterObject(); more; more = s.NextMember() {
		if s.Key() == "known" {
			s.Skip()
			continue
		}
		extra.Take(s)
	}
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	if got, want := string(extra.JSON()), `{"b":[ ],"a\"q":"\u00e9"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !extra.Empty() || extra.JSON() != nil {
		t.Error("the members were not forgotten")
	}
}

func TestErrorsStickAndSayWhere(t *testing.T) {
	t.Parallel()
	s := jsonscan.New(`{"a":[1,2}`)
	for more := s.EnterObject(); more; more = s.NextMember() {
		for more := s.EnterArray(); more; more = s.NextElement() {
			s.Text()
		}
	}
	err := s.End()
	if err == nil || !strings.Contains(err.Error(), "offset 9") {
		t.Fatalf("error %v", err)
	}
	if text, bare := s.Text(); text != "" || bare || s.EnterObject() || s.EnterArray() || s.Raw() != "" || s.Next() != 0 {
		t.Error("the Scanner goes on after an error")
	}
}

func TestBooleansAreReadLeniently(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string][2]bool{
		`true`: {true, true}, `"true"`: {true, true}, `false`: {false, true}, `"false"`: {false, true},
		`null`: {}, `1`: {}, `"x"`: {}, `{}`: {}, `[true]`: {},
	} {
		s := jsonscan.New(doc)
		value, known := s.Bool()
		if err := s.End(); err != nil || [2]bool{value, known} != want {
			t.Errorf("%s: %v %v %v", doc, value, known, err)
		}
	}
}

func TestAScannerGoesBackOverWhatItCouldNotRead(t *testing.T) {
	t.Parallel()
	s := jsonscan.New(`[{"a":[1]},{"a":2}]`)
	var got []string
	for more := s.EnterArray(); more; more = s.NextElement() {
		mark := s.Mark()
		for more := s.EnterObject(); more; more = s.NextMember() {
			text, _ := s.Text()
			got = append(got, text)
		}
		if s.Err() != nil {
			s.Reset(mark)
			got = append(got, s.Raw())
		}
	}
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"", `{"a":[1]}`, "2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
