package snapshot

import (
	"context"
	"errors"
	"iter"
	"slices"
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

// LastGroups returns, for those of the ids that are durable, the group of the record that was added last. It reads back only
// segments that hold several groups, and those from before the writer was made.
func (w *Writer) LastGroups(ctx context.Context, kind Kind, ids []string) (map[string]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	t, err := w.table(ctx, kind)
	if err != nil {
		return nil, err
	}
	found := make(map[string]string, len(ids))
	unsure := make(map[int]map[string]bool)
	for _, id := range ids {
		n, ok := t.last(id)
		if !ok {
			continue
		}
		s := &w.doc.Segments[n]
		if len(s.Runs) == 1 {
			found[id] = s.Runs[0].Group
			continue
		}
		if unsure[n] == nil {
			unsure[n] = make(map[string]bool)
		}
		unsure[n][id] = true
	}
	for n, ids := range unsure {
		s := &w.doc.Segments[n]
		text, err := readSegment(ctx, w.store, w.keys, s)
		if err != nil {
			return nil, err
		}
		err = eachRecord(s, text, func(_ int, r record) error {
			if ids[r.id] {
				found[r.id] = r.group
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// last returns the last segment that holds an id. The table must be sorted.
func (t *idTable) last(id string) (segment int, ok bool) {
	if n, isNumber := decimal(id); isNumber {
		i, _ := slices.BinarySearchFunc(t.numbers, n, func(at numberAt, n uint64) int {
			if at.id <= n {
				return -1
			}
			return 1
		})
		if i == 0 || t.numbers[i-1].id != n {
			return 0, false
		}
		return int(t.numbers[i-1].segment), true
	}
	i, _ := slices.BinarySearchFunc(t.strings, id, func(at stringAt, id string) int {
		if compareIDs(at.id, id) <= 0 {
			return -1
		}
		return 1
	})
	if i == 0 || t.strings[i-1].id != id {
		return 0, false
	}
	return int(t.strings[i-1].segment), true
}
