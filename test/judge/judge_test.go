package judge

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"stowage/assets"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/world"
)

// pair is a site with a schema and a copy of it as a restore would make it.
type pair struct {
	t      *testing.T
	w      *world.World
	source world.ID
	copied copied
}

// copied is one of the two schemas.
type copied struct {
	schema, typ, name, size, peer world.ID
	objects                       []world.Object
}

const copyKey = "COPY"

func newPair(t *testing.T) *pair {
	t.Helper()
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}}})
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{t: t, w: s.Site("acme").World()}
	source := p.build("SOURCE", nil)
	p.source = source.schema
	p.copied = p.build(copyKey, source.objects)
	return p
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// build makes a schema of three servers in a ring; of each, the copy knows which one it was.
func (p *pair) build(key string, originals []world.Object) (c copied) {
	p.t.Helper()
	schema, err := p.w.CreateSchema(world.SchemaInput{Name: key, Key: key})
	p.must(err)
	typ, err := p.w.CreateType(world.TypeInput{SchemaID: schema.ID, IconID: p.w.Icons(0)[0].ID, Name: "Server"})
	p.must(err)
	references, err := p.w.ReferenceTypes(schema.ID, true)
	p.must(err)
	attribute := func(in world.AttributeInput) world.ID {
		made, err := p.w.CreateAttribute(typ.ID, in)
		p.must(err)
		return made.ID
	}
	c = copied{schema: schema.ID, typ: typ.ID}
	c.size = attribute(world.AttributeInput{Name: new("Size"), Type: new(world.TypeDefault), Default: new(world.DefaultText)})
	c.peer = attribute(world.AttributeInput{
		Name: new("Peer"), Type: new(world.TypeReference), TypeValue: new(typ.ID.String()), AdditionalValue: new(references[0].ID.String()),
	})
	var id, was world.ID
	if originals != nil {
		id = attribute(world.AttributeInput{Name: new(assets.AttributeOriginalID), Type: new(world.TypeDefault), Default: new(world.DefaultText)})
		was = attribute(world.AttributeInput{Name: new(assets.AttributeOriginalKey), Type: new(world.TypeDefault), Default: new(world.DefaultText)})
	}
	all, err := p.w.Attributes(typ.ID)
	p.must(err)
	for _, a := range all {
		if a.Label {
			c.name = a.ID
		}
	}
	for i, name := range []string{"alpha", "beta", "gamma"} {
		values := []world.AttributeValues{{Attribute: c.name, Values: []string{name}}, {Attribute: c.size, Values: []string{name + " size"}}}
		if originals != nil {
			values = append(values, world.AttributeValues{Attribute: id, Values: []string{originals[i].ID.String()}},
				world.AttributeValues{Attribute: was, Values: []string{originals[i].Key}})
		}
		o, err := p.w.CreateObject("", world.ObjectInput{TypeID: typ.ID, Attributes: values})
		p.must(err)
		c.objects = append(c.objects, o)
	}
	for i, o := range c.objects {
		p.set(o, c.peer, c.objects[(i+1)%len(c.objects)].Key)
	}
	return c
}

// set changes a value of an object.
func (p *pair) set(o world.Object, attribute world.ID, value string) {
	p.t.Helper()
	_, err := p.w.UpdateObject("", o.ID, world.ObjectInput{TypeID: o.TypeID, Attributes: []world.AttributeValues{{Attribute: attribute, Values: []string{value}}}})
	p.must(err)
}

// again creates an object of the copy once more.
func (p *pair) again(i int) {
	p.t.Helper()
	all, err := p.w.Attributes(p.copied.typ)
	p.must(err)
	var values []world.AttributeValues
	p.w.View(func(v *world.View) {
		o, _ := v.Object(p.copied.objects[i].ID)
		for _, a := range all {
			var texts []string
			for value := range o.Values(a.ID) {
				texts = append(texts, value.Raw())
			}
			if texts != nil && (a.ID == p.copied.name || strings.HasPrefix(a.Name, "ORIGINAL_") || a.ID == p.copied.size) {
				values = append(values, world.AttributeValues{Attribute: a.ID, Values: texts})
			}
		}
	})
	_, err = p.w.CreateObject("", world.ObjectInput{TypeID: p.copied.typ, Attributes: values})
	p.must(err)
}

// TestTheJudgeNoticesWhateverIsNotAsItShouldBe makes a restored schema different from its source in every way that a restore could.
func TestTheJudgeNoticesWhateverIsNotAsItShouldBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(p *pair)
		// tally is what is counted; different whether the values differ too.
		tally     Tally
		different string
	}{
		"nothing":   {func(*pair) {}, Tally{Objects: 3}, ""},
		"an object": {func(p *pair) { p.must(p.w.DeleteObject("", p.copied.objects[1].ID)) }, Tally{Objects: 2, Lost: 1}, "lost: object SOURCE-2"},
		"another one in its place": {func(p *pair) {
			p.must(p.w.DeleteObject("", p.copied.objects[1].ID))
			p.again(0)
		}, Tally{Objects: 3, Lost: 1, Twice: 1}, "lost: object SOURCE-2"},
		"one twice":   {func(p *pair) { p.again(2) }, Tally{Objects: 4, Twice: 1}, "added: object SOURCE-3#2"},
		"a value":     {func(p *pair) { p.set(p.copied.objects[0], p.copied.size, "changed") }, Tally{Objects: 3}, "changed: object SOURCE-1"},
		"a label":     {func(p *pair) { p.set(p.copied.objects[0], p.copied.name, "changed") }, Tally{Objects: 3}, "changed: object SOURCE-1"},
		"a reference": {func(p *pair) { p.set(p.copied.objects[0], p.copied.peer, p.copied.objects[2].Key) }, Tally{Objects: 3}, "changed: object SOURCE-1"},
		"the name of a type": {func(p *pair) {
			_, err := p.w.UpdateType(p.copied.typ, world.TypePatch{Name: new("Host")})
			p.must(err)
		}, Tally{Objects: 3}, "lost: type Server"},
		"an attribute": {func(p *pair) {
			_, err := p.w.UpdateAttribute(p.copied.typ, p.copied.size, world.AttributeInput{Name: new("Width")})
			p.must(err)
		}, Tally{Objects: 3}, "changed: type Server"},
		"a status more": {func(p *pair) {
			_, err := p.w.CreateStatusType(world.StatusInput{SchemaID: p.copied.schema, Name: "Odd", Category: 1})
			p.must(err)
		}, Tally{Objects: 3}, "added: status Odd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			c.spoil(p)
			tally, err := TallyRestored(p.w, p.source, p.w, copyKey)
			p.must(err)
			if tally != c.tally {
				t.Errorf("counted %+v, not %+v", tally, c.tally)
			}
			diff, err := LikeSource(p.w, p.source, copyKey)
			p.must(err)
			if found := strings.Join(diff, "\n"); (found == "") != (c.different == "") || !strings.Contains(found, c.different) {
				t.Errorf("the differences are\n%s", found)
			}
		})
	}
}

func TestTheJudgeNoticesWhatIsMadeTwiceOutsideOfTheSchema(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	before, err := Restored(p.w, copyKey)
	p.must(err)
	name := p.w.Icons(0)[0].Name
	var picture bytes.Buffer
	p.must(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 16, 16))))
	_, err = p.w.CreateIcon(0, name, picture.Bytes())
	p.must(err)
	_, err = p.w.CreateStatusType(world.StatusInput{Name: "Odd", Category: 1})
	p.must(err)
	after, err := Restored(p.w, copyKey)
	p.must(err)
	diff := before.Differences(after)
	if len(diff) != 2 || !strings.HasPrefix(diff[0], "added: site-icon "+name) || diff[1] != "added: site-status Odd" {
		t.Errorf("the differences are %q", diff)
	}
	if before.Digest() == after.Digest() || before.Digest() != before.Restrict("schema", "status", "referencetype", "type", "object", "site-schema", "site-icon", "site-status", "site-referencetype").Digest() {
		t.Error("the digest does not tell them apart")
	}
}
