package models

import (
	"context"
	"encoding/json"
	"time"
)

// The parts that can be restored after a restore.
const (
	PartComments     = "comments"
	PartObjectTypeID = "objectTypeId"
	PartIssues       = "issues"
	PartAttachments  = "attachments"
)

// The states of a part.
const (
	PartPending    = "Pending"
	PartInProgress = "In progress"
	PartSuccess    = "Success"
	PartError      = "Error"
)

// RestorePart is what was restored after a restore, of one kind.
type RestorePart struct {
	Part      string
	State     string
	StartedAt time.Time
	EndedAt   time.Time
	Message   string
	Details   json.RawMessage
}

// SetRestorePart makes or replaces a part of a restore. It fails with ErrNotFound when there is no such restore.
func (t *Tenant) SetRestorePart(ctx context.Context, restoreID string, p RestorePart) error {
	return errUnfinished
}

// RestoreParts lists the parts of a restore.
func (t *Tenant) RestoreParts(ctx context.Context, restoreID string) ([]RestorePart, error) {
	return nil, errUnfinished
}

// ReferenceRestore is one restoration of references between schemas.
type ReferenceRestore struct {
	ID        string
	RestoreID string
	// Schemas are the ids of the schemas whose references are restored.
	Schemas   []string
	Outbound  bool
	State     string
	StartedAt time.Time
	EndedAt   time.Time
	Message   string
	RunID     string
	CreatedAt time.Time
}

// CreateReferenceRestore adds one and returns it with its id. It fails with ErrNotFound when there is no such restore.
func (t *Tenant) CreateReferenceRestore(ctx context.Context, r ReferenceRestore) (ReferenceRestore, error) {
	return ReferenceRestore{}, errUnfinished
}

// SetReferenceRestore changes the state, the times, the message and the run of one.
func (t *Tenant) SetReferenceRestore(ctx context.Context, r ReferenceRestore) error {
	return errUnfinished
}

// ReferenceRestores lists those of a restore, the newest first.
func (t *Tenant) ReferenceRestores(ctx context.Context, restoreID string) ([]ReferenceRestore, error) {
	return nil, errUnfinished
}
