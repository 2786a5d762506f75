package world

import (
	"regexp"
	"slices"
	"strings"
)

// AttributeType is the wire's `type` of an attribute.
type AttributeType int

// The types of attributes.
const (
	TypeDefault    AttributeType = 0
	TypeReference  AttributeType = 1
	TypeUser       AttributeType = 2
	TypeConfluence AttributeType = 3
	TypeGroup      AttributeType = 4
	TypeVersion    AttributeType = 5
	TypeProject    AttributeType = 6
	TypeStatus     AttributeType = 7
	TypeBitbucket  AttributeType = 8
	TypeOpsgenie   AttributeType = 9
)

// DefaultType is the wire's `defaultTypeId` of an attribute of type TypeDefault.
type DefaultType int

// The default types.
const (
	DefaultNone     DefaultType = -1
	DefaultText     DefaultType = 0
	DefaultInteger  DefaultType = 1
	DefaultBoolean  DefaultType = 2
	DefaultDouble   DefaultType = 3
	DefaultDate     DefaultType = 4
	DefaultTime     DefaultType = 5
	DefaultDateTime DefaultType = 6
	DefaultURL      DefaultType = 7
	DefaultEmail    DefaultType = 8
	DefaultTextarea DefaultType = 9
	DefaultSelect   DefaultType = 10
	DefaultIP       DefaultType = 11
)

// defaultTypeNames are in the order of the codes from 0.
var defaultTypeNames = [...]string{
	"Text", "Integer", "Boolean", "Double", "Date", "Time", "DateTime", "URL", "Email", "Textarea", "Select", "IP Address",
}

// String is the name the service gives it.
func (d DefaultType) String() string {
	if d < 0 || int(d) >= len(defaultTypeNames) {
		return "None"
	}
	return defaultTypeNames[d]
}

// Born says which of the attributes of a newborn type an attribute is.
type Born uint8

// The attributes a type is born with.
const (
	BornNot Born = iota
	BornKey
	BornName
	BornCreated
	BornUpdated
)

// Unlimited is the maximum cardinality without limit.
const Unlimited = -1

// Attribute is the definition of an attribute of an object type.
type Attribute struct {
	ID          ID
	TypeID      ID
	Name        string
	Description string
	Type        AttributeType
	Default     DefaultType
	// RefType and RefKind are the object type and the reference type of a reference.
	RefType ID
	RefKind ID
	// TypeValueMulti are the names of the groups of a user attribute, the ids of the
	// allowed statuses, the ids of the projects of a project or version attribute.
	TypeValueMulti  []string
	TypeValue       string
	AdditionalValue string
	Min, Max        int
	Suffix          string
	Regex           string
	Query           string
	Options         string
	Label           bool
	Unique          bool
	Summable        bool
	Hidden          bool
	IncludeChildren bool
	Editable        bool
	System          bool
	Sortable        bool
	Indexed         bool
	Removable       bool
	Position        int
	// Born tells Key, Name, Created and Updated apart from the rest.
	Born Born
	// InheritedFrom is the parent's attribute of which this is a copy.
	InheritedFrom ID
}

// Kind is the kind of the attribute's values. Key, Created and Updated have none
// that are stored; ask Obj for them.
func (a *Attribute) Kind() Kind {
	switch a.Type {
	case TypeDefault:
		return a.defaultKind()
	case TypeReference:
		return KindRef
	case TypeUser:
		return KindUser
	case TypeGroup:
		return KindGroup
	case TypeStatus:
		return KindStatus
	case TypeProject:
		return KindProject
	case TypeVersion:
		return KindVersion
	case TypeConfluence, TypeBitbucket, TypeOpsgenie:
		return KindText
	}
	return KindText
}

func (a *Attribute) defaultKind() Kind {
	switch a.Default {
	case DefaultInteger:
		return KindInt
	case DefaultBoolean:
		return KindBool
	case DefaultDouble:
		return KindDouble
	case DefaultDate:
		return KindDate
	case DefaultDateTime:
		return KindDateTime
	case DefaultSelect:
		return KindSelect
	case DefaultNone, DefaultText, DefaultTime, DefaultURL, DefaultEmail, DefaultTextarea, DefaultIP:
		return KindText
	}
	return KindText
}

// attribute is a definition as it is kept; Position is made on reading.
type attribute struct {
	Attribute
	pattern *regexp.Regexp
	options []string
}

// prepare parses what is needed for checking values.
func (a *attribute) prepare() error {
	a.pattern, a.options = nil, nil
	if a.Regex != "" {
		re, err := regexp.Compile("^(?:" + a.Regex + ")$")
		if err != nil {
			return badField("regexValidation", "The regular expression is invalid")
		}
		a.pattern = re
	}
	if a.Type == TypeDefault && a.Default == DefaultSelect {
		a.options = splitOptions(a.Options)
	}
	return nil
}

// splitOptions splits the options of a select.
func splitOptions(s string) []string {
	var out []string
	for o := range strings.SplitSeq(s, ",") {
		if o = strings.TrimSpace(o); o != "" {
			out = append(out, o)
		}
	}
	return out
}

// Attribute returns one attribute.
func (w *World) Attribute(id ID) (Attribute, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	a, err := w.attribute(id)
	if err != nil {
		return Attribute{}, err
	}
	return w.attrOut(a), nil
}

// Attributes returns the attributes of an object type in their order.
func (w *World) Attributes(typeID ID) ([]Attribute, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	t, err := w.objectType(typeID)
	if err != nil {
		return nil, err
	}
	return attrsOut(nil, t), nil
}

// SchemaAttributes returns the attributes of all object types of a schema, types in
// the order of ObjectTypes.
func (w *World) SchemaAttributes(schemaID ID) ([]Attribute, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	s, err := w.schema(schemaID)
	if err != nil {
		return nil, err
	}
	var out []Attribute
	w.walkTypes(s.roots, func(t *objectType) { out = attrsOut(out, t) })
	return out, nil
}

func attrsOut(out []Attribute, t *objectType) []Attribute {
	for i, a := range t.attrs {
		o := a.Attribute
		o.Position = i
		out = append(out, o)
	}
	return out
}

func (w *World) attribute(id ID) (*attribute, error) {
	a := w.attrs[id]
	if a == nil {
		return nil, notFound("No object type attribute with id %d exists", id)
	}
	return a, nil
}

func (w *World) attrOut(a *attribute) Attribute {
	out := a.Attribute
	out.Position = slices.Index(w.types[a.TypeID].attrs, a)
	return out
}

// bornAttributes gives a new type its four attributes.
func (w *World) bornAttributes(t *objectType) {
	date := DefaultDateTime
	for _, a := range []Attribute{
		{Name: "Key", Born: BornKey, System: true},
		{Name: "Name", Born: BornName, Label: true, Editable: true, Description: "The name of the object"},
		{Name: "Created", Born: BornCreated, System: true, Default: date},
		{Name: "Updated", Born: BornUpdated, System: true, Default: date},
	} {
		a.Min, a.Max, a.Sortable, a.Indexed = 1, 1, true, true
		w.addAttribute(t, &attribute{Attribute: a})
	}
}

// addAttribute puts an attribute at the end of a type's list.
func (w *World) addAttribute(t *objectType, a *attribute) {
	a.ID, a.TypeID = w.ids.attribute.next(), t.ID
	w.attrs[a.ID] = a
	t.attrs = append(t.attrs, a)
}

// labelOf returns the attribute that is the label of a type's objects.
func labelOf(t *objectType) *attribute {
	for _, a := range t.attrs {
		if a.Label {
			return a
		}
	}
	return nil
}

// moveLabel makes an attribute the only label of its type.
func moveLabel(t *objectType, to *attribute) {
	for _, a := range t.attrs {
		a.Label = a == to
	}
}
