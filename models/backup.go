package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
)

type backupRow struct {
	TenantID    string    `gorm:"primaryKey;not null;uniqueIndex:backups_by_number,priority:1;index:backups_by_time,priority:1;index:backups_of_schema,priority:1;index:backups_of_schema_by_trigger,priority:1"`
	ID          string    `gorm:"primaryKey;not null;index:backups_by_time,priority:3;index:backups_of_schema,priority:4;index:backups_of_schema_by_trigger,priority:5"`
	SnapshotID  string    `gorm:"not null"`
	Number      int64     `gorm:"not null;uniqueIndex:backups_by_number,priority:3"`
	SchemaID    string    `gorm:"not null;uniqueIndex:backups_by_number,priority:2;index:backups_of_schema,priority:2;index:backups_of_schema_by_trigger,priority:2"`
	RunID       string    `gorm:"not null"`
	TriggerKind string    `gorm:"not null;index:backups_of_schema_by_trigger,priority:3"`
	Description string    `gorm:"not null"`
	State       string    `gorm:"not null"`
	Objects     int64     `gorm:"not null"`
	Bytes       int64     `gorm:"not null"`
	Skipped     int64     `gorm:"not null"`
	Failed      int64     `gorm:"not null"`
	Storage     string    `gorm:"not null"`
	Phases      string    `gorm:"not null"`
	ObjectTypes string    `gorm:"not null"`
	Message     string    `gorm:"not null"`
	CreatedAt   time.Time `gorm:"not null;index:backups_by_time,priority:2;index:backups_of_schema,priority:3;index:backups_of_schema_by_trigger,priority:4"`
	StartedAt   *time.Time
	FinishedAt  *time.Time
}

func (backupRow) TableName() string { return "backups" }

func (row *backupRow) backup(open *opener) Backup {
	b := Backup{
		ID: row.ID, SnapshotID: row.SnapshotID, Number: int(row.Number), SchemaID: row.SchemaID, RunID: row.RunID, Trigger: row.TriggerKind,
		Description: row.Description, State: row.State, Objects: row.Objects, Bytes: row.Bytes, Skipped: row.Skipped, Failed: row.Failed,
		Storage: row.Storage, Message: open.text(row.Message, "backups", "message", row.ID), CreatedAt: row.CreatedAt.UTC(), StartedAt: known(row.StartedAt), FinishedAt: known(row.FinishedAt),
	}
	// Both were written by fill; what a later version wrote differently is not shown.
	_ = json.Unmarshal([]byte(row.Phases), &b.Phases)
	_ = json.Unmarshal([]byte(row.ObjectTypes), &b.ObjectTypes)
	return b
}

// fill takes over what a run may change, but for the message.
func (row *backupRow) fill(b *Backup) error {
	phases, err := list(b.Phases)
	if err != nil {
		return err
	}
	types, err := list(b.ObjectTypes)
	if err != nil {
		return err
	}
	row.SnapshotID, row.Objects, row.Bytes, row.Skipped, row.Failed = b.SnapshotID, b.Objects, b.Bytes, b.Skipped, b.Failed
	row.Storage, row.Phases, row.ObjectTypes = b.Storage, phases, types
	return nil
}

// list is a list as a column keeps it.
func list[T any](items []T) (string, error) {
	if len(items) == 0 {
		return "[]", nil
	}
	doc, err := json.Marshal(items)
	return string(doc), err
}

// What started a backup.
const (
	TriggerManual    = "Manual"
	TriggerScheduled = "Scheduled"
)

// The states of a backup.
const (
	BackupPending    = "pending"
	BackupRunning    = "running"
	BackupComplete   = "complete"
	BackupPartial    = "partial"
	BackupFailed     = "failed"
	BackupTerminated = "terminated"
	BackupDeleting   = "deleting"
)

// Backup is one backup of a schema.
type Backup struct {
	ID string
	// SnapshotID names the backup in the store; it is empty until that is known.
	SnapshotID string
	// Number counts the backups of a schema: 1, 2, 3 and so on. It is never given twice.
	Number   int
	SchemaID string
	RunID    string
	// Trigger is TriggerManual or TriggerScheduled.
	Trigger     string
	Description string
	// State follows the run, and is BackupDeleting once the backup is to be deleted.
	State   string
	Objects int64
	Bytes   int64
	Skipped int64
	Failed  int64
	Storage string
	Phases  []BackupPhase
	// ObjectTypes is what a restore can choose from. Lists leave it out.
	ObjectTypes []BackupType
	Message     string
	CreatedAt   time.Time
	StartedAt   time.Time
	FinishedAt  time.Time
	// Run is the run that works on it, or nil when none does.
	Run *RunInfo
}

// BackupPhase is one part of what a backup holds.
type BackupPhase struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Done   int64  `json:"done"`
	Total  int64  `json:"total"`
	Failed int64  `json:"failed"`
}

// BackupType is an object type in a backup.
type BackupType struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	ParentID string `json:"parentId,omitempty"`
	Objects  int64  `json:"objects"`
}

// BackupFilter narrows a list of backups. The zero value narrows nothing.
type BackupFilter struct {
	SchemaID string
	Trigger  string
	// From and To bound the time a backup was begun; To is not part of it.
	From, To time.Time
	Cursor   string
	Limit    int
	// Newest leaves out all but this many of the newest; 0 leaves out none.
	Newest int
}

// StartBackup queues a run and adds the backup it is to write, which gets its id and number here. It fails with
// ErrConflict while the schema's last backup is not at its end, and with ErrNotFound when there is no such schema.
func (t *Tenant) StartBackup(ctx context.Context, spec RunSpec, b Backup) (RunInfo, Backup, error) {
	b.ID, b.SchemaID, b.State = newID(), spec.Subject.SchemaID, BackupPending
	spec.Subject.BackupID = b.ID
	var info RunInfo
	err := t.db.inTx(ctx, func(tx *gorm.DB) (err error) {
		// The run first: whoever starts the same backup waits there, and holds nothing that its end would need.
		if info, err = t.enqueue(tx, spec); err != nil {
			return err
		}
		b.RunID, b.CreatedAt = info.ID, info.Created
		b, err = t.insertBackup(tx, b)
		return err
	})
	if err != nil {
		return RunInfo{}, Backup{}, wrapped("start a backup", err)
	}
	b.Run = &info
	return info, b, nil
}

// insertBackup gives a backup its number and adds it.
func (t *Tenant) insertBackup(tx *gorm.DB, b Backup) (Backup, error) {
	var numbers []int64
	err := tx.Raw("UPDATE schemas SET backup_numbers = backup_numbers + 1 WHERE tenant_id = ? AND id = ? RETURNING backup_numbers", t.id, b.SchemaID).
		Scan(&numbers).Error
	if err != nil {
		return b, err
	}
	if len(numbers) == 0 {
		return b, fmt.Errorf("schema %s: %w", b.SchemaID, ErrNotFound)
	}
	b.Number = int(numbers[0])
	row := backupRow{TenantID: t.id, ID: b.ID, Number: numbers[0], SchemaID: b.SchemaID, RunID: b.RunID, State: b.State, Description: storable(b.Description)}
	row.TriggerKind, row.CreatedAt, row.StartedAt, row.FinishedAt = b.Trigger, exact(b.CreatedAt), optional(b.StartedAt), optional(b.FinishedAt)
	if err := row.fill(&b); err != nil {
		return b, err
	}
	if row.Message, err = t.sealText(tx, b.Message, "backups", "message", b.ID); err != nil {
		return b, err
	}
	return b, tx.Create(&row).Error
}

// CreateBackup adds a backup that was made otherwise, as one found in the store.
func (t *Tenant) CreateBackup(ctx context.Context, b Backup) (Backup, error) {
	if b.ID == "" {
		b.ID = newID()
	}
	if b.CreatedAt.IsZero() {
		b.CreatedAt = t.db.now()
	}
	err := t.db.inTx(ctx, func(tx *gorm.DB) (err error) {
		if b, err = t.insertBackup(tx, b); err != nil {
			return err
		}
		if b.State != BackupComplete && b.State != BackupPartial {
			return nil
		}
		return t.latest(tx, b.SchemaID)
	})
	if err != nil {
		return Backup{}, wrapped("create a backup", err)
	}
	return b, nil
}

// Backups lists backups, the newest first, without their object types.
func (t *Tenant) Backups(ctx context.Context, f BackupFilter) (Page[Backup], error) {
	p, err := t.backups(ctx, f)
	if err == nil {
		err = t.completeBackups(ctx, p.Items)
	}
	return p, wrapped("list backups", err)
}

func (t *Tenant) backups(ctx context.Context, f BackupFilter) (Page[Backup], error) {
	q := t.rows(ctx).Model(&backupRow{})
	if f.SchemaID != "" {
		q = q.Where("schema_id = ?", f.SchemaID)
	}
	if f.Trigger != "" {
		q = q.Where("trigger_kind = ?", f.Trigger)
	}
	if !f.From.IsZero() {
		q = q.Where("created_at >= ?", exact(f.From))
	}
	if !f.To.IsZero() {
		q = q.Where("created_at < ?", exact(f.To))
	}
	q = q.Session(&gorm.Session{})
	if f.Newest > 0 {
		// The oldest of those that are shown.
		var edge []backupRow
		err := q.Select("id", "created_at").Order("created_at DESC, id DESC").Offset(f.Newest - 1).Limit(1).Find(&edge).Error
		if err != nil {
			return Page[Backup]{}, err
		}
		for _, row := range edge {
			q = q.Where("(created_at, id) >= (?, ?)", row.CreatedAt.UTC(), row.ID).Session(&gorm.Session{})
		}
	}
	var total int64
	if err := q.Count(&total).Error; err != nil {
		return Page[Backup]{}, err
	}
	q, err := before(q, f.Cursor)
	if err != nil {
		return Page[Backup]{}, err
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	p, err := paged(q.Omit("object_types"), f.Limit, func(row *backupRow) mark { return mark{At: row.CreatedAt.UnixMilli(), ID: row.ID} },
		func(row *backupRow) Backup { return row.backup(open) })
	if err == nil {
		err = open.err
	}
	p.Total = int(total)
	return p, err
}

// completeBackups adds the runs that work on backups.
func (t *Tenant) completeBackups(ctx context.Context, backups []Backup) error {
	var ids []string
	for i := range backups {
		if s := backups[i].State; s == BackupPending || s == BackupRunning || s == BackupDeleting {
			ids = append(ids, backups[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	runs, err := t.runInfos(ctx, "list their runs", func(q *gorm.DB) *gorm.DB {
		return q.Where("finished_at IS NULL AND kind IN ? AND subject_backup IN ?", []string{string(KindBackup), string(KindDeleteBackup)}, ids)
	})
	working := make(map[string]*RunInfo, len(runs))
	for i := range runs {
		working[runs[i].Subject.BackupID] = &runs[i]
	}
	for i := range backups {
		b := &backups[i]
		b.Run = working[b.ID]
	}
	return err
}

// Backup returns one backup, or ErrNotFound.
func (t *Tenant) Backup(ctx context.Context, id string) (Backup, error) {
	var row backupRow
	if err := t.row(t.db.gorm.WithContext(ctx), id).Take(&row).Error; err != nil {
		return Backup{}, wrapped("read backup "+id, err)
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	backups := []Backup{row.backup(open)}
	err := open.err
	if err == nil {
		err = t.completeBackups(ctx, backups)
	}
	return backups[0], wrapped("read backup "+id, err)
}

// DescribeBackup changes the description of a backup.
func (t *Tenant) DescribeBackup(ctx context.Context, id, text string) (Backup, error) {
	res := t.row(t.db.gorm.WithContext(ctx).Model(&backupRow{}), id).Update("description", storable(text))
	if res.Error == nil && res.RowsAffected == 0 {
		res.Error = ErrNotFound
	}
	if res.Error != nil {
		return Backup{}, wrapped("describe backup "+id, res.Error)
	}
	return t.Backup(ctx, id)
}

// changeBackup applies a change to the backup of the run.
func (r *Run) changeBackup(tx *gorm.DB, change func(*Backup)) error {
	if change == nil {
		return nil
	}
	var row backupRow
	if err := r.tenant.row(tx, r.info.Subject.BackupID).Take(&row).Error; err != nil {
		return err
	}
	open := r.tenant.opener(tx)
	b := row.backup(open)
	if open.err != nil {
		return open.err
	}
	change(&b)
	err := row.fill(&b)
	if err != nil {
		return err
	}
	if row.Message, err = r.tenant.sealText(tx, b.Message, "backups", "message", row.ID); err != nil {
		return err
	}
	return r.tenant.row(tx.Model(&backupRow{}), row.ID).
		Select("snapshot_id", "objects", "bytes", "skipped", "failed", "storage", "phases", "object_types", "message").Updates(&row).Error
}
