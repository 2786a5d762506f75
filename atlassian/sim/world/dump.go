package world

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DumpOptions say how Dump names objects and what it leaves out.
type DumpOptions struct {
	// Identity is the name of an attribute whose value names an object, such as
	// ORIGINAL_KEY in a schema that was restored.
	Identity string
	// Keys names an object without such a value by its key. Otherwise it is named by
	// its type, its label and its number among those of that type and label.
	Keys bool
	// Omit are the names of attributes that are left out everywhere.
	Omit []string
}

// Dump is a schema with names in the place of ids, in an order that does not depend
// on ids, so that two schemas can be compared. What cannot be the same in two schemas
// is left out: the schema's name and key, and when things were made.
type Dump struct {
	Description    string
	Config         SchemaConfig
	Statuses       []DumpStatus
	ReferenceTypes []DumpReferenceType
	Types          []DumpType
	Objects        []DumpObject
}

// DumpStatus is a status type of the schema.
type DumpStatus struct {
	Name, Description string
	Category          int
}

// DumpReferenceType is a reference type of the schema.
type DumpReferenceType struct {
	Name, Description, Color string
}

// DumpType is an object type; the path consists of the names from the top.
type DumpType struct {
	Path, Description   string
	Icon                string
	Position            int
	Inherited, Abstract bool
	Attributes          []DumpAttribute
}

// DumpAttribute is an attribute with its settings.
type DumpAttribute struct {
	Name, Description string
	Type              AttributeType
	Default           DefaultType
	Target            string
	ReferenceType     string
	Allowed           []string
	AdditionalValue   string
	Min, Max          int
	Suffix, Regex     string
	Query, Options    string
	Flags             string
}

// DumpObject is an object. Each value list is sorted.
type DumpObject struct {
	Name        string
	Type        string
	Avatar      string
	Values      []DumpValues
	Comments    []string
	Attachments []string
}

// DumpValues are the values of one attribute.
type DumpValues struct {
	Attribute string
	Values    []string
}

// Dump describes a schema.
func (w *World) Dump(schemaID ID, opt DumpOptions) (Dump, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	s, err := w.schema(schemaID)
	if err != nil {
		return Dump{}, err
	}
	d := dumper{w: w, s: s, opt: opt, names: map[ID]string{}}
	d.nameObjects()
	out := Dump{Description: s.Description, Config: s.config}
	for _, st := range sorted(w.statuses) {
		if st.SchemaID == s.ID {
			out.Statuses = append(out.Statuses, DumpStatus{Name: st.Name, Description: st.Description, Category: st.Category})
		}
	}
	slices.SortFunc(out.Statuses, func(a, b DumpStatus) int { return strings.Compare(a.Name, b.Name) })
	for _, r := range sorted(w.refTypes) {
		if r.SchemaID == s.ID {
			out.ReferenceTypes = append(out.ReferenceTypes, DumpReferenceType{Name: r.Name, Description: r.Description, Color: r.Color})
		}
	}
	slices.SortFunc(out.ReferenceTypes, func(a, b DumpReferenceType) int { return strings.Compare(a.Name, b.Name) })
	w.walkTypes(s.roots, func(t *objectType) {
		out.Types = append(out.Types, d.objectType(t))
		for _, id := range t.objects {
			if rec := w.objects.alive(id); rec != nil {
				out.Objects = append(out.Objects, d.object(t, id, rec))
			}
		}
	})
	slices.SortFunc(out.Objects, func(a, b DumpObject) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// dumper makes one dump.
type dumper struct {
	w     *World
	s     *schema
	opt   DumpOptions
	names map[ID]string
}

// nameObjects gives every object of the schema its name.
func (d *dumper) nameObjects() {
	seen := map[string]int{}
	d.w.walkTypes(d.s.roots, func(t *objectType) {
		for _, id := range t.objects {
			rec := d.w.objects.alive(id)
			if rec == nil {
				continue
			}
			name := d.identity(t, id, rec)
			switch {
			case name != "":
			case d.opt.Keys:
				name = d.w.keyOf(id, rec)
			default:
				name = d.path(t) + ":" + d.labelText(t, rec)
			}
			seen[name]++
			if n := seen[name]; n > 1 {
				name += "#" + strconv.Itoa(n)
			}
			d.names[id] = name
		}
	})
}

// labelText is the label of an object, but not the key that stands in for it.
func (d *dumper) labelText(t *objectType, rec *record) string {
	label := labelOf(t)
	if label == nil || label.System {
		return ""
	}
	for v := range d.w.valuesOf(rec.data, label.ID) {
		return d.w.display(v, 0)
	}
	return ""
}

func (d *dumper) identity(t *objectType, id ID, rec *record) string {
	for _, a := range t.attrs {
		if d.opt.Identity != "" && a.Name == d.opt.Identity {
			for v := range (Obj{w: d.w, id: id, rec: rec}).Values(a.ID) {
				return v.Raw()
			}
		}
	}
	return ""
}

// path is the path of a type; a type of another schema is marked with its key.
func (d *dumper) path(t *objectType) string {
	p := t.Name
	for up := d.w.types[t.ParentID]; up != nil; up = d.w.types[up.ParentID] {
		p = up.Name + "/" + p
	}
	if t.SchemaID != d.s.ID {
		p = d.w.schemas[t.SchemaID].Key + ":" + p
	}
	return p
}

func (d *dumper) objectType(t *objectType) DumpType {
	out := DumpType{
		Path: d.path(t), Description: t.Description, Icon: d.icon(t.IconID),
		Position: slices.Index(*d.w.siblings(t), t.ID), Inherited: t.Inherited, Abstract: t.Abstract,
	}
	for _, a := range t.attrs {
		if !slices.Contains(d.opt.Omit, a.Name) {
			out.Attributes = append(out.Attributes, d.attribute(a))
		}
	}
	return out
}

// icon is the name of an icon and, if it was uploaded, a hash of its picture.
func (d *dumper) icon(id ID) string {
	i := d.w.icons[id]
	if i == nil {
		return ""
	}
	if i.content == nil {
		return i.Name
	}
	return i.Name + " " + digest(i.content)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

func (d *dumper) attribute(a *attribute) DumpAttribute {
	out := DumpAttribute{
		Name: a.Name, Description: a.Description, Type: a.Type, Default: a.Default,
		Min: a.Min, Max: a.Max, Suffix: a.Suffix, Regex: a.Regex, Query: a.Query, Options: a.Options,
	}
	if a.Type == TypeReference {
		out.Target = d.path(d.w.types[a.RefType])
		out.ReferenceType = d.w.refTypes[a.RefKind].Name
	} else {
		out.AdditionalValue = a.AdditionalValue
	}
	for _, v := range a.TypeValueMulti {
		out.Allowed = append(out.Allowed, d.allowed(a, v))
	}
	slices.Sort(out.Allowed)
	for _, f := range []struct {
		set  bool
		name string
	}{
		{a.Label, "label"},
		{a.Unique, "unique"},
		{a.Summable, "summable"},
		{a.Hidden, "hidden"},
		{a.IncludeChildren, "children"},
		{a.System, "system"},
	} {
		if f.set {
			out.Flags += " " + f.name
		}
	}
	return out
}

// allowed is the name of a status or project that is kept by id.
func (d *dumper) allowed(a *attribute, v string) string {
	id, ok := ParseID(v)
	switch {
	case ok && a.Type == TypeStatus && d.w.statuses[id] != nil:
		return d.w.statuses[id].Name
	case ok && d.w.jira.projects[id] != nil:
		return d.w.jira.projects[id].Key
	}
	return v
}

func (d *dumper) object(t *objectType, id ID, rec *record) DumpObject {
	w := d.w
	out := DumpObject{Name: d.names[id], Type: d.path(t)}
	if uuid := w.avatars[id]; uuid != "" {
		out.Avatar = digest(w.media.files[uuid].Content)
	}
	for _, oa := range (Obj{w: w, id: id, rec: rec}).Attributes() {
		a := w.attrs[oa.Attribute]
		if a.System || slices.Contains(d.opt.Omit, a.Name) {
			continue
		}
		vals := make([]string, len(oa.Values))
		for i, v := range oa.Values {
			vals[i] = d.value(v)
		}
		slices.Sort(vals)
		out.Values = append(out.Values, DumpValues{Attribute: a.Name, Values: vals})
	}
	slices.SortFunc(out.Values, func(a, b DumpValues) int { return strings.Compare(a.Attribute, b.Attribute) })
	for _, c := range w.commentsOf[id] {
		x := w.comments[c]
		out.Comments = append(out.Comments, fmt.Sprintf("%d %s", x.Role, x.Text))
	}
	for _, a := range w.attachedTo[id] {
		x := w.attachments[a]
		out.Attachments = append(out.Attachments, x.Filename+" "+digest(x.content))
	}
	slices.Sort(out.Attachments)
	return out
}

// value names what a value refers to.
func (d *dumper) value(v Value) string {
	if v.Kind != KindRef {
		return d.w.display(v, 0)
	}
	if name, ok := d.names[v.ID()]; ok {
		return name
	}
	rec := d.w.objects.alive(v.ID())
	return d.path(d.w.types[rec.typ]) + ":" + d.w.label(v.ID(), rec, 0)
}
