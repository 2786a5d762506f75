package models

import (
	"context"
	"time"

	"stowage/internal/redact"
)

// Connection is how the service reaches the site of a tenant.
type Connection struct {
	ID          string
	SiteURL     string
	APIURL      string
	WorkspaceID string
	Email       string
	Token       redact.Secret
	// TokenHint is the end of the token, by which people tell tokens apart.
	TokenHint   string
	AccountID   string
	AccountName string
	// StorageChosen says that Storage was chosen by somebody.
	StorageChosen bool
	Storage       string
	SyncedAt      time.Time
	CheckedAt     time.Time
	CheckError    string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Connection returns the connection of the tenant with its token, or ErrNotFound.
func (t *Tenant) Connection(ctx context.Context) (Connection, error) {
	return Connection{}, errUnfinished
}

// SaveConnection makes or replaces the connection of the tenant and returns it as it is now. An empty Token keeps the one
// that is stored; id, TokenHint and the times of creation, change and synchronisation are set here.
func (t *Tenant) SaveConnection(ctx context.Context, c Connection) (Connection, error) {
	return Connection{}, errUnfinished
}

// DeleteConnection deletes the connection and takes the schemas of the site from the list. Their backups stay, and are
// found again when the same schemas are seen again.
func (t *Tenant) DeleteConnection(ctx context.Context) error { return errUnfinished }
