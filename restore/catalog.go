package restore

import (
	"regexp"
	"strings"

	"stowage/assets"
)

// catalog finds its way through the object types and attributes of a plan. It is built from the plan alone, so that
// planning, applying and proving see the same thing.
type catalog struct {
	types  []catalogType
	typeOf map[string]int32 // by source id
	attrs  []catalogAttr
	attrOf map[string]int32 // by source id, without the attributes that Stowage adds
	// unselected are the types of the backup that are left out.
	unselected map[string]bool
}

// none stands where there is no type, attribute or object.
const none = int32(-1)

type catalogType struct {
	*PlannedType
	parent int32
	attrs  []int32
	// required are the restored attributes with a minimum cardinality.
	required                         []int32
	originalID, originalKey, history int32
}

type catalogAttr struct {
	*PlannedAttribute
	typ int32
	// added marks attributes that the backup does not know.
	added   bool
	options map[string]bool
	pattern *regexp.Regexp
}

// restored says whether values of the attribute are written.
func (a *catalogAttr) restored() bool { return a.Dropped == "" }

func newCatalog(p *Plan) *catalog {
	c := &catalog{typeOf: make(map[string]int32), attrOf: make(map[string]int32), unselected: make(map[string]bool)}
	for _, id := range p.Unselected {
		c.unselected[id] = true
	}
	for i := range p.ObjectTypes {
		t := &p.ObjectTypes[i]
		c.typeOf[t.Source] = int32(i)
		ct := catalogType{PlannedType: t, parent: none, originalID: none, originalKey: none, history: none}
		if parent, ok := c.typeOf[t.Parent]; ok && t.Parent != "" {
			ct.parent = parent
		}
		for j := range t.Attributes {
			a := &t.Attributes[j]
			at := int32(len(c.attrs))
			ca := catalogAttr{PlannedAttribute: a, typ: int32(i), added: a.Source == a.Name && isAdded(a.Name)}
			if !ca.added {
				c.attrOf[a.Source] = at
			}
			switch a.Name {
			case assets.AttributeOriginalID:
				ct.originalID = at
			case assets.AttributeOriginalKey:
				ct.originalKey = at
			case assets.AttributeObjectHistory:
				if p.Options.History {
					ct.history = at
				}
			}
			if a.Kind == assets.KindDefault && a.Default == assets.DefaultSelect {
				ca.options = make(map[string]bool)
				for o := range strings.SplitSeq(a.Options, ",") {
					ca.options[strings.TrimSpace(o)] = true
				}
			}
			if a.Regex != "" {
				// A pattern that Go does not understand predicts nothing.
				ca.pattern, _ = regexp.Compile("^(?:" + a.Regex + ")$")
			}
			ct.attrs = append(ct.attrs, at)
			if a.Min > 0 && ca.restored() {
				ct.required = append(ct.required, at)
			}
			c.attrs = append(c.attrs, ca)
		}
		c.types = append(c.types, ct)
	}
	return c
}

// attribute returns the attribute of type t that the values of a source attribute go to, or none.
func (c *catalog) attribute(source string) int32 {
	if at, ok := c.attrOf[source]; ok {
		return at
	}
	return none
}

func isAdded(name string) bool {
	switch name {
	case assets.AttributeOriginalID, assets.AttributeOriginalKey, assets.AttributeObjectHistory:
		return true
	}
	return false
}
