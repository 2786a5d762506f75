package report

import "sync"

// Outcome says what became of an item.
type Outcome string

// The outcomes of an item that did not simply succeed, and OK for logs that list successes too.
const (
	OK      Outcome = "ok"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
	Warned  Outcome = "warned"
)

// Entry is one line of a report.
type Entry struct {
	Outcome Outcome `json:"outcome"`
	// Stage is the stage of the run, in the words of the product.
	Stage string `json:"stage,omitempty"`
	// Kind says what ID and Key identify: object, object type, attribute, icon, and so on.
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
	Key  string `json:"key,omitempty"`
	// Attribute is the name of the attribute concerned, where it is one attribute.
	Attribute string `json:"attribute,omitempty"`
	// Cause is set for Skipped always, for the others where a documented cause applies.
	Cause   Cause  `json:"cause,omitempty"`
	Message string `json:"message"`
}

// Sink receives the lines of a report in order of time. Add may be called from several goroutines.
type Sink interface {
	Add(Entry)
}

// Report is a Sink that counts everything and keeps every line that is not OK, in memory. The zero value is ready.
type Report struct {
	mu      sync.Mutex
	entries []Entry
	counts  map[Outcome]int
}

// Add takes one line. It panics on a skip without a documented cause: that is a mistake of the programmer.
func (r *Report) Add(e Entry) {
	if e.Outcome == Skipped && !e.Cause.Documented() {
		panic("report: skipped without a documented cause: " + e.Kind + " " + e.ID)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = make(map[Outcome]int)
	}
	r.counts[e.Outcome]++
	if e.Outcome != OK {
		r.entries = append(r.entries, e)
	}
}

// Count returns how many lines had the outcome.
func (r *Report) Count(o Outcome) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[o]
}

// Entries returns a copy of the lines kept.
func (r *Report) Entries() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Entry(nil), r.entries...)
}
