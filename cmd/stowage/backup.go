package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stowage/assets"
	"stowage/backup"
	"stowage/blob"
	"stowage/jobs/worker/site"
	"stowage/models"
	"stowage/report"
	"stowage/snapshot"
)

// backupCmd backs up one schema.
type backupCmd struct {
	siteFlags
	storeFlags
	loadFlags
	outputFlags
	Schema      string   `help:"Key of the schema to back up." required:"" placeholder:"KEY"`
	Description string   `help:"A note to keep with the backup." placeholder:"TEXT"`
	Phases      []string `help:"What to fill in after the objects; none for nothing." default:"${phases}" placeholder:"NAME"`
	Report      string   `help:"File to write everything to that failed or was skipped, as JSON." placeholder:"FILE"`
}

// Run implements the command.
func (c *backupCmd) Run(a *app) (err error) {
	phases, err := c.phases()
	if err != nil {
		return err
	}
	if _, err := (storeFlags{Store: c.Store, Data: c.Data}).directory("/"); err != nil {
		return err
	}
	conn, err := signIn(a.ctx, "", c.siteFlags, c.loadFlags, a.env)
	if err != nil {
		return err
	}
	source := site.NewSource(conn.client)
	if err := c.exists(a.ctx, source); err != nil {
		return err
	}
	v, err := openVault(a.ctx, c.storeFlags, a.env, true)
	if err != nil {
		return explainFull(err)
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	if v.keyMade != "" {
		fmt.Fprintf(a.stderr, "A new key was made: %s. Without it no backup can be read; keep a copy apart from the store.\n", v.keyMade)
	}
	db, runs, err := openRuns(a.ctx, v.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	run, resumed, err := runs.OpenRun(a.ctx, models.RunSpec{
		Kind:        models.KindBackup,
		Fingerprint: models.Fingerprint(conn.workspace, strings.ToUpper(c.Schema), v.dir, strings.Join(phases, ",")),
	})
	if err != nil {
		return explainBusy(err)
	}
	if resumed {
		fmt.Fprintln(a.stderr, "Going on with the backup that was interrupted.")
	}
	return c.back(a, conn, source, v, run, phases)
}

// phases reads the list of later phases.
func (c *backupCmd) phases() ([]string, error) {
	if len(c.Phases) == 1 && c.Phases[0] == "none" {
		return []string{}, nil
	}
	for _, p := range c.Phases {
		if !slices.Contains(backup.LaterPhases(), p) {
			return nil, usage("--phases: unknown phase %q; known are %s", p, strings.Join(backup.LaterPhases(), ", "))
		}
	}
	return c.Phases, nil
}

// exists says in one sentence that there is no such schema or nothing in it, before a store or a key is made for it.
func (c *backupCmd) exists(ctx context.Context, source backup.Source) error {
	schemas, err := source.Schemas(ctx)
	if err != nil {
		return err
	}
	var keys []string
	for _, s := range schemas {
		if !strings.EqualFold(s.Key, c.Schema) && s.ID != c.Schema {
			keys = append(keys, s.Key)
			continue
		}
		if s.ObjectCount > 0 {
			return nil
		}
		return c.notEmpty(ctx, source, s)
	}
	slices.Sort(keys)
	return fmt.Errorf("there is no schema %s on this site that the account can see; there are: %s", c.Schema, strings.Join(keys, ", "))
}

// notEmpty counts the objects of a schema that is listed as empty, since counts in lists are not always up to date.
func (c *backupCmd) notEmpty(ctx context.Context, source backup.Source, s assets.Schema) error {
	types, err := source.ObjectTypes(ctx, s.ID)
	if err != nil {
		return err
	}
	for _, t := range types {
		n, err := source.CountObjects(ctx, backup.ObjectQuery{TypeID: t.ID})
		if err != nil || n > 0 {
			return err
		}
	}
	return fmt.Errorf("the schema %s (%s) is empty: a schema without objects cannot be backed up", s.Name, s.Key)
}

// back runs the engine under the lease of the run and tells how it ended.
func (c *backupCmd) back(a *app, conn *connection, source backup.Source, v *vault, run *models.Run, phases []string) error {
	ctx, release := run.Keep(a.ctx)
	defer release()
	lines := &report.Report{}
	show := newDisplay(a.stderr)
	result, err := backup.Run(ctx, source, v, run.Checkpoints(), backup.Options{
		Schema: c.Schema,
		Meta: snapshot.Meta{
			Site: conn.site, Workspace: conn.workspace, Description: c.Description, Trigger: snapshot.TriggerManual, App: version(),
		},
		Phases: phases, Workers: c.Workers,
	}, lines, show)
	show.Close()
	if err != nil {
		return c.ended(a.ctx, run, err)
	}
	state := models.StateSucceeded
	if result.Failed > 0 {
		state = models.StatePartial
	}
	if err := run.Finish(a.ctx, state, result); err != nil {
		return err
	}
	showReport(a.stderr, lines.Entries(), c.Report)
	if err := writeReport(c.Report, lines.Entries()); err != nil {
		return err
	}
	if c.JSON {
		if err := json.NewEncoder(a.stdout).Encode(result); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.stdout, "Backup %s of %s: %s, %s stored.\n", result.Backup, result.Schema,
			sentence(counted(int(result.Objects), "object"), thousands(result.Skipped)+" skipped", thousands(result.Failed)+" failed"), size(result.BytesStored))
	}
	if result.Failed > 0 {
		return partial("the backup is complete but for %s, listed above", counted(int(result.Failed), "item"))
	}
	return nil
}

// ended leaves the run to be resumed, or closes it where trying again can only fail in the same way.
func (c *backupCmd) ended(ctx context.Context, run *models.Run, err error) error {
	if errors.Is(err, backup.ErrEmptySchema) || errors.Is(err, backup.ErrOtherSchema) || errors.Is(err, assets.ErrNotFound) {
		return errors.Join(err, run.Finish(ctx, models.StateFailed, map[string]string{"error": err.Error()}))
	}
	// On a full disk the run cannot even be marked as stopped; its lease ends with this process.
	if stopErr := run.Stop(ctx); stopErr != nil && !errors.Is(err, models.ErrFull) && !errors.Is(err, blob.ErrFull) {
		return errors.Join(err, stopErr)
	}
	return &interrupted{"this backup", explainFull(err)}
}
