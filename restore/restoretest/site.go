package restoretest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"stowage/assets"
	"stowage/restore"
)

// Fault is what happens to one call of a Site.
type Fault int

// The faults.
const (
	// NoFault lets the call through.
	NoFault Fault = iota
	// Fail refuses the call for a reason that may pass; nothing is done.
	Fail
	// Break refuses the call for a reason that does not pass by itself; nothing is done.
	Break
	// Lose does the call and loses its answer. A read fails.
	Lose
	// Drop does not do the call, and nobody knows. A read fails.
	Drop
)

// Site is a restore.Target in memory that keeps the rules of Assets: names are unique, types are born with attributes and
// inherit others, values are validated and one bad value refuses the whole object, ids are always new, and the search
// index is behind the writes by Lag. Make one with NewSite.
type Site struct {
	// Lag is how long a new object cannot be found by a search.
	Lag time.Duration
	// Fault, when it is set, is asked before every call.
	Fault func(op string) Fault
	// People, Groups (with account ids) and Sites' projects are what the site knows.
	People   []restore.User
	Groups   map[string][]string
	Works    []restore.Project
	NoIcons  bool // uploading icons is not offered
	mu       sync.Mutex
	next     int
	calls    int
	byOp     map[string]int
	schemas  []assets.Schema
	settings map[string]assets.Properties
	statuses []assets.StatusType
	refs     []assets.ReferenceType
	icons    []assets.Icon
	types    []assets.ObjectType
	attrs    []assets.Attribute
	objects  map[string]*stored
	order    []string
	counters map[string]int
}

type stored struct {
	assets.Object
	visible time.Time
}

var _ restore.Target = (*Site)(nil)

// NewSite returns a site that has the global statuses, reference types and icons a new site has.
func NewSite() *Site {
	s := &Site{
		next: 100, byOp: make(map[string]int), settings: make(map[string]assets.Properties), objects: make(map[string]*stored),
		counters: make(map[string]int), Groups: make(map[string][]string),
	}
	for i, name := range []string{"Active", "Closed", "In Service"} {
		s.statuses = append(s.statuses, assets.StatusType{ID: s.id(), Name: name, Category: assets.StatusCategory(i % 2)})
	}
	for _, name := range []string{"Dependency", "Reference"} {
		s.refs = append(s.refs, assets.ReferenceType{ID: s.id(), Name: name})
	}
	for _, name := range []string{"Building", "Object", "Server"} {
		s.icons = append(s.icons, assets.Icon{ID: s.id(), Name: name})
	}
	return s
}

// Calls returns the number of calls so far, and those of one operation, which is named like its method.
func (s *Site) Calls(op string) (all, ofOp int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls, s.byOp[op]
}

// id returns a new id.
func (s *Site) id() string {
	s.next += 1 + s.next%3
	return strconv.Itoa(s.next)
}

// call runs one call with its fault, under the lock.
func (s *Site) call(ctx context.Context, op string, write bool, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	fault := NoFault
	if s.Fault != nil {
		fault = s.Fault(op)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.byOp[op]++
	switch {
	case fault == NoFault:
		return f()
	case fault == Break:
		return fmt.Errorf("%s: %w", op, assets.ErrForbidden)
	case fault == Fail || !write:
		return fmt.Errorf("%s: %w", op, assets.ErrUnavailable)
	case fault == Lose:
		if err := f(); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: %w", op, assets.ErrUnknownOutcome)
}

func rejected(message string) error { return &assets.Rejected{Messages: []string{message}} }

// Schemas implements restore.Target.
func (s *Site) Schemas(ctx context.Context) (list []assets.Schema, err error) {
	err = s.call(ctx, "Schemas", false, func() error { list = slices.Clone(s.schemas); return nil })
	return list, err
}

// CreateSchema implements restore.Target.
func (s *Site) CreateSchema(ctx context.Context, spec restore.SchemaSpec) (made assets.Schema, err error) {
	err = s.call(ctx, "CreateSchema", true, func() error {
		for _, have := range s.schemas {
			if have.Key == spec.Key || have.Name == spec.Name {
				return fmt.Errorf("schema %s: %w", spec.Key, assets.ErrConflict)
			}
		}
		made = assets.Schema{ID: s.id(), Key: spec.Key, Name: spec.Name, Description: spec.Description, CanManage: true}
		s.schemas = append(s.schemas, made)
		return nil
	})
	return made, err
}

// Properties implements restore.Target.
func (s *Site) Properties(ctx context.Context, schemaID string) (p assets.Properties, err error) {
	err = s.call(ctx, "Properties", false, func() error { p = s.settings[schemaID]; return nil })
	return p, err
}

// SetProperties implements restore.Target.
func (s *Site) SetProperties(ctx context.Context, schemaID string, p assets.Properties) error {
	return s.call(ctx, "SetProperties", true, func() error { s.settings[schemaID] = p; return nil })
}

// StatusTypes implements restore.Target.
func (s *Site) StatusTypes(ctx context.Context, schemaID string) (list []assets.StatusType, err error) {
	err = s.call(ctx, "StatusTypes", false, func() error {
		for _, st := range s.statuses {
			if st.SchemaID == "" || st.SchemaID == schemaID {
				list = append(list, st)
			}
		}
		return nil
	})
	return list, err
}

// CreateStatusType implements restore.Target.
func (s *Site) CreateStatusType(ctx context.Context, st assets.StatusType) (made assets.StatusType, err error) {
	err = s.call(ctx, "CreateStatusType", true, func() error {
		for _, have := range s.statuses {
			if have.Name == st.Name && have.SchemaID == st.SchemaID {
				return rejected("Name has to be unique")
			}
		}
		made = st
		made.ID = s.id()
		s.statuses = append(s.statuses, made)
		return nil
	})
	return made, err
}

// ReferenceTypes implements restore.Target.
func (s *Site) ReferenceTypes(ctx context.Context, schemaID string) (list []assets.ReferenceType, err error) {
	err = s.call(ctx, "ReferenceTypes", false, func() error {
		for _, r := range s.refs {
			if r.SchemaID == "" || r.SchemaID == schemaID {
				list = append(list, r)
			}
		}
		return nil
	})
	return list, err
}

// CreateReferenceType implements restore.Target.
func (s *Site) CreateReferenceType(ctx context.Context, r assets.ReferenceType) (made assets.ReferenceType, err error) {
	err = s.call(ctx, "CreateReferenceType", true, func() error {
		for _, have := range s.refs {
			if have.Name == r.Name && have.SchemaID == r.SchemaID {
				return rejected("Name has to be unique")
			}
		}
		made = r
		made.ID = s.id()
		s.refs = append(s.refs, made)
		return nil
	})
	return made, err
}

// Icons implements restore.Target.
func (s *Site) Icons(ctx context.Context) (list []assets.Icon, err error) {
	err = s.call(ctx, "Icons", false, func() error { list = slices.Clone(s.icons); return nil })
	return list, err
}

// CreateIcon implements restore.Target.
func (s *Site) CreateIcon(ctx context.Context, name string, _ []byte) (made assets.Icon, err error) {
	err = s.call(ctx, "CreateIcon", true, func() error {
		if s.NoIcons {
			return assets.ErrUnsupported
		}
		made = assets.Icon{ID: s.id(), Name: name}
		s.icons = append(s.icons, made)
		return nil
	})
	return made, err
}

// ObjectTypes implements restore.Target.
func (s *Site) ObjectTypes(ctx context.Context, schemaID string) (list []assets.ObjectType, err error) {
	err = s.call(ctx, "ObjectTypes", false, func() error {
		for _, t := range s.types {
			if t.SchemaID == schemaID {
				list = append(list, t)
			}
		}
		return nil
	})
	return list, err
}

// CreateObjectType implements restore.Target.
func (s *Site) CreateObjectType(ctx context.Context, spec restore.ObjectTypeSpec) (made assets.ObjectType, err error) {
	err = s.call(ctx, "CreateObjectType", true, func() error {
		if strings.ContainsAny(spec.Name, `=;:?."`) {
			return rejected("Name contains forbidden characters")
		}
		if !slices.ContainsFunc(s.icons, func(i assets.Icon) bool { return i.ID == spec.IconID }) {
			return rejected("Icon needs to be set.")
		}
		position := 0
		for _, have := range s.types {
			if have.SchemaID == spec.SchemaID && have.Name == spec.Name {
				return rejected("Name has to be unique")
			}
			if have.SchemaID == spec.SchemaID && have.ParentID == spec.ParentID {
				position++
			}
		}
		made = assets.ObjectType{
			ID: s.id(), Name: spec.Name, Description: spec.Description, IconID: spec.IconID, ParentID: spec.ParentID,
			SchemaID: spec.SchemaID, Position: position, Inherited: spec.Inherited, Abstract: spec.Abstract,
		}
		s.types = append(s.types, made)
		s.birth(made)
		return nil
	})
	return made, err
}

// birth gives a type the attributes it is born with.
func (s *Site) birth(t assets.ObjectType) {
	for i, name := range []string{assets.AttributeKey, assets.AttributeName, assets.AttributeCreated, assets.AttributeUpdated} {
		a := assets.Attribute{
			ID: s.id(), TypeID: t.ID, Name: name, Kind: assets.KindDefault, MinCardinality: 1, MaxCardinality: 1,
			Label: name == assets.AttributeName, Editable: name == assets.AttributeName, System: name != assets.AttributeName, Position: i,
		}
		s.attrs = append(s.attrs, a)
	}
	if parent := s.typeByID(t.ParentID); parent != nil && parent.Inherited {
		for _, a := range s.attributesOf(parent.ID) {
			s.inherit(a, t.ID)
		}
	}
}

// inherit gives a child a copy of an attribute, unless it has one of that name.
func (s *Site) inherit(a assets.Attribute, child string) {
	own := s.attributesOf(child)
	if slices.ContainsFunc(own, func(have assets.Attribute) bool { return have.Name == a.Name }) {
		return
	}
	a.ID, a.TypeID, a.Position = s.id(), child, len(own)
	s.attrs = append(s.attrs, a)
	s.passOn(a)
}

// passOn copies a new attribute to the children of an inheriting type.
func (s *Site) passOn(a assets.Attribute) {
	if t := s.typeByID(a.TypeID); t == nil || !t.Inherited {
		return
	}
	for _, t := range slices.Clone(s.types) {
		if t.ParentID == a.TypeID {
			s.inherit(a, t.ID)
		}
	}
}

func (s *Site) typeByID(id string) *assets.ObjectType {
	for i := range s.types {
		if s.types[i].ID == id {
			return &s.types[i]
		}
	}
	return nil
}

func (s *Site) attributesOf(typeID string) []assets.Attribute {
	var list []assets.Attribute
	for _, a := range s.attrs {
		if a.TypeID == typeID {
			list = append(list, a)
		}
	}
	return list
}

// PlaceObjectType implements restore.Target.
func (s *Site) PlaceObjectType(ctx context.Context, typeID, parentID string, position int) error {
	return s.call(ctx, "PlaceObjectType", true, func() error {
		t := s.typeByID(typeID)
		if t == nil {
			return assets.ErrNotFound
		}
		t.ParentID = parentID
		var siblings []*assets.ObjectType
		for i := range s.types {
			if other := &s.types[i]; other.SchemaID == t.SchemaID && other.ParentID == parentID && other.ID != typeID {
				siblings = append(siblings, other)
			}
		}
		slices.SortStableFunc(siblings, func(a, b *assets.ObjectType) int { return cmp.Compare(a.Position, b.Position) })
		for i, sibling := range slices.Insert(siblings, min(position, len(siblings)), t) {
			sibling.Position = i
		}
		return nil
	})
}

// Attributes implements restore.Target.
func (s *Site) Attributes(ctx context.Context, typeID string) (list []assets.Attribute, err error) {
	err = s.call(ctx, "Attributes", false, func() error { list = s.attributesOf(typeID); return nil })
	return list, err
}

// CreateAttribute implements restore.Target.
func (s *Site) CreateAttribute(ctx context.Context, typeID string, spec restore.AttributeSpec) (made assets.Attribute, err error) {
	err = s.call(ctx, "CreateAttribute", true, func() error {
		own := s.attributesOf(typeID)
		for _, have := range own {
			if have.Name == spec.Name {
				return rejected("Name has to be unique")
			}
		}
		if err := s.checkAttribute(spec); err != nil {
			return err
		}
		made = assets.Attribute{ID: s.id(), TypeID: typeID, Editable: true, Removable: true, Position: len(own)}
		s.apply(&made, spec)
		s.attrs = append(s.attrs, made)
		s.labels(made)
		s.passOn(made)
		return nil
	})
	return made, err
}

func (s *Site) checkAttribute(spec restore.AttributeSpec) error {
	switch {
	case spec.Kind == assets.KindReference && s.typeByID(spec.TypeValue) == nil:
		return rejected("the referenced object type does not exist")
	case spec.Kind == assets.KindReference && !slices.ContainsFunc(s.refs, func(r assets.ReferenceType) bool { return r.ID == spec.AdditionalValue }):
		return rejected("the reference type does not exist")
	case spec.Kind > assets.KindStatus || spec.Kind == assets.KindConfluence:
		return rejected("attributes of this kind cannot be created")
	case spec.MaxCardinality != assets.Unlimited && spec.MaxCardinality < max(1, spec.MinCardinality):
		return rejected("the maximum cardinality is too small")
	}
	return nil
}

func (s *Site) apply(a *assets.Attribute, spec restore.AttributeSpec) {
	a.Name, a.Description, a.Kind, a.Default = spec.Name, spec.Description, spec.Kind, spec.Default
	a.TypeValue, a.TypeValueMulti, a.AdditionalValue = spec.TypeValue, spec.TypeValueMulti, spec.AdditionalValue
	a.MinCardinality, a.MaxCardinality, a.Label, a.Hidden = spec.MinCardinality, spec.MaxCardinality, spec.Label, spec.Hidden
	a.Unique, a.Summable, a.IncludeChildren = spec.Unique, spec.Summable, spec.IncludeChildren
	a.Regex, a.Query, a.Suffix, a.Options = spec.Regex, spec.Query, spec.Suffix, spec.Options
	if spec.Kind == assets.KindReference {
		a.ReferenceObjectTypeID, a.ReferenceTypeID, a.TypeValue, a.AdditionalValue = spec.TypeValue, spec.AdditionalValue, "", ""
	}
}

// labels makes a new label the only one.
func (s *Site) labels(label assets.Attribute) {
	for i := range s.attrs {
		if a := &s.attrs[i]; label.Label && a.TypeID == label.TypeID && a.ID != label.ID {
			a.Label = false
		}
	}
}

// UpdateAttribute implements restore.Target.
func (s *Site) UpdateAttribute(ctx context.Context, typeID, attributeID string, spec restore.AttributeSpec) (made assets.Attribute, err error) {
	err = s.call(ctx, "UpdateAttribute", true, func() error {
		for i := range s.attrs {
			a := &s.attrs[i]
			if a.ID != attributeID || a.TypeID != typeID {
				continue
			}
			if a.System {
				return rejected("the attribute cannot be changed")
			}
			if err := s.checkAttribute(spec); err != nil {
				return err
			}
			s.apply(a, spec)
			s.labels(*a)
			made = *a
			return nil
		}
		return assets.ErrNotFound
	})
	return made, err
}

// UsersNamed implements restore.Target.
func (s *Site) UsersNamed(ctx context.Context, name string) (list []restore.User, err error) {
	err = s.call(ctx, "UsersNamed", false, func() error {
		for _, u := range s.People {
			if u.Name == name {
				list = append(list, u)
			}
		}
		return nil
	})
	return list, err
}

// GroupExists implements restore.Target.
func (s *Site) GroupExists(ctx context.Context, name string) (exists bool, err error) {
	err = s.call(ctx, "GroupExists", false, func() error { _, exists = s.Groups[name]; return nil })
	return exists, err
}

// GroupMembers implements restore.Target.
func (s *Site) GroupMembers(ctx context.Context, name string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var members []string
		err := s.call(ctx, "GroupMembers", false, func() error {
			have, ok := s.Groups[name]
			members = slices.Clone(have)
			if !ok {
				return assets.ErrNotFound
			}
			return nil
		})
		if err != nil {
			yield("", err)
			return
		}
		for _, m := range members {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// Projects implements restore.Target.
func (s *Site) Projects(ctx context.Context) (list []restore.Project, err error) {
	err = s.call(ctx, "Projects", false, func() error { list = slices.Clone(s.Works); return nil })
	return list, err
}

func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }
