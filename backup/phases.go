package backup

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"sync"

	"stowage/assets"
	"stowage/report"
	"stowage/snapshot"
)

// laterPhases runs the phases that fill in behind, those that have not ended yet.
func (r *run) laterPhases(ctx context.Context) error {
	if r.state.Phases == nil {
		r.state.Phases = make(map[string]phaseState)
	}
	for _, p := range r.phases() {
		if !slices.Contains(r.opts.Phases, p.name) || ended(r.w, p.name) {
			continue
		}
		// Within a phase checkpoints are saved where everything is durable, and nowhere else.
		r.hold = true
		r.w.Phase(p.name, snapshot.PhaseStatus{State: snapshot.PhaseRunning})
		status, err := p.run(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for _, k := range p.kinds {
			if err := r.w.End(ctx, k, ""); err != nil {
				return err
			}
		}
		r.w.Phase(p.name, status)
		if err := r.commit(ctx); err != nil {
			return err
		}
		delete(r.state.Phases, p.name)
		r.hold = false
		if err := r.save(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ended says whether a phase has come to its end, however it was.
func ended(w *snapshot.Writer, name string) bool {
	s, _ := w.PhaseStatus(name)
	return s.State == snapshot.PhaseComplete || s.State == snapshot.PhaseIncomplete || s.State == snapshot.PhaseUnsupported
}

// phase is one of the later phases.
type phase struct {
	name, stage string
	// kinds are the records it makes; cause is the documented reason for doing without.
	kinds []snapshot.Kind
	cause report.Cause
	run   func(context.Context, *phase) (snapshot.PhaseStatus, error)
	// wants says whether an object is asked about. Ask asks, and may be called from several goroutines; keep stores what came
	// of it, in the order of the objects.
	wants func(*assets.Object) bool
	ask   func(context.Context, item) (keep func(context.Context) (kept, error), err error)
}

// item is an object, or one file of an object, that is asked about.
type item struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	// File is set when it is about a file only.
	File *assets.Attachment `json:"file,omitempty"`
}

// about says what the item is to the reader of a report.
func (it item) about() (kind, id string) {
	if it.File != nil {
		return "attachment", it.File.ID
	}
	return "object", it.ID
}

// kept says what came of an item: how many records, and which parts of it are to be tried again or have failed for good.
type kept struct {
	records, bytes, skipped, failed int64

	again []item
}

func (r *run) phases() []*phase {
	all := func(*assets.Object) bool { return true }
	return []*phase{
		{
			name: PhaseHistory, stage: stageHistory, kinds: []snapshot.Kind{snapshot.KindHistory}, cause: report.CauseEndpointMissing,
			run: r.perObject, wants: all, ask: documents(r, snapshot.KindHistory, r.src.History),
		},
		{
			name: PhaseComments, stage: stageComments, kinds: []snapshot.Kind{snapshot.KindComments}, cause: report.CauseEndpointMissing,
			run: r.perObject, wants: all, ask: documents(r, snapshot.KindComments, r.src.Comments),
		},
		{
			name: PhaseAttachments, stage: stageAttachments, cause: report.CauseEndpointMissing,
			kinds: []snapshot.Kind{snapshot.KindAttachments, snapshot.KindAttachmentData},
			run:   r.perObject, wants: all, ask: r.askAttachments,
		},
		{
			name: PhaseAvatars, stage: stageAvatars, kinds: []snapshot.Kind{snapshot.KindAvatars}, cause: report.CauseAvatarUnsupported,
			run: r.perObject, wants: func(o *assets.Object) bool { return o.HasAvatar }, ask: r.askAvatar,
		},
		{
			name: PhaseIssues, stage: stageIssues, kinds: []snapshot.Kind{snapshot.KindIssueObjects}, cause: report.CauseEndpointMissing,
			run: r.issueObjects,
		},
	}
}

// documents asks for what hangs on one object and stores each entry as a record.
func documents[T any](r *run, kind snapshot.Kind, read func(context.Context, string) ([]T, error)) func(context.Context, item) (func(context.Context) (kept, error), error) {
	return func(ctx context.Context, it item) (func(context.Context) (kept, error), error) {
		entries, err := read(ctx, it.ID)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (kept, error) {
			for i := range entries {
				if err := r.w.Add(ctx, kind, it.Type, it.ID, &entries[i]); err != nil {
					return kept{}, err
				}
			}
			return kept{records: int64(len(entries))}, nil
		}, nil
	}
}

// patience is how many items may fail one after the other before the trouble is taken to be with the site, not with them.
const patience = 20

// asked is an object on its way through the workers.
type asked struct {
	item item
	seen int64
	// done is nil for an object that is not asked about.
	done chan struct{}
	keep func(context.Context) (kept, error)
	err  error
}

// perObject asks about every object of the backup, several at a time, and stores the answers in the order of the objects.
func (r *run) perObject(ctx context.Context, p *phase) (snapshot.PhaseStatus, error) {
	b, err := r.storage.Open(ctx, r.w.ID())
	if err != nil {
		return snapshot.PhaseStatus{}, err
	}
	ps := r.state.Phases[p.name]
	r.progress.Stage(p.stage, b.Manifest().Counts[snapshot.KindObjects])
	r.progress.Advance(ps.Seen)
	failures, cut := 0, cutter{}
	for a, err := range r.pipeline(ctx, p, b, ps.Seen) {
		if err != nil {
			return snapshot.PhaseStatus{}, err
		}
		if a.done != nil {
			k, err := a.outcome(ctx)
			switch {
			case err == nil:
				failures = 0
				cut.bytes += k.bytes
				ps.add(k)
			case errors.Is(err, assets.ErrUnsupported) && ps.Records == 0:
				return r.unsupported(p), nil
			default:
				failures++
				stop, err := r.itemFailed(ctx, p, a.item, err, &ps, failures)
				if err != nil {
					return snapshot.PhaseStatus{}, err
				}
				if stop {
					return ending(ps, 1), nil
				}
			}
		}
		ps.Seen = a.seen
		r.progress.Advance(1)
		if cut.after(a.item.ID) {
			if err := r.saveWithin(ctx, p, ps); err != nil {
				return snapshot.PhaseStatus{}, err
			}
		}
	}
	failed, err := r.secondTry(ctx, p, &ps)
	if err != nil {
		return snapshot.PhaseStatus{}, err
	}
	return ending(ps, failed), nil
}

// storing marks an error of the store, which ends the run, among those of the source.
type storing struct{ error }

// Unwrap returns the error of the store.
func (s storing) Unwrap() error { return s.error }

// outcome waits for the answer and stores it.
func (a *asked) outcome(ctx context.Context) (kept, error) {
	select {
	case <-a.done:
	case <-ctx.Done():
		return kept{}, context.Cause(ctx)
	}
	if a.err != nil {
		return kept{}, a.err
	}
	k, err := a.keep(ctx)
	if err != nil {
		err = storing{err}
	}
	return k, err
}

// itemFailed deals with an item that could not be read. Stop says that the phase is hopeless.
func (r *run) itemFailed(ctx context.Context, p *phase, it item, err error, ps *phaseState, failures int) (stop bool, _ error) {
	if _, ok := errors.AsType[storing](err); ok || endsRun(ctx, err) {
		return false, err
	}
	if errors.Is(err, assets.ErrNotFound) {
		ps.Skipped++
		r.vanished(p.stage, it)
		return false, nil
	}
	ps.Again = append(ps.Again, it)
	if failures < patience {
		return false, nil
	}
	if !concernsItem(ctx, err) {
		return false, err
	}
	r.lines.Add(report.Entry{
		Outcome: report.Failed, Stage: p.stage, Kind: p.name, ID: r.state.SchemaID,
		Message: "given up after many failures in a row: " + err.Error(),
	})
	return true, nil
}

// secondTry asks once more about the items that failed, and reports those that fail again.
func (r *run) secondTry(ctx context.Context, p *phase, ps *phaseState) (failed int64, err error) {
	again := ps.Again
	ps.Again = nil
	for len(again) > 0 {
		it := again[0]
		again = again[1:]
		a := &asked{item: it, done: make(chan struct{})}
		a.keep, a.err = p.ask(ctx, it)
		close(a.done)
		k, err := a.outcome(ctx)
		_, store := errors.AsType[storing](err)
		switch {
		case err == nil:
			// Files of an object whose list came only now get their second try too.
			again = append(again, k.again...)
			failed += k.failed
			ps.add(kept{records: k.records, skipped: k.skipped})
		case store || endsRun(ctx, err):
			return failed, err
		case errors.Is(err, assets.ErrNotFound):
			ps.Skipped++
			r.vanished(p.stage, it)
		default:
			if gone := r.gone(ctx, err); gone != nil {
				return failed, gone
			}
			failed++
			r.failed(p.stage, it, err)
		}
	}
	return failed, nil
}

// gone asks the site something else after a question that failed for a reason that need not be the item's. An error means that
// the site answers nothing at all, so that the run has to end and the item waits for the next one.
func (r *run) gone(ctx context.Context, err error) error {
	if concernsItem(ctx, err) {
		return nil
	}
	if _, err := r.src.Schemas(ctx); err != nil && !concernsItem(ctx, err) {
		return fmt.Errorf("the site has stopped answering: %w", err)
	}
	return nil
}

func (r *run) failed(stage string, it item, err error) {
	kind, id := it.about()
	r.lines.Add(report.Entry{Outcome: report.Failed, Stage: stage, Kind: kind, ID: id, Message: err.Error()})
}

func (r *run) vanished(stage string, it item) {
	kind, id := it.about()
	r.lines.Add(report.Entry{
		Outcome: report.Skipped, Stage: stage, Kind: kind, ID: id, Cause: report.CauseVanished,
		Message: "the " + kind + " is not there any more",
	})
}

// unsupported reports that the site does not offer what the phase needs.
func (r *run) unsupported(p *phase) snapshot.PhaseStatus {
	r.lines.Add(report.Entry{
		Outcome: report.Skipped, Stage: p.stage, Kind: p.name, ID: r.state.SchemaID, Cause: p.cause,
		Message: "the site does not offer " + p.name,
	})
	return snapshot.PhaseStatus{State: snapshot.PhaseUnsupported, Note: "not offered by the site"}
}

// ending is the status of a phase that has gone through all objects.
func ending(ps phaseState, failed int64) snapshot.PhaseStatus {
	s := snapshot.PhaseStatus{State: snapshot.PhaseComplete, Done: ps.Records, Skipped: ps.Skipped, Failed: failed + int64(len(ps.Again))}
	if s.Failed > 0 {
		s.State = snapshot.PhaseIncomplete
	}
	return s
}

func (ps *phaseState) add(k kept) {
	ps.Records += k.records
	ps.Skipped += k.skipped
	ps.Again = append(ps.Again, k.again...)
}

// saveWithin makes durable what a phase has done so far and saves a checkpoint of it.
func (r *run) saveWithin(ctx context.Context, p *phase, ps phaseState) error {
	if err := r.w.Flush(ctx); err != nil {
		return err
	}
	ps.Again = slices.Clone(ps.Again)
	r.state.Phases[p.name] = ps
	return r.save(ctx)
}

// cutter chooses the objects after which a phase makes everything durable. It looks at their ids, and at the bytes since the
// last one, so that unchanged objects make unchanged segments.
type cutter struct{ bytes int64 }

const (
	// cutEvery is how many objects there are between two, on average: a minute at the rate most sites allow.
	cutEvery = 1024
	// cutBytes bounds what a run that was interrupted has to fetch again.
	cutBytes = 64 << 20
)

func (c *cutter) after(id string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	if h.Sum64()>>7%cutEvery != 0 && c.bytes < cutBytes {
		return false
	}
	c.bytes = 0
	return true
}

// pipeline yields the objects of a backup behind the first seen ones, in order, while several of them are being asked about.
func (r *run) pipeline(ctx context.Context, p *phase, b *snapshot.Backup, seen int64) iter.Seq2[*asked, error] {
	return func(yield func(*asked, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		queue := make(chan *asked, r.opts.Workers)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		var failure error
		wg.Go(func() {
			defer close(queue)
			var n int64
			for o, err := range objectsByType(ctx, b) {
				if err != nil {
					failure = err
					return
				}
				if n++; n <= seen {
					continue
				}
				a := &asked{item: item{Type: o.TypeID, ID: o.ID}, seen: n}
				if p.wants(&o) {
					a.done = make(chan struct{})
				}
				select {
				case queue <- a:
				case <-ctx.Done():
					failure = context.Cause(ctx)
					return
				}
				if a.done != nil {
					wg.Go(func() {
						defer close(a.done)
						a.keep, a.err = p.ask(ctx, a.item)
					})
				}
			}
		})
		for a := range queue {
			if !yield(a, nil) {
				return
			}
		}
		if failure != nil {
			yield(nil, failure)
		}
	}
}

// objectsByType yields the objects of a backup, type by type in the order of the types.
func objectsByType(ctx context.Context, b *snapshot.Backup) iter.Seq2[assets.Object, error] {
	return func(yield func(assets.Object, error) bool) {
		for t, err := range snapshot.Records[assets.ObjectType](ctx, b, snapshot.KindObjectTypes, "") {
			if err != nil {
				yield(assets.Object{}, fmt.Errorf("read back the object types: %w", err))
				return
			}
			for o, err := range b.Objects(ctx, t.ID) {
				if err != nil {
					err = fmt.Errorf("read back the objects of type %s: %w", t.ID, err)
				}
				if !yield(o, err) || err != nil {
					return
				}
			}
		}
	}
}
