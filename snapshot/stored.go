package snapshot

import (
	"context"
	"errors"
	"iter"
)

// StoredIDs yields the ids of the records of a kind and group that are durable, in the order written, omitted ones too. It reads
// their segments back one after the other. An error is yielded once and ends the sequence. What is added meanwhile is not among them.
func (w *Writer) StoredIDs(ctx context.Context, kind Kind, group string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range w.doc.Segments {
			s := &w.doc.Segments[i]
			if !s.holds(kind, group) {
				continue
			}
			text, err := readSegment(ctx, w.store, w.keys, s)
			if err == nil {
				err = eachRecord(s, text, func(_ int, r record) error {
					if r.kind != kind || group != "" && r.group != group {
						return nil
					}
					if !yield(r.id, nil) {
						return errStop
					}
					return nil
				})
			}
			if errors.Is(err, errStop) {
				return
			}
			if err != nil {
				yield("", err)
				return
			}
		}
	}
}
