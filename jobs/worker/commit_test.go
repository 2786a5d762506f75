package worker_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"stowage/blob"
	"stowage/blob/blobtest"
	"stowage/blob/mem"
	"stowage/jobs"
	"stowage/models"
)

// meeting is a store that calls somebody when a manifest is to be written.
type meeting struct {
	blob.Store

	mu sync.Mutex
	do func(ctx context.Context)
}

func (m *meeting) onManifest(do func(ctx context.Context)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.do = do
}

func (m *meeting) Put(ctx context.Context, name string, data []byte) error {
	m.mu.Lock()
	do := m.do
	m.mu.Unlock()
	if do != nil && strings.Contains(name, "/backups/") {
		do(ctx)
		ctx = context.WithoutCancel(ctx)
	}
	return m.Store.Put(ctx, name, data)
}

// TestABackupThatIsStoppedAsItIsCommittedCanBeRestored has the stop arrive between the manifest and what the row says of it.
func TestABackupThatIsStoppedAsItIsCommittedCanBeRestored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &meeting{Store: mem.New()}
		r := newRig(t, rigOptions{store: store})
		small(t, r.sim.Site("acme").World())
		schema := r.synced("acme")
		ids := make(chan string, 1)
		store.onManifest(func(ctx context.Context) {
			store.onManifest(nil)
			if _, err := r.service.Stop(context.WithoutCancel(ctx), "acme", "somebody", <-ids); err != nil {
				t.Error(err)
			}
			<-ctx.Done()
		})
		run, row, err := r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: schema.ID})
		if err != nil {
			t.Fatal(err)
		}
		ids <- run.ID
		if ended := r.wait("acme", run.ID); ended.State != models.StateTerminated {
			t.Errorf("it ended as %s: %s", ended.State, ended.Error)
		}
		if row, err = r.db.ForTenant("acme").Backup(t.Context(), row.ID); err != nil || row.SnapshotID == "" || row.Objects != smallObjects || len(row.ObjectTypes) != 2 {
			t.Errorf("backup %+v, %v", row, err)
		}
		r.planned(jobs.RestoreSpec{BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "R", SchemaKey: "RR"})
	})
}

// TestADeletionOutlastsAStoreThatIsAway deletes a backup while nothing can be deleted, for longer than a run is tried, and
// then what is left with the schema.
func TestADeletionOutlastsAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var plan []blobtest.Fault
		for n := range 6 {
			plan = append(plan, blobtest.Fault{Op: "delete", Call: n + 1, Kind: blobtest.Fail})
		}
		store := blobtest.NewFaulty(mem.New(), plan...)
		r := newRig(t, rigOptions{store: store})
		w := r.sim.Site("acme").World()
		id := small(t, w)
		schema := r.synced("acme")
		first := r.backedUp("acme", schema.ID)
		r.backedUp("acme", schema.ID)
		run, err := r.service.DeleteBackup(t.Context(), "acme", "somebody", first.ID)
		if err != nil {
			t.Fatal(err)
		}
		waiting := r.until("acme", run.ID, func(i models.RunInfo) bool { return i.State == models.StateQueued && i.Error != "" })
		if !strings.HasSuffix(waiting.Error, ".") || waiting.Attempts != 0 {
			t.Errorf("while it waits: %+v", waiting)
		}
		r.good("acme", run, nil)
		if _, err := w.DeleteSchema(id); err != nil {
			t.Fatal(err)
		}
		r.synced("acme")
		run, err = r.service.ForgetSchema(t.Context(), "acme", "somebody", schema.ID)
		r.good("acme", run, err)
		if left := names(t, r.store, "tenants/acme/backups/"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}
