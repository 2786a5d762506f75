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

// nobody is the token of a run that was not claimed.
const nobody = -1

// Journal returns the journal of a run to be read, whoever holds the run. Writing to it fails with ErrLeaseLost. A run
// that is not known has nothing in it.
func (t *Tenant) Journal(runID string) *Journal {
	return (&Run{tenant: t, info: RunInfo{ID: runID}, token: nobody}).Journal()
}

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
	if j.run.token == nobody {
		return fmt.Errorf("journal: %s %d of %s: %w", verb, len(rows), kind, ErrLeaseLost)
	}
	keys, err := j.run.keyset(ctx)
	if err != nil {
		return wrapped("journal: find the keys", err)
	}
	rows = lastOfEach(rows)
	for i := range rows {
		row := &rows[i]
		row.TenantID, row.RunID = j.run.tenant.id, j.run.info.ID
		if row.Note, err = sealText(keys, row.Note, j.run.tenant.place("journal_entries", "note", row.id())); err != nil {
			return wrapped("journal: seal a note", err)
		}
	}
	err = j.run.journal.do(ctx, j.run.fenced, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{Columns: journalKey, DoUpdates: clause.AssignmentColumns(changed)}).
			CreateInBatches(rows, batchRows).Error
	})
	if err != nil {
		return fmt.Errorf("journal: %s %d of %s: %w", verb, len(rows), kind, err)
	}
	return nil
}

// lastOfEach leaves the last row of each source: one statement of Postgres must not write a row twice.
func lastOfEach(rows []journalRow) []journalRow {
	at := make(map[string]int, len(rows))
	for i := range rows {
		at[rows[i].SourceID] = i
	}
	if len(at) == len(rows) {
		return rows
	}
	kept := rows[:0]
	for i := range rows {
		if at[rows[i].SourceID] == i {
			kept = append(kept, rows[i])
		}
	}
	return kept
}

// Each calls fn for every entry of the kind, in no particular order, until fn returns an error. Done is false for an entry
// that was begun and never finished: its outcome is unknown. Fn may write to the journal.
func (j *Journal) Each(ctx context.Context, kind string, fn func(source, target, note string, done bool) error) error {
	open := j.run.tenant.opener(j.run.tenant.db.gorm.WithContext(ctx))
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
		for i := range rows {
			e := &rows[i]
			note := open.text(e.Note, "journal_entries", "note", e.id())
			if open.err != nil {
				return wrapped("journal: read "+kind, open.err)
			}
			if err := fn(e.SourceID, e.TargetID, note, e.Done); err != nil {
				return err
			}
		}
		if len(rows) < pageRows {
			return nil
		}
		last, first = rows[len(rows)-1].SourceID, false
	}
}
