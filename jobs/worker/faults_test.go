package worker_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"stowage/assets"
	"stowage/atlassian/sim/world"
	"stowage/blob"
	"stowage/blob/blobtest"
	"stowage/blob/mem"
	"stowage/jobs"
	"stowage/models"
	"stowage/report"
	"stowage/restore"
	"stowage/snapshot"
)

// stored backs a small schema up to a store that goes wrong, and returns the number of calls of the store.
func stored(t *testing.T, plan ...blobtest.Fault) int {
	t.Helper()
	store := blobtest.NewFaulty(mem.New(), plan...)
	r := newRig(t, rigOptions{store: store})
	small(t, r.sim.Site("acme").World())
	row := r.backedUp("acme", r.synced("acme").ID)
	calls := store.Calls()
	if row.Objects != smallObjects || len(row.ObjectTypes) != 2 || row.State != models.BackupComplete {
		t.Errorf("%v: %+v", plan, row)
	}
	keys, err := snapshot.OpenKeys(t.Context(), r.store, "acme", r.master, false)
	if err != nil {
		t.Fatal(err)
	}
	if result, err := snapshot.Verify(t.Context(), r.store, keys, row.SnapshotID, nil); err != nil || !result.OK {
		t.Errorf("%v: %+v, %v", plan, result, err)
	}
	if found := names(t, r.store, "tenants/acme/backups/"); len(found) != 1 {
		t.Errorf("%v: backups %v", plan, found)
	}
	return calls
}

func TestWhicheverCallOfTheStoreFailsTheBackupIsMade(t *testing.T) {
	t.Parallel()
	var calls int
	synctest.Test(t, func(t *testing.T) { calls = stored(t) })
	if calls < 10 {
		t.Fatalf("only %d calls", calls)
	}
	kinds := []blobtest.FaultKind{blobtest.Fail, blobtest.LoseAnswer}
	for n := 1; n <= calls; n++ {
		kind := kinds[n%len(kinds)]
		t.Run(kind.String()+"/"+strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { stored(t, blobtest.Fault{Call: n, Kind: kind}) })
		})
	}
}

// fillable is a store that can be full.
type fillable struct {
	blob.Store

	full atomic.Bool
}

func (f *fillable) Put(ctx context.Context, name string, data []byte) error {
	if f.full.Load() {
		return blob.ErrFull
	}
	return f.Store.Put(ctx, name, data)
}

func (f *fillable) PutIfAbsent(ctx context.Context, name string, data []byte) (bool, error) {
	if f.full.Load() {
		return false, blob.ErrFull
	}
	return f.Store.PutIfAbsent(ctx, name, data)
}

func TestAStoreWithoutRoomIsSaidToBeFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &fillable{Store: mem.New()}
		r := newRig(t, rigOptions{store: store})
		w := r.sim.Site("acme").World()
		id := small(t, w)
		schema := r.synced("acme")
		first := r.backedUp("acme", schema.ID)
		rename(t, w, id)
		store.full.Store(true)
		run, row, err := r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: schema.ID})
		r.failed(run, err, "The storage has no room left.")
		keys, err := snapshot.OpenKeys(t.Context(), r.store, "acme", r.master, false)
		if err != nil {
			t.Fatal(err)
		}
		if result, err := snapshot.Verify(t.Context(), r.store, keys, first.SnapshotID, nil); err != nil || !result.OK {
			t.Errorf("the earlier backup: %+v, %v", result, err)
		}
		store.full.Store(false)
		resumed, err := r.service.Resume(t.Context(), "acme", "somebody", run.ID)
		r.good("acme", resumed, err)
		if row, err = r.db.ForTenant("acme").Backup(t.Context(), row.ID); err != nil || row.State != models.BackupComplete {
			t.Errorf("after room was made: %+v, %v", row, err)
		}
	})
}

func TestWhatDiffersAfterARestoreIsInTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		block := newGate()
		r := newRig(t, rigOptions{transport: block.wrap})
		w := r.sim.Site("acme").World()
		small(t, w)
		row := r.backedUp("acme", r.synced("acme").ID)
		plan := r.planned(jobs.RestoreSpec{BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "Restored", SchemaKey: "REST"})
		// Objects are listed when the restore is proved.
		block.close("/object/aql")
		run, restored, err := r.service.StartRestore(t.Context(), "acme", "somebody", plan)
		if err != nil {
			t.Fatal(err)
		}
		<-block.met
		made, err := w.SchemaByKey("REST")
		if err != nil {
			t.Fatal(err)
		}
		rename(t, w, made.ID)
		block.open()
		if ended := r.wait("acme", run.ID); ended.State != models.StatePartial {
			t.Errorf("it ended as %s", ended.State)
		}
		tenant := r.db.ForTenant("acme")
		if restored, err = tenant.Restore(t.Context(), restored.ID); err != nil || restored.Proved || restored.Differences == 0 {
			t.Errorf("restore %+v, %v", restored, err)
		}
		found := 0
		for e, err := range tenant.Log(t.Context(), run.ID) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Stage == restore.StageProof && e.Outcome == report.Warned {
				found++
			}
		}
		if found == 0 {
			t.Error("the log does not say where")
		}
	})
}

// rename gives one object of a schema another name.
func rename(t *testing.T, w *world.World, schema world.ID) {
	t.Helper()
	types, err := w.ObjectTypes(schema)
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := w.Attributes(types[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := w.Find(t.Context(), `objectTypeId = `+types[0].ID.String())
	if err != nil || len(ids) == 0 {
		t.Fatal(ids, err)
	}
	for _, a := range attributes {
		if a.Name != assets.AttributeName {
			continue
		}
		_, err := w.UpdateObject("", ids[0], world.ObjectInput{Attributes: []world.AttributeValues{{Attribute: a.ID, Values: []string{"renamed"}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}
