package world

import (
	"fmt"
	"slices"
	"strings"
)

// ObjectInput creates or changes an object. In a change TypeID may be zero; another
// type than the object's is refused. Attributes that are not listed keep their
// values, an empty list of values removes them. A nil AvatarUUID keeps the avatar.
type ObjectInput struct {
	TypeID     ID
	Attributes []AttributeValues
	AvatarUUID *string
}

// AttributeValues are the values of one attribute as they come over the wire.
type AttributeValues struct {
	Attribute ID
	Values    []string
}

// CreateObject makes an object, or answers with everything that is wrong with it.
func (w *World) CreateObject(actor string, in ObjectInput) (Object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, _, err := w.manageableType(in.TypeID)
	if err != nil {
		return Object{}, err
	}
	if t.Abstract {
		return Object{}, badField("objectTypeId", "The object type %s is abstract and cannot have objects", t.Name)
	}
	cells, err := w.check(t, 0, in.Attributes)
	if err != nil {
		return Object{}, err
	}
	if err := w.checkAvatar(in.AvatarUUID); err != nil {
		return Object{}, err
	}
	id := w.addObject(t, actor, w.nowMillis(), cells)
	w.setAvatar(id, in.AvatarUUID)
	w.lag.note(w, id, nil)
	return w.objectOut(id, w.objects.at(id)), nil
}

// addObject stores a new object and returns its id.
func (w *World) addObject(t *objectType, actor string, now int64, cells []cell) ID {
	id := w.objects.next()
	rec := w.objects.slot(id)
	rec.typ, rec.created, rec.updated = t.ID, now, now
	rec.creator = uint32(w.people.accounts.intern(actor))
	rec.data = string(w.encode(nil, cells))
	w.objects.live++
	t.objects = append(t.objects, id)
	w.linkAll(id, rec.data)
	w.index.add(id, cells)
	return id
}

// check turns the input into cells, collecting what is wrong under the attributes.
// For a new object (id zero) the attributes that are not listed count as empty.
func (w *World) check(t *objectType, id ID, in []AttributeValues) ([]cell, error) {
	fields := map[string]string{}
	var cells []cell
	listed := map[ID]bool{}
	for _, av := range in {
		a := w.attrs[av.Attribute]
		if a == nil || a.TypeID != t.ID {
			fields[AttributeField(av.Attribute)] = fmt.Sprintf("No object type attribute with id %d exists on the object type %s", av.Attribute, t.Name)
			continue
		}
		if listed[a.ID] {
			cells = slices.DeleteFunc(cells, func(c cell) bool { return c.attr == a.ID })
		}
		listed[a.ID] = true
		if a.System {
			fields[AttributeField(a.ID)] = fmt.Sprintf("The attribute '%s' is not editable", a.Name)
			continue
		}
		vals, msg := w.checkValues(a, id, av.Values)
		if msg != "" {
			fields[AttributeField(a.ID)] = msg
			continue
		}
		cells = append(cells, cell{attr: a.ID, vals: vals})
	}
	if id == 0 {
		for _, a := range t.attrs {
			if !listed[a.ID] && !a.System && a.Min > 0 {
				fields[AttributeField(a.ID)] = tooFew(a)
			}
		}
	}
	if len(fields) > 0 {
		return nil, &Error{Status: 400, Fields: fields}
	}
	return cells, nil
}

func tooFew(a *attribute) string {
	return fmt.Sprintf("The attribute '%s' must contain at least %d value(s)", a.Name, a.Min)
}

// checkValues reads the values of one attribute of an object.
func (w *World) checkValues(a *attribute, id ID, in []string) (vals []Value, msg string) {
	for _, s := range in {
		if s == "" {
			continue
		}
		v, msg := w.parse(a, s)
		if msg != "" {
			return nil, msg
		}
		if v.Kind != KindText && v.Kind != KindInt && v.Kind != KindDouble && slices.Contains(vals, v) {
			continue
		}
		vals = append(vals, v)
	}
	switch {
	case a.Max != Unlimited && len(vals) > a.Max:
		return nil, fmt.Sprintf("The attribute '%s' can only contain max %d value(s)", a.Name, a.Max)
	case len(vals) < a.Min:
		return nil, tooFew(a)
	}
	if a.Label && w.opt.StrictLabels {
		for _, v := range vals {
			if strings.ContainsAny(v.Raw(), forbiddenCharacters) {
				return nil, `The name contains invalid characters: = ; : ? . "`
			}
		}
	}
	if a.Unique {
		for _, v := range vals {
			if w.taken(a, id, v) {
				return nil, fmt.Sprintf("The attribute '%s' has to be unique: has duplicated value %s", a.Name, clip(v.Raw()))
			}
		}
	}
	return vals, ""
}

// taken tells whether another object has that value.
func (w *World) taken(a *attribute, self ID, v Value) bool {
	return slices.ContainsFunc(w.index.candidates(w, a, fold(v)), func(id ID) bool {
		rec := w.objects.alive(id)
		if id == self || rec == nil {
			return false
		}
		for o := range w.valuesOf(rec.data, a.ID) {
			if o == v {
				return true
			}
		}
		return false
	})
}

// UpdateObject changes an object, or answers with everything that is wrong. A change
// that changes nothing leaves the time of the last change alone.
func (w *World) UpdateObject(actor string, id ID, in ObjectInput) (Object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rec := w.objects.alive(id)
	if rec == nil {
		return Object{}, errNoObject(id)
	}
	t, _, err := w.manageableType(rec.typ)
	if err != nil {
		return Object{}, err
	}
	if in.TypeID != 0 && in.TypeID != rec.typ {
		return Object{}, badField("objectTypeId", "The object type of an object cannot be changed")
	}
	cells, err := w.check(t, id, in.Attributes)
	if err != nil {
		return Object{}, err
	}
	if err := w.checkAvatar(in.AvatarUUID); err != nil {
		return Object{}, err
	}
	if in.AvatarUUID != nil && *in.AvatarUUID != w.avatars[id] {
		w.setAvatar(id, in.AvatarUUID)
		w.touch(id, rec)
	}
	w.change(actor, id, rec, cells)
	return w.objectOut(id, rec), nil
}

// change gives an object the values of some attributes.
func (w *World) change(actor string, id ID, rec *record, cells []cell) {
	old := w.decode(rec.data)
	next := slices.Clone(old)
	changed := false
	for _, c := range cells {
		i := slices.IndexFunc(next, func(o cell) bool { return o.attr == c.attr })
		switch {
		case i < 0 && len(c.vals) == 0:
			continue
		case i < 0:
			w.noteChange(actor, id, c.attr, nil, c.vals)
			next = append(next, c)
		case sameValues(next[i].vals, c.vals):
			continue
		default:
			w.noteChange(actor, id, c.attr, next[i].vals, c.vals)
			next[i] = c
		}
		changed = true
	}
	if !changed {
		return
	}
	w.lag.note(w, id, rec)
	before := rec.data
	rec.data = string(w.encode(nil, next))
	rec.updated = w.nowMillis()
	w.linkNew(id, before, rec.data)
	w.index.add(id, cells)
}

// touch notes that something of an object has changed.
func (w *World) touch(id ID, rec *record) {
	w.lag.note(w, id, rec)
	rec.updated = w.nowMillis()
}

// sameValues compares without regard to order.
func sameValues(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	if slices.Equal(a, b) {
		return true
	}
	rest := slices.Clone(b)
	for _, v := range a {
		i := slices.Index(rest, v)
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return true
}

// DeleteObject removes an object with all that hangs on it; those that refer to it
// lose the reference.
func (w *World) DeleteObject(actor string, id ID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rec := w.objects.alive(id)
	if rec == nil {
		return errNoObject(id)
	}
	if _, _, err := w.manageableType(rec.typ); err != nil {
		return err
	}
	for _, from := range w.inbound(id) {
		w.unrefer(actor, from, id)
	}
	w.forgetObject(id, rec)
	return nil
}

// unrefer removes the references of one object to another.
func (w *World) unrefer(actor string, from, to ID) {
	rec := w.objects.alive(from)
	var cells []cell
	for _, c := range w.decode(rec.data) {
		if c.vals[0].Kind != KindRef || !slices.Contains(c.vals, Ref(to)) {
			continue
		}
		vals := slices.DeleteFunc(slices.Clone(c.vals), func(v Value) bool { return v == Ref(to) })
		cells = append(cells, cell{attr: c.attr, vals: vals})
	}
	w.change(actor, from, rec, cells)
}

// forgetObject removes an object without looking at those that refer to it.
func (w *World) forgetObject(id ID, rec *record) {
	w.forget(id)
	t := w.types[rec.typ]
	if w.lag.note(w, id, rec) {
		rec.gone = true
		t.gone++
		return
	}
	w.purge(t, id, rec)
}

// forget removes what hangs on an object.
func (w *World) forget(id ID) {
	w.objects.live--
	w.dropComments(id)
	w.dropAttachments(id)
	delete(w.changes, id)
	delete(w.avatars, id)
	w.jira.forgetObject(id)
}

// purge takes a deleted object out of the lists.
func (w *World) purge(t *objectType, id ID, rec *record) {
	if i, ok := slices.BinarySearch(t.objects, id); ok {
		t.objects = slices.Delete(t.objects, i, i+1)
	}
	*rec = record{}
}

func errNoObject(id ID) error { return notFound("No object with id %d exists", id) }
