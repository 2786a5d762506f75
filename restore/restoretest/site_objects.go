package restoretest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"stowage/assets"
	"stowage/restore"
)

// CreateObject implements restore.Target.
func (s *Site) CreateObject(ctx context.Context, spec restore.ObjectSpec) (ref assets.ObjectRef, err error) {
	err = s.call(ctx, "CreateObject", true, func() error {
		t := s.typeByID(spec.TypeID)
		if t == nil {
			return assets.ErrNotFound
		}
		o := assets.Object{TypeID: spec.TypeID}
		if err := s.fill(&o, spec); err != nil {
			return err
		}
		if err := s.validate(&o); err != nil {
			return err
		}
		o.ID = s.id()
		s.counters[t.SchemaID]++
		o.Key = s.schemaKey(t.SchemaID) + "-" + strconv.Itoa(s.counters[t.SchemaID])
		o.Created = time.Now().UTC().Format(time.RFC3339)
		s.objects[o.ID] = &stored{Object: o, visible: time.Now().Add(s.Lag)}
		s.order = append(s.order, o.ID)
		ref = assets.ObjectRef{ID: o.ID, Key: o.Key}
		return nil
	})
	return ref, err
}

func (s *Site) schemaKey(id string) string {
	for _, schema := range s.schemas {
		if schema.ID == id {
			return schema.Key
		}
	}
	return ""
}

// UpdateObject implements restore.Target.
func (s *Site) UpdateObject(ctx context.Context, objectID string, spec restore.ObjectSpec) error {
	return s.call(ctx, "UpdateObject", true, func() error {
		have, ok := s.objects[objectID]
		if !ok {
			return assets.ErrNotFound
		}
		o := have.Object
		o.Values = slices.Clone(o.Values)
		if err := s.fill(&o, spec); err != nil {
			return err
		}
		if err := s.validate(&o); err != nil {
			return err
		}
		have.Object = o
		return nil
	})
}

// DeleteObject implements restore.Target.
func (s *Site) DeleteObject(ctx context.Context, objectID string) error {
	return s.call(ctx, "DeleteObject", true, func() error {
		if _, ok := s.objects[objectID]; !ok {
			return assets.ErrNotFound
		}
		delete(s.objects, objectID)
		s.order = slices.DeleteFunc(s.order, func(id string) bool { return id == objectID })
		for _, o := range s.objects {
			for i := range o.Values {
				o.Values[i].Values = slices.DeleteFunc(slices.Clone(o.Values[i].Values), func(v assets.Value) bool {
					return v.Kind == assets.ValueObject && v.ID == objectID
				})
			}
		}
		return nil
	})
}

// Object implements restore.Target.
func (s *Site) Object(ctx context.Context, objectID string) (o assets.Object, err error) {
	err = s.call(ctx, "Object", false, func() error {
		have, ok := s.objects[objectID]
		if !ok {
			return assets.ErrNotFound
		}
		o = have.Object
		return nil
	})
	return o, err
}

// Objects implements restore.Target.
func (s *Site) Objects(ctx context.Context, typeID string) iter.Seq2[assets.Object, error] {
	return s.search(ctx, "Objects", typeID, func(*assets.Object) bool { return true })
}

// FindByText implements restore.Target.
func (s *Site) FindByText(ctx context.Context, typeID, attribute string, texts []string) iter.Seq2[assets.Object, error] {
	return s.search(ctx, "FindByText", typeID, func(o *assets.Object) bool {
		for _, vs := range o.Values {
			if a := s.attribute(vs.AttributeID); a == nil || a.Name != attribute {
				continue
			}
			for _, v := range vs.Values {
				if slices.Contains(texts, v.Text) {
					return true
				}
			}
		}
		return false
	})
}

// search yields what the index shows of a type, in ascending order of id.
func (s *Site) search(ctx context.Context, op, typeID string, match func(*assets.Object) bool) iter.Seq2[assets.Object, error] {
	return func(yield func(assets.Object, error) bool) {
		var list []assets.Object
		err := s.call(ctx, op, false, func() error {
			for _, id := range s.order {
				o := s.objects[id]
				if o.TypeID == typeID && !time.Now().Before(o.visible) && match(&o.Object) {
					list = append(list, o.Object)
				}
			}
			return nil
		})
		if err != nil {
			yield(assets.Object{}, err)
			return
		}
		slices.SortFunc(list, func(a, b assets.Object) int { return compareIDs(a.ID, b.ID) })
		for _, o := range list {
			if !yield(o, nil) {
				return
			}
		}
	}
}

// All returns every object of a schema as it is, whatever the index says.
func (s *Site) All(schemaID string) []assets.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []assets.Object
	for _, id := range s.order {
		if t := s.typeByID(s.objects[id].TypeID); t != nil && t.SchemaID == schemaID {
			list = append(list, s.objects[id].Object)
		}
	}
	return list
}

// Tamper changes an object behind the back of everybody.
func (s *Site) Tamper(objectID string, change func(o *assets.Object)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[objectID].Object
	o.Values = slices.Clone(o.Values)
	for i := range o.Values {
		o.Values[i].Values = slices.Clone(o.Values[i].Values)
	}
	change(&o)
	s.objects[objectID].Object = o
}

func (s *Site) attribute(id string) *assets.Attribute {
	for i := range s.attrs {
		if s.attrs[i].ID == id {
			return &s.attrs[i]
		}
	}
	return nil
}

// fill sets the values of spec on an object, refusing what no such attribute takes.
func (s *Site) fill(o *assets.Object, spec restore.ObjectSpec) error {
	bad := make(map[string]string)
	for _, given := range spec.Values {
		a := s.attribute(given.AttributeID)
		if a == nil || a.TypeID != o.TypeID || a.System {
			bad[given.AttributeID] = "the attribute does not exist"
			continue
		}
		vs := assets.AttributeValues{AttributeID: a.ID}
		for _, text := range given.Texts {
			v, message := s.value(a, text)
			if message != "" {
				bad[a.ID] = message
			}
			vs.Values = append(vs.Values, v)
		}
		at := slices.IndexFunc(o.Values, func(have assets.AttributeValues) bool { return have.AttributeID == a.ID })
		switch {
		case at >= 0:
			o.Values[at] = vs
		case len(vs.Values) > 0:
			o.Values = append(o.Values, vs)
		}
		if a.Label && len(vs.Values) > 0 {
			o.Label = vs.Values[0].Text
		}
	}
	if len(bad) > 0 {
		return &assets.Rejected{Fields: bad}
	}
	return nil
}

// value reads one text as a value of an attribute.
func (s *Site) value(a *assets.Attribute, text string) (v assets.Value, message string) {
	invalid := "Invalid values (" + text + ")"
	switch a.Kind {
	case assets.KindDefault:
		return assets.Value{Text: text}, s.literal(a, text)
	case assets.KindReference:
		o, ok := s.objects[text]
		if !ok || !s.isA(o.TypeID, a.ReferenceObjectTypeID) {
			return v, invalid
		}
		return assets.Value{Kind: assets.ValueObject, ID: o.ID, Name: o.Label, Key: o.Key, TypeID: o.TypeID}, ""
	case assets.KindUser:
		for _, u := range s.People {
			if u.AccountID == text && u.Active && s.allowed(a, text) {
				return assets.Value{Kind: assets.ValueUser, ID: u.AccountID, Name: u.Name}, ""
			}
		}
		return v, "Invalid User(s)"
	case assets.KindGroup:
		if _, ok := s.Groups[text]; ok {
			return assets.Value{Kind: assets.ValueGroup, ID: text, Name: text}, ""
		}
		return v, "Invalid Group(s)"
	case assets.KindStatus:
		for _, st := range s.statuses {
			if st.ID == text && (len(a.TypeValueMulti) == 0 || slices.Contains(a.TypeValueMulti, text)) {
				return assets.Value{Kind: assets.ValueStatus, ID: st.ID, Name: st.Name, Category: st.Category}, ""
			}
		}
	case assets.KindProject:
		for _, p := range s.Works {
			if p.ID == text {
				return assets.Value{Kind: assets.ValueProject, ID: p.ID, Name: p.Name, Key: p.Key}, ""
			}
		}
	case assets.KindVersion:
		for _, p := range s.Works {
			for _, version := range p.Versions {
				if version.ID == text {
					return assets.Value{Kind: assets.ValueVersion, ID: version.ID, Name: version.Name}, ""
				}
			}
		}
	case assets.KindConfluence, assets.KindBitbucket, assets.KindOpsgenie:
	}
	return v, invalid
}

// allowed says whether a user is in the groups an attribute is restricted to.
func (s *Site) allowed(a *assets.Attribute, account string) bool {
	if len(a.TypeValueMulti) == 0 {
		return true
	}
	for _, g := range a.TypeValueMulti {
		if slices.Contains(s.Groups[g], account) {
			return true
		}
	}
	return false
}

// isA says whether a type is another or below it.
func (s *Site) isA(typeID, ancestor string) bool {
	for t := s.typeByID(typeID); t != nil; t = s.typeByID(t.ParentID) {
		if t.ID == ancestor {
			return true
		}
	}
	return false
}

func (s *Site) literal(a *assets.Attribute, text string) string {
	bad := false
	switch a.Default {
	case assets.DefaultText:
		if len(utf16.Encode([]rune(text))) >= 255 {
			return a.Name + " - Text attribute value must be less than 255 characters long"
		}
	case assets.DefaultInteger:
		_, err := strconv.Atoi(text)
		bad = err != nil
	case assets.DefaultBoolean:
		bad = text != "true" && text != "false"
	case assets.DefaultSelect:
		bad = !slices.Contains(strings.Split(a.Options, ","), text)
	case assets.DefaultTextarea:
		if len(utf16.Encode([]rune(text))) > 10_000 {
			return a.Name + " - Textarea attribute value is too long"
		}
	case assets.DefaultNone, assets.DefaultDouble, assets.DefaultDate, assets.DefaultTime, assets.DefaultDateTime, assets.DefaultURL,
		assets.DefaultEmail, assets.DefaultIP:
	}
	if bad {
		return "Invalid values (" + text + ")"
	}
	return ""
}

// validate checks an object as a whole: cardinalities and unique values.
func (s *Site) validate(o *assets.Object) error {
	bad := make(map[string]string)
	for _, a := range s.attributesOf(o.TypeID) {
		if a.System {
			continue
		}
		var vs []assets.Value
		for _, have := range o.Values {
			if have.AttributeID == a.ID {
				vs = have.Values
			}
		}
		switch {
		case len(vs) < a.MinCardinality:
			bad[a.ID] = fmt.Sprintf("%s must have at least %d values", a.Name, a.MinCardinality)
		case a.MaxCardinality != assets.Unlimited && len(vs) > a.MaxCardinality:
			bad[a.ID] = fmt.Sprintf("%s can only contain max %d values", a.Name, a.MaxCardinality)
		case a.Unique && len(vs) > 0 && s.used(&a, o, vs):
			bad[a.ID] = "The attribute '" + a.Name + "' has to be unique"
		}
	}
	if len(bad) > 0 {
		return &assets.Rejected{Fields: bad}
	}
	return nil
}

func (s *Site) used(a *assets.Attribute, o *assets.Object, vs []assets.Value) bool {
	for _, other := range maps.All(s.objects) {
		if other.ID == o.ID || other.TypeID != o.TypeID {
			continue
		}
		for _, have := range other.Values {
			if have.AttributeID == a.ID && slices.ContainsFunc(have.Values, func(v assets.Value) bool {
				return slices.ContainsFunc(vs, func(w assets.Value) bool { return v.Text == w.Text })
			}) {
				return true
			}
		}
	}
	return false
}
