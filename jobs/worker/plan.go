package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"stowage/assets"
	"stowage/backup"
	"stowage/jobs"
	"stowage/jobs/worker/site"
	"stowage/models"
	"stowage/restore"
	"stowage/snapshot"
)

// stagePlan is the stage of a plan.
const stagePlan = "Planning"

// plan says what a restore would do, and does nothing.
func (w *Worker) plan(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) error {
	// A plan that is interrupted begins anew.
	release := live.Hold()
	defer release()
	made, err := w.makePlan(ctx, run, t, live)
	if err != nil {
		return w.conclude(ctx, run, live, err)
	}
	document, err := json.Marshal(made)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	summary := planned{Objects: made.Objects.Planned, Calls: calls(made), Minutes: made.Minutes, Hash: made.Hash}
	live.EndWith(models.StateSucceeded, func(ctx context.Context) error {
		return run.EndPlan(ctx, models.StateSucceeded, summary, "", models.PlanResult{Document: document, Hash: made.Hash})
	})
	return nil
}

// planned is the result of the run of a plan. The plan itself stands apart.
type planned struct {
	Objects int     `json:"objects"`
	Calls   int     `json:"calls"`
	Minutes float64 `json:"minutes"`
	Hash    string  `json:"hash"`
}

func calls(p *restore.Plan) int {
	total := 0
	for _, n := range p.Calls {
		total += n
	}
	return total
}

func (w *Worker) makePlan(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) (*restore.Plan, error) {
	spec, err := jobs.DecodeSpec[jobs.RestoreSpec](run.Info().Spec)
	if err != nil {
		return nil, err
	}
	live.Stage(stagePlan, 0)
	options, err := optionsOf(spec)
	if err != nil {
		return nil, err
	}
	stored, err := w.openBackup(ctx, t, spec.BackupID)
	if err != nil {
		return nil, err
	}
	if err := holds(stored.Manifest(), options); err != nil {
		return nil, err
	}
	at, err := w.instanceOf(ctx, t, spec.TargetID)
	if err != nil {
		return nil, err
	}
	client, err := w.client(at)
	if err != nil {
		return nil, err
	}
	return restore.NewPlan(ctx, restore.FromSnapshot(stored), site.NewTarget(client), options)
}

// openBackup opens the backup of a row.
func (w *Worker) openBackup(ctx context.Context, t *models.Tenant, rowID string) (*snapshot.Backup, error) {
	row, err := t.Backup(ctx, rowID)
	if errors.Is(err, models.ErrNotFound) {
		return nil, &sentenceError{text: "The backup was deleted. Choose another one.", err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	if row.SnapshotID == "" {
		return nil, say("The backup did not come far enough to restore anything from it. Choose another backup.")
	}
	v, err := w.openVault(ctx, t.ID(), nil, false)
	if err != nil {
		return nil, err
	}
	return v.Open(ctx, row.SnapshotID)
}

// optionsOf brings what the user chose into the words of package restore, which refuses what it does not know.
func optionsOf(spec jobs.RestoreSpec) (restore.Options, error) {
	options := restore.Options{
		NewSchema:   restore.NewSchema{Name: spec.SchemaName, Key: spec.SchemaKey},
		ObjectTypes: spec.ObjectTypes, Icons: spec.Icons, History: spec.History,
		Users: restore.UserPolicy(spec.Users), MatchUsers: restore.UserMatch(spec.MatchUsers),
	}
	text, err := json.Marshal(options)
	if err != nil {
		return options, fmt.Errorf("options: %w", err)
	}
	return restore.ParseOptions(text)
}

// holds refuses options that ask for what the backup does not have.
func holds(m snapshot.Manifest, options restore.Options) error {
	if !options.History {
		return nil
	}
	p, ok := m.Phase(backup.PhaseHistory)
	if ok && slices.Contains([]snapshot.PhaseState{snapshot.PhaseComplete, snapshot.PhaseIncomplete}, p.State) {
		return nil
	}
	return &sentenceError{text: "The backup holds no history of objects. Choose one that does, or restore without history.", err: assets.ErrNotFound}
}
