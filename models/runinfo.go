package models

import (
	"encoding/json"
	"time"

	"stowage/internal/runstate"
)

// Kind says what a run does.
type Kind string

// The kinds of run.
const (
	KindSync         Kind = "sync"
	KindPlan         Kind = "plan"
	KindBackup       Kind = "backup"
	KindRestore      Kind = "restore"
	KindDeleteBackup Kind = "delete-backup"
	KindPurge        Kind = "purge"
	KindLicence      Kind = "licence"
)

// State says where a run stands. Its changes are those of the table in package runstate.
type State = runstate.State

// The states of a run.
const (
	StateQueued     = runstate.Queued
	StateRunning    = runstate.Running
	StateStopping   = runstate.Stopping
	StateStopped    = runstate.Stopped
	StateTerminated = runstate.Terminated
	StateSucceeded  = runstate.Succeeded
	StatePartial    = runstate.Partial
	StateFailed     = runstate.Failed
)

// Subject names the rows a run is about. What does not apply is empty.
type Subject struct {
	SchemaID  string
	BackupID  string
	RestoreID string
	PlanID    string
	TargetID  string
}

// RunSpec describes a run that is to begin.
type RunSpec struct {
	Kind Kind
	// Fingerprint identifies the command: a run that was interrupted is resumed by the command with the same one, and
	// while a run is unfinished no other of its kind and fingerprint begins.
	Fingerprint string
	// Target names the site a restore writes to; it is empty for a backup.
	Target string
	// BackupID is the backup that is written or restored, where it is known at the start.
	BackupID string

	// Spec says what is to be done, in the words of whoever does it.
	Spec json.RawMessage
	// Actor is who asked for it.
	Actor   string
	Subject Subject
	// TargetKey is what only one run may work on at a time, among the runs of all tenants; "" means that it does not
	// matter. It is made of identifiers, as in "workspace/<id>".
	TargetKey string
	// NotBefore puts off the first claim.
	NotBefore time.Time
}

// RunInfo is what is known of a run.
type RunInfo struct {
	ID          string
	Kind        Kind
	Fingerprint string
	Target      string
	State       State
	BackupID    string
	// Result is the JSON document given to Finish or End, or nil.
	Result  json.RawMessage
	Created time.Time
	Updated time.Time
	// Finished is zero for a run that is not at its end.
	Finished time.Time

	Spec    json.RawMessage
	Actor   string
	Subject Subject
	// Epoch grows each time the run is queued; a claim names the epoch it was rung for. It is 0 for a run of the command
	// line.
	Epoch int64
	// Queued is when the run took its place among those that want the same target: when it was begun, or resumed.
	Queued time.Time
	// Waiting is when it began to wait last: then, or when it was requeued.
	Waiting   time.Time
	NotBefore time.Time
	// Started is when it was first claimed; zero while it has not been.
	Started time.Time
	// StopRequestedAt is zero while nobody asked it to stop.
	StopRequestedAt time.Time
	StopRequestedBy string
	Progress        RunProgress
	// Attempts counts the failed tries since the last slice that went well.
	Attempts int
	// Claims counts how often the run was claimed.
	Claims int64
	// Error is the message of a run that failed, or of its last try, or why it waits.
	Error     string
	TargetKey string
	// QueuedBehind is the run that goes first on the same target; BehindElsewhere for one of another tenant; "" when there
	// is none.
	QueuedBehind string
	// Worker holds the lease, or held it last.
	Worker string
}

// BehindElsewhere stands for a run of another tenant, of which nothing is told.
const BehindElsewhere = "elsewhere"

// RunProgress is how far a run has come.
type RunProgress struct {
	Stage   string          `json:"stage,omitempty"`
	Stages  []StageProgress `json:"stages,omitempty"`
	Created int64           `json:"created,omitempty"`
	Skipped int64           `json:"skipped,omitempty"`
	Failed  int64           `json:"failed,omitempty"`
	Warned  int64           `json:"warned,omitempty"`
	// Rate is in items per second, smoothed.
	Rate      float64   `json:"rate,omitempty"`
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// StageProgress is how far one stage of a run has come. Total is 0 while it is not known.
type StageProgress struct {
	Name      string    `json:"name"`
	Done      int64     `json:"done"`
	Total     int64     `json:"total"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
}
