package api

import "time"

// Backup is one backup of a schema.
type Backup struct {
	ID                   string        `json:"id" doc:"The id of the backup." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a11"`
	Number               int           `json:"number" doc:"1, 2, 3 and so on for each schema." example:"4"`
	SchemaID             string        `json:"schemaId" doc:"The id of the row of the schema." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a10"`
	Trigger              string        `json:"trigger" enum:"Manual,Scheduled" doc:"Who asked for it." example:"Manual"`
	Description          string        `json:"description" doc:"What the person wrote about it." example:"before the clean-up"`
	State                string        `json:"state" enum:"pending,running,complete,partial,failed,terminated,deleting" doc:"What became of it. partial: complete but for single objects." example:"complete"`
	Objects              int64         `json:"objects" doc:"The number of objects in it." example:"1240"`
	Bytes                int64         `json:"bytes" doc:"The bytes that were stored for it." example:"604160"`
	Skipped              int64         `json:"skipped" doc:"How many things were left out for a documented cause." example:"0"`
	Failed               int64         `json:"failed" doc:"How many things could not be read." example:"0"`
	Phases               []BackupPhase `json:"phases" doc:"Its phases: objects, history, comments, attachments and so on."`
	ObjectTypes          []BackupType  `json:"objectTypes" doc:"The object types in it. Lists of backups leave them empty."`
	Message              string        `json:"message,omitempty" doc:"What happened, where that is worth a sentence."`
	CreatedAt            time.Time     `json:"createdAt" doc:"When it was asked for."`
	StartedAt            time.Time     `json:"startedAt,omitzero" doc:"When it began."`
	FinishedAt           time.Time     `json:"finishedAt,omitzero" doc:"When it was complete or ended otherwise."`
	Run                  *Run          `json:"run,omitempty" doc:"The run that makes or deletes it, while there is one."`
	Restorable           bool          `json:"restorable" doc:"Whether it can be restored."`
	NotRestorableBecause string        `json:"notRestorableBecause,omitempty" doc:"Why not."`
}

// BackupPhase is one phase of a backup.
type BackupPhase struct {
	Name   string `json:"name" doc:"The phase." example:"history"`
	State  string `json:"state" doc:"pending, running, complete, incomplete or unsupported." example:"complete"`
	Done   int64  `json:"done" doc:"How many are done." example:"1240"`
	Total  int64  `json:"total" doc:"How many there are, 0 while that is not known." example:"1240"`
	Failed int64  `json:"failed" doc:"How many could not be read." example:"0"`
}

// BackupType is an object type in a backup.
type BackupType struct {
	ID       string `json:"id" doc:"The id of the object type." example:"23"`
	Name     string `json:"name" doc:"Its name." example:"Server"`
	ParentID string `json:"parentId,omitempty" doc:"The id of its parent, missing at the root." example:"21"`
	Objects  int64  `json:"objects" doc:"The number of its objects." example:"310"`
}

// BackupList is a page of backups.
type BackupList struct {
	Items []Backup `json:"items" doc:"The backups of this page, newest first."`
	Next  string   `json:"next,omitempty" doc:"The cursor of the next page; missing on the last one."`
	Total int64    `json:"total" doc:"How many backups the filter matches. Without a date filter only the latest 50 are shown and counted." example:"42"`
}

// BackupOrder asks for a backup.
type BackupOrder struct {
	Description string   `json:"description,omitempty" maxLength:"1000" doc:"What the person wants to remember about it." example:"before the clean-up"`
	Phases      []string `json:"phases,omitempty" maxItems:"5" uniqueItems:"true" enum:"history,comments,attachments,avatars,issues" doc:"What to back up beside the objects. Left out: what the service does by default."`
}

// BackupStarted is a backup that was asked for.
type BackupStarted struct {
	Run      Run    `json:"run" doc:"The run that makes it."`
	BackupID string `json:"backupId" doc:"The backup." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a11"`
}

// BackupChange changes what can be changed of a backup.
type BackupChange struct {
	Description string `json:"description" maxLength:"1000" doc:"The new description; empty removes it." example:"before the clean-up"`
}
