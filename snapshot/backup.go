package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"stowage/assets"
	"stowage/blob"
)

// Backup is a backup opened for reading. It may be used by several goroutines.
type Backup struct {
	store blob.Store
	keys  *Keys
	doc   *document

	// recent holds the segments that lookups read last, newest first.
	mu     sync.Mutex
	recent []cached
}

type cached struct {
	name string
	text []byte
}

const maxRecent = 6

// Open opens a backup. ErrNoBackup means that there is none of that id.
func Open(ctx context.Context, store blob.Store, keys *Keys, backupID string) (*Backup, error) {
	d, err := loadManifest(ctx, store, keys, backupID)
	if err != nil {
		return nil, err
	}
	return &Backup{store: store, keys: keys, doc: d}, nil
}

// List yields the manifests of the tenant's backups, newest first. A backup whose manifest cannot be read is yielded as a Manifest with
// nothing but its id, and the error; the sequence goes on. Any other error comes with an empty Manifest and ends it.
func List(ctx context.Context, store blob.Store, keys *Keys) iter.Seq2[Manifest, error] {
	return func(yield func(Manifest, error) bool) {
		ids, err := listIDs(ctx, store, keys.tenant)
		if err != nil {
			yield(Manifest{}, err)
			return
		}
		for _, id := range slices.Backward(ids) {
			d, err := loadManifest(ctx, store, keys, id)
			switch {
			case errors.Is(err, ErrNoBackup):
				// Deleted since it was listed.
				continue
			case err != nil && ctx.Err() != nil:
				yield(Manifest{}, err)
				return
			case err != nil:
				d = &document{Manifest: Manifest{Meta: Meta{Tenant: keys.tenant, Backup: id}}}
			}
			if !yield(d.Manifest, err) {
				return
			}
		}
	}
}

// listIDs returns the ids of all backups, oldest first.
func listIDs(ctx context.Context, store blob.Store, tenant string) ([]string, error) {
	prefix := backupsPrefix(tenant)
	var ids []string
	for info, err := range store.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("list backups: %w", err)
		}
		if id := strings.TrimPrefix(info.Name, prefix); !strings.Contains(id, "/") {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Delete deletes a backup. Its segments stay until a Sweep finds that no other backup has them.
func Delete(ctx context.Context, store blob.Store, keys *Keys, backupID string) error {
	if err := checkPart("backup id", backupID); err != nil {
		return err
	}
	name := manifestName(keys.tenant, backupID)
	if _, err := store.Stat(ctx, name); errors.Is(err, blob.ErrNotFound) {
		return fmt.Errorf("backup %s: %w", backupID, ErrNoBackup)
	}
	if err := store.Delete(ctx, name); err != nil {
		return fmt.Errorf("delete backup %s: %w", backupID, err)
	}
	return nil
}

// Manifest describes the backup.
func (b *Backup) Manifest() Manifest { return b.doc.Manifest }

// SegmentInfo describes a segment of objects.
type SegmentInfo struct {
	// Segment is what ReadObjects takes.
	Segment int
	Name    string
	// Objects is the number of objects in it that are part of the backup.
	Objects int
	// Bytes is its size in memory before it is decoded.
	Bytes int64
	// Types are the runs of object types in it, in order.
	Types []TypeRun
}

// TypeRun is a stretch of objects of one type.
type TypeRun struct {
	TypeID  string
	Objects int
	First   string
	Last    string
}

// Position is where an object is: the segment, and its place among the objects that ReadObjects returns for it.
type Position struct {
	Segment int32
	Index   int32
}

// ObjectSegments describes the segments that hold objects, in order.
func (b *Backup) ObjectSegments() []SegmentInfo {
	var all []SegmentInfo
	for i := range b.doc.Segments {
		s := &b.doc.Segments[i]
		if s.Kind != KindObjects {
			continue
		}
		info := SegmentInfo{Segment: i, Name: s.Name, Objects: s.Records - len(s.Omit), Bytes: s.Size}
		for _, r := range s.Runs {
			info.Types = append(info.Types, TypeRun{TypeID: r.Group, Objects: r.Records, First: r.First, Last: r.Last})
		}
		all = append(all, info)
	}
	return all
}

// ReadObjects returns all objects of a segment. Nothing is kept: who comes back to the same segment often keeps it.
func (b *Backup) ReadObjects(ctx context.Context, segment int) ([]assets.Object, error) {
	if segment < 0 || segment >= len(b.doc.Segments) || b.doc.Segments[segment].Kind != KindObjects {
		return nil, fmt.Errorf("segment %d holds no objects", segment)
	}
	s := &b.doc.Segments[segment]
	objects := make([]assets.Object, 0, s.Records-len(s.Omit))
	var d assets.ObjectDecoder
	err := b.each(ctx, s, readSegment, func(r record) error {
		objects = append(objects, assets.Object{})
		return decodeObject(&d, s, r, &objects[len(objects)-1])
	})
	return objects, err
}

// Objects yields the objects of an object type, or all objects where typeID is empty, in the order written. An error is yielded
// once and ends the sequence.
func (b *Backup) Objects(ctx context.Context, typeID string) iter.Seq2[assets.Object, error] {
	return func(yield func(assets.Object, error) bool) {
		var d assets.ObjectDecoder
		err := b.records(ctx, KindObjects, typeID, func(s *segment, r record) error {
			var o assets.Object
			if err := decodeObject(&d, s, r, &o); err != nil {
				return err
			}
			if !yield(o, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(assets.Object{}, err)
		}
	}
}

// errStop ends a walk early; it never leaves the package.
var errStop = errors.New("stop")

func decodeObject(d *assets.ObjectDecoder, s *segment, r record, o *assets.Object) error {
	if err := d.Decode(r.line, o); err != nil {
		return fmt.Errorf("segment %s: %w: %w", s.Name, ErrTampered, err)
	}
	return nil
}

// Records yields the documents of a kind and group, or of all groups where group is empty, decoded into T, in the order written. An
// error is yielded once and ends the sequence.
func Records[T any](ctx context.Context, b *Backup, kind Kind, group string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := b.records(ctx, kind, group, func(s *segment, r record) error {
			doc, err := decodeRecord[T](s, r)
			if err != nil {
				return err
			}
			if !yield(doc, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			var zero T
			yield(zero, err)
		}
	}
}

// Find returns the documents of a kind that were added with the id, in the order written; none is no error.
func Find[T any](ctx context.Context, b *Backup, kind Kind, id string) ([]T, error) {
	var found []T
	err := b.lookup(ctx, kind, id, func(s *segment, r record) error {
		doc, err := decodeRecord[T](s, r)
		if err != nil {
			return err
		}
		found = append(found, doc)
		return nil
	})
	return found, err
}

func decodeRecord[T any](s *segment, r record) (T, error) {
	var doc T
	if f, _ := r.kind.traits(); f == formObject {
		if err := json.Unmarshal(r.line, &doc); err != nil {
			return doc, fmt.Errorf("segment %s: %s %s: %w", s.Name, r.kind, r.id, err)
		}
		return doc, nil
	}
	var e envelope
	if err := json.Unmarshal(r.line, &e); err != nil {
		return doc, fmt.Errorf("segment %s: %s %s: %w: %w", s.Name, r.kind, r.id, ErrTampered, err)
	}
	if err := json.Unmarshal(e.Doc, &doc); err != nil {
		return doc, fmt.Errorf("segment %s: %s %s: %w", s.Name, r.kind, r.id, err)
	}
	return doc, nil
}

// FindObject returns one object by its id, reading two segments at most. ErrNoRecord means that the backup does not hold it.
func (b *Backup) FindObject(ctx context.Context, id string) (assets.Object, error) {
	var o assets.Object
	found := false
	err := b.lookup(ctx, KindObjects, id, func(s *segment, r record) error {
		var d assets.ObjectDecoder
		err := decodeObject(&d, s, r, &o)
		found = err == nil
		return err
	})
	switch {
	case found:
		return o, nil
	case err == nil:
		err = ErrNoRecord
	}
	return assets.Object{}, fmt.Errorf("object %s: %w", id, err)
}

// FindByKey returns one object by its key. The number in a key is the id of the object, on every site seen; where it is not,
// all objects are read.
func (b *Backup) FindByKey(ctx context.Context, key string) (assets.Object, error) {
	if i := strings.LastIndexByte(key, '-'); i >= 0 {
		o, err := b.FindObject(ctx, key[i+1:])
		if err == nil && o.Key == key {
			return o, nil
		}
	}
	for o, err := range b.Objects(ctx, "") {
		if err != nil {
			return assets.Object{}, err
		}
		if o.Key == key {
			return o, nil
		}
	}
	return assets.Object{}, fmt.Errorf("object %s: %w", key, ErrNoRecord)
}

// Payload is the content of an attachment or an image. Close it after reading; there is nothing in the store to release, but
// what was read is.
type Payload struct {
	*payloadReader
	Group     string
	MediaType string
}

// OpenBytes opens a payload. No more of it than a part of 4 MiB is in memory. An empty group stands for any.
func (b *Backup) OpenBytes(ctx context.Context, kind Kind, group, id string) (*Payload, error) {
	if f, _ := kind.traits(); f != formBytes {
		return nil, fmt.Errorf("kind %q does not hold bytes", kind)
	}
	segments, err := b.segmentsWith(ctx, kind, id)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	p := &payloadReader{ctx: ctx, b: b, id: id, group: group, any: group == "", segments: segments}
	if err := p.advance(); err != nil {
		if errors.Is(err, io.EOF) {
			err = ErrNoRecord
		}
		return nil, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return &Payload{payloadReader: p, Group: p.group, MediaType: p.mediaType}, nil
}
