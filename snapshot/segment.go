package snapshot

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"stowage/blob"
)

// How segments are cut. A megabyte compresses about as well as more, costs little to fetch for one object, and keeps the cost of
// one fsync small beside that of the bytes.
const (
	minSegment    = 256 << 10
	spreadSegment = 768 << 10
	maxSegment    = 4 << 20
	// groupSegment is the size from which on a new group begins a new segment.
	groupSegment = 64 << 10
)

// openSegment gathers records.
type openSegment struct {
	kind    Kind
	buf     []byte
	records int
	runs    []run
	// ids are those of the records, for the index; the same id twice in a row is noted once, other than for objects.
	ids []string
	// full says that the segment ends with the last record's id.
	full bool
}

// endsBefore says whether the segment ends before a record of n bytes.
func (s *openSegment) endsBefore(kind Kind, group, id string, n int) bool {
	if s.records == 0 {
		return false
	}
	r := &s.runs[len(s.runs)-1]
	if s.recordKind(r) != kind || r.Group != group {
		return s.full || len(s.buf) >= groupSegment || len(s.buf)+n > maxSegment
	}
	if r.Last == id {
		return false
	}
	return s.full || len(s.buf)+n > maxSegment
}

func (s *openSegment) recordKind(r *run) Kind {
	if r.Kind == "" {
		return s.kind
	}
	return r.Kind
}

func (s *openSegment) append(kind Kind, group, id string, record []byte) {
	s.buf = append(s.buf, record...)
	s.records++
	var r *run
	if n := len(s.runs); n > 0 && s.recordKind(&s.runs[n-1]) == kind && s.runs[n-1].Group == group {
		r = &s.runs[n-1]
	} else {
		s.runs = append(s.runs, run{Group: group, First: id})
		r = &s.runs[n]
		if kind != s.kind {
			r.Kind = kind
		}
	}
	r.Records++
	r.Last = id
	if s.kind.indexed() && (s.kind == KindObjects || len(s.ids) == 0 || s.ids[len(s.ids)-1] != id) {
		s.ids = append(s.ids, id)
	}
	s.full = s.full || len(s.buf) >= minSegment && isBoundary(id, len(record))
}

func (s *openSegment) reset() {
	s.buf, s.records, s.runs, s.ids, s.full = s.buf[:0], 0, nil, s.ids[:0], false
	if cap(s.buf) > 2*maxSegment {
		s.buf = nil
	}
	clear(s.ids[:cap(s.ids)])
}

// isBoundary says whether a segment may end after a record. It looks at the record alone, and is true once in spreadSegment
// bytes on average.
func isBoundary(id string, size int) bool {
	if size >= spreadSegment {
		return true
	}
	quotient, _ := bits.Div64(uint64(size), 0, spreadSegment)
	return hashID(id) < quotient
}

func hashID(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// cut stores an open segment of records, if there is anything in it.
func (w *Writer) cut(ctx context.Context, s *openSegment) error {
	if s.records == 0 {
		return nil
	}
	entry, shared, err := w.put(ctx, s)
	if err != nil {
		return err
	}
	w.ids[s.kind] = w.ids[s.kind].add(len(w.doc.Segments), s.ids)
	w.doc.Segments = append(w.doc.Segments, entry)
	s.reset()
	for _, e := range w.pending[s.kind] {
		w.end(e)
	}
	delete(w.pending, s.kind)
	if w.opts.OnSegment == nil {
		return nil
	}
	if err := w.opts.OnSegment(SegmentStored{
		Kind: s.kind, Records: entry.Records, Bytes: entry.Size, Stored: entry.Stored, Shared: shared,
	}); err != nil {
		return fmt.Errorf("after a segment of %s: %w", s.kind, err)
	}
	return nil
}

// put makes the content of s durable under its name and returns its entry for the manifest.
func (w *Writer) put(ctx context.Context, s *openSegment) (entry segment, shared bool, err error) {
	if err := w.begin(ctx); err != nil {
		return segment{}, false, err
	}
	name := w.keys.segmentName(s.kind, s.buf)
	entry = segment{Name: name, Kind: s.kind, Records: s.records, Size: int64(len(s.buf)), Runs: slices.Clone(s.runs)}
	if stored, ok := w.known[name]; ok {
		entry.Stored, shared = stored, true
	} else if entry.Stored, shared, err = w.putSealed(ctx, s, name); err != nil {
		return segment{}, false, err
	}
	w.known[name] = entry.Stored
	w.stats.Records += int64(s.records)
	w.stats.Bytes += entry.Size
	if shared {
		w.stats.SegmentsShared++
	} else {
		w.stats.SegmentsStored++
		w.stats.Stored += entry.Stored
	}
	return entry, shared, nil
}

// putSealed stores a segment unless one of that name and size is there. A file of another size is a damaged one, or one that
// another version of the compressor made: either way it is replaced.
func (w *Writer) putSealed(ctx context.Context, s *openSegment, name string) (stored int64, shared bool, err error) {
	sealed, scratch, err := w.keys.seal(w.enc, frameSegment, s.buf, w.scratch, w.keys.tenant, name, string(s.kind))
	w.scratch = scratch
	if err != nil {
		return 0, false, fmt.Errorf("segment of %s: %w", s.kind, err)
	}
	path := segmentPath(w.keys.tenant, name)
	info, err := w.store.Stat(ctx, path)
	switch {
	case err == nil && info.Size == int64(len(sealed)):
		return info.Size, true, nil
	case err != nil && !errors.Is(err, blob.ErrNotFound):
		return 0, false, fmt.Errorf("look for a segment of %s: %w", s.kind, err)
	}
	if err := w.store.Put(ctx, path, sealed); err != nil {
		return 0, false, fmt.Errorf("store a segment of %s: %w", s.kind, err)
	}
	return int64(len(sealed)), false, nil
}
