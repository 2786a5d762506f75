package models_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/models"
	"stowage/models/modelstest"
	"stowage/report"
)

// TestATenantSeesNothingOfAnother calls every method of Tenant with the ids of another tenant's rows, and compares all of
// that tenant's rows before and after. A method that is added must be added here.
func TestATenantSeesNothingOfAnother(t *testing.T) {
	t.Parallel()
	everyDialect(t, func(t *testing.T, dialect string) {
		db := modelstest.Open(t, dialect)
		theirs := fill(t, db, "theirs")
		cli := start(t, theirs.tenant, "shared")
		if err := errors.Join(
			cli.Checkpoints().Save(t.Context(), []byte("secret")),
			cli.Journal().Finish(t.Context(), "object", []string{"1"}, []string{"2"}, nil),
			cli.AppendLog(t.Context(), []report.Entry{{Outcome: report.OK, Kind: "object", Message: "secret"}}),
			cli.Stop(t.Context()),
		); err != nil {
			t.Fatal(err)
		}
		finished := start(t, theirs.tenant, "finished")
		if err := finished.Finish(t.Context(), models.StateSucceeded, "secret"); err != nil {
			t.Fatal(err)
		}
		before := rowsOf(t, db, theirs.inst.TenantID)

		mine := db.ForTenant(install(t, db, "mine").TenantID)
		ctx := t.Context()
		missing := func(_ any, err error) error {
			if !errors.Is(err, models.ErrNotFound) {
				return errors.Join(errors.New("it is not said to be missing"), err)
			}
			return nil
		}
		unknown := func(err error) error { return missing(nil, err) }
		none := func(n int, err error) error {
			if n != 0 {
				return errors.New("it shows something")
			}
			return err
		}
		spec := models.RunSpec{Kind: models.KindRestore, Fingerprint: "shared"}
		// A stage of its own for what makes rows of the tenant itself: by then the others have found nothing.
		looks := map[string]func() error{
			"ID": func() error { return none(len(mine.ID())-len(theirs.tenant.ID()), nil) },
			"InTx": func() error {
				return mine.InTx(ctx, func(tx *models.Tenant) error { return missing(tx.GetRun(ctx, cli.ID())) })
			},
			"ClaimRun":      func() error { return missing(mine.ClaimRun(ctx, cli.ID())) },
			"Claim":         func() error { return missing(mine.Claim(ctx, theirs.waiting.ID, theirs.waiting.Epoch, "w")) },
			"RequestStop":   func() error { return missing(mine.RequestStop(ctx, theirs.waiting.ID, "eve")) },
			"ResumeRun":     func() error { return missing(mine.ResumeRun(ctx, theirs.restoreOf.ID, "eve")) },
			"QueuePosition": func() error { return missing(mine.QueuePosition(ctx, theirs.waiting.ID)) },
			"FindRun":       func() error { return missing(mine.FindRun(ctx, models.KindRestore, "shared")) },
			"GetRun":        func() error { return missing(mine.GetRun(ctx, cli.ID())) },
			"ListRuns":      func() error { r, err := mine.ListRuns(ctx, 10); return none(len(r), err) },
			"Runs":          func() error { r, err := mine.Runs(ctx, models.RunFilter{}); return none(len(r), err) },
			"IDMap": func() error {
				n := 0
				err := mine.IDMap(ctx, cli.ID(), "object", func(_, _ string) error { n++; return nil })
				return none(n, err)
			},
			"Journal": func() error {
				if err := mine.Journal(cli.ID()).Begin(ctx, "object", []string{"1"}); !errors.Is(err, models.ErrLeaseLost) {
					return errors.Join(errors.New("written to"), err)
				}
				return none(len(journalOf(t, mine.Journal(cli.ID()), "object")), nil)
			},
			"Log": func() error {
				n := 0
				for range mine.Log(ctx, cli.ID()) {
					n++
				}
				return none(n, nil)
			},
			"LogPage": func() error { l, err := mine.LogPage(ctx, cli.ID(), 0, 10, ""); return none(len(l), err) },
			"LogTail": func() error { l, err := mine.LogTail(ctx, cli.ID(), 10); return none(len(l), err) },

			"Licence": func() error {
				l, err := mine.Licence(ctx)
				if l.State != models.LicenceUnknown {
					return errors.New("it has a licence")
				}
				return err
			},
			"LicenceHistory":     func() error { l, err := mine.LicenceHistory(ctx, 10); return none(len(l), err) },
			"Connection":         func() error { return missing(mine.Connection(ctx)) },
			"SetConnectionCheck": func() error { return unknown(mine.SetConnectionCheck(ctx, time.Now(), "x")) },
			"DeleteConnection":   func() error { return unknown(mine.DeleteConnection(ctx)) },
			"Targets":            func() error { l, err := mine.Targets(ctx); return none(len(l), err) },
			"Target":             func() error { return missing(mine.Target(ctx, theirs.target.ID)) },
			"UpdateTarget":       func() error { return missing(mine.UpdateTarget(ctx, models.Target{ID: theirs.target.ID, Name: "eve"})) },
			"DeleteTarget":       func() error { return unknown(mine.DeleteTarget(ctx, theirs.target.ID)) },
			"Schemas": func() error {
				p, err := mine.Schemas(ctx, models.SchemaFilter{})
				return none(len(p.Items)+p.Total, err)
			},
			"Schema":       func() error { return missing(mine.Schema(ctx, theirs.schema.ID)) },
			"Instances":    func() error { l, err := mine.Instances(ctx); return none(len(l), err) },
			"ForgetSchema": func() error { return unknown(mine.ForgetSchema(ctx, theirs.other.ID)) },
			"Schedule":     func() error { return missing(mine.Schedule(ctx, theirs.schema.ID)) },
			"SaveSchedule": func() error {
				return unknown(mine.SaveSchedule(ctx, models.Schedule{SchemaID: theirs.schema.ID, Enabled: true}))
			},
			"AdvanceSchedule": func() error {
				s, err := theirs.tenant.Schedule(ctx, theirs.schema.ID)
				if err != nil {
					return err
				}
				claimed, err := mine.AdvanceSchedule(ctx, theirs.schema.ID, s.NextRunAt, time.Now())
				if claimed {
					return errors.New("it was claimed")
				}
				return err
			},
			"StartBackup": func() error {
				_, _, err := mine.StartBackup(ctx, models.RunSpec{Kind: models.KindBackup, Subject: models.Subject{SchemaID: theirs.schema.ID}}, models.Backup{})
				return unknown(err)
			},
			"CreateBackup": func() error { return missing(mine.CreateBackup(ctx, models.Backup{SchemaID: theirs.schema.ID})) },
			"Backups": func() error {
				p, err := mine.Backups(ctx, models.BackupFilter{SchemaID: theirs.schema.ID})
				return none(len(p.Items)+p.Total, err)
			},
			"Backup":         func() error { return missing(mine.Backup(ctx, theirs.backup.ID)) },
			"DescribeBackup": func() error { return missing(mine.DescribeBackup(ctx, theirs.backup.ID, "eve")) },
			"StartDeleteBackup": func() error {
				return missing(mine.StartDeleteBackup(ctx, models.RunSpec{Kind: models.KindDeleteBackup}, theirs.backup.ID))
			},
			"MarkBackupDeleting": func() error { return unknown(mine.MarkBackupDeleting(ctx, theirs.backup.ID)) },
			"DeleteBackup":       func() error { return unknown(mine.DeleteBackup(ctx, theirs.backup.ID)) },
			"StartPlan": func() error {
				_, _, err := mine.StartPlan(ctx, models.RunSpec{Kind: models.KindPlan}, models.Plan{BackupID: theirs.backup.ID})
				return unknown(err)
			},
			"Plan":         func() error { return missing(mine.Plan(ctx, theirs.plan.ID)) },
			"PlanDocument": func() error { return missing(mine.PlanDocument(ctx, theirs.plan.ID)) },
			"StartRestore": func() error {
				_, _, err := mine.StartRestore(ctx, models.RunSpec{Kind: models.KindRestore, Fingerprint: "x"}, models.Restore{BackupID: theirs.backup.ID})
				return unknown(err)
			},
			"Restores": func() error {
				p, err := mine.Restores(ctx, models.RestoreFilter{SchemaID: theirs.schema.ID})
				return none(len(p.Items)+p.Total, err)
			},
			"Restore": func() error { return missing(mine.Restore(ctx, theirs.restore.ID)) },
			"SetRestorePart": func() error {
				return unknown(mine.SetRestorePart(ctx, theirs.restore.ID, models.RestorePart{Part: models.PartIssues}))
			},
			"RestoreParts": func() error { l, err := mine.RestoreParts(ctx, theirs.restore.ID); return none(len(l), err) },
			"CreateReferenceRestore": func() error {
				return missing(mine.CreateReferenceRestore(ctx, models.ReferenceRestore{RestoreID: theirs.restore.ID}))
			},
			"SetReferenceRestore": func() error {
				return unknown(mine.SetReferenceRestore(ctx, models.ReferenceRestore{ID: theirs.reference.ID, State: models.PartError}))
			},
			"ReferenceRestores": func() error { l, err := mine.ReferenceRestores(ctx, theirs.restore.ID); return none(len(l), err) },
			"AuditLog": func() error {
				p, err := mine.AuditLog(ctx, "", 10)
				return none(len(p.Items)+p.Total, err)
			},
			"VerifyAudit": func() error { return mine.VerifyAudit(ctx) },
			"KeepAnswer":  func() error { return unknown(mine.KeepAnswer(ctx, "key-1", 500, []byte("eve"))) },
			"ForgetKey":   func() error { return mine.ForgetKey(ctx, "key-1") },
		}
		makes := map[string]func() error{
			"FirstUse": func() error {
				answer, _, state, err := mine.FirstUse(ctx, "key-1", "hash-1")
				if state != models.KeyNew {
					return errors.New("the key is " + string(state))
				}
				return none(len(answer), err)
			},
			"Audit":      func() error { return mine.Audit(ctx, models.AuditEntry{Action: "a"}) },
			"SetLicence": func() error { _, err := mine.SetLicence(ctx, models.Licence{State: models.LicenceExpired}); return err },
			"SaveConnection": func() error {
				_, err := mine.SaveConnection(ctx, models.Connection{SiteURL: "https://mine.example"})
				return err
			},
			"CreateTarget": func() error {
				_, err := mine.CreateTarget(ctx, models.Target{Name: theirs.target.Name})
				return err
			},
			"SyncSchemas": func() error {
				n, err := mine.SyncSchemas(ctx, models.InstanceSeen{WorkspaceID: "w-1"}, []models.SchemaSeen{{SchemaID: "1", Name: "mine"}}, time.Now())
				return none(n.Updated+n.Gone+n.Added-1, err)
			},
			"Enqueue": func() error {
				info, err := mine.Enqueue(ctx, models.RunSpec{Kind: models.KindRestore, Fingerprint: "waiting"})
				if info.ID == theirs.waiting.ID {
					return errors.New("it is their run")
				}
				return err
			},
			"StartRun": func() error {
				run, err := mine.StartRun(ctx, spec)
				if err != nil {
					return err
				}
				return run.Finish(ctx, models.StateFailed, nil)
			},
			"OpenRun": func() error {
				run, resumed, err := mine.OpenRun(ctx, spec)
				if err != nil || resumed {
					return errors.Join(errors.New("resumed"), err)
				}
				if state, err := run.Checkpoints().Load(ctx); err != nil || state != nil {
					return errors.Join(errors.New("it has a checkpoint"), err)
				}
				return errors.Join(none(len(journalOf(t, run.Journal(), "object")), nil), run.Finish(ctx, models.StateFailed, nil))
			},
			"ReopenRun": func() error {
				run, again, err := mine.ReopenRun(ctx, models.RunSpec{Kind: models.KindRestore, Fingerprint: "finished"})
				if err != nil || again {
					return errors.Join(errors.New("reopened"), err)
				}
				return run.Finish(ctx, models.StateFailed, nil)
			},
			"Installation": func() error {
				inst, err := mine.Installation(ctx)
				if inst.TenantID != mine.ID() {
					return errors.New("it is their installation")
				}
				return err
			},
			"SetInstallationState": func() error { return mine.SetInstallationState(ctx, models.Disabled) },
		}
		last := map[string]func() error{
			"Uninstall": func() error { return mine.Uninstall(ctx, time.Now()) },
			"Purge":     func() error { return mine.Purge(ctx) },
		}
		for m := range reflect.TypeFor[*models.Tenant]().Methods() {
			if looks[m.Name] == nil && makes[m.Name] == nil && last[m.Name] == nil {
				t.Errorf("method %s is not tried with another tenant's rows", m.Name)
			}
		}
		for _, stage := range []map[string]func() error{looks, makes, last} {
			for _, name := range sorted(stage) {
				if err := stage[name](); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if diff := cmp.Diff(before, rowsOf(t, db, theirs.inst.TenantID)); diff != "" {
			t.Errorf("the other tenant's rows changed (-before +after):\n%s", diff)
		}
	})
}

func sorted[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// rowsOf reads all the rows of a tenant, by table.
func rowsOf(t *testing.T, db *models.DB, tenant string) map[string][]map[string]any {
	t.Helper()
	all := map[string][]map[string]any{}
	for _, row := range models.AllRows() {
		table := row.(interface{ TableName() string }).TableName() //nolint:forcetypeassert // All rows have it.
		column := "tenant_id"
		switch table {
		case "tenants":
			column = "id"
		case "used_tokens":
			continue
		}
		var rows []map[string]any
		if err := models.Gorm(db).Table(table).Where(column+" = ?", tenant).Order("1, 2, 3").Find(&rows).Error; err != nil {
			t.Fatal(table, err)
		}
		all[table] = rows
	}
	return all
}

func TestAFullTenantHasRowsInEveryTable(t *testing.T) {
	t.Parallel()
	everyDialect(t, func(t *testing.T, dialect string) {
		db := modelstest.Open(t, dialect)
		for table, rows := range rowsOf(t, db, fill(t, db, "acme").inst.TenantID) {
			if len(rows) == 0 {
				t.Errorf("%s is empty: tests that compare all tables would prove nothing about it", table)
			}
		}
	})
}
