package worker_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"testing/synctest"

	"stowage/jobs"
	"stowage/models"
)

func TestASchemaIsSyncedBackedUpPlannedAndRestored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { flow(t, models.SQLite) })
}

// TestPostgresHoldsTheRunsAsWell needs a server, and so cannot make time up.
func TestPostgresHoldsTheRunsAsWell(t *testing.T) {
	t.Parallel()
	flow(t, models.Postgres)
}

// flow takes a schema all the way.
func flow(t *testing.T, dialect string) {
	t.Helper()
	r := newRig(t, rigOptions{objects: 120, dialect: dialect})
	tenant := r.db.ForTenant("acme")
	schema := r.synced("acme")
	row := r.backedUp("acme", schema.ID, allPhases()...)
	if row.State != models.BackupComplete || row.Objects != schema.Objects || row.SnapshotID == "" || row.Bytes == 0 || len(row.ObjectTypes) == 0 {
		t.Errorf("backup %+v", row)
	}
	if len(row.Phases) != 1+len(allPhases()) {
		t.Errorf("phases %+v", row.Phases)
	}
	for _, p := range row.Phases {
		if p.State != "complete" && p.State != "unsupported" || p.Name == "objects" && (p.Done != row.Objects || p.Total != row.Objects) {
			t.Errorf("phase %+v", p)
		}
	}
	var types int64
	for _, typ := range row.ObjectTypes {
		types += typ.Objects
	}
	if types != row.Objects {
		t.Errorf("the types have %d objects of %d", types, row.Objects)
	}

	for _, c := range []struct {
		destination, target, site string
	}{
		{models.DestinationCurrent, "", "acme"},
		{models.DestinationInstance, r.target("acme", "globex").ID, "globex"},
	} {
		func() {
			plan := r.planned(jobs.RestoreSpec{
				BackupID: row.ID, Destination: c.destination, TargetID: c.target, SchemaName: "Restored", SchemaKey: "REST",
			})
			run, restore, err := r.service.StartRestore(t.Context(), "acme", "somebody", plan)
			ended := r.good("acme", run, err)
			if restore, err = tenant.Restore(t.Context(), restore.ID); err != nil {
				t.Fatal(err)
			}
			if restore.State != models.RestoreCompleted || !restore.Proved || restore.Created != row.Objects || restore.Failed != 0 || restore.Planned != row.Objects || restore.TargetSchemaID == "" || restore.Message != "Operation success" {
				t.Errorf("restore %+v", restore)
			}
			if ended.Progress.Created != row.Objects || ended.Progress.Failed != 0 {
				t.Errorf("progress %+v", ended.Progress)
			}
			lines := 0
			for e, err := range tenant.Log(t.Context(), run.ID) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Outcome == "ok" && e.Kind == "object" {
					lines++
				}
			}
			if int64(lines) != row.Objects {
				t.Errorf("%d lines about objects", lines)
			}
			r.wantRestored(c.site, "REST", row.Objects)
			var log bytes.Buffer
			if err := r.worker.RestoreLog(t.Context(), "acme", restore.ID, &log); err != nil {
				t.Fatal(err)
			}
			var entries []struct {
				ObjectKey string
				Result    bool
			}
			if err := json.Unmarshal(log.Bytes(), &entries); err != nil || int64(len(entries)) != row.Objects || !entries[0].Result {
				t.Errorf("the log has %d entries, %v", len(entries), err)
			}
		}()
	}
	// The schemas of the current site are listed anew by themselves.
	r.eventually("the restored schema is listed", func() bool {
		page, err := tenant.Schemas(t.Context(), models.SchemaFilter{Query: "Restored"})
		return err == nil && len(page.Items) == 1 && page.Items[0].Objects == row.Objects
	})
}
