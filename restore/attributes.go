package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stowage/assets"
	"stowage/report"
)

// restoreAttributes gives every new object type its attributes, parents first. A type is born with some attributes and
// with copies of those of an inheriting parent, so what is there is read first: attributes of the same name are changed
// where they differ, the others are created.
func (r *run) restoreAttributes(ctx context.Context) error {
	r.set.Progress.Stage(StageAttributes, int64(len(r.c.attrs)))
	r.attrs = make([]string, len(r.c.attrs))
	for i := range r.c.types {
		if r.types[i] != "" {
			if err := r.restoreTypeAttributes(ctx, int32(i)); err != nil {
				return fmt.Errorf("attributes of object type %s: %w", r.c.types[i].Source, err)
			}
		}
		r.set.Progress.Advance(int64(len(r.c.types[i].attrs)))
	}
	return nil
}

// attributeSource is the id under which the journal knows an attribute.
func (r *run) attributeSource(at int32) string {
	a := &r.c.attrs[at]
	if a.added {
		return r.c.types[a.typ].Source + "/" + a.Name
	}
	return a.Source
}

func (r *run) restoreTypeAttributes(ctx context.Context, t int32) error {
	var open []int32
	for _, at := range r.c.types[t].attrs {
		entry, _ := r.ledger.entry(kindAttribute, r.attributeSource(at))
		switch {
		case r.c.attrs[at].Dropped != "":
			r.reportDropped(at)
		case entry.done:
			r.attrs[at] = entry.target
			r.reportAttribute(at, entry.note)
		default:
			open = append(open, at)
		}
	}
	if len(open) == 0 {
		return nil
	}
	sources := make([]string, len(open))
	for i, at := range open {
		sources[i] = r.attributeSource(at)
	}
	if err := r.ledger.begin(r.writing(ctx), kindAttribute, sources...); err != nil {
		return err
	}
	there, err := r.readAttributes(ctx, t)
	if err != nil {
		return err
	}
	targets, notes := make([]string, len(open)), make([]string, len(open))
	for i, at := range open {
		if targets[i], notes[i], err = r.restoreAttribute(ctx, at, there); err != nil {
			return err
		}
		r.attrs[at] = targets[i]
		r.reportAttribute(at, notes[i])
	}
	if err := r.orphanedName(ctx, t, there); err != nil {
		return err
	}
	if err := r.ledger.finishAll(r.writing(ctx), kindAttribute, sources, targets, notes); err != nil {
		return err
	}
	return r.compareOrder(ctx, t)
}

func (r *run) readAttributes(ctx context.Context, t int32) ([]assets.Attribute, error) {
	r.calls.add(opAttributes)
	there, err := r.target.Attributes(ctx, r.types[t])
	if err != nil {
		return nil, fmt.Errorf("list attributes: %w", err)
	}
	return there, nil
}

// reportDropped tells of an attribute that is left out. Every run tells of it, since every run has a report of its own.
func (r *run) reportDropped(at int32) {
	a := &r.c.attrs[at]
	r.report(report.Entry{
		Outcome: report.Skipped, Stage: StageAttributes, Kind: "attribute", ID: a.Source, Key: r.c.types[a.typ].Name, Attribute: a.Name,
		Cause: a.Dropped, Message: droppedSentence(a.Dropped),
	})
}

// reportAttribute tells of an attribute that the target refused, wholly or in its settings.
func (r *run) reportAttribute(at int32, refusal string) {
	if refusal == "" {
		return
	}
	a := &r.c.attrs[at]
	r.report(report.Entry{
		Outcome: report.Failed, Stage: StageAttributes, Kind: "attribute", ID: a.Source, Key: r.c.types[a.typ].Name, Attribute: a.Name,
		Cause: report.CauseRejected, Message: refusal,
	})
}

// restoreAttribute creates or changes one attribute. It returns its target id, "" when the target refused it, and what is
// to be said when it is not as it should be.
func (r *run) restoreAttribute(ctx context.Context, at int32, there []assets.Attribute) (id, refusal string, err error) {
	a := &r.c.attrs[at]
	spec := r.attributeSpec(at, true)
	typeID := r.types[a.typ]
	existing := r.counterpart(at, there)
	if existing != nil {
		if sameSpec(spec, specOf(existing)) {
			return existing.ID, "", nil
		}
		err := r.repeat(ctx, opUpdateAttribute, func(ctx context.Context) error {
			_, err := r.target.UpdateAttribute(ctx, typeID, existing.ID, spec)
			return err
		})
		if refusal, err = refusalText("the settings of the attribute cannot be restored: ", err); err != nil {
			return "", "", fmt.Errorf("change attribute %s: %w", existing.ID, err)
		}
		return existing.ID, refusal, nil
	}
	id, err = r.createAttribute(ctx, typeID, spec)
	if refusal, err = refusalText("the attribute and its values are not restored: ", err); err != nil {
		return "", "", fmt.Errorf("create attribute %s: %w", a.Source, err)
	}
	return id, refusal, nil
}

// refusalText turns a refusal into words, and leaves any other error alone.
func refusalText(what string, err error) (string, error) {
	if err == nil || !refused(err) {
		return "", err
	}
	return what + err.Error(), nil
}

func (r *run) createAttribute(ctx context.Context, typeID string, spec AttributeSpec) (string, error) {
	find := func(ctx context.Context) (string, error) {
		r.calls.add(opAttributes)
		there, err := r.target.Attributes(ctx, typeID)
		for i := range there {
			if there[i].Name == spec.Name {
				return there[i].ID, nil
			}
		}
		return "", err
	}
	for attempt := 1; ; attempt++ {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		made, err := r.target.CreateAttribute(r.writing(ctx), typeID, spec)
		r.calls.add(opCreateAttribute)
		switch {
		case err == nil:
			return made.ID, nil
		case errors.Is(err, assets.ErrUnknownOutcome) && attempt < attempts:
			if id, err := r.patiently(ctx, find); id != "" || err != nil {
				return id, err
			}
		case transient(err) && attempt < attempts:
			if err := waitFor(ctx, pauseAfter(attempt)); err != nil {
				return "", err
			}
		default:
			return "", err
		}
	}
}

// counterpart finds the attribute of the target that plays the role of at: the one of the same name, or, for a label that
// was renamed in the backup, the Name the type was born with.
func (r *run) counterpart(at int32, there []assets.Attribute) *assets.Attribute {
	a := &r.c.attrs[at]
	var born *assets.Attribute
	for i := range there {
		if !there[i].Writable() {
			continue
		}
		if there[i].Name == a.Name {
			return &there[i]
		}
		if there[i].Name == assets.AttributeName {
			born = &there[i]
		}
	}
	if born == nil || !a.Label || a.Kind != assets.KindDefault || a.Default != assets.DefaultText {
		return nil
	}
	for _, other := range r.c.types[a.typ].attrs {
		if r.c.attrs[other].Name == assets.AttributeName {
			return nil
		}
	}
	return born
}

// orphanedName frees objects from the need of a Name that the backup does not have.
func (r *run) orphanedName(ctx context.Context, t int32, there []assets.Attribute) error {
	for i := range there {
		name := &there[i]
		if name.Name != assets.AttributeName || !name.Writable() || slices.Contains(r.attrs, name.ID) || name.MinCardinality == 0 {
			continue
		}
		spec := specOf(name)
		spec.MinCardinality, spec.Label = 0, false
		err := r.repeat(ctx, opUpdateAttribute, func(ctx context.Context) error {
			_, err := r.target.UpdateAttribute(ctx, r.types[t], name.ID, spec)
			return err
		})
		if err != nil && !refused(err) {
			return fmt.Errorf("change attribute %s: %w", name.ID, err)
		}
		message := "object types are born with an attribute Name that the backup does not have; it is left empty"
		if err != nil {
			message += ", which the target may not allow: " + err.Error()
		}
		r.report(report.Entry{
			Outcome: report.Warned, Stage: StageAttributes, Kind: "attribute", ID: name.ID, Key: r.c.types[t].Name, Attribute: name.Name, Message: message,
		})
	}
	return nil
}

// compareOrder reports once per type when its attributes do not stand in the order of the backup: the API cannot move them.
func (r *run) compareOrder(ctx context.Context, t int32) error {
	there, err := r.readAttributes(ctx, t)
	if err != nil {
		return err
	}
	position := make(map[string]int)
	for i := range there {
		position[there[i].ID] = there[i].Position
	}
	last := -1
	for _, at := range r.c.types[t].attrs {
		if r.attrs[at] == "" || r.c.attrs[at].added {
			continue
		}
		if position[r.attrs[at]] < last {
			r.report(report.Entry{
				Outcome: report.Skipped, Stage: StageAttributes, Kind: "object type", ID: r.c.types[t].Source, Key: r.c.types[t].Name,
				Cause: report.CauseOrderUnsupported, Message: "the order of its attributes differs from the backup and cannot be set",
			})
			return nil
		}
		last = position[r.attrs[at]]
	}
	return nil
}

// attributeSpec is what an attribute shall be on the target, relaxed or final.
func (r *run) attributeSpec(at int32, relaxed bool) AttributeSpec {
	a := &r.c.attrs[at]
	spec := AttributeSpec{
		Name: a.Name, Description: a.Description, Kind: a.Kind, Default: a.Default, AdditionalValue: a.AdditionalValue,
		MinCardinality: a.Min, MaxCardinality: a.Max, Label: a.Label, Hidden: a.Hidden, Unique: a.Unique, Summable: a.Summable,
		IncludeChildren: a.IncludeChildren, Regex: a.Regex, Query: a.Query, Suffix: a.Suffix, Options: a.Options,
	}
	if a.Kind != assets.KindDefault {
		spec.Default = assets.DefaultNone
	}
	if spec.MaxCardinality == 0 {
		spec.MaxCardinality = 1
	}
	if relaxed && a.Relaxed != nil {
		spec.MinCardinality, spec.MaxCardinality = a.Relaxed.Min, a.Relaxed.Max
	}
	switch a.Kind {
	case assets.KindReference:
		spec.TypeValue, spec.AdditionalValue = "", r.references[a.AdditionalValue]
		if t, ok := r.c.typeOf[a.TypeValue]; ok {
			spec.TypeValue = r.types[t]
		}
	case assets.KindStatus:
		for _, id := range a.TypeValueMulti {
			if target := r.statuses[id]; target != "" {
				spec.TypeValueMulti = append(spec.TypeValueMulti, target)
			}
		}
	case assets.KindUser:
		for _, group := range a.TypeValueMulti {
			if r.d.entries[keyOf(assets.ValueGroup, "", group)].target != "" {
				spec.TypeValueMulti = append(spec.TypeValueMulti, group)
			}
		}
	case assets.KindProject, assets.KindVersion:
		for _, id := range projectRestrictions(a.PlannedAttribute) {
			if target := r.d.projectByID(id); target != "" {
				spec.TypeValueMulti = append(spec.TypeValueMulti, target)
			}
		}
	case assets.KindDefault, assets.KindGroup, assets.KindConfluence, assets.KindBitbucket, assets.KindOpsgenie:
		spec.TypeValue, spec.TypeValueMulti = a.TypeValue, a.TypeValueMulti
	}
	return spec
}

// specOf is the specification that would create an attribute as it is.
func specOf(a *assets.Attribute) AttributeSpec {
	spec := AttributeSpec{
		Name: a.Name, Description: a.Description, Kind: a.Kind, Default: a.Default, TypeValue: a.TypeValue, TypeValueMulti: a.TypeValueMulti,
		AdditionalValue: a.AdditionalValue, MinCardinality: a.MinCardinality, MaxCardinality: a.MaxCardinality, Label: a.Label,
		Hidden: a.Hidden, Unique: a.Unique, Summable: a.Summable, IncludeChildren: a.IncludeChildren, Regex: a.Regex, Query: a.Query,
		Suffix: a.Suffix, Options: a.Options,
	}
	if a.Kind != assets.KindDefault {
		spec.Default = assets.DefaultNone
	}
	if spec.MaxCardinality == 0 {
		spec.MaxCardinality = 1
	}
	if a.Kind == assets.KindReference {
		spec.TypeValue, spec.AdditionalValue = a.ReferenceObjectTypeID, a.ReferenceTypeID
	}
	return spec
}

// differences names the settings in which have is not what want asks for. What the API does not always echo is compared
// only where it was answered.
func differences(want, have AttributeSpec) []string {
	var list []string
	differ := func(name string, yes bool) {
		if yes {
			list = append(list, name)
		}
	}
	differ("name", want.Name != have.Name)
	differ("description", want.Description != have.Description)
	differ("type", want.Kind != have.Kind || want.Default != have.Default)
	differ("minimum cardinality", want.MinCardinality != have.MinCardinality)
	differ("maximum cardinality", want.MaxCardinality != have.MaxCardinality)
	differ("label", want.Label != have.Label)
	differ("hidden", want.Hidden != have.Hidden)
	differ("unique", want.Unique != have.Unique)
	differ("summable", want.Summable != have.Summable)
	differ("child object types", want.Kind == assets.KindReference && want.IncludeChildren != have.IncludeChildren)
	differ("pattern", want.Regex != have.Regex)
	differ("filter", want.Query != have.Query)
	differ("suffix", want.Suffix != have.Suffix)
	differ("options", !sameOptions(want.Options, have.Options))
	if want.Kind == assets.KindReference {
		differ("referenced object type", want.TypeValue != have.TypeValue)
		differ("reference type", want.AdditionalValue != "" && want.AdditionalValue != have.AdditionalValue)
	} else {
		differ("additional value", have.AdditionalValue != "" && want.AdditionalValue != have.AdditionalValue)
	}
	differ("restrictions", !sameSet(want.TypeValueMulti, have.TypeValueMulti))
	return list
}

func sameSpec(want, have AttributeSpec) bool { return len(differences(want, have)) == 0 }

func sameOptions(a, b string) bool {
	split := func(s string) []string {
		var list []string
		for o := range strings.SplitSeq(s, ",") {
			if o = strings.TrimSpace(o); o != "" {
				list = append(list, o)
			}
		}
		return list
	}
	return slices.Equal(split(a), split(b))
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// putBack gives attributes whose cardinality was relaxed their final one.
func (r *run) putBack(ctx context.Context) error {
	for i := range r.c.attrs {
		at := int32(i)
		a := &r.c.attrs[at]
		if a.Relaxed == nil || r.attrs[at] == "" {
			continue
		}
		source := r.attributeSource(at)
		entry, _ := r.ledger.entry(kindPutBack, source)
		if !entry.done {
			if err := r.ledger.begin(r.writing(ctx), kindPutBack, source); err != nil {
				return err
			}
			err := r.repeat(ctx, opUpdateAttribute, func(ctx context.Context) error {
				_, err := r.target.UpdateAttribute(ctx, r.types[a.typ], r.attrs[at], r.attributeSpec(at, false))
				return err
			})
			if err != nil && !refused(err) {
				return fmt.Errorf("put back the cardinality of attribute %s: %w", a.Source, err)
			}
			n := ""
			if err != nil {
				n = err.Error()
			}
			if err := r.ledger.finish(r.writing(ctx), kindPutBack, source, r.attrs[at], n); err != nil {
				return err
			}
			entry.note = n
		}
		if entry.note != "" {
			name := r.c.types[a.typ].Name + "." + a.Name
			r.result.NotPutBack = append(r.result.NotPutBack, name)
			r.report(report.Entry{
				Outcome: report.Failed, Stage: StageObjectReferences, Kind: "attribute", ID: a.Source, Key: r.c.types[a.typ].Name, Attribute: a.Name,
				Cause: report.CauseRejected, Message: "its cardinality was relaxed and cannot be put back: " + entry.note,
			})
		}
	}
	return nil
}
