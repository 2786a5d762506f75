package restore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"stowage/assets"
	"stowage/report"
)

// Settings are how a restore is carried out. They change nothing about its result, and the zero value is usable.
type Settings struct {
	// Workers is how many objects are written at a time; 8 when it is zero.
	Workers int
	// Progress is told of the stages; Report of what failed, was skipped or deserves a warning; Log of every object as it is
	// settled. Each may be nil.
	Progress report.Progress
	Report   report.Sink
	Log      LogSink
	// Schema is told the id of the schema on the target as soon as it is known, once per call of Apply. It may be nil.
	Schema func(id string)
	// Patience is how long the search index of the target may lag behind its writes before an object whose answer was lost
	// is taken for not created; 15 seconds when it is zero.
	Patience time.Duration
	// Grace is how long a stopped restore waits for the answers of writes that are under way; 30 seconds when it is zero.
	Grace time.Duration
	// GraceFor, when it is set, tells the same from the cause of the stop: who is waited for differs from one to the next.
	GraceFor func(cause error) time.Duration
}

const (
	defaultWorkers  = 8
	defaultPatience = 15 * time.Second
	defaultGrace    = 30 * time.Second
)

// Result says what one call of Apply did. Objects created by an earlier call count as skipped; those the target refused
// then are failed still.
type Result struct {
	SchemaID     string `json:"schemaId"`
	SchemaKey    string `json:"schemaKey"`
	Planned      int    `json:"planned"`
	Created      int    `json:"created"`
	Updated      int    `json:"updated"`
	Skipped      int    `json:"skipped"`
	Failed       int    `json:"failed"`
	SecondWrites int    `json:"secondWrites"`
	// Duplicates counts objects that a lost answer had made twice and that were deleted again.
	Duplicates int `json:"duplicates,omitempty"`
	// NotPutBack names the attributes whose cardinality could not be put back.
	NotPutBack []string `json:"notPutBack,omitempty"`
	// Stopped says that the context ended before the restore did. Calling Apply again goes on.
	Stopped bool `json:"stopped,omitempty"`
	// Proved is set by whoever called Prove.
	Proved   bool           `json:"proved"`
	Duration time.Duration  `json:"duration"`
	Calls    map[string]int `json:"calls,omitempty"`
}

// How a restore ends early. Both are resumed by calling Apply again with the same journal.
var (
	// ErrStopped means that the context ended; its cause is in the chain.
	ErrStopped = errors.New("restore stopped")
	// ErrInterrupted means that the target or the journal stopped working.
	ErrInterrupted = errors.New("the process was interrupted due to API or connectivity issues")
)

// Apply carries out a plan. The first call checks that the plan still fits backup and target and refuses it otherwise;
// every later call with the same journal goes on where the last one ended, whatever the reason was, and does nothing when
// everything is done. The result is valid also when there is an error.
func Apply(ctx context.Context, p *Plan, b Backup, target Target, j Journal, set Settings) (Result, error) {
	begun := time.Now()
	r := newRun(p, b, target, j, set)
	release := r.guard(ctx)
	defer release()
	err := r.all(ctx)
	result := r.result
	result.Planned, result.SchemaKey, result.SchemaID = p.Objects.Planned, p.Schema.Key, r.schemaID
	result.Duration = time.Since(begun)
	result.Calls = r.calls.copy()
	switch {
	case err == nil:
		return result, nil
	case ctx.Err() != nil:
		result.Stopped = true
		return result, fmt.Errorf("%w: %w", ErrStopped, context.Cause(ctx))
	case errors.Is(err, ErrPlan) || errors.Is(err, ErrOptions):
		return result, err
	}
	return result, fmt.Errorf("%w: %w", ErrInterrupted, err)
}

// tellPlanned reports what the plan knew of the schema and its types; whatever concerns objects is reported when it happens.
func (r *run) tellPlanned() {
	for _, f := range r.plan.Findings {
		switch f.Cause {
		case report.CauseNameForbidden:
			r.report(report.Entry{Outcome: report.Warned, Stage: StageTypes, Kind: f.Kind, Key: f.Type, Cause: f.Cause, Message: f.Message})
		case report.CauseKeptInBackup:
			r.report(report.Entry{
				Outcome: report.Warned, Stage: StageObjects, Kind: f.Kind, Key: r.plan.Source.SchemaKey, Cause: f.Cause,
				Message: fmt.Sprintf("%s: %d", f.Message, f.Total),
			})
		default:
		}
	}
}

// run is one call of Apply.
type run struct {
	plan   *Plan
	b      Backup
	target Target
	ledger *ledger
	set    Settings
	calls  callCounter
	// writing is the context of writes: it outlives the caller's by the grace period.
	writing func(context.Context) context.Context

	c        *catalog
	s        *survey
	d        *directory
	order    *assets.Order
	segments *segmentCache
	clones   *cloneGroups

	schemaID   string
	icons      map[string]string
	statuses   map[string]string
	references map[string]string
	types      []string // target id by type of the catalogue; empty for a type the target refused
	attrs      []string // target id by attribute; empty for one that is not restored
	objects    *idMap

	mu     sync.Mutex
	result Result
	quiet  map[quietKey]int
}

func newRun(p *Plan, b Backup, target Target, j Journal, set Settings) *run {
	if set.Workers <= 0 {
		set.Workers = defaultWorkers
	}
	if set.Patience <= 0 {
		set.Patience = defaultPatience
	}
	if set.Grace <= 0 {
		set.Grace = defaultGrace
	}
	if set.Progress == nil {
		set.Progress = report.NoProgress{}
	}
	if set.Report == nil {
		set.Report = &report.Report{}
	}
	if set.Log == nil {
		set.Log = noLog{}
	}
	return &run{
		plan: p, b: b, target: target, set: set, ledger: newLedger(j),
		icons: make(map[string]string), statuses: make(map[string]string), references: make(map[string]string),
		quiet: make(map[quietKey]int), segments: newSegmentCache(b),
	}
}

// guard makes the context of writes: a write that was begun is given time to be answered when the restore is stopped.
func (r *run) guard(ctx context.Context) (release func()) {
	writing, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	var timer *time.Timer
	var mu sync.Mutex
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		grace := r.set.Grace
		if r.set.GraceFor != nil {
			grace = r.set.GraceFor(context.Cause(ctx))
		}
		timer = time.AfterFunc(grace, func() { cancel(context.Cause(ctx)) })
	})
	r.writing = func(context.Context) context.Context { return writing }
	return func() {
		stop()
		mu.Lock()
		defer mu.Unlock()
		if timer != nil {
			timer.Stop()
		}
		cancel(nil)
	}
}

// all goes through the stages.
func (r *run) all(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	r.tellPlanned()
	for _, stage := range []func(context.Context) error{
		r.restoreIcons, r.restoreSchema, r.restoreConfig, r.restoreStatuses, r.restoreReferenceTypes, r.restoreTypes, r.restoreAttributes,
		r.restoreObjects, r.restoreObjectReferences, r.sweep, r.putBack,
	} {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := stage(ctx); err != nil {
			return err
		}
	}
	r.summarise()
	return r.ledger.finish(r.writing(ctx), kindPlan, r.plan.Hash, r.schemaID, "")
}

// prepare binds the plan to the journal and surveys the backup.
func (r *run) prepare(ctx context.Context) error {
	if err := r.plan.check(); err != nil {
		return err
	}
	if r.plan.Backup != r.b.ID() {
		return fmt.Errorf("%w: the plan is for backup %s, not %s", ErrPlan, r.plan.Backup, r.b.ID())
	}
	if err := r.ledger.load(ctx); err != nil {
		return err
	}
	r.c = newCatalog(r.plan)
	if plans := r.ledger.known[kindPlan]; len(plans) == 0 {
		again, s, err := makePlan(ctx, r.b, r.target, r.plan.Options)
		if err != nil {
			return err
		}
		if again.Hash != r.plan.Hash {
			return fmt.Errorf("%w: the backup or the target has changed since the plan was made; plan again", ErrPlan)
		}
		if err := r.ledger.begin(r.writing(ctx), kindPlan, r.plan.Hash); err != nil {
			return err
		}
		r.s = s
	} else {
		if _, ours := plans[r.plan.Hash]; !ours {
			return fmt.Errorf("%w: the journal belongs to another plan", ErrPlan)
		}
		s, err := newSurvey(ctx, r.b, r.c, r.plan.Source.SchemaKey, nil)
		if err != nil {
			return err
		}
		total := 0
		for _, n := range s.counts {
			total += n
		}
		if total != r.plan.Objects.Planned {
			return fmt.Errorf("%w: the backup holds %d objects, the plan was made for %d", ErrPlan, total, r.plan.Objects.Planned)
		}
		r.s = s
	}
	// What is only needed for predictions goes before the objects take their memory.
	r.s.uses, r.s.lost, r.s.personOf = nil, nil, nil
	r.d = newDirectory(r.plan, r.s.people)
	r.clones = newCloneGroups(r.s)
	return nil
}

// waitFor waits unless the context ends first.
func waitFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// attempts is how often a call is made that fails for reasons that may pass. The client of a site has tried before, so
// few are enough.
const attempts = 4

// createAttempts is how often the creation of one object is tried. There are so many of them that what is improbable for
// one happens to some; together the attempts outlast a restart of the site.
const createAttempts = 8

// transient says whether an error may pass within moments and is known to have changed nothing. A site that asked to slow down is
// not among them: whoever asked it has waited for as long as the caller is willing to, so that the restore goes on another time.
func transient(err error) bool { return errors.Is(err, assets.ErrUnavailable) }

// pauseAfter is how long to wait after the nth attempt.
func pauseAfter(attempt int) time.Duration { return min(time.Second<<(attempt-1), 8*time.Second) }

// callCounter counts calls from several goroutines.
type callCounter struct {
	mu    sync.Mutex
	calls map[string]int
}

func (c *callCounter) add(op string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = make(map[string]int)
	}
	c.calls[op]++
}

func (c *callCounter) copy() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.calls)
}
