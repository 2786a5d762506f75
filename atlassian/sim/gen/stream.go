package gen

import (
	"fmt"
	"math/rand/v2"
	"time"

	"stowage/atlassian/sim/world"
)

// blockSize is the length of the pattern in which kinds of objects follow each other.
const blockSize = 200

// placement is where the objects of one kind stand in the pattern.
type placement struct {
	slots []int // positions in a block, ascending
	count int   // objects of this kind in all
}

// stream puts the objects of a model into a world.
type stream struct {
	model   *model
	cast    cast
	status  []world.ID
	objects int
	seed    uint64
	first   world.ID
	epoch   time.Time
	// kindAt and rankAt tell for each position of a block its kind, and how many of
	// the same kind stand before it.
	kindAt [blockSize]*kind
	rankAt [blockSize]int

	object object
	values []world.LoadValues
	arena  []world.Value
	report *Report
}

// An object is one that is being made; fill functions put its values.
type object struct {
	*stream

	rand *rand.Rand
	pcg  *rand.PCG
	kind *kind
	i    int // number among all objects
	k    int // number among the objects of its kind
}

func newStream(b *builder, objects int, seed uint64) *stream {
	s := &stream{
		model: b.model, cast: newCast(b.w), status: b.status, objects: objects, seed: seed,
		epoch: epoch(b.w), report: b.report,
	}
	var pattern []*kind
	for _, k := range b.model.kinds {
		for range k.share {
			pattern = append(pattern, k)
		}
	}
	if len(pattern) != blockSize {
		panic(fmt.Sprintf("gen: the shares of %s add up to %d, want %d", b.model.key, len(pattern), blockSize))
	}
	r := rand.New(rand.NewPCG(seed, 0x7061747465726e))
	r.Shuffle(len(pattern), func(i, j int) { pattern[i], pattern[j] = pattern[j], pattern[i] })
	for _, k := range b.model.kinds {
		k.place = placement{count: objects / blockSize * k.share}
	}
	for pos, k := range pattern {
		s.kindAt[pos], s.rankAt[pos] = k, len(k.place.slots)
		k.place.slots = append(k.place.slots, pos)
		if pos < objects%blockSize {
			k.place.count++
		}
	}
	pcg := rand.NewPCG(0, 0)
	s.object = object{stream: s, pcg: pcg, rand: rand.New(pcg)}
	return s
}

// id is the id of the k-th object of a kind, which may be still to come.
func (s *stream) id(k *kind, n int) world.ID {
	block, rank := n/k.share, n%k.share
	return s.first + world.ID(block*blockSize+k.place.slots[rank])
}

// created is when an object was made: in the order of the objects.
func (s *stream) created(i int) time.Time {
	return s.epoch.Add(span * 9 / 10 / time.Duration(max(1, s.objects)) * time.Duration(i)).Truncate(time.Millisecond)
}

// load adds all objects.
func (s *stream) load(l *world.Loader) error {
	s.first = l.NextID()
	o := &s.object
	for i := range s.objects {
		pos := i % blockSize
		o.kind, o.i = s.kindAt[pos], i
		o.k = i/blockSize*o.kind.share + s.rankAt[pos]
		o.pcg.Seed(s.seed, uint64(i))
		if err := s.add(l, o); err != nil {
			return fmt.Errorf("object %d: %w", i, err)
		}
	}
	s.report.Objects += s.objects
	return nil
}

func (s *stream) add(l *world.Loader, o *object) error {
	s.values, s.arena = s.values[:0], s.arena[:0]
	title := fmt.Sprintf("%s %d", o.kind.name, o.k+1)
	if o.kind.title != nil {
		title = o.kind.title(o)
	}
	s.arena = append(s.arena, world.Text(title))
	s.values = append(s.values, world.LoadValues{Attribute: o.kind.nameID, Values: s.arena[0:1:1]})
	for _, f := range o.kind.all {
		from := len(s.arena)
		f.fill(o)
		if to := len(s.arena); to > from {
			s.values = append(s.values, world.LoadValues{Attribute: f.id, Values: s.arena[from:to:to]})
		}
	}
	created := s.created(o.i)
	updated := created
	if o.rand.IntN(3) == 0 {
		updated = created.Add(time.Duration(o.rand.Int64N(int64(span / 10)))).Truncate(time.Millisecond)
	}
	_, err := l.Add(world.LoadObject{TypeID: o.kind.id, Creator: s.cast.users[o.rand.IntN(len(s.cast.users))], Created: created, Updated: updated, Values: s.values})
	return err
}

// put adds a value to the attribute that is being filled.
func (o *object) put(v world.Value) { o.arena = append(o.arena, v) }

// refer adds a reference to the n-th object of a kind.
func (o *object) refer(k *kind, n int) {
	o.report.References++
	o.put(world.Ref(o.id(k, n)))
}
