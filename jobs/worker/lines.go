package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"stowage/jobs"
	"stowage/models"
	"stowage/report"
	"stowage/restore"
)

// lines passes the report of an engine on to the log of a run, each line once: after an interruption an engine says again
// what it had said before.
type lines struct {
	live *jobs.Live
	// leaveOut, when set, are lines that come from elsewhere.
	leaveOut func(report.Entry) bool

	mu    sync.Mutex
	seen  map[report.Entry]bool
	saved int
}

var _ report.Sink = (*lines)(nil)

// linesOfLog makes lines that know what the log of the run holds. It is for runs whose log is short.
func linesOfLog(ctx context.Context, t *models.Tenant, run *models.Run, live *jobs.Live) (*lines, error) {
	l := &lines{live: live, seen: map[report.Entry]bool{}}
	if run.Info().Claims <= 1 {
		return l, nil
	}
	for e, err := range t.Log(ctx, run.ID()) {
		if err != nil {
			return nil, err
		}
		l.seen[e] = true
	}
	return l, nil
}

// linesOfCheckpoint makes lines that know what was kept as the checkpoint of the run. It is for runs whose log has a line
// for every object.
func linesOfCheckpoint(ctx context.Context, run *models.Run, live *jobs.Live) (*lines, error) {
	l := &lines{live: live, seen: map[report.Entry]bool{}, leaveOut: inObjectLog}
	state, err := run.Checkpoints().Load(ctx)
	if err != nil || len(state) == 0 {
		return l, err
	}
	var seen []report.Entry
	if err := json.Unmarshal(state, &seen); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	for _, e := range seen {
		l.seen[e] = true
	}
	l.saved = len(l.seen)
	return l, nil
}

// save keeps the lines as the checkpoint of the run, where there are new ones.
func (l *lines) save(ctx context.Context, run *models.Run) error {
	l.mu.Lock()
	seen := make([]report.Entry, 0, len(l.seen))
	for e := range l.seen {
		seen = append(seen, e)
	}
	changed := len(seen) != l.saved
	l.mu.Unlock()
	if !changed {
		return nil
	}
	state, err := json.Marshal(seen)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := run.Checkpoints().Save(ctx, state); err != nil {
		return err
	}
	l.mu.Lock()
	l.saved = len(seen)
	l.mu.Unlock()
	return nil
}

// Add implements report.Sink.
func (l *lines) Add(e report.Entry) {
	if l.leaveOut != nil && l.leaveOut(e) {
		return
	}
	l.mu.Lock()
	again := l.seen[e]
	l.seen[e] = true
	l.mu.Unlock()
	if !again {
		l.live.Add(e)
	}
}

// objectLog writes the restore log to the log of the run: a line for every object, and one for everything of it that was
// left out.
type objectLog struct {
	live *jobs.Live
}

var _ restore.LogSink = (*objectLog)(nil)

// Add implements restore.LogSink.
func (o *objectLog) Add(e restore.LogEntry) {
	line := report.Entry{Outcome: report.OK, Stage: restore.StageObjects, Kind: kindObject, ID: e.TargetID, Key: e.ObjectKey, Message: e.Message}
	if !e.Result {
		line.Outcome, line.Cause = report.Failed, report.CauseRejected
	}
	o.live.Add(line)
	for _, warning := range e.Warnings {
		o.live.Add(report.Entry{
			Outcome: report.Warned, Stage: restore.StageObjects, Kind: kindObject, ID: e.TargetID, Key: e.ObjectKey,
			Attribute: warning.Attribute, Cause: warning.Cause, Message: warning.Message,
		})
	}
}

// kindObject is what lines about objects are about.
const kindObject = "object"

// inObjectLog says of a line of a restore's report that the restore log says the same.
func inObjectLog(e report.Entry) bool {
	return e.Kind == kindObject && e.Stage == restore.StageObjects && (e.Outcome == report.Failed || e.Outcome == report.Warned && e.Attribute != "")
}
