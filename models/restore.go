package models

import (
	"context"
	"encoding/json"
	"time"
)

// Where a restore goes to.
const (
	DestinationCurrent  = "current"
	DestinationExisting = "existing"
	DestinationInstance = "instance"
)

// The states of a restore.
const (
	RestorePending             = "pending"
	RestoreRunning             = "running"
	RestoreStopping            = "stopping"
	RestoreCompleted           = "completed"
	RestoreCompletedWithErrors = "completedWithErrors"
	RestoreTerminated          = "terminated"
	RestoreError               = "error"
)

// Restore is one restore of a backup.
type Restore struct {
	ID string
	// Number counts the restores of a tenant. It is never given twice.
	Number   int
	BackupID string
	PlanID   string
	// SchemaID is our own id of the schema that was backed up; Source* is what it was called then.
	SchemaID   string
	SourceName string
	SourceKey  string
	SourceURL  string
	// Destination is DestinationCurrent, DestinationExisting or DestinationInstance.
	Destination       string
	TargetID          string
	TargetName        string
	TargetURL         string
	TargetWorkspaceID string
	// TargetSchemaID is the site's id of the schema written to, once it is known.
	TargetSchemaID   string
	TargetSchemaName string
	TargetSchemaKey  string
	Options          json.RawMessage
	// State follows the run.
	State   string
	Stage   string
	Message string
	Planned int64
	Created int64
	Skipped int64
	Failed  int64
	// Proved says that planning again found nothing left to do; Differences counts what it found otherwise.
	Proved      bool
	Differences int
	// With is the product that restored it.
	With      string
	RunID     string
	CreatedBy string
	CreatedAt time.Time
	StartedAt time.Time
	EndedAt   time.Time
	// Run is the run that works on it or did.
	Run *RunInfo
	// Parts are what was restored afterwards.
	Parts []RestorePart
}

// RestoreFilter narrows a list of restores. The zero value narrows nothing.
type RestoreFilter struct {
	SchemaID string
	State    string
	Cursor   string
	Limit    int
}

// StartRestore queues a run and adds the restore it is to do, which gets its id and number here. It fails with ErrConflict
// while a run with the same fingerprint is unfinished or the backup is being deleted, and with ErrNotFound when there is
// no such backup.
func (t *Tenant) StartRestore(ctx context.Context, spec RunSpec, r Restore) (RunInfo, Restore, error) {
	return RunInfo{}, Restore{}, errUnfinished
}

// Restores lists restores, the newest first.
func (t *Tenant) Restores(ctx context.Context, f RestoreFilter) (Page[Restore], error) {
	return Page[Restore]{}, errUnfinished
}

// Restore returns one restore, or ErrNotFound.
func (t *Tenant) Restore(ctx context.Context, id string) (Restore, error) {
	return Restore{}, errUnfinished
}
