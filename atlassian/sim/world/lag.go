package world

import "time"

// lagVersion is how searches see an object until a moment: as rec says, or, if new,
// not at all.
type lagVersion struct {
	until int64
	isNew bool
	rec   record
}

// lagging keeps what searches still see of objects that were written lately.
type lagging struct {
	versions map[ID][]lagVersion // oldest first
	queue    []lagDue
}

// lagDue is when a version may be forgotten.
type lagDue struct {
	id    ID
	until int64
}

// note keeps an object as it is before a write (nil before its creation), and reports
// whether searches lag at all.
func (l *lagging) note(w *World, id ID, before *record) bool {
	now := w.nowMillis()
	l.sweep(w, now)
	if w.opt.SearchLag <= 0 {
		return false
	}
	v := lagVersion{until: now + int64(w.opt.SearchLag/time.Millisecond), isNew: before == nil}
	if before != nil {
		v.rec = *before
	}
	l.versions[id] = append(l.versions[id], v)
	l.queue = append(l.queue, lagDue{id: id, until: v.until})
	return true
}

// sweep forgets what is due. Only writers call it.
func (l *lagging) sweep(w *World, now int64) {
	for len(l.queue) > 0 && l.queue[0].until <= now {
		id := l.queue[0].id
		l.queue = l.queue[1:]
		if v := l.versions[id]; len(v) > 1 {
			l.versions[id] = v[1:]
			continue
		}
		delete(l.versions, id)
		if rec := w.objects.at(id); rec != nil && rec.gone {
			if t := w.types[rec.typ]; t != nil {
				t.gone--
				w.purge(t, id, rec)
			}
		}
	}
}

// seen returns the record as searches see it now, or nil.
func (l *lagging) seen(id ID, rec *record, now int64) *record {
	if len(l.versions) > 0 {
		for i, v := range l.versions[id] {
			if v.until > now {
				if v.isNew {
					return nil
				}
				return &l.versions[id][i].rec
			}
		}
	}
	if rec == nil || rec.gone {
		return nil
	}
	return rec
}

// hidden counts how many of a type's objects searches do not see, less those they
// see although they are deleted.
func (l *lagging) hidden(w *World, typ ID, now int64) int {
	n := 0
	for id := range l.versions {
		rec := w.objects.at(id)
		if rec == nil || rec.typ != typ {
			continue
		}
		alive, seen := !rec.gone, l.seen(id, rec, now) != nil
		if alive && !seen {
			n++
		}
		if !alive && seen {
			n--
		}
	}
	return n
}
