package snapshot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"stowage/assets"
	"stowage/blob"
)

// markEvery is how often a running backup gives a sign of life to sweeps.
const markEvery = 10 * time.Minute

// begin makes sure, before anything is stored, that sweeps know of this backup. A writer that was resumed and finds that they
// no longer do makes sure that what it builds on is still there.
func (w *Writer) begin(ctx context.Context) error {
	now := time.Now()
	if w.begun && now.Sub(w.marked) < markEvery {
		return nil
	}
	mark := []byte(now.UTC().Format(time.RFC3339) + "\n")
	name := runningName(w.keys.tenant, w.doc.Backup)
	if w.begun {
		if err := w.store.Put(ctx, name, mark); err != nil {
			return fmt.Errorf("mark the backup as running: %w", err)
		}
		w.marked = now
		return nil
	}
	fresh, err := w.store.PutIfAbsent(ctx, name, mark)
	if err != nil {
		return fmt.Errorf("mark the backup as running: %w", err)
	}
	if until, err := readMark(ctx, w.store, sweepingName(w.keys.tenant)); err != nil {
		return err
	} else if now.Before(until) {
		return fmt.Errorf("segments are being swept until %s: %w", until.Format(time.RFC3339), ErrBusy)
	}
	if fresh && w.resumed {
		if err := w.present(ctx); err != nil {
			return err
		}
	}
	if !fresh {
		if err := w.store.Put(ctx, name, mark); err != nil {
			return fmt.Errorf("mark the backup as running: %w", err)
		}
	}
	w.begun, w.marked = true, now
	return nil
}

// present checks that all segments of the backup are in the store.
func (w *Writer) present(ctx context.Context) error {
	for i := range w.doc.Segments {
		name := w.doc.Segments[i].Name
		if _, err := w.store.Stat(ctx, segmentPath(w.keys.tenant, name)); err != nil {
			if errors.Is(err, blob.ErrNotFound) {
				return fmt.Errorf("segment %s: %w", name, ErrSegmentMissing)
			}
			return fmt.Errorf("segment %s: %w", name, err)
		}
	}
	return nil
}

// readMark returns the time in a mark, or the zero time when there is none.
func readMark(ctx context.Context, store blob.Store, name string) (time.Time, error) {
	data, err := fetch(ctx, store, name, maxStoredMark)
	if errors.Is(err, blob.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", name, err)
	}
	t, err := time.Parse(time.RFC3339+"\n", string(data))
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", name, ErrTampered)
	}
	return t, nil
}

// Commit makes everything durable, the index and last of all the manifest, which it returns. From then on the backup exists. More
// can be added and committed again.
func (w *Writer) Commit(ctx context.Context) (Manifest, error) {
	if err := w.begin(ctx); err != nil {
		return Manifest{}, err
	}
	if err := w.Flush(ctx); err != nil {
		return Manifest{}, err
	}
	if err := w.replace(ctx); err != nil {
		return Manifest{}, fmt.Errorf("replace objects: %w", err)
	}
	if err := w.writeIndex(ctx); err != nil {
		return Manifest{}, fmt.Errorf("index: %w", err)
	}
	d := w.document()
	d.Commit++
	d.Finished = time.Now().UTC()
	data, err := w.sealDocument(&d, frameManifest, "manifest")
	if err != nil {
		return Manifest{}, err
	}
	if len(data) > maxStoredManifest {
		return Manifest{}, fmt.Errorf("manifest: %w: %d bytes", ErrTooLarge, len(data))
	}
	if err := w.store.Put(ctx, manifestName(w.keys.tenant, w.doc.Backup), data); err != nil {
		return Manifest{}, fmt.Errorf("store the manifest: %w", err)
	}
	sum := sha256.Sum256(data)
	d.Digest = hex.EncodeToString(sum[:])
	w.doc.Commit, w.doc.Finished = d.Commit, d.Finished
	// The backup is committed whatever becomes of the mark; a mark that stays only delays the next sweep.
	_ = w.store.Delete(ctx, runningName(w.keys.tenant, w.doc.Backup))
	w.begun, w.resumed = false, true
	return d.Manifest, nil
}

// document returns the manifest as it would be now.
func (w *Writer) document() document {
	d := w.doc
	d.Segments = slices.Clone(w.doc.Segments)
	d.Phases = slices.Clone(w.doc.Phases)
	d.Indexed = maps.Clone(w.doc.Indexed)
	for _, k := range segmentKinds {
		d.Segments = append(d.Segments, w.index[k]...)
	}
	d.count()
	return d
}

func (w *Writer) sealDocument(d *document, letter byte, what string) ([]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if len(text) > maxManifest {
		return nil, fmt.Errorf("%s: %w: %d bytes", what, ErrTooLarge, len(text))
	}
	data, _, err := w.keys.seal(w.enc, letter, text, nil, w.keys.tenant, d.Backup, what)
	return data, err
}

// State returns a checkpoint: everything that is durable now, and what the caller noted by End and Phase. It is for Resume, of the
// same version of the program, and is encrypted.
func (w *Writer) State() []byte {
	d := w.doc
	// A payload of which only some parts are stored is begun anew.
	for len(d.Segments) > 0 && d.Segments[len(d.Segments)-1].partial() {
		d.Segments = d.Segments[:len(d.Segments)-1]
	}
	for _, k := range segmentKinds {
		if len(w.index[k]) > 0 && w.doc.Indexed[k] == w.segmentsOf(k) {
			d.Segments = append(slices.Clip(d.Segments), w.index[k]...)
		}
	}
	d.Dropped = slices.Sorted(maps.Keys(w.dropped))
	data, err := w.sealDocument(&d, frameCheckpoint, "checkpoint")
	if err != nil {
		// Neither encoding a document made of strings and numbers nor encrypting can fail, other than by its size, which
		// would have stopped the backup long before.
		panic("snapshot: " + err.Error())
	}
	return append([]byte(d.Backup+"\n"), data...)
}

func openState(keys *Keys, state []byte) (*document, error) {
	var backup string
	for i, c := range state {
		if c == '\n' {
			backup, state = string(state[:i]), state[i+1:]
			break
		}
	}
	if err := checkPart("backup id", backup); err != nil {
		return nil, err
	}
	text, err := keys.open(frameCheckpoint, state, maxManifest, keys.tenant, backup, "checkpoint")
	if err != nil {
		return nil, err
	}
	return decodeDocument(text, keys.tenant, backup)
}

func (w *Writer) segmentsOf(kind Kind) int {
	n := 0
	for i := range w.doc.Segments {
		if w.doc.Segments[i].Kind == kind {
			n++
		}
	}
	return n
}

// table returns the ids of a kind with all segments that hold them, sorted. Segments from before the writer was made are read back.
func (w *Writer) table(ctx context.Context, kind Kind) (*idTable, error) {
	t := w.ids[kind]
	if t == nil {
		t = new(idTable)
		w.ids[kind] = t
	}
	if !t.whole {
		for i := range w.doc.Segments[:w.base] {
			s := &w.doc.Segments[i]
			if s.Kind != kind {
				continue
			}
			text, err := readSegment(ctx, w.store, w.keys, s)
			if err != nil {
				return nil, err
			}
			ids, err := segmentIDs(s, text)
			if err != nil {
				return nil, err
			}
			t.add(i, ids)
		}
		t.whole = true
	}
	t.sort()
	return t, nil
}

// writeIndex writes the index of every kind whose segments are not those it was made of last.
func (w *Writer) writeIndex(ctx context.Context) error {
	for _, kind := range segmentKinds {
		if !kind.indexed() {
			continue
		}
		n := w.segmentsOf(kind)
		if n == 0 || w.doc.Indexed[kind] == n && len(w.index[kind]) > 0 {
			continue
		}
		t, err := w.table(ctx, kind)
		if err != nil {
			return err
		}
		entries, err := w.indexOf(ctx, kind, t)
		if err != nil {
			return err
		}
		w.index[kind] = entries
		if w.doc.Indexed == nil {
			w.doc.Indexed = make(map[Kind]int)
		}
		w.doc.Indexed[kind] = n
	}
	return nil
}

// indexPrefix is how much of a segment's name stands in the index.
const indexPrefix = 16

func (w *Writer) indexOf(ctx context.Context, kind Kind, t *idTable) ([]segment, error) {
	var entries []segment
	s := &openSegment{kind: kindIndex}
	store := func() error {
		entry, _, err := w.put(ctx, s)
		if err != nil {
			return err
		}
		entries = append(entries, entry)
		s.reset()
		return nil
	}
	err := t.each(func(id string, in []uint32) error {
		w.line = append(w.line[:0], `{"id":`...)
		w.line = assets.AppendString(w.line, id)
		w.line = append(w.line, `,"in":[`...)
		for i, n := range slices.Compact(in) {
			if i > 0 {
				w.line = append(w.line, ',')
			}
			w.line = append(w.line, '"')
			w.line = append(w.line, w.doc.Segments[n].Name[:indexPrefix]...)
			w.line = append(w.line, '"')
		}
		w.line = append(w.line, "]}\n"...)
		if s.endsBefore(kindIndex, string(kind), id, len(w.line)) {
			if err := store(); err != nil {
				return err
			}
		}
		s.append(kindIndex, string(kind), id, w.line)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.records > 0 {
		if err := store(); err != nil {
			return nil, err
		}
	}
	return entries, nil
}
