package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"stowage/assets"
	"stowage/backup"
	"stowage/jobs"
	"stowage/jobs/worker/site"
	"stowage/models"
	"stowage/report"
	"stowage/snapshot"
)

// backup makes a backup of a schema, from wherever an earlier attempt has left it.
func (w *Worker) backup(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) error {
	b, err := w.newBackup(ctx, run, t, live)
	if err == nil {
		err = b.run(ctx)
	}
	return w.conclude(ctx, run, live, err)
}

// backing is one attempt at a backup.
type backing struct {
	w      *Worker
	lease  *models.Run
	live   *jobs.Live
	lines  *lines
	source *site.Source
	vault  *vault
	row    models.Backup
	schema models.Schema
	at     instance
	phases []string
	turn   *turn

	mu sync.Mutex
	// totals are the items of each phase, as far as the engine knew when it began them.
	totals map[string]int64
	types  []models.BackupType
	// recordErr is what kept the row from being written after a commit.
	recordErr error
}

func (w *Worker) newBackup(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) (*backing, error) {
	spec, err := jobs.DecodeSpec[jobs.BackupSpec](run.Info().Spec)
	if err != nil {
		return nil, err
	}
	b := &backing{w: w, lease: run, live: live, phases: spec.Phases, totals: map[string]int64{}}
	if b.phases == nil {
		b.phases = backup.LaterPhases()
	}
	if b.row, err = t.Backup(ctx, run.Info().Subject.BackupID); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	if b.schema, err = t.Schema(ctx, b.row.SchemaID); err != nil {
		return nil, fmt.Errorf("schema of the backup: %w", err)
	}
	if b.at, err = w.instanceOf(ctx, t, b.schema.InstanceID); err != nil {
		return nil, err
	}
	if b.schema.WorkspaceID != "" && b.schema.WorkspaceID != b.at.WorkspaceID {
		return nil, say("The connection leads to another site than the one this schema is on. Sync the schemas, then back up.")
	}
	for _, p := range b.row.Phases {
		b.totals[p.Name] = p.Total
	}
	if len(b.row.ObjectTypes) > 0 {
		b.types = b.row.ObjectTypes
	}
	client, err := w.client(b.at)
	if err != nil {
		return nil, err
	}
	b.source = site.NewSource(client)
	if b.lines, err = linesOfLog(ctx, t, run, live); err != nil {
		return nil, err
	}
	b.vault, err = w.openVault(ctx, t.ID(), run, true)
	return b, err
}

func (b *backing) run(ctx context.Context) error {
	if err := b.lease.UpdateBackup(ctx, func(row *models.Backup) {
		if len(row.Phases) == 0 {
			row.Phases = b.plannedPhases()
		}
	}); err != nil {
		return err
	}
	trigger := snapshot.TriggerManual
	if b.row.Trigger == models.TriggerScheduled {
		trigger = snapshot.TriggerScheduled
	}
	b.turn = newTurn(b.live)
	defer b.turn.end()
	result, err := backup.Run(ctx, b.source, b.vault, &usefulCheckpoints{b.lease.Checkpoints(), b.turn}, backup.Options{
		Schema: b.schema.SchemaID,
		Meta: snapshot.Meta{
			Backup: jobs.SnapshotName(b.row), Site: b.at.SiteURL, Workspace: b.at.WorkspaceID, Description: b.row.Description, Trigger: trigger,
			Started: b.row.CreatedAt.UTC(), App: b.w.cfg.AppVersion,
		},
		Phases: b.phases, Workers: b.w.cfg.Concurrency, Margin: b.w.cfg.Margin,
		Committed: func(m snapshot.Manifest) {
			// It is stored, also when somebody has stopped the run at this moment. A run that is lost is refused by its fence.
			ctx, cancel := outliving(ctx)
			defer cancel()
			b.committed(ctx, m)
		},
	}, b.lines, progress{b.live, b.stage})
	switch {
	case err == nil:
	case errors.Is(err, assets.ErrNotFound) && result.Backup == "":
		return &sentenceError{
			text: "The schema does not exist on the site any more, or the account cannot see it. Sync the schemas.", err: err,
		}
	default:
		return err
	}
	if err := b.recorded(ctx, result.Backup); err != nil {
		return err
	}
	b.end(result)
	return nil
}

// recorded sees to it that the row says what the store holds, where that could not be written when it was committed.
func (b *backing) recorded(ctx context.Context, id string) error {
	b.mu.Lock()
	missing := b.recordErr != nil || b.types == nil
	b.mu.Unlock()
	if !missing {
		return nil
	}
	stored, err := b.vault.Open(ctx, id)
	if err != nil {
		return err
	}
	b.committed(ctx, stored.Manifest())
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.recordErr
}

// end says how the backup has ended.
func (b *backing) end(result backup.Result) {
	state, message := models.StateSucceeded, ""
	if result.Failed > 0 {
		state, message = models.StatePartial, "Some items could not be backed up. The log says which, and why."
	}
	tally := b.live.Counted()
	tally.Skipped, tally.Failed = result.Skipped, result.Failed
	b.live.SetTally(tally)
	b.live.EndWith(state, func(ctx context.Context) error {
		return b.lease.EndBackup(ctx, state, result, message, func(row *models.Backup) {
			row.SnapshotID, row.Objects, row.Skipped, row.Failed = result.Backup, result.Objects, result.Skipped, result.Failed
			row.Phases = b.merged(row.Phases, result.Phases)
		})
	})
}

// committed records what can be restored from now on. When it cannot be recorded the run does not end well before it is.
func (b *backing) committed(ctx context.Context, m snapshot.Manifest) {
	b.mu.Lock()
	types := b.types
	b.mu.Unlock()
	err := error(nil)
	if types == nil {
		types, err = b.readTypes(ctx, m)
	}
	if err == nil {
		err = b.lease.UpdateBackup(ctx, func(row *models.Backup) {
			row.SnapshotID, row.Bytes, row.ObjectTypes = m.Backup, m.Stored, types
			row.Objects = m.Counts[snapshot.KindObjects]
			row.Phases = b.merged(row.Phases, m.Phases)
		})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.types, b.recordErr = types, err
}

// readTypes reads what a restore can choose from.
func (b *backing) readTypes(ctx context.Context, m snapshot.Manifest) ([]models.BackupType, error) {
	stored, err := b.vault.Open(ctx, m.Backup)
	if err != nil {
		return nil, err
	}
	types := []models.BackupType{}
	for t, err := range snapshot.Records[assets.ObjectType](ctx, stored, snapshot.KindObjectTypes, "") {
		if err != nil {
			return nil, fmt.Errorf("object types of the backup: %w", err)
		}
		types = append(types, models.BackupType{ID: t.ID, Name: t.Name, ParentID: t.ParentID, Objects: m.Types[t.ID]})
	}
	return types, nil
}

// plannedPhases are the phases before anything was done.
func (b *backing) plannedPhases() []models.BackupPhase {
	phases := []models.BackupPhase{{Name: backup.PhaseObjects, State: string(snapshot.PhaseRunning), Total: b.schema.Objects}}
	for _, name := range backup.LaterPhases() {
		if slices.Contains(b.phases, name) {
			phases = append(phases, models.BackupPhase{Name: name, State: string(snapshot.PhasePending)})
		}
	}
	return phases
}

// merged are the phases as a manifest has them, with the totals that were seen.
func (b *backing) merged(before []models.BackupPhase, now []snapshot.Phase) []models.BackupPhase {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(now) == 0 {
		return before
	}
	phases := make([]models.BackupPhase, 0, len(now))
	for _, p := range now {
		total := b.totals[p.Name]
		if p.State == snapshot.PhaseComplete || p.State == snapshot.PhaseIncomplete || total < p.Done {
			total = p.Done + p.Failed + p.Skipped
		}
		phases = append(phases, models.BackupPhase{Name: p.Name, State: string(p.State), Done: p.Done, Total: total, Failed: p.Failed})
	}
	return phases
}

// recordTime bounds how long a write beside the work may take.
const recordTime = 10 * time.Second

// stage notes the phase that begins in the row of the backup.
func (b *backing) stage(name string, total int64) {
	phase := backup.PhaseOf(name)
	if phase == "" {
		// Reading definitions, and settling what has changed meanwhile, begin anew when they are interrupted.
		b.turn.hold()
	}
	if phase == "" {
		return
	}
	b.mu.Lock()
	b.totals[phase] = total
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), recordTime)
	defer cancel()
	err := b.lease.UpdateBackup(ctx, func(row *models.Backup) {
		for i := range row.Phases {
			if p := &row.Phases[i]; p.Name == phase {
				p.State, p.Total = string(snapshot.PhaseRunning), total
			}
		}
	})
	if err != nil {
		// The next commit writes the phases anyway.
		b.w.log.WarnContext(ctx, "phase was not recorded", "run_id", b.lease.ID(), "phase", phase)
	}
}

// usefulCheckpoints say that what comes before a checkpoint need not be done again.
type usefulCheckpoints struct {
	backup.Checkpoints

	turn *turn
}

// Save implements backup.Checkpoints.
func (c *usefulCheckpoints) Save(ctx context.Context, state []byte) error {
	err := c.Checkpoints.Save(ctx, state)
	if err == nil {
		c.turn.useful()
	}
	return err
}

// progress passes the progress of an engine on, and tells somebody else of the stages.
type progress struct {
	report.Progress

	stage func(name string, total int64)
}

// Stage implements report.Progress.
func (p progress) Stage(name string, total int64) {
	p.Progress.Stage(name, total)
	p.stage(name, total)
}
