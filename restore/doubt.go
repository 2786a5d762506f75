package restore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"stowage/assets"
	"stowage/report"
)

// doubtList holds the objects that were sent and of which nothing is known.
type doubtList struct {
	mu    sync.Mutex
	items map[int32]*doubtful
}

type doubtful struct {
	object int32
	since  time.Time
	// answer is how the target refused the object when it was sent again.
	answer string
}

func (l *doubtList) add(n int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.items == nil {
		l.items = make(map[int32]*doubtful)
	}
	l.items[n] = &doubtful{object: n, since: time.Now()}
}

func (l *doubtList) lastAnswer(n int32, answer string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items[n].answer = answer
}

func (l *doubtList) remove(n int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.items, n)
}

// all returns copies, in the order of the objects.
func (l *doubtList) all() []doubtful {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]doubtful, 0, len(l.items))
	for _, d := range l.items {
		list = append(list, *d)
	}
	slices.SortFunc(list, func(a, b doubtful) int { return cmp.Compare(a.object, b.object) })
	return list
}

// doubt puts an object aside until the target has been asked about it.
func (w *objectWork) doubt(n int32) {
	w.objects.set(n, stateDoubt, "")
	w.doubts.add(n)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

const (
	// firstLook and longestLook bound the pause between two questions about objects in doubt.
	firstLook   = 250 * time.Millisecond
	longestLook = 4 * time.Second
	// textsPerQuestion is how many objects are asked for at a time.
	textsPerQuestion = 50
)

// resolve asks the target about objects in doubt, until the workers are done. An object that is found is settled; one that
// does not appear within the patience for the search index is sent again.
func (w *objectWork) resolve(ctx context.Context, done <-chan struct{}) error {
	pause := firstLook
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-done:
			return nil
		case <-w.wake:
			pause = firstLook
			timer.Reset(pause)
			continue
		case <-timer.C:
		}
		open, err := w.look(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if open {
			pause = min(2*pause, longestLook)
			timer.Reset(pause)
		}
	}
}

// look asks once about everything in doubt whose references are settled.
func (w *objectWork) look(ctx context.Context) (open bool, err error) {
	byType := make(map[int32][]doubtful)
	for _, d := range w.doubts.all() {
		open = true
		if !w.schedule.blocked(d.object) {
			t := w.s.types[d.object]
			byType[t] = append(byType[t], d)
		}
	}
	for t := range int32(len(w.c.types)) {
		for chunk := range slices.Chunk(byType[t], textsPerQuestion) {
			if err := w.lookFor(ctx, t, chunk); err != nil {
				return open, err
			}
		}
	}
	return open, nil
}

// lookFor asks about some objects of one type.
func (w *objectWork) lookFor(ctx context.Context, t int32, chunk []doubtful) error {
	sources := make([]*assets.Object, len(chunk))
	texts := make([]string, len(chunk))
	for i, d := range chunk {
		o, err := w.source(ctx, d.object)
		if err != nil {
			return err
		}
		sources[i], texts[i] = o, w.originalID(d.object, o)
	}
	found, err := w.findCopies(ctx, t, texts)
	if err != nil {
		return err
	}
	var settled []outcome
	var resend []int32
	for i, d := range chunk {
		target := w.choose(d.object, sources[i], found[texts[i]])
		out := outcome{object: d.object, target: target}
		switch {
		case target.ID != "":
			translated, err := w.translate(ctx, d.object, sources[i], false)
			if err != nil {
				return err
			}
			out.note.Dropped = translated.dropped
		case time.Since(d.since) < w.set.Patience:
			continue
		case d.answer != "":
			out.note.Error = d.answer
		default:
			resend = append(resend, d.object)
			continue
		}
		w.doubts.remove(d.object)
		w.settle(out, sources[i].Key)
		settled = append(settled, out)
	}
	if err := w.record(ctx, settled); err != nil {
		return err
	}
	return w.resend(ctx, resend)
}

// resend sends objects again that were not found. They are remembered: an answer that took longer than our patience would
// have made them twice, which the sweep at the end finds out.
func (w *objectWork) resend(ctx context.Context, objects []int32) error {
	ids := make([]string, len(objects))
	for i, n := range objects {
		ids[i] = w.s.id(n)
	}
	if err := w.ledger.begin(w.writing(ctx), kindResend, ids...); err != nil {
		return err
	}
	for _, n := range objects {
		w.doubts.remove(n)
		w.schedule.again(n)
	}
	return nil
}

// findCopies returns the objects of a type that carry one of the texts as ORIGINAL_ID, in ascending order of id.
func (r *run) findCopies(ctx context.Context, t int32, texts []string) (map[string][]assets.Object, error) {
	found := make(map[string][]assets.Object)
	at := r.c.types[t].originalID
	if at == none || r.attrs[at] == "" || r.types[t] == "" {
		return found, nil
	}
	r.calls.add(opFind)
	for o, err := range r.target.FindByText(ctx, r.types[t], r.c.attrs[at].Name, texts) {
		if err != nil {
			return nil, fmt.Errorf("look for objects in doubt: %w", err)
		}
		for i := range o.Values {
			if o.Values[i].AttributeID == r.attrs[at] && len(o.Values[i].Values) > 0 {
				text := o.Values[i].Values[0].Text
				found[text] = append(found[text], o)
			}
		}
	}
	for _, list := range found {
		slices.SortFunc(list, func(a, b assets.Object) int { return compareIDs(a.ID, b.ID) })
	}
	return found, nil
}

// compareIDs orders ids by age: the numbers a site gives ascend.
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// choose returns the object of the target that object n became. Objects that were cloned share their ORIGINAL_ID: one that
// is another's is no candidate, and of several the one with the same label is preferred.
func (w *objectWork) choose(n int32, o *assets.Object, candidates []assets.Object) assets.ObjectRef {
	taken := w.clones.taken(n, w.objects)
	best := assets.ObjectRef{}
	for i := range candidates {
		c := &candidates[i]
		if taken[c.ID] {
			continue
		}
		ref := assets.ObjectRef{ID: c.ID, Key: c.Key}
		if c.Label == o.Label {
			return ref
		}
		if best.ID == "" {
			best = ref
		}
	}
	if len(w.clones.others(n)) > 0 {
		// A clone with another label is another object.
		return assets.ObjectRef{}
	}
	return best
}

// cloneGroups knows the objects that share an ORIGINAL_ID.
type cloneGroups struct{ of map[int32][]int32 }

func newCloneGroups(s *survey) *cloneGroups {
	g := &cloneGroups{of: make(map[int32][]int32)}
	for _, group := range s.clones() {
		for _, n := range group {
			g.of[n] = group
		}
	}
	return g
}

// others returns the group of n, itself included, or nothing when it is alone.
func (g *cloneGroups) others(n int32) []int32 { return g.of[n] }

// taken returns the target ids of the clones of n.
func (g *cloneGroups) taken(n int32, objects *idMap) map[string]bool {
	var ids map[string]bool
	for _, other := range g.of[n] {
		if state, id := objects.get(other); other != n && state == stateDone {
			if ids == nil {
				ids = make(map[string]bool)
			}
			ids[id] = true
		}
	}
	return ids
}

// sweep deletes objects that exist twice, because one was sent again while the first was on its way. Only objects that
// this restore sent twice are looked at.
func (r *run) sweep(ctx context.Context) error {
	byType := make(map[int32][]int32)
	open := 0
	for source, entry := range r.ledger.known[kindResend] {
		n := r.s.lookup(source)
		if entry.done || n == none {
			continue
		}
		byType[r.s.types[n]] = append(byType[r.s.types[n]], n)
		open++
	}
	if open == 0 {
		return nil
	}
	// Whatever was under way when the last object was sent again has become visible after this.
	if err := waitFor(ctx, r.set.Patience); err != nil {
		return err
	}
	for t := range int32(len(r.c.types)) {
		slices.Sort(byType[t])
		for chunk := range slices.Chunk(byType[t], textsPerQuestion) {
			if err := r.sweepSome(ctx, t, chunk); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) sweepSome(ctx context.Context, t int32, chunk []int32) error {
	texts := make([]string, len(chunk))
	sources := make([]*assets.Object, len(chunk))
	for i, n := range chunk {
		o, err := r.source(ctx, n)
		if err != nil {
			return err
		}
		sources[i], texts[i] = o, r.originalID(n, o)
	}
	found, err := r.findCopies(ctx, t, texts)
	if err != nil {
		return err
	}
	for i, n := range chunk {
		_, kept := r.objects.get(n)
		taken := r.clones.taken(n, r.objects)
		deleted := false
		for _, c := range found[texts[i]] {
			// A clone that was resolved is somebody else's; one that failed has left nothing behind.
			if c.ID == kept || taken[c.ID] || len(r.clones.others(n)) > 0 && c.Label != sources[i].Label {
				continue
			}
			err := r.repeat(ctx, "DELETE /object/{id}", func(ctx context.Context) error {
				err := r.target.DeleteObject(ctx, c.ID)
				if isNotFound(err) {
					return nil
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("delete object %s, which exists twice: %w", c.ID, err)
			}
			deleted = true
			r.result.Duplicates++
			r.report(report.Entry{
				Outcome: report.Warned, Stage: StageObjects, Kind: "object", ID: r.s.id(n), Key: sources[i].Key,
				Message: fmt.Sprintf("the object existed twice after a lost answer; %s was deleted, %s stays", c.ID, kept),
			})
		}
		if deleted {
			if err := r.rewriteDependents(ctx, n); err != nil {
				return err
			}
		}
		if err := r.ledger.finish(r.writing(ctx), kindResend, r.s.id(n), kept, ""); err != nil {
			return err
		}
	}
	return nil
}
