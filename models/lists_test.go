package models_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stowage/models"
	"stowage/models/modelstest"
)

// manyBackups is a tenant with two schemas and that many backups and restores of the first, written past the methods.
func manyBackups(tb testing.TB, db *models.DB, n int) (*models.Tenant, models.Schema) {
	tb.Helper()
	tenant := db.ForTenant("local")
	synced(tb, tenant, current, seen("alpha", "beta"))
	schema := must(tenant.Schemas(tb.Context(), models.SchemaFilter{}))(tb).Items[0]
	numbers := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)", n)
	at := "strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', '+' || i || ' minutes') || '+00:00'"
	if db.Dialect() == models.Postgres {
		at = "timestamptz '2026-01-01 00:00:00+00:00' + i * interval '1 minute'"
	}
	id := "'id-' || substr('0000000' || i, -7)"
	if db.Dialect() == models.Postgres {
		id = "'id-' || lpad(i::text, 7, '0')"
	}
	for _, statement := range []string{
		`INSERT INTO backups (tenant_id, id, snapshot_id, number, schema_id, run_id, trigger_kind, description, state, objects, bytes, skipped, failed, storage,
			phases, object_types, message, created_at) ` + numbers + ` SELECT 'local', ` + id + `, '', i, '` + schema.ID + `', '',
			CASE WHEN i % 3 = 0 THEN 'Manual' ELSE 'Scheduled' END, '', 'complete', 1, 1, 0, 0, '', '[]', '[]', '', ` + at + ` FROM n`,
		`INSERT INTO restores (tenant_id, id, number, backup_id, plan_id, schema_id, source_name, source_key, source_url, destination, target_id, target_name, target_url,
			target_workspace_id, target_schema_id, target_schema_name, target_schema_key, options, state, stage, message, planned, created, skipped, failed, proved,
			differences, restored_with, run_id, created_by, created_at) ` + numbers + ` SELECT 'local', ` + id + `, i, '', '', '` + schema.ID + `', '', '', '', '', '', '', '',
			'', '', '', '', '', CASE WHEN i % 10 = 0 THEN 'error' ELSE 'completed' END, '', '', 0, 0, 0, 0, true, 0, '', '', '', ` + at + ` FROM n`,
		`INSERT INTO runs (id, tenant_id, kind, fingerprint, target, state, backup_id, result, lease_owner, lease_token, created_at, updated_at, finished_at, epoch) ` +
			numbers + ` SELECT ` + id + `, 'local', 'backup', 'f' || i, '', 'succeeded', '', '', '', 1, ` + at + `, ` + at + `, ` + at + `, 1 FROM n`,
		"ANALYZE",
	} {
		if err := models.Gorm(db).Exec(statement).Error; err != nil {
			tb.Fatal(err)
		}
	}
	return tenant, schema
}

// TestListsOfThousandsUseTheirIndexes looks at the plan of every statement the lists run, for a scan of a whole table or
// a sort.
func TestListsOfThousandsUseTheirIndexes(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			_, schema := manyBackups(t, db, 10_000)
			recorded, statements := models.Recorded(db)
			tenant := recorded.ForTenant("local")
			day := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
			list := map[string]func() error{
				"backups of a schema": func() error {
					p, err := tenant.Backups(t.Context(), models.BackupFilter{SchemaID: schema.ID, Limit: 20})
					if err != nil || p.Next == "" || p.Total != 10_000 {
						return fmt.Errorf("%d of %d, %w", len(p.Items), p.Total, err)
					}
					_, err = tenant.Backups(t.Context(), models.BackupFilter{SchemaID: schema.ID, Limit: 20, Cursor: p.Next})
					return err
				},
				"the newest fifty": func() error {
					_, err := tenant.Backups(t.Context(), models.BackupFilter{SchemaID: schema.ID, Limit: 20, Newest: 50})
					return err
				},
				"backups of a schema of a day": func() error {
					_, err := tenant.Backups(t.Context(), models.BackupFilter{SchemaID: schema.ID, From: day, To: day.AddDate(0, 0, 1)})
					return err
				},
				"backups by trigger": func() error {
					p, err := tenant.Backups(t.Context(), models.BackupFilter{SchemaID: schema.ID, Trigger: models.TriggerManual})
					if err != nil {
						return err
					}
					_, err = tenant.Backups(t.Context(), models.BackupFilter{SchemaID: schema.ID, Trigger: models.TriggerManual, Cursor: p.Next})
					return err
				},
				"backups of all schemas": func() error {
					_, err := tenant.Backups(t.Context(), models.BackupFilter{})
					return err
				},
				"restores": func() error {
					p, err := tenant.Restores(t.Context(), models.RestoreFilter{})
					if err != nil {
						return err
					}
					_, err = tenant.Restores(t.Context(), models.RestoreFilter{Cursor: p.Next})
					return err
				},
				"restores of a schema": func() error {
					_, err := tenant.Restores(t.Context(), models.RestoreFilter{SchemaID: schema.ID})
					return err
				},
				"restores in a state": func() error {
					_, err := tenant.Restores(t.Context(), models.RestoreFilter{State: models.RestoreError})
					return err
				},
				"schemas": func() error {
					_, err := tenant.Schemas(t.Context(), models.SchemaFilter{})
					return err
				},
				"runs": func() error { _, err := tenant.Runs(t.Context(), models.RunFilter{}); return err },
				"unfinished runs": func() error {
					_, err := tenant.Runs(t.Context(), models.RunFilter{Unfinished: true, Kind: models.KindSync})
					return err
				},
				"due runs": func() error { _, err := recorded.DueRuns(t.Context(), time.Time{}, 10); return err },
				"the next runs": func() error {
					_, err := recorded.NextRuns(t.Context(), models.NextQuery{Kinds: []models.Kind{models.KindBackup}})
					return err
				},
				"shares": func() error {
					_, err := recorded.Leased(t.Context(), []models.Kind{models.KindBackup, models.KindRestore})
					return err
				},
				"figures":          func() error { _, err := recorded.Stats(t.Context()); return err },
				"a place in queue": func() error { _, err := tenant.QueuePosition(t.Context(), "id-0000001"); return err },
			}
			for _, name := range sorted(list) {
				*statements = nil
				if err := list[name](); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if len(*statements) == 0 {
					t.Fatalf("%s: no statement was seen", name)
				}
				for _, s := range *statements {
					if !strings.HasPrefix(s.SQL, "SELECT") && !strings.HasPrefix(s.SQL, "WITH") {
						continue
					}
					plan := explained(t, db, s.SQL)
					for _, bad := range scans.FindAllStringSubmatch(plan, -1) {
						if !slices.Contains(unfinishedOnly, bad[2]) {
							t.Errorf("%s: %s in the plan of\n%s\n%s", name, bad[0], s.SQL, plan)
						}
					}
					if many.MatchString(s.SQL) && !strings.Contains(s.SQL, "finished_at IS NULL") && sorts.MatchString(plan) {
						t.Errorf("%s: a sort in the plan of\n%s\n%s", name, s.SQL, plan)
					}
				}
			}
		})
	}
}

var (
	scans = regexp.MustCompile(`SCAN (backups|restores|runs|r|o)\b(?: USING (?:COVERING )?INDEX (\w+))?|Seq Scan on (?:backups|restores|runs)`)
	sorts = regexp.MustCompile(`(?m)USE TEMP B-TREE FOR ORDER BY|(?:->\s+|^)Sort  \(`)
	many  = regexp.MustCompile(`FROM .?(backups|restores|runs)\b`)
	// unfinishedOnly are the indexes that hold unfinished runs only: going through them is no scan.
	unfinishedOnly = []string{"runs_waiting", "runs_by_schema", "runs_unfinished", "runs_by_target_key"}
)

func explained(t *testing.T, db *models.DB, statement string) string {
	t.Helper()
	// Where one tenant has all the rows of a table Postgres reads the table; here it is to say whether it must.
	explain, tx := "EXPLAIN QUERY PLAN ", models.Gorm(db)
	if db.Dialect() == models.Postgres {
		explain, tx = "EXPLAIN ", tx.Begin()
		defer tx.Rollback()
		if err := tx.Exec("SET LOCAL enable_seqscan = off").Error; err != nil {
			t.Fatal(err)
		}
	}
	rows, err := tx.Raw(explain + statement).Rows()
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	defer rows.Close() //nolint:errcheck // It was read to its end.
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, *cells[len(cells)-1].(*any)) //nolint:forcetypeassert // As made above.
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// BenchmarkAPageOfTenThousandBackups takes what one request of a list takes, many at a time.
func BenchmarkAPageOfTenThousandBackups(b *testing.B) {
	for _, dialect := range modelstest.Dialects() {
		b.Run(dialect, func(b *testing.B) {
			tenant, schema := manyBackups(b, modelstest.Open(b, dialect), 10_000)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := tenant.Backups(b.Context(), models.BackupFilter{SchemaID: schema.ID, Limit: 20}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
