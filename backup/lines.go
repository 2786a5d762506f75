package backup

import (
	"slices"
	"sync"

	"stowage/report"
)

// lines passes the report on to the caller's sink and keeps it for the checkpoint. A line that was reported before the run
// was interrupted, and is met again, is reported once.
type lines struct {
	sink report.Sink

	mu     sync.Mutex
	kept   []report.Entry
	seen   map[lineKey]bool
	counts map[report.Outcome]int64
}

type lineKey struct {
	outcome              report.Outcome
	stage, kind, id, key string
	cause                report.Cause
}

func newLines(sink report.Sink, earlier []report.Entry) *lines {
	l := &lines{sink: sink, seen: make(map[lineKey]bool), counts: make(map[report.Outcome]int64)}
	for _, e := range earlier {
		l.Add(e)
	}
	return l
}

// Add takes a line.
func (l *lines) Add(e report.Entry) {
	k := lineKey{e.Outcome, e.Stage, e.Kind, e.ID, e.Key, e.Cause}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[k] {
		return
	}
	l.seen[k] = true
	l.kept = append(l.kept, e)
	l.counts[e.Outcome]++
	if l.sink != nil {
		l.sink.Add(e)
	}
}

func (l *lines) all() []report.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.kept)
}

func (l *lines) count(o report.Outcome) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[o]
}
