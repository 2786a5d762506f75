package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"stowage/backup"
	"stowage/blob"
	"stowage/blob/mem"
	"stowage/jobs/worker/site"
	"stowage/models"
	"stowage/report"
	"stowage/restore"
	"stowage/snapshot"
)

// vault makes a store and keys the storage of the backup engine.
type vault struct {
	store blob.Store
	keys  *snapshot.Keys
	close func() error
}

// newVault makes a store in memory.
func newVault(ctx context.Context) (*vault, error) {
	store := mem.New()
	keys, err := snapshot.OpenKeys(ctx, store, tenant, snapshot.NewMasterKey(), true)
	return &vault{store: store, keys: keys, close: func() error { return nil }}, err
}

// Create begins a backup.
func (v *vault) Create(meta snapshot.Meta, o snapshot.WriterOptions) (*snapshot.Writer, error) {
	return snapshot.Create(v.store, v.keys, meta, o)
}

// Resume goes on with one.
func (v *vault) Resume(state []byte, o snapshot.WriterOptions) (*snapshot.Writer, error) {
	return snapshot.Resume(v.store, v.keys, state, o)
}

// Open opens a finished one.
func (v *vault) Open(ctx context.Context, backupID string) (*snapshot.Backup, error) {
	return snapshot.Open(ctx, v.store, v.keys, backupID)
}

// newest opens the newest backup.
func (v *vault) newest(ctx context.Context) (*snapshot.Backup, error) {
	for m, err := range snapshot.List(ctx, v.store, v.keys) {
		if err != nil {
			return nil, err
		}
		return v.Open(ctx, m.Backup)
	}
	return nil, snapshot.ErrNoBackup
}

// openRuns opens a database for the checkpoints and journals of runs in process.
func (b *bench) openRuns(ctx context.Context) (*models.DB, error) {
	dir, err := b.folder("runs")
	if err != nil {
		return nil, err
	}
	db, err := models.Open(ctx, filepath.Join(dir, "stowage.db"))
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	return db, nil
}

// backedUp is a backup made in process.
type backedUp struct {
	result backup.Result
	lines  []report.Entry
	// attempts is how often the engine was called until it was done.
	attempts int
}

// mostAttempts is how often a run may be resumed. Every fault happens once, so twice would do.
const mostAttempts = 4

// attempt is the context of the next attempt. A scenario that cancels runs gives its own.
type attempt func(ctx context.Context, n int) (context.Context, context.CancelFunc)

// undisturbed lets every attempt be.
func undisturbed(ctx context.Context, _ int) (context.Context, context.CancelFunc) {
	return ctx, func() {}
}

// backUp backs the schema up in process, resuming until it is done.
func backUp(ctx context.Context, l *lab, v backup.Storage, runs *models.Tenant, name string, direct bool, next attempt, phases []string) (backedUp, error) {
	out := backedUp{}
	run, err := runs.StartRun(ctx, models.RunSpec{Kind: models.KindBackup, Fingerprint: name})
	if err != nil {
		return out, err
	}
	for {
		out.attempts++
		// Every attempt is another process, which knows nothing but what was kept.
		client, err := l.client(source, direct)
		if err != nil {
			return out, err
		}
		lines := &report.Report{}
		attemptCtx, done := next(ctx, out.attempts)
		out.result, err = backup.Run(attemptCtx, site.NewSource(client), v, run.Checkpoints(), backup.Options{Schema: schemaKey, Phases: phases}, lines, nil)
		done()
		out.lines = append(out.lines, lines.Entries()...)
		if err == nil {
			return out, run.Finish(ctx, models.StateSucceeded, out.result)
		}
		if out.attempts == mostAttempts || ctx.Err() != nil {
			return out, fmt.Errorf("attempt %d: %w", out.attempts, err)
		}
	}
}

// restoredTo is a restore made in process.
type restoredTo struct {
	result   restore.Result
	proof    restore.Proof
	attempts int
}

// restoreTo restores a backup to a site in process, resuming until it is done.
func restoreTo(ctx context.Context, l *lab, from restore.Backup, runs *models.Tenant, name, to string, next attempt) (restoredTo, error) {
	out := restoredTo{}
	run, err := runs.StartRun(ctx, models.RunSpec{Kind: models.KindRestore, Fingerprint: name, Target: to})
	if err != nil {
		return out, err
	}
	var plan *restore.Plan
	once := func(ctx context.Context) error {
		client, err := l.client(to, false)
		if err != nil {
			return err
		}
		target := site.NewTarget(client)
		if plan == nil {
			options := restore.Options{NewSchema: restore.NewSchema{Name: "Restored " + restoreKey, Key: restoreKey}, Icons: true}
			if plan, err = restore.NewPlan(ctx, from, target, options); err != nil {
				return fmt.Errorf("plan: %w", err)
			}
		}
		set := restore.Settings{Patience: 50 * time.Millisecond, Grace: time.Second, Report: &report.Report{}}
		result, err := restore.Apply(ctx, plan, from, target, run.Journal(), set)
		if err != nil {
			return fmt.Errorf("apply: %w", err)
		}
		out.result = result
		out.proof, err = restore.Prove(ctx, plan, from, target, run.Journal(), set)
		if err != nil {
			return fmt.Errorf("prove: %w", err)
		}
		return nil
	}
	for {
		out.attempts++
		attemptCtx, done := next(ctx, out.attempts)
		err := once(attemptCtx)
		done()
		if err == nil {
			return out, run.Finish(ctx, models.StateSucceeded, out.result)
		}
		if out.attempts == mostAttempts || ctx.Err() != nil {
			return out, fmt.Errorf("attempt %d: %w", out.attempts, err)
		}
	}
}
