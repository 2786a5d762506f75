package world

import "slices"

// edge says that an object may refer to the one whose list it is in. Removing a
// reference leaves the edge; readers check it against the object's values.
type edge struct {
	from ID
	next int32 // index in the array plus one
}

// edgeList holds the lists of all objects.
type edgeList struct{ all []edge }

// link notes that from refers to the object in slot.
func (l *edgeList) link(slot *record, from ID) {
	l.all = append(l.all, edge{from: from, next: slot.edge})
	slot.edge = int32(len(l.all))
}

// linkAll notes all references of an object.
func (w *World) linkAll(from ID, data string) {
	for _, to := range w.refsOf(data) {
		w.edges.link(w.objects.slot(to), from)
	}
}

// linkNew notes the references that were not there before.
func (w *World) linkNew(from ID, before, after string) {
	var had []ID
	for _, to := range w.refsOf(before) {
		had = append(had, to)
	}
	for _, to := range w.refsOf(after) {
		if !slices.Contains(had, to) {
			w.edges.link(w.objects.slot(to), from)
		}
	}
}

// inbound returns the living objects that refer to an object, in the order of their
// ids, each once.
func (w *World) inbound(to ID) []ID {
	rec := w.objects.at(to)
	if rec == nil {
		return nil
	}
	var from []ID
	for i := rec.edge; i != 0; i = w.edges.all[i-1].next {
		id := w.edges.all[i-1].from
		if r := w.objects.alive(id); r != nil && w.refers(r.data, to) {
			from = append(from, id)
		}
	}
	slices.Sort(from)
	return slices.Compact(from)
}

func (w *World) refers(data string, to ID) bool {
	for _, id := range w.refsOf(data) {
		if id == to {
			return true
		}
	}
	return false
}
