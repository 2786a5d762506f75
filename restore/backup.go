package restore

import (
	"context"

	"stowage/assets"
)

// Backup is what a restore reads from a backup. Every method may be called from several goroutines and as often as wanted;
// what a backup does not hold is assets.ErrNotFound where one thing is asked for, and an empty list otherwise.
type Backup interface {
	// ID names the backup.
	ID() string
	Schema(ctx context.Context) (assets.Schema, error)
	Properties(ctx context.Context) (assets.Properties, error)
	// StatusTypes and ReferenceTypes list those of the schema and the global ones of its site.
	StatusTypes(ctx context.Context) ([]assets.StatusType, error)
	ReferenceTypes(ctx context.Context) ([]assets.ReferenceType, error)
	Icons(ctx context.Context) ([]assets.Icon, error)
	// IconImage returns the picture of an icon as PNG.
	IconImage(ctx context.Context, iconID string) ([]byte, error)
	// ObjectTypes lists parents before children; Attributes follow in the same order, then by position.
	ObjectTypes(ctx context.Context) ([]assets.ObjectType, error)
	Attributes(ctx context.Context) ([]assets.Attribute, error)
	// Segments lists the parts in which objects are stored; ReadSegment decodes one of them whole. The number and order of
	// segments and of the objects in each never change.
	Segments() []Segment
	ReadSegment(ctx context.Context, segment int) ([]assets.Object, error)
	// History returns the changes of one object, in any order.
	History(ctx context.Context, objectID string) ([]assets.HistoryEntry, error)
	// Kept counts what the backup holds and a restore does not write, by what it is: comments, attachments and so on.
	Kept() map[string]int
}

// Segment is a run of objects stored together.
type Segment struct {
	// Types are the object types that occur in it, Objects the number of objects.
	Types   []string
	Objects int
}
