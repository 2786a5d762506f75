package snapshot

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// idTable remembers in which segments ids are. Most ids are decimal numbers, which take 16 bytes each.
type idTable struct {
	numbers []numberAt
	strings []stringAt
	// whole says that the segments from before the writer was made are in it.
	whole bool
}

type numberAt struct {
	id      uint64
	segment uint32
}

type stringAt struct {
	id      string
	segment uint32
}

// add notes ids of a segment. A nil table is made.
func (t *idTable) add(segment int, ids []string) *idTable {
	if t == nil {
		t = new(idTable)
	}
	for _, id := range ids {
		if n, ok := decimal(id); ok {
			t.numbers = append(t.numbers, numberAt{n, uint32(segment)})
		} else {
			t.strings = append(t.strings, stringAt{strings.Clone(id), uint32(segment)})
		}
	}
	return t
}

// truncate forgets segments from n on, which are the last ones added.
func (t *idTable) truncate(n int) {
	if t == nil {
		return
	}
	for len(t.numbers) > 0 && int(t.numbers[len(t.numbers)-1].segment) >= n {
		t.numbers = t.numbers[:len(t.numbers)-1]
	}
	for len(t.strings) > 0 && int(t.strings[len(t.strings)-1].segment) >= n {
		t.strings = t.strings[:len(t.strings)-1]
	}
}

// sort puts the ids in order, segments in order within one id.
func (t *idTable) sort() {
	slices.SortFunc(t.numbers, func(a, b numberAt) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.segment, b.segment))
	})
	slices.SortFunc(t.strings, func(a, b stringAt) int {
		return cmp.Or(compareIDs(a.id, b.id), cmp.Compare(a.segment, b.segment))
	})
}

// each calls fn for every id in order, with the segments that hold it, once for every time it was added, until fn returns an
// error. The table must be sorted; fn must not keep the slice.
func (t *idTable) each(fn func(id string, segments []uint32) error) error {
	var in []uint32
	numbers, texts := t.numbers, t.strings
	for len(numbers) > 0 || len(texts) > 0 {
		in = in[:0]
		var id string
		if len(numbers) > 0 {
			id = strconv.FormatUint(numbers[0].id, 10)
		}
		if len(numbers) == 0 || len(texts) > 0 && compareIDs(texts[0].id, id) < 0 {
			id = texts[0].id
			for len(texts) > 0 && texts[0].id == id {
				in = append(in, texts[0].segment)
				texts = texts[1:]
			}
		} else {
			n := numbers[0].id
			for len(numbers) > 0 && numbers[0].id == n {
				in = append(in, numbers[0].segment)
				numbers = numbers[1:]
			}
		}
		if err := fn(id, in); err != nil {
			return err
		}
	}
	return nil
}

// compareIDs orders ids by length and then by bytes, which for decimal numbers is by value.
func compareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// decimal reads a number that is written in no other way.
func decimal(id string) (uint64, bool) {
	if id == "" || len(id) > 19 || (id[0] == '0' && len(id) > 1) {
		return 0, false
	}
	var n uint64
	for i := range len(id) {
		c := id[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
