package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"stowage/assets"
	"stowage/blob"
)

// WriterOptions are the choices of a writer. The zero value is good.
type WriterOptions struct {
	// OnSegment is called after each segment of records is durable. Writer.State then is a checkpoint that includes it. An error ends
	// the call that stored the segment.
	OnSegment func(SegmentStored) error
}

// SegmentStored tells OnSegment what was stored.
type SegmentStored struct {
	Kind Kind
	// Records is the number of records in it, Bytes their size, Stored what they take in the store; Shared says that the segment was there
	// already.
	Records int
	Bytes   int64
	Stored  int64
	Shared  bool
}

// Stats counts what a writer has done since it was made.
type Stats struct {
	// Records and Bytes count what was stored in segments, before compression, those of the index included.
	Records int64
	Bytes   int64
	// Stored is the number of bytes put into the store; what was there already costs nothing.
	Stored int64
	// SegmentsStored and SegmentsShared count segments that were put, and that were there already.
	SegmentsStored int
	SegmentsShared int
}

// Writer writes one backup. It is used by one goroutine at a time. A call that returned an error may be repeated; what it
// was about to add has not been added then.
type Writer struct {
	store blob.Store
	keys  *Keys
	opts  WriterOptions

	// doc holds the segments stored, without those of the index.
	doc   document
	index map[Kind][]segment
	ids   map[Kind]*idTable
	// base is the number of segments that were there when the writer was made.
	base  int
	known map[string]int64

	open    map[Kind]*openSegment
	objects *openSegment
	pending map[Kind][]ending
	dropped map[string]bool

	enc     *zstd.Encoder
	line    []byte
	scratch []byte
	stats   Stats

	// begun says that the mark of a running backup is in the store, marked when it was put there.
	begun   bool
	resumed bool
	marked  time.Time
}

// Create begins a new backup. Nothing is stored before the first segment is full.
func Create(store blob.Store, keys *Keys, meta Meta, opts WriterOptions) (*Writer, error) {
	if meta.Tenant != "" && meta.Tenant != keys.tenant {
		return nil, errors.New("the keys are those of another tenant")
	}
	meta.Tenant = keys.tenant
	if meta.Started.IsZero() {
		meta.Started = time.Now()
	}
	meta.Started = meta.Started.UTC()
	if meta.Backup == "" {
		meta.Backup = NewID(meta.Started)
	}
	if err := checkPart("backup id", meta.Backup); err != nil {
		return nil, err
	}
	return newWriter(store, keys, document{Manifest: Manifest{Format: Version, Meta: meta}}, opts), nil
}

// Resume goes on with a backup from a checkpoint, which is what State returned. What was added after the checkpoint is
// added again by the caller, who learns from Last where to begin.
func Resume(store blob.Store, keys *Keys, state []byte, opts WriterOptions) (*Writer, error) {
	d, err := openState(keys, state)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	w := newWriter(store, keys, *d, opts)
	w.resumed = true
	return w, nil
}

// Extend opens a backup that was committed, to add later phases to it. The backup stays as it is until the next Commit.
func Extend(ctx context.Context, store blob.Store, keys *Keys, backupID string, opts WriterOptions) (*Writer, error) {
	d, err := loadManifest(ctx, store, keys, backupID)
	if err != nil {
		return nil, err
	}
	if d.Format != Version {
		return nil, fmt.Errorf("backup %s is of format version %d and cannot be added to", backupID, d.Format)
	}
	w := newWriter(store, keys, *d, opts)
	w.resumed = true
	return w, nil
}

func newWriter(store blob.Store, keys *Keys, d document, opts WriterOptions) *Writer {
	w := &Writer{
		store: store, keys: keys, opts: opts, doc: d,
		index: make(map[Kind][]segment), ids: make(map[Kind]*idTable), known: make(map[string]int64),
		open: make(map[Kind]*openSegment), pending: make(map[Kind][]ending), dropped: make(map[string]bool),
		enc: newEncoder(),
	}
	w.doc.Segments, w.doc.Dropped = nil, nil
	for _, id := range d.Dropped {
		w.dropped[id] = true
	}
	for _, s := range d.Segments {
		if s.Kind == kindIndex && len(s.Runs) > 0 {
			of := Kind(s.Runs[0].Group)
			w.index[of] = append(w.index[of], s)
			continue
		}
		w.doc.Segments = append(w.doc.Segments, s)
		w.known[s.Name] = s.Stored
	}
	w.base = len(w.doc.Segments)
	for _, k := range segmentKinds {
		w.open[k] = &openSegment{kind: k}
	}
	w.objects = w.open[KindObjects]
	return w
}

// ID returns the id of the backup.
func (w *Writer) ID() string { return w.doc.Backup }

// Meta returns what Create was given, completed.
func (w *Writer) Meta() Meta { return w.doc.Meta }

// Object adds an object, in canonical form; its group is its object type. Adding an object again replaces it, at the next
// Commit.
func (w *Writer) Object(ctx context.Context, o *assets.Object) error {
	line, err := assets.AppendObject(w.line[:0], o.Canonical())
	w.line = line
	if err != nil {
		return fmt.Errorf("object %s: %w", o.ID, err)
	}
	w.line = append(w.line, '\n')
	if err := w.add(ctx, w.objects, KindObjects, o.TypeID, o.ID); err != nil {
		return err
	}
	if len(w.dropped) > 0 {
		delete(w.dropped, o.ID)
	}
	return nil
}

// Add adds a document, which is encoded as JSON. Groups are coarse, an object type or nothing at all: the manifest has an
// entry for each. Several records may have one id; they should be added one after the other.
func (w *Writer) Add(ctx context.Context, kind Kind, group, id string, doc any) error {
	f, in := kind.traits()
	if o, ok := doc.(*assets.Object); ok && f == formObject {
		return w.Object(ctx, o)
	}
	if f != formDocument {
		return fmt.Errorf("kind %q does not hold documents", kind)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("%s %s: %w", kind, id, err)
	}
	w.line = append(w.line[:0], `{"id":`...)
	w.line = assets.AppendString(w.line, id)
	w.line = append(w.line, `,"doc":`...)
	w.line = append(w.line, text...)
	w.line = append(w.line, '}', '\n')
	return w.add(ctx, w.open[in], kind, group, id)
}

// add appends w.line to the segment, after storing the segment if it is to end before this record.
func (w *Writer) add(ctx context.Context, s *openSegment, kind Kind, group, id string) error {
	if len(w.line) > maxPlaintext {
		return fmt.Errorf("%s %s: %w: %d bytes", kind, id, ErrTooLarge, len(w.line))
	}
	if s.endsBefore(kind, group, id, len(w.line)) {
		if err := w.cut(ctx, s); err != nil {
			return err
		}
	}
	if len(s.buf)+len(w.line) > maxPlaintext {
		return fmt.Errorf("%s %s: %w: %d bytes in all", kind, id, ErrTooLarge, len(s.buf)+len(w.line))
	}
	s.append(kind, group, id, w.line)
	if cap(w.line) > maxSegment {
		w.line = nil
	}
	return nil
}

// End says that a kind and group has all its records; there may be none. Last reports it as complete as soon as all its records
// are durable.
func (w *Writer) End(_ context.Context, kind Kind, group string) error {
	f, in := kind.traits()
	if f == formUnknown {
		return fmt.Errorf("unknown kind %q", kind)
	}
	e := ending{string(kind), group}
	if w.open[in].records > 0 {
		w.pending[in] = append(w.pending[in], e)
		return nil
	}
	w.end(e)
	return nil
}

func (w *Writer) end(e ending) {
	if !slices.Contains(w.doc.Ended, e) {
		w.doc.Ended = append(w.doc.Ended, e)
	}
}

// Flush makes everything added so far durable. It cuts segments where the content would not have them cut, so it is for the end of
// a phase or a slice of work, not for every group: End does not need it.
func (w *Writer) Flush(ctx context.Context) error {
	for _, k := range segmentKinds {
		if err := w.cut(ctx, w.open[k]); err != nil {
			return err
		}
	}
	return nil
}

// Last tells what of a kind and group is durable: the id of the last record, the number of records, and whether End was called.
func (w *Writer) Last(kind Kind, group string) (id string, count int, complete bool) {
	for i := range w.doc.Segments {
		s := &w.doc.Segments[i]
		for j := range s.Runs {
			r := &s.Runs[j]
			if s.runKind(r) != kind || r.Group != group {
				continue
			}
			id = r.Last
			count += r.Records
			if r.More {
				count--
			}
		}
	}
	return id, count, slices.Contains(w.doc.Ended, ending{string(kind), group})
}

// Phase records the status of a phase. It is part of the manifest at the next Commit, and of the state at once.
func (w *Writer) Phase(name string, status PhaseStatus) {
	for i := range w.doc.Phases {
		if w.doc.Phases[i].Name == name {
			w.doc.Phases[i].PhaseStatus = status
			return
		}
	}
	w.doc.Phases = append(w.doc.Phases, Phase{Name: name, PhaseStatus: status})
}

// PhaseStatus returns what was recorded of a phase, and whether anything was.
func (w *Writer) PhaseStatus(name string) (PhaseStatus, bool) { return w.doc.Phase(name) }

// Stats returns what the writer has done so far.
func (w *Writer) Stats() Stats { return w.stats }
