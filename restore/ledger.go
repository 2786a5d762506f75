package restore

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"stowage/report"
)

// The kinds of entries in the journal of a restore.
const (
	kindPlan       = "plan"
	kindIcon       = "icon"
	kindSchema     = "schema"
	kindProperties = "properties"
	kindStatus     = "statusType"
	kindReference  = "referenceType"
	kindType       = "objectType"
	kindAttribute  = "attribute"
	kindObject     = "object"
	// kindSecond is the second write of an object, kindResend an object that was sent again because it could not be found
	// after a lost answer, kindPutBack the final cardinality of an attribute.
	kindSecond  = "second"
	kindResend  = "resend"
	kindPutBack = "putBack"
)

// ledger is the journal together with what is remembered of it for everything but objects.
type ledger struct {
	j     Journal
	mu    sync.Mutex
	known map[string]map[string]ledgerEntry
}

type ledgerEntry struct {
	target, note string
	done         bool
}

func newLedger(j Journal) *ledger {
	return &ledger{j: j, known: make(map[string]map[string]ledgerEntry)}
}

// load reads the entries of an earlier run.
func (l *ledger) load(ctx context.Context) error {
	for _, kind := range []string{
		kindPlan, kindIcon, kindSchema, kindProperties, kindStatus, kindReference, kindType, kindAttribute, kindResend, kindPutBack,
	} {
		l.known[kind] = make(map[string]ledgerEntry)
		err := l.j.Each(ctx, kind, func(source, target, note string, done bool) error {
			l.known[kind][source] = ledgerEntry{target: target, note: note, done: done}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
	}
	return nil
}

func (l *ledger) entry(kind, source string) (e ledgerEntry, begun bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, begun = l.known[kind][source]
	return e, begun
}

func (l *ledger) begin(ctx context.Context, kind string, sources ...string) error {
	if len(sources) == 0 {
		return nil
	}
	if err := l.j.Begin(ctx, kind, sources); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if kind == kindObject || kind == kindSecond {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range sources {
		l.known[kind][s] = ledgerEntry{}
	}
	return nil
}

func (l *ledger) finish(ctx context.Context, kind, source, target, note string) error {
	return l.finishAll(ctx, kind, []string{source}, []string{target}, []string{note})
}

func (l *ledger) finishAll(ctx context.Context, kind string, sources, targets, notes []string) error {
	if len(sources) == 0 {
		return nil
	}
	if err := l.j.Finish(ctx, kind, sources, targets, notes); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if kind == kindObject || kind == kindSecond {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, s := range sources {
		e := ledgerEntry{target: targets[i], done: true}
		if notes != nil {
			e.note = notes[i]
		}
		l.known[kind][s] = e
	}
	return nil
}

// note is what the journal keeps of an object that was not restored, or not wholly.
type note struct {
	// Error is the answer of the target for an object it refused.
	Error string `json:"error,omitempty"`
	// Unsent says that the object was about to be written when the restore ended, and was not: it is still to be done.
	Unsent bool `json:"unsent,omitempty"`
	// Dropped are the values that were left out.
	Dropped []droppedValue `json:"dropped,omitempty"`
}

type droppedValue struct {
	// AttributeID is the source id of the attribute.
	AttributeID string       `json:"a"`
	Attribute   string       `json:"n"`
	Cause       report.Cause `json:"c"`
	Message     string       `json:"m"`
}

// add merges what another write of the same object left to be said.
func (n *note) add(more note) {
	if more.Error != "" {
		n.Error = more.Error
	}
	n.Dropped = append(n.Dropped, more.Dropped...)
}

func (n *note) text() string {
	if n.Error == "" && !n.Unsent && len(n.Dropped) == 0 {
		return ""
	}
	data, err := json.Marshal(n)
	if err != nil {
		// Strings always have a JSON form.
		panic(err)
	}
	return string(data)
}

func parseNote(text string) (note, error) {
	var n note
	if text == "" {
		return n, nil
	}
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return n, fmt.Errorf("read a note of the journal: %w", err)
	}
	return n, nil
}
