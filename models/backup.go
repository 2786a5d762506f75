package models

import (
	"context"
	"time"
)

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
	return RunInfo{}, Backup{}, errUnfinished
}

// CreateBackup adds a backup that was made otherwise, as one found in the store.
func (t *Tenant) CreateBackup(ctx context.Context, b Backup) (Backup, error) {
	return Backup{}, errUnfinished
}

// Backups lists backups, the newest first, without their object types.
func (t *Tenant) Backups(ctx context.Context, f BackupFilter) (Page[Backup], error) {
	return Page[Backup]{}, errUnfinished
}

// Backup returns one backup, or ErrNotFound.
func (t *Tenant) Backup(ctx context.Context, id string) (Backup, error) {
	return Backup{}, errUnfinished
}

// DescribeBackup changes the description of a backup.
func (t *Tenant) DescribeBackup(ctx context.Context, id, text string) (Backup, error) {
	return Backup{}, errUnfinished
}

// StartDeleteBackup queues a run that is to delete a backup and marks the backup. It fails with ErrConflict while the
// backup is being made or a restore works with it.
func (t *Tenant) StartDeleteBackup(ctx context.Context, spec RunSpec, backupID string) (RunInfo, error) {
	return RunInfo{}, errUnfinished
}

// MarkBackupDeleting marks a backup as one that is about to be deleted; StartDeleteBackup does it together with the run.
func (t *Tenant) MarkBackupDeleting(ctx context.Context, id string) error { return errUnfinished }

// DeleteBackup deletes the row of a backup that is marked, and its plans. The schema's last backup is then the one
// before. It fails with ErrConflict when the backup is not marked.
func (t *Tenant) DeleteBackup(ctx context.Context, id string) error { return errUnfinished }
