package worker_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/fault"
	"stowage/atlassian/sim/world"
	"stowage/internal/redact"
	"stowage/jobs"
	"stowage/models"
	"stowage/report"
)

// withFaults makes the simulated Atlassian fail.
func withFaults(t *testing.T, rules ...fault.Rule) func(*sim.Options) {
	t.Helper()
	plan, err := fault.New(1, rules...)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *sim.Options) { o.Faults = plan }
}

// failed expects a run to fail with a sentence.
func (r *rig) failed(info models.RunInfo, err error, sentence string) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	info = r.wait("acme", info.ID)
	if info.State != models.StateFailed || !strings.Contains(info.Error, sentence) || !strings.HasSuffix(info.Error, ".") {
		r.t.Errorf("%s ended as %s: %q, want %q", info.Kind, info.State, info.Error, sentence)
	}
}

func (r *rig) schema(name string) models.Schema {
	r.t.Helper()
	page, err := r.db.ForTenant("acme").Schemas(r.t.Context(), models.SchemaFilter{Query: name})
	if err != nil || len(page.Items) != 1 {
		r.t.Fatalf("schema %s: %+v, %v", name, page.Items, err)
	}
	return page.Items[0]
}

func TestASyncSaysWhichSchemasCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{sim: withFaults(t, fault.Rule{Op: "GET /objectschema/{id}/objecttypes/flat", Nth: 2, Status: 403})})
		w := r.sim.Site("acme").World()
		small(t, w)
		other, err := w.CreateSchema(world.SchemaInput{Name: "Other", Key: "OTHER"})
		if err != nil {
			t.Fatal(err)
		}
		r.synced("acme")
		page, err := r.db.ForTenant("acme").Schemas(t.Context(), models.SchemaFilter{})
		if err != nil {
			t.Fatal(err)
		}
		wrong := 0
		for _, s := range page.Items {
			if s.Status == models.SchemaSyncError && strings.HasSuffix(s.SyncError, ".") {
				wrong++
			} else if s.Status != models.SchemaActive {
				t.Errorf("schema %+v", s)
			}
		}
		if wrong != 1 {
			t.Errorf("%d of %d schemas cannot be read", wrong, len(page.Items))
		}
		if _, err := w.DeleteSchema(other.ID); err != nil {
			t.Fatal(err)
		}
		r.synced("acme")
		if gone, kept := r.schema("Other"), r.schema("Small"); gone.Status != models.SchemaDeleted || kept.Status != models.SchemaActive {
			t.Errorf("%s and %s", gone.Status, kept.Status)
		}
	})
}

func TestCredentialsThatAreRefusedAreSaidToBe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{})
		small(t, r.sim.Site("acme").World())
		schema := r.synced("acme")
		r.sim.Site("acme").Revoke(acmeToken)
		const sentence = "does not accept the credentials any more"
		run, err := r.service.StartSync(t.Context(), "acme", "somebody")
		r.failed(run, err, sentence)
		run, row, err := r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: schema.ID})
		r.failed(run, err, sentence)
		// With a new token the same run goes on.
		if err := r.sim.Site("acme").AddCredential(sim.Credential{Email: "new@acme.example", Token: "new", AccountID: "new"}); err != nil {
			t.Fatal(err)
		}
		tenant := r.db.ForTenant("acme")
		c, err := tenant.Connection(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.Email, c.Token = "new@acme.example", redact.New("new")
		if _, err := tenant.SaveConnection(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		resumed, err := r.service.Resume(t.Context(), "acme", "somebody", run.ID)
		r.good("acme", resumed, err)
		if row, err = tenant.Backup(t.Context(), row.ID); err != nil || row.State != models.BackupComplete || row.Objects != smallObjects {
			t.Errorf("backup %+v, %v", row, err)
		}
	})
}

func TestASchemaThatIsEmptyOrGoneIsNotBackedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{})
		w := r.sim.Site("acme").World()
		empty, err := w.CreateSchema(world.SchemaInput{Name: "Empty", Key: "EMPTY"})
		if err != nil {
			t.Fatal(err)
		}
		r.synced("acme")
		schema := r.schema("Empty")
		run, row, err := r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: schema.ID})
		r.failed(run, err, "An empty schema cannot be backed up.")
		if row, err = r.db.ForTenant("acme").Backup(t.Context(), row.ID); err != nil || row.State != models.BackupFailed || row.SnapshotID != "" || !strings.Contains(row.Message, "empty schema") {
			t.Errorf("backup %+v, %v", row, err)
		}
		if s := r.schema("Empty"); !strings.Contains(s.LastBackupError, "empty schema") {
			t.Errorf("the schema says %q", s.LastBackupError)
		}
		if _, err := w.DeleteSchema(empty.ID); err != nil {
			t.Fatal(err)
		}
		run, _, err = r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: schema.ID})
		r.failed(run, err, "does not exist on the site any more")
	})
}

func TestASiteThatAsksToWaitIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{sim: withFaults(t, fault.Rule{Op: "POST /object/aql", From: 2, To: 2, Status: 429, RetryAfter: 120})})
		small(t, r.sim.Site("acme").World())
		schema := r.synced("acme")
		began := time.Now()
		run, _, err := r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: schema.ID})
		if err != nil {
			t.Fatal(err)
		}
		waiting := r.until("acme", run.ID, func(i models.RunInfo) bool { return i.State == models.StateQueued && i.Error != "" })
		if waiting.Attempts != 0 || !strings.Contains(waiting.Error, "slow down") {
			t.Errorf("while it waits: %+v", waiting)
		}
		r.good("acme", run, nil)
		if took := time.Since(began); took < 2*time.Minute || took > 4*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

func TestABackupThatIsStoppedIsListedAsTerminated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		block := newGate()
		r := newRig(t, rigOptions{transport: block.wrap})
		small(t, r.sim.Site("acme").World())
		schema := r.synced("acme")
		for _, c := range []struct {
			name, path string
			committed  bool
		}{{"while objects are read", "/object/aql", false}, {"while comments are read", "/comment/", true}} {
			block.close(c.path)
			run, row, err := r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: schema.ID, Phases: []string{"comments"}})
			if err != nil {
				t.Fatal(err)
			}
			<-block.met
			began := time.Now()
			if _, err := r.service.Stop(t.Context(), "acme", "somebody", run.ID); err != nil {
				t.Fatal(err)
			}
			ended := r.wait("acme", run.ID)
			block.open()
			if ended.State != models.StateTerminated || time.Since(began) > 10*time.Second {
				t.Errorf("%s: %s after %s", c.name, ended.State, time.Since(began))
			}
			if row, err = r.db.ForTenant("acme").Backup(t.Context(), row.ID); err != nil || row.State != models.BackupTerminated || (row.SnapshotID != "") != c.committed {
				t.Errorf("%s: %+v, %v", c.name, row, err)
			}
			// What was committed can be restored, and nothing else.
			_, _, err = r.service.StartPlan(t.Context(), "acme", "somebody", jobs.RestoreSpec{
				BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "R", SchemaKey: "RR",
			})
			if _, refused := errors.AsType[*jobs.Refused](err); refused == c.committed {
				t.Errorf("%s: planned: %v", c.name, err)
			}
		}
	})
}

// TestARestoreThatIsStoppedShowsItsSchema stops a restore in the middle: the schema it has made is listed all the same.
func TestARestoreThatIsStoppedShowsItsSchema(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		block := newGate()
		r := newRig(t, rigOptions{transport: block.wrap})
		small(t, r.sim.Site("acme").World())
		row := r.backedUp("acme", r.synced("acme").ID)
		plan := r.planned(jobs.RestoreSpec{BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "Restored", SchemaKey: "REST"})
		block.close("/object/create")
		run, _, err := r.service.StartRestore(t.Context(), "acme", "somebody", plan)
		if err != nil {
			t.Fatal(err)
		}
		<-block.met
		if _, err := r.service.Stop(t.Context(), "acme", "somebody", run.ID); err != nil {
			t.Fatal(err)
		}
		if ended := r.wait("acme", run.ID); ended.State != models.StateTerminated {
			t.Fatalf("it ended as %s: %s", ended.State, ended.Error)
		}
		block.open()
		syncs, err := r.db.ForTenant("acme").Runs(t.Context(), models.RunFilter{Kind: models.KindSync})
		if err != nil || len(syncs) != 2 {
			t.Fatalf("%d syncs, %v", len(syncs), err)
		}
		r.wait("acme", syncs[0].ID)
		if s := r.schema("Restored"); s.Status != models.SchemaActive {
			t.Errorf("the schema is %s", s.Status)
		}
	})
}

// TestARestoreThatIsStoppedWhileItWaitsShowsItsSchema stops a restore that its site has asked to wait: nobody works on it.
func TestARestoreThatIsStoppedWhileItWaitsShowsItsSchema(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{sim: withFaults(t, fault.Rule{Op: "POST /object/create", Nth: 2, Status: 429, RetryAfter: 600})})
		small(t, r.sim.Site("acme").World())
		row := r.backedUp("acme", r.synced("acme").ID)
		plan := r.planned(jobs.RestoreSpec{BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "Restored", SchemaKey: "REST"})
		run, _, err := r.service.StartRestore(t.Context(), "acme", "somebody", plan)
		if err != nil {
			t.Fatal(err)
		}
		r.until("acme", run.ID, func(i models.RunInfo) bool { return i.State == models.StateQueued && i.Error != "" })
		if ended, err := r.service.Stop(t.Context(), "acme", "somebody", run.ID); err != nil || ended.State != models.StateTerminated {
			t.Fatalf("%s, %v", ended.State, err)
		}
		r.eventually("the schema is listed", func() bool {
			page, err := r.db.ForTenant("acme").Schemas(t.Context(), models.SchemaFilter{Query: "Restored"})
			return err == nil && len(page.Items) == 1
		})
	})
}

// TestARestoreThatFailsShowsItsSchema has the account lose its rights in the middle of a restore.
func TestARestoreThatFailsShowsItsSchema(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{sim: withFaults(t, fault.Rule{Op: "POST /object/create", Nth: 2, Status: 403})})
		small(t, r.sim.Site("acme").World())
		row := r.backedUp("acme", r.synced("acme").ID)
		plan := r.planned(jobs.RestoreSpec{BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "Restored", SchemaKey: "REST"})
		run, _, err := r.service.StartRestore(t.Context(), "acme", "somebody", plan)
		r.failed(run, err, "lacks a permission")
		r.eventually("the schema is listed", func() bool {
			page, err := r.db.ForTenant("acme").Schemas(t.Context(), models.SchemaFilter{Query: "Restored"})
			return err == nil && len(page.Items) == 1
		})
	})
}

func TestASiteThatHasTroubleIsNamedWhileTheRunWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{sim: withFaults(t, fault.Rule{Op: "GET /objectschema/{id}/attributes", From: 1, To: 12, Status: 503})})
		small(t, r.sim.Site("acme").World())
		schema := r.synced("acme")
		run, _, err := r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: schema.ID})
		if err != nil {
			t.Fatal(err)
		}
		waiting := r.until("acme", run.ID, func(i models.RunInfo) bool { return i.State == models.StateQueued && i.Error != "" })
		for _, part := range []string{"answered 503 Service Unavailable. ", "Nothing is lost: it goes on by itself in about ", " from where it was."} {
			if !strings.Contains(waiting.Error, part) {
				t.Errorf("while it waits it says %q", waiting.Error)
			}
		}
		r.good("acme", run, nil)
	})
}

func TestPlansThatCannotBeMadeSayWhyInASentence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{})
		small(t, r.sim.Site("acme").World())
		row := r.backedUp("acme", r.synced("acme").ID, []string{}...)
		target := r.target("acme", "globex")
		usual := jobs.RestoreSpec{BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "Restored", SchemaKey: "REST"}
		for _, c := range []struct {
			name     string
			change   func(*jobs.RestoreSpec)
			sentence string
		}{
			{"name in use", func(s *jobs.RestoreSpec) { s.SchemaName = "Small" }, `The schema name "Small" is in use on the target; choose another name.`},
			{"key in use", func(s *jobs.RestoreSpec) { s.SchemaKey = "SMALL" }, "The schema key SMALL is in use on the target; choose another key."},
			{"no key", func(s *jobs.RestoreSpec) { s.SchemaKey = "small" }, "must be 2 to 20 capital letters"},
			{"unknown policy", func(s *jobs.RestoreSpec) { s.Users = "some" }, `unknown policy "some"`},
			{"unknown object type", func(s *jobs.RestoreSpec) { s.ObjectTypes = []string{"Nothing"} }, "Nothing"},
			{"no history in it", func(s *jobs.RestoreSpec) { s.History = true }, "holds no history"},
		} {
			spec := usual
			c.change(&spec)
			run, plan, err := r.service.StartPlan(t.Context(), "acme", "somebody", spec)
			r.failed(run, err, c.sentence)
			if plan, err = r.db.ForTenant("acme").Plan(t.Context(), plan.ID); err != nil || plan.State != models.PlanFailed || !strings.Contains(plan.Message, c.sentence) {
				t.Errorf("%s: %+v, %v", c.name, plan, err)
			}
		}
		// The target is removed while the plan waits.
		r.stop()
		usual.Destination, usual.TargetID = models.DestinationInstance, target.ID
		run, _, err := r.service.StartPlan(t.Context(), "acme", "somebody", usual)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.db.ForTenant("acme").DeleteTarget(t.Context(), target.ID); err != nil {
			t.Fatal(err)
		}
		r.start()
		r.failed(run, nil, "removed from the list")
	})
}

func TestARestoreIsRefusedWhenItsTargetHasChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{})
		w := r.sim.Site("acme").World()
		small(t, w)
		row := r.backedUp("acme", r.synced("acme").ID)
		spec := jobs.RestoreSpec{BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "Restored", SchemaKey: "REST"}
		taken, moved := r.planned(spec), r.planned(spec)
		other, err := w.CreateSchema(world.SchemaInput{Name: "Restored", Key: "REST"})
		if err != nil {
			t.Fatal(err)
		}
		run, restore, err := r.service.StartRestore(t.Context(), "acme", "somebody", taken)
		r.failed(run, err, "in use on the target")
		if restore, err = r.db.ForTenant("acme").Restore(t.Context(), restore.ID); err != nil || restore.State != models.RestoreError || restore.TargetSchemaID != "" {
			t.Errorf("restore %+v, %v", restore, err)
		}
		if err := r.worker.RestoreLog(t.Context(), "acme", restore.ID, &bytes.Buffer{}); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("its log: %v", err)
		}
		if _, err := w.DeleteSchema(other.ID); err != nil {
			t.Fatal(err)
		}
		// The connection leads to another site when the run comes to its turn.
		r.stop()
		run, _, err = r.service.StartRestore(t.Context(), "acme", "somebody", moved)
		if err != nil {
			t.Fatal(err)
		}
		r.connect("acme", "globex")
		r.start()
		r.failed(run, nil, "another site now")
		if _, err := r.sim.Site("globex").World().SchemaByKey("REST"); err == nil {
			t.Error("it was restored to the other site")
		}
	})
}

func TestObjectsThatAreRefusedAreInTheLogAndTheRestoreIsPartial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const refusal = `{"errorMessages":[],"errors":{"rlabs-insight-attribute-9":"has to be unique"}}`
		r := newRig(t, rigOptions{sim: withFaults(t, fault.Rule{Op: "POST /object/create", Site: "acme", Nth: 3, Status: 400, Body: refusal})})
		small(t, r.sim.Site("acme").World())
		row := r.backedUp("acme", r.synced("acme").ID)
		plan := r.planned(jobs.RestoreSpec{BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "Restored", SchemaKey: "REST"})
		run, restore, err := r.service.StartRestore(t.Context(), "acme", "somebody", plan)
		if err != nil {
			t.Fatal(err)
		}
		if ended := r.wait("acme", run.ID); ended.State != models.StatePartial || ended.Progress.Failed != 1 || ended.Progress.Created != smallObjects-1 {
			t.Errorf("run %+v", ended)
		}
		tenant := r.db.ForTenant("acme")
		if restore, err = tenant.Restore(t.Context(), restore.ID); err != nil || restore.State != models.RestoreCompletedWithErrors || restore.Failed != 1 || restore.Created != smallObjects-1 {
			t.Errorf("restore %+v, %v", restore, err)
		}
		var bad []report.Entry
		for e, err := range tenant.Log(t.Context(), run.ID) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Outcome == report.Failed {
				bad = append(bad, e)
			}
		}
		if len(bad) != 1 || !strings.Contains(bad[0].Message, "has to be unique") {
			t.Errorf("lines about failures: %+v", bad)
		}
		var log bytes.Buffer
		if err := r.worker.RestoreLog(t.Context(), "acme", restore.ID, &log); err != nil {
			t.Fatal(err)
		}
		var entries []struct {
			Result  bool
			Message string
		}
		if err := json.Unmarshal(log.Bytes(), &entries); err != nil || len(entries) != smallObjects {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		if n := len(slices.DeleteFunc(entries, func(e struct {
			Result  bool
			Message string
		},
		) bool {
			return e.Result
		})); n != 1 {
			t.Errorf("%d entries say that something failed", n)
		}
	})
}

// gate holds calls up whose path holds a text, until it is opened.
type gate struct {
	next http.RoundTripper
	path chan string // holds one value
	met  chan struct{}
	free chan struct{}
}

func newGate() *gate {
	g := &gate{path: make(chan string, 1), met: make(chan struct{}, 1), free: make(chan struct{})}
	g.path <- ""
	return g
}

func (g *gate) wrap(next http.RoundTripper) http.RoundTripper {
	g.next = next
	return g
}

func (g *gate) close(path string) {
	<-g.path
	// The call may come before anybody waits for it.
	g.met, g.free = make(chan struct{}, 1), make(chan struct{})
	g.path <- path
}

func (g *gate) open() {
	path := <-g.path
	if path != "" {
		close(g.free)
	}
	g.path <- ""
}

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	path := <-g.path
	met, free := g.met, g.free
	g.path <- path
	if path != "" && strings.Contains(r.URL.Path, path) {
		select {
		case met <- struct{}{}:
		default:
		}
		select {
		case <-free:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return g.next.RoundTrip(r)
}
