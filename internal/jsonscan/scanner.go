package jsonscan

import (
	"fmt"
	"math/bits"
)

// maxDepth is the deepest nesting encoding/json accepts.
const maxDepth = 10000

// Scanner walks over one document. Make it with New.
type Scanner struct {
	doc   string
	pos   int
	depth int
	key   string
	err   error
}

// New starts at the beginning of doc.
func New(doc string) *Scanner { return &Scanner{doc: doc} }

// SyntaxError says where a document cannot be read, or is not of the expected form.
type SyntaxError struct {
	Offset int
	Msg    string
}

// Error names the offset and what is wrong there.
func (e *SyntaxError) Error() string { return fmt.Sprintf("json at offset %d: %s", e.Offset, e.Msg) }

// Err returns the first error.
func (s *Scanner) Err() error { return s.err }

// End returns the first error, or that something stands behind the document.
func (s *Scanner) End() error {
	if s.err == nil && s.space() != 0 {
		s.fail("something stands behind the document")
	}
	if s.err == nil && s.pos < len(s.doc) {
		s.fail("something stands behind the document")
	}
	return s.err
}

// Fail makes the Scanner stop with an error of the caller's, at the present offset.
func (s *Scanner) Fail(msg string) { s.fail(msg) }

func (s *Scanner) fail(msg string) {
	if s.err == nil {
		s.err = &SyntaxError{Offset: s.pos, Msg: msg}
	}
	s.pos = len(s.doc)
}

// Mark is a place in a document to which a Scanner can go back.
type Mark struct{ pos, depth int }

// Mark returns the present place.
func (s *Scanner) Mark() Mark { return Mark{s.pos, s.depth} }

// Reset goes back to a place and forgets errors that came up behind it: for a document that is well-formed JSON, as Skip
// or Raw will tell, and not of the form that was expected.
func (s *Scanner) Reset(m Mark) { s.pos, s.depth, s.err = m.pos, m.depth, nil }

// space moves to the next byte that is not white space and returns it, or 0 at the end. A byte 0 in the document is no
// valid token, so that it need not be told from the end here: whoever expects a token fails on both.
func (s *Scanner) space() byte {
	for s.pos < len(s.doc) {
		c := s.doc[s.pos]
		if c > ' ' || (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
			return c
		}
		s.pos++
	}
	return 0
}

// Next returns the first byte of the next value without taking it: '{', '[', '"', 't', 'f', 'n', '-' or a digit; 0 after
// an error.
func (s *Scanner) Next() byte {
	if s.err != nil {
		return 0
	}
	return s.space()
}

// EnterObject takes the beginning of an object and the name of its first member, which Key returns. It returns false
// when the object is empty or the value is null.
func (s *Scanner) EnterObject() bool {
	if s.err != nil {
		return false
	}
	switch s.space() {
	case '{':
	case 'n':
		s.word("null")
		return false
	default:
		s.fail("an object was expected")
		return false
	}
	s.pos++
	if s.depth++; s.depth > maxDepth {
		s.fail("nested too deeply")
		return false
	}
	if s.space() == '}' {
		s.pos++
		s.depth--
		return false
	}
	return s.member()
}

// NextMember takes the name of the next member of the object that was entered last, or its end.
func (s *Scanner) NextMember() bool {
	if s.err != nil {
		return false
	}
	switch s.space() {
	case ',':
		s.pos++
		s.space()
		return s.member()
	case '}':
		s.pos++
		s.depth--
		return false
	}
	s.fail("a comma or the end of the object was expected")
	return false
}

func (s *Scanner) member() bool {
	if s.pos >= len(s.doc) || s.doc[s.pos] != '"' {
		s.fail("the name of a member was expected")
		return false
	}
	s.key = s.str()
	if s.err != nil {
		return false
	}
	if s.space() != ':' {
		s.fail("a colon was expected")
		return false
	}
	s.pos++
	return true
}

// Key returns the name of the member whose value comes next. Entering another object changes it.
func (s *Scanner) Key() string { return s.key }

// EnterArray takes the beginning of an array. It returns false when the array is empty or the value is null.
func (s *Scanner) EnterArray() bool {
	if s.err != nil {
		return false
	}
	switch s.space() {
	case '[':
	case 'n':
		s.word("null")
		return false
	default:
		s.fail("an array was expected")
		return false
	}
	s.pos++
	if s.depth++; s.depth > maxDepth {
		s.fail("nested too deeply")
		return false
	}
	if s.space() == ']' {
		s.pos++
		s.depth--
		return false
	}
	return true
}

// NextElement moves to the next element of the array that was entered last, or behind its end.
func (s *Scanner) NextElement() bool {
	if s.err != nil {
		return false
	}
	switch s.space() {
	case ',':
		s.pos++
		return true
	case ']':
		s.pos++
		s.depth--
		return false
	}
	s.fail("a comma or the end of the array was expected")
	return false
}

// Text takes a string, number or boolean in string form; null is empty. Bare says that it was not written as a string.
func (s *Scanner) Text() (text string, bare bool) {
	if s.err != nil {
		return "", false
	}
	switch c := s.space(); c {
	case '"':
		return s.str(), false
	case 'n':
		s.word("null")
		return "", false
	case 't', 'f', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.Raw(), true
	}
	s.fail("a single value was expected")
	return "", false
}

// Bool takes a boolean, also when it is written as a string. Known is false when it is null or something else.
func (s *Scanner) Bool() (value, known bool) {
	if s.err != nil {
		return false, false
	}
	switch s.space() {
	case '{', '[':
		s.Skip()
		return false, false
	}
	text, _ := s.Text()
	switch text {
	case "true", "TRUE", "True":
		return true, s.err == nil
	case "false", "FALSE", "False":
		return false, s.err == nil
	}
	return false, false
}

// Raw takes any value and returns it as it stands in the document.
func (s *Scanner) Raw() string {
	if s.err != nil {
		return ""
	}
	s.space()
	start := s.pos
	s.Skip()
	if s.err != nil {
		return ""
	}
	return s.doc[start:s.pos]
}

// Skip takes any value and drops it. It is checked all the same.
func (s *Scanner) Skip() {
	if s.err != nil {
		return
	}
	switch c := s.space(); c {
	case '"':
		s.quoted()
	case '{':
		s.skipObject()
	case '[':
		s.skipArray()
	case 't':
		s.word("true")
	case 'f':
		s.word("false")
	case 'n':
		s.word("null")
	default:
		s.number()
	}
}

func (s *Scanner) skipObject() {
	s.pos++
	if s.depth++; s.depth > maxDepth {
		s.fail("nested too deeply")
		return
	}
	if s.space() == '}' {
		s.pos++
		s.depth--
		return
	}
	for {
		if s.space() != '"' {
			s.fail("the name of a member was expected")
			return
		}
		s.quoted()
		if s.space() != ':' {
			s.fail("a colon was expected")
			return
		}
		s.pos++
		s.Skip()
		switch s.space() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			s.depth--
			return
		default:
			s.fail("a comma or the end of the object was expected")
			return
		}
	}
}

func (s *Scanner) skipArray() {
	s.pos++
	if s.depth++; s.depth > maxDepth {
		s.fail("nested too deeply")
		return
	}
	if s.space() == ']' {
		s.pos++
		s.depth--
		return
	}
	for {
		s.Skip()
		switch s.space() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			s.depth--
			return
		default:
			s.fail("a comma or the end of the array was expected")
			return
		}
	}
}

func (s *Scanner) word(w string) {
	if len(s.doc)-s.pos < len(w) || s.doc[s.pos:s.pos+len(w)] != w {
		s.fail("a value was expected")
		return
	}
	s.pos += len(w)
}

func (s *Scanner) number() {
	i, doc := s.pos, s.doc
	if i < len(doc) && doc[i] == '-' {
		i++
	}
	switch {
	case i < len(doc) && doc[i] == '0':
		i++
	case i < len(doc) && doc[i] >= '1' && doc[i] <= '9':
		i = digits(doc, i)
	default:
		s.fail("a value was expected")
		return
	}
	if i < len(doc) && doc[i] == '.' {
		j := digits(doc, i+1)
		if j == i+1 {
			s.pos = i
			s.fail("a digit was expected")
			return
		}
		i = j
	}
	if i < len(doc) && (doc[i] == 'e' || doc[i] == 'E') {
		i++
		if i < len(doc) && (doc[i] == '+' || doc[i] == '-') {
			i++
		}
		j := digits(doc, i)
		if j == i {
			s.pos = i
			s.fail("a digit was expected")
			return
		}
		i = j
	}
	s.pos = i
}

func digits(doc string, i int) int {
	for i < len(doc) && doc[i] >= '0' && doc[i] <= '9' {
		i++
	}
	return i
}

// Masks to look at eight bytes at once.
const (
	low  = 0x0101010101010101
	high = 0x8080808080808080
)

// quoted takes a string and returns where its content stands, whether it holds escapes, and whether it holds bytes
// beyond ASCII.
func (s *Scanner) quoted() (start, end int, escaped, beyond bool) {
	doc := s.doc
	i := s.pos + 1
	start = i
	var seen uint64
	for {
		for i+8 <= len(doc) {
			w := load(doc[i : i+8])
			// Turning the second bit over puts the quote among the bytes up to 0x20, and the space above them.
			quote := w ^ (low * 0x02)
			slash := w ^ (low * '\\')
			// A byte's highest bit is set where the byte is a control character, a quote or a backslash. The subtraction
			// borrows from the bytes above only, so that the lowest hit is always a true one.
			hit := ((quote-low*0x21)&^quote | (slash-low)&^slash) & high
			if hit == 0 {
				seen |= w
				i += 8
				continue
			}
			n := bits.TrailingZeros64(hit) / 8
			seen |= w & (1<<(8*n) - 1)
			i += n
			break
		}
		for i < len(doc) && doc[i] != '"' && doc[i] != '\\' && doc[i] >= 0x20 {
			seen |= uint64(doc[i])
			i++
		}
		if i >= len(doc) {
			s.fail("a string does not end")
			return start, start, false, false
		}
		switch doc[i] {
		case '"':
			s.pos = i + 1
			return start, i, escaped, seen&high != 0
		case '\\':
			escaped = true
			n := escapeLen(doc[i:])
			if n == 0 {
				s.pos = i
				s.fail("an escape is not known")
				return start, start, false, false
			}
			i += n
		default:
			s.pos = i
			s.fail("a control character stands in a string")
			return start, start, false, false
		}
	}
}

func load(b string) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// escapeLen returns the length of the escape at the beginning of s, or 0 when there is none.
func escapeLen(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(s[2:]); ok {
			return 6
		}
	}
	return 0
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for i := range 4 {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
