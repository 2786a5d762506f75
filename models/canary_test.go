package models_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stowage/internal/seal"
	"stowage/models"
	"stowage/models/modelstest"
)

var canaries = []string{sharedSecretCanary, tokenCanary, targetCanary, objectCanary}

// TestNoSecretStandsInTheDatabase reads the files of a SQLite database, and every column of a Postgres database.
func TestNoSecretStandsInTheDatabase(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			o := modelstest.Options(t, dialect)
			db := modelstest.OpenWith(t, o)
			s := fill(t, db, "acme")
			const plain = "before the upgrade" // a description is no secret; finding it shows that the search can find
			kept := everything(t, db, o)
			if !bytes.Contains(kept, []byte(plain)) {
				t.Fatal("the search finds nothing that is there")
			}
			for _, canary := range canaries {
				for _, form := range []string{canary, hex.EncodeToString([]byte(canary))} {
					if bytes.Contains(kept, []byte(form)) {
						t.Errorf("%s stands in the database", canary)
					}
				}
			}

			// All of it can be read by whoever has the key.
			c := must(s.tenant.Connection(t.Context()))(t)
			target := must(s.tenant.Target(t.Context(), s.target.ID))(t)
			found := must(db.FindInstallation(t.Context(), "acme"))(t)
			if c.Token.Reveal() != tokenCanary || c.TokenHint != "77aa" || target.Token.Reveal() != targetCanary || target.TokenHint != "90cd" || found.SharedSecret.Reveal() != sharedSecretCanary {
				t.Error("a secret came back as another")
			}
			run := get(t, s.tenant, s.backupRun.ID)
			plan := must(s.tenant.Plan(t.Context(), s.plan.ID))(t)
			doc := must(s.tenant.PlanDocument(t.Context(), s.plan.ID))(t)
			lines := must(s.tenant.LogTail(t.Context(), s.backupRun.ID, 1))(t)
			note := journalOf(t, s.tenant.Journal(s.restoreOf.ID), "object")[0].Note
			parts := must(s.tenant.RestoreParts(t.Context(), s.restore.ID))(t)
			references := must(s.tenant.ReferenceRestores(t.Context(), s.restore.ID))(t)
			schema := must(s.tenant.Schema(t.Context(), s.schema.ID))(t)
			answer, _, _, err := s.tenant.FirstUse(t.Context(), "key-1", "hash-1")
			if err != nil {
				t.Fatal(err)
			}
			for what, text := range map[string]string{
				"result": string(run.Result), "message of the run": run.Error, "summary": string(plan.Summary), "document": string(doc), "line": lines[0].Message,
				"message of the backup": s.backup.Message, "message of the restore": s.restore.Message, "note": note, "part": parts[0].Message,
				"details": string(parts[0].Details), "references": references[0].Message, "error of the schema": schema.LastBackupError, "answer": string(answer),
			} {
				if !strings.Contains(text, objectCanary) {
					t.Errorf("%s came back as %q", what, text)
				}
			}
		})
	}
}

// everything returns all the bytes a database keeps.
func everything(t *testing.T, db *models.DB, o models.Options) []byte {
	t.Helper()
	var kept bytes.Buffer
	if db.Dialect() == models.SQLite {
		files, err := filepath.Glob(o.Path + "*")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			kept.Write(b)
		}
		return kept.Bytes()
	}
	var columns []struct{ TableName, ColumnName, DataType string }
	err := models.Gorm(db).Raw(`SELECT table_name, column_name, data_type FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type IN ('text', 'bytea') AND table_name NOT LIKE 'goose_%'`).Scan(&columns).Error
	if err != nil || len(columns) < 100 {
		t.Fatal(len(columns), err)
	}
	for _, c := range columns {
		as := c.ColumnName
		if c.DataType == "bytea" {
			as = "encode(" + as + ", 'escape')"
		}
		var texts []string
		if err := models.Gorm(db).Raw("SELECT COALESCE(" + as + ", '') FROM " + c.TableName).Scan(&texts).Error; err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&kept, c.TableName, c.ColumnName, strings.Join(texts, "\n"))
	}
	return kept.Bytes()
}

func TestASecretOpensInItsOwnPlaceOnly(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			acme, globex := fill(t, db, "acme"), fill(t, db, "globex")
			second := must(acme.tenant.CreateTarget(t.Context(), models.Target{Name: "second", Token: acme.target.Token}))(t)
			for name, swap := range map[string]string{
				"to another row":    "UPDATE targets SET token = (SELECT token FROM targets WHERE id = '" + acme.target.ID + "') WHERE id = '" + second.ID + "'",
				"to another column": "UPDATE connections SET token = (SELECT token FROM targets WHERE id = '" + acme.target.ID + "') WHERE tenant_id = '" + acme.inst.TenantID + "'",
				"to another tenant": "UPDATE targets SET token = (SELECT token FROM targets WHERE id = '" + acme.target.ID + "') WHERE tenant_id = '" + globex.inst.TenantID + "'",
			} {
				if err := models.Gorm(db).Exec(swap).Error; err != nil {
					t.Fatal(name, err)
				}
			}
			if _, err := acme.tenant.Target(t.Context(), second.ID); !errors.Is(err, seal.ErrWrongKey) {
				t.Errorf("a secret opened in another row: %v", err)
			}
			if _, err := acme.tenant.Connection(t.Context()); !errors.Is(err, seal.ErrWrongKey) {
				t.Errorf("a secret opened in another table: %v", err)
			}
			if _, err := globex.tenant.Target(t.Context(), globex.target.ID); !errors.Is(err, seal.ErrWrongKey) {
				t.Errorf("a secret opened for another tenant: %v", err)
			}
			if got := must(acme.tenant.Target(t.Context(), acme.target.ID))(t); got.Token.Reveal() != targetCanary {
				t.Error("the secret in its own place does not open")
			}
		})
	}
}

func TestTheKeyOfADatabaseIsChecked(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			o := modelstest.Options(t, dialect)
			db := modelstest.OpenWith(t, o)
			if err := db.CheckKey(t.Context()); err != nil {
				t.Errorf("an empty database does not go with a key: %v", err)
			}
			s := fill(t, db, "acme")
			if err := db.CheckKey(t.Context()); err != nil {
				t.Errorf("its own key: %v", err)
			}
			wrong, err := seal.NewMaster([32]byte{1})
			if err != nil {
				t.Fatal(err)
			}
			other := o
			other.Seal = wrong
			if err := modelstest.OpenWith(t, other).CheckKey(t.Context()); !errors.Is(err, seal.ErrWrongKey) {
				t.Errorf("another key: %v", err)
			}
			other.Seal = nil
			none := modelstest.OpenWith(t, other)
			if err := none.CheckKey(t.Context()); !errors.Is(err, models.ErrNoKey) {
				t.Errorf("no key: %v", err)
			}
			mine := none.ForTenant(s.inst.TenantID)
			if _, err := mine.Connection(t.Context()); !errors.Is(err, models.ErrNoKey) {
				t.Errorf("read without a key: %v", err)
			}
			if _, err := mine.CreateTarget(t.Context(), models.Target{Name: "x", Token: s.target.Token}); !errors.Is(err, models.ErrNoKey) {
				t.Errorf("kept without a key: %v", err)
			}
		})
	}
}
