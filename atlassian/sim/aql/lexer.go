package aql

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokWord
	tokString
	tokOperator
	tokOpen
	tokClose
	tokComma
)

// token is a piece of a query. For strings, text is the value without quotes and escapes.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

func (t token) describe() string {
	switch t.kind {
	case tokEnd:
		return "the end of the query"
	case tokString:
		return quote(t.text)
	default:
		return "'" + t.text + "'"
	}
}

// is reports whether the token is the given keyword, in any case.
func (t token) is(keyword string) bool {
	return t.kind == tokWord && strings.EqualFold(t.text, keyword)
}

// tokens cuts a query into its tokens; the last one is always the end.
func tokens(src string) ([]token, error) {
	var out []token
	for pos := 0; ; {
		pos = skipSpace(src, pos)
		if pos >= len(src) {
			return append(out, token{kind: tokEnd, start: len(src), end: len(src)}), nil
		}
		t, err := nextToken(src, pos)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		pos = t.end
	}
}

func skipSpace(src string, pos int) int {
	for pos < len(src) {
		r, n := utf8.DecodeRuneInString(src[pos:])
		if !unicode.IsSpace(r) {
			break
		}
		pos += n
	}
	return pos
}

func nextToken(src string, pos int) (token, error) {
	one := func(kind tokenKind, n int) token {
		return token{kind: kind, text: src[pos : pos+n], start: pos, end: pos + n}
	}
	switch src[pos] {
	case '(':
		return one(tokOpen, 1), nil
	case ')':
		return one(tokClose, 1), nil
	case ',':
		return one(tokComma, 1), nil
	case '"', '\'':
		return stringToken(src, pos)
	case '=', '<', '>', '!':
		if n := operatorLength(src[pos:]); n > 0 {
			return one(tokOperator, n), nil
		}
	}
	end := pos
	for end < len(src) {
		r, n := utf8.DecodeRuneInString(src[end:])
		if unicode.IsSpace(r) || strings.ContainsRune(`(),"`, r) || operatorLength(src[end:]) > 0 {
			break
		}
		if r == '\\' { // an escaped quote belongs to the word: 15\" Screen
			if next := end + n; next < len(src) && (src[next] == '"' || src[next] == '\\') {
				n++
			}
		}
		end += n
	}
	text := src[pos:end]
	if strings.Contains(text, `\`) {
		text = unescape(text, '"')
	}
	return token{kind: tokWord, text: text, start: pos, end: end}, nil
}

// operatorLength is the length of the operator s begins with, 0 for none.
func operatorLength(s string) int {
	switch {
	case strings.HasPrefix(s, "=="), strings.HasPrefix(s, "!="), strings.HasPrefix(s, "<="), strings.HasPrefix(s, ">="):
		return 2
	case s[0] == '=' || s[0] == '<' || s[0] == '>':
		return 1
	default:
		return 0
	}
}

func stringToken(src string, pos int) (token, error) {
	mark := src[pos]
	for end := pos + 1; end < len(src); end++ {
		switch src[end] {
		case '\\':
			end++
		case mark:
			return token{kind: tokString, text: unescape(src[pos+1:end], mark), start: pos, end: end + 1}, nil
		}
	}
	return token{}, errorAt(src, pos, "the quoted text that begins here has no closing quotation mark")
}

// unescape drops the backslash before a quotation mark or another backslash. Every other backslash
// stands for itself, so that "C:\dir" is what its writer meant.
func unescape(s string, mark byte) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == mark || s[i+1] == '\\') {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// quote writes a value so that it is read back as it was.
func quote(s string) string {
	s = strings.ReplaceAll(s, `\`, `\\`)
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}
