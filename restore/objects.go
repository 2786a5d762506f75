package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"stowage/assets"
	"stowage/report"
)

// loadObjects reads from the journal what became of every object. Keep, when it is not nil, is given every note, those of
// second writes included.
func (r *run) loadObjects(ctx context.Context, keep func(n int32, text string) error) error {
	r.objects = newIDMap(r.s.len())
	for n, t := range r.s.types {
		if t == none {
			r.objects.states[n] = stateOutside
		}
	}
	noted := func(n int32, text string) error {
		if keep == nil || text == "" {
			return nil
		}
		return keep(n, text)
	}
	err := r.ledger.j.Each(ctx, kindObject, func(source, target, text string, done bool) error {
		n := r.s.lookup(source)
		if n == none {
			return fmt.Errorf("%w: the journal knows an object that the backup does not hold", ErrPlan)
		}
		switch {
		case !done:
			r.objects.set(n, stateDoubt, "")
		case target == "":
			entry, err := parseNote(text)
			if err != nil || entry.Unsent {
				return err
			}
			r.objects.set(n, stateFailed, "")
		default:
			r.objects.set(n, stateDone, target)
		}
		return noted(n, text)
	})
	if err == nil && keep != nil {
		err = r.ledger.j.Each(ctx, kindSecond, func(source, _, text string, _ bool) error {
			if n := r.s.lookup(source); n != none {
				return noted(n, text)
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	return nil
}

// restoreObjects creates the objects, each as soon as the objects it refers to exist.
func (r *run) restoreObjects(ctx context.Context) error {
	graph := assets.NewGraph(r.s.len(), r.s.from, r.s.to)
	r.order = graph.Order()
	if err := r.loadObjects(ctx, r.tellAgain); err != nil {
		return err
	}
	w := &objectWork{
		run: r, schedule: newSchedule(r.s, r.order, graph), wake: make(chan struct{}, 1),
	}
	r.set.Progress.Stage(StageObjects, int64(r.plan.Objects.Planned))
	// Whatever is not open is held before the first is settled, which makes others available.
	for n := range int32(r.s.len()) {
		if r.objects.state(n) != stateOpen {
			w.schedule.hold(n)
		}
	}
	for n := range int32(r.s.len()) {
		switch r.objects.state(n) {
		case stateOutside:
			w.schedule.settle(n)
		case stateDone:
			w.schedule.settle(n)
			r.result.Skipped++
		case stateFailed:
			w.schedule.settle(n)
			r.result.Failed++
		case stateDoubt:
			w.doubt(n)
		case stateOpen:
		}
	}
	r.set.Progress.Advance(int64(r.result.Skipped + r.result.Failed))
	w.schedule.open()

	g, gctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(gctx, w.schedule.close)
	defer stop()
	done := make(chan struct{})
	var workers sync.WaitGroup
	for range r.set.Workers {
		workers.Add(1)
		g.Go(func() error {
			defer workers.Done()
			return w.work(gctx)
		})
	}
	g.Go(func() error {
		workers.Wait()
		close(done)
		return nil
	})
	g.Go(func() error { return w.resolve(gctx, done) })
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// tellAgain reports what an earlier call found out about an object: a report is about the restore, not about one call.
func (r *run) tellAgain(n int32, text string) error {
	entry, err := parseNote(text)
	if err != nil {
		return err
	}
	r.reportNote(n, r.s.key(n), entry)
	return nil
}

// objectWork is the creation of objects by several workers.
type objectWork struct {
	*run
	schedule *schedule

	doubts doubtList
	wake   chan struct{}
}

// outcome is what became of one object.
type outcome struct {
	object int32
	target assets.ObjectRef
	note   note
}

// work takes objects and creates them until there are none left.
func (w *objectWork) work(ctx context.Context) error {
	for {
		batch := w.schedule.take(ctx, w.set.Workers)
		if len(batch) == 0 {
			return nil
		}
		if err := w.batch(ctx, batch); err != nil {
			return err
		}
	}
}

// batch enters objects into the journal, creates them, and enters what came of it.
func (w *objectWork) batch(ctx context.Context, batch []int32) error {
	sources := make([]string, 0, len(batch))
	for _, n := range batch {
		if w.objects.state(n) == stateOpen {
			sources = append(sources, w.s.id(n))
		}
	}
	if err := w.ledger.begin(w.writing(ctx), kindObject, sources...); err != nil {
		return err
	}
	var settled []outcome
	var failure error
	sent := 0
	for _, n := range batch {
		if ctx.Err() != nil {
			break
		}
		done, out, err := w.create(ctx, n)
		if err != nil {
			failure = err
			break
		}
		if done {
			settled = append(settled, out)
		}
		sent++
	}
	// What was entered and certainly not created is taken back, so that nobody has to ask the target about it.
	for _, n := range batch[sent:] {
		if slices.Contains(sources, w.s.id(n)) {
			settled = append(settled, outcome{object: n, note: note{Unsent: true}})
		}
	}
	return errors.Join(failure, w.record(ctx, settled))
}

// create sends one object. Done is false when it is not known what came of it.
func (w *objectWork) create(ctx context.Context, n int32) (done bool, out outcome, err error) {
	out.object = n
	o, err := w.source(ctx, n)
	if err != nil {
		return false, out, err
	}
	if w.types[w.s.types[n]] == "" {
		out.note.Error = refusal(o.Key, errors.New("its object type was not created"))
		w.settle(out, o.Key)
		return true, out, nil
	}
	t, err := w.translate(ctx, n, o, false)
	if err != nil {
		return false, out, err
	}
	out.note.Dropped = t.dropped
	before := w.created()
	for attempt := 1; ; attempt++ {
		if w.objects.state(n) == stateOpen {
			w.objects.set(n, stateDoubt, "")
		}
		out.target, err = w.target.CreateObject(w.writing(ctx), t.spec)
		w.calls.add(opCreateObject)
		switch {
		case err == nil:
			w.settle(out, o.Key)
			return true, out, nil
		case errors.Is(err, assets.ErrUnknownOutcome):
			w.doubt(n)
			return false, out, nil
		case refused(err):
			if _, resent := w.ledger.entry(kindResend, w.s.id(n)); resent {
				// It may be refused because it is there: sent before, invisible until now, and unique.
				w.doubt(n)
				w.doubts.lastAnswer(n, refusal(o.Key, err))
				return false, out, nil
			}
			out.note.Error = refusal(o.Key, err)
			w.settle(out, o.Key)
			return true, out, nil
		case transient(err) && attempt < createAttempts:
			if waitFor(ctx, pauseAfter(attempt)) != nil {
				return false, out, fmt.Errorf("create object %s: %w", w.s.id(n), err)
			}
		case transient(err) && w.created() > before:
			// Others were created meanwhile: it is this object the site cannot cope with, and one must not hold up all.
			out.note.Error = refusal(o.Key, err)
			w.settle(out, o.Key)
			return true, out, nil
		default:
			return false, out, fmt.Errorf("create object %s: %w", w.s.id(n), err)
		}
	}
}

// created returns the number of objects created so far.
func (r *run) created() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.result.Created
}

// settle makes the outcome of one object known to those who wait for it, and to log and report.
func (w *objectWork) settle(out outcome, key string) {
	state := stateFailed
	if out.target.ID != "" {
		state = stateDone
	}
	w.objects.set(out.object, state, out.target.ID)
	w.mu.Lock()
	if state == stateDone {
		w.result.Created++
	} else {
		w.result.Failed++
	}
	w.mu.Unlock()
	w.schedule.settle(out.object)
	w.tell(out, key, state)
	w.set.Progress.Advance(1)
}

// tell writes one object to log and report.
func (r *run) tell(out outcome, key string, state objectState) {
	e := objectEntry(key, out.target.ID, state, out.note)
	e.TargetKey = out.target.Key
	r.set.Log.Add(e)
	r.reportNote(out.object, key, out.note)
}

// reportNote writes what is to be said of one object to the report.
func (r *run) reportNote(n int32, key string, entry note) {
	id := r.s.id(n)
	if entry.Error != "" {
		r.report(report.Entry{
			Outcome: report.Failed, Stage: StageObjects, Kind: "object", ID: id, Key: key, Cause: report.CauseRejected, Message: entry.Error,
		})
	}
	for _, d := range entry.Dropped {
		r.report(report.Entry{
			Outcome: report.Warned, Stage: StageObjects, Kind: "object", ID: id, Key: key, Attribute: d.Attribute, Cause: d.Cause, Message: d.Message,
		})
	}
}

// record enters outcomes into the journal.
func (r *run) record(ctx context.Context, settled []outcome) error {
	sources, targets, notes := make([]string, len(settled)), make([]string, len(settled)), make([]string, len(settled))
	for i, out := range settled {
		sources[i], targets[i], notes[i] = r.s.id(out.object), out.target.ID, out.note.text()
	}
	return r.ledger.finishAll(r.writing(ctx), kindObject, sources, targets, notes)
}
