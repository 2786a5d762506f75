package atlassian

import (
	"strings"
	"time"
)

// QuoteAQL writes a text as a literal of the query language, in double quotes. It serves for values and for the names of
// attributes and object types alike.
func QuoteAQL(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 2)
	b.WriteByte('"')
	for i := range len(text) {
		if c := text[i]; c == '"' || c == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	b.WriteByte('"')
	return b.String()
}

// quoteAll writes texts as the list that IN takes.
func quoteAll(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = QuoteAQL(text)
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

// aqlMinute writes a time as the query language takes it. Its smallest unit is the minute: the time is rounded down, so
// that "at or after" matches a little more, never less.
func aqlMinute(t time.Time) string {
	return QuoteAQL(t.UTC().Truncate(time.Minute).Format("2006-01-02 15:04"))
}

// queryID writes an id into a query: as a number where it is one, as a literal where it is not.
func queryID(id string) string {
	if numeric(id) {
		return id
	}
	return QuoteAQL(id)
}

func numeric(id string) bool {
	if id == "" || len(id) > 19 {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool { return r < '0' || r > '9' })
}
