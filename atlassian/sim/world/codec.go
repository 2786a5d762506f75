package world

import (
	"encoding/binary"
	"iter"
)

// The values of an object are kept as one string: for each attribute its id, the
// kind and the number of values, then the values. Users, groups and options are
// numbers of tables of the site.

// cell is one attribute of an object with its values.
type cell struct {
	attr ID
	vals []Value
}

// encode appends the cells to b, leaving out those without values.
func (w *World) encode(b []byte, cells []cell) []byte {
	for _, c := range cells {
		if len(c.vals) == 0 {
			continue
		}
		b = binary.AppendUvarint(b, uint64(c.attr))
		b = append(b, byte(c.vals[0].Kind))
		b = binary.AppendUvarint(b, uint64(len(c.vals)))
		for _, v := range c.vals {
			b = w.encodeValue(b, v)
		}
	}
	return b
}

func (w *World) encodeValue(b []byte, v Value) []byte {
	switch v.Kind {
	case KindText, KindNone:
		b = binary.AppendUvarint(b, uint64(len(v.Text)))
		return append(b, v.Text...)
	case KindSelect:
		return binary.AppendUvarint(b, uint64(w.people.options.intern(v.Text)))
	case KindUser:
		return binary.AppendUvarint(b, uint64(w.people.accounts.intern(v.Text)))
	case KindGroup:
		return binary.AppendUvarint(b, uint64(w.people.groupNames.intern(v.Text)))
	case KindDouble:
		return binary.LittleEndian.AppendUint64(b, uint64(v.num))
	case KindInt, KindBool, KindDate, KindDateTime, KindRef, KindStatus, KindProject, KindVersion:
		return binary.AppendVarint(b, v.num)
	}
	return b
}

// reader walks the encoded values of one object.
type reader struct {
	w   *World
	s   string
	pos int
}

func (r *reader) uvarint() uint64 {
	var x uint64
	var shift uint
	for {
		b := r.s[r.pos]
		r.pos++
		if b < 0x80 {
			return x | uint64(b)<<shift
		}
		x |= uint64(b&0x7f) << shift
		shift += 7
	}
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	x := int64(u >> 1)
	if u&1 != 0 {
		return ^x
	}
	return x
}

// head reads what stands before the values of the next attribute; ok is false at the
// end.
func (r *reader) head() (attr ID, kind Kind, n int, ok bool) {
	if r.pos >= len(r.s) {
		return 0, 0, 0, false
	}
	attr = ID(r.uvarint())
	kind = Kind(r.s[r.pos])
	r.pos++
	return attr, kind, int(r.uvarint()), true
}

func (r *reader) value(kind Kind) Value {
	switch kind {
	case KindText, KindNone:
		n := int(r.uvarint())
		s := r.s[r.pos : r.pos+n]
		r.pos += n
		return Value{Kind: kind, Text: s}
	case KindSelect:
		return Value{Kind: kind, Text: r.w.people.options.at(r.uvarint())}
	case KindUser:
		return Value{Kind: kind, Text: r.w.people.accounts.at(r.uvarint())}
	case KindGroup:
		return Value{Kind: kind, Text: r.w.people.groupNames.at(r.uvarint())}
	case KindDouble:
		var x uint64
		for i := range 8 {
			x |= uint64(r.s[r.pos+i]) << (8 * i)
		}
		r.pos += 8
		return Value{Kind: kind, num: int64(x)}
	case KindInt, KindBool, KindDate, KindDateTime, KindRef, KindStatus, KindProject, KindVersion:
		return Value{Kind: kind, num: r.varint()}
	}
	return Value{}
}

// skip passes over n values of a kind.
func (r *reader) skip(kind Kind, n int) {
	for range n {
		switch kind {
		case KindText, KindNone:
			l := int(r.uvarint())
			r.pos += l
		case KindDouble:
			r.pos += 8
		case KindSelect, KindUser, KindGroup, KindInt, KindBool, KindDate, KindDateTime, KindRef, KindStatus, KindProject, KindVersion:
			for r.s[r.pos] >= 0x80 {
				r.pos++
			}
			r.pos++
		}
	}
}

// valuesOf yields the values of one attribute.
func (w *World) valuesOf(data string, attr ID) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		r := reader{w: w, s: data}
		for {
			a, kind, n, ok := r.head()
			if !ok {
				return
			}
			if a != attr {
				r.skip(kind, n)
				continue
			}
			for range n {
				if !yield(r.value(kind)) {
					return
				}
			}
			return
		}
	}
}

// decode returns all cells.
func (w *World) decode(data string) []cell {
	var cells []cell
	r := reader{w: w, s: data}
	for {
		a, kind, n, ok := r.head()
		if !ok {
			return cells
		}
		c := cell{attr: a, vals: make([]Value, n)}
		for i := range n {
			c.vals[i] = r.value(kind)
		}
		cells = append(cells, c)
	}
}

// refsOf yields every referenced object, with the attribute.
func (w *World) refsOf(data string) iter.Seq2[ID, ID] {
	return func(yield func(attr, object ID) bool) {
		r := reader{w: w, s: data}
		for {
			a, kind, n, ok := r.head()
			if !ok {
				return
			}
			if kind != KindRef {
				r.skip(kind, n)
				continue
			}
			for range n {
				if !yield(a, ID(r.varint())) {
					return
				}
			}
		}
	}
}

// table numbers strings.
type table struct {
	list []string
	num  map[string]int
}

func newTable() table { return table{num: map[string]int{}} }

func (t *table) intern(s string) int {
	n, ok := t.num[s]
	if !ok {
		n = len(t.list)
		t.list = append(t.list, s)
		t.num[s] = n
	}
	return n
}

func (t *table) at(n uint64) string { return t.list[n] }
