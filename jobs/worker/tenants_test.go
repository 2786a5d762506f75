package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stowage/atlassian/sim/fault"
	"stowage/blob"
	"stowage/blob/mem"
	"stowage/internal/redact"
	"stowage/jobs"
	"stowage/models"
	"stowage/snapshot"
)

// names lists what the store holds below a prefix.
func names(t *testing.T, store blob.Store, prefix string) []string {
	t.Helper()
	var all []string
	for info, err := range store.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info.Name)
	}
	return all
}

func TestTenantsCannotReadEachOthersBackups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{})
		small(t, r.sim.Site("acme").World())
		small(t, r.sim.Site("globex").World())
		r.connect("globex", "globex")
		ours, theirs := r.backedUp("acme", r.synced("acme").ID), r.backedUp("globex", r.synced("globex").ID)
		keys := func(tenant string) *snapshot.Keys {
			k, err := snapshot.OpenKeys(t.Context(), r.store, tenant, r.master, false)
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		if _, err := snapshot.Open(t.Context(), r.store, keys("acme"), theirs.SnapshotID); !errors.Is(err, snapshot.ErrNoBackup) {
			t.Errorf("another's backup: %v", err)
		}
		// Not even when its files are laid under the name of the tenant, keys and all.
		for _, name := range names(t, r.store, "tenants/globex/") {
			data, err := r.store.Get(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.store.Put(t.Context(), strings.Replace(name, "globex", "mallory", 1), data); err != nil {
				t.Fatal(err)
			}
			if to := strings.Replace(name, "globex", "acme", 1); !strings.Contains(name, "keyset") {
				if err := r.store.Put(t.Context(), to, data); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := snapshot.OpenKeys(t.Context(), r.store, "mallory", r.master, false); err == nil {
			t.Error("keys of one tenant open for another")
		}
		if _, err := snapshot.Open(t.Context(), r.store, keys("acme"), theirs.SnapshotID); !errors.Is(err, snapshot.ErrTampered) {
			t.Errorf("another's files: %v", err)
		}
		// Nor by the rows of somebody else.
		if _, _, err := r.service.StartPlan(t.Context(), "globex", "somebody", jobs.RestoreSpec{
			BackupID: ours.ID, Destination: models.DestinationCurrent, SchemaName: "R", SchemaKey: "RR",
		}); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("another's row: %v", err)
		}
	})
}

func TestADeletedBackupTakesWhatNoOtherHas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{objects: 60})
		schema := r.synced("acme")
		first := r.backedUp("acme", schema.ID, allPhases()...)
		second := r.backedUp("acme", schema.ID, []string{}...)
		before := len(names(t, r.store, "tenants/acme/segments/"))
		run, err := r.service.DeleteBackup(t.Context(), "acme", "somebody", first.ID)
		r.good("acme", run, err)
		after := len(names(t, r.store, "tenants/acme/segments/"))
		if after >= before || after == 0 {
			t.Errorf("%d segments became %d", before, after)
		}
		if _, err := r.db.ForTenant("acme").Backup(t.Context(), first.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("its row: %v", err)
		}
		keys, err := snapshot.OpenKeys(t.Context(), r.store, "acme", r.master, false)
		if err != nil {
			t.Fatal(err)
		}
		if result, err := snapshot.Verify(t.Context(), r.store, keys, second.SnapshotID, nil); err != nil || !result.OK || result.Segments != after {
			t.Errorf("the other backup: %+v, %v", result, err)
		}
		run, err = r.service.DeleteBackup(t.Context(), "acme", "somebody", second.ID)
		r.good("acme", run, err)
		if left := names(t, r.store, "tenants/acme/segments/"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if s := r.schema(schema.Name); s.LastBackupID != "" {
			t.Errorf("the last backup is %s", s.LastBackupID)
		}
	})
}

// TestRoomIsMadeWhenNoBackupIsRunning deletes a backup while another one is being made.
func TestRoomIsMadeWhenNoBackupIsRunning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		block := newGate()
		r := newRig(t, rigOptions{objects: 400, transport: block.wrap})
		schema := r.synced("acme")
		first := r.backedUp("acme", schema.ID)
		block.close("/comment/")
		running, row, err := r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: schema.ID, Phases: []string{"history", "comments"}})
		if err != nil {
			t.Fatal(err)
		}
		<-block.met
		run, err := r.service.DeleteBackup(t.Context(), "acme", "somebody", first.ID)
		if err != nil {
			t.Fatal(err)
		}
		r.eventually("its row is gone", func() bool {
			_, err := r.db.ForTenant("acme").Backup(t.Context(), first.ID)
			return errors.Is(err, models.ErrNotFound)
		})
		block.open()
		r.good("acme", running, nil)
		r.good("acme", run, nil)
		keys, err := snapshot.OpenKeys(t.Context(), r.store, "acme", r.master, false)
		if err != nil {
			t.Fatal(err)
		}
		if row, err = r.db.ForTenant("acme").Backup(t.Context(), row.ID); err != nil {
			t.Fatal(err)
		}
		if result, err := snapshot.Verify(t.Context(), r.store, keys, row.SnapshotID, nil); err != nil || !result.OK {
			t.Errorf("the backup that was running: %+v, %v", result, err)
		}
	})
}

func TestWhatIsLeftAfterAPurgeIsUnreadable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{})
		small(t, r.sim.Site("acme").World())
		small(t, r.sim.Site("globex").World())
		inst, _, err := r.db.Install(t.Context(), models.InstallSpec{
			Product: "connect", ClientKey: "key-1", BaseURL: "https://acme.atlassian.net", SharedSecret: redact.New("shared-secret"),
		})
		if err != nil {
			t.Fatal(err)
		}
		r.connect("globex", "globex")
		tenant := inst.TenantID
		r.connect(tenant, "acme")
		row := r.backedUp(tenant, r.synced(tenant).ID)
		other := r.backedUp("globex", r.synced("globex").ID)
		copied := map[string][]byte{}
		for _, name := range names(t, r.store, "tenants/"+tenant+"/") {
			if copied[name], err = r.store.Get(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.service.Uninstalled(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		// Within the time of grace everything is there.
		later := func(d time.Duration) {
			r.stop() // Who is awake all the time makes time pass slowly.
			wait(t, d)
			r.start()
			wait(t, time.Minute)
		}
		later(29 * 24 * time.Hour)
		if len(names(t, r.store, "tenants/"+tenant+"/")) != len(copied) {
			t.Error("something is gone already")
		}
		later(2 * 24 * time.Hour)
		r.eventually("everything is gone", func() bool { return len(names(t, r.store, "tenants/"+tenant+"/")) == 0 })
		r.eventually("the rows are gone", func() bool {
			_, err := r.db.ForTenant(tenant).Backup(t.Context(), row.ID)
			return errors.Is(err, models.ErrNotFound)
		})
		// Somebody who has kept the files cannot read them: the keys are gone.
		for name, data := range copied {
			if strings.Contains(name, "keyset") {
				continue
			}
			if err := r.store.Put(t.Context(), name, data); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := snapshot.OpenKeys(t.Context(), r.store, tenant, r.master, false); !errors.Is(err, snapshot.ErrNoKeys) {
			t.Errorf("keys: %v", err)
		}
		if _, err := r.db.ForTenant("globex").Backup(t.Context(), other.ID); err != nil {
			t.Errorf("another tenant: %v", err)
		}
	})
}

// TestNoSecretAndNoDataLeavesItsPlace looks for a token and for labels of objects wherever they do not belong.
func TestNoSecretAndNoDataLeavesItsPlace(t *testing.T) {
	t.Parallel()
	store := mem.New()
	var file string
	var logged string
	synctest.Test(t, func(t *testing.T) {
		// What a site says when it refuses an object may quote it.
		said := `{"errorMessages":["` + canaryLabel + `"],"errors":{"rlabs-insight-attribute-9":"Invalid values (` + canaryLabel + `)"}}`
		r := newRig(t, rigOptions{store: store, sim: withFaults(t, fault.Rule{Op: "POST /object/create", Nth: 2, Status: 400, Body: said})})
		file = r.file
		small(t, r.sim.Site("acme").World())
		schema := r.synced("acme")
		row := r.backedUp("acme", schema.ID, allPhases()...)
		plan := r.planned(jobs.RestoreSpec{BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "Restored", SchemaKey: "REST"})
		run, restore, err := r.service.StartRestore(t.Context(), "acme", "somebody", plan)
		if err != nil {
			t.Fatal(err)
		}
		if ended := r.wait("acme", run.ID); ended.State != models.StatePartial {
			t.Errorf("the restore ended as %s", ended.State)
		}
		// The user reads it all the same.
		var log bytes.Buffer
		if err := r.worker.RestoreLog(t.Context(), "acme", restore.ID, &log); err != nil || !strings.Contains(log.String(), canaryLabel) {
			t.Errorf("the log of the restore: %s, %v", log.String(), err)
		}
		// A run that fails tells more than one that does not. The sync after the restore is to be over by then.
		r.eventually("nothing is under way", func() bool {
			infos, err := r.db.ForTenant("acme").ListRuns(t.Context(), 20)
			return err == nil && !slices.ContainsFunc(infos, func(i models.RunInfo) bool { return i.Finished.IsZero() })
		})
		r.sim.Site("acme").Revoke(acmeToken)
		run, err = r.service.StartSync(t.Context(), "acme", "somebody")
		r.failed(run, err, "credentials")
		info, err := json.Marshal(r.wait("acme", run.ID))
		if err != nil || bytes.Contains(info, []byte(acmeToken)) {
			t.Errorf("the run says %s, %v", info, err)
		}
		r.stop()
		logged = r.logged.String()
		// Everything of the database is in its files.
		if err := r.db.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", "-wal"} {
			data, err := os.ReadFile(file + suffix)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			nowhere(t, filepath.Base(file+suffix), data)
		}
		for _, value := range redisDump(t, r.redis) {
			nowhere(t, "redis", []byte(value))
		}
	})
	nowhere(t, "the log", []byte(logged))
	if !strings.Contains(logged, "run_id") {
		t.Error("nothing was logged at all")
	}
	for _, name := range names(t, store, "") {
		data, err := store.Get(context.WithoutCancel(t.Context()), name)
		if err != nil {
			t.Fatal(err)
		}
		nowhere(t, name, append(data, name...))
	}
}

func nowhere(t *testing.T, where string, data []byte) {
	t.Helper()
	for _, secret := range []string{acmeToken, canaryLabel} {
		if i := bytes.Index(data, []byte(secret)); i >= 0 {
			t.Errorf("%s holds %s: …%q…", where, secret, data[max(0, i-80):min(len(data), i+80)])
		}
	}
}
