package atlassian_test

import (
	"strings"
	"testing"

	"stowage/atlassian"
	"stowage/atlassian/sim/aql"
)

var trickyTexts = []string{
	"", "a", `"`, `\`, `\"`, `\\`, `a"b\c`, `" OR 1 = 1 OR Name = "`, `\" OR objectId > 0 OR Name = \"`, "ends with \\", "line\nbreak", "é 漢字 😀", "\x00\x01", "'single'", "${x}", "15\" Screen",
}

// quotedRight says whether a query holds the text as one literal and nothing else of it.
func quotedRight(t *testing.T, text string) {
	t.Helper()
	for _, query := range []string{
		"Name = " + atlassian.QuoteAQL(text) + " AND objectTypeId = 7",
		"objectTypeId = 7 AND Name IN (" + atlassian.QuoteAQL(text) + ", " + atlassian.QuoteAQL("x") + ") ORDER BY objectId",
	} {
		parsed, err := aql.Parse(query)
		if err != nil {
			t.Fatalf("%q: %s cannot be read: %v", text, query, err)
		}
		other, err := aql.Parse(strings.Replace(query, atlassian.QuoteAQL(text), atlassian.QuoteAQL("plain"), 1))
		if err != nil {
			t.Fatal(err)
		}
		// The query with another text in the place is the same query but for the text.
		if got, want := shape(parsed.String(), text), shape(other.String(), "plain"); got != want {
			t.Fatalf("%q changes the query %s into %s", text, want, got)
		}
	}
}

// shape takes the literal out of a printed query.
func shape(printed, text string) string {
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
	if i := strings.Index(printed, quoted); i >= 0 {
		return printed[:i] + "…" + printed[i+len(quoted):]
	}
	return strings.Replace(printed, text, "…", 1)
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
