package restore

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"stowage/assets"
	"stowage/report"
)

// LogEntry is one line of the restore log. The first three members are those of the product.
type LogEntry struct {
	ObjectKey string
	Result    bool
	Message   string
	// TargetID and TargetKey are the new identity of the object.
	TargetID  string `json:",omitempty"`
	TargetKey string `json:",omitempty"`
	// Warnings are the values that were left out.
	Warnings []LogWarning `json:",omitempty"`
}

// LogWarning is something of an object that was not restored.
type LogWarning struct {
	Attribute string
	Cause     report.Cause
	Message   string
}

// messageOK is the message of an object that was restored.
const messageOK = "{ message: 'OK' }"

// LogSink receives the restore log as it happens. Add may be called from several goroutines and must return quickly.
type LogSink interface {
	Add(e LogEntry)
}

type noLog struct{}

func (noLog) Add(LogEntry) {}

// Log writes a restore log as one JSON array. It must be closed, which makes the array complete.
type Log struct {
	mu    sync.Mutex
	w     *bufio.Writer
	lines int
	err   error
}

// NewLog begins a log on w.
func NewLog(w io.Writer) *Log { return &Log{w: bufio.NewWriter(w)} }

// Add implements LogSink. An error is kept for Close.
func (l *Log) Add(e LogEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	separator := "[\n"
	if l.lines > 0 {
		separator = ",\n"
	}
	l.lines++
	data, err := json.Marshal(e)
	if err == nil {
		_, err = l.w.WriteString(separator)
	}
	if err == nil {
		_, err = l.w.Write(data)
	}
	l.err = err
}

// Close ends the array. It does not close the writer the log is written to.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := "\n]\n"
	if l.lines == 0 {
		end = "[]\n"
	}
	if l.err == nil {
		_, l.err = l.w.WriteString(end)
	}
	return errors.Join(l.err, l.w.Flush())
}

// WriteLog writes the full log of a restore, however many calls of Apply it took: every object of the plan, in the order
// of the backup.
func WriteLog(ctx context.Context, p *Plan, b Backup, j Journal, w io.Writer) error {
	r := newRun(p, b, nil, j, Settings{})
	if err := r.ledger.load(ctx); err != nil {
		return err
	}
	r.c = newCatalog(p)
	s, err := newSurvey(ctx, b, r.c, p.Source.SchemaKey, nil)
	if err != nil {
		return err
	}
	r.s = s
	notes := make(map[int32]note)
	err = r.loadObjects(ctx, func(n int32, text string) error {
		more, err := parseNote(text)
		have := notes[n]
		have.add(more)
		notes[n] = have
		return err
	})
	if err != nil {
		return err
	}
	log := NewLog(w)
	for n := range int32(s.len()) {
		state, target := r.objects.get(n)
		if state == stateOutside {
			continue
		}
		log.Add(objectEntry(s.key(n), target, state, notes[n]))
	}
	return log.Close()
}

// objectEntry is the line of one object.
func objectEntry(key, target string, state objectState, n note) LogEntry {
	e := LogEntry{ObjectKey: key, TargetID: target, Message: messageOK, Result: state == stateDone && n.Error == ""}
	switch {
	case n.Error != "":
		e.Message = n.Error
	case state != stateDone:
		e.Message = key + ` {"errorMessages":["not restored yet"],"errors":{}}`
	}
	for _, d := range n.Dropped {
		e.Warnings = append(e.Warnings, LogWarning{Attribute: d.Attribute, Cause: d.Cause, Message: d.Message})
	}
	return e
}

// refusal words the answer of a target as the product does: the key of the object, then the messages by attribute.
func refusal(key string, err error) string {
	var rejected *assets.Rejected
	if !errors.As(err, &rejected) {
		rejected = &assets.Rejected{Messages: []string{err.Error()}}
	}
	document := struct {
		Messages []string          `json:"errorMessages"`
		Errors   map[string]string `json:"errors"`
	}{Messages: rejected.Messages, Errors: make(map[string]string, len(rejected.Fields))}
	if document.Messages == nil {
		document.Messages = []string{}
	}
	for _, field := range slices.Sorted(maps.Keys(rejected.Fields)) {
		name := field
		if _, isID := numericID(field); isID || !strings.Contains(field, "-") {
			name = "attribute-" + field
		}
		document.Errors[name] = rejected.Fields[field]
	}
	data, marshalErr := json.Marshal(document)
	if marshalErr != nil {
		return key + " " + err.Error()
	}
	return key + " " + string(data)
}

// quietKey is what lines of the report have in common when only the first few of them are kept.
type quietKey struct {
	kind, attribute string
	cause           report.Cause
	outcome         report.Outcome
}

// reportedPerCause is how many lines of one cause and attribute go to the report; the restore log has them all.
const reportedPerCause = 100

// report passes a line on, unless there were many of its like. Their number is told at the end.
func (r *run) report(e report.Entry) {
	if e.Kind == "object" {
		k := quietKey{e.Kind, e.Attribute, e.Cause, e.Outcome}
		r.mu.Lock()
		r.quiet[k]++
		n := r.quiet[k]
		r.mu.Unlock()
		if n > reportedPerCause {
			return
		}
	}
	r.set.Report.Add(e)
}

// summarise tells how many lines of the report were left out.
func (r *run) summarise() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, n := range r.quiet {
		if n > reportedPerCause {
			r.set.Report.Add(report.Entry{
				Outcome: report.Warned, Stage: StageObjects, Kind: k.kind, Attribute: k.attribute, Cause: k.cause,
				Message: fmt.Sprintf("%d more objects like the %d above: see the restore log", n-reportedPerCause, reportedPerCause),
			})
		}
	}
	clear(r.quiet)
}
