package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"stowage/report"
)

// teller says on standard error how a run gets on.
type teller struct {
	w     io.Writer
	begun time.Time
	mu    sync.Mutex
}

func newTeller(w io.Writer) *teller { return &teller{w: w, begun: time.Now()} }

// Say writes a line with the time since the start.
func (t *teller) Say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// Whoever does not listen any more misses nothing but these lines.
	_, _ = fmt.Fprintf(t.w, "%7.1fs  %s\n", time.Since(t.begun).Seconds(), fmt.Sprintf(format, args...))
}

// tellEvery is how often a stage that takes long is told of.
const tellEvery = 5 * time.Second

// stages tells of the stages of an engine.
type stages struct {
	log  *teller
	what string

	mu    sync.Mutex
	name  string
	done  int64
	total int64
	told  time.Time
}

var _ report.Progress = (*stages)(nil)

// Stage implements report.Progress.
func (s *stages) Stage(name string, total int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name, s.done, s.total, s.told = name, 0, total, time.Now()
}

// Advance implements report.Progress.
func (s *stages) Advance(done int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += done
	if time.Since(s.told) >= tellEvery {
		s.told = time.Now()
		s.log.Say("%s: %s, %d of %d", s.what, s.name, s.done, s.total)
	}
}
