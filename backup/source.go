package backup

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"stowage/assets"
)

// Source is a site to back up from. Every method may be called from several goroutines, reads only, and may be repeated:
// an implementation retries by itself what can be retried, and returns errors that answer to the sentinels of package
// assets. Methods for things that sites offer on undocumented endpoints return assets.ErrUnsupported where they do not.
type Source interface {
	// Schemas lists all schemas the account can see.
	Schemas(ctx context.Context) ([]assets.Schema, error)
	// Properties returns the settings of a schema.
	Properties(ctx context.Context, schemaID string) (assets.Properties, error)
	// StatusTypes lists the global status types and those of the schema.
	StatusTypes(ctx context.Context, schemaID string) ([]assets.StatusType, error)
	// ReferenceTypes lists the global reference types and those of the schema.
	ReferenceTypes(ctx context.Context, schemaID string) ([]assets.ReferenceType, error)
	// Icon returns one icon; IconImage its picture as PNG.
	Icon(ctx context.Context, iconID string) (assets.Icon, error)
	IconImage(ctx context.Context, iconID string) ([]byte, error)
	// ObjectTypes lists the object types of a schema, parents before children, by position below each parent.
	ObjectTypes(ctx context.Context, schemaID string) ([]assets.ObjectType, error)
	// Attributes lists the attributes of all object types of a schema, by type in the order of ObjectTypes, then by position.
	Attributes(ctx context.Context, schemaID string) ([]assets.Attribute, error)
	// Objects yields pages of objects in ascending order of their numeric id, beginning after q.After. The sequence may be
	// used once; an error is yielded once and ends it. The end is found from the answers, never from a total.
	Objects(ctx context.Context, q ObjectQuery) iter.Seq2[ObjectPage, error]
	// CountObjects returns the number of objects the query matches, exact however many there are.
	CountObjects(ctx context.Context, q ObjectQuery) (int, error)
	// Object returns one object, read by its id and so never from a search index that lags behind.
	Object(ctx context.Context, objectID string) (assets.Object, error)

	// History, Comments and Attachments return what hangs on one object.
	History(ctx context.Context, objectID string) ([]assets.HistoryEntry, error)
	Comments(ctx context.Context, objectID string) ([]assets.Comment, error)
	Attachments(ctx context.Context, objectID string) ([]assets.Attachment, error)
	// AttachmentData opens the bytes of an attachment; Avatar those of an object's own picture.
	AttachmentData(ctx context.Context, a assets.Attachment) (io.ReadCloser, error)
	Avatar(ctx context.Context, objectID string) (data []byte, mediaType string, err error)
	// IssueObjects yields the issues in whose Assets fields objects of the schema are selected.
	IssueObjects(ctx context.Context, schemaID string) iter.Seq2[assets.IssueObjects, error]
}

// ObjectQuery selects objects of one object type (its children are not included).
type ObjectQuery struct {
	TypeID string
	// After is the id of the last object already read, or empty for all.
	After string
	// UpdatedSince narrows the query to objects changed at or after a time, when it is not zero.
	UpdatedSince time.Time
}

// ObjectPage is one answer of the site.
type ObjectPage struct {
	Objects []assets.Object
	// Unreadable are entries of the answer that could not be understood; the others of the page are in Objects.
	Unreadable []UnreadableObject
	// Calls is the number of requests it took to get the page, normally 1.
	Calls int
}

// UnreadableObject is an object whose document could not be understood. ID and Key are set as far as they were.
type UnreadableObject struct {
	ID, Key string
	Err     error
}

// ErrUnreadable means that the site answered and the answer could not be understood. A Source wraps it when asking again
// would not help; it is about the one item asked for and does not end a backup.
var ErrUnreadable = errors.New("answer cannot be understood")

// Clock is implemented by a Source that can tell the time of the site, such as from the head of an answer. With it the
// changes that are made during a backup are found by the clock that stamps them; without it the clock of this machine
// is used, and trusted less.
type Clock interface {
	// Now returns the time of the site, or assets.ErrUnsupported where the site does not tell it.
	Now(ctx context.Context) (time.Time, error)
}

// Checkpoints keeps the state of one run between attempts. The state is opaque bytes, whole every time.
type Checkpoints interface {
	// Load returns the state saved last, or nil when there is none.
	Load(ctx context.Context) ([]byte, error)
	// Save replaces the state. When it returned nil the state survives a crash.
	Save(ctx context.Context, state []byte) error
}
