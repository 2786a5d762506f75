package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stowage/blob/file"
	"stowage/internal/porttest"
	"stowage/jobs/jobstest"
	"stowage/models/modelstest"
	"stowage/snapshot"
	"stowage/test/judge"
	"stowage/test/rig"
)

// The shapes in which the service is deployed.
const (
	embedded = "SQLite and the Redis inside the process"
	servers  = "Postgres and Redis"
)

func shapes() []string { return []string{embedded, servers} }

// patience is more than all waits of a test should take, on a machine that is busy with other things as well; a run that is not
// over by then hangs.
const patience = 8 * time.Minute

// restoredKey is the key of the schemas that are restored.
const restoredKey = "RESTORED"

// bench is simulated sites and what the processes of a service share.
type bench struct {
	sites *rig.Sites
	o     rig.ServiceOptions
	redis *jobstest.Server
	front *front
}

// newBench makes the sites, slowed down so that there are moments between the calls, and the servers of the shape.
func newBench(t *testing.T, shape string, objects int, latency time.Duration) *bench {
	t.Helper()
	return newBenchWith(t, shape, rig.SitesOptions{Objects: objects, Seed: 1}, latency)
}

// newBenchWith is newBench with sites as described.
func newBenchWith(t *testing.T, shape string, so rig.SitesOptions, latency time.Duration) *bench {
	t.Helper()
	before := &front{latency: latency}
	so.Wrap = before.wrap
	sites, err := rig.NewSites(t.Context(), so)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sites.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &bench{sites: sites, front: before}
	b.o = rig.ServiceOptions{Binary: binary, Data: t.TempDir(), Store: t.TempDir(), Sites: sites.Base, Operator: "an-operator-token-for-tests"}
	if b.o.Addr, err = porttest.Addr(t.Context()); err != nil {
		t.Fatal(err)
	}
	if shape == servers {
		b.redis = jobstest.StartRedis(t)
		b.o.Redis = b.redis.URL().Reveal()
		b.o.Database = modelstest.Postgres(t)
	}
	return b
}

// start starts a process of the bench and kills it at the end of the test.
func (b *bench) start(t *testing.T, change ...func(*rig.ServiceOptions)) *rig.Process {
	t.Helper()
	o := b.o
	for _, f := range change {
		f(&o)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := rig.StartService(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		for _, sign := range []string{"WARNING: DATA RACE", "\npanic: ", "\nfatal error: ", " panicked\""} {
			if _, rest, found := strings.Cut(p.Log(), sign); found {
				t.Errorf("the service wrote%s%.4000s", sign, rest)
			}
		}
	})
	return p
}

// allow lets so many more objects be created on the source site and keeps back the calls that would create others.
func (b *bench) allow(t *testing.T, creations int) {
	t.Helper()
	if err := b.sites.Sim.Site(rig.Source).Hold("POST /object/create", creations); err != nil {
		t.Fatal(err)
	}
}

// release lets all objects be created.
func (b *bench) release() { b.sites.Sim.Site(rig.Source).Release() }

// restoreAsFarAs starts a restore and returns when it has created so many objects and can create no more, until somebody allows it to.
func (b *bench) restoreAsFarAs(ctx context.Context, t *testing.T, c *rig.Client, p *rig.Process, planned string, created int) (run rig.Run, restore string) {
	t.Helper()
	b.allow(t, created)
	run, restore, err := c.Restore(ctx, planned)
	if err != nil {
		t.Fatal(err)
	}
	return b.created(ctx, t, c, p, run.ID, int64(created)), restore
}

// created returns when a run that goes on has created so many objects.
func (b *bench) created(ctx context.Context, t *testing.T, c *rig.Client, p *rig.Process, id string, objects int64) rig.Run {
	t.Helper()
	at := watch(ctx, t, c, p, id, func(r rig.Run) bool { return r.Progress.Created >= objects || r.Ended() })
	if at.Ended() {
		t.Fatalf("the restore was over before anything could happen to it: %s %s\n%s", at.State, at.Message, told(p))
	}
	return at
}

// install installs the app on the source site and sets it up.
func (b *bench) install(t *testing.T, p *rig.Process) *rig.Client {
	t.Helper()
	return b.installOn(t, p, rig.Source)
}

// installOn installs the app on a site and sets it up.
func (b *bench) installOn(t *testing.T, p *rig.Process, site string) *rig.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := b.sites.Install(ctx, site, p.Base)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.sites.Connect(ctx, c, site); err != nil {
		t.Fatalf("%v\n%s", err, told(p))
	}
	return c
}

// backUp backs the big schema up and returns the id of the backup.
func backUp(t *testing.T, c *rig.Client) string {
	t.Helper()
	return backUpOf(t, c, "ITSM")
}

// backUpOf backs a schema up and returns the id of the backup.
func backUpOf(t *testing.T, c *rig.Client, key string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	schema, err := c.Schema(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	run, backup, err := c.BackUp(ctx, schema)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Finish(ctx, run.ID); err != nil {
		t.Fatal(err)
	}
	return backup
}

// plan plans the restore of a backup beside its source.
func plan(t *testing.T, c *rig.Client, backup string) string {
	t.Helper()
	return planAs(t, c, backup, "Restored", restoredKey)
}

// planAs plans the restore of a backup under a name and a key.
func planAs(t *testing.T, c *rig.Client, backup, name, key string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	id, err := c.Plan(ctx, backup, "", name, key)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// whole wants the restored schema to be like its source: nothing lost, nothing twice, no value different.
func (b *bench) whole(t *testing.T) {
	t.Helper()
	b.wholeAs(t, restoredKey)
}

// wholeAs is whole for the schema of a key.
func (b *bench) wholeAs(t *testing.T, key string) {
	t.Helper()
	w := b.sites.World(rig.Source)
	tally, err := judge.TallyRestored(w, b.sites.Made.Schema, w, key)
	if err != nil {
		t.Fatal(err)
	}
	if tally.Lost > 0 || tally.Twice > 0 || tally.Objects == 0 {
		t.Errorf("%d objects restored, %d lost, %d twice", tally.Objects, tally.Lost, tally.Twice)
	}
	diff, err := judge.LikeSource(w, b.sites.Made.Schema, key)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range diff {
		if i == 5 {
			t.Errorf("… and %d more", len(diff)-i)
			break
		}
		t.Error(d)
	}
}

// content reads the only backup there is out of the store, as somebody would who has nothing but the store and the key.
func (b *bench) content(ctx context.Context) (facts judge.Facts, err error) {
	text, err := os.ReadFile(filepath.Join(b.o.Data, "key"))
	if err != nil {
		return nil, err
	}
	key, err := snapshot.ParseMasterKey(string(text))
	if err != nil {
		return nil, err
	}
	store, err := file.Open(b.o.Store)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	tenants, err := os.ReadDir(filepath.Join(b.o.Store, "tenants"))
	if err != nil {
		return nil, err
	}
	if len(tenants) != 1 {
		return nil, fmt.Errorf("%d tenants in the store", len(tenants))
	}
	keys, err := snapshot.OpenKeys(ctx, store, tenants[0].Name(), key, false)
	if err != nil {
		return nil, err
	}
	for m, err := range snapshot.List(ctx, store, keys) {
		switch {
		case err != nil:
			return nil, err
		case facts != nil:
			return nil, errors.New("more than one backup in the store")
		}
		checked, err := snapshot.Verify(ctx, store, keys, m.Backup, nil)
		if err != nil {
			return nil, err
		}
		if !checked.OK {
			return nil, fmt.Errorf("backup %s: %v", m.Backup, checked.Problems)
		}
		saved, err := snapshot.Open(ctx, store, keys, m.Backup)
		if err != nil {
			return nil, err
		}
		if facts, err = judge.Content(ctx, saved); err != nil {
			return nil, err
		}
	}
	return facts, nil
}
