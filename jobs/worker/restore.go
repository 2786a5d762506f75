package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"stowage/assets"
	"stowage/jobs"
	"stowage/jobs/worker/site"
	"stowage/models"
	"stowage/report"
	"stowage/restore"
)

// restore carries a plan out and proves the result, from wherever an earlier attempt has left it.
func (w *Worker) restore(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) error {
	r, err := w.newRestore(ctx, run, t, live)
	if err == nil {
		err = r.run(ctx)
	}
	return w.conclude(ctx, run, live, err)
}

// restoring is one attempt at a restore.
type restoring struct {
	w      *Worker
	lease  *models.Run
	tenant *models.Tenant
	live   *jobs.Live
	lines  *lines
	row    models.Restore
	at     instance
	plan   *restore.Plan
	backup restore.Backup
	target *site.Target
	turn   *turn

	mu sync.Mutex
	// stage and schemaID are to be noted in the row; noted are those that are there.
	stage, schemaID           string
	notedStage, notedSchemaID string
	counted                   jobs.Tally
	kick                      chan struct{}
	// counting says that the next advance tells how many objects were settled before.
	counting bool
}

func (w *Worker) newRestore(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) (*restoring, error) {
	subject := run.Info().Subject
	var err error
	r := &restoring{w: w, lease: run, tenant: t, live: live, kick: make(chan struct{}, 1)}
	if r.row, err = t.Restore(ctx, subject.RestoreID); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	r.schemaID, r.notedSchemaID, r.stage, r.notedStage = r.row.TargetSchemaID, r.row.TargetSchemaID, r.row.Stage, r.row.Stage
	if r.plan, err = planOf(ctx, t, subject.PlanID); err != nil {
		return nil, err
	}
	stored, err := w.openBackup(ctx, t, r.row.BackupID)
	if err != nil {
		return nil, err
	}
	if m := stored.Manifest(); m.Backup != r.plan.Backup {
		return nil, say("The plan belongs to another backup. Make a new plan.")
	}
	r.backup = restore.FromSnapshot(stored)
	if r.at, err = w.instanceOf(ctx, t, r.row.TargetID); err != nil {
		return nil, err
	}
	if r.row.TargetWorkspaceID != "" && r.row.TargetWorkspaceID != r.at.WorkspaceID {
		return nil, say("The destination is another site now than when the plan was made. Make a new plan.")
	}
	client, err := w.client(r.at)
	if err != nil {
		return nil, err
	}
	r.target = site.NewTarget(client)
	r.lines, err = linesOfCheckpoint(ctx, run, live)
	return r, err
}

// planOf reads the plan and checks that it is the one that was shown.
func planOf(ctx context.Context, t *models.Tenant, id string) (*restore.Plan, error) {
	row, err := t.Plan(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		return nil, &sentenceError{text: "The plan does not exist any more. Make a new plan.", err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	document, err := t.PlanDocument(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	plan, err := restore.ParsePlan(document)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if plan.Hash != row.Hash {
		return nil, say("The plan is not the one that was shown. Make a new plan.")
	}
	return plan, nil
}

// restored is the result of the run.
type restored struct {
	restore.Result

	// SiteURL is the site that was restored to, SchemaURL the schema on it.
	SiteURL     string               `json:"siteUrl"`
	SchemaURL   string               `json:"schemaUrl"`
	Differences []restore.Difference `json:"differences,omitempty"`
	// More is the number of differences that are not listed.
	More int `json:"moreDifferences,omitempty"`
}

// schemaPath leads from a site to a schema of it.
const schemaPath = "/jira/assets/object-schema/"

// mostDifferences bounds the differences in the result.
const mostDifferences = 100

func (r *restoring) run(ctx context.Context) error {
	stop := r.follow(ctx)
	result, proof, err := r.apply(ctx)
	stop()
	r.settled(ctx, result)
	switch {
	case err == nil:
	case errors.Is(err, restore.ErrInterrupted) && errors.Is(err, assets.ErrNotFound):
		return &sentenceError{
			text: "Something that is written to does not exist on the site any more. If somebody has deleted the restored schema, make a new plan.", err: err,
		}
	default:
		return err
	}
	r.tell(proof)
	r.end(result, proof)
	return nil
}

// tell writes to the log where the restored schema differs from the backup.
func (r *restoring) tell(proof restore.Proof) {
	for i, d := range proof.Differences {
		if i == mostDifferences {
			break
		}
		r.lines.Add(report.Entry{
			Outcome: report.Warned, Stage: restore.StageProof, Kind: d.Kind, ID: d.ID, Key: d.Key, Attribute: d.Attribute, Message: d.Message,
		})
	}
}

// apply does what is left of the plan and proves it.
func (r *restoring) apply(ctx context.Context) (restore.Result, restore.Proof, error) {
	r.announce()
	// The preparation and the proof begin anew when they are interrupted.
	r.turn = newTurn(r.live)
	defer r.turn.end()
	journal := &usefulJournal{r.lease.Journal(), r.turn}
	set := restore.Settings{
		Workers: r.w.cfg.Concurrency, Progress: &restoreProgress{r}, Report: r.lines, Log: &objectLog{live: r.live},
		Schema: r.schemaKnown, Patience: r.w.cfg.Patience, GraceFor: grace,
	}
	result, err := restore.Apply(ctx, r.plan, r.backup, r.target, journal, set)
	if err != nil {
		return result, restore.Proof{}, err
	}
	r.turn.hold()
	set.Log = nil
	proof, err := restore.Prove(ctx, r.plan, r.backup, r.target, r.lease.Journal(), set)
	result.Proved = proof.Proved
	return result, proof, err
}

// announce tells of the stages before they begin, so that people see how much is to come.
func (r *restoring) announce() {
	for _, s := range r.plan.Stages {
		r.live.Expect(s.Name, int64(s.Create+s.Update+s.Keep))
	}
	r.live.Expect(restore.StageProof, int64(r.plan.Objects.Planned))
}

// usefulJournal says that what was written need not be written again.
type usefulJournal struct {
	restore.Journal

	turn *turn
}

// Finish implements restore.Journal.
func (j *usefulJournal) Finish(ctx context.Context, kind string, sources, targets, notes []string) error {
	err := j.Journal.Finish(ctx, kind, sources, targets, notes)
	if err == nil {
		j.turn.useful()
	}
	return err
}

// schemaKnown notes the schema in the row, so that it can be looked at while it fills.
func (r *restoring) schemaKnown(id string) {
	r.mu.Lock()
	r.schemaID = id
	r.mu.Unlock()
	r.nudge()
}

func (r *restoring) nudge() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// followEvery is how often the counts of a restore are written to its row.
const followEvery = 2 * time.Second

// follow writes stage, schema and counts to the row while the restore goes on, until stop is called.
func (r *restoring) follow(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(followEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-r.kick:
			case <-tick.C:
			}
			if err := r.note(ctx); err != nil && ctx.Err() == nil {
				// It is written again with the next change, and at the end.
				r.w.log.WarnContext(ctx, "restore was not noted", "run_id", r.lease.ID(), "lost", errors.Is(err, models.ErrLeaseLost))
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

// note writes what has changed.
func (r *restoring) note(ctx context.Context) error {
	counts := r.live.Counted()
	r.mu.Lock()
	stage, schemaID := r.stage, r.schemaID
	changed := stage != r.notedStage || schemaID != r.notedSchemaID || counts != r.counted
	r.mu.Unlock()
	if !changed {
		return nil
	}
	err := r.lease.UpdateRestore(ctx, func(row *models.Restore) {
		row.Stage, row.TargetSchemaID = stage, schemaID
		row.Planned, row.Created, row.Failed = int64(r.plan.Objects.Planned), counts.Created, counts.Failed
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.notedStage, r.notedSchemaID, r.counted = stage, schemaID, counts
	r.mu.Unlock()
	return r.lines.save(ctx, r.lease)
}

// settled brings row and counters up to what the engine has counted, however the attempt ended.
func (r *restoring) settled(ctx context.Context, result restore.Result) {
	limit := recordTime
	if cause := context.Cause(ctx); cause != nil {
		limit = grace(cause)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	r.mu.Lock()
	reached := r.stage == restore.StageObjects || r.stage == restore.StageObjectReferences || r.stage == restore.StageProof
	counted := reached && !r.counting
	r.mu.Unlock()
	if counted {
		tally := r.live.Counted()
		tally.Created, tally.Failed = int64(result.Created+result.Skipped), max(tally.Failed, int64(result.Failed))
		r.live.SetTally(tally)
	}
	if noteErr := r.note(ctx); noteErr != nil {
		r.w.log.WarnContext(ctx, "restore was not noted", "run_id", r.lease.ID(), "lost", errors.Is(noteErr, models.ErrLeaseLost))
	}
}

// The sentences with which a restore ends.
const (
	messageSuccess = "Operation success"
	messageFailed  = "Some objects could not be restored. The log says which, and why."
	messageDiffers = "The restored schema differs from the backup. The log says where."
)

// end says how the restore has ended.
func (r *restoring) end(result restore.Result, proof restore.Proof) {
	state, message := models.StateSucceeded, messageSuccess
	switch {
	case result.Failed > 0:
		state, message = models.StatePartial, messageFailed
	case !proof.Proved:
		state, message = models.StatePartial, messageDiffers
	}
	out := restored{Result: result, SiteURL: r.at.SiteURL, SchemaURL: r.at.SiteURL + schemaPath + result.SchemaID, Differences: proof.Differences}
	if len(out.Differences) > mostDifferences {
		out.Differences = out.Differences[:mostDifferences]
	}
	out.More = proof.Total - len(out.Differences)
	r.live.EndWith(state, func(ctx context.Context) error {
		return r.lease.EndRestore(ctx, state, out, message, func(row *models.Restore) {
			row.TargetSchemaID = result.SchemaID
			row.Planned, row.Created, row.Skipped, row.Failed = int64(result.Planned), int64(result.Created+result.Skipped), 0, int64(result.Failed)
			row.Proved, row.Differences = proof.Proved, proof.Total
		})
	})
}

// restoreProgress passes the progress of a restore on and notes its stages.
type restoreProgress struct{ *restoring }

// Stage implements report.Progress.
func (p *restoreProgress) Stage(name string, total int64) {
	p.live.Stage(name, total)
	p.mu.Lock()
	p.stage, p.counting = name, name == restore.StageObjects
	p.mu.Unlock()
	p.nudge()
}

// Advance implements report.Progress.
func (p *restoreProgress) Advance(done int64) {
	p.mu.Lock()
	before := p.counting
	p.counting = false
	p.mu.Unlock()
	if before {
		// These were settled by earlier attempts. What is counted may be behind, after a crash.
		tally := p.live.Counted()
		tally.Created = max(0, done-tally.Failed)
		p.live.SetTally(tally)
	}
	p.live.Advance(done)
}
