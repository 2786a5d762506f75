package aql

import (
	"cmp"
	"strconv"
	"strings"
)

// predicate decides about one object.
type predicate func(h Handle) bool

// keyword is a name in a query that is not an attribute.
type keyword uint8

const (
	notKeyword keyword = iota
	kwObjectType
	kwObjectTypeID
	kwObjectTypeAndChildren
	kwObjectSchema
	kwObjectSchemaID
	kwObjectID
	kwKey
	kwLabel
	kwCreated
	kwUpdated
	kwAnyAttribute
)

var keywords = map[string]keyword{
	"objecttype": kwObjectType, "objecttypeid": kwObjectTypeID, "objecttypeandchildren": kwObjectTypeAndChildren,
	"objectschema": kwObjectSchema, "objectschemaid": kwObjectSchemaID,
	"objectid": kwObjectID, "key": kwKey, "label": kwLabel, "created": kwCreated, "updated": kwUpdated,
	"anyattribute": kwAnyAttribute,
}

func keywordOf(name string) keyword { return keywords[strings.ToLower(name)] }

// aboutTypes reports whether the keyword is decided by the type of an object alone.
func (k keyword) aboutTypes() bool { return k >= kwObjectType && k <= kwObjectSchemaID }

// compiler resolves names for one search.
type compiler struct {
	src     string
	data    Data
	types   []Type
	schemas map[int64]Schema
	// named remembers, by name in lower case, which attribute it is in each type.
	named map[string]map[int64]Attribute
}

func newCompiler(src string, data Data) *compiler {
	c := &compiler{src: src, data: data, types: data.Types(), schemas: map[int64]Schema{}, named: map[string]map[int64]Attribute{}}
	for _, s := range data.Schemas() {
		c.schemas[s.ID] = s
	}
	return c
}

// attributes finds what a name means in each type that knows it.
func (c *compiler) attributes(name string) map[int64]Attribute {
	fold := strings.ToLower(name)
	found, ok := c.named[fold]
	if !ok {
		found = map[int64]Attribute{}
		for _, t := range c.types {
			if a, ok := c.data.Attribute(t.ID, name); ok {
				found[t.ID] = a
			}
		}
		c.named[fold] = found
	}
	return found
}

func (c *compiler) predicate(e Expr) (predicate, error) {
	switch e := e.(type) {
	case nil:
		return func(Handle) bool { return true }, nil
	case *And:
		terms, err := c.predicates(e.Terms)
		return func(h Handle) bool {
			for _, t := range terms {
				if !t(h) {
					return false
				}
			}
			return true
		}, err
	case *Or:
		terms, err := c.predicates(e.Terms)
		return func(h Handle) bool {
			for _, t := range terms {
				if t(h) {
					return true
				}
			}
			return false
		}, err
	case *Not:
		term, err := c.predicate(e.Term)
		return func(h Handle) bool { return !term(h) }, err
	case *Compare:
		return c.comparison(e, e.Path.Names)
	case *References:
		return c.references(e)
	case *Tickets:
		connected, err := c.data.Connected(e.JQL)
		return connected, err
	default:
		return nil, errorAt(c.src, 0, "unknown kind of condition")
	}
}

func (c *compiler) predicates(es []Expr) ([]predicate, error) {
	out := make([]predicate, 0, len(es))
	for _, e := range es {
		p, err := c.predicate(e)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (c *compiler) references(r *References) (predicate, error) {
	where, err := c.predicate(r.Where)
	if err != nil {
		return nil, err
	}
	allowed := map[string]bool{}
	for _, t := range r.Types {
		allowed[strings.ToLower(t)] = true
	}
	walk := c.data.Outbound
	if r.Inbound {
		walk = c.data.Inbound
	}
	return func(h Handle) bool {
		found := false
		walk(h, func(other Handle, referenceType string) bool {
			found = (len(allowed) == 0 || allowed[strings.ToLower(referenceType)]) && where(other)
			return !found
		})
		return found
	}, nil
}

// comparison compiles a comparison reached through names; all but the last are references.
func (c *compiler) comparison(e *Compare, names []string) (predicate, error) {
	if len(names) == 1 {
		return c.leaf(e, names[0])
	}
	attrs, err := c.known(names[0], e.Path)
	if err != nil {
		return nil, err
	}
	next, err := c.comparison(e, names[1:])
	if err != nil {
		return nil, err
	}
	return func(h Handle) bool {
		a, ok := attrs[c.data.TypeOf(h)]
		if !ok || a.Kind != KindReference {
			return false
		}
		found := false
		c.data.Values(h, a, func(d Datum) bool {
			found = d.Kind == KindReference && next(d.Object)
			return !found
		})
		return found
	}, nil
}

// known finds attributes or says that there are none of that name.
func (c *compiler) known(name string, at Path) (map[int64]Attribute, error) {
	attrs := c.attributes(name)
	if len(attrs) == 0 && !strings.EqualFold(name, "Name") {
		return nil, errorAt(c.src, at.pos, "unknown attribute %s: no object type has an attribute of that name", quote(name))
	}
	return attrs, nil
}

func (c *compiler) leaf(e *Compare, name string) (predicate, error) {
	k := keywordOf(name)
	if k.aboutTypes() {
		set, err := c.typeSet(e, k)
		return func(h Handle) bool { return set[c.data.TypeOf(h)] }, err
	}
	op, negated := positive(e.Op)
	operands, err := c.operands(e.Values)
	if err != nil {
		return nil, err
	}
	match := func(*Datum) bool { return true }
	if op != OpIsNotEmpty {
		match = testFor(op, operands)
	}
	switch k {
	case notKeyword:
		attrs, err := c.known(name, e.Path)
		if err != nil {
			return nil, err
		}
		return func(h Handle) bool {
			// An attribute that the type does not have is neither equal nor different, nor empty.
			a, ok := attrs[c.data.TypeOf(h)]
			return ok && c.anyValue(h, a, match) != negated
		}, nil
	case kwAnyAttribute:
		return func(h Handle) bool {
			for _, a := range c.data.AttributesOf(c.data.TypeOf(h)) {
				if c.anyValue(h, a, match) {
					return !negated
				}
			}
			return negated
		}, nil
	case kwKey:
		if op == OpLess || op == OpLessEqual || op == OpGreater || op == OpGreaterEqual {
			bound := operands[0].text
			return func(h Handle) bool { return ordered(op, compareKeys(c.data.Key(h), bound)) }, nil
		}
	default:
	}
	datum := c.property(k)
	return func(h Handle) bool {
		d := datum(h)
		return match(&d) != negated
	}, nil
}

func (c *compiler) anyValue(h Handle, a Attribute, match test) bool {
	found := false
	c.data.Values(h, a, func(d Datum) bool {
		found = match(&d)
		return !found
	})
	return found
}

// property gives the datum that a keyword stands for.
func (c *compiler) property(k keyword) func(h Handle) Datum {
	switch k {
	case kwObjectID:
		return func(h Handle) Datum {
			id := c.data.ID(h)
			return Datum{Kind: KindNumber, Text: strconv.FormatInt(id, 10), Number: float64(id)}
		}
	case kwKey:
		return func(h Handle) Datum { return Datum{Kind: KindText, Text: c.data.Key(h)} }
	case kwCreated:
		return func(h Handle) Datum { return Datum{Kind: KindTime, Time: c.data.Created(h)} }
	case kwUpdated:
		return func(h Handle) Datum { return Datum{Kind: KindTime, Time: c.data.Updated(h)} }
	default:
		return func(h Handle) Datum { return Datum{Kind: KindText, Text: c.data.Label(h)} }
	}
}

// compareKeys orders keys by their prefix and then by their number, so that ITSM-9 comes before ITSM-88.
func compareKeys(a, b string) int {
	pa, na := cutKey(a)
	pb, nb := cutKey(b)
	return cmp.Or(strings.Compare(strings.ToLower(pa), strings.ToLower(pb)), cmp.Compare(na, nb))
}

func cutKey(key string) (prefix string, n int64) {
	dash := strings.LastIndexByte(key, '-')
	if dash < 0 {
		return key, 0
	}
	n, err := strconv.ParseInt(key[dash+1:], 10, 64)
	if err != nil {
		return key, 0
	}
	return key[:dash], n
}

// typeSet finds the types that a condition on a type or schema allows.
func (c *compiler) typeSet(e *Compare, k keyword) (map[int64]bool, error) {
	op, negated := positive(e.Op)
	set := map[int64]bool{}
	var literals []Value
	for _, v := range e.Values {
		switch {
		case v.Func == "objecttypeandchildren" && (k == kwObjectType || k == kwObjectTypeID || k == kwObjectTypeAndChildren) && (op == OpEqual || op == OpIn || op == OpExactly):
			if len(v.Args) == 0 {
				return nil, errorAt(c.src, v.pos, "objectTypeAndChildren() needs the name or the id of an object type")
			}
			for _, a := range v.Args {
				c.addFamily(set, a)
			}
		case k == kwObjectTypeAndChildren && v.Func == "" && (op == OpEqual || op == OpIn || op == OpExactly):
			c.addFamily(set, v.Text)
		default:
			literals = append(literals, v)
		}
	}
	operands, err := c.operands(literals)
	if err != nil {
		return nil, err
	}
	if len(operands) > 0 || op == OpIsNotEmpty {
		match := func(*Datum) bool { return true }
		if op != OpIsNotEmpty {
			match = testFor(op, operands)
		}
		for _, t := range c.types {
			d := c.typeDatum(k, t)
			if match(&d) {
				set[t.ID] = true
			}
		}
	}
	if !negated {
		return set, nil
	}
	rest := map[int64]bool{}
	for _, t := range c.types {
		if !set[t.ID] {
			rest[t.ID] = true
		}
	}
	return rest, nil
}

func (c *compiler) typeDatum(k keyword, t Type) Datum {
	switch k {
	case kwObjectTypeID:
		return Datum{Kind: KindNumber, Text: strconv.FormatInt(t.ID, 10), Number: float64(t.ID)}
	case kwObjectSchemaID:
		return Datum{Kind: KindNumber, Text: strconv.FormatInt(t.SchemaID, 10), Number: float64(t.SchemaID)}
	case kwObjectSchema:
		s := c.schemas[t.SchemaID]
		return Datum{Kind: KindText, Text: s.Name, Also: [2]string{s.Key}}
	default:
		return Datum{Kind: KindText, Text: t.Name}
	}
}

// addFamily adds the types of that name or id and all that descend from them.
func (c *compiler) addFamily(set map[int64]bool, nameOrID string) {
	id, err := strconv.ParseInt(nameOrID, 10, 64)
	if err != nil {
		id = 0
	}
	children := map[int64][]int64{}
	var open []int64
	for _, t := range c.types {
		children[t.ParentID] = append(children[t.ParentID], t.ID)
		if t.ID == id || strings.EqualFold(t.Name, nameOrID) {
			open = append(open, t.ID)
		}
	}
	for len(open) > 0 {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		if !set[next] {
			set[next] = true
			open = append(open, children[next]...)
		}
	}
}
