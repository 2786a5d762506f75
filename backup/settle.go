package backup

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"stowage/assets"
	"stowage/report"
	"stowage/snapshot"
)

// settle reads again what changed since it was read, round by round, until a round finds nothing.
func (r *run) settle(ctx context.Context) error {
	r.progress.Stage(stageSettle, 0)
	r.placed, r.dropped = make(map[string]string), make(map[string]bool)
	for round := 1; round <= r.opts.Rounds; round++ {
		r.moved, r.lastRound = 0, round == r.opts.Rounds
		if err := r.round(ctx); err != nil {
			return err
		}
		if r.moved == 0 {
			return nil
		}
		r.progress.Advance(int64(r.moved))
	}
	return nil
}

// round looks once for everything that is not as it was read, and puts it right.
func (r *run) round(ctx context.Context) error {
	mark, err := r.mark(ctx)
	if err != nil {
		return err
	}
	if err := r.redefine(ctx); err != nil {
		return err
	}
	for i := range r.defs.types {
		t := &r.defs.types[i]
		ts := r.state.Types[t.ID]
		if err := r.changed(ctx, t.ID, ts); err != nil {
			return err
		}
		if err := r.recount(ctx, t, ts); err != nil {
			return err
		}
	}
	for i := range r.defs.types {
		r.state.Types[r.defs.types[i].ID].Mark = mark
	}
	return nil
}

// move notes something that was not as it was read. What moves in the last round is reported: nobody looks whether it has
// moved again.
func (r *run) move(kind, id, key string, cause report.Cause, what string) {
	r.moved++
	if r.lastRound {
		r.lines.Add(report.Entry{
			Outcome: report.Warned, Stage: stageSettle, Kind: kind, ID: id, Key: key, Cause: cause,
			Message: "the " + kind + " " + what + " while the backup was running",
		})
	}
}

// redefine reads the definitions again, and the objects that are concerned by what changed in them.
func (r *run) redefine(ctx context.Context) error {
	d, err := r.readDefinitions(ctx)
	if err != nil {
		return err
	}
	before := r.defs
	r.defs = d
	if !sameDefinitions(before, d) {
		r.move("schema", d.schema.ID, d.schema.Key, report.CauseChanged, "got other definitions")
	}
	if err := r.readIcons(ctx); err != nil {
		return err
	}
	for i := range d.types {
		t := &d.types[i]
		ts := r.state.Types[t.ID]
		switch {
		case ts == nil:
			r.move("object type", t.ID, t.Name, report.CauseChanged, "was added")
			mark, err := r.mark(ctx)
			if err != nil {
				return err
			}
			ts = &typeState{Name: t.Name, Mark: mark}
			r.state.Types[t.ID] = ts
		case ts.Shape != d.shapes[t.ID]:
			r.move("object type", t.ID, t.Name, report.CauseChanged, "got other attributes")
		default:
			continue
		}
		if err := r.compare(ctx, t.ID, ts, true); err != nil {
			return err
		}
		ts.Shape = d.shapes[t.ID]
	}
	for id, ts := range r.state.Types {
		if _, still := d.shapes[id]; still {
			continue
		}
		r.move("object type", id, ts.Name, report.CauseVanished, "was removed")
		if err := r.dropType(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// sameDefinitions compares what people change, not what the site counts or stamps.
func sameDefinitions(a, b *definitions) bool {
	plain := func(d *definitions) definitions {
		p := *d
		p.shapes = nil
		p.schema.ObjectCount, p.schema.ObjectTypeCount, p.schema.Updated, p.schema.Extra = 0, 0, "", nil
		if d.properties != nil {
			p.properties = new(*d.properties)
			p.properties.Extra = nil
		}
		p.statuses, p.references = slices.Clone(d.statuses), slices.Clone(d.references)
		p.types, p.attributes = slices.Clone(d.types), slices.Clone(d.attributes)
		for i := range p.statuses {
			p.statuses[i].Extra = nil
		}
		for i := range p.references {
			p.references[i].Extra = nil
		}
		for i := range p.types {
			p.types[i].Extra, p.types[i].Updated = nil, ""
		}
		for i := range p.attributes {
			p.attributes[i].Extra = nil
		}
		return p
	}
	return reflect.DeepEqual(plain(a), plain(b))
}

// dropType takes all objects of a type out of the backup, but those that have become objects of another.
func (r *run) dropType(ctx context.Context, typeID string) error {
	var ids []string
	for id, err := range r.w.StoredIDs(ctx, snapshot.KindObjects, typeID) {
		if err != nil {
			return fmt.Errorf("read back the objects of type %s: %w", typeID, err)
		}
		ids = append(ids, id)
	}
	for id := range r.placed {
		ids = append(ids, id)
	}
	at, err := r.where(ctx, ids)
	if err != nil {
		return err
	}
	for id, in := range at {
		if in == typeID {
			r.drop(id)
		}
	}
	delete(r.live, typeID)
	delete(r.state.Types, typeID)
	return nil
}

// where tells of which type objects are in the backup, as it is now; those that are not in it are missing.
func (r *run) where(ctx context.Context, ids []string) (map[string]string, error) {
	at := make(map[string]string, len(ids))
	var ask []string
	for _, id := range ids {
		if in, ok := r.placed[id]; ok {
			at[id] = in
		} else if !r.dropped[id] {
			ask = append(ask, id)
		}
	}
	first, err := r.w.LastGroups(ctx, snapshot.KindObjects, ask)
	if err != nil {
		return nil, fmt.Errorf("find objects in the backup: %w", err)
	}
	maps.Copy(at, first)
	return at, nil
}

// changed stores again the objects of a type that were updated since its mark, but those already stored as they are now.
func (r *run) changed(ctx context.Context, typeID string, ts *typeState) error {
	q := ObjectQuery{TypeID: typeID, UpdatedSince: ts.Mark}
	// A count is one call however many objects there are, and mostly there are none; a page would be read for nothing.
	n, err := r.src.CountObjects(ctx, q)
	if err != nil {
		return fmt.Errorf("count what changed of type %s: %w", typeID, err)
	}
	if n == 0 {
		return nil
	}
	return r.list(ctx, q, func(page []assets.Object) error {
		page = slices.DeleteFunc(page, func(o assets.Object) bool { return o.Updated != "" && r.recent[o.ID] == o.Updated })
		for i := range page {
			r.move("object", page[i].ID, page[i].Key, report.CauseChanged, "was changed")
		}
		return r.again(ctx, page, ts.Mark)
	})
}

// recount compares the number of objects of a type with the number stored, and the objects where the numbers differ.
func (r *run) recount(ctx context.Context, t *assets.ObjectType, ts *typeState) error {
	if ts.Broken {
		return nil
	}
	n, err := r.src.CountObjects(ctx, ObjectQuery{TypeID: t.ID})
	if err != nil {
		return fmt.Errorf("count the objects of type %s: %w", t.ID, err)
	}
	if n == r.live[t.ID]+len(ts.Unread) {
		return nil
	}
	before := r.moved
	if err := r.compare(ctx, t.ID, ts, false); err != nil {
		return err
	}
	if r.moved > before || n == r.live[t.ID]+len(ts.Unread) {
		return nil
	}
	r.lines.Add(report.Entry{
		Outcome: report.Warned, Stage: stageSettle, Kind: "object type", ID: t.ID, Key: t.Name, Cause: report.CauseChanged,
		Message: "the site counts " + strconv.Itoa(n) + " objects of the type and lists " + strconv.Itoa(r.live[t.ID]+len(ts.Unread)),
	})
	return nil
}

// compare lists the objects of a type, adds what is missing in the backup and drops what is gone from the site. With rewrite
// every object is stored again. Both lists are in the order of ids, so neither is held in memory.
func (r *run) compare(ctx context.Context, typeID string, ts *typeState, rewrite bool) error {
	next, stop := iter.Pull2(r.firstReading(ctx, typeID))
	defer stop()
	stored, readBack, more := next()
	var gone []string
	listed := make(map[string]bool) // of those that were stored again
	live := 0
	err := r.list(ctx, ObjectQuery{TypeID: typeID}, func(page []assets.Object) error {
		live += len(page)
		var write []assets.Object
		for i := range page {
			o := &page[i]
			for more && readBack == nil && compareIDs(stored, o.ID) < 0 {
				gone = append(gone, stored)
				stored, readBack, more = next()
			}
			if readBack != nil {
				return readBack
			}
			known := more && stored == o.ID
			if known {
				stored, readBack, more = next()
			}
			if r.placed[o.ID] == typeID {
				known, listed[o.ID] = true, true
			}
			if !known && !rewrite {
				r.move("object", o.ID, o.Key, report.CauseChanged, "was added")
			}
			if !known || rewrite {
				listed[o.ID] = true
				write = append(write, *o)
			}
		}
		return r.again(ctx, write, ts.Mark)
	})
	if errors.Is(err, ErrUnreadable) && !endsRun(ctx, err) {
		ts.Broken = true
		r.lines.Add(report.Entry{
			Outcome: report.Failed, Stage: stageSettle, Kind: "object type", ID: typeID, Key: ts.Name, Message: err.Error(),
		})
		return nil
	}
	if err != nil {
		return err
	}
	for more && readBack == nil {
		gone = append(gone, stored)
		stored, readBack, more = next()
	}
	if readBack != nil {
		return readBack
	}
	for id, at := range r.placed {
		if at == typeID && !listed[id] {
			gone = append(gone, id)
		}
	}
	// What was read a second time with another type is in the backup as that.
	at, err := r.where(ctx, gone)
	if err != nil {
		return err
	}
	for _, id := range gone {
		if at[id] == typeID {
			r.drop(id)
			r.move("object", id, "", report.CauseVanished, "was removed")
		}
	}
	r.live[typeID] = live
	return nil
}

// list calls visit for every page of objects that a query of one type selects, in the order of ids.
func (r *run) list(ctx context.Context, q ObjectQuery, visit func([]assets.Object) error) error {
	last := ""
	pages := prefetch(ctx, func(ctx context.Context) iter.Seq2[ObjectPage, error] { return r.src.Objects(ctx, q) })
	for page, err := range pages {
		if err != nil {
			return fmt.Errorf("objects of type %s: %w", q.TypeID, err)
		}
		r.state.Pages++
		objects, err := r.inOrder(ctx, q.TypeID, page)
		if err != nil {
			return err
		}
		fresh := make([]assets.Object, 0, len(objects))
		for i := range objects {
			if o := &objects[i]; o.TypeID == q.TypeID && (last == "" || compareIDs(o.ID, last) > 0) {
				last = o.ID
				fresh = append(fresh, *o)
			}
		}
		if err := visit(fresh); err != nil {
			return err
		}
	}
	return nil
}

// firstReading yields the ids of a type as they were first stored, which is in ascending order, without those that have been
// stored again or dropped since.
func (r *run) firstReading(ctx context.Context, typeID string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for id, err := range r.w.StoredIDs(ctx, snapshot.KindObjects, typeID) {
			if err != nil {
				yield("", fmt.Errorf("read back the objects of type %s: %w", typeID, err))
				return
			}
			if _, again := r.placed[id]; !again && !r.dropped[id] && !yield(id, nil) {
				return
			}
		}
	}
}

// again stores objects again, or such as are new.
func (r *run) again(ctx context.Context, objects []assets.Object, mark time.Time) error {
	ids := make([]string, len(objects))
	for i := range objects {
		ids[i] = objects[i].ID
	}
	at, err := r.where(ctx, ids)
	if err != nil {
		return err
	}
	for i := range objects {
		o := &objects[i]
		kept, err := r.store(ctx, o, mark)
		if err != nil {
			return err
		}
		from, before := at[o.ID]
		if !kept {
			// What the backup had of it is not what the site has, and the report says that it is missing.
			if before {
				r.drop(o.ID)
				r.live[from]--
			}
			continue
		}
		if from != o.TypeID {
			r.live[o.TypeID]++
			if before {
				r.live[from]--
			}
		}
		r.placed[o.ID] = o.TypeID
		delete(r.dropped, o.ID)
		if ts := r.state.Types[o.TypeID]; ts != nil {
			delete(ts.Unread, o.ID)
		}
	}
	return nil
}

// drop takes an object out of the backup.
func (r *run) drop(id string) {
	r.w.Drop(id)
	r.dropped[id] = true
	delete(r.placed, id)
	delete(r.recent, id)
}
