package endtoend

import (
	"context"
	"path/filepath"
	"testing"

	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
	"stowage/backup"
	"stowage/blob/mem"
	"stowage/internal/redact"
	"stowage/jobs/worker/site"
	"stowage/models"
	"stowage/report"
	"stowage/restore"
	"stowage/snapshot"
)

// apiURL is where the simulated API answers; no socket is involved.
const apiURL = "https://api.atlassian.example"

// rig is two simulated sites, a store and a database.
type rig struct {
	sim   *sim.Sim
	store *mem.Store
	keys  *snapshot.Keys
	runs  *models.Tenant
}

func newRig(t *testing.T, options sim.Options) *rig {
	t.Helper()
	if options.Sites == nil {
		options.Sites = []sim.SiteOptions{{Name: "acme"}, {Name: "globex"}}
	}
	s, err := sim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range s.Sites() {
		if err := gen.Site(at.World(), at.Name()); err != nil {
			t.Fatal(err)
		}
	}
	store := mem.New()
	keys, err := snapshot.OpenKeys(t.Context(), store, "local", snapshot.NewMasterKey(), true)
	if err != nil {
		t.Fatal(err)
	}
	db, err := models.Open(t.Context(), filepath.Join(t.TempDir(), "stowage.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &rig{sim: s, store: store, keys: keys, runs: db.ForTenant("local")}
}

// fill puts a profile into acme and returns its main schema.
func (r *rig) fill(t *testing.T, profile string, objects int, seed uint64) gen.Report {
	t.Helper()
	made, err := gen.Fill(r.sim.Site("acme").World(), gen.Profile{Name: profile}, objects, seed)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (r *rig) client(t *testing.T, name string) *atlassian.Client {
	t.Helper()
	info := r.sim.Site(name).Info(apiURL)
	c, err := atlassian.New(atlassian.Config{
		SiteURL: info.BaseURL, APIURL: info.APIBaseURL, Email: info.Email, Token: redact.New(info.Token),
		HTTP: sim.Transport(r.sim), Rate: atlassian.RatePolicy{Mode: atlassian.RateOff}, PageSize: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run starts a run of the database.
func (r *rig) run(t *testing.T, kind models.Kind, name string) *models.Run {
	t.Helper()
	run, err := r.runs.StartRun(t.Context(), models.RunSpec{Kind: kind, Fingerprint: name})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// backup backs a schema of acme up.
func (r *rig) backup(t *testing.T, schema string) (backup.Result, []report.Entry) {
	t.Helper()
	var lines report.Report
	run := r.run(t, models.KindBackup, schema)
	result, err := backup.Run(t.Context(), site.NewSource(r.client(t, "acme")), vault{r.store, r.keys}, run.Checkpoints(),
		backup.Options{Schema: schema}, &lines, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Finish(t.Context(), models.StateSucceeded, result); err != nil {
		t.Fatal(err)
	}
	return result, lines.Entries()
}

// restored is a restore and what it said of itself.
type restored struct {
	plan   *restore.Plan
	result restore.Result
	proof  restore.Proof
	lines  []report.Entry
	schema world.ID
}

// restore restores a backup to a site.
func (r *rig) restore(t *testing.T, backupID, to string, options restore.Options) restored {
	t.Helper()
	b, err := snapshot.Open(t.Context(), r.store, r.keys, backupID)
	if err != nil {
		t.Fatal(err)
	}
	from, target := restore.FromSnapshot(b), site.NewTarget(r.client(t, to))
	run := r.run(t, models.KindRestore, to)
	var lines report.Report
	set := restore.Settings{Report: &lines}
	out := restored{}
	if out.plan, err = restore.NewPlan(t.Context(), from, target, options); err != nil {
		t.Fatal(err)
	}
	if out.result, err = restore.Apply(t.Context(), out.plan, from, target, run.Journal(), set); err != nil {
		t.Fatal(err)
	}
	if out.proof, err = restore.Prove(t.Context(), out.plan, from, target, run.Journal(), set); err != nil {
		t.Fatal(err)
	}
	var ok bool
	if out.schema, ok = world.ParseID(out.result.SchemaID); !ok {
		t.Fatalf("the restore names the schema %q", out.result.SchemaID)
	}
	out.lines = lines.Entries()
	return out
}

// vault makes store and keys the storage of the backup engine.
type vault struct {
	store *mem.Store
	keys  *snapshot.Keys
}

func (v vault) Create(meta snapshot.Meta, o snapshot.WriterOptions) (*snapshot.Writer, error) {
	return snapshot.Create(v.store, v.keys, meta, o)
}

func (v vault) Resume(state []byte, o snapshot.WriterOptions) (*snapshot.Writer, error) {
	return snapshot.Resume(v.store, v.keys, state, o)
}

func (v vault) Open(ctx context.Context, backupID string) (*snapshot.Backup, error) {
	return snapshot.Open(ctx, v.store, v.keys, backupID)
}
