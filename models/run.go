package models

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"stowage/internal/runstate"
	"stowage/internal/seal"
	"stowage/report"
)

// pageRows is how many rows a read that goes through many takes at a time, so that it never holds up the database.
const pageRows = 1000

// batchRows bounds the rows of one INSERT, well below the 32,766 parameters SQLite takes.
const batchRows = 500

// endTimeout bounds what is still written after a run was cancelled.
const endTimeout = 20 * time.Second

// Run is a run that this process holds the lease of. It may be used from several goroutines. Once the lease is lost
// every write fails with ErrLeaseLost.
type Run struct {
	tenant *Tenant
	info   RunInfo
	token  int64
	// ttl is how long the lease lasts after each write.
	ttl time.Duration

	journal groupCommit
	logMu   sync.Mutex
	keysMu  sync.Mutex
	keys    *seal.Keyset
}

// ID identifies the run.
func (r *Run) ID() string { return r.info.ID }

// Info returns what was known of the run when it was claimed.
func (r *Run) Info() RunInfo { return r.info }

// Stop gives up the lease and leaves the run to be resumed. It works also when ctx has been cancelled.
func (r *Run) Stop(ctx context.Context) error {
	return r.end(ctx, "stop", func(tx *gorm.DB) error {
		_, err := r.leave(tx, runstate.Interrupt, nil)
		return err
	})
}

// Finish ends the run for good: its checkpoint is dropped, its journal and log are kept, the same command starts anew.
// Result is kept as JSON. It works also when ctx has been cancelled.
func (r *Run) Finish(ctx context.Context, state State, result any) error {
	return r.finish(ctx, ending{state: state, result: result, forget: true})
}

func (r *Run) end(ctx context.Context, verb string, fn func(tx *gorm.DB) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := r.fenced(ctx, fn); err != nil {
		return fmt.Errorf("%s run %s: %w", verb, r.info.ID, err)
	}
	return nil
}

// Checkpoints keep the state of a run between attempts.
type Checkpoints struct{ run *Run }

// Checkpoints returns the checkpoints of the run.
func (r *Run) Checkpoints() *Checkpoints { return &Checkpoints{run: r} }

// Load returns the state saved last, or nil when there is none.
func (c *Checkpoints) Load(ctx context.Context) ([]byte, error) {
	var rows []checkpointRow
	err := c.run.tenant.rows(ctx).Where("run_id = ?", c.run.info.ID).Limit(1).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("load checkpoint of run %s: %w", c.run.info.ID, translate(err))
	}
	if len(rows) == 0 {
		return nil, nil
	}
	open := c.run.tenant.opener(c.run.tenant.db.gorm.WithContext(ctx))
	state := open.bytes(rows[0].State, "checkpoints", "state", c.run.info.ID)
	return state, wrapped("load checkpoint of run "+c.run.info.ID, open.err)
}

// Save replaces the state. When it returned nil the state survives a crash.
func (c *Checkpoints) Save(ctx context.Context, state []byte) error {
	r := c.run
	keys, err := r.keyset(ctx)
	if err != nil {
		return wrapped("save checkpoint of run "+r.info.ID, err)
	}
	state, err = sealBytes(keys, state, r.tenant.place("checkpoints", "state", r.info.ID))
	if err != nil {
		return wrapped("save checkpoint of run "+r.info.ID, err)
	}
	if state == nil {
		state = []byte{}
	}
	err = r.fenced(ctx, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "tenant_id"}, {Name: "run_id"}},
			DoUpdates: clause.AssignmentColumns([]string{"state", "updated_at"}),
		}).Create(&checkpointRow{TenantID: r.tenant.id, RunID: r.info.ID, State: state, UpdatedAt: r.tenant.db.now()}).Error
	})
	if err != nil {
		return fmt.Errorf("save checkpoint of run %s: %w", r.info.ID, err)
	}
	return nil
}

// AppendLog adds lines to the log of the run.
func (r *Run) AppendLog(ctx context.Context, entries []report.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	at := new(r.tenant.db.now())
	rows := make([]logRow, len(entries))
	for i, e := range entries {
		doc, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("log of run %s: %w", r.info.ID, err)
		}
		rows[i] = logRow{TenantID: r.tenant.id, RunID: r.info.ID, Entry: string(doc), At: at}
	}
	keys, err := r.keyset(ctx)
	if err != nil {
		return wrapped("log of run "+r.info.ID, err)
	}
	r.logMu.Lock()
	defer r.logMu.Unlock()
	err = r.fenced(ctx, func(tx *gorm.DB) error {
		var last int64
		err := tx.Model(&logRow{}).Where("tenant_id = ? AND run_id = ?", r.tenant.id, r.info.ID).
			Select("COALESCE(MAX(seq), 0)").Scan(&last).Error
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].Seq = last + int64(i) + 1
			if rows[i].Entry, err = sealText(keys, rows[i].Entry, r.tenant.place("log_lines", "entry", rows[i].id())); err != nil {
				return err
			}
		}
		return tx.CreateInBatches(rows, batchRows).Error
	})
	if err != nil {
		return fmt.Errorf("log of run %s: %w", r.info.ID, err)
	}
	return nil
}

// Log yields the lines of the log of a run in their order. An error is yielded once and ends the sequence.
func (t *Tenant) Log(ctx context.Context, runID string) iter.Seq2[report.Entry, error] {
	return func(yield func(report.Entry, error) bool) {
		var last int64
		for {
			var rows []logRow
			err := t.rows(ctx).Where("run_id = ? AND seq > ?", runID, last).Order("seq").Limit(pageRows).Find(&rows).Error
			if err != nil {
				yield(report.Entry{}, fmt.Errorf("log of run %s: %w", runID, translate(err)))
				return
			}
			open := t.opener(t.db.gorm.WithContext(ctx))
			for i := range rows {
				line, err := rows[i].line(open)
				if err != nil {
					yield(report.Entry{}, fmt.Errorf("log of run %s: %w", runID, err))
					return
				}
				if !yield(line.Entry, nil) {
					return
				}
				last = line.Seq
			}
			if len(rows) < pageRows {
				return
			}
		}
	}
}
