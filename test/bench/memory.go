package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
)

// memoryObjects is the size of the schema of P7.
const memoryObjects = 1_000_000

// tokenVar hands the token to the program that is measured.
const tokenVar = "STOWAGE_BENCH_TOKEN" //nolint:gosec // It is the name of a variable.

// takeMemory runs the program itself against a simulated site on a loopback port, and notes how much memory it took.
func takeMemory(ctx context.Context, b *bench) (rows []row, err error) {
	dir, err := b.folder("memory")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := &program{dir: dir, binary: b.binary, log: b.log}
	if p.binary == "" {
		if err := p.build(ctx); err != nil {
			return nil, err
		}
	}
	objects := b.scaled(memoryObjects)
	b.log.Say("P7: making a site with %s objects", thousands(objects))
	s, err := newSim(sim.SiteOptions{Name: "acme"})
	if err != nil {
		return nil, err
	}
	made, err := gen.Fill(s.Site("acme").World(), gen.Profile{Name: gen.ITSM}, objects, 1)
	if err != nil {
		return nil, err
	}
	base, shut, err := serve(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, shut()) }()
	p.site = s.Site("acme").Info(base)

	var back struct {
		Objects, Failed int64
	}
	backup, err := p.run(ctx, &back, "backup", "--schema", made.Key, "--phases", "none")
	if err != nil {
		return nil, err
	}
	if back.Objects != int64(made.Objects) || back.Failed > 0 {
		return nil, fmt.Errorf("the backup holds %d of %d objects, %d failed", back.Objects, made.Objects, back.Failed)
	}
	again := []string{"--schema", made.Key, "--new-schema-name", "Restored", "--new-schema-key", "BACK"}
	var planned struct {
		Objects struct{ Planned int }
	}
	plan, err := p.run(ctx, &planned, "plan", again...)
	if err != nil {
		return nil, err
	}
	if planned.Objects.Planned != made.Objects {
		return nil, fmt.Errorf("%d of %d objects are planned", planned.Objects.Planned, made.Objects)
	}
	var restored struct {
		Created, Failed int
		Proved          bool
	}
	restore, err := p.run(ctx, &restored, "restore", again...)
	if err != nil {
		return nil, err
	}
	if restored.Created != made.Objects || restored.Failed > 0 || !restored.Proved {
		return nil, fmt.Errorf("the restore made %d of %d objects, %d failed, proved: %t", restored.Created, made.Objects, restored.Failed, restored.Proved)
	}
	return []row{
		backup.row("peak memory, backup", 300, made.Objects, "without later phases"),
		plan.row("peak memory, plan", 1024, made.Objects, "to the same site"),
		restore.row("peak memory, restore", 1024, made.Objects, "planned, applied and proved"),
	}, nil
}

func (u *used) row(what string, bar float64, objects int, note string) row {
	peak := float64(u.Peak) / mib
	text := fmt.Sprintf("≤ %.0f MB", bar)
	if bar == 1024 {
		text = "≤ 1 GB"
	}
	return row{
		ID: "P7", What: what, Figure: fmt.Sprintf("%.0f MB", peak), Value: peak, Bar: text, Met: peak <= bar,
		How: fmt.Sprintf("largest resident set of the program as the system reports it, %s objects, %s", thousands(objects), note),
	}
}

// program is the stowage that is measured.
type program struct {
	dir    string
	binary string
	site   sim.Info
	log    *teller
}

// build builds it as the Makefile does.
func (p *program) build(ctx context.Context) error {
	p.binary = filepath.Join(p.dir, "stowage")
	p.log.Say("P7: building stowage")
	cmd := polite(ctx, "go", "build", "-trimpath", "-o", p.binary, "stowage/cmd/stowage")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build stowage: %w: %s", err, out)
	}
	return nil
}

// run runs one command of it, reads its result and returns what it used.
func (p *program) run(ctx context.Context, result any, command string, args ...string) (used, error) {
	self, err := os.Executable()
	if err != nil {
		return used{}, err
	}
	note := filepath.Join(p.dir, command+".json")
	all := []string{
		measureCommand, note, p.binary, command, "--json", "--rate", "off", "--site", p.site.BaseURL, "--api", p.site.APIBaseURL, "--email", p.site.Email,
		"--token-env", tokenVar, "--data", filepath.Join(p.dir, "data"), "--store", "file://" + filepath.ToSlash(filepath.Join(p.dir, "store")),
	}
	cmd := polite(ctx, self, append(all, args...)...)
	cmd.Env = append(os.Environ(), tokenVar+"="+p.site.Token)
	var out bytes.Buffer
	told := &lines{log: p.log, what: "P7 " + command}
	cmd.Stdout, cmd.Stderr = &out, told
	p.log.Say("P7: stowage %s", command)
	if err := cmd.Run(); err != nil {
		return used{}, fmt.Errorf("stowage %s: %w: %s", command, err, told.last)
	}
	var u used
	text, err := os.ReadFile(note) //nolint:gosec // The file is this program's own.
	if err == nil {
		err = json.Unmarshal(text, &u)
	}
	if err != nil {
		return used{}, fmt.Errorf("what stowage %s used: %w", command, err)
	}
	if u.Exit != 0 {
		return u, fmt.Errorf("stowage %s ended with %d: %s", command, u.Exit, told.last)
	}
	p.log.Say("P7: stowage %s took %.0f s, %.0f s of processor time, %d MB", command, u.Seconds, u.CPU, u.Peak/mib)
	written := bytes.TrimSpace(out.Bytes())
	if err := json.Unmarshal(written[bytes.LastIndexByte(written, '\n')+1:], result); err != nil {
		return u, fmt.Errorf("result of stowage %s: %w", command, err)
	}
	return u, nil
}

// lines passes on lines of a program, not more than one every few seconds.
type lines struct {
	log  *teller
	what string
	told time.Time
	last string
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	for line := range bytes.SplitSeq(bytes.TrimSpace(p), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		l.last = string(line)
		if time.Since(l.told) >= tellEvery {
			l.told = time.Now()
			l.log.Say("%s: %s", l.what, line)
		}
	}
	return len(p), nil
}

// serve serves the simulated sites on a loopback port until shut is called.
func serve(ctx context.Context, h http.Handler) (base string, shut func() error, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	var wg sync.WaitGroup
	var served error
	wg.Go(func() { served = server.Serve(listener) })
	shut = func() error {
		err := server.Close()
		wg.Wait()
		if !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}
	return "http://" + listener.Addr().String(), shut, nil
}
