package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"stowage/models"
	"stowage/report"
	"stowage/restore"
)

// restoreCmd restores a backup into a new schema.
type restoreCmd struct {
	wantedFlags
	Log    string `help:"File for the full restore log, as JSON (default: in the data directory)." placeholder:"FILE"`
	Report string `help:"File to write everything to that failed or was skipped, as JSON." placeholder:"FILE"`
}

// restored is the result of restore as JSON.
type restored struct {
	Restore string `json:"restore"`
	Backup  string `json:"backup"`
	restore.Result
	Log         string               `json:"log"`
	Differences []restore.Difference `json:"differences,omitempty"`
}

// Run implements the command.
func (c *restoreCmd) Run(a *app) (err error) {
	t, err := c.prepare(a.ctx, a.env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.vault.Close()) }()
	db, runs, err := openRuns(a.ctx, t.vault.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	options, err := json.Marshal(t.options)
	if err != nil {
		return err
	}
	if c.Backup == "" {
		if err := c.begun(a.ctx, t, runs, string(options)); err != nil {
			return err
		}
	}
	// The same restore run again finds its journal, finished or not, and does what is left of it: nothing, mostly.
	run, again, err := runs.ReopenRun(a.ctx, models.RunSpec{
		Kind: models.KindRestore, Target: t.conn.workspace, BackupID: t.backup.ID(),
		Fingerprint: t.fingerprint(t.backup.ID(), string(options)),
	})
	if err != nil {
		return explainBusy(err)
	}
	if again {
		if run, again, err = c.stillThere(a.ctx, t, runs, run); err != nil {
			return err
		}
	}
	ctx, release := run.Keep(a.ctx)
	defer release()
	plan, err := c.plan(ctx, a, t, run, again)
	if err != nil && again {
		// Something may have been restored already: the journal is still needed.
		return errors.Join(err, run.Stop(a.ctx))
	}
	if err != nil {
		return errors.Join(err, run.Finish(a.ctx, models.StateFailed, map[string]string{"error": err.Error()}))
	}
	return c.apply(ctx, a, t, run, plan)
}

// begun turns to the backup that the same command was restoring when it was interrupted, though a newer one may have been
// made since.
func (c *restoreCmd) begun(ctx context.Context, t *task, runs *models.Tenant, options string) error {
	const enough = 1000
	infos, err := runs.ListRuns(ctx, enough)
	if err != nil {
		return err
	}
	for _, info := range infos {
		if info.Kind != models.KindRestore || !info.Finished.IsZero() || info.Fingerprint != t.fingerprint(info.BackupID, options) {
			continue
		}
		if m, err := t.vault.find(ctx, info.BackupID, c.Schema); err == nil {
			return t.read(ctx, m)
		}
	}
	return nil
}

// stillThere looks whether the schema that a finished restore made still exists. Where somebody has deleted it since, the
// same command begins anew.
func (c *restoreCmd) stillThere(ctx context.Context, t *task, runs *models.Tenant, run *models.Run) (*models.Run, bool, error) {
	info := run.Info()
	if info.State != models.StateSucceeded && info.State != models.StatePartial {
		return run, true, nil
	}
	var before restored
	if err := json.Unmarshal(info.Result, &before); err != nil {
		return nil, false, fmt.Errorf("result of restore %s: %w", info.ID, err)
	}
	schemas, err := t.target.Schemas(ctx)
	if err != nil {
		return nil, false, errors.Join(err, run.Finish(ctx, info.State, info.Result))
	}
	for _, s := range schemas {
		if s.ID == before.SchemaID {
			return run, true, nil
		}
	}
	if err := run.Finish(ctx, models.StateFailed, map[string]string{"error": "the restored schema was deleted"}); err != nil {
		return nil, false, err
	}
	fresh, err := runs.StartRun(ctx, models.RunSpec{Kind: info.Kind, Fingerprint: info.Fingerprint, Target: info.Target, BackupID: info.BackupID})
	return fresh, false, err
}

// planKind is where the journal keeps the text of the plan that is being applied.
const planKind = "plan text"

// plan returns the plan of the run: the one it was begun with, or a new one.
func (c *restoreCmd) plan(ctx context.Context, a *app, t *task, run *models.Run, again bool) (*restore.Plan, error) {
	journal := run.Journal()
	if again {
		var kept *restore.Plan
		err := journal.Each(ctx, planKind, func(_, _, text string, done bool) (err error) {
			if done {
				kept, err = restore.ParsePlan([]byte(text))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if kept != nil {
			fmt.Fprintln(a.stderr, "Going on with the restore that was begun before.")
			return kept, nil
		}
	}
	plan, err := restore.NewPlan(ctx, t.backup, t.target, t.options)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(plan)
	if err != nil {
		return nil, err
	}
	showPlan(a.stderr, plan, t.conn.site)
	return plan, journal.Finish(ctx, planKind, []string{planKind}, []string{plan.Hash}, []string{string(text)})
}

// apply carries the plan out, proves the result and tells how it ended.
func (c *restoreCmd) apply(ctx context.Context, a *app, t *task, run *models.Run, plan *restore.Plan) error {
	lines := &report.Report{}
	show := newDisplay(a.stderr)
	result, err := restore.Apply(ctx, plan, t.backup, t.target, run.Journal(), restore.Settings{Workers: c.Workers, Progress: show, Report: lines})
	var proof restore.Proof
	if err == nil {
		proof, err = restore.Prove(ctx, plan, t.backup, t.target, run.Journal(), restore.Settings{Workers: c.Workers, Progress: show, Report: lines})
		result.Proved = proof.Proved
	}
	show.Close()
	logFile, logErr := c.writeLog(ctx, t, run, plan)
	if err := errors.Join(logErr, writeReport(c.Report, lines.Entries())); err != nil {
		fmt.Fprintf(a.stderr, "stowage: %v\n", err)
	}
	showReport(a.stderr, lines.Entries(), c.Report)
	showDifferences(a.stderr, proof)
	if errors.Is(err, restore.ErrPlan) {
		return errors.Join(err, run.Finish(ctx, models.StateFailed, map[string]string{"error": err.Error()}))
	}
	if err != nil {
		// On a full disk the run cannot even be marked as stopped; its lease ends with this process.
		if stopErr := run.Stop(ctx); stopErr != nil && !errors.Is(err, models.ErrFull) {
			return errors.Join(err, stopErr)
		}
		return &interrupted{"this restore", explainFull(err)}
	}
	state := models.StateSucceeded
	if result.Failed > 0 || !result.Proved {
		state = models.StatePartial
	}
	out := restored{Restore: run.ID(), Backup: plan.Backup, Result: result, Log: logFile, Differences: proof.Differences}
	if err := run.Finish(ctx, state, out); err != nil {
		return err
	}
	if c.JSON {
		if err := json.NewEncoder(a.stdout).Encode(out); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.stdout, "Restore %s into %s (%s): %s.\n", run.ID(), plan.Schema.Name, plan.Schema.Key,
			sentence(counted(result.Created, "object")+" created", thousands(int64(result.Skipped))+" there already", thousands(int64(result.Failed))+" failed",
				thousands(int64(result.SecondWrites))+" written twice"))
		if result.Proved {
			fmt.Fprintln(a.stdout, "Proved: the target was read back and holds what the backup holds.")
		}
		fmt.Fprintf(a.stdout, "The log of every object is %s.\n", logFile)
	}
	switch {
	case result.Failed > 0:
		return partial("%s could not be restored; the log says why", counted(result.Failed, "object"))
	case !result.Proved:
		return partial("the target differs from the backup, see above; nothing was lost, run the same command again to try once more")
	}
	return nil
}

// showDifferences names what the proof found that no report explains.
func showDifferences(w io.Writer, proof restore.Proof) {
	for i, d := range proof.Differences {
		if i == mostLines {
			fmt.Fprintf(w, "  … and %s\n", counted(proof.Total-i, "more difference"))
			return
		}
		what := d.Kind + " " + cmp.Or(d.Key, d.ID)
		if d.Attribute != "" {
			what += ", attribute " + d.Attribute
		}
		fmt.Fprintf(w, "  differs: %s: %s\n", what, oneLine([]byte(d.Message)))
	}
}

// writeLog keeps the full log, readable by its owner only: it names objects.
func (c *restoreCmd) writeLog(ctx context.Context, t *task, run *models.Run, plan *restore.Plan) (file string, err error) {
	file = c.Log
	if file == "" {
		dir := filepath.Join(t.vault.data, "logs")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", err
		}
		file = filepath.Join(dir, "restore-"+run.ID()+".json")
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // The user names the file.
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return file, restore.WriteLog(context.WithoutCancel(ctx), plan, t.backup, run.Journal(), f)
}
