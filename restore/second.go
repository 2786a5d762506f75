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

func isNotFound(err error) bool { return errors.Is(err, assets.ErrNotFound) }

// restoreObjectReferences sets the references inside cycles: of each cycle only the objects whose references could not be
// set when they were created are written again, once.
func (r *run) restoreObjectReferences(ctx context.Context) error {
	written := make(map[int32]bool) // by an earlier run
	begun := make(map[int32]bool)
	err := r.ledger.j.Each(ctx, kindSecond, func(source, _, _ string, done bool) error {
		if n := r.s.lookup(source); n != none {
			written[n], begun[n] = done, true
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	pending := make([]bool, r.s.len())
	total := 0
	for i, from := range r.s.from {
		if r.order.Deferred(from, r.s.to[i]) && !pending[from] && !written[from] && r.objects.state(from) == stateDone {
			pending[from] = true
			total++
		}
	}
	r.set.Progress.Stage(StageObjectReferences, int64(total))
	var mu sync.Mutex
	next := int32(0)
	take := func() []int32 {
		mu.Lock()
		defer mu.Unlock()
		var batch []int32
		for ; int(next) < len(pending) && len(batch) < maxBatch; next++ {
			if pending[next] {
				batch = append(batch, next)
			}
		}
		return batch
	}
	g, gctx := errgroup.WithContext(ctx)
	for range r.set.Workers {
		g.Go(func() error {
			for gctx.Err() == nil {
				batch := take()
				if len(batch) == 0 {
					return nil
				}
				if err := r.secondBatch(gctx, batch, begun); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

func (r *run) secondBatch(ctx context.Context, batch []int32, begun map[int32]bool) error {
	var sources []string
	for _, n := range batch {
		sources = append(sources, r.s.id(n))
	}
	if err := r.ledger.begin(r.writing(ctx), kindSecond, sources...); err != nil {
		return err
	}
	var done, targets, notes []string
	var failure error
	for _, n := range batch {
		if ctx.Err() != nil {
			break
		}
		no, err := r.second(ctx, n, begun[n])
		if err != nil {
			failure = err
			break
		}
		_, id := r.objects.get(n)
		done, targets, notes = append(done, r.s.id(n)), append(targets, id), append(notes, no.text())
		r.set.Progress.Advance(1)
	}
	return errors.Join(failure, r.ledger.finishAll(r.writing(ctx), kindSecond, done, targets, notes))
}

// second writes the references of one object that were left out when it was created.
func (r *run) second(ctx context.Context, n int32, ask bool) (note, error) {
	o, err := r.source(ctx, n)
	if err != nil {
		return note{}, err
	}
	t, err := r.translate(ctx, n, o, true)
	if err != nil {
		return note{}, err
	}
	out := outcome{object: n, note: note{Dropped: t.dropped}}
	_, out.target.ID = r.objects.get(n)
	if len(t.spec.Values) > 0 {
		written, err := r.write(ctx, out.target.ID, t.spec, ask)
		if err != nil && !refused(err) {
			return note{}, fmt.Errorf("write the references of object %s: %w", out.target.ID, err)
		}
		if err != nil {
			out.note.Error = refusal(o.Key, err)
		}
		if written {
			r.mu.Lock()
			r.result.SecondWrites++
			r.mu.Unlock()
		}
	}
	if out.note.Error != "" || len(out.note.Dropped) > 0 {
		r.tell(out, o.Key, stateDone)
	}
	return out.note, nil
}

// write changes an object. After a lost answer, and when ask says that there was one before, the object is read first and
// written only where it differs.
func (r *run) write(ctx context.Context, id string, spec ObjectSpec, ask bool) (written bool, err error) {
	for attempt := 1; attempt <= attempts; attempt++ {
		if err := ctx.Err(); err != nil {
			return written, err
		}
		if ask {
			r.calls.add("GET /object/{id}")
			now, err := r.target.Object(ctx, id)
			if err != nil {
				return written, err
			}
			if hasReferences(&now, spec) {
				return written, nil
			}
		}
		err = r.target.UpdateObject(r.writing(ctx), id, spec)
		r.calls.add(opUpdateObject)
		written = true
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, assets.ErrUnknownOutcome):
			ask = true
		case !transient(err):
			return true, err
		}
		if waitFor(ctx, pauseAfter(attempt)) != nil {
			return true, err
		}
	}
	return written, err
}

// hasReferences says whether an object has exactly the references of spec.
func hasReferences(o *assets.Object, spec ObjectSpec) bool {
	for _, want := range spec.Values {
		var have []string
		for i := range o.Values {
			if o.Values[i].AttributeID == want.AttributeID {
				for _, v := range o.Values[i].Values {
					have = append(have, v.ID)
				}
			}
		}
		if !sameSet(want.Texts, have) {
			return false
		}
	}
	return true
}

// rewriteDependents writes the references to an object of which a second copy was deleted: they may have led to the copy.
func (r *run) rewriteDependents(ctx context.Context, n int32) error {
	var dependents []int32
	for i, to := range r.s.to {
		if to == n && r.objects.state(r.s.from[i]) == stateDone && !slices.Contains(dependents, r.s.from[i]) {
			dependents = append(dependents, r.s.from[i])
		}
	}
	for _, d := range dependents {
		o, err := r.source(ctx, d)
		if err != nil {
			return err
		}
		t, err := r.translate(ctx, d, o, false)
		if err != nil {
			return err
		}
		late, err := r.translate(ctx, d, o, true)
		if err != nil {
			return err
		}
		spec := ObjectSpec{TypeID: t.spec.TypeID, Values: late.spec.Values}
		for _, v := range t.spec.Values {
			isLate := slices.ContainsFunc(late.spec.Values, func(l AttributeTexts) bool { return l.AttributeID == v.AttributeID })
			if !isLate && r.isReference(v.AttributeID) {
				spec.Values = append(spec.Values, v)
			}
		}
		_, id := r.objects.get(d)
		if _, err := r.write(ctx, id, spec, true); err != nil {
			if !refused(err) {
				return fmt.Errorf("write the references of object %s: %w", id, err)
			}
			r.report(report.Entry{
				Outcome: report.Failed, Stage: StageObjectReferences, Kind: "object", ID: o.ID, Key: o.Key, Cause: report.CauseRejected,
				Message: refusal(o.Key, err),
			})
		}
	}
	return nil
}

// isReference says whether a target attribute refers to objects.
func (r *run) isReference(attributeID string) bool {
	at := slices.Index(r.attrs, attributeID)
	return at >= 0 && r.c.attrs[at].Kind == assets.KindReference
}
