package models_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"

	"stowage/models"
	"stowage/models/modelstest"
)

func audited(t *testing.T, tenant *models.Tenant, n int) {
	t.Helper()
	for i := range n {
		err := tenant.Audit(t.Context(), models.AuditEntry{Actor: "ada", Action: "a", Subject: strconv.Itoa(i), Detail: json.RawMessage(`{"i":1}`)})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheAuditLogTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			all := tenants(t, db, "a", "b")
			audited(t, all[1], 2)
			audited(t, all[0], 7)
			var got []string
			cursor := ""
			for {
				p := must(all[0].AuditLog(t.Context(), cursor, 3))(t)
				if p.Total != 7 {
					t.Errorf("total %d", p.Total)
				}
				for _, e := range p.Items {
					got = append(got, e.Subject)
				}
				if cursor = p.Next; cursor == "" {
					break
				}
			}
			if strings.Join(got, "") != "6543210" {
				t.Errorf("read %q", got)
			}
			for i, want := range []int64{7, 2} {
				if n, err := all[i].VerifyAudit(t.Context()); err != nil || n != want {
					t.Errorf("%d lines, %v", n, err)
				}
			}
		})
	}
}

func TestManyWritersMakeOneChain(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			done := make(chan error)
			for range 6 {
				go func() {
					var err error
					for range 5 {
						err = errors.Join(err, tenant.InTx(t.Context(), func(tx *models.Tenant) error {
							return tx.Audit(t.Context(), models.AuditEntry{Action: "a"})
						}))
					}
					done <- err
				}()
			}
			for range 6 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			if _, err := tenant.VerifyAudit(t.Context()); err != nil {
				t.Error(err)
			}
			if p := must(tenant.AuditLog(t.Context(), "", 1))(t); p.Total != 30 {
				t.Errorf("%d lines, want 30", p.Total)
			}
		})
	}
}

func TestTheAuditLogIsNotChanged(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			tenant := db.ForTenant("local")
			audited(t, tenant, 3)
			statements := []string{"UPDATE audit SET actor = 'eve' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2", "DELETE FROM tenants WHERE id = 'local'"}
			if dialect == models.Postgres {
				statements = append(statements, "TRUNCATE audit")
			}
			for _, statement := range statements {
				if err := models.Gorm(db).Exec(statement).Error; err == nil || !strings.Contains(err.Error(), "audit log") {
					t.Errorf("%s: %v", statement, err)
				}
			}
			if _, err := tenant.VerifyAudit(t.Context()); err != nil {
				t.Error(err)
			}
			if p := must(tenant.AuditLog(t.Context(), "", 10))(t); p.Total != 3 {
				t.Errorf("%d lines are left", p.Total)
			}
		})
	}
}

// TestTamperingWithTheAuditLogShows does what the database refuses, as somebody might who has the file.
func TestTamperingWithTheAuditLogShows(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			off := []string{"DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_deleted"}
			if dialect == models.Postgres {
				off = []string{"DROP TRIGGER audit_is_kept ON audit"}
			}
			for _, statement := range off {
				if err := models.Gorm(db).Exec(statement).Error; err != nil {
					t.Fatal(err)
				}
			}
			for name, statements := range map[string][]string{
				"an actor is changed":         {"UPDATE audit SET actor = 'eve' WHERE seq = 3"},
				"a time is changed":           {"UPDATE audit SET at = '2020-01-01 00:00:00+00:00' WHERE seq = 3"},
				"a detail is changed":         {"UPDATE audit SET detail = '{}' WHERE seq = 3"},
				"a hash is changed":           {"UPDATE audit SET hash = 'x' WHERE seq = 3"},
				"a line is deleted":           {"DELETE FROM audit WHERE seq = 3"},
				"the first line is deleted":   {"DELETE FROM audit WHERE seq = 1"},
				"the last line is deleted":    {"DELETE FROM audit WHERE seq = 5"},
				"the middle is cut out":       {"DELETE FROM audit WHERE seq IN (2, 3)", "UPDATE audit SET seq = seq - 2 WHERE seq > 3"},
				"two lines change places":     {"UPDATE audit SET seq = 99 WHERE seq = 2", "UPDATE audit SET seq = 2 WHERE seq = 3", "UPDATE audit SET seq = 3 WHERE seq = 99"},
				"a text moves to a neighbour": {"UPDATE audit SET actor = 'ad', action = 'aa' WHERE seq = 3"},
			} {
				tenant := tenants(t, db, name)[0]
				audited(t, tenant, 5)
				for _, statement := range statements {
					statement = strings.Replace(statement, "WHERE", "WHERE tenant_id = '"+name+"' AND", 1)
					if err := models.Gorm(db).Exec(statement).Error; err != nil {
						t.Fatal(name, err)
					}
				}
				_, err := tenant.VerifyAudit(t.Context())
				if tampered, ok := errors.AsType[*models.TamperedError](err); !ok || tampered.Seq == 0 {
					t.Errorf("%s: it is not noticed: %v", name, err)
				}
			}
			// A line that is right in itself, and that the service has not written: the newest it knows of is the one before.
			added := tenants(t, db, "added")[0]
			audited(t, added, 5)
			err := models.Gorm(db).Exec("UPDATE tenants SET audit_seq = 4, audit_head = (SELECT hash FROM audit WHERE tenant_id = 'added' AND seq = 4) WHERE id = 'added'").Error
			if err != nil {
				t.Fatal(err)
			}
			_, err = added.VerifyAudit(t.Context())
			if tampered, ok := errors.AsType[*models.TamperedError](err); !ok || tampered.Seq != 5 {
				t.Errorf("a line that was added: %v", err)
			}
			whole := tenants(t, db, "untouched")[0]
			audited(t, whole, 5)
			if _, err := whole.VerifyAudit(t.Context()); err != nil {
				t.Errorf("a log that nobody touched: %v", err)
			}
		})
	}
}
