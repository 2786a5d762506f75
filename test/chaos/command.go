package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"stowage/blob/file"
	"stowage/snapshot"
	"stowage/test/judge"
)

// tenant is the tenant of the command line.
const tenant = "local"

// Exit codes of the program under test.
const (
	codeOK      = 0
	codeFailed  = 1
	codePartial = 3
	codeStopped = 4
)

// home is a data directory of the program: key, store, database, logs.
type home struct {
	b   *bench
	dir string
}

// newHome makes an empty one; with a key and keyset of another one, the same content has the same segment names.
func (b *bench) newHome(keys *home) (*home, error) {
	dir, err := b.folder("home")
	if err != nil {
		return nil, err
	}
	h := &home{b: b, dir: dir}
	if keys == nil {
		return h, nil
	}
	for _, name := range []string{"key", "store/tenants/" + tenant + "/keyset", "store/tenants/" + tenant + "/keyset.copy"} {
		if err := copyFile(filepath.Join(keys.dir, name), filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// clone copies a whole home without its database.
func (h *home) clone() (*home, error) {
	dir, err := h.b.folder("home")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(filepath.Join(dir, "store"), os.DirFS(h.store())); err != nil {
		return nil, err
	}
	return &home{b: h.b, dir: dir}, copyFile(filepath.Join(h.dir, "key"), filepath.Join(dir, "key"))
}

func (h *home) store() string { return filepath.Join(h.dir, "store") }

func copyFile(from, to string) error {
	data, err := os.ReadFile(from) //nolint:gosec // Both are in folders of this run.
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600) //nolint:gosec // Both are in folders of this run.
}

// open opens the store as the program does.
func (h *home) open(ctx context.Context) (*vault, error) {
	text, err := os.ReadFile(filepath.Join(h.dir, "key"))
	if err != nil {
		return nil, err
	}
	key, err := snapshot.ParseMasterKey(string(text))
	if err != nil {
		return nil, err
	}
	store, err := file.Open(h.store())
	if err != nil {
		return nil, err
	}
	keys, err := snapshot.OpenKeys(ctx, store, tenant, key, false)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &vault{store: store, keys: keys, close: store.Close}, nil
}

// content reads the newest backup of the store.
func (h *home) content(ctx context.Context) (f judge.Facts, segments []string, err error) {
	v, err := h.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, v.close()) }()
	b, err := v.newest(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range b.ObjectSegments() {
		segments = append(segments, s.Name)
	}
	f, err = judge.Content(ctx, b)
	return f, segments, err
}

// child is the program, running.
type child struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	begun          time.Time
	done           chan struct{}
	err            error
}

// The variables in which the tokens are handed over.
const (
	tokenVar       = "CHAOS_TOKEN"
	targetTokenVar = "CHAOS_TARGET_TOKEN"
)

// start starts a command of the program with the flags that every command has.
func (h *home) start(ctx context.Context, l *lab, args ...string) (*child, error) {
	c := &child{begun: time.Now(), done: make(chan struct{})}
	args = append(args, "--data", h.dir)
	if args[0] != "verify" {
		args = append(args, l.siteFlags(source, "", tokenVar)...)
		args = append(args, "--rate", "off")
	}
	c.cmd = exec.CommandContext(ctx, h.b.binary, args...) //nolint:gosec // It is the program under test.
	c.cmd.Env = []string{"HOME=" + h.dir}
	if l != nil {
		c.cmd.Env = append(c.cmd.Env, tokenVar+"="+l.sim.Site(source).Info(l.base).Token, targetTokenVar+"="+l.sim.Site(other).Info(l.base).Token)
	}
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

func (l *lab) siteFlags(site, prefix, variable string) []string {
	info := l.sim.Site(site).Info(l.base)
	return []string{
		"--" + prefix + "site", info.BaseURL, "--" + prefix + "api", info.APIBaseURL, "--" + prefix + "email", info.Email,
		"--" + prefix + "token-env", variable,
	}
}

// run runs a command to its end.
func (h *home) run(ctx context.Context, l *lab, args ...string) (*child, error) {
	c, err := h.start(ctx, l, args...)
	if err != nil {
		return nil, err
	}
	<-c.done
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return c, nil
}

// code is the exit code; -1 for a process that was killed.
func (c *child) code() int { return c.cmd.ProcessState.ExitCode() }

// kill ends the process at once, as a machine does that runs out of memory.
func (c *child) kill() {
	// It may have ended by itself just now.
	_ = c.cmd.Process.Kill()
	<-c.done
}

// result reads the JSON line at the end of the output.
func (c *child) result(out any) error {
	text := bytes.TrimSpace(c.stdout.Bytes())
	if err := json.Unmarshal(text[bytes.LastIndexByte(text, '\n')+1:], out); err != nil {
		return fmt.Errorf("result of %s: %w: %s", c.cmd.Args[1], err, c.said())
	}
	return nil
}

// said is the last sentence on standard error.
func (c *child) said() string {
	lines := strings.Split(strings.TrimSpace(c.stderr.String()), "\n")
	return lines[len(lines)-1]
}

// fine says whether the command did what it can: everything, or all but what no site could take.
func (c *child) fine() bool { return c.code() == codeOK || c.code() == codePartial }

func (c *child) failure() error {
	return fmt.Errorf("%s ended with %d: %s", c.cmd.Args[1], c.code(), c.said())
}

// backupArgs are the command that backs the schema up.
func backupArgs() []string { return []string{"backup", "--json", "--schema", schemaKey} }

// restoreArgs are the command that restores the newest backup to a site under a key.
func restoreArgs(l *lab, to, key string) []string {
	args := []string{"restore", "--json", "--schema", schemaKey, "--new-schema-name", "Restored " + key, "--new-schema-key", key, "--icons"}
	if to != source {
		args = append(args, l.siteFlags(to, "target-", targetTokenVar)...)
	}
	return args
}

// mustRun runs a command that is expected to do well.
func (h *home) mustRun(ctx context.Context, l *lab, args ...string) (*child, error) {
	c, err := h.run(ctx, l, args...)
	if err != nil {
		return nil, err
	}
	if !c.fine() {
		return nil, c.failure()
	}
	return c, nil
}

// outcome is what backup and restore say at the end.
type outcome struct {
	Backup   string `json:"backup"`
	Objects  int    `json:"objects"`
	Created  int    `json:"created"`
	Updated  int    `json:"updated"`
	Skipped  int    `json:"skipped"`
	Failed   int    `json:"failed"`
	Proved   bool   `json:"proved"`
	SchemaID string `json:"schemaId"`
}
