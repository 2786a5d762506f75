package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Journal remembers what a restore was about to write and what came of it. It may be used from several goroutines; calls
// that meet share one transaction, and with it one wait for the disk.
type Journal struct{ run *Run }

// Journal returns the journal of the run.
func (r *Run) Journal() *Journal { return &Journal{run: r} }

var journalKey = []clause.Column{{Name: "tenant_id"}, {Name: "run_id"}, {Name: "kind"}, {Name: "source_id"}}

// Begin records that the things with these source ids are about to be written. A thing that was finished before becomes
// unfinished again and keeps the target id it had.
func (j *Journal) Begin(ctx context.Context, kind string, sources []string) error {
	rows := make([]journalRow, len(sources))
	for i, s := range sources {
		rows[i] = journalRow{Kind: kind, SourceID: s}
	}
	return j.put(ctx, "begin", kind, rows, []string{"done"})
}

// Finish records what came of them: the target id, or "" for a thing the target refused. Notes are kept verbatim, one
// per source; nil means none.
func (j *Journal) Finish(ctx context.Context, kind string, sources, targets, notes []string) error {
	if len(targets) != len(sources) || (notes != nil && len(notes) != len(sources)) {
		return fmt.Errorf("journal %s: %d sources with %d targets and %d notes", kind, len(sources), len(targets), len(notes))
	}
	rows := make([]journalRow, len(sources))
	for i, s := range sources {
		rows[i] = journalRow{Kind: kind, SourceID: s, TargetID: targets[i], Done: true}
		if notes != nil {
			rows[i].Note = notes[i]
		}
	}
	return j.put(ctx, "finish", kind, rows, []string{"target_id", "note", "done"})
}

func (j *Journal) put(ctx context.Context, verb, kind string, rows []journalRow, changed []string) error {
	if len(rows) == 0 {
		return nil
	}
	for i := range rows {
		rows[i].TenantID, rows[i].RunID = j.run.tenant.id, j.run.info.ID
	}
	err := j.run.journal.do(ctx, j.run.fenced, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{Columns: journalKey, DoUpdates: clause.AssignmentColumns(changed)}).
			CreateInBatches(rows, batchRows).Error
	})
	if err != nil {
		return fmt.Errorf("journal: %s %d of %s: %w", verb, len(rows), kind, err)
	}
	return nil
}

// Each calls fn for every entry of the kind, in no particular order, until fn returns an error. Done is false for an entry
// that was begun and never finished: its outcome is unknown. Fn may write to the journal.
func (j *Journal) Each(ctx context.Context, kind string, fn func(source, target, note string, done bool) error) error {
	last, first := "", true
	for {
		q := j.run.tenant.rows(ctx).Where("run_id = ? AND kind = ?", j.run.info.ID, kind)
		if !first {
			q = q.Where("source_id > ?", last)
		}
		var rows []journalRow
		if err := q.Order("source_id").Limit(pageRows).Find(&rows).Error; err != nil {
			return fmt.Errorf("journal: read %s: %w", kind, translate(err))
		}
		for _, e := range rows {
			if err := fn(e.SourceID, e.TargetID, e.Note, e.Done); err != nil {
				return err
			}
		}
		if len(rows) < pageRows {
			return nil
		}
		last, first = rows[len(rows)-1].SourceID, false
	}
}
