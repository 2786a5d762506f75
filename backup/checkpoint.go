package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"stowage/report"
	"stowage/snapshot"
)

// stateVersion rises when an older checkpoint would be misunderstood; such a run begins anew.
const stateVersion = 1

// state is what a run remembers between attempts, besides what its writer does.
type state struct {
	Version  int    `json:"version"`
	SchemaID string `json:"schemaId"`
	// Writer is the checkpoint of the writer.
	Writer []byte `json:"writer"`
	// Committed says that the definitions and objects are committed, and later phases run.
	Committed bool                  `json:"committed,omitempty"`
	Types     map[string]*typeState `json:"types"`
	Phases    map[string]phaseState `json:"phases,omitempty"`
	Pages     int64                 `json:"pages"`
	Calls     int64                 `json:"calls"`
	Stored    int64                 `json:"stored"`
	// Lines are those of the report so far; Reported is how many of them are in the backup.
	Lines    []report.Entry `json:"lines,omitempty"`
	Reported int            `json:"reported,omitempty"`
}

// typeState is what a run remembers of the reading of one object type.
type typeState struct {
	Name string `json:"name"`
	// Mark is when the reading began, by the clock of the site, less the margin.
	Mark time.Time `json:"mark"`
	// Shape identifies the attributes the objects were read with.
	Shape    string `json:"shape"`
	Pages    int64  `json:"pages"`
	PageSize int    `json:"pageSize"`
	// Unread are objects that could not be read, Broken says that the listing could not be read to its end.
	Unread map[string]bool `json:"unread,omitempty"`
	Broken bool            `json:"broken,omitempty"`
	// Objects is the number in the backup, set when it is committed.
	Objects int64 `json:"objects,omitempty"`
}

// phaseState is how far a later phase has got.
type phaseState struct {
	// Seen is how many objects of the backup, in its order, have been dealt with.
	Seen int64 `json:"seen"`
	// Records is how many records came of them; Skipped how many items never will give any.
	Records int64 `json:"records"`
	Skipped int64 `json:"skipped,omitempty"`
	// Again are the items that failed and are tried once more at the end.
	Again []item `json:"again,omitempty"`
}

// checkpointShare bounds the time spent on checkpoints to one part in so many. The state grows with the number of segments,
// so that saving it after each of a million objects would cost more than the backup; on a site with rate limits every
// segment gets its checkpoint.
const checkpointShare = 20

// saveTimeout bounds the last checkpoint of a run that was cancelled.
const saveTimeout = 20 * time.Second

// onSegment saves a checkpoint when one is due.
func (r *run) onSegment(ctx context.Context) func(snapshot.SegmentStored) error {
	return func(snapshot.SegmentStored) error {
		if r.hold || time.Now().Before(r.nextSave) {
			return nil
		}
		return r.save(ctx)
	}
}

// save saves a checkpoint of what is durable now.
func (r *run) save(ctx context.Context) error {
	began := time.Now()
	r.state.Writer = r.w.State()
	r.state.Calls = r.callsBefore + r.src.calls.Load()
	r.state.Stored = r.storedBefore + r.w.Stats().Stored
	r.state.Lines = r.lines.all()
	data, err := json.Marshal(&r.state)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := r.checkpoints.Save(ctx, data); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	now := time.Now()
	r.nextSave = now.Add(checkpointShare * now.Sub(began))
	return nil
}

// load returns the state of an earlier attempt, or nil. A checkpoint of another version counts as none: the run begins
// anew.
func load(ctx context.Context, c Checkpoints) (*state, error) {
	data, err := c.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("load checkpoint: %w", err)
	}
	if len(data) == 0 {
		return nil, nil //nolint:nilnil // No state and no error is the ordinary beginning.
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil || s.Version != stateVersion || s.Types == nil {
		return nil, nil //nolint:nilnil,nilerr // See above.
	}
	return &s, nil
}

// forget makes the next attempt begin anew, after the store has lost what this one built on.
func (r *run) forget(ctx context.Context, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	return errors.Join(why, r.checkpoints.Save(ctx, []byte("{}")))
}
