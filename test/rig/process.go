package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// BuildService builds the program so that it may speak to sites on this machine, and returns its path in dir.
func BuildService(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "stowage-loopback")
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "loopback", "-o", path, "stowage/cmd/stowage") //nolint:gosec // The program under test.
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the service: %w: %s", err, out)
	}
	return path, nil
}

// ServiceOptions describe a process of the service.
type ServiceOptions struct {
	// Binary was made by BuildService.
	Binary string
	// Addr is the address it listens on; BaseURL the public one, which is the same where it is empty.
	Addr, BaseURL string
	// Data holds the database and the key, Store the backups.
	Data, Store string
	// Role is all, web or worker; all where it is empty.
	Role string
	// Database and Redis are addresses of servers; SQLite and an in-process Redis where they are empty.
	Database, Redis string
	// Sites is where the simulated sites stand.
	Sites string
	// Operator is the token of the operator.
	Operator string
	// Unready starts a process that is not expected to become ready: it is waited for until it lives.
	Unready bool
	// Env are further variables, as NAME=VALUE.
	Env  []string
	Args []string
}

// Process is a process of the service.
type Process struct {
	// Base is where it answers.
	Base string

	cmd  *exec.Cmd
	done chan struct{}
	err  error
	log  logBuffer
}

// logBuffer keeps what a process wrote.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// StartService starts a process and waits until it is ready, unless it is a worker, which answers nobody.
func StartService(ctx context.Context, o ServiceOptions) (*Process, error) {
	base := o.BaseURL
	if base == "" {
		base = "http://" + o.Addr
	}
	role := o.Role
	if role == "" {
		role = "all"
	}
	args := append([]string{
		"serve", "--role", role, "--addr", o.Addr, "--base-url", base, "--data", o.Data, "--store", "file://" + filepath.ToSlash(o.Store),
		"--connect-keys", o.Sites + "/_connect/keys", "--connect-script", o.Sites + "/_connect/all.js",
	}, o.Args...)
	p := &Process{Base: "http://" + o.Addr, done: make(chan struct{})}
	// The process outlives the context that it was started under; Kill and Stop end it.
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), o.Binary, args...) //nolint:gosec // The program under test.
	p.cmd.Env = append(os.Environ(), "STOWAGE_DATABASE_URL="+o.Database, "STOWAGE_REDIS_URL="+o.Redis, "STOWAGE_OPERATOR_TOKEN="+o.Operator)
	p.cmd.Env = append(p.cmd.Env, o.Env...)
	p.cmd.Stderr = &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	path := "/readyz"
	if o.Unready {
		path = "/healthz"
	}
	if err := p.ready(ctx, path); err != nil {
		p.Kill()
		return nil, fmt.Errorf("%w: %s", err, tail(p.Log()))
	}
	return p, nil
}

// ready waits until the process answers well at the path.
func (p *Process) ready(ctx context.Context, path string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	client := &http.Client{Timeout: 2 * time.Second}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Base+path, http.NoBody)
		if err != nil {
			return err
		}
		if res, err := client.Do(req); err == nil {
			if err := res.Body.Close(); err != nil {
				return err
			}
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.done:
			return errors.New("the service ended")
		case <-tick.C:
		}
	}
}

// Log is what the process wrote to standard error.
func (p *Process) Log() string { return p.log.String() }

// Kill ends the process as a power cut would, and waits.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // It may have ended by itself.
	<-p.done
}

// stopPatience is how long Stop waits. It is much more than a process may take, and less than a test run lasts.
const stopPatience = time.Minute

// Stop asks the process to end and says how long that took. One that does not is killed.
func (p *Process) Stop() (time.Duration, error) {
	begun := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	patience := time.NewTimer(stopPatience)
	defer patience.Stop()
	select {
	case <-p.done:
	case <-patience.C:
		p.Kill()
		return time.Since(begun), fmt.Errorf("the service does not end: %s", tail(p.Log()))
	}
	took := time.Since(begun)
	if p.err != nil {
		return took, fmt.Errorf("the service ended with %w: %s", p.err, tail(p.Log()))
	}
	return took, nil
}

// tail is the end of a long text.
func tail(text string) string {
	const enough = 2000
	if len(text) > enough {
		text = text[len(text)-enough:]
	}
	return strings.TrimSpace(text)
}

// Signal sends a signal to the process.
func (p *Process) Signal(s syscall.Signal) error { return p.cmd.Process.Signal(s) }
