package restoretest

import (
	"context"
	"fmt"
	"slices"

	"stowage/assets"
	"stowage/restore"
)

// Backup is a restore.Backup in memory.
type Backup struct {
	Name       string
	Source     assets.Schema
	Settings   *assets.Properties
	Statuses   []assets.StatusType
	References []assets.ReferenceType
	Pictures   []assets.Icon
	Images     map[string][]byte
	Types      []assets.ObjectType
	Attrs      []assets.Attribute
	Objects    []assets.Object
	Changes    map[string][]assets.HistoryEntry
	// Others counts what the backup holds besides.
	Others map[string]int
	// PerSegment is the number of objects in a segment; 4 when it is zero.
	PerSegment int
}

var _ restore.Backup = (*Backup)(nil)

// ID implements restore.Backup.
func (b *Backup) ID() string { return b.Name }

// Schema implements restore.Backup.
func (b *Backup) Schema(context.Context) (assets.Schema, error) { return b.Source, nil }

// Properties implements restore.Backup.
func (b *Backup) Properties(context.Context) (assets.Properties, error) {
	if b.Settings == nil {
		return assets.Properties{}, assets.ErrNotFound
	}
	return *b.Settings, nil
}

// StatusTypes implements restore.Backup.
func (b *Backup) StatusTypes(context.Context) ([]assets.StatusType, error) {
	return slices.Clone(b.Statuses), nil
}

// ReferenceTypes implements restore.Backup.
func (b *Backup) ReferenceTypes(context.Context) ([]assets.ReferenceType, error) {
	return slices.Clone(b.References), nil
}

// Icons implements restore.Backup.
func (b *Backup) Icons(context.Context) ([]assets.Icon, error) { return slices.Clone(b.Pictures), nil }

// IconImage implements restore.Backup.
func (b *Backup) IconImage(_ context.Context, iconID string) ([]byte, error) {
	image, ok := b.Images[iconID]
	if !ok {
		return nil, fmt.Errorf("icon %s: %w", iconID, assets.ErrNotFound)
	}
	return image, nil
}

// ObjectTypes implements restore.Backup.
func (b *Backup) ObjectTypes(context.Context) ([]assets.ObjectType, error) {
	return slices.Clone(b.Types), nil
}

// Attributes implements restore.Backup.
func (b *Backup) Attributes(context.Context) ([]assets.Attribute, error) {
	return slices.Clone(b.Attrs), nil
}

// Segments implements restore.Backup.
func (b *Backup) Segments() []restore.Segment {
	var list []restore.Segment
	for _, part := range b.parts() {
		list = append(list, restore.Segment{Types: []string{part[0].TypeID}, Objects: len(part)})
	}
	return list
}

// ReadSegment implements restore.Backup.
func (b *Backup) ReadSegment(ctx context.Context, segment int) ([]assets.Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return slices.Clone(b.parts()[segment]), nil
}

// History implements restore.Backup.
func (b *Backup) History(_ context.Context, objectID string) ([]assets.HistoryEntry, error) {
	return b.Changes[objectID], nil
}

// Kept implements restore.Backup.
func (b *Backup) Kept() map[string]int { return b.Others }

// parts cuts the objects into segments of one type each.
func (b *Backup) parts() [][]assets.Object {
	size := b.PerSegment
	if size == 0 {
		size = 4
	}
	var parts [][]assets.Object
	for _, t := range b.Types {
		var own []assets.Object
		for _, o := range b.Objects {
			if o.TypeID == t.ID {
				own = append(own, o)
			}
		}
		parts = slices.AppendSeq(parts, slices.Chunk(own, size))
	}
	return parts
}
