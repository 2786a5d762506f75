package jsonscan

import (
	"encoding/json"
	"slices"
	"strings"
)

// Extra collects members that the reader of a document does not know, values byte for byte as they stand. The zero value
// is ready to use.
type Extra struct {
	members []member
}

type member struct{ name, raw string }

// Take keeps the member whose value comes next in s. When a name comes twice the last value counts, as with
// encoding/json.
func (e *Extra) Take(s *Scanner) {
	name := s.Key()
	raw := s.Raw()
	if s.Err() == nil {
		e.Add(name, raw)
	}
}

// Add keeps a value under a name.
func (e *Extra) Add(name, raw string) {
	i := slices.IndexFunc(e.members, func(m member) bool { return m.name == name })
	if i >= 0 {
		e.members[i].raw = raw
		return
	}
	e.members = append(e.members, member{name, raw})
}

// Drop forgets a name.
func (e *Extra) Drop(name string) {
	e.members = slices.DeleteFunc(e.members, func(m member) bool { return m.name == name })
}

// Empty says whether nothing was kept.
func (e *Extra) Empty() bool { return len(e.members) == 0 }

// JSON returns the members as one object in the order of the document, or nil when there are none, and forgets them. It
// does not alias the document.
func (e *Extra) JSON() json.RawMessage {
	if len(e.members) == 0 {
		return nil
	}
	n := 2
	for _, m := range e.members {
		n += len(m.name) + len(m.raw) + 4
	}
	b := make([]byte, 0, n)
	b = append(b, '{')
	for i, m := range e.members {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendName(b, m.name)
		b = append(b, ':')
		b = append(b, m.raw...)
	}
	e.members = e.members[:0]
	return append(b, '}')
}

func appendName(b []byte, name string) []byte {
	if strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r >= 0x7f || r == '"' || r == '\\' }) {
		// A string can always be written.
		if quoted, err := json.Marshal(name); err == nil {
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"')
}
