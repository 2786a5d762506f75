package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"stowage/models"
	"stowage/models/modelstest"
)

// verified runs the command on a directory and returns what it says.
func verified(t *testing.T, data string) (code int, stdout, stderr string) {
	t.Helper()
	var out, said strings.Builder
	code = run(t.Context(), []string{"audit", "verify", "--data", data}, func(string) string { return "" }, &out, &said)
	return code, out.String(), said.String()
}

func TestTheAuditLogIsVerified(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if code, _, said := verified(t, data); code != exitFailed || !strings.Contains(said, "there is no database") {
		t.Fatalf("without a database: %d, %s", code, said)
	}
	path := filepath.Join(data, "stowage.db")
	db, err := models.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	t.Cleanup(func() {
		if !closed {
			_ = db.Close()
		}
	})
	if code, _, said := verified(t, data); code != exitFailed || !strings.Contains(said, "stowage migrate") {
		t.Errorf("of a database that is empty: %d, %s", code, said)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []string{"acme", "globex"} {
		if err := db.AddTenant(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			if err := db.ForTenant(tenant).Audit(t.Context(), models.AuditEntry{Actor: "ada", Action: "run.stop", Subject: strconv.Itoa(i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if code, out, said := verified(t, data); code != exitOK || out != "The audit log is as it was written: 10 lines of 3 tenants.\n" || said != "" {
		t.Errorf("%d: %s%s", code, out, said)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	closed = true
	modelstest.Tamper(t, path, "DROP TRIGGER audit_is_not_changed", "UPDATE audit SET actor = 'eve' WHERE tenant_id = 'globex' AND seq = 3")
	code, out, said := verified(t, data)
	if code != exitFailed || out != "Tenant globex, line 3: the line was changed.\n" || !strings.Contains(said, "1 of 3 tenants") {
		t.Errorf("%d: %s%s", code, out, said)
	}
}
