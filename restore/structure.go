package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stowage/assets"
	"stowage/report"
)

// thing is something that is made once and found again by its name: a schema, a type, a status.
type thing struct {
	kind, source string
	op           string
	// exclusive is a thing that must be ours: one that somebody else made meanwhile is not used.
	exclusive bool
	create    func(ctx context.Context) (string, error)
	// note is kept in the journal with the thing.
	note string
	// find returns the id of the thing on the target, or "" when it is not there.
	find func(ctx context.Context) (string, error)
}

// ensure makes a thing unless the journal knows it. After a lost answer the target is asked before anything is sent
// again. A thing the target refuses is an *assets.Rejected or assets.ErrConflict, and the journal remembers nothing of it.
func (r *run) ensure(ctx context.Context, t thing) (string, error) {
	entry, begun := r.ledger.entry(t.kind, t.source)
	if entry.done {
		return entry.target, nil
	}
	id := ""
	var err error
	if begun {
		if id, err = r.patiently(ctx, t.find); err != nil {
			return "", err
		}
	} else if err = r.ledger.begin(r.writing(ctx), t.kind, t.source); err != nil {
		return "", err
	}
	ours := begun
	for attempt := 1; id == ""; attempt++ {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		id, err = t.create(r.writing(ctx))
		r.calls.add(t.op)
		switch {
		case err == nil:
		case errors.Is(err, assets.ErrUnknownOutcome) && attempt < attempts:
			ours = true
			if id, err = r.patiently(ctx, t.find); err != nil {
				return "", err
			}
		case transient(err) && attempt < attempts:
			if err := waitFor(ctx, pauseAfter(attempt)); err != nil {
				return "", err
			}
			id = ""
		case refused(err) && (ours || !t.exclusive):
			// Somebody may have made it since the plan was checked, or an earlier try of ours did.
			found, findErr := t.find(ctx)
			if findErr != nil || found == "" {
				return "", err
			}
			id = found
		default:
			return "", err
		}
	}
	return id, r.ledger.finish(r.writing(ctx), t.kind, t.source, id, t.note)
}

// patiently looks for a thing twice, since lists may be behind writes.
func (r *run) patiently(ctx context.Context, find func(context.Context) (string, error)) (string, error) {
	for _, pause := range []time.Duration{0, time.Second} {
		if err := waitFor(ctx, pause); err != nil {
			return "", err
		}
		if id, err := find(ctx); id != "" || err != nil {
			return id, err
		}
	}
	return "", nil
}

// refused says whether the target understood a write and did not accept it.
func refused(err error) bool {
	var rejected *assets.Rejected
	return errors.As(err, &rejected) || errors.Is(err, assets.ErrConflict)
}

func (r *run) restoreIcons(ctx context.Context) error {
	r.set.Progress.Stage(StageIcons, int64(len(r.plan.Icons)))
	for _, icon := range r.plan.Icons {
		id := icon.Target
		if id == "" {
			var err error
			if id, err = r.uploadIcon(ctx, icon); err != nil {
				return err
			}
		} else if icon.Fallback {
			r.report(report.Entry{
				Outcome: report.Skipped, Stage: StageIcons, Kind: "icon", ID: icon.Source, Cause: report.CauseIconMissing,
				Message: fmt.Sprintf("icon %q: object types get the default icon", icon.Name),
			})
		}
		r.icons[icon.Source] = id
		r.set.Progress.Advance(1)
	}
	return nil
}

// uploadIcon uploads an icon where the target takes one, and gives the default icon otherwise.
func (r *run) uploadIcon(ctx context.Context, icon PlannedIcon) (string, error) {
	var image []byte
	id, err := r.ensure(ctx, thing{
		kind: kindIcon, source: icon.Source, op: opCreateIcon,
		create: func(ctx context.Context) (string, error) {
			var err error
			if image == nil {
				if image, err = r.b.IconImage(ctx, icon.Source); err != nil {
					return "", fmt.Errorf("read icon %s of backup %s: %w", icon.Source, r.b.ID(), err)
				}
			}
			made, err := r.target.CreateIcon(ctx, icon.Name, image)
			return made.ID, err
		},
		find: func(ctx context.Context) (string, error) {
			r.calls.add(opIcons)
			there, err := r.target.Icons(ctx)
			return matchIcon(there, icon.Source, icon.Name), err
		},
	})
	if err == nil {
		return id, nil
	}
	if !errors.Is(err, assets.ErrUnsupported) && !refused(err) {
		return "", fmt.Errorf("upload icon %s: %w", icon.Source, err)
	}
	r.report(report.Entry{
		Outcome: report.Skipped, Stage: StageIcons, Kind: "icon", ID: icon.Source, Cause: report.CauseIconMissing,
		Message: fmt.Sprintf("icon %q cannot be uploaded, object types get the default icon: %v", icon.Name, err),
	})
	return r.plan.DefaultIcon, r.ledger.finish(r.writing(ctx), kindIcon, icon.Source, r.plan.DefaultIcon, "")
}

func (r *run) restoreSchema(ctx context.Context) error {
	r.set.Progress.Stage(StageSchema, 1)
	want := r.plan.Schema
	id, err := r.ensure(ctx, thing{
		kind: kindSchema, source: r.plan.Source.SchemaID, op: opCreateSchema, exclusive: true,
		create: func(ctx context.Context) (string, error) {
			made, err := r.target.CreateSchema(ctx, SchemaSpec{Name: want.Name, Key: want.Key, Description: want.Description})
			return made.ID, err
		},
		find: func(ctx context.Context) (string, error) {
			r.calls.add(opSchemas)
			there, err := r.target.Schemas(ctx)
			for _, s := range there {
				if s.Key == want.Key && s.Name == want.Name {
					return s.ID, nil
				}
			}
			return "", err
		},
	})
	if err != nil && refused(err) {
		return fmt.Errorf("%w: the target does not accept the schema %q with the key %s: %w", ErrPlan, want.Name, want.Key, err)
	}
	if err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	r.schemaID = id
	if r.set.Schema != nil {
		r.set.Schema(id)
	}
	r.set.Progress.Advance(1)
	return nil
}

func (r *run) restoreConfig(ctx context.Context) error {
	r.set.Progress.Stage(StageConfig, 1)
	defer r.set.Progress.Advance(1)
	if entry, _ := r.ledger.entry(kindProperties, r.schemaID); entry.done || !r.plan.Schema.SetProperties {
		return nil
	}
	if err := r.ledger.begin(r.writing(ctx), kindProperties, r.schemaID); err != nil {
		return err
	}
	// Settings may be written twice without harm.
	err := r.repeat(ctx, opProperties, func(ctx context.Context) error {
		return r.target.SetProperties(ctx, r.schemaID, r.plan.Schema.Properties)
	})
	switch {
	case errors.Is(err, assets.ErrUnsupported):
		r.report(report.Entry{
			Outcome: report.Skipped, Stage: StageConfig, Kind: "schema", ID: r.schemaID, Cause: report.CauseEndpointMissing,
			Message: "the settings of the schema cannot be written on this site",
		})
	case err != nil && refused(err):
		r.report(report.Entry{Outcome: report.Failed, Stage: StageConfig, Kind: "schema", ID: r.schemaID, Cause: report.CauseRejected, Message: err.Error()})
	case err != nil:
		return fmt.Errorf("write the settings of the schema: %w", err)
	}
	return r.ledger.finish(r.writing(ctx), kindProperties, r.schemaID, r.schemaID, "")
}

// repeat makes a call that may be made twice: it changes something to a state, whatever it was before.
func (r *run) repeat(ctx context.Context, op string, f func(context.Context) error) error {
	var err error
	for attempt := 1; attempt <= attempts; attempt++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err = f(r.writing(ctx))
		r.calls.add(op)
		if err == nil || !transient(err) && !errors.Is(err, assets.ErrUnknownOutcome) {
			return err
		}
		if waitFor(ctx, pauseAfter(attempt)) != nil {
			return err
		}
	}
	return err
}

func (r *run) restoreStatuses(ctx context.Context) error {
	for _, stage := range []string{StageGlobalStatuses, StageSchemaStatuses} {
		global := stage == StageGlobalStatuses
		var list []PlannedStatus
		for _, st := range r.plan.StatusTypes {
			if st.Global == global {
				list = append(list, st)
			}
		}
		r.set.Progress.Stage(stage, int64(len(list)))
		for _, st := range list {
			id, err := r.restoreStatus(ctx, stage, st)
			if err != nil {
				return err
			}
			r.statuses[st.Source] = id
			r.set.Progress.Advance(1)
		}
	}
	return nil
}

func (r *run) restoreStatus(ctx context.Context, stage string, st PlannedStatus) (string, error) {
	if st.Target != "" {
		return st.Target, nil
	}
	scope := r.schemaID
	if st.Global {
		scope = ""
	}
	id, err := r.ensure(ctx, thing{
		kind: kindStatus, source: st.Source, op: opCreateStatus,
		create: func(ctx context.Context) (string, error) {
			made, err := r.target.CreateStatusType(ctx, assets.StatusType{
				Name: st.Name, Description: st.Description, Category: st.Category, SchemaID: scope,
			})
			return made.ID, err
		},
		find: func(ctx context.Context) (string, error) {
			r.calls.add(opStatuses)
			there, err := r.target.StatusTypes(ctx, scope)
			// A status of the schema is preferred to a global one of the same name, which serves where names must be unique.
			found := ""
			for _, have := range there {
				if have.Name == st.Name && (found == "" || have.SchemaID == scope) {
					found = have.ID
				}
			}
			return found, err
		},
	})
	if err != nil && refused(err) {
		r.report(report.Entry{
			Outcome: report.Failed, Stage: stage, Kind: "status type", ID: st.Source, Cause: report.CauseRejected,
			Message: fmt.Sprintf("status %q: %v", st.Name, err),
		})
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("create status type %s: %w", st.Source, err)
	}
	return id, nil
}

func (r *run) restoreReferenceTypes(ctx context.Context) error {
	for _, stage := range []string{StageReferences, StageGlobalReferences} {
		global := stage == StageGlobalReferences
		var list []PlannedReference
		for _, rt := range r.plan.ReferenceTypes {
			if rt.Global == global {
				list = append(list, rt)
			}
		}
		r.set.Progress.Stage(stage, int64(len(list)))
		for _, rt := range list {
			id, err := r.restoreReferenceType(ctx, stage, rt)
			if err != nil {
				return err
			}
			r.references[rt.Source] = id
			r.set.Progress.Advance(1)
		}
	}
	return nil
}

func (r *run) restoreReferenceType(ctx context.Context, stage string, rt PlannedReference) (string, error) {
	if rt.Target != "" {
		return rt.Target, nil
	}
	scope := r.schemaID
	if rt.Global {
		scope = ""
	}
	id, err := r.ensure(ctx, thing{
		kind: kindReference, source: rt.Source, op: opCreateReference,
		create: func(ctx context.Context) (string, error) {
			made, err := r.target.CreateReferenceType(ctx, assets.ReferenceType{
				Name: rt.Name, Description: rt.Description, Color: rt.Color, SchemaID: scope,
			})
			return made.ID, err
		},
		find: func(ctx context.Context) (string, error) {
			r.calls.add(opReferences)
			there, err := r.target.ReferenceTypes(ctx, scope)
			found := ""
			for _, have := range there {
				if have.Name == rt.Name && (found == "" || have.SchemaID == scope) {
					found = have.ID
				}
			}
			return found, err
		},
	})
	if err != nil && refused(err) {
		r.report(report.Entry{
			Outcome: report.Failed, Stage: stage, Kind: "reference type", ID: rt.Source, Cause: report.CauseRejected,
			Message: fmt.Sprintf("reference type %q: %v", rt.Name, err),
		})
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("create reference type %s: %w", rt.Source, err)
	}
	return id, nil
}

func (r *run) restoreTypes(ctx context.Context) error {
	r.set.Progress.Stage(StageTypes, int64(len(r.c.types)))
	r.types = make([]string, len(r.c.types))
	for i := range r.c.types {
		id, err := r.restoreType(ctx, &r.c.types[i])
		if err != nil {
			return err
		}
		r.types[i] = id
		r.set.Progress.Advance(1)
	}
	return r.placeTypes(ctx)
}

func (r *run) restoreType(ctx context.Context, t *catalogType) (string, error) {
	parent := ""
	if t.parent != none {
		if parent = r.types[t.parent]; parent == "" {
			r.report(report.Entry{
				Outcome: report.Failed, Stage: StageTypes, Kind: "object type", ID: t.Source, Cause: report.CauseRejected,
				Message: fmt.Sprintf("object type %q: its parent was not created", t.Name),
			})
			return "", nil
		}
	}
	icon := r.icons[t.Icon]
	if icon == "" {
		icon = r.plan.DefaultIcon
	}
	id, err := r.ensureType(ctx, t, t.Name, icon, parent)
	if other := t.Name + " (" + t.Source + ")"; err != nil && refused(err) && r.sharesName(t) {
		// The site of the backup told names apart that this one does not.
		if id, err = r.ensureType(ctx, t, other, icon, parent); err == nil {
			r.report(report.Entry{
				Outcome: report.Warned, Stage: StageTypes, Kind: "object type", ID: t.Source, Key: t.Name, Cause: report.CauseNameForbidden,
				Message: fmt.Sprintf("the target has an object type %q; this one is restored as %q", t.Name, other),
			})
		}
	}
	if err != nil && refused(err) {
		r.report(report.Entry{
			Outcome: report.Failed, Stage: StageTypes, Kind: "object type", ID: t.Source, Cause: report.CauseRejected,
			Message: fmt.Sprintf("object type %q: %v", t.Name, err),
		})
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("create object type %s: %w", t.Source, err)
	}
	return id, nil
}

// sharesName says whether another object type has the same name but for the case of its letters.
func (r *run) sharesName(t *catalogType) bool {
	return slices.ContainsFunc(r.c.types, func(other catalogType) bool {
		return other.Source != t.Source && strings.EqualFold(other.Name, t.Name)
	})
}

// ensureType makes an object type under a name, which the journal keeps where it is not the planned one.
func (r *run) ensureType(ctx context.Context, t *catalogType, name, icon, parent string) (string, error) {
	renamed := ""
	if name != t.Name {
		renamed = name
	}
	return r.ensure(ctx, thing{
		kind: kindType, source: t.Source, op: opCreateType, note: renamed,
		create: func(ctx context.Context) (string, error) {
			made, err := r.target.CreateObjectType(ctx, ObjectTypeSpec{
				Name: name, Description: t.Description, IconID: icon, SchemaID: r.schemaID, ParentID: parent,
				Inherited: t.Inherited, Abstract: t.Abstract,
			})
			return made.ID, err
		},
		find: func(ctx context.Context) (string, error) {
			r.calls.add(opTypes)
			there, err := r.target.ObjectTypes(ctx, r.schemaID)
			for _, have := range there {
				if have.Name == name && have.ParentID == parent {
					return have.ID, nil
				}
			}
			return "", err
		},
	})
}

// placeTypes moves siblings that the target did not keep in the order in which they were created.
func (r *run) placeTypes(ctx context.Context) error {
	r.calls.add(opTypes)
	there, err := r.target.ObjectTypes(ctx, r.schemaID)
	if err != nil {
		return fmt.Errorf("list the object types of the new schema: %w", err)
	}
	position := make(map[string]int)
	for _, t := range there {
		position[t.ID] = t.Position
	}
	siblings := make(map[string][]string)
	for i := range r.c.types {
		parent := ""
		if t := &r.c.types[i]; t.parent != none {
			parent = r.types[t.parent]
		}
		if r.types[i] != "" {
			siblings[parent] = append(siblings[parent], r.types[i])
		}
	}
	for i := -1; i < len(r.c.types); i++ {
		parent := ""
		if i >= 0 {
			if parent = r.types[i]; parent == "" {
				continue
			}
		}
		wanted := siblings[parent]
		if slices.IsSortedFunc(wanted, func(a, b string) int { return position[a] - position[b] }) {
			continue
		}
		for at, id := range wanted {
			err := r.repeat(ctx, opPlaceType, func(ctx context.Context) error { return r.target.PlaceObjectType(ctx, id, parent, at) })
			if err != nil && !refused(err) && !errors.Is(err, assets.ErrUnsupported) {
				return fmt.Errorf("place object type %s: %w", id, err)
			}
			if err != nil {
				r.report(report.Entry{Outcome: report.Warned, Stage: StageTypes, Kind: "object type", ID: id, Message: "its position cannot be set: " + err.Error()})
			}
		}
	}
	return nil
}
