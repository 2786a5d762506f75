package models

import (
	"context"
	"time"
)

// InstanceSeen is an instance whose schemas were read.
type InstanceSeen struct {
	// ID is the target, or "" for the site of the connection.
	ID          string
	URL         string
	Location    string
	WorkspaceID string
}

// SchemaSeen is a schema that was read.
type SchemaSeen struct {
	SchemaID    string
	Key         string
	Name        string
	Description string
	Objects     int64
	// Error says why the schema could not be read; it then has the status SchemaSyncError.
	Error string
}

// SyncResult counts what a synchronisation changed.
type SyncResult struct{ Added, Updated, Gone int }

// SyncSchemas records the schemas of an instance as they were read at a time: new ones are added, changed ones updated,
// those that are missing become deleted, and those that are back become active again with all their backups.
func (t *Tenant) SyncSchemas(ctx context.Context, instance InstanceSeen, seen []SchemaSeen, at time.Time) (SyncResult, error) {
	return SyncResult{}, errUnfinished
}
