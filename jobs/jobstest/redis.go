// Package jobstest starts what tests of runs need: a real Redis beside the one inside the process.
package jobstest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"stowage/internal/porttest"
	"stowage/internal/redact"
)

// Server is a real Redis that a test has for itself.
type Server struct {
	tb   testing.TB
	bin  string
	args []string
	addr string
	cmd  *exec.Cmd
	done chan struct{}
}

// patience is how long a server may take to answer.
const patience = 20 * time.Second

// StartRedis starts a redis-server on a free port and stops it after the test. Where none is installed the test is
// skipped, or fails with STOWAGE_REQUIRE_SERVICES=1.
func StartRedis(tb testing.TB) *Server {
	tb.Helper()
	port := freePort(tb)
	s := &Server{
		tb: tb, bin: binary(tb), addr: net.JoinHostPort("127.0.0.1", port),
		args: []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tb.TempDir()},
	}
	s.Start()
	tb.Cleanup(s.Stop)
	return s
}

// StartSentinel starts a Sentinel that watches a server under a name.
func StartSentinel(tb testing.TB, master string, of *Server) *Server {
	tb.Helper()
	port := freePort(tb)
	host, masterPort, err := net.SplitHostPort(of.addr)
	if err != nil {
		tb.Fatal(err)
	}
	config := filepath.Join(tb.TempDir(), "sentinel.conf")
	text := "port " + port + "\nbind 127.0.0.1\nsentinel monitor " + master + " " + host + " " + masterPort + " 1\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	s := &Server{tb: tb, bin: binary(tb), addr: net.JoinHostPort("127.0.0.1", port), args: []string{config, "--sentinel"}}
	s.Start()
	tb.Cleanup(s.Stop)
	return s
}

// Addr is the host and port of the server.
func (s *Server) Addr() string { return s.addr }

// URL is the address of the server.
func (s *Server) URL() redact.Secret { return redact.New("redis://" + s.addr + "/0") }

// Start starts the server again after Stop, empty, and waits until it answers.
func (s *Server) Start() {
	s.tb.Helper()
	// The server outlives the context of the test, which ends before its cleanup.
	s.cmd = exec.CommandContext(context.WithoutCancel(s.tb.Context()), s.bin, s.args...) //nolint:gosec // The arguments are the test's own.
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatal(err)
	}
	done, cmd := make(chan struct{}), s.cmd
	s.done = done
	go func() {
		defer close(done)
		// It is killed; how it ends is of no interest.
		_ = cmd.Wait()
	}()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var d net.Dialer
		conn, err := d.DialContext(s.tb.Context(), "tcp", s.addr)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-done:
			s.tb.Fatalf("redis-server on %s ended", s.addr)
		case <-deadline:
			s.tb.Fatalf("redis-server on %s does not answer", s.addr)
		}
	}
}

// Stop kills the server. Everything in it is lost. Stopping it again does nothing.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.done
	s.cmd = nil
}

// Freeze makes the server silent: it takes connections and answers nothing. Thaw ends that.
func (s *Server) Freeze() {
	s.tb.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		s.tb.Fatal(err)
	}
}

// Thaw lets the server answer again.
func (s *Server) Thaw() {
	s.tb.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		s.tb.Fatal(err)
	}
}

func binary(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"redis-server", "/usr/bin/redis-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("STOWAGE_REQUIRE_SERVICES") == "1" {
		tb.Fatal("redis-server is not installed, and STOWAGE_REQUIRE_SERVICES=1 requires it")
	}
	tb.Skip("redis-server is not installed: what is tested on the Redis inside the process is not tested on a real one")
	return ""
}

// freePort is a port to which a server can come back after it was stopped.
func freePort(tb testing.TB) string {
	tb.Helper()
	addr, err := porttest.Addr(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		tb.Fatal(err)
	}
	return port
}
