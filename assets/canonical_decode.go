package assets

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// ObjectDecoder reads the canonical form of objects. It remembers the identifiers that many objects share, so that they
// are kept in memory once; the zero value is ready. It is used by one goroutine at a time.
type ObjectDecoder struct {
	shared map[string]string
}

// maxShared limits what an ObjectDecoder remembers: more than the attributes of any schema seen.
const maxShared = 8192

// DecodeObject reads one object. See ObjectDecoder for reading many.
func DecodeObject(line []byte) (Object, error) {
	var d ObjectDecoder
	var o Object
	err := d.Decode(line, &o)
	return o, err
}

// Decode reads the canonical form of an object into o, which it overwrites. Nothing of line is kept. Members it does not
// know are skipped: a later version may have written them.
func (d *ObjectDecoder) Decode(line []byte, o *Object) error {
	*o = Object{}
	p := parser{b: line, d: d}
	p.space()
	err := p.object(func(name string) error { return p.objectMember(name, o) })
	if err == nil && p.i != len(line) {
		err = ErrNotJSON
	}
	if err != nil {
		*o = Object{}
		return fmt.Errorf("object at byte %d: %w", p.i, err)
	}
	return nil
}

func (d *ObjectDecoder) share(b []byte) string {
	if s, ok := d.shared[string(b)]; ok {
		return s
	}
	s := string(b)
	if d.shared == nil {
		d.shared = make(map[string]string)
	}
	if len(d.shared) < maxShared && len(s) < 64 {
		d.shared[s] = s
	}
	return s
}

// parser walks over one document. Every method leaves i behind the space that follows what it read.
type parser struct {
	b       []byte
	i       int
	d       *ObjectDecoder
	scratch []byte
}

func (p *parser) objectMember(name string, o *Object) (err error) {
	switch name {
	case "id":
		o.ID, err = p.text()
	case "key":
		o.Key, err = p.text()
	case "label":
		o.Label, err = p.text()
	case "type":
		o.TypeID, err = p.sharedText()
	case "created":
		o.Created, err = p.text()
	case "updated":
		o.Updated, err = p.text()
	case "hasAvatar":
		o.HasAvatar, err = p.boolean()
	case "values":
		o.Values = make([]AttributeValues, 0, 16)
		err = p.list(func() error {
			o.Values = append(o.Values, AttributeValues{})
			a := &o.Values[len(o.Values)-1]
			return p.object(func(name string) error { return p.valuesMember(name, a) })
		})
	case "extra":
		o.Extra, err = p.extra()
	default:
		err = p.skip()
	}
	return err
}

func (p *parser) valuesMember(name string, a *AttributeValues) (err error) {
	switch name {
	case "a":
		a.AttributeID, err = p.sharedText()
	case "v":
		a.Values = make([]Value, 0, 1)
		err = p.list(func() error {
			a.Values = append(a.Values, Value{})
			v := &a.Values[len(a.Values)-1]
			return p.object(func(name string) error { return p.valueMember(name, v) })
		})
	case "extra":
		a.Extra, err = p.extra()
	default:
		err = p.skip()
	}
	return err
}

func (p *parser) valueMember(name string, v *Value) (err error) {
	switch name {
	case "k":
		var n int64
		n, err = p.integer(0, 255)
		v.Kind = ValueKind(n)
	case "t":
		v.Text, err = p.text()
	case "bare":
		v.Bare, err = p.boolean()
	case "id":
		v.ID, err = p.text()
	case "n":
		v.Name, err = p.text()
	case "key":
		v.Key, err = p.text()
	case "type":
		v.TypeID, err = p.sharedText()
	case "schema":
		v.SchemaID, err = p.sharedText()
	case "cat":
		var n int64
		n, err = p.integer(-1<<31, 1<<31-1)
		v.Category = StatusCategory(n)
	case "deleted":
		v.Deleted, err = p.boolean()
	case "d":
		v.Display, err = p.text()
	case "s":
		v.Search, err = p.text()
	case "extra":
		v.Extra, err = p.extra()
	default:
		err = p.skip()
	}
	return err
}

func (p *parser) space() { p.i = skipSpace(p.b, p.i) }

// next consumes c and the space behind it, and says whether it was there.
func (p *parser) next(c byte) bool {
	if p.i >= len(p.b) || p.b[p.i] != c {
		return false
	}
	p.i++
	p.space()
	return true
}

// object calls member with the name of each member of an object; member consumes the value. A null has no members.
func (p *parser) object(member func(name string) error) error {
	if !p.next('{') {
		return ErrNotJSON
	}
	if p.next('}') {
		return nil
	}
	for {
		name, err := p.sharedText()
		if err != nil {
			return err
		}
		if !p.next(':') {
			return ErrNotJSON
		}
		if err := member(name); err != nil {
			return err
		}
		if p.next('}') {
			return nil
		}
		if !p.next(',') {
			return ErrNotJSON
		}
	}
}

func (p *parser) list(element func() error) error {
	if !p.next('[') {
		return ErrNotJSON
	}
	if p.next(']') {
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if p.next(']') {
			return nil
		}
		if !p.next(',') {
			return ErrNotJSON
		}
	}
}

func (p *parser) skip() error {
	_, err := p.raw()
	return err
}

func (p *parser) raw() ([]byte, error) {
	end, err := skipValue(p.b, p.i, 0)
	if err != nil {
		p.i = end
		return nil, err
	}
	raw := p.b[p.i:end]
	p.i = end
	p.space()
	return raw, nil
}

func (p *parser) extra() (Extra, error) {
	raw, err := p.raw()
	if err != nil {
		return nil, err
	}
	if raw[0] != '{' {
		return nil, ErrNotJSON
	}
	return bytes.Clone(raw), nil
}

func (p *parser) boolean() (bool, error) {
	raw, err := p.raw()
	if err != nil {
		return false, err
	}
	switch string(raw) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, ErrNotJSON
}

func (p *parser) integer(least, most int64) (int64, error) {
	raw, err := p.raw()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < least || n > most {
		return 0, ErrNotJSON
	}
	return n, nil
}

func (p *parser) text() (string, error) {
	b, err := p.bytes()
	return string(b), err
}

func (p *parser) sharedText() (string, error) {
	b, err := p.bytes()
	if err != nil {
		return "", err
	}
	return p.d.share(b), nil
}

// bytes returns the content of a string; it is valid until the next call.
func (p *parser) bytes() ([]byte, error) {
	b, i := p.b, p.i
	if i >= len(b) || b[i] != '"' {
		return nil, ErrNotJSON
	}
	i++
	from := i
	for i < len(b) && plain[b[i]] {
		i++
	}
	if i < len(b) && b[i] == '"' {
		p.i = i + 1
		p.space()
		return b[from:i], nil
	}
	p.scratch = append(p.scratch[:0], b[from:i]...)
	for i < len(b) {
		c := b[i]
		switch {
		case plain[c]:
			p.scratch = append(p.scratch, c)
			i++
		case c == '"':
			p.i = i + 1
			p.space()
			return p.scratch, nil
		case c == '\\':
			r, size, err := unescape(b, i)
			if err != nil {
				return nil, err
			}
			p.scratch = utf8.AppendRune(p.scratch, r)
			i += size
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(b[i:])
			p.scratch = utf8.AppendRune(p.scratch, r)
			i += size
		default:
			return nil, ErrNotJSON
		}
	}
	return nil, ErrNotJSON
}
