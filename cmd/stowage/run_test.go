package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/limit"
)

// desk is a place to run commands at: two simulated sites on a port, a store and a data directory.
type desk struct {
	sim  *sim.Sim
	base string
	dir  string
	env  map[string]string
	// calls counts the requests for objects; when it reaches stopAt, stop is called.
	calls  atomic.Int64
	stopAt int64
	stop   context.CancelCauseFunc
}

func newDesk(t *testing.T, profile string, objects int) *desk {
	t.Helper()
	build := simulateCmd{Sites: []string{"acme", "globex"}, Profile: []string{profile}, Objects: objects, Seed: 1}
	s, err := build.build(limit.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{sim: s, dir: t.TempDir()}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/object/") && d.calls.Add(1) == d.stopAt {
			d.stop(errStopped)
		}
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	d.base = web.URL
	d.env = map[string]string{"ACME": d.sim.Site("acme").Info(d.base).Token, "GLOBEX": d.sim.Site("globex").Info(d.base).Token, "WRONG": "wrong"}
	return d
}

// site are the flags of a site.
func (d *desk) site(name, prefix string) []string {
	info := d.sim.Site(name).Info(d.base)
	return []string{
		"--" + prefix + "site", info.BaseURL, "--" + prefix + "api", info.APIBaseURL,
		"--" + prefix + "email", info.Email, "--" + prefix + "token-env", strings.ToUpper(name),
	}
}

// store are the flags of the store.
func (d *desk) store() []string {
	return []string{"--store", "file://" + filepath.ToSlash(filepath.Join(d.dir, "store")), "--data", filepath.Join(d.dir, "data")}
}

// answer is what a command wrote and how it ended.
type answer struct {
	code           int
	stdout, stderr string
}

// run runs a command, stopping it at the n-th request for objects where n is not 0.
func (d *desk) run(t *testing.T, stopAt int64, args ...string) answer {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	d.calls.Store(0)
	d.stopAt, d.stop = stopAt, cancel
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, func(name string) string { return d.env[name] }, &stdout, &stderr)
	return answer{code, stdout.String(), stderr.String()}
}

// must runs a command that has to end with 0 and reads the last line of its output.
func (d *desk) must(t *testing.T, result any, args ...string) {
	t.Helper()
	a := d.run(t, 0, args...)
	if a.code != exitOK {
		t.Fatalf("stowage %s: exit code %d\n%s", strings.Join(args, " "), a.code, a.stderr)
	}
	a.read(t, result)
}

func (a answer) read(t *testing.T, result any) {
	t.Helper()
	text := strings.TrimSpace(a.stdout)
	if err := json.Unmarshal([]byte(text[strings.LastIndexByte(text, '\n')+1:]), result); err != nil {
		t.Fatalf("last line of %q: %v", a.stdout, err)
	}
}

func join(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

type backupResult struct {
	Backup, Schema                               string
	Objects, Skipped, Failed, Pages, BytesStored int64
}

type restoreResult struct {
	Restore, SchemaID, SchemaKey                             string
	Planned, Created, Updated, Skipped, Failed, SecondWrites int
	Proved                                                   bool
	Log                                                      string
}

func TestTheWholeWay(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "itsm", 400)
	var saved backupResult
	d.must(t, &saved, join([]string{"backup", "--schema", "itsm", "--json"}, d.site("acme", ""), d.store())...)
	if saved.Backup == "" || saved.Schema != "ITSM" || saved.Objects != 400 || saved.Failed != 0 || saved.Pages < 1 || saved.BytesStored < 1000 {
		t.Errorf("backup: %+v", saved)
	}

	var plan struct {
		Hash    string
		Objects struct{ Planned int }
	}
	wanted := join([]string{"--schema", "ITSM", "--new-schema-name", "Restored", "--new-schema-key", "REST", "--json"}, d.site("acme", ""), d.store())
	d.must(t, &plan, join([]string{"plan"}, wanted)...)
	if plan.Hash == "" || plan.Objects.Planned != 400 {
		t.Errorf("plan: %+v", plan)
	}
	if n := len(d.sim.Site("acme").World().Schemas()); n != 2 {
		t.Errorf("after a plan the site has %d schemas instead of 2", n)
	}

	var first, second restoreResult
	d.must(t, &first, join([]string{"restore"}, wanted)...)
	if first.Planned != 400 || first.Created != 400 || first.Failed != 0 || !first.Proved || first.SchemaKey != "REST" || first.SchemaID == "" {
		t.Errorf("restore: %+v", first)
	}
	var log []struct {
		ObjectKey string
		Result    bool
		Message   string
	}
	text, err := os.ReadFile(first.Log)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	if len(log) != 400 || !log[0].Result || log[0].ObjectKey == "" || log[0].Message != "{ message: 'OK' }" {
		t.Errorf("log of %d lines, the first is %+v", len(log), log[0])
	}
	d.must(t, &second, join([]string{"restore"}, wanted)...)
	if second.Created != 0 || second.SecondWrites != 0 || !second.Proved || second.SchemaID != first.SchemaID {
		t.Errorf("the same restore again: %+v", second)
	}

	var moved restoreResult
	d.must(t, &moved, join([]string{"restore", "--schema", "ITSM", "--new-schema-name", "ITSM", "--new-schema-key", "ITSM", "--json", "--icons", "--history"},
		d.site("globex", "target-"), d.store())...)
	if moved.Created != 400 || !moved.Proved {
		t.Errorf("migration: %+v", moved)
	}

	var check struct {
		Backup   string
		OK       bool
		Problems []any
	}
	d.must(t, &check, join([]string{"verify", "--json"}, d.store())...)
	if !check.OK || check.Backup != saved.Backup || check.Problems == nil {
		t.Errorf("verify: %+v", check)
	}
	var list struct{ Backups []struct{ Backup string } }
	d.must(t, &list, join([]string{"inspect", "--json"}, d.store())...)
	if len(list.Backups) != 1 || list.Backups[0].Backup != saved.Backup {
		t.Errorf("inspect: %+v", list)
	}
	var object struct{ Key string }
	d.must(t, &object, join([]string{"inspect", "--json", "--object", log[7].ObjectKey}, d.store())...)
	if object.Key != log[7].ObjectKey {
		t.Errorf("inspect --object %s shows %s", log[7].ObjectKey, object.Key)
	}
	if out := d.run(t, 0, join([]string{"inspect", "--backup", "newest"}, d.store())...); !strings.Contains(out.stdout, "Hardware") {
		t.Errorf("inspect --backup newest shows no object types: %s", out.stdout)
	}
}

func TestAStoppedCommandGoesOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "itsm", 400)
	save := join([]string{"backup", "--schema", "ITSM", "--json", "--page-size", "20"}, d.site("acme", ""), d.store())
	if a := d.run(t, 12, save...); a.code != exitStopped || !strings.Contains(a.stderr, "goes on with this backup") {
		t.Fatalf("exit code %d, %s", a.code, a.stderr)
	}
	if a := d.run(t, 0, join([]string{"verify"}, d.store())...); a.code != exitFailed {
		t.Errorf("half a backup counts as one: exit code %d, %s%s", a.code, a.stdout, a.stderr)
	}
	var saved backupResult
	d.must(t, &saved, save...)
	if saved.Objects != 400 {
		t.Errorf("backup: %+v", saved)
	}
	restore := join([]string{"restore", "--new-schema-name", "R", "--new-schema-key", "RR", "--json"}, d.site("acme", ""), d.store())
	if a := d.run(t, 150, restore...); a.code != exitStopped || !strings.Contains(a.stderr, "goes on with this restore") {
		t.Fatalf("exit code %d, %s", a.code, a.stderr)
	}
	// A newer backup does not make the command forget which one it was restoring.
	d.must(t, &saved, save...)
	var done restoreResult
	d.must(t, &done, restore...)
	if done.Created == 0 || done.Created >= 400 || done.Created+done.Skipped != 400 || !done.Proved {
		t.Errorf("restore: %+v", done)
	}
}

func TestMistakesAreAnsweredInOneSentence(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "nasty", 0)
	d.must(t, new(any), join([]string{"backup", "--schema", "NASTYX", "--json"}, d.site("acme", ""), d.store())...)
	untouched := []string{"--store", "file://" + filepath.ToSlash(filepath.Join(d.dir, "other")), "--data", filepath.Join(d.dir, "none")}
	acme, store := d.site("acme", ""), d.store()
	wanted := []string{"--new-schema-name", "New", "--new-schema-key", "NEW"}
	// The subtests run beside each other, and are over before this.
	t.Cleanup(func() {
		for _, made := range []string{"other", "none"} {
			if _, err := os.Stat(filepath.Join(d.dir, made)); !os.IsNotExist(err) {
				t.Errorf("a command that failed has made %s", made)
			}
		}
		if n := len(d.sim.Site("acme").World().Schemas()); n != 5 {
			t.Errorf("the site has %d schemas instead of 5", n)
		}
	})
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown command":      {[]string{"frobnicate"}, exitUsage, "unexpected argument frobnicate"},
		"unknown flag":         {[]string{"backup", "--frobnicate"}, exitUsage, "unknown flag --frobnicate"},
		"no schema":            {[]string{"backup"}, exitUsage, "--schema"},
		"no site":              {[]string{"backup", "--schema", "X"}, exitUsage, "--site"},
		"no token":             {join([]string{"backup", "--schema", "X"}, acme[:6]), exitUsage, "--token-file"},
		"token twice":          {join([]string{"backup", "--schema", "X", "--token-file", "x"}, acme), exitUsage, "not both"},
		"empty variable":       {join([]string{"backup", "--schema", "X"}, acme[:6], []string{"--token-env", "NONE"}), exitUsage, "NONE is not set"},
		"wrong token":          {join([]string{"backup", "--schema", "X"}, acme[:6], []string{"--token-env", "WRONG"}, untouched), exitFailed, "check the e-mail address and the API token"},
		"wrong workspace":      {join([]string{"backup", "--schema", "X", "--workspace", "12"}, acme, untouched), exitFailed, "the workspace 12 is not that of"},
		"unreachable host":     {join([]string{"backup", "--schema", "X", "--site", "http://127.0.0.1:1", "--email", "a@b.example", "--token-env", "ACME"}, untouched), exitFailed, "cannot be reached"},
		"plain http":           {join([]string{"backup", "--schema", "X", "--site", "http://acme.example", "--email", "a@b.example", "--token-env", "ACME"}, untouched), exitUsage, "https"},
		"no such schema":       {join([]string{"backup", "--schema", "NOPE"}, acme, untouched), exitFailed, "there is no schema NOPE on this site"},
		"empty schema":         {join([]string{"backup", "--schema", "NASTYE"}, acme, untouched), exitFailed, "is empty"},
		"unknown phase":        {join([]string{"backup", "--schema", "NASTY", "--phases", "colours"}, acme, untouched), exitUsage, `unknown phase "colours"`},
		"unknown rate":         {join([]string{"backup", "--schema", "NASTY", "--rate", "fast"}, acme, untouched), exitUsage, "--rate fast"},
		"other storage":        {join([]string{"backup", "--schema", "NASTY", "--store", "ftp://x"}, acme), exitUsage, "only file:///ABSOLUTE/PATH"},
		"relative store":       {join([]string{"backup", "--schema", "NASTY", "--store", "file://x/y"}, acme), exitUsage, "file:///ABSOLUTE/PATH"},
		"no store":             {join([]string{"verify"}, untouched), exitFailed, "there is no store at"},
		"no such backup":       {join([]string{"plan", "--backup", "nope"}, wanted, acme, store), exitFailed, "there is no backup nope"},
		"backup of no schema":  {join([]string{"plan", "--schema", "NOPE"}, wanted, acme, store), exitFailed, "no backup of the schema NOPE"},
		"key in use":           {join([]string{"restore", "--new-schema-name", "New", "--new-schema-key", "NASTY"}, acme, store), exitFailed, "the schema key NASTY is in use"},
		"impossible key":       {join([]string{"restore", "--new-schema-name", "New", "--new-schema-key", "n-1"}, acme, store), exitUsage, `the schema key "n-1"`},
		"unknown type":         {join([]string{"plan", "--object-types", "Nope"}, wanted, acme, store), exitUsage, `no object type "Nope"`},
		"unknown users policy": {join([]string{"plan", "--users", "some"}, wanted, acme, store), exitUsage, `"some"`},
		"no history":           {join([]string{"plan", "--backup", "nope", "--history"}, wanted, acme, store), exitFailed, "there is no backup nope"},
		"half a target":        {join([]string{"plan", "--target-site", "https://x.example"}, wanted, acme, store), exitUsage, "--target-email"},
		"public address":       {[]string{"simulate", "--addr", "0.0.0.0:0"}, exitUsage, "loopback addresses only"},
		"unknown profile":      {[]string{"simulate", "--profile", "x"}, exitUsage, `unknown profile "x"`},
		"unknown limits":       {[]string{"simulate", "--limits", "some"}, exitUsage, "--limits"},
		"unknown fault file":   {[]string{"simulate", "--faults", filepath.Join(d.dir, "nope")}, exitUsage, "--faults"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), c.args, func(name string) string { return d.env[name] }, &stdout, &stderr)
			if code != c.code || !strings.Contains(stderr.String(), c.says) {
				t.Errorf("exit code %d instead of %d, and it says %q, not %q", code, c.code, stderr.String(), c.says)
			}
			for secret, value := range d.env {
				if secret != "WRONG" && strings.Contains(stderr.String()+stdout.String(), value) {
					t.Errorf("the token of %s is shown", secret)
				}
			}
		})
	}
}

func TestTheKeyIsGuarded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "itsm", 30)
	save := join([]string{"backup", "--schema", "ITSM", "--phases", "none"}, d.site("acme", ""), d.store())
	a := d.run(t, 0, save...)
	keyFile := filepath.Join(d.dir, "data", "key")
	if a.code != exitOK || !strings.Contains(a.stderr, keyFile) {
		t.Fatalf("exit code %d, %s", a.code, a.stderr)
	}
	info, err := os.Stat(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v", info.Mode())
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(a.stdout+a.stderr, strings.TrimSpace(string(key))) {
		t.Error("the key is shown")
	}
	check := join([]string{"verify"}, d.store())
	if err := os.Chmod(keyFile, 0o644); err != nil {
		t.Fatal(err)
	}
	if a := d.run(t, 0, check...); a.code != exitFailed || !strings.Contains(a.stderr, "chmod 600") {
		t.Errorf("a key file for everybody: exit code %d, %s", a.code, a.stderr)
	}
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	if a := d.run(t, 0, check...); a.code != exitFailed || !strings.Contains(a.stderr, "no key") {
		t.Errorf("without a key: exit code %d, %s", a.code, a.stderr)
	}
	d.env[envKey] = strings.TrimSpace(string(key))
	if a := d.run(t, 0, check...); a.code != exitOK {
		t.Errorf("with the key in the environment: exit code %d, %s", a.code, a.stderr)
	}
	delete(d.env, envKey)
	if a := d.run(t, 0, join(save, []string{"--key-file", filepath.Join(d.dir, "fresh")})...); a.code != exitFailed || !strings.Contains(a.stderr, "does not fit the store") {
		t.Errorf("another key: exit code %d, %s", a.code, a.stderr)
	}
}

func TestDemoShowsTheWholeWay(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"demo", "--terminal", "--once", "--objects", "150", "--addr", "127.0.0.1:0"}, os.Getenv, &stdout, &stderr)
	if code != exitOK || strings.Count(stdout.String(), "proved") != 2 || !strings.Contains(stdout.String(), "every byte as written") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout.String(), stderr.String())
	}
}
