package models

import (
	"context"
	"time"
)

// Where an instance stands.
const (
	LocationCloud        = "Cloud"
	LocationAnotherCloud = "Another Cloud"
	LocationDataCenter   = "Data Center"
)

// The states of a schema.
const (
	SchemaActive    = "Active"
	SchemaInactive  = "Inactive"
	SchemaDeleted   = "Deleted"
	SchemaSyncError = "Sync Error"
)

// Schema is a schema that was seen on an instance.
type Schema struct {
	// ID is our own; SchemaID is the site's.
	ID string
	// InstanceID is the target on which it was seen, or "" for the site of the connection.
	InstanceID  string
	InstanceURL string
	Location    string
	WorkspaceID string
	SchemaID    string
	Key         string
	Name        string
	Description string
	Objects     int64
	// Status is SchemaActive, SchemaInactive, SchemaDeleted or SchemaSyncError.
	Status    string
	SyncError string
	SyncedAt  time.Time
	// LastBackupID is the last good backup.
	LastBackupID      string
	LastBackupAt      time.Time
	LastBackupError   string
	LastBackupErrorAt time.Time
	// Run is its backup that is not at its end, or nil.
	Run *RunInfo
	// NextBackupAt is zero when no schedule is on.
	NextBackupAt time.Time
}

// SchemaFilter narrows a list of schemas. The zero value narrows nothing.
type SchemaFilter struct {
	// Query is part of the name, in any case.
	Query    string
	Status   string
	Location string
	// Instance is the id of an instance as Instances names it.
	Instance    string
	HideDeleted bool
	Cursor      string
	Limit       int
}

// CurrentInstance is the id by which Instances and SchemaFilter name the site of the connection.
const CurrentInstance = "current"

// Instance is a place on which schemas were seen.
type Instance struct {
	// ID is CurrentInstance or the id of a target.
	ID       string
	Name     string
	URL      string
	Location string
}

// Schemas lists schemas by name.
func (t *Tenant) Schemas(ctx context.Context, f SchemaFilter) (Page[Schema], error) {
	return Page[Schema]{}, errUnfinished
}

// Schema returns one schema, or ErrNotFound. One that was taken from the list is found as well.
func (t *Tenant) Schema(ctx context.Context, id string) (Schema, error) {
	return Schema{}, errUnfinished
}

// Instances lists the places on which the listed schemas were seen.
func (t *Tenant) Instances(ctx context.Context) ([]Instance, error) { return nil, errUnfinished }

// ForgetSchema takes a schema from the list. One that is deleted on the site is forgotten with its backups' rows and its
// schedule; another appears again when it is seen again. It fails with ErrConflict while a run is at work on it.
func (t *Tenant) ForgetSchema(ctx context.Context, id string) error { return errUnfinished }
