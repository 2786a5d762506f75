package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stowage/assets"
	"stowage/report"
	"stowage/snapshot"
)

// The stages of a run as its report and its progress name them.
const (
	stageSchema      = "Schema"
	stageIcons       = "Icons"
	stageObjects     = "Objects"
	stageSettle      = "Changes during the backup"
	stageHistory     = "History"
	stageComments    = "Comments"
	stageAttachments = "Attachments"
	stageAvatars     = "Avatars"
	stageIssues      = "Objects in issues"
)

// run is one attempt at a backup.
type run struct {
	src         *counted
	storage     Storage
	checkpoints Checkpoints
	opts        Options
	lines       *lines
	progress    report.Progress

	w     *snapshot.Writer
	state state
	// callsBefore and storedBefore are those of earlier attempts.
	callsBefore, storedBefore int64
	nextSave                  time.Time
	// hold says that what is stored now is not to be in a checkpoint: it would be in the way of doing the stage again.
	hold bool

	defs *definitions
	// images are the icons whose pictures are stored.
	images map[string]bool
	icons  map[string]assets.Icon
	// empty are the types that were counted to have no objects.
	empty map[string]bool
	// live counts the objects of each type that are in the backup.
	live map[string]int
	// recent are the objects stored whose time of update is not before the mark of their type, by their id.
	recent map[string]string
	// placed are the types of the objects stored again while settling, dropped those taken out.
	placed  map[string]string
	dropped map[string]bool
	// moved is the number of changes that a round has found; lastRound says that no other follows.
	moved     int
	lastRound bool
	// reported is how many lines of the report are in the backup.
	reported int
}

// Run backs up the schema that o names, reading from src, writing to storage. Checkpoints holds the state of the run from
// one attempt to the next; when it holds one of an attempt that was interrupted, the run goes on from there. Every failure,
// skip and warning goes to sink. The error says why the run ended; the Result is filled in as far as the run got.
func Run(ctx context.Context, src Source, storage Storage, checkpoints Checkpoints, o Options, sink report.Sink, progress report.Progress) (Result, error) {
	o, err := o.complete()
	if err != nil {
		return Result{}, err
	}
	if progress == nil {
		progress = report.NoProgress{}
	}
	r := &run{
		src: &counted{Source: src}, storage: storage, checkpoints: checkpoints, opts: o, progress: progress,
		images: make(map[string]bool), icons: make(map[string]assets.Icon),
		empty: make(map[string]bool), live: make(map[string]int), recent: make(map[string]string),
	}
	earlier, err := load(ctx, checkpoints)
	if err != nil {
		return Result{}, err
	}
	var kept []report.Entry
	if earlier != nil {
		kept = earlier.Lines
	}
	r.lines = newLines(sink, kept)
	err = r.attempt(ctx, earlier)
	if err == nil {
		return r.result(), nil
	}
	if errors.Is(err, snapshot.ErrSegmentMissing) {
		return r.result(), r.forget(ctx, err)
	}
	if r.w != nil && !r.hold && !errors.Is(err, ErrEmptySchema) {
		// Whatever ended the run, what is durable need not be read again.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
		defer cancel()
		err = errors.Join(err, r.save(last))
	}
	return r.result(), err
}

// attempt does what is left to do.
func (r *run) attempt(ctx context.Context, earlier *state) error {
	schema, err := r.findSchema(ctx)
	if err != nil {
		return err
	}
	if earlier != nil && earlier.SchemaID != schema.ID {
		return fmt.Errorf("schema %s: %w", schema.Key, ErrOtherSchema)
	}
	if err := r.open(ctx, earlier, schema); err != nil {
		return err
	}
	if !r.state.Committed {
		if err := r.core(ctx); err != nil {
			return err
		}
	}
	return r.laterPhases(ctx)
}

// findSchema finds the schema by its key, or by its id. Keys are upper case on every site, whatever people type.
func (r *run) findSchema(ctx context.Context) (assets.Schema, error) {
	all, err := r.src.Schemas(ctx)
	if err != nil {
		return assets.Schema{}, fmt.Errorf("list schemas: %w", err)
	}
	i := slices.IndexFunc(all, func(s assets.Schema) bool { return strings.EqualFold(s.Key, r.opts.Schema) })
	if i < 0 {
		i = slices.IndexFunc(all, func(s assets.Schema) bool { return s.ID == r.opts.Schema })
	}
	if i < 0 {
		return assets.Schema{}, fmt.Errorf("schema %s: %w on this site, or hidden from the account", r.opts.Schema, assets.ErrNotFound)
	}
	return all[i], nil
}

// open makes the writer: that of the earlier attempt, or a new one.
func (r *run) open(ctx context.Context, earlier *state, schema assets.Schema) error {
	options := snapshot.WriterOptions{OnSegment: r.onSegment(ctx)}
	if earlier != nil {
		w, err := r.storage.Resume(earlier.Writer, options)
		if err == nil {
			r.w, r.state = w, *earlier
			r.callsBefore, r.storedBefore, r.reported = earlier.Calls, earlier.Stored, earlier.Reported
			return nil
		}
		// The checkpoint is that of another version of the program, or damaged.
		r.lines.Add(report.Entry{
			Outcome: report.Warned, Stage: stageSchema, Kind: "schema", ID: schema.ID, Key: schema.Key,
			Message: "the interrupted backup cannot be continued and begins anew: " + err.Error(),
		})
	}
	meta := r.opts.Meta
	meta.SchemaID, meta.SchemaKey, meta.SchemaName = schema.ID, schema.Key, schema.Name
	w, err := r.storage.Create(meta, options)
	if err != nil {
		return fmt.Errorf("begin the backup: %w", err)
	}
	r.w = w
	r.state = state{Version: stateVersion, SchemaID: schema.ID, Types: make(map[string]*typeState), Phases: make(map[string]phaseState)}
	return nil
}

// core reads everything that makes the backup restorable, and commits it.
func (r *run) core(ctx context.Context) error {
	if _, known := r.w.PhaseStatus(PhaseObjects); !known {
		r.w.Phase(PhaseObjects, snapshot.PhaseStatus{State: snapshot.PhaseRunning})
		for _, p := range r.opts.Phases {
			r.w.Phase(p, snapshot.PhaseStatus{State: snapshot.PhasePending})
		}
	}
	r.progress.Stage(stageSchema, 0)
	var err error
	if r.defs, err = r.readDefinitions(ctx); err != nil {
		return err
	}
	total, err := r.countAll(ctx)
	if err != nil {
		return err
	}
	icons := int64(len(r.defs.iconIDs()))
	r.progress.Stage(stageIcons, icons)
	if err := r.readIcons(ctx); err != nil {
		return err
	}
	r.progress.Advance(icons)
	r.progress.Stage(stageObjects, total)
	for _, t := range r.defs.types {
		if err := r.readType(ctx, t); err != nil {
			return err
		}
	}
	if err := r.w.Flush(ctx); err != nil {
		return err
	}
	if err := r.save(ctx); err != nil {
		return err
	}

	r.hold = true
	if err := r.settle(ctx); err != nil {
		return err
	}
	if err := r.writeDefinitions(ctx); err != nil {
		return err
	}
	r.w.Phase(PhaseObjects, r.objectsStatus())
	if err := r.commit(ctx); err != nil {
		return err
	}
	r.state.Committed = true
	r.hold = false
	return r.save(ctx)
}

// countAll counts the objects of the schema, and refuses one that has none.
func (r *run) countAll(ctx context.Context) (int64, error) {
	var total int64
	for _, t := range r.defs.types {
		n, err := r.src.CountObjects(ctx, ObjectQuery{TypeID: t.ID})
		if err != nil {
			return 0, fmt.Errorf("count the objects of type %s: %w", t.ID, err)
		}
		total += int64(n)
		r.empty[t.ID] = n == 0
	}
	if total == 0 && len(r.state.Types) == 0 {
		return 0, fmt.Errorf("schema %s has no objects: %w", r.defs.schema.Key, ErrEmptySchema)
	}
	return total, nil
}

// objectsStatus says how the objects phase ended.
func (r *run) objectsStatus() snapshot.PhaseStatus {
	s := snapshot.PhaseStatus{State: snapshot.PhaseComplete}
	for _, t := range r.defs.types {
		ts := r.state.Types[t.ID]
		s.Done += int64(r.live[t.ID])
		s.Failed += int64(len(ts.Unread))
		if ts.Broken {
			s.Failed++
		}
	}
	if s.Failed > 0 {
		s.State = snapshot.PhaseIncomplete
	}
	if r.moved > 0 {
		s.Note = strconv.Itoa(r.moved) + " changes while the last round was being read"
	}
	return s
}

// commit adds the new lines of the report to the backup and commits it.
func (r *run) commit(ctx context.Context) error {
	all := r.lines.all()
	for i, e := range all[r.reported:] {
		if err := r.w.Add(ctx, snapshot.KindReport, "", strconv.Itoa(r.reported+i+1), e); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	m, err := r.w.Commit(ctx)
	if err != nil {
		return fmt.Errorf("commit the backup: %w", err)
	}
	r.reported = len(all)
	r.state.Reported = r.reported
	for id, ts := range r.state.Types {
		ts.Objects = m.Types[id]
	}
	if r.opts.Committed != nil {
		r.opts.Committed(m)
	}
	return nil
}

// now is the time by which the site stamps what changes, and how far it is to be trusted.
func (r *run) now(ctx context.Context) (at time.Time, margin time.Duration, err error) {
	margin = r.opts.Margin
	at, err = r.clock(ctx)
	switch {
	case errors.Is(err, assets.ErrUnsupported):
		// Our own clock has to do, with more room for how far the two may be apart.
		if margin == 0 {
			margin = marginWithoutClock
		}
		return time.Now().UTC(), margin, nil
	case err != nil:
		return time.Time{}, 0, fmt.Errorf("ask the site for its time: %w", err)
	}
	if margin == 0 {
		margin = marginWithClock
	}
	return at.UTC(), margin, nil
}

// clock asks the source for its time; a source that has none, and a site that does not tell, answer assets.ErrUnsupported.
func (r *run) clock(ctx context.Context) (time.Time, error) {
	c, ok := r.src.Source.(Clock)
	if !ok {
		return time.Time{}, assets.ErrUnsupported
	}
	r.src.calls.Add(1)
	return c.Now(ctx)
}

// mark returns the time from which on changes are looked for, when what is read now is read from now on.
func (r *run) mark(ctx context.Context) (time.Time, error) {
	at, margin, err := r.now(ctx)
	return at.Add(-margin), err
}

func (r *run) result() Result {
	res := Result{
		Skipped: r.lines.count(report.Skipped), Failed: r.lines.count(report.Failed),
		Pages: r.state.Pages, Calls: r.callsBefore + r.src.calls.Load(), BytesStored: r.storedBefore,
	}
	if r.w == nil {
		return res
	}
	m := r.w.Meta()
	res.Backup, res.Schema = m.Backup, m.SchemaKey
	res.BytesStored += r.w.Stats().Stored
	for id, t := range r.state.Types {
		n := t.Objects
		if !r.state.Committed {
			n = int64(r.live[id])
		}
		res.Objects += n
		res.Types = append(res.Types, TypeResult{ID: id, Name: t.Name, Objects: n, Pages: t.Pages, PageSize: t.PageSize})
	}
	slices.SortFunc(res.Types, func(a, b TypeResult) int { return compareIDs(a.ID, b.ID) })
	for _, name := range append([]string{PhaseObjects}, LaterPhases()...) {
		if s, ok := r.w.PhaseStatus(name); ok {
			res.Phases = append(res.Phases, snapshot.Phase{Name: name, PhaseStatus: s})
		}
	}
	return res
}

// compareIDs orders ids as the site does where they are numbers.
func compareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
