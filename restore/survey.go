package restore

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sort"
	"strings"

	"stowage/assets"
)

// survey is what is remembered of the objects of a backup after reading each of them once: who there is, who refers to
// whom, and who uses which user, group or project. It holds no map and no string per object.
type survey struct {
	c      *catalog
	prefix string // of object keys
	pool   idPool
	ids    []compactID
	keys   []compactID
	types  []int32
	find   *idIndex
	// first is the number of the first object of every segment; a segment that is not restored has no objects.
	first []int32
	// from, to and via are the references between restored objects: object, object, attribute.
	from, to, via []int32
	// people are the users, groups, projects and versions in use, and uses where they are used.
	people   []person
	personOf map[person]int32
	uses     []use
	statuses map[string]assets.Value
	pending  []pending
	lost     []lost
	seed     maphash.Seed
	check    checker
	// originals is set when some object brings an ORIGINAL_ID of its own: hashes of the ORIGINAL_ID of every object.
	originals []hashed
	brought   bool
	counts    []int // objects per type
}

// person is somebody or something that values name and the target must know.
type person struct {
	kind          assets.ValueKind
	id, name, key string
	deleted       bool
}

// use is one value: the person an attribute of an object names.
type use struct{ object, attr, person int32 }

// hashed is one text of one object.
type hashed struct {
	hash   uint64
	object int32
}

// checker is shown every restored object once, in the order of the survey.
type checker interface {
	object(n, t int32, o *assets.Object)
}

// pending is a reference whose object is not found yet.
type pending struct {
	from, via int32
	to        compactID
	// unselected says that the object is of a type that the backup holds and the restore leaves out.
	unselected bool
}

// lost is a reference that leads out of the restore.
type lost struct {
	from, via  int32
	unselected bool
}

// newSurvey reads all objects of the restored types. Check may be nil.
func newSurvey(ctx context.Context, b Backup, c *catalog, schemaKey string, check checker) (*survey, error) {
	s := &survey{
		c: c, prefix: schemaKey + "-", personOf: make(map[person]int32), statuses: make(map[string]assets.Value),
		counts: make([]int, len(c.types)), seed: maphash.MakeSeed(), check: check,
	}
	segments := b.Segments()
	s.first = make([]int32, len(segments))
	total := 0
	for i := range segments {
		if s.wanted(segments[i]) {
			total += segments[i].Objects
		}
	}
	s.ids = make([]compactID, 0, total)
	s.keys = make([]compactID, 0, total)
	s.types = make([]int32, 0, total)
	for i := range segments {
		s.first[i] = int32(len(s.ids))
		if !s.wanted(segments[i]) {
			continue
		}
		objects, err := b.ReadSegment(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("read segment %d of backup %s: %w", i, b.ID(), err)
		}
		for j := range objects {
			s.object(&objects[j])
		}
	}
	find, duplicates := newIDIndex(s.ids)
	if duplicates > 0 {
		return nil, fmt.Errorf("%w: backup %s holds %d objects twice", ErrPlan, b.ID(), duplicates)
	}
	s.find = find
	s.resolve()
	if !s.brought {
		s.originals = nil
	}
	return s, nil
}

// wanted says whether a segment may hold objects to restore.
func (s *survey) wanted(segment Segment) bool {
	return slices.ContainsFunc(segment.Types, func(id string) bool { return s.restoredType(id) != none })
}

func (s *survey) restoredType(id string) int32 {
	if t, ok := s.c.typeOf[id]; ok {
		return t
	}
	return none
}

// object takes note of one object.
func (s *survey) object(o *assets.Object) {
	n, t := int32(len(s.ids)), s.restoredType(o.TypeID)
	s.ids = append(s.ids, s.pool.compact(o.ID))
	s.keys = append(s.keys, s.compactKey(o.Key))
	s.types = append(s.types, t)
	if t == none {
		return
	}
	s.counts[t]++
	original := o.ID
	for i := range o.Values {
		vs := o.Values[i].Values
		at := s.c.attribute(o.Values[i].AttributeID)
		if at == none || len(vs) == 0 {
			continue
		}
		if at == s.c.types[t].originalID && vs[0].Text != "" {
			original = vs[0].Text
			s.brought = true
		}
		a := &s.c.attrs[at]
		if !a.restored() {
			continue
		}
		for j := range vs {
			s.value(n, at, a, &vs[j])
		}
	}
	s.originals = append(s.originals, hashed{maphash.String(s.seed, original), n})
	if s.check != nil {
		s.check.object(n, t, o)
	}
}

func (s *survey) value(n, at int32, a *catalogAttr, v *assets.Value) {
	switch v.Kind {
	case assets.ValueObject:
		if a.Kind == assets.KindReference {
			unselected := v.TypeID != "" && s.restoredType(v.TypeID) == none && s.c.unselected[v.TypeID]
			s.pending = append(s.pending, pending{n, at, s.pool.compact(v.ID), unselected})
		}
	case assets.ValueUser, assets.ValueGroup, assets.ValueProject, assets.ValueVersion:
		p := person{kind: v.Kind, id: v.ID, name: v.Name, deleted: v.Deleted}
		if v.Kind == assets.ValueProject {
			p.key = v.Key
		}
		of, ok := s.personOf[p]
		if !ok {
			of = int32(len(s.people))
			// The strings of one value must not keep its whole segment in memory.
			p.id, p.name, p.key = strings.Clone(p.id), strings.Clone(p.name), strings.Clone(p.key)
			s.people = append(s.people, p)
			s.personOf[p] = of
		}
		s.uses = append(s.uses, use{n, at, of})
	case assets.ValueStatus:
		if _, ok := s.statuses[v.ID]; !ok {
			id := strings.Clone(v.ID)
			s.statuses[id] = assets.Value{Kind: v.Kind, ID: id, Name: strings.Clone(v.Name), Category: v.Category}
		}
	case assets.ValueLiteral, assets.ValueOther:
	}
}

// resolve turns the ids referred to into numbers of objects and sets those aside that lead out of the restore.
func (s *survey) resolve() {
	s.from = make([]int32, 0, len(s.pending))
	s.to = make([]int32, 0, len(s.pending))
	s.via = make([]int32, 0, len(s.pending))
	for _, p := range s.pending {
		to := s.find.find(p.to)
		if to == none || s.types[to] == none {
			s.lost = append(s.lost, lost{p.from, p.via, p.unselected})
			continue
		}
		s.from, s.to, s.via = append(s.from, p.from), append(s.to, to), append(s.via, p.via)
	}
	s.pending = nil
}

// compactKey keeps the number of a key of the usual form and interns any other.
func (s *survey) compactKey(key string) compactID {
	if number, ok := strings.CutPrefix(key, s.prefix); ok {
		if c, ok := numericID(number); ok {
			return c
		}
	}
	if key == "" {
		return 0
	}
	// The mark keeps an unusual key apart from ids that look the same.
	return s.pool.compact("key " + key)
}

func (s *survey) id(object int32) string { return s.pool.text(s.ids[object]) }

func (s *survey) key(object int32) string {
	c := s.keys[object]
	if c == 0 {
		return ""
	}
	text := s.pool.text(c)
	if c&interned != 0 {
		return strings.TrimPrefix(text, "key ")
	}
	return s.prefix + text
}

// lookup finds an object by its source id.
func (s *survey) lookup(id string) int32 {
	c, ok := s.pool.lookup(id)
	if !ok {
		return none
	}
	return s.find.find(c)
}

func (s *survey) len() int { return len(s.ids) }

// locate returns the segment of an object and its place in it.
func (s *survey) locate(object int32) (segment, place int) {
	segment = sort.Search(len(s.first), func(i int) bool { return s.first[i] > object }) - 1
	return segment, int(object - s.first[segment])
}

// clones returns the objects that share their ORIGINAL_ID with another one, in groups. They come into being when somebody
// clones an object of a schema that was restored before.
func (s *survey) clones() [][]int32 {
	if !s.brought {
		return nil
	}
	slices.SortFunc(s.originals, func(a, b hashed) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.object, b.object))
	})
	var groups [][]int32
	for i := 0; i < len(s.originals); {
		j := i + 1
		for j < len(s.originals) && s.originals[j].hash == s.originals[i].hash {
			j++
		}
		if j-i > 1 {
			group := make([]int32, 0, j-i)
			for _, h := range s.originals[i:j] {
				group = append(group, h.object)
			}
			groups = append(groups, group)
		}
		i = j
	}
	s.originals, s.brought = nil, false
	return groups
}

// countValues returns how many values an object has for an attribute of the backup.
func countValues(o *assets.Object, attribute string) int {
	for i := range o.Values {
		if o.Values[i].AttributeID == attribute {
			return len(o.Values[i].Values)
		}
	}
	return 0
}
