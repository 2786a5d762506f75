package world

import (
	"slices"
	"strconv"
	"strings"
)

// AttributeInput creates an attribute or changes what is not nil. The members are
// those of the wire: TypeValue is the object type of a reference, AdditionalValue its
// reference type.
type AttributeInput struct {
	Name, Description *string
	Type              *AttributeType
	Default           *DefaultType
	TypeValue         *string
	TypeValueMulti    *[]string
	AdditionalValue   *string
	Min, Max          *int
	Suffix            *string
	Regex, Query      *string
	Options           *string
	Label, Unique     *bool
	Summable, Hidden  *bool
	IncludeChildren   *bool
}

// CreateAttribute adds an attribute to an object type, and to its children if the
// type hands its attributes down.
func (w *World) CreateAttribute(typeID ID, in AttributeInput) (Attribute, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, _, err := w.manageableType(typeID)
	if err != nil {
		return Attribute{}, err
	}
	a, err := w.createAttribute(t, in)
	if err != nil {
		return Attribute{}, err
	}
	return w.attrOut(a), nil
}

func (w *World) createAttribute(t *objectType, in AttributeInput) (*attribute, error) {
	if in.Name == nil {
		return nil, badField("name", "Name needs to be set.")
	}
	if in.Type == nil {
		return nil, badField("type", "Type needs to be set.")
	}
	a := &attribute{Attribute: Attribute{
		TypeID: t.ID, Default: DefaultNone, Max: 1, Editable: true, Sortable: true, Indexed: true, Removable: true,
	}}
	if err := w.apply(t, a, in); err != nil {
		return nil, err
	}
	w.addAttribute(t, a)
	if a.Label {
		moveLabel(t, a)
	}
	w.inheritDown(t, a)
	t.Updated = w.Now()
	return a, nil
}

// UpdateAttribute changes an attribute of an object type. Another type is accepted if
// all the values that objects have are valid for it; becoming unique is refused while
// there are equal values; other settings are not checked against the objects.
func (w *World) UpdateAttribute(typeID, id ID, in AttributeInput) (Attribute, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, _, err := w.manageableType(typeID)
	if err != nil {
		return Attribute{}, err
	}
	a, err := w.attribute(id)
	if err != nil {
		return Attribute{}, err
	}
	if a.TypeID != typeID {
		return Attribute{}, notFound("No object type attribute with id %d exists on the object type", id)
	}
	next := *a
	if err := w.apply(t, &next, in); err != nil {
		return Attribute{}, err
	}
	if err := w.checkBorn(a, &next); err != nil {
		return Attribute{}, err
	}
	if err := w.convert(t, a, &next); err != nil {
		return Attribute{}, err
	}
	if a.Label {
		next.Label = true // another one has to be made the label instead
	}
	*a = next
	if a.Label {
		moveLabel(t, a)
	}
	t.Updated = w.Now()
	return w.attrOut(a), nil
}

// DeleteAttribute removes an attribute with its values, and its copies below.
func (w *World) DeleteAttribute(id ID) (Attribute, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, err := w.attribute(id)
	if err != nil {
		return Attribute{}, err
	}
	if _, _, err := w.manageableType(a.TypeID); err != nil {
		return Attribute{}, err
	}
	switch {
	case a.System:
		return Attribute{}, badRequest("The attribute '%s' is a system attribute and cannot be deleted", a.Name)
	case a.Label:
		return Attribute{}, badRequest("The attribute '%s' is the label and cannot be deleted", a.Name)
	}
	out := w.attrOut(a)
	w.dropAttribute(a)
	return out, nil
}

// dropAttribute removes an attribute, its values and its copies.
func (w *World) dropAttribute(a *attribute) {
	t := w.types[a.TypeID]
	for _, c := range t.children {
		for _, b := range slices.Clone(w.types[c].attrs) {
			if b.InheritedFrom == a.ID && b.Born == BornNot {
				w.dropAttribute(b)
			}
		}
	}
	if i := slices.Index(t.attrs, a); i >= 0 {
		t.attrs = slices.Delete(t.attrs, i, i+1)
	}
	if a.Label {
		for _, b := range t.attrs {
			if b.Born == BornName {
				moveLabel(t, b)
			}
		}
	}
	delete(w.attrs, a.ID)
	delete(w.index.byAttr, a.ID)
	for _, id := range t.objects {
		rec := w.objects.at(id)
		cells := w.decode(rec.data)
		kept := slices.DeleteFunc(cells, func(c cell) bool { return c.attr == a.ID })
		rec.data = string(w.encode(nil, kept))
	}
}

// checkBorn refuses changes of what a born attribute is.
func (w *World) checkBorn(a, next *attribute) error {
	if !a.System {
		return nil
	}
	if next.Name != a.Name || next.Type != a.Type || next.Default != a.Default ||
		next.Min != a.Min || next.Max != a.Max || next.Unique != a.Unique || next.Regex != a.Regex {
		return badRequest("The attribute '%s' is a system attribute and cannot be changed", a.Name)
	}
	return nil
}

// apply puts the input into an attribute and checks the whole.
func (w *World) apply(t *objectType, a *attribute, in AttributeInput) error {
	set(&a.Name, in.Name)
	set(&a.Description, in.Description)
	set(&a.Type, in.Type)
	set(&a.Default, in.Default)
	set(&a.TypeValue, in.TypeValue)
	set(&a.AdditionalValue, in.AdditionalValue)
	set(&a.TypeValueMulti, in.TypeValueMulti)
	a.TypeValueMulti = slices.Clone(a.TypeValueMulti) // it is about to be written to
	set(&a.Min, in.Min)
	set(&a.Max, in.Max)
	set(&a.Suffix, in.Suffix)
	set(&a.Regex, in.Regex)
	set(&a.Query, in.Query)
	set(&a.Options, in.Options)
	set(&a.Label, in.Label)
	set(&a.Unique, in.Unique)
	set(&a.Summable, in.Summable)
	set(&a.Hidden, in.Hidden)
	set(&a.IncludeChildren, in.IncludeChildren)

	if err := checkPlainName(a.Name); err != nil {
		return err
	}
	for _, b := range t.attrs {
		if b.ID != a.ID && sameName(b.Name, a.Name) {
			return errNameTaken()
		}
	}
	if a.Min < 0 || a.Max < Unlimited || a.Max == 0 || a.Max != Unlimited && a.Min > a.Max {
		return badField("maximumCardinality", "The cardinality %d to %d is invalid", a.Min, a.Max)
	}
	if a.Label && a.Type != TypeDefault {
		return badField("label", "An attribute of this type cannot be the label")
	}
	if err := w.checkAttributeType(t, a); err != nil {
		return err
	}
	return a.prepare()
}

// checkAttributeType checks the members that belong to the type of an attribute.
func (w *World) checkAttributeType(t *objectType, a *attribute) error {
	if a.Type != TypeDefault {
		a.Default = DefaultNone
	}
	if a.Type != TypeReference {
		a.RefType, a.RefKind = 0, 0
	}
	switch a.Type {
	case TypeDefault:
		return checkDefault(a)
	case TypeReference:
		return w.checkReference(t, a)
	case TypeUser, TypeGroup:
		return w.checkGroups(a)
	case TypeStatus:
		return w.checkAllowedStatuses(t, a)
	case TypeConfluence, TypeVersion, TypeProject, TypeBitbucket, TypeOpsgenie:
		return nil
	}
	return badField("type", "The type %d is invalid", a.Type)
}

func checkDefault(a *attribute) error {
	if a.Default < DefaultText || a.Default > DefaultIP {
		return badField("defaultTypeId", "Default type needs to be set.")
	}
	if a.Default == DefaultSelect && len(splitOptions(a.Options)) == 0 {
		return badField("options", "Options need to be set.")
	}
	if a.Default == DefaultURL && a.AdditionalValue != "" && a.AdditionalValue != "ENABLED" && a.AdditionalValue != "DISABLED" {
		return badField("additionalValue", "The additional value must be ENABLED or DISABLED")
	}
	return nil
}

// checkReference resolves the object type and the reference type of a reference.
func (w *World) checkReference(t *objectType, a *attribute) error {
	target, ok := ParseID(a.TypeValue)
	to := w.types[target]
	if !ok || to == nil {
		return badField("typeValue", "The referenced object type needs to be set and to exist")
	}
	if target != a.RefType && to.SchemaID != t.SchemaID && !w.schemas[to.SchemaID].config.AllowOtherObjectSchema {
		return badField("typeValue", "The object type %s refers to the schema %s, which does not allow references from other schemas",
			to.Name, w.schemas[to.SchemaID].Name)
	}
	kind, ok := ParseID(a.AdditionalValue)
	r := w.refTypes[kind]
	if !ok || r == nil || r.SchemaID != 0 && r.SchemaID != t.SchemaID {
		return badField("additionalValue", "The reference type needs to be set and to exist")
	}
	a.RefType, a.RefKind = target, kind
	return nil
}

// checkGroups turns group ids into names and refuses unknown groups.
func (w *World) checkGroups(a *attribute) error {
	for i, name := range a.TypeValueMulti {
		g := w.people.entry(name)
		if g == nil {
			return badField("typeValueMulti", "Invalid Group(s)")
		}
		a.TypeValueMulti[i] = g.name
	}
	return nil
}

// checkAllowedStatuses turns status names into ids and refuses unknown statuses.
func (w *World) checkAllowedStatuses(t *objectType, a *attribute) error {
	for i, s := range a.TypeValueMulti {
		st := w.findStatus(t.SchemaID, s)
		if st == nil {
			return badField("typeValueMulti", "The status %s provided is invalid", strconv.Quote(s))
		}
		a.TypeValueMulti[i] = st.ID.String()
	}
	return nil
}

// convert brings the values of all objects of a type from one definition of an
// attribute to another, or refuses.
func (w *World) convert(t *objectType, from, to *attribute) error {
	if from.Type != to.Type || from.Default != to.Default {
		if err := w.convertValues(t, from, to); err != nil {
			return err
		}
		delete(w.index.byAttr, from.ID)
	}
	if to.Unique && !from.Unique {
		seen := map[string]bool{}
		for _, id := range t.objects {
			rec := w.objects.alive(id)
			if rec == nil {
				continue
			}
			for v := range w.valuesOf(rec.data, from.ID) {
				if k := v.Raw(); seen[k] {
					return badField("uniqueAttribute", "The attribute '%s' has duplicated value %s", to.Name, k)
				} else {
					seen[k] = true
				}
			}
		}
	}
	return nil
}

func (w *World) convertValues(t *objectType, from, to *attribute) error {
	data := map[ID]string{}
	for _, id := range t.objects {
		rec := w.objects.alive(id)
		if rec == nil {
			continue
		}
		cells := w.decode(rec.data)
		for i := range cells {
			if cells[i].attr != from.ID {
				continue
			}
			for j, v := range cells[i].vals {
				nv, msg := w.parse(to, v.Raw())
				if msg != "" || to.Kind() != from.Kind() && !plain(from, to) {
					return badField("type", "The type of the attribute '%s' cannot be changed: object %d has the value %s",
						from.Name, id, strings.ToValidUTF8(v.Raw(), ""))
				}
				cells[i].vals[j] = nv
			}
			data[id] = string(w.encode(nil, cells))
		}
	}
	for id, d := range data {
		w.objects.at(id).data = d
	}
	return nil
}

// plain tells that both have values that are written as plain text.
func plain(from, to *attribute) bool {
	return from.Type == TypeDefault && to.Type == TypeDefault
}
