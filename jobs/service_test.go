package jobs

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"stowage/internal/redact"
	"stowage/models"
)

// brokenBell cannot be rung.
type brokenBell struct{ rung []models.DueRun }

func (b *brokenBell) Ring(_ context.Context, run models.DueRun, _ time.Duration) error {
	b.rung = append(b.rung, run)
	return errors.New("no bell")
}

// backedUp makes a backup of a schema that can be restored.
func (r *rig) backedUp(tenant, schema string) models.Backup {
	r.t.Helper()
	info, backup, err := r.service.StartBackup(r.t.Context(), tenant, "ada", BackupSpec{SchemaID: schema})
	if err != nil {
		r.t.Fatal(err)
	}
	run, err := r.db.ForTenant(tenant).Claim(r.t.Context(), info.ID, info.Epoch, "test")
	if err != nil {
		r.t.Fatal(err)
	}
	err = run.EndBackup(r.t.Context(), models.StateSucceeded, nil, "", func(b *models.Backup) { b.SnapshotID, b.Objects = "snap-"+b.ID, 3 })
	if err != nil {
		r.t.Fatal(err)
	}
	backup, err = r.db.ForTenant(tenant).Backup(r.t.Context(), backup.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return backup
}

// planned makes a plan that is ready.
func (r *rig) planned(tenant string, spec RestoreSpec) models.Plan {
	r.t.Helper()
	info, plan, err := r.service.StartPlan(r.t.Context(), tenant, "ada", spec)
	if err != nil {
		r.t.Fatal(err)
	}
	run, err := r.db.ForTenant(tenant).Claim(r.t.Context(), info.ID, info.Epoch, "test")
	if err != nil {
		r.t.Fatal(err)
	}
	if got, err := DecodeSpec[RestoreSpec](run.Info().Spec); err != nil || got.SchemaKey != spec.SchemaKey || run.Info().Subject.PlanID != plan.ID {
		r.t.Errorf("the run of the plan says %+v of %+v: %v", got, run.Info().Subject, err)
	}
	if err := run.EndPlan(r.t.Context(), models.StateSucceeded, nil, "", models.PlanResult{Document: []byte("{}"), Hash: "h"}); err != nil {
		r.t.Fatal(err)
	}
	return plan
}

func TestStartingRunsNeedsNoBell(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		bell, metrics := &brokenBell{}, newTestMetrics(t)
		r.service = NewService(r.db, bell, slog.New(slog.DiscardHandler), ServiceOptions{Metrics: metrics})
		schema := r.schema("acme")
		ctx := t.Context()

		sync, err := r.service.StartSync(ctx, "acme", "ada")
		if err != nil || sync.State != models.StateQueued || sync.Actor != "ada" {
			t.Fatalf("%+v: %v", sync, err)
		}
		backup := r.backedUp("acme", schema)
		spec := RestoreSpec{BackupID: backup.ID, Destination: models.DestinationCurrent, SchemaName: "Copy", SchemaKey: "COPY", Icons: true}
		plan := r.planned("acme", spec)
		restore, row, err := r.service.StartRestore(ctx, "acme", "ada", plan.ID)
		if err != nil {
			t.Fatal(err)
		}
		if restore.TargetKey != "workspace/w-acme" || restore.BackupID != backup.SnapshotID || restore.Subject.RestoreID != row.ID || restore.Subject.PlanID != plan.ID {
			t.Errorf("%+v", restore)
		}
		if row.SourceName != "ITSM" || row.TargetSchemaKey != "COPY" || row.TargetURL != "https://acme.atlassian.net" || row.With != restoredWith || row.State != models.RestorePending {
			t.Errorf("%+v", row)
		}
		if _, err := r.service.Stop(ctx, "acme", "ada", restore.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.service.Resume(ctx, "acme", "ada", restore.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.service.Stop(ctx, "acme", "ada", restore.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.service.DeleteBackup(ctx, "acme", "eve", backup.ID); err != nil {
			t.Fatal(err)
		}
		if got := int(counted(t, metrics.rings)); got != len(bell.rung) || got < 6 {
			t.Errorf("%d failures are counted, it was rung %d times", got, len(bell.rung))
		}
		page, err := r.db.ForTenant("acme").AuditLog(ctx, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, line := range page.Items {
			actions = append(actions, line.Actor+" "+line.Action)
		}
		want := []string{
			"eve backup.delete", "ada run.stop", "ada run.resume", "ada run.stop", "ada restore.start", "ada plan.start", "ada backup.start", "ada sync.start",
		}
		if diff := cmp.Diff(want, actions); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatIsRunningIsNotStartedAgain(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		schema := r.schema("acme")
		sync, err := r.service.StartSync(t.Context(), "acme", "ada")
		if err != nil {
			t.Fatal(err)
		}
		backup, row, err := r.service.StartBackup(t.Context(), "acme", "ada", BackupSpec{SchemaID: schema})
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.service.StartSync(t.Context(), "acme", "eve")
		if already, ok := errors.AsType[*AlreadyRunning](err); !ok || already.RunID != sync.ID {
			t.Errorf("a second sync: %v", err)
		}
		_, _, err = r.service.StartBackup(t.Context(), "acme", "eve", BackupSpec{SchemaID: schema})
		if already, ok := errors.AsType[*AlreadyRunning](err); !ok || already.RunID != backup.ID {
			t.Errorf("a second backup: %v", err)
		}
		_, err = r.service.DeleteBackup(t.Context(), "acme", "eve", row.ID)
		if refused, ok := errors.AsType[*Refused](err); !ok || refused.Code != CodeBackupInUse {
			t.Errorf("deleting a backup that is made: %v", err)
		}
		if _, err := r.service.StartSync(t.Context(), "globex", "ada"); err != nil {
			t.Errorf("the sync of another tenant: %v", err)
		}
		if _, err := r.service.Stop(t.Context(), "globex", "eve", sync.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("stopping another tenant's run: %v", err)
		}
		if _, err := r.service.Resume(t.Context(), "globex", "eve", sync.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("resuming another tenant's run: %v", err)
		}
		if info := r.run("acme", sync.ID); info.State != models.StateQueued {
			t.Errorf("it is %s", info.State)
		}
	})
}

// TestWhatCannotBeStartedIsRefusedInASentence tries every start in every situation that forbids it.
func TestWhatCannotBeStartedIsRefusedInASentence(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		ctx := t.Context()
		tenant, schema := r.install()
		own := r.db.ForTenant(tenant)
		backup := r.backedUp(tenant, schema)
		spec := RestoreSpec{BackupID: backup.ID, Destination: models.DestinationCurrent, SchemaName: "Copy", SchemaKey: "COPY"}
		ready := r.planned(tenant, spec)
		_, pending, err := r.service.StartPlan(ctx, tenant, "ada", spec)
		if err != nil {
			t.Fatal(err)
		}
		stopped, err := r.service.StartSync(ctx, tenant, "ada")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.service.Stop(ctx, tenant, "ada", stopped.ID); err != nil {
			t.Fatal(err)
		}
		start := map[string]func() error{
			"sync": func() error { _, err := r.service.StartSync(ctx, tenant, "ada"); return err },
			"backup": func() error {
				_, _, err := r.service.StartBackup(ctx, tenant, "ada", BackupSpec{SchemaID: schema})
				return err
			},
			"plan":    func() error { _, _, err := r.service.StartPlan(ctx, tenant, "ada", spec); return err },
			"restore": func() error { _, _, err := r.service.StartRestore(ctx, tenant, "ada", ready.ID); return err },
			"resume":  func() error { _, err := r.service.Resume(ctx, tenant, "ada", stopped.ID); return err },
			"a plan that is not ready": func() error {
				_, _, err := r.service.StartRestore(ctx, tenant, "ada", pending.ID)
				return err
			},
			"a plan for nowhere": func() error {
				s := spec
				s.Destination = "moon"
				_, _, err := r.service.StartPlan(ctx, tenant, "ada", s)
				return err
			},
			"a plan for a target that is not there": func() error {
				s := spec
				s.Destination, s.TargetID = models.DestinationInstance, newID()
				_, _, err := r.service.StartPlan(ctx, tenant, "ada", s)
				return err
			},
			"a backup of a trigger that is not known": func() error {
				_, _, err := r.service.StartBackup(ctx, tenant, "ada", BackupSpec{SchemaID: schema, Trigger: "moon"})
				return err
			},
		}
		refused := func(situation, code string, names ...string) {
			t.Helper()
			for _, name := range names {
				err := start[name]()
				got, ok := errors.AsType[*Refused](err)
				if !ok || got.Code != code {
					t.Errorf("%s: %s: %v", situation, name, err)
					continue
				}
				if !strings.HasSuffix(got.Sentence, ".") || strings.Contains(got.Sentence, tenant) {
					t.Errorf("%s: %s: %q is no sentence", situation, name, got.Sentence)
				}
			}
		}
		refused("always", CodePlanNotReady, "a plan that is not ready")
		refused("always", CodeBadRequest, "a plan for nowhere", "a backup of a trigger that is not known")
		refused("always", CodeTargetMissing, "a plan for a target that is not there")

		for _, state := range []string{models.LicenceNone, models.LicenceExpired} {
			if _, err := own.SetLicence(ctx, models.Licence{State: state, Source: "rest"}); err != nil {
				t.Fatal(err)
			}
			refused(state, CodeLicence, "sync", "backup", "plan", "restore", "resume")
		}
		if _, err := own.SetLicence(ctx, models.Licence{State: models.LicenceEvaluation, Source: "rest"}); err != nil {
			t.Fatal(err)
		}

		connection, err := own.Connection(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := own.DeleteConnection(ctx); err != nil {
			t.Fatal(err)
		}
		refused("not connected", CodeNotConnected, "sync", "backup", "plan", "restore")
		if _, err := own.SaveConnection(ctx, connection); err != nil {
			t.Fatal(err)
		}

		if _, err := own.SyncSchemas(ctx, models.InstanceSeen{URL: "https://x.test", Location: models.LocationCloud, WorkspaceID: "w"}, nil, time.Now()); err != nil {
			t.Fatal(err)
		}
		refused("deleted on the site", CodeSchemaDeleted, "backup")
		unread := []models.SchemaSeen{{SchemaID: "7", Key: "ITSM", Name: "ITSM", Objects: 3, Error: "It may not be read."}}
		if _, err := own.SyncSchemas(ctx, models.InstanceSeen{URL: "https://x.test", Location: models.LocationCloud, WorkspaceID: "w"}, unread, time.Now()); err != nil {
			t.Fatal(err)
		}
		refused("not read by the last sync", CodeSchemaUnread, "backup")

		r.service.o.Now = func() time.Time { return time.Now().Add(planLife + time.Minute) }
		refused("a day later", CodePlanStale, "restore")
		r.service.o.Now = time.Now

		if _, err := r.service.DeleteBackup(ctx, tenant, "ada", backup.ID); err == nil {
			t.Error("a backup that a plan is made of is deleted")
		}
		if _, err := r.service.Stop(ctx, tenant, "ada", pending.RunID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.service.DeleteBackup(ctx, tenant, "ada", backup.ID); err != nil {
			t.Fatal(err)
		}
		refused("the backup is being deleted", CodeNotRestorable, "plan", "restore")
	})
}

func TestALicenceThatIsNotKnownIsRefusedWhereThatIsWanted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state        string
		strict, want bool
	}{
		{models.LicenceActive, true, true},
		{models.LicenceEvaluation, true, true},
		{models.LicenceUnknown, false, true},
		{models.LicenceUnknown, true, false},
		{"", true, false},
		{models.LicenceNone, false, false},
		{models.LicenceExpired, false, false},
	} {
		ok, notice := NewService(nil, nil, nil, ServiceOptions{RefuseUnknown: c.strict}).Licensed(models.Licence{State: c.state})
		if ok != c.want || ok != (notice == "") {
			t.Errorf("%q, strict %v: %v, %q", c.state, c.strict, ok, notice)
		}
	}
}

func TestASchemaThatIsGoneIsForgottenWithWhatItsBackupsStored(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		ctx, own := t.Context(), r.db.ForTenant("acme")
		schema := r.schema("acme")
		backup := r.backedUp("acme", schema)
		if info, err := r.service.ForgetSchema(ctx, "acme", "ada", schema); err != nil || info.ID != "" {
			t.Fatalf("forgetting one that is still there: %+v, %v", info, err)
		}
		if _, err := own.Backup(ctx, backup.ID); err != nil {
			t.Errorf("its backup: %v", err)
		}
		if _, err := own.SyncSchemas(ctx, models.InstanceSeen{URL: "https://x.test", Location: models.LocationCloud, WorkspaceID: "w"}, nil, time.Now()); err != nil {
			t.Fatal(err)
		}
		busy, _, err := r.service.StartPlan(ctx, "acme", "ada", RestoreSpec{BackupID: backup.ID, Destination: models.DestinationCurrent, SchemaName: "a", SchemaKey: "A"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.service.ForgetSchema(ctx, "acme", "ada", schema); !errors.Is(err, models.ErrConflict) {
			t.Errorf("forgetting one that is worked on: %v", err)
		}
		if _, err := r.service.Stop(ctx, "acme", "ada", busy.ID); err != nil {
			t.Fatal(err)
		}
		info, err := r.service.ForgetSchema(ctx, "acme", "ada", schema)
		if err != nil || info.Kind != KindDeleteBackup {
			t.Fatalf("%+v: %v", info, err)
		}
		spec, err := DecodeSpec[DeleteSpec](info.Spec)
		// The name that its row gives it is looked for as well: its end may not have been written down.
		if diff := cmp.Diff(DeleteSpec{Snapshots: []string{backup.SnapshotID, SnapshotName(backup)}}, spec); diff != "" || err != nil {
			t.Errorf("%s: %v", diff, err)
		}
		for what, err := range map[string]error{
			"its backup": second(own.Backup(ctx, backup.ID)), "the schema": second(own.Schema(ctx, schema)),
			"forgetting it again": second(r.service.ForgetSchema(ctx, "acme", "ada", schema)),
		} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestASpecWithAWishNobodyKnowsIsRefused(t *testing.T) {
	t.Parallel()
	for doc, ok := range map[string]bool{
		`{"schemaId":"1"}`: true, `{"schemaId":"1","wish":2}`: false, `{"schemaId":"1"}{}`: false, ``: false, `{`: false,
	} {
		if _, err := DecodeSpec[BackupSpec]([]byte(doc)); (err == nil) != ok {
			t.Errorf("%s: %v", doc, err)
		}
	}
}

func TestTheMetricsSayWhatTheDatabaseKnows(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		tenant, schema := r.install()
		reg := prometheus.NewRegistry()
		if _, err := NewMetrics(reg, r.db); err != nil {
			t.Fatal(err)
		}
		r.backedUp(tenant, schema)
		r.insert("acme", KindBackup, models.RunSpec{})
		pass(t, time.Minute)
		want := `# HELP stowage_database_up Whether the database answered.
# TYPE stowage_database_up gauge
stowage_database_up 1
# HELP stowage_last_backup_age_seconds The age of the last good backup of each tenant.
# TYPE stowage_last_backup_age_seconds gauge
stowage_last_backup_age_seconds{tenant="` + tenant + `"} 60
# HELP stowage_oldest_queued_seconds How long the run that has waited longest has waited, 0 when none waits.
# TYPE stowage_oldest_queued_seconds gauge
stowage_oldest_queued_seconds 60
# HELP stowage_runs Runs that are not at their end.
# TYPE stowage_runs gauge
stowage_runs{kind="backup",state="queued"} 1
`
		err := testutil.GatherAndCompare(reg, strings.NewReader(want),
			"stowage_database_up", "stowage_last_backup_age_seconds", "stowage_oldest_queued_seconds", "stowage_runs")
		if err != nil {
			t.Error(err)
		}
		gone := r.open()
		if err := gone.Close(); err != nil {
			t.Fatal(err)
		}
		away := prometheus.NewRegistry()
		if _, err := NewMetrics(away, gone); err != nil {
			t.Fatal(err)
		}
		if err := testutil.GatherAndCompare(away, strings.NewReader("# HELP stowage_database_up Whether the database answered.\n# TYPE stowage_database_up gauge\nstowage_database_up 0\n"),
			"stowage_database_up", "stowage_runs"); err != nil {
			t.Error(err)
		}
		if _, err := NewMetrics(away, nil); err == nil {
			t.Error("metrics that are registered twice are no error")
		}
	})
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	r := openRedis(t, redact.Secret{})
	if _, err := NewPool(nil, r, nil, nil, PoolOptions{Long: -1}); err == nil {
		t.Error("a pool without slots is made")
	}
	p, err := NewPool(nil, r, nil, nil, PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), map[Kind]Handler{"backup:typo": nil}); err == nil {
		t.Error("a handler of an unknown kind is taken")
	}
}
