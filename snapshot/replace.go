package snapshot

import (
	"context"
	"slices"
)

// Drop takes an object out of the backup at the next Commit, wherever it was added: it turned out to be gone. Adding it again
// afterwards puts it back.
func (w *Writer) Drop(objectID string) {
	w.dropped[objectID] = true
}

// replace omits all records of an object but the one added last, and those of objects that were dropped. Segments stay as they are; the
// manifest says which of their records do not count.
func (w *Writer) replace(ctx context.Context) error {
	if len(w.dropped) == 0 && w.doc.Indexed[KindObjects] == w.segmentsOf(KindObjects) {
		return nil
	}
	t, err := w.table(ctx, KindObjects)
	if err != nil {
		return err
	}
	// Ids to omit by segment; true for every record of the id there, false for all but the last.
	stale := make(map[uint32]map[string]bool)
	note := func(segment uint32, id string, all bool) {
		if stale[segment] == nil {
			stale[segment] = make(map[string]bool)
		}
		stale[segment][id] = all
	}
	err = t.each(func(id string, in []uint32) error {
		last := in[len(in)-1]
		for _, n := range in[:len(in)-1] {
			note(n, id, n != last)
		}
		if w.dropped[id] {
			note(last, id, true)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for n, ids := range stale {
		if err := w.omit(ctx, &w.doc.Segments[n], ids); err != nil {
			return err
		}
	}
	clear(w.dropped)
	return nil
}

// omit notes records of a segment that do not count.
func (w *Writer) omit(ctx context.Context, s *segment, ids map[string]bool) error {
	text, err := readSegment(ctx, w.store, w.keys, s)
	if err != nil {
		return err
	}
	last := make(map[string]int)
	var all []string
	err = eachRecord(s, text, func(i int, r record) error {
		all = append(all, r.id)
		last[r.id] = i
		return nil
	})
	if err != nil {
		return err
	}
	omit := slices.Clone(s.Omit)
	for i, id := range all {
		if every, ok := ids[id]; ok && (every || last[id] != i) {
			omit = append(omit, i)
		}
	}
	slices.Sort(omit)
	s.Omit = slices.Compact(omit)
	return nil
}
