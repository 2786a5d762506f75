package models_test

import (
	"encoding/json"
	"errors"
	"testing"

	"stowage/internal/redact"
	"stowage/models"
	"stowage/report"
)

// What must stand in no database in clear.
const (
	sharedSecretCanary = "canary-shared-secret-5b1f"
	tokenCanary        = "canary-api-token-77aa"
	targetCanary       = "canary-target-token-90cd"
	objectCanary       = "canary-object-label-3e3e"
)

// site is a tenant that has something in every table.
type site struct {
	tenant                        *models.Tenant
	inst                          models.Installation
	connection                    models.Connection
	target                        models.Target
	schema, other                 models.Schema
	backup                        models.Backup
	plan                          models.Plan
	restore                       models.Restore
	reference                     models.ReferenceRestore
	backupRun, planRun, restoreOf models.RunInfo
	waiting                       models.RunInfo
}

func install(t *testing.T, db *models.DB, clientKey string) models.Installation {
	t.Helper()
	inst, _, err := db.Install(t.Context(), models.InstallSpec{
		Product: "connect", ClientKey: clientKey, BaseURL: "https://" + clientKey + ".example", DisplayURL: "https://display.example",
		CloudID: "cloud-1", SharedSecret: redact.New(sharedSecretCanary), Entitlement: "ent-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	return inst
}

func fill(t *testing.T, db *models.DB, clientKey string) site {
	t.Helper()
	ctx := t.Context()
	s := site{inst: install(t, db, clientKey)}
	s.tenant = db.ForTenant(s.inst.TenantID)
	s.connection = must(s.tenant.SaveConnection(ctx, models.Connection{
		SiteURL: "https://acme.example", APIURL: "https://api.example", WorkspaceID: "w-1", Email: "ada@example.com", Token: redact.New(tokenCanary),
		AccountID: "a-1", AccountName: "Ada", Storage: "builtin", StorageChosen: true,
	}))(t)
	s.target = must(s.tenant.CreateTarget(ctx, models.Target{
		Name: "globex", Location: models.LocationCloud, URL: "https://globex.example", WorkspaceID: "w-2", Email: "bob@example.com", Token: redact.New(targetCanary),
	}))(t)
	must(s.tenant.SyncSchemas(ctx, models.InstanceSeen{URL: "https://acme.example", Location: models.LocationCloud, WorkspaceID: "w-1"}, []models.SchemaSeen{
		{SchemaID: "1", Key: "ITSM", Name: "IT Services", Objects: 100},
		{SchemaID: "2", Key: "HR", Name: "human resources", Objects: 5},
	}, now()))(t)
	page := must(s.tenant.Schemas(ctx, models.SchemaFilter{}))(t)
	s.other, s.schema = page.Items[0], page.Items[1]
	if err := s.tenant.SaveSchedule(ctx, models.Schedule{SchemaID: s.schema.ID, Enabled: true, Mode: models.ScheduleCustom, Cron: "0 0 * * *", NextRunAt: now()}); err != nil {
		t.Fatal(err)
	}

	s.backupRun, s.backup = startBackup(t, s.tenant, s.schema.ID)
	run := claim(t, s.tenant, s.backupRun)
	line := report.Entry{Outcome: report.Failed, Kind: "object", ID: "7", Key: "ITSM-7", Message: "refused " + objectCanary}
	err := errors.Join(
		run.Checkpoints().Save(ctx, []byte("at "+objectCanary)),
		run.AppendLog(ctx, []report.Entry{line}),
		run.EndBackup(ctx, models.StatePartial, map[string]string{"first": objectCanary}, "one failed: "+objectCanary, func(b *models.Backup) {
			b.SnapshotID, b.Objects, b.Bytes, b.Failed = "snap-1", 100, 4096, 1
			b.Phases = []models.BackupPhase{{Name: "objects", State: "done", Done: 100, Total: 100, Failed: 1}}
			b.ObjectTypes = []models.BackupType{{ID: "11", Name: "Server", Objects: 100}}
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	s.backup = must(s.tenant.Backup(ctx, s.backup.ID))(t)

	s.planRun, s.plan, err = s.tenant.StartPlan(ctx, models.RunSpec{Kind: models.KindPlan, Fingerprint: "plan", Actor: "ada"},
		models.Plan{BackupID: s.backup.ID, Spec: json.RawMessage(`{"icons":true}`), CreatedBy: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	err = claim(t, s.tenant, s.planRun).EndPlan(ctx, models.StateSucceeded, nil, "", models.PlanResult{
		Document: []byte(`{"creates":"` + objectCanary + `"}`), Hash: "h-1", Summary: json.RawMessage(`{"example":"` + objectCanary + `"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.restoreOf, s.restore, err = s.tenant.StartRestore(ctx, models.RunSpec{Kind: models.KindRestore, Fingerprint: "restore", Actor: "ada", TargetKey: "workspace/w-1"},
		models.Restore{
			BackupID: s.backup.ID, PlanID: s.plan.ID, SchemaID: s.schema.ID, SourceName: "IT Services", SourceKey: "ITSM", Destination: models.DestinationCurrent,
			TargetSchemaName: "IT 2", TargetSchemaKey: "IT2", Options: json.RawMessage(`{"icons":true}`), With: "Marketplace app", CreatedBy: "ada", Planned: 100,
		})
	if err != nil {
		t.Fatal(err)
	}
	run = claim(t, s.tenant, s.restoreOf)
	err = errors.Join(
		run.Checkpoints().Save(ctx, []byte("half way, at "+objectCanary)), // kept, because the run can be resumed
		run.Journal().Finish(ctx, "object", []string{"1"}, []string{"101"}, []string{"note of " + objectCanary}),
		run.AppendLog(ctx, []report.Entry{line}),
		run.EndRestore(ctx, models.StateFailed, nil, "refused: "+objectCanary, func(r *models.Restore) {
			r.TargetSchemaID, r.Stage, r.Created, r.Failed, r.Differences = "99", "objects", 99, 1, 1
		}),
		s.tenant.SetRestorePart(ctx, s.restore.ID, models.RestorePart{
			Part: models.PartComments, State: models.PartError, StartedAt: now(), Message: objectCanary, Details: json.RawMessage(`"` + objectCanary + `"`),
		}),
		s.tenant.Audit(ctx, models.AuditEntry{Actor: "ada", Action: "restore.started", Subject: s.restore.ID, Detail: json.RawMessage(`{"n":1}`)}),
		s.tenant.Audit(ctx, models.AuditEntry{Actor: "ada", Action: "restore.failed", Subject: s.restore.ID}),
	)
	if err != nil {
		t.Fatal(err)
	}
	s.restore = must(s.tenant.Restore(ctx, s.restore.ID))(t)
	s.reference = must(s.tenant.CreateReferenceRestore(ctx, models.ReferenceRestore{
		RestoreID: s.restore.ID, Schemas: []string{s.schema.ID}, Outbound: true, State: models.PartPending, Message: objectCanary,
	}))(t)
	must(s.tenant.SetLicence(ctx, models.Licence{State: models.LicenceActive, Type: "COMMERCIAL", Source: "rest"}))(t)
	if _, _, state, err := s.tenant.FirstUse(ctx, "key-1", "hash-1"); err != nil || state != models.KeyNew {
		t.Fatalf("a new key is %s, %v", state, err)
	}
	if err := s.tenant.KeepAnswer(ctx, "key-1", 202, []byte(`{"message":"`+objectCanary+`"}`)); err != nil {
		t.Fatal(err)
	}
	s.waiting = enqueue(t, s.tenant, "waiting", "")
	return s
}

func startBackup(t *testing.T, tenant *models.Tenant, schemaID string) (models.RunInfo, models.Backup) {
	t.Helper()
	info, b, err := tenant.StartBackup(t.Context(),
		models.RunSpec{Kind: models.KindBackup, Fingerprint: "backup/" + schemaID, Actor: "ada", Subject: models.Subject{SchemaID: schemaID}},
		models.Backup{Trigger: models.TriggerManual, Description: "before the upgrade", Storage: "builtin"})
	if err != nil {
		t.Fatal(err)
	}
	return info, b
}
