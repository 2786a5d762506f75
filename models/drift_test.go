package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"stowage/internal/redact"
	"stowage/models"
	"stowage/models/modelstest"
)

// What a database says of its own tables. Both queries leave out defaults and references, which the rows do not describe.
var (
	columnsOf = map[string]string{
		models.SQLite: `SELECT m.name || '.' || c.name || ' ' || lower(c.type) || ' ' || c."notnull" || ' ' || c.pk
			FROM sqlite_master m, pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%'`,
		models.Postgres: `SELECT c.table_name || '.' || c.column_name || ' ' || c.data_type || ' ' || c.is_nullable || ' ' || COALESCE(k.ordinal_position, 0)
			FROM information_schema.columns c
			JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
			LEFT JOIN information_schema.key_column_usage k ON k.table_schema = c.table_schema AND k.table_name = c.table_name
				AND k.column_name = c.column_name AND k.constraint_name = c.table_name || '_pkey'
			WHERE c.table_schema = 'public' AND c.table_name NOT LIKE 'goose_%'`,
	}
	indexesOf = map[string]string{
		models.SQLite: `SELECT m.name || ' ' || l.name || ' ' || l."unique" || ' ' || l.partial || ' ' || group_concat(i.name) FROM sqlite_master m,
				pragma_index_list(m.name) l, pragma_index_info(l.name) i
			WHERE m.type = 'table' AND l.origin = 'c' AND m.name NOT LIKE 'goose_%' GROUP BY m.name, l.name`,
		models.Postgres: `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'goose_%' AND indexname NOT LIKE '%_pkey'`,
	}
)

func described(t *testing.T, g *gorm.DB, query string) []string {
	t.Helper()
	var lines []string
	if err := g.Raw(query).Scan(&lines).Error; err != nil {
		t.Fatal(err)
	}
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], ` COLLATE "C"`, "")
	}
	slices.Sort(lines)
	return lines
}

func TestRowsAndMigrationsAgree(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			migrated := modelstest.Open(t, dialect)
			imagined := models.Imagine(t, empty(t, dialect))
			for what, query := range map[string]string{"columns": columnsOf[dialect], "indexes": indexesOf[dialect]} {
				want := described(t, imagined, query)
				if len(want) < 10 {
					t.Fatalf("%d %s: the comparison would prove nothing", len(want), what)
				}
				if diff := cmp.Diff(want, described(t, models.Gorm(migrated), query)); diff != "" {
					t.Errorf("%s (-rows +migrations):\n%s", what, diff)
				}
			}
		})
	}
}

// empty is a database without any schema.
func empty(t *testing.T, dialect string) models.Options {
	t.Helper()
	o := modelstest.Options(t, dialect)
	if dialect == models.Postgres {
		o.URL = redact.New(modelstest.EmptyPostgres(t))
	}
	return o
}

// TestEveryMigrationGoesOnFromTheOneBefore stops at every version on the way and goes on from there to the end.
func TestEveryMigrationGoesOnFromTheOneBefore(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			whole := modelstest.Open(t, dialect)
			provider, err := models.Provider(whole)
			if err != nil {
				t.Fatal(err)
			}
			for version := range len(provider.ListSources()) {
				t.Run(fmt.Sprintf("from %d", version), func(t *testing.T) {
					t.Parallel()
					db, err := models.OpenWith(t.Context(), empty(t, dialect))
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() {
						if err := db.Close(); err != nil {
							t.Error(err)
						}
					})
					p, err := models.Provider(db)
					if err != nil {
						t.Fatal(err)
					}
					if version > 0 {
						if _, err := p.UpTo(t.Context(), int64(version)); err != nil {
							t.Fatal(err)
						}
					}
					if wait, err := db.Pending(t.Context()); err != nil || !wait {
						t.Errorf("pending is %v, %v before it is migrated", wait, err)
					}
					if err := db.Migrate(t.Context()); err != nil {
						t.Fatal(err)
					}
					if wait, err := db.Pending(t.Context()); err != nil || wait {
						t.Errorf("pending is %v, %v after it was migrated", wait, err)
					}
					for what, query := range map[string]string{"columns": columnsOf[dialect], "indexes": indexesOf[dialect]} {
						if diff := cmp.Diff(described(t, models.Gorm(whole), query), described(t, models.Gorm(db), query)); diff != "" {
							t.Errorf("%s (-from empty +from %d):\n%s", what, version, diff)
						}
					}
				})
			}
		})
	}
}

// TestTheRunsOfTheFirstSchemaAreKept migrates a database as the command line wrote it before there was a service.
func TestTheRunsOfTheFirstSchemaAreKept(t *testing.T) {
	t.Parallel()
	db, err := models.OpenWith(t.Context(), empty(t, models.SQLite))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	p, err := models.Provider(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO runs VALUES ('r1', 'local', 'restore', 'f', 'https://acme.example', 'running', 'b1', '', '4194305 1 gone', 3,
			'2026-01-02 03:04:05.678+00:00', '2026-01-02 03:04:05+00:00', '2026-01-02 03:04:05+00:00', NULL)`,
		`INSERT INTO checkpoints VALUES ('local', 'r1', 'half way', '2026-01-02 03:04:05+00:00')`,
		`INSERT INTO journal_entries VALUES ('local', 'r1', 'object', '1', '2', 'note', 1)`,
		`INSERT INTO log_lines VALUES ('local', 'r1', 1, '{"outcome":"ok","kind":"object","message":"OK"}')`,
	} {
		if err := models.Gorm(db).Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	tenant := db.ForTenant("local")
	due, err := db.DueRuns(t.Context(), now(), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("a run of the command line is due: %+v, %v", due, err)
	}
	run, resumed, err := tenant.OpenRun(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: "f"})
	if err != nil || !resumed || run.ID() != "r1" {
		t.Fatalf("resumed %v, %v", resumed, err)
	}
	state, err := run.Checkpoints().Load(t.Context())
	if err != nil || string(state) != "half way" {
		t.Errorf("checkpoint %q, %v", state, err)
	}
	if diff := cmp.Diff([]entry{{"1", "2", "note", true}}, journalOf(t, run.Journal(), "object")); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	lines, err := tenant.LogTail(t.Context(), "r1", 5)
	if err != nil || len(lines) != 1 || lines[0].Message != "OK" || !lines[0].At.IsZero() {
		t.Errorf("log %+v, %v", lines, err)
	}
}
