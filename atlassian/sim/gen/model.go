package gen

import (
	"fmt"

	"stowage/atlassian/sim/world"
)

// A model is a schema as a profile describes it.
type model struct {
	key, name, description string
	statuses               []world.StatusInput
	refTypes               []world.ReferenceTypeInput
	icon                   string // a picture of the schema's own
	kinds                  []*kind
}

// A kind is an object type.
type kind struct {
	name, parent, description string
	icon                      string
	inherited, abstract       bool
	// share is how many of blockSize objects are of this kind.
	share int
	attrs []attr
	// title gives the objects' Name.
	title func(o *object) string

	id     world.ID
	nameID world.ID
	all    []filled // own and inherited attributes
	place  placement
}

// An attr is an attribute of a kind.
type attr struct {
	name, description string
	typ               world.AttributeType
	def               world.DefaultType
	to, link          string // kind and reference type of a reference
	schema            *model // the schema of to, when another one
	additional        string
	multi             []string
	min, max          int // max 0 means 1
	suffix, regex     string
	query, options    string
	label, unique     bool
	summable, hidden  bool
	children          bool
	// fill puts the values of an object.
	fill func(o *object)
}

// filled is an attribute of an object type with what fills it.
type filled struct {
	id   world.ID
	fill func(o *object)
}

func (m *model) kind(name string) *kind {
	for _, k := range m.kinds {
		if k.name == name {
			return k
		}
	}
	return nil
}

// builder makes a model's schema.
type builder struct {
	w      *world.World
	model  *model
	schema world.ID
	report *Report
	icons  map[string]world.ID
	links  map[string]world.ID
	status []world.ID
}

// build makes the schema with everything but its objects.
func build(w *world.World, m *model, report *Report) (*builder, error) {
	s, err := w.CreateSchema(world.SchemaInput{Name: m.name, Key: m.key, Description: m.description})
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", m.key, err)
	}
	report.Schemas = append(report.Schemas, s.ID)
	b := &builder{w: w, model: m, schema: s.ID, report: report, icons: map[string]world.ID{}, links: map[string]world.ID{}}
	if err := b.config(); err != nil {
		return nil, err
	}
	for _, k := range m.kinds {
		if err := b.makeType(k); err != nil {
			return nil, fmt.Errorf("object type %s: %w", k.name, err)
		}
	}
	for _, k := range m.kinds {
		for i := range k.attrs {
			if err := b.makeAttribute(k, &k.attrs[i]); err != nil {
				return nil, fmt.Errorf("attribute %s of %s: %w", k.attrs[i].name, k.name, err)
			}
		}
	}
	return b, b.resolve()
}

func (b *builder) config() error {
	for _, in := range b.model.statuses {
		in.SchemaID = b.schema
		if _, err := b.w.CreateStatusType(in); err != nil {
			return fmt.Errorf("status %s: %w", in.Name, err)
		}
	}
	for _, in := range b.model.refTypes {
		in.SchemaID = b.schema
		if _, err := b.w.CreateReferenceType(in); err != nil {
			return fmt.Errorf("reference type %s: %w", in.Name, err)
		}
	}
	if b.model.icon != "" {
		if _, err := b.w.CreateIcon(b.schema, b.model.icon, picture(b.model.icon)); err != nil {
			return fmt.Errorf("icon %s: %w", b.model.icon, err)
		}
	}
	for _, i := range append(b.w.Icons(0), b.w.Icons(b.schema)...) {
		b.icons[i.Name] = i.ID
		if b.icons[""] == 0 {
			b.icons[""] = i.ID
		}
	}
	links, err := b.w.ReferenceTypes(b.schema, true)
	if err != nil {
		return err
	}
	for _, l := range links {
		b.links[l.Name] = l.ID
		if b.links[""] == 0 {
			b.links[""] = l.ID
		}
	}
	global, err := b.w.StatusTypes(0)
	if err != nil {
		return err
	}
	own, err := b.w.StatusTypes(b.schema)
	if err != nil {
		return err
	}
	for _, s := range append(global, own...) {
		if s.SchemaID == 0 || s.SchemaID == b.schema {
			b.status = append(b.status, s.ID)
		}
	}
	return nil
}

func (b *builder) makeType(k *kind) error {
	in := world.TypeInput{
		SchemaID: b.schema, Name: k.name, Description: k.description, IconID: b.icons[k.icon],
		Inherited: k.inherited, Abstract: k.abstract,
	}
	if in.IconID == 0 {
		in.IconID = b.icons[""]
	}
	if k.parent != "" {
		in.ParentID = b.model.kind(k.parent).id
	}
	t, err := b.w.CreateType(in)
	if err != nil {
		return err
	}
	k.id = t.ID
	b.report.Types++
	return nil
}

func (b *builder) makeAttribute(k *kind, a *attr) error {
	in := world.AttributeInput{
		Name: &a.name, Description: &a.description, Type: &a.typ, Min: &a.min, Max: new(max(a.max, world.Unlimited)),
		Suffix: &a.suffix, Regex: &a.regex, Query: &a.query, Options: &a.options, Label: &a.label, Unique: &a.unique,
		Summable: &a.summable, Hidden: &a.hidden, IncludeChildren: &a.children,
	}
	if a.max == 0 {
		in.Max = new(1)
	}
	if a.typ == world.TypeDefault {
		in.Default = &a.def
	}
	if a.additional != "" {
		in.AdditionalValue = &a.additional
	}
	if len(a.multi) > 0 {
		in.TypeValueMulti = &a.multi
	}
	if a.typ == world.TypeReference {
		m := b.model
		if a.schema != nil {
			m = a.schema
		}
		link := b.links[a.link]
		if link == 0 {
			link = b.links[""]
		}
		in.TypeValue, in.AdditionalValue = new(m.kind(a.to).id.String()), new(link.String())
	}
	_, err := b.w.CreateAttribute(k.id, in)
	return err
}

// resolve finds the attributes that the object types have in the end.
func (b *builder) resolve() error {
	for _, k := range b.model.kinds {
		level := 1
		fills := map[string]func(o *object){}
		for up := k; ; level++ {
			for _, a := range up.attrs {
				if _, ok := fills[a.name]; !ok {
					fills[a.name] = a.fill
				}
			}
			if up.parent == "" {
				break
			}
			up = b.model.kind(up.parent)
		}
		b.report.Levels = max(b.report.Levels, level)
		attrs, err := b.w.Attributes(k.id)
		if err != nil {
			return err
		}
		b.report.Attributes += len(attrs)
		for _, a := range attrs {
			if a.Born == world.BornName {
				k.nameID = a.ID
			}
			if fill := fills[a.Name]; fill != nil && !a.System {
				k.all = append(k.all, filled{id: a.ID, fill: fill})
			}
		}
	}
	return nil
}

// picture draws a small PNG that depends on the name alone.
func picture(name string) []byte { return tile(name, 48) }
