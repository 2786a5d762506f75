package models

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"gorm.io/gorm"

	"stowage/internal/runstate"
)

type runRow struct {
	ID          string `gorm:"primaryKey;not null"`
	TenantID    string `gorm:"not null;uniqueIndex:runs_unfinished,priority:1,where:finished_at IS NULL;index:runs_by_time,priority:1;index:runs_by_schema,priority:1,where:finished_at IS NULL"`
	Kind        string `gorm:"not null;uniqueIndex:runs_unfinished,priority:2"`
	Fingerprint string `gorm:"not null;uniqueIndex:runs_unfinished,priority:3"`
	Target      string `gorm:"not null"`
	State       string `gorm:"not null"`
	BackupID    string `gorm:"not null"`
	Result      string `gorm:"not null"`
	LeaseOwner  string `gorm:"not null"`
	LeaseToken  int64  `gorm:"not null"`
	LeaseUntil  *time.Time
	CreatedAt   time.Time `gorm:"not null;index:runs_by_time,priority:2"`
	UpdatedAt   time.Time `gorm:"not null"`
	FinishedAt  *time.Time

	Spec            string `gorm:"not null"`
	Actor           string `gorm:"not null"`
	SubjectSchema   string `gorm:"not null;index:runs_by_schema,priority:2"`
	SubjectBackup   string `gorm:"not null"`
	SubjectRestore  string `gorm:"not null"`
	SubjectPlan     string `gorm:"not null"`
	SubjectTarget   string `gorm:"not null"`
	TargetKey       string `gorm:"not null;index:runs_by_target_key,where:finished_at IS NULL AND target_key <> ''"`
	Epoch           int64  `gorm:"not null"`
	Attempts        int64  `gorm:"not null"`
	QueuedAt        *time.Time
	WaitingSince    *time.Time `gorm:"index:runs_waiting,where:finished_at IS NULL"`
	NotBefore       *time.Time
	StartedAt       *time.Time
	StopRequestedAt *time.Time
	StopRequestedBy string `gorm:"not null"`
	Progress        string `gorm:"not null"`
	Message         string `gorm:"not null"`
	Worker          string `gorm:"not null"`
}

func (runRow) TableName() string { return "runs" }

// info is what the row says. Open may be nil for a row that holds no text yet.
func (row *runRow) info(open *opener) RunInfo {
	info := RunInfo{
		ID: row.ID, Kind: Kind(row.Kind), Fingerprint: row.Fingerprint, Target: row.Target, State: State(row.State),
		BackupID: row.BackupID, Created: row.CreatedAt.UTC(), Updated: row.UpdatedAt.UTC(), Finished: known(row.FinishedAt),
		Spec: document(row.Spec), Actor: row.Actor, Subject: row.subject(), Epoch: row.Epoch,
		Queued: known(row.QueuedAt), Waiting: known(row.WaitingSince), NotBefore: known(row.NotBefore), Started: known(row.StartedAt),
		StopRequestedAt: known(row.StopRequestedAt), StopRequestedBy: row.StopRequestedBy, Attempts: int(row.Attempts),
		Claims: row.LeaseToken, TargetKey: row.TargetKey, Worker: row.Worker,
	}
	if open != nil {
		info.Result = document(open.text(row.Result, "runs", "result", row.ID))
		info.Error = open.text(row.Message, "runs", "message", row.ID)
	}
	if row.Progress != "" {
		// What cannot be read, a later version has written; the next heartbeat replaces it.
		_ = json.Unmarshal([]byte(row.Progress), &info.Progress)
	}
	return info
}

func (row *runRow) subject() Subject {
	return Subject{
		SchemaID: row.SubjectSchema, BackupID: row.SubjectBackup, RestoreID: row.SubjectRestore, PlanID: row.SubjectPlan,
		TargetID: row.SubjectTarget,
	}
}

// goesBefore says whether one of two runs that want the same target is the older.
func (row *runRow) goesBefore(other *runRow) bool {
	a, b := known(row.QueuedAt), known(other.QueuedAt)
	return a.Before(b) || a.Equal(b) && row.ID < other.ID
}

// become is the state an event leads to, as an expression, and the states in which it may happen. Both come from the
// table, so that no statement knows better.
func become(e runstate.Event) (to any, from []string) {
	var sql strings.Builder
	var args []any
	sql.WriteString("CASE state")
	for _, s := range runstate.From(e) {
		next, err := runstate.Next(s, e)
		if err != nil {
			panic(err) // the table contradicts itself
		}
		sql.WriteString(" WHEN ? THEN ?")
		args = append(args, string(s), string(next))
		from = append(from, string(s))
	}
	sql.WriteString(" END")
	return gorm.Expr(sql.String(), args...), from
}

// leased are the states in which somebody holds a run, or did when its process died.
var leased = []string{string(StateRunning), string(StateStopping)}

// FindRun returns the unfinished run of a command, or ErrNotFound.
func (t *Tenant) FindRun(ctx context.Context, kind Kind, fingerprint string) (RunInfo, error) {
	return t.oneRun(ctx, "find run", func(q *gorm.DB) *gorm.DB {
		return q.Where("kind = ? AND fingerprint = ? AND finished_at IS NULL", string(kind), fingerprint)
	})
}

// GetRun returns a run by its id, or ErrNotFound.
func (t *Tenant) GetRun(ctx context.Context, id string) (RunInfo, error) {
	return t.oneRun(ctx, "get run "+id, func(q *gorm.DB) *gorm.DB { return q.Where("id = ?", id) })
}

func (t *Tenant) oneRun(ctx context.Context, verb string, narrow func(*gorm.DB) *gorm.DB) (RunInfo, error) {
	infos, err := t.runInfos(ctx, verb, func(q *gorm.DB) *gorm.DB { return narrow(q).Limit(1) })
	if err == nil && len(infos) == 0 {
		err = wrapped(verb, ErrNotFound)
	}
	if err != nil {
		return RunInfo{}, err
	}
	return infos[0], nil
}

// ListRuns returns the newest runs first, at most limit of them.
func (t *Tenant) ListRuns(ctx context.Context, limit int) ([]RunInfo, error) {
	return t.Runs(ctx, RunFilter{Limit: limit})
}

// RunFilter narrows a list of runs. The zero value narrows nothing.
type RunFilter struct {
	Kind Kind
	// Unfinished leaves out the runs that are at their end.
	Unfinished bool
	Limit      int
}

// Runs lists runs, the newest first.
func (t *Tenant) Runs(ctx context.Context, f RunFilter) ([]RunInfo, error) {
	return t.runInfos(ctx, "list runs", func(q *gorm.DB) *gorm.DB {
		if f.Kind != "" {
			q = q.Where("kind = ?", string(f.Kind))
		}
		if f.Unfinished {
			q = q.Where("finished_at IS NULL")
		}
		return q.Order("created_at DESC, id DESC").Limit(limit(f.Limit))
	})
}

// runInfos reads runs of the tenant and finds out which others they wait for.
func (t *Tenant) runInfos(ctx context.Context, verb string, narrow func(*gorm.DB) *gorm.DB) ([]RunInfo, error) {
	var rows []runRow
	if err := narrow(t.rows(ctx)).Find(&rows).Error; err != nil {
		return nil, wrapped(verb, err)
	}
	var keys []string
	for i := range rows {
		if rows[i].waits() {
			keys = append(keys, rows[i].TargetKey)
		}
	}
	var rivals []runRow
	if len(keys) > 0 {
		var err error
		if rivals, err = t.db.rivals(t.db.gorm.WithContext(ctx), keys...); err != nil {
			return nil, wrapped(verb, err)
		}
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	infos := make([]RunInfo, len(rows))
	for i := range rows {
		infos[i] = rows[i].info(open)
		if rows[i].waits() {
			if first := firstBefore(&rows[i], rivals); first != nil {
				infos[i].QueuedBehind = t.name(first)
			}
		}
	}
	return infos, wrapped(verb, open.err)
}

// name is how a run is named to the tenant.
func (t *Tenant) name(row *runRow) string {
	if row.TenantID != t.id {
		return BehindElsewhere
	}
	return row.ID
}

func (row *runRow) waits() bool { return row.TargetKey != "" && State(row.State) == StateQueued }

// rivals are the runs of the service, of all tenants, that want one of the targets and are not at their end.
func (db *DB) rivals(tx *gorm.DB, keys ...string) ([]runRow, error) {
	var rows []runRow
	err := tx.Select("id", "tenant_id", "state", "target_key", "queued_at", "lease_until", "lease_token", "epoch").
		Where("target_key IN ? AND target_key <> '' AND finished_at IS NULL AND epoch > 0", keys).Find(&rows).Error
	return rows, err
}

// firstBefore is the run that goes before row on its target: one that is worked on, or else the oldest that is older.
func firstBefore(row *runRow, rivals []runRow) *runRow {
	var first *runRow
	for i := range rivals {
		r := &rivals[i]
		if r.ID == row.ID || r.TargetKey != row.TargetKey {
			continue
		}
		if State(r.State).Leased() {
			return r
		}
		if State(r.State) == StateQueued && r.goesBefore(row) && (first == nil || r.goesBefore(first)) {
			first = r
		}
	}
	return first
}

// document is the JSON in a column, or nil for none.
func document(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}
