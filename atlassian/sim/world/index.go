package world

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
)

// valueIndex finds the objects that may have a value of an attribute. Values are
// kept as hashes of their folded text, and nothing is ever taken out: what it finds
// are candidates.
type valueIndex struct {
	first map[uint64]ID
	more  map[uint64][]ID
}

// indexes are the indexes that have been asked for. Building happens under the read
// lock, hence the lock of its own; writers hold the lock of the world.
type indexes struct {
	mu     sync.Mutex
	byAttr map[ID]*valueIndex
}

// seed makes the hashes of this process.
var seed = maphash.MakeSeed()

// fold is the text under which a value is found, blind to upper and lower case.
func fold(v Value) string { return foldText(v.Raw()) }

func foldText(s string) string { return strings.ToLower(s) }

func (x *valueIndex) put(key string, id ID) {
	h := maphash.String(seed, key)
	f, ok := x.first[h]
	switch {
	case !ok:
		x.first[h] = id
	case f != id && !slices.Contains(tail(x.more[h]), id):
		x.more[h] = append(x.more[h], id)
	}
}

// tail is where an object that was put in lately would be.
func tail(ids []ID) []ID { return ids[max(0, len(ids)-4):] }

// candidates returns the objects that may have the folded value, in the order of
// their ids, each once.
func (x *indexes) candidates(w *World, a *attribute, key string) []ID {
	x.mu.Lock()
	defer x.mu.Unlock()
	vi := x.byAttr[a.ID]
	if vi == nil {
		vi = w.buildIndex(a)
		x.byAttr[a.ID] = vi
	}
	h := maphash.String(seed, key)
	f, ok := vi.first[h]
	if !ok {
		return nil
	}
	out := append([]ID{f}, vi.more[h]...)
	slices.Sort(out)
	return slices.Compact(out)
}

func (w *World) buildIndex(a *attribute) *valueIndex {
	vi := &valueIndex{first: map[uint64]ID{}, more: map[uint64][]ID{}}
	for _, id := range w.types[a.TypeID].objects {
		for v := range w.valuesOf(w.objects.at(id).data, a.ID) {
			vi.put(fold(v), id)
		}
	}
	return vi
}

// add keeps the indexes up to date with the values an object has got.
func (x *indexes) add(id ID, cells []cell) {
	if len(x.byAttr) == 0 {
		return
	}
	for _, c := range cells {
		if vi := x.byAttr[c.attr]; vi != nil {
			for _, v := range c.vals {
				vi.put(fold(v), id)
			}
		}
	}
}
