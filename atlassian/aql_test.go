package atlassian_test

import (
	"testing"

	"stowage/atlassian"
	"stowage/atlassian/sim/aql"
)

var trickyTexts = []string{
	"", "a", `"`, `\`, `\"`, `\\`, `a"b\c`, `" OR 1 = 1 OR Name = "`, `\" OR objectId > 0 OR Name = \"`, "ends with \\", "line\nbreak", "é 漢字 😀", "\x00\x01", "'single'", "${x}", "15\" Screen",
}

// quotedRight says whether a query holds the text as one literal and nothing else of it, as the simulator's parser, which
// is written apart from the client, reads it.
func quotedRight(t *testing.T, text string) {
	t.Helper()
	query := "Name IN (" + atlassian.QuoteAQL(text) + ", 5) AND objectTypeId = 7 ORDER BY objectId"
	parsed, err := aql.Parse(query)
	if err != nil {
		t.Fatalf("%q: %s cannot be read: %v", text, query, err)
	}
	and, ok := parsed.Where.(*aql.And)
	if !ok || len(and.Terms) != 2 || len(parsed.Order) != 1 {
		t.Fatalf("%q changes the query into %s", text, parsed)
	}
	in, first := and.Terms[0].(*aql.Compare)
	is, second := and.Terms[1].(*aql.Compare)
	if !first || !second || in.Op != aql.OpIn || len(in.Values) != 2 || in.Values[0].Text != text || in.Values[0].Func != "" ||
		in.Values[1].Text != "5" || is.Op != aql.OpEqual || is.Values[0].Text != "7" {
		t.Fatalf("%q changes the query into %s", text, parsed)
	}
}

func TestQuotedTextsCannotLeaveTheirQuotes(t *testing.T) {
	t.Parallel()
	for _, text := range trickyTexts {
		quotedRight(t, text)
	}
	if got, want := atlassian.QuoteAQL(`a"b\c`), `"a\"b\\c"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzQuotedTextsCannotLeaveTheirQuotes(f *testing.F) {
	for _, text := range trickyTexts {
		f.Add(text)
	}
	f.Fuzz(quotedRight)
}
