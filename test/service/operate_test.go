package service

import (
	"bytes"
	"context"
	"database/sql" //nolint:depguard // The test looks at the database from outside.
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // The driver of the databases that are made older or younger than they are.

	"stowage/models/modelstest"
	"stowage/snapshot"
	"stowage/test/rig"
)

// said is how a command ended.
type said struct {
	code           int
	stdout, stderr string
}

// sentence is what a command that was refused said, which must be one line.
func (s said) sentence(t *testing.T) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(s.stderr) {
		if !strings.HasPrefix(line, "A new key was made:") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "stowage: ") || len(lines[0]) > 400 {
		t.Errorf("the command said %q instead of one sentence", lines)
	}
	return strings.Join(lines, "\n")
}

// command runs a command of the program that ends by itself.
func command(ctx context.Context, t *testing.T, env []string, args ...string) said {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience/4)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(os.Environ(), "STOWAGE_DATABASE_URL=", "STOWAGE_REDIS_URL=", "STOWAGE_KEY=", "STOWAGE_KEY_FILE=", "STOWAGE_OPERATOR_TOKEN=")
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited || ctx.Err() != nil {
		t.Fatalf("%s: %v: %v", strings.Join(args, " "), err, context.Cause(ctx))
	}
	return said{code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: errs.String()}
}

// place is a database, and how commands are told of it.
type place struct {
	driver, dsn string
	dir         string
	env         []string
}

// places are a new database of each kind.
func places(t *testing.T) map[string]func(t *testing.T) place {
	t.Helper()
	return map[string]func(t *testing.T) place{
		"SQLite": func(t *testing.T) place {
			t.Helper()
			dir := t.TempDir()
			return place{driver: "sqlite", dsn: filepath.Join(dir, "stowage.db"), dir: dir}
		},
		"Postgres": func(t *testing.T) place {
			t.Helper()
			dsn := modelstest.EmptyPostgres(t)
			return place{driver: "pgx", dsn: dsn, dir: t.TempDir(), env: []string{"STOWAGE_DATABASE_URL=" + dsn}}
		},
	}
}

// do changes the database behind the back of the program.
func (p place) do(t *testing.T, f func(db *sql.DB) error) {
	t.Helper()
	db, err := sql.Open(p.driver, p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f(db), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// old makes the database that the command line of the first version made, with a run in it.
func (p place) old(ctx context.Context, t *testing.T) {
	t.Helper()
	p.do(t, func(db *sql.DB) error {
		provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("../../models/migrations/sqlite"), goose.WithDisableGlobalRegistry(true))
		if err != nil {
			return err
		}
		if _, err := provider.UpTo(ctx, 1); err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, `INSERT INTO runs (id, tenant_id, kind, fingerprint, target, state, backup_id, result, lease_owner, lease_token, created_at, updated_at, finished_at)
			VALUES ('old-run', 'local', 'backup', 'f', '', 'succeeded', 'b', '', '', 1, '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')`)
		return err
	})
}

func TestMigrateBringsFreshAndOldDatabasesToThisVersion(t *testing.T) {
	t.Parallel()
	const brought, already = "The database was brought to this version.\n", "The database is of this version already.\n"
	for name, make := range places(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := within(t, patience)
			at := make(t)
			if at.driver == "sqlite" {
				at.old(ctx, t)
			}
			for _, want := range []string{brought, already} {
				if got := command(ctx, t, at.env, "migrate", "--data", at.dir); got.code != 0 || got.stdout != want || got.stderr != "" {
					t.Errorf("migrate: %+v", got)
				}
			}
			if at.driver == "sqlite" {
				at.do(t, func(db *sql.DB) error {
					var state string
					err := db.QueryRowContext(ctx, "SELECT state FROM runs WHERE id = 'old-run'").Scan(&state)
					if state != "succeeded" {
						t.Errorf("the run of the old database is %q", state)
					}
					return err
				})
			}
			// Of a database of a later version nobody knows what it means.
			at.do(t, func(db *sql.DB) error {
				_, err := db.ExecContext(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, "+map[string]string{"sqlite": "1", "pgx": "true"}[at.driver]+")")
				return err
			})
			for _, args := range [][]string{
				{"migrate", "--data", at.dir},
				{"serve", "--data", at.dir, "--base-url", "https://stowage.example", "--addr", "127.0.0.1:0"},
			} {
				if got := command(ctx, t, at.env, args...); got.code != 1 || !strings.Contains(got.sentence(t), "later") {
					t.Errorf("%s on a database of a later version: %+v", strings.Join(args, " "), got)
				}
			}
		})
	}
}

func TestProcessesThatMigrateAtTheSameTimeAllSucceed(t *testing.T) {
	t.Parallel()
	for name, make := range places(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := within(t, patience)
			at := make(t)
			if at.driver == "sqlite" {
				at.old(ctx, t)
			}
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					if got := command(ctx, t, at.env, "migrate", "--data", at.dir); got.code != 0 {
						t.Errorf("%+v", got)
					}
				})
			}
			all.Wait()
			if got := command(ctx, t, at.env, "migrate", "--data", at.dir); got.code != 0 || !strings.Contains(got.stdout, "already") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// readiness is what /readyz says.
type readiness struct {
	Status string
	Checks map[string]string
}

func ready(ctx context.Context, t *testing.T, p *rig.Process) (status int, r readiness) {
	t.Helper()
	status, text := ask(ctx, t, http.MethodGet, p.Base+"/readyz", "", nil)
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return status, r
}

func TestAServiceThatMayNotMigrateIsReadyWhenSomebodyElseHas(t *testing.T) {
	t.Parallel()
	for name, make := range places(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := within(t, patience)
			b, at := newBench(t, embedded, 10, 0), make(t)
			if at.driver == "sqlite" {
				at.old(ctx, t)
			} else {
				b.o.Database = at.dsn
			}
			b.o.Data = at.dir
			p := b.start(t, func(o *rig.ServiceOptions) { o.Unready, o.Args = true, []string{"--no-migrate"} })
			if status, r := ready(ctx, t, p); status != http.StatusServiceUnavailable || r.Checks["schema"] != "failing" || r.Checks["database"] != "ok" || r.Checks["redis"] != "ok" || r.Checks["store"] != "ok" {
				t.Errorf("on an old database /readyz answers %d: %+v", status, r)
			}
			if got := command(ctx, t, at.env, "migrate", "--data", at.dir); got.code != 0 {
				t.Errorf("%+v", got)
			}
			until(ctx, t, "the service is ready", func() bool { status, _ := ready(ctx, t, p); return status == http.StatusOK })
			c := b.install(t, p)
			finish(ctx, t, c, p, start(ctx, t, c, "ITSM").ID)
		})
	}
}

func TestAKeyThatDoesNotFitIsRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			ctx := within(t, patience)
			b := newBench(t, shape, 10, 0)
			p := b.start(t)
			c := b.install(t, p)
			finish(ctx, t, c, p, start(ctx, t, c, "ITSM").ID)
			if _, err := p.Stop(); err != nil {
				t.Fatal(err)
			}
			env := []string{"STOWAGE_DATABASE_URL=" + b.o.Database, "STOWAGE_KEY=" + snapshot.NewMasterKey().Reveal()}
			got := command(ctx, t, env, "serve", "--data", b.o.Data, "--store", "file://"+b.o.Store, "--base-url", "https://stowage.example", "--addr", "127.0.0.1:0")
			if got.code != 1 || !strings.Contains(got.sentence(t), "key") {
				t.Errorf("%+v", got)
			}
			// The right one still does.
			p = b.start(t)
			finish(ctx, t, c, p, start(ctx, t, c, "ITSM").ID)
		})
	}
}

func TestWrongUsageOfServeIsOneSentence(t *testing.T) {
	t.Parallel()
	base := []string{"--base-url", "https://stowage.example"}
	for name, try := range map[string]struct {
		env  []string
		args []string
	}{
		"an unknown flag":             {args: append([]string{"--colour", "blue"}, base...)},
		"an unknown role":             {args: append([]string{"--role", "cook"}, base...)},
		"no public address":           {},
		"an address without https":    {args: []string{"--base-url", "ftp://stowage.example"}},
		"an address with a password":  {args: []string{"--base-url", "https://somebody:canary-of-an-address@stowage.example"}},
		"web without servers":         {args: append([]string{"--role", "web"}, base...)},
		"a worker without servers":    {args: []string{"--role", "worker"}},
		"web with Redis alone":        {env: []string{"STOWAGE_REDIS_URL=redis://:canary-of-redis@127.0.0.1:1/0"}, args: append([]string{"--role", "web"}, base...)},
		"web with Postgres alone":     {env: []string{"STOWAGE_DATABASE_URL=postgres://u:canary-of-postgres@127.0.0.1:1/x"}, args: append([]string{"--role", "web"}, base...)},
		"no slots":                    {args: append([]string{"--slots", "0"}, base...)},
		"a grace that is none":        {args: append([]string{"--grace", "1h"}, base...)},
		"a store that is not a file":  {args: append([]string{"--store", "s3://bucket"}, base...)},
		"an unknown level of logging": {args: append([]string{"--log-level", "loud"}, base...)},
		"a key that is none":          {env: []string{"STOWAGE_KEY=canary-of-a-key"}, args: base},
		"a word too many":             {args: append([]string{"now"}, base...)},
		"a site that is an address":   {args: append([]string{"--sites", "https://acme.atlassian.net"}, base...)},
		"any site at all":             {args: append([]string{"--sites", "*"}, base...)},
		"an address without a port":   {args: append([]string{"--addr", "8080"}, base...)},
		"a collector that is none":    {env: []string{"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318"}, args: base},
		"a collector with a password": {args: append([]string{"--otlp-endpoint", "https://somebody:canary-of-a-collector@collector.example"}, base...)},
		"an operator's token of ease": {env: []string{"STOWAGE_OPERATOR_TOKEN=canary"}, args: base},
		"a webhook of ease":           {env: []string{"STOWAGE_LICENCE_WEBHOOK_SECRET=canary"}, args: base},
		"a variable without https":    {env: []string{"STOWAGE_BASE_URL=ftp://stowage.example"}},
		"a worker without a key": {
			env: []string{"STOWAGE_DATABASE_URL=postgres://u:canary-of-postgres@127.0.0.1:1/x", "STOWAGE_REDIS_URL=redis://:canary-of-redis@127.0.0.1:1/0"}, args: []string{"--role", "worker"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got := command(t.Context(), t, try.env, append([]string{"serve", "--data", dir}, try.args...)...)
			if sentence := got.sentence(t); got.code != 2 || strings.Contains(sentence, "canary") {
				t.Errorf("%d: %s", got.code, sentence)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("it left %v behind: %v", left, err)
			}
		})
	}
}

func TestOperatorsSeeMetricsAndQueuesAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			ctx := within(t, patience)
			b := newBench(t, shape, 10, 0)
			p := b.start(t)
			c := b.install(t, p)
			backUp(t, c)
			paths := []string{"/metrics", "/ops/queues", "/ops/queues/"}
			for _, path := range paths {
				for what, header := range map[string]http.Header{
					"no token": {}, "a wrong one": {"Authorization": {"Bearer wrong"}}, "a part of it": {"Authorization": {"Bearer " + b.o.Operator[:10]}},
					"an empty one": {"Authorization": {"Bearer "}},
				} {
					if status, text := ask(ctx, t, http.MethodGet, p.Base+path, "", header); status != http.StatusUnauthorized || strings.Contains(text, "stowage_") {
						t.Errorf("%s with %s answers %d: %.200s", path, what, status, text)
					}
				}
				token, err := c.Token()
				if err != nil {
					t.Fatal(err)
				}
				if status, _ := ask(ctx, t, http.MethodGet, p.Base+path, "", http.Header{"Authorization": {"JWT " + token}}); status != http.StatusUnauthorized {
					t.Errorf("%s answers %d to an administrator of a site", path, status)
				}
			}
			if n := b.ended(ctx, t, p, `kind="backup"`, `outcome="succeeded"`); n != 1 {
				t.Errorf("the metrics count %v backups", n)
			}
			if n := b.ended(ctx, t, p, `kind="sync"`, `outcome="succeeded"`); n < 1 {
				t.Errorf("the metrics count %v syncs", n)
			}
			operator := http.Header{"Authorization": {"Bearer " + b.o.Operator}}
			if status, text := ask(ctx, t, http.MethodGet, p.Base+"/ops/queues", "", operator); status != http.StatusOK || !strings.Contains(text, "<html") {
				t.Errorf("/ops/queues answers %d: %.300s", status, text)
			}
			var queues struct{ Queues []struct{ Queue string } }
			status, text := ask(ctx, t, http.MethodGet, p.Base+"/ops/queues/api/queues", "", operator)
			if err := json.Unmarshal([]byte(text), &queues); err != nil || status != http.StatusOK || len(queues.Queues) != 2 {
				t.Errorf("the queues are answered with %d: %.300s %v", status, text, err)
			}
			for _, method := range []string{http.MethodPost, http.MethodDelete} {
				if status, _ := ask(ctx, t, method, p.Base+"/ops/queues/api/queues/long", "", operator); status < http.StatusBadRequest {
					t.Errorf("%s changes a queue: %d", method, status)
				}
			}
			if _, err := p.Stop(); err != nil {
				t.Error(err)
			}

			b.o.Operator = ""
			p = b.start(t)
			for _, path := range paths {
				if status, _ := ask(ctx, t, http.MethodGet, p.Base+path, "", http.Header{"Authorization": {"Bearer "}}); status != http.StatusNotFound {
					t.Errorf("%s answers %d where there is no operator", path, status)
				}
			}
		})
	}
}
