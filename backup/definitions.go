package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"stowage/assets"
	"stowage/report"
	"stowage/snapshot"
)

// definitions are everything about a schema but its objects. They are few, and are held until they are written.
type definitions struct {
	schema     assets.Schema
	properties *assets.Properties
	statuses   []assets.StatusType
	references []assets.ReferenceType
	types      []assets.ObjectType
	attributes []assets.Attribute
	// shapes identify, by type, the attributes that objects of the type have values for.
	shapes map[string]string
}

// readDefinitions reads all of them but the icons.
func (r *run) readDefinitions(ctx context.Context) (*definitions, error) {
	d := new(definitions)
	var err error
	if d.schema, err = r.findSchema(ctx); err != nil {
		return nil, err
	}
	id := d.schema.ID
	if p, err := r.src.Properties(ctx, id); err == nil {
		d.properties = &p
	} else if err := r.without(ctx, "properties", id, err); err != nil {
		return nil, err
	}
	if d.statuses, err = r.src.StatusTypes(ctx, id); err != nil {
		if err := r.without(ctx, "status types", id, err); err != nil {
			return nil, err
		}
	}
	if d.references, err = r.src.ReferenceTypes(ctx, id); err != nil {
		if err := r.without(ctx, "reference types", id, err); err != nil {
			return nil, err
		}
	}
	if d.types, err = r.src.ObjectTypes(ctx, id); err != nil {
		return nil, fmt.Errorf("object types of schema %s: %w", id, err)
	}
	if d.attributes, err = r.src.Attributes(ctx, id); err != nil {
		return nil, fmt.Errorf("attributes of schema %s: %w", id, err)
	}
	d.shapes = shapes(d.types, d.attributes)
	return d, nil
}

// without reports a part of the definitions that cannot be read, unless that ends the run.
func (r *run) without(ctx context.Context, kind, id string, err error) error {
	switch {
	case !concernsItem(ctx, err):
		return fmt.Errorf("%s of schema %s: %w", kind, id, err)
	case errors.Is(err, assets.ErrUnsupported):
		r.lines.Add(report.Entry{
			Outcome: report.Skipped, Stage: stageSchema, Kind: kind, ID: id, Cause: report.CauseEndpointMissing,
			Message: "the site does not tell the " + kind + " of a schema",
		})
	default:
		r.lines.Add(report.Entry{Outcome: report.Failed, Stage: stageSchema, Kind: kind, ID: id, Message: err.Error()})
	}
	return nil
}

// shapes identifies by type what decides which values its objects have, and in which form.
func shapes(types []assets.ObjectType, attributes []assets.Attribute) map[string]string {
	type shape struct {
		ID      string
		Kind    assets.AttributeKind
		Default assets.DefaultType
		Target  string
	}
	by := make(map[string][]shape, len(types))
	for i := range attributes {
		a := &attributes[i]
		by[a.TypeID] = append(by[a.TypeID], shape{a.ID, a.Kind, a.Default, a.ReferenceObjectTypeID})
	}
	all := make(map[string]string, len(types))
	for i := range types {
		s := by[types[i].ID]
		slices.SortFunc(s, func(a, b shape) int { return compareIDs(a.ID, b.ID) })
		text, _ := json.Marshal(s) // strings and numbers can be encoded
		sum := sha256.Sum256(text)
		all[types[i].ID] = hex.EncodeToString(sum[:8])
	}
	return all
}

// writeDefinitions adds them to the backup, as the last round read them.
func (r *run) writeDefinitions(ctx context.Context) error {
	d := r.defs
	add := func(kind snapshot.Kind, id string, doc any) error {
		if err := r.w.Add(ctx, kind, "", id, doc); err != nil {
			return fmt.Errorf("store %s %s: %w", kind, id, err)
		}
		return nil
	}
	errs := []error{add(snapshot.KindSchema, d.schema.ID, d.schema)}
	if d.properties != nil {
		errs = append(errs, add(snapshot.KindProperties, d.schema.ID, d.properties))
	}
	for i := range d.statuses {
		errs = append(errs, add(snapshot.KindStatusTypes, d.statuses[i].ID, &d.statuses[i]))
	}
	for i := range d.references {
		errs = append(errs, add(snapshot.KindReferenceTypes, d.references[i].ID, &d.references[i]))
	}
	for _, id := range d.iconIDs() {
		if icon, ok := r.icons[id]; ok {
			errs = append(errs, add(snapshot.KindIcons, id, icon))
		}
	}
	for i := range d.types {
		errs = append(errs, add(snapshot.KindObjectTypes, d.types[i].ID, &d.types[i]))
	}
	for i := range d.attributes {
		errs = append(errs, add(snapshot.KindAttributes, d.attributes[i].ID, &d.attributes[i]))
	}
	for _, k := range []snapshot.Kind{
		snapshot.KindSchema, snapshot.KindProperties, snapshot.KindStatusTypes, snapshot.KindReferenceTypes, snapshot.KindIcons,
		snapshot.KindObjectTypes, snapshot.KindAttributes,
	} {
		errs = append(errs, r.w.End(ctx, k, ""))
	}
	return errors.Join(errs...)
}

// iconIDs lists the icons of the types, each once, in order of their ids.
func (d *definitions) iconIDs() []string {
	var ids []string
	for i := range d.types {
		if id := d.types[i].IconID; id != "" {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, compareIDs)
	return slices.Compact(ids)
}

// readIcons reads the icons of the types and stores their pictures, those that are not stored yet.
func (r *run) readIcons(ctx context.Context) error {
	ids := r.defs.iconIDs()
	if _, n, _ := r.w.Last(snapshot.KindIconImages, ""); n > 0 && len(r.images) == 0 {
		for id, err := range r.w.StoredIDs(ctx, snapshot.KindIconImages, "") {
			if err != nil {
				return fmt.Errorf("read back the icons: %w", err)
			}
			r.images[id] = true
		}
	}
	for _, id := range ids {
		if err := r.readIcon(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) readIcon(ctx context.Context, id string) error {
	if _, ok := r.icons[id]; !ok {
		icon, err := r.src.Icon(ctx, id)
		if err != nil {
			return r.withoutIcon(ctx, "icon", id, err)
		}
		r.icons[id] = icon
	}
	if r.images[id] {
		return nil
	}
	data, err := r.src.IconImage(ctx, id)
	if err != nil {
		return r.withoutIcon(ctx, "icon image", id, err)
	}
	if err := r.addBytes(ctx, snapshot.KindIconImages, "", id, "image/png", data); err != nil {
		return fmt.Errorf("store icon %s: %w", id, err)
	}
	r.images[id] = true
	return nil
}

func (r *run) withoutIcon(ctx context.Context, kind, id string, err error) error {
	if !concernsItem(ctx, err) {
		return fmt.Errorf("%s %s: %w", kind, id, err)
	}
	r.lines.Add(report.Entry{Outcome: report.Failed, Stage: stageIcons, Kind: kind, ID: id, Message: err.Error()})
	return nil
}
