package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/backup"
	"stowage/blob/file"
	"stowage/internal/redact"
	"stowage/jobs/worker/site"
	"stowage/models"
	"stowage/report"
	"stowage/restore"
	"stowage/snapshot"
)

// apiURL is where the simulated API answers when it is asked in process.
const apiURL = "https://api.atlassian.example"

// tenant is the tenant that the command line uses, too.
const tenant = "local"

// newSim makes simulated sites with people and without objects.
func newSim(sites ...sim.SiteOptions) (*sim.Sim, error) {
	s, err := sim.New(sim.Options{Sites: sites})
	if err != nil {
		return nil, err
	}
	for _, at := range s.Sites() {
		if err := gen.Site(at.World(), at.Name()); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// connect makes a client of a site that is asked in process.
func connect(at *sim.Site, transport http.RoundTripper, rate atlassian.RatePolicy) (*atlassian.Client, error) {
	info := at.Info(apiURL)
	return atlassian.New(atlassian.Config{
		SiteURL: info.BaseURL, APIURL: info.APIBaseURL, Email: info.Email, Token: redact.New(info.Token), HTTP: transport, Rate: rate,
	})
}

// unpaced is the pace of a client that has no limits to keep to.
func unpaced() atlassian.RatePolicy { return atlassian.RatePolicy{Mode: atlassian.RateOff} }

// vault is a store in a folder with its keys and a database, as the command line keeps them.
type vault struct {
	dir   string
	store *file.Store
	keys  *snapshot.Keys
	db    *models.DB
}

var _ backup.Storage = (*vault)(nil)

func openVault(ctx context.Context, dir string) (v *vault, err error) {
	v = &vault{dir: filepath.Join(dir, "store")}
	if v.store, err = file.Create(v.dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.Close())
		}
	}()
	if v.keys, err = snapshot.OpenKeys(ctx, v.store, tenant, snapshot.NewMasterKey(), true); err != nil {
		return v, err
	}
	if v.db, err = models.Open(ctx, filepath.Join(dir, "stowage.db")); err != nil {
		return v, err
	}
	return v, v.db.Migrate(ctx)
}

// Close closes the database and the store.
func (v *vault) Close() error {
	err := v.store.Close()
	if v.db != nil {
		err = errors.Join(err, v.db.Close())
	}
	return err
}

// Create implements backup.Storage.
func (v *vault) Create(meta snapshot.Meta, o snapshot.WriterOptions) (*snapshot.Writer, error) {
	return snapshot.Create(v.store, v.keys, meta, o)
}

// Resume implements backup.Storage.
func (v *vault) Resume(state []byte, o snapshot.WriterOptions) (*snapshot.Writer, error) {
	return snapshot.Resume(v.store, v.keys, state, o)
}

// Open implements backup.Storage.
func (v *vault) Open(ctx context.Context, backupID string) (*snapshot.Backup, error) {
	return snapshot.Open(ctx, v.store, v.keys, backupID)
}

// start begins a run of the database.
func (v *vault) start(ctx context.Context, kind models.Kind, name string) (*models.Run, error) {
	return v.db.ForTenant(tenant).StartRun(ctx, models.RunSpec{Kind: kind, Fingerprint: name})
}

// backup backs a schema up, without the later phases.
func (v *vault) backup(ctx context.Context, client *atlassian.Client, schema string, log *teller) (backup.Result, error) {
	run, err := v.start(ctx, models.KindBackup, schema)
	if err != nil {
		return backup.Result{}, err
	}
	o := backup.Options{Schema: schema, Phases: []string{}}
	result, err := backup.Run(ctx, site.NewSource(client), v, run.Checkpoints(), o, &report.Report{}, &stages{log: log, what: "backup of " + schema})
	if err != nil {
		return result, err
	}
	return result, run.Finish(ctx, models.StateSucceeded, result)
}

// restore restores a backup into a new schema, as far as creating every object, and proves it if that is wanted.
func (v *vault) restore(ctx context.Context, target restore.Target, backupID, key string, prove bool, log *teller) (restore.Result, error) {
	stored, err := v.Open(ctx, backupID)
	if err != nil {
		return restore.Result{}, err
	}
	from := restore.FromSnapshot(stored)
	plan, err := restore.NewPlan(ctx, from, target, restore.Options{NewSchema: restore.NewSchema{Name: "Restored " + key, Key: key}})
	if err != nil {
		return restore.Result{}, err
	}
	run, err := v.start(ctx, models.KindRestore, key)
	if err != nil {
		return restore.Result{}, err
	}
	set := restore.Settings{Report: &report.Report{}, Progress: &stages{log: log, what: "restore into " + key}}
	result, err := restore.Apply(ctx, plan, from, target, run.Journal(), set)
	if err != nil {
		return result, err
	}
	if prove {
		proof, err := restore.Prove(ctx, plan, from, target, run.Journal(), set)
		if err != nil {
			return result, err
		}
		result.Proved = proof.Proved
	}
	return result, run.Finish(ctx, models.StateSucceeded, result)
}

// folderSize is the size of all files below a folder.
func folderSize(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// folder makes a folder of this run.
func (b *bench) folder(name string) (string, error) {
	dir := filepath.Join(b.dir, name)
	return dir, os.MkdirAll(dir, 0o700)
}
