package world

import (
	"slices"
	"strings"
	"time"
)

// The types of history entries.
const (
	HistoryCreated = 0
	HistoryUpdated = 1
)

// HistoryEntry is one event in the life of an object. A creation names no attribute
// and has the label of that time as new value.
type HistoryEntry struct {
	ID        int64
	ObjectID  ID
	Actor     string
	Type      int
	Attribute string
	OldValue  string
	NewValue  string
	Created   time.Time
}

// change is a change of one attribute as it is kept.
type change struct {
	id       ID
	at       int64
	attr     ID
	actor    uint32
	name     string
	old, new string
}

// noteChange keeps a change of an attribute for the history.
func (w *World) noteChange(actor string, id, attr ID, before, after []Value) {
	if w.opt.NoHistory {
		return
	}
	w.changes[id] = append(w.changes[id], change{
		id: w.ids.change.next(), at: w.nowMillis(), attr: attr, name: w.attrs[attr].Name,
		actor: uint32(w.people.accounts.intern(actor)),
		old:   w.displayAll(before), new: w.displayAll(after),
	})
}

func (w *World) displayAll(vals []Value) string {
	parts := make([]string, len(vals))
	for i, v := range vals {
		parts[i] = w.display(v, 0)
	}
	return strings.Join(parts, ", ")
}

// History returns the history of an object, newest first unless ascending. Ids of
// creations are even, ids of changes are odd.
func (w *World) History(object ID, ascending bool) ([]HistoryEntry, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	rec := w.objects.alive(object)
	if rec == nil {
		return nil, errNoObject(object)
	}
	changes := w.changes[object]
	label := w.label(object, rec, 0)
	if a := labelOf(w.types[rec.typ]); a != nil {
		if i := slices.IndexFunc(changes, func(c change) bool { return c.attr == a.ID }); i >= 0 {
			label = changes[i].old
		}
	}
	out := []HistoryEntry{{
		ID: 2 * int64(object), ObjectID: object, Actor: w.people.accounts.list[rec.creator],
		Type: HistoryCreated, NewValue: label, Created: fromMillis(rec.created),
	}}
	for _, c := range changes {
		out = append(out, HistoryEntry{
			ID: 2*int64(c.id) + 1, ObjectID: object, Actor: w.people.accounts.list[c.actor], Type: HistoryUpdated,
			Attribute: c.name, OldValue: c.old, NewValue: c.new, Created: fromMillis(c.at),
		})
	}
	if !ascending {
		slices.Reverse(out)
	}
	return out, nil
}
