package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"stowage/jobs/worker/site"
	"stowage/models"
	"stowage/restore"
	"stowage/snapshot"
)

// wantedFlags say which backup is to be restored where and how; plan and restore share them.
type wantedFlags struct {
	siteFlags
	Target siteFlags `embed:"" prefix:"target-"`
	storeFlags
	loadFlags
	outputFlags
	Schema        string   `help:"Key of the schema whose backup is restored (default: of the newest backup)." placeholder:"KEY"`
	Backup        string   `help:"Id of the backup (default: the newest)." placeholder:"ID"`
	NewSchemaName string   `help:"Name of the schema to create." required:"" placeholder:"NAME"`
	NewSchemaKey  string   `help:"Key of the schema to create: 2 to 10 capital letters and digits." required:"" placeholder:"KEY"`
	ObjectTypes   []string `help:"Restore these object types only, by name or id, with their parents." placeholder:"NAME"`
	Icons         bool     `help:"Upload custom icons that the target lacks; icons of the same name are used in any case."`
	History       bool     `help:"Write the history of every object into an attribute OBJECT_HISTORY."`
	Users         string   `help:"When some of several users in an attribute do not exist on the target: all-or-nothing leaves the attribute empty, partial keeps the others." default:"all-or-nothing" placeholder:"POLICY"`
}

// where returns the flags of the site that is restored to, and their prefix. The default is the source.
func (f *wantedFlags) where() (siteFlags, string) {
	if f.Target.empty() {
		return f.siteFlags, ""
	}
	to := f.Target
	if to.API == "" {
		to.API = f.API
	}
	return to, "target-"
}

func (f *wantedFlags) options() restore.Options {
	return restore.Options{
		NewSchema:   restore.NewSchema{Name: f.NewSchemaName, Key: f.NewSchemaKey},
		ObjectTypes: f.ObjectTypes, Icons: f.Icons, History: f.History, Users: restore.UserPolicy(f.Users),
	}
}

// task is a backup, opened, and the target to restore it to.
type task struct {
	vault   *vault
	backup  restore.Backup
	conn    *connection
	target  *site.Target
	options restore.Options
}

// prepare opens the backup and signs in to the target. Nothing is written anywhere.
func (f *wantedFlags) prepare(ctx context.Context, env func(string) string) (*task, error) {
	text, err := json.Marshal(f.options())
	if err != nil {
		return nil, err
	}
	options, err := restore.ParseOptions(text)
	if err != nil {
		return nil, usage("%w", err)
	}
	v, err := openVault(ctx, f.storeFlags, env, false)
	if err != nil {
		return nil, err
	}
	t := &task{vault: v, options: options}
	if err := t.open(ctx, f, env); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return t, nil
}

func (t *task) open(ctx context.Context, f *wantedFlags, env func(string) string) error {
	m, err := t.vault.find(ctx, f.Backup, f.Schema)
	if err != nil {
		return err
	}
	if f.History {
		if p, ok := m.Phase("history"); !ok || p.State != snapshot.PhaseComplete && p.State != snapshot.PhaseIncomplete {
			return fmt.Errorf("backup %s holds no history: back up again with the phase history, or leave --history out", m.Backup)
		}
	}
	if err := t.read(ctx, m); err != nil {
		return err
	}
	flags, prefix := f.where()
	if t.conn, err = signIn(ctx, prefix, flags, f.loadFlags, env); err != nil {
		return err
	}
	t.target = site.NewTarget(t.conn.client)
	return nil
}

// read opens the backup that is to be restored.
func (t *task) read(ctx context.Context, m snapshot.Manifest) error {
	b, err := t.vault.Open(ctx, m.Backup)
	if err != nil {
		return fmt.Errorf("backup %s: %w", m.Backup, err)
	}
	t.backup = restore.FromSnapshot(b)
	return nil
}

// fingerprint identifies a restore: where to, from which store, which backup, and how.
func (t *task) fingerprint(backupID, options string) string {
	return models.Fingerprint(t.conn.workspace, t.vault.dir, backupID, options)
}

// showPlan writes a plan for people.
func showPlan(w io.Writer, p *restore.Plan, where string) {
	fmt.Fprintf(w, "Restore backup %s of %s (%s) into the new schema %s (%s) on %s:\n", p.Backup, p.Source.SchemaName, p.Source.SchemaKey, p.Schema.Name, p.Schema.Key, where)
	for _, s := range p.Stages {
		if s.Create+s.Update+s.Keep > 0 {
			fmt.Fprintf(w, "  %-34s %s to create, %s to change, %s there already\n", s.Name, thousands(int64(s.Create)), thousands(int64(s.Update)), thousands(int64(s.Keep)))
		}
	}
	fmt.Fprintf(w, "  %s with %s; %s will be written twice because of reference cycles\n",
		counted(p.Objects.Planned, "object"), counted(p.Objects.References, "reference"), counted(p.Objects.SecondWrites, "object"))
	calls := 0
	for _, n := range p.Calls {
		calls += n
	}
	fmt.Fprintf(w, "  about %s, %s at the documented limits of Atlassian\n", counted(calls, "call"), minutes(p.Minutes))
	for _, f := range p.Findings {
		parts := slices.DeleteFunc([]string{f.Type, f.Attribute, f.Message}, func(s string) bool { return s == "" })
		fmt.Fprintf(w, "  %s: %s (%s)\n", f.Severity, oneLine([]byte(strings.Join(parts, ", "))), counted(f.Total, "case"))
	}
}

// minutes writes a duration for people.
func minutes(m float64) string {
	if m < 1 {
		return "less than a minute"
	}
	return "about " + counted(int(math.Round(m)), "minute")
}
