package models

import (
	"context"
	"time"

	"stowage/internal/redact"
)

// Target is another instance, to which backups can be migrated.
type Target struct {
	ID string
	// Name is the tenant's own; no two targets of a tenant have the same.
	Name string
	// Location is LocationCloud or LocationDataCenter.
	Location    string
	URL         string
	APIURL      string
	WorkspaceID string
	Email       string
	Token       redact.Secret
	TokenHint   string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Targets lists the targets of the tenant by name, without their tokens.
func (t *Tenant) Targets(ctx context.Context) ([]Target, error) { return nil, errUnfinished }

// Target returns one target with its token, or ErrNotFound.
func (t *Tenant) Target(ctx context.Context, id string) (Target, error) {
	return Target{}, errUnfinished
}

// CreateTarget adds a target and returns it with its id. It fails with ErrConflict when the name is taken.
func (t *Tenant) CreateTarget(ctx context.Context, target Target) (Target, error) {
	return Target{}, errUnfinished
}

// UpdateTarget replaces a target; an empty Token keeps the one that is stored. It fails with ErrConflict when the name is
// taken and with ErrNotFound when there is no such target.
func (t *Tenant) UpdateTarget(ctx context.Context, target Target) (Target, error) {
	return Target{}, errUnfinished
}

// DeleteTarget deletes a target. The schemas seen on it become inactive.
func (t *Tenant) DeleteTarget(ctx context.Context, id string) error { return errUnfinished }
