package restore

import (
	"math/bits"
	"strconv"
)

// An id in compact form: ids that are plain decimal numbers, as nearly all are, stand for themselves; others are interned
// and marked by the top bit. Zero is the id "0" of no object, and stands for "none".
type compactID uint64

const interned compactID = 1 << 63

// idPool interns the ids that are not numbers. It is not safe for concurrent writing.
type idPool struct {
	texts []string
	index map[string]compactID
}

// compact returns the compact form of an id, interning it where necessary.
func (p *idPool) compact(id string) compactID {
	if c, ok := numericID(id); ok {
		return c
	}
	if c, ok := p.index[id]; ok {
		return c
	}
	if p.index == nil {
		p.index = make(map[string]compactID)
	}
	c := interned | compactID(len(p.texts))
	p.texts = append(p.texts, id)
	p.index[id] = c
	return c
}

// lookup is compact for an id that may be unknown, without interning it.
func (p *idPool) lookup(id string) (compactID, bool) {
	if c, ok := numericID(id); ok {
		return c, true
	}
	c, ok := p.index[id]
	return c, ok
}

func (p *idPool) text(c compactID) string {
	if c&interned != 0 {
		return p.texts[c&^interned]
	}
	return strconv.FormatUint(uint64(c), 10)
}

// numericID reads an id that is a decimal number in its shortest form, so that text gives the same string back.
func numericID(id string) (compactID, bool) {
	if id == "" || len(id) > 18 || id[0] == '0' {
		return 0, false
	}
	var n compactID
	for i := range len(id) {
		d := id[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = 10*n + compactID(d)
	}
	return n, true
}

// idIndex finds the place of an id in a list that it does not own: open addressing over int32, a third of the memory of
// a map.
type idIndex struct {
	ids   []compactID
	slots []int32 // place + 1, or 0
	shift uint
}

// newIDIndex indexes ids. The first of equal ids is found; duplicates counts the others.
func newIDIndex(ids []compactID) (x *idIndex, duplicates int) {
	width := max(4, bits.Len(uint(len(ids)))+1)
	x = &idIndex{ids: ids, slots: make([]int32, 1<<width), shift: uint(64 - width)}
	for i, id := range ids {
		if id == 0 {
			continue
		}
		slot := x.slot(id)
		if x.slots[slot] != 0 {
			duplicates++
			continue
		}
		x.slots[slot] = int32(i + 1)
	}
	return x, duplicates
}

// slot returns where id is, or where it would be.
func (x *idIndex) slot(id compactID) int {
	mask := len(x.slots) - 1
	slot := int(uint64(id) * 0x9E3779B97F4A7C15 >> x.shift)
	for x.slots[slot] != 0 && x.ids[x.slots[slot]-1] != id {
		slot = (slot + 1) & mask
	}
	return slot
}

// find returns the place of id, or -1.
func (x *idIndex) find(id compactID) int32 {
	return x.slots[x.slot(id)] - 1
}
