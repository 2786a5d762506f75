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
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
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
					return mine.InTx(t.Context(), func(tx *models.Tenant) error { return missing(tx.GetRun(t.Context(), cli.ID())) })
				},
				"ClaimRun":      func() error { return missing(mine.ClaimRun(t.Context(), cli.ID())) },
				"Claim":         func() error { return missing(mine.Claim(t.Context(), theirs.waiting.ID, theirs.waiting.Epoch, "w")) },
				"RequestStop":   func() error { return missing(mine.RequestStop(t.Context(), theirs.waiting.ID, "eve")) },
				"ResumeRun":     func() error { return missing(mine.ResumeRun(t.Context(), theirs.restoreOf.ID, "eve")) },
				"QueuePosition": func() error { return missing(mine.QueuePosition(t.Context(), theirs.waiting.ID)) },
				"FindRun":       func() error { return missing(mine.FindRun(t.Context(), models.KindRestore, "shared")) },
				"GetRun":        func() error { return missing(mine.GetRun(t.Context(), cli.ID())) },
				"ListRuns":      func() error { r, err := mine.ListRuns(t.Context(), 10); return none(len(r), err) },
				"Runs":          func() error { r, err := mine.Runs(t.Context(), models.RunFilter{}); return none(len(r), err) },
				"IDMap": func() error {
					n := 0
					err := mine.IDMap(t.Context(), cli.ID(), "object", func(_, _ string) error { n++; return nil })
					return none(n, err)
				},
				"Journal": func() error {
					if err := mine.Journal(cli.ID()).Begin(t.Context(), "object", []string{"1"}); !errors.Is(err, models.ErrLeaseLost) {
						return errors.Join(errors.New("written to"), err)
					}
					return none(len(journalOf(t, mine.Journal(cli.ID()), "object")), nil)
				},
				"Log": func() error {
					n, failed := 0, error(nil)
					for _, err := range mine.Log(t.Context(), cli.ID()) {
						failed = errors.Join(failed, err)
						n++
					}
					return none(n, failed)
				},
				"LogPage": func() error { l, err := mine.LogPage(t.Context(), cli.ID(), 0, 10, ""); return none(len(l), err) },
				"LogTail": func() error { l, err := mine.LogTail(t.Context(), cli.ID(), 10); return none(len(l), err) },

				"Licence": func() error {
					l, err := mine.Licence(t.Context())
					if l.State != models.LicenceUnknown {
						return errors.New("it has a licence")
					}
					return err
				},
				"LicenceHistory":     func() error { l, err := mine.LicenceHistory(t.Context(), 10); return none(len(l), err) },
				"Connection":         func() error { return missing(mine.Connection(t.Context())) },
				"SetConnectionCheck": func() error { return unknown(mine.SetConnectionCheck(t.Context(), time.Now(), "x")) },
				"DeleteConnection":   func() error { return unknown(mine.DeleteConnection(t.Context())) },
				"Targets":            func() error { l, err := mine.Targets(t.Context()); return none(len(l), err) },
				"Target":             func() error { return missing(mine.Target(t.Context(), theirs.target.ID)) },
				"UpdateTarget": func() error {
					return missing(mine.UpdateTarget(t.Context(), models.Target{ID: theirs.target.ID, Name: "eve"}))
				},
				"DeleteTarget": func() error { return unknown(mine.DeleteTarget(t.Context(), theirs.target.ID)) },
				"Schemas": func() error {
					p, err := mine.Schemas(t.Context(), models.SchemaFilter{})
					return none(len(p.Items)+p.Total, err)
				},
				"Schema": func() error { return missing(mine.Schema(t.Context(), theirs.schema.ID)) },
				"NamesInUse": func() error {
					name, key, err := mine.NamesInUse(t.Context(), theirs.schema.Name, theirs.schema.Key)
					if name || key {
						return errors.New("it knows names of others")
					}
					return err
				},
				"Instances":    func() error { l, err := mine.Instances(t.Context()); return none(len(l), err) },
				"ForgetSchema": func() error { return missing(mine.ForgetSchema(t.Context(), theirs.other.ID)) },
				"Schedule":     func() error { return missing(mine.Schedule(t.Context(), theirs.schema.ID)) },
				"SaveSchedule": func() error {
					return unknown(mine.SaveSchedule(t.Context(), models.Schedule{SchemaID: theirs.schema.ID, Enabled: true}))
				},
				"AdvanceSchedule": func() error {
					s, err := theirs.tenant.Schedule(t.Context(), theirs.schema.ID)
					if err != nil {
						return err
					}
					claimed, err := mine.AdvanceSchedule(t.Context(), theirs.schema.ID, s.NextRunAt, time.Now())
					if claimed {
						return errors.New("it was claimed")
					}
					return err
				},
				"StartBackup": func() error {
					_, _, err := mine.StartBackup(t.Context(), models.RunSpec{Kind: models.KindBackup, Subject: models.Subject{SchemaID: theirs.schema.ID}}, models.Backup{})
					return unknown(err)
				},
				"CreateBackup": func() error {
					return missing(mine.CreateBackup(t.Context(), models.Backup{SchemaID: theirs.schema.ID}))
				},
				"Backups": func() error {
					p, err := mine.Backups(t.Context(), models.BackupFilter{SchemaID: theirs.schema.ID})
					return none(len(p.Items)+p.Total, err)
				},
				"Backup":         func() error { return missing(mine.Backup(t.Context(), theirs.backup.ID)) },
				"DescribeBackup": func() error { return missing(mine.DescribeBackup(t.Context(), theirs.backup.ID, "eve")) },
				"StartDeleteBackup": func() error {
					return missing(mine.StartDeleteBackup(t.Context(), models.RunSpec{Kind: models.KindDeleteBackup}, theirs.backup.ID))
				},
				"DeleteBackup": func() error { return unknown(mine.DeleteBackup(t.Context(), theirs.backup.ID)) },
				"StartPlan": func() error {
					_, _, err := mine.StartPlan(t.Context(), models.RunSpec{Kind: models.KindPlan}, models.Plan{BackupID: theirs.backup.ID})
					return unknown(err)
				},
				"Plan":         func() error { return missing(mine.Plan(t.Context(), theirs.plan.ID)) },
				"PlanDocument": func() error { return missing(mine.PlanDocument(t.Context(), theirs.plan.ID)) },
				"StartRestore": func() error {
					_, _, err := mine.StartRestore(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: "x"}, models.Restore{BackupID: theirs.backup.ID})
					return unknown(err)
				},
				"Restores": func() error {
					p, err := mine.Restores(t.Context(), models.RestoreFilter{SchemaID: theirs.schema.ID})
					return none(len(p.Items)+p.Total, err)
				},
				"Restore": func() error { return missing(mine.Restore(t.Context(), theirs.restore.ID)) },
				"SetRestorePart": func() error {
					return unknown(mine.SetRestorePart(t.Context(), theirs.restore.ID, models.RestorePart{Part: models.PartIssues}))
				},
				"RestoreParts": func() error { l, err := mine.RestoreParts(t.Context(), theirs.restore.ID); return none(len(l), err) },
				"CreateReferenceRestore": func() error {
					return missing(mine.CreateReferenceRestore(t.Context(), models.ReferenceRestore{RestoreID: theirs.restore.ID}))
				},
				"SetReferenceRestore": func() error {
					return unknown(mine.SetReferenceRestore(t.Context(), models.ReferenceRestore{ID: theirs.reference.ID, State: models.PartError}))
				},
				"ReferenceRestores": func() error {
					l, err := mine.ReferenceRestores(t.Context(), theirs.restore.ID)
					return none(len(l), err)
				},
				"AuditLog": func() error {
					p, err := mine.AuditLog(t.Context(), "", 10)
					return none(len(p.Items)+p.Total, err)
				},
				"VerifyAudit": func() error { _, err := mine.VerifyAudit(t.Context()); return err },
				"KeepAnswer":  func() error { return unknown(mine.KeepAnswer(t.Context(), "key-1", 500, []byte("eve"))) },
				"ForgetKey":   func() error { return mine.ForgetKey(t.Context(), "key-1") },
			}
			makes := map[string]func() error{
				"FirstUse": func() error {
					answer, _, state, err := mine.FirstUse(t.Context(), "key-1", "hash-1")
					if state != models.KeyNew {
						return errors.New("the key is " + string(state))
					}
					return none(len(answer), err)
				},
				"Audit": func() error { return mine.Audit(t.Context(), models.AuditEntry{Action: "a"}) },
				"SetLicence": func() error {
					_, err := mine.SetLicence(t.Context(), models.Licence{State: models.LicenceExpired})
					return err
				},
				"SaveConnection": func() error {
					_, err := mine.SaveConnection(t.Context(), models.Connection{SiteURL: "https://mine.example"})
					return err
				},
				"CreateTarget": func() error {
					_, err := mine.CreateTarget(t.Context(), models.Target{Name: theirs.target.Name})
					return err
				},
				"SyncSchemas": func() error {
					n, err := mine.SyncSchemas(t.Context(), models.InstanceSeen{WorkspaceID: "w-1"}, []models.SchemaSeen{{SchemaID: "1", Name: "mine"}}, time.Now())
					return none(n.Updated+n.Gone+n.Added-1, err)
				},
				"Enqueue": func() error {
					info, err := mine.Enqueue(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: "waiting"})
					if info.ID == theirs.waiting.ID {
						return errors.New("it is their run")
					}
					return err
				},
				"StartRun": func() error {
					run, err := mine.StartRun(t.Context(), spec)
					if err != nil {
						return err
					}
					return run.Finish(t.Context(), models.StateFailed, nil)
				},
				"OpenRun": func() error {
					run, resumed, err := mine.OpenRun(t.Context(), spec)
					if err != nil || resumed {
						return errors.Join(errors.New("resumed"), err)
					}
					if state, err := run.Checkpoints().Load(t.Context()); err != nil || state != nil {
						return errors.Join(errors.New("it has a checkpoint"), err)
					}
					return errors.Join(none(len(journalOf(t, run.Journal(), "object")), nil), run.Finish(t.Context(), models.StateFailed, nil))
				},
				"ReopenRun": func() error {
					run, again, err := mine.ReopenRun(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: "finished"})
					if err != nil || again {
						return errors.Join(errors.New("reopened"), err)
					}
					return run.Finish(t.Context(), models.StateFailed, nil)
				},
				"Installation": func() error {
					inst, err := mine.Installation(t.Context())
					if inst.TenantID != mine.ID() {
						return errors.New("it is their installation")
					}
					return err
				},
				"SetInstallationState": func() error { return mine.SetInstallationState(t.Context(), models.Disabled) },
			}
			gone := map[string]func() error{
				"Uninstall": func() error { _, err := mine.Uninstall(t.Context(), time.Now()); return err },
			}
			last := map[string]func() error{
				"ShredKeys": func() error { return mine.ShredKeys(t.Context()) },
				"Purge":     func() error { return mine.Purge(t.Context()) },
			}
			for m := range reflect.TypeFor[*models.Tenant]().Methods() {
				if looks[m.Name] == nil && makes[m.Name] == nil && gone[m.Name] == nil && last[m.Name] == nil {
					t.Errorf("method %s is not tried with another tenant's rows", m.Name)
				}
			}
			for _, stage := range []map[string]func() error{looks, makes, gone, last} {
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
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			for table, rows := range rowsOf(t, db, fill(t, db, "acme").inst.TenantID) {
				if len(rows) == 0 {
					t.Errorf("%s is empty: tests that compare all tables would prove nothing about it", table)
				}
			}
		})
	}
}
