package jql

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestQueriesAreReadAsWritten(t *testing.T) {
	t.Parallel()
	clause := func(field, op string, values ...string) *Clause {
		c := &Clause{Field: field, Op: op}
		for _, v := range values {
			c.Values = append(c.Values, Value{Text: v})
		}
		return c
	}
	for _, tt := range []struct {
		src  string
		want *Query
	}{
		{``, &Query{}},
		{`project = OPS`, &Query{Where: clause("project", "=", "OPS")}},
		{`key in (OPS-1, "OPS-2")`, &Query{Where: clause("key", "IN", "OPS-1", "OPS-2")}},
		{`"My field" is not EMPTY`, &Query{Where: clause("My field", "IS NOT EMPTY")}},
		{`cf[10100] is null`, &Query{Where: clause("cf[10100]", "IS EMPTY")}},
		{
			`a=1 and (b!=2 or not c not in (3)) order by key desc, created`,
			&Query{
				Where: &And{Terms: []Expr{clause("a", "=", "1"), &Or{Terms: []Expr{clause("b", "!=", "2"), &Not{Term: clause("c", "NOT IN", "3")}}}}},
				Order: []Order{{Field: "key", Desc: true}, {Field: "created"}},
			},
		},
		{
			`"F" in aqlFunction("Name = \"x\"")`,
			&Query{Where: &Clause{Field: "F", Op: "IN", Values: []Value{{Func: "aqlfunction", Args: []string{`Name = "x"`}}}}},
		},
		{`summary ~ "a" and x !~ b`, &Query{Where: &And{Terms: []Expr{clause("summary", "~", "a"), clause("x", "!~", "b")}}}},
	} {
		got, err := Parse(tt.src)
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(Clause{}, "Column")); diff != "" {
			t.Errorf("%s: %s", tt.src, diff)
		}
	}
}

func TestWhatCannotBeReadIsAnErrorThatSaysWhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		src    string
		column int
	}{
		{`project`, 8},
		{`project =`, 10},
		{`project = A B`, 13},
		{`project = "A`, 11},
		{`key in A`, 8},
		{`key in (A`, 10},
		{`key in (A B)`, 11},
		{`a ! b`, 3},
		{`(a = 1`, 7},
		{`a = 1 order by`, 15},
		{`a is b`, 6},
		{`and`, 1},
		{strings.Repeat("(", 300), 101},
	} {
		_, err := Parse(tt.src)
		if e, ok := errors.AsType[*Error](err); !ok || e.Column != tt.column {
			t.Errorf("%.20s: got %v, want an error in column %d", tt.src, err, tt.column)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{``, `a = 1 or b in (x, "y") order by c desc`, `"F" in aqlFunction("a = \"b\"") and not (c is empty)`, `a!~'b'`, "ä\xff ~ \\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		q, err := Parse(src)
		if err == nil && q == nil {
			t.Fatal("neither a query nor an error")
		}
		if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Column < 1) {
			t.Fatalf("not an error with a column: %v", err)
		}
	})
}
