package world

import (
	"fmt"
	"time"
)

// Loader writes objects quickly and without checking them against the rules: whoever
// generates data answers for it. It holds the lock of the world.
type Loader struct {
	w       *World
	cells   []cell
	buf     []byte
	forward ID
}

// LoadObject is an object as it is loaded. A zero Updated means Created.
type LoadObject struct {
	TypeID  ID
	Creator string
	Created time.Time
	Updated time.Time
	Values  []LoadValues
}

// LoadValues are the values of one attribute. They must be of the attribute's kind.
type LoadValues struct {
	Attribute ID
	Values    []Value
}

// Load runs fn with a Loader under the lock of the world; fn must not call methods of
// World. A reference to an object that does not exist in the end is an error.
func (w *World) Load(fn func(l *Loader) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := &Loader{w: w}
	if err := fn(l); err != nil {
		return err
	}
	if l.forward > w.objects.last {
		return fmt.Errorf("load: object %d is referred to but was not loaded", l.forward)
	}
	return nil
}

// NextID is the id that the next object will get; the ones after it follow, so that
// references to objects to come can be loaded.
func (l *Loader) NextID() ID { return l.w.objects.last + 1 }

// Add loads an object and returns its id.
func (l *Loader) Add(o LoadObject) (ID, error) {
	w := l.w
	t := w.types[o.TypeID]
	if t == nil {
		return 0, fmt.Errorf("load: there is no object type %d", o.TypeID)
	}
	l.cells = l.cells[:0]
	for _, v := range o.Values {
		a := w.attrs[v.Attribute]
		if a == nil || a.TypeID != t.ID || a.System {
			return 0, fmt.Errorf("load: attribute %d cannot be set in object type %d", v.Attribute, t.ID)
		}
		for _, x := range v.Values {
			if x.Kind != a.Kind() {
				return 0, fmt.Errorf("load: attribute %d cannot have a value of kind %d", a.ID, x.Kind)
			}
			if x.Kind == KindRef {
				l.forward = max(l.forward, x.ID())
			}
		}
		l.cells = append(l.cells, cell{attr: v.Attribute, vals: v.Values})
	}
	if o.Created.IsZero() {
		o.Created = w.Now()
	}
	if o.Updated.IsZero() {
		o.Updated = o.Created
	}
	id := w.objects.next()
	rec := w.objects.slot(id)
	rec.typ, rec.created, rec.updated = t.ID, o.Created.UnixMilli(), o.Updated.UnixMilli()
	rec.creator = uint32(w.people.accounts.intern(o.Creator))
	l.buf = w.encode(l.buf[:0], l.cells)
	rec.data = string(l.buf)
	w.objects.live++
	t.objects = append(t.objects, id)
	w.linkAll(id, rec.data)
	w.index.add(id, l.cells)
	return id, nil
}
