package models

import (
	"context"
	"time"

	"stowage/internal/redact"
)

// The states of an installation.
const (
	Installed   = "installed"
	Enabled     = "enabled"
	Disabled    = "disabled"
	Uninstalled = "uninstalled"
)

// Installation is how the app came to a tenant.
type Installation struct {
	TenantID string
	// Product is "connect", or "local" for a tenant that was not installed by a host.
	Product   string
	ClientKey string
	BaseURL   string
	// DisplayURL is the address people know, where it differs.
	DisplayURL string
	CloudID    string
	// State is Installed, Enabled, Disabled or Uninstalled.
	State        string
	SharedSecret redact.Secret
	Entitlement  string
	InstalledAt  time.Time
	UpdatedAt    time.Time
	// UninstalledAt and PurgeAt are zero unless the app was uninstalled.
	UninstalledAt time.Time
	PurgeAt       time.Time
	// PurgedAt is zero unless everything of the tenant was deleted.
	PurgedAt time.Time
}

// InstallSpec is what a host says when it installs the app.
type InstallSpec struct {
	Product      string
	ClientKey    string
	BaseURL      string
	DisplayURL   string
	CloudID      string
	SharedSecret redact.Secret
	Entitlement  string
}

// Install records an installation, or the renewal of one: the latest secret and addresses win. Within the grace period
// after an uninstallation everything of the tenant is found again; after it the client key gets a new tenant. First says
// that the tenant is new.
func (db *DB) Install(ctx context.Context, spec InstallSpec) (inst Installation, first bool, err error) {
	return Installation{}, false, errUnfinished
}

// FindInstallation returns the installation of a client key in any state, or ErrNotFound.
func (db *DB) FindInstallation(ctx context.Context, clientKey string) (Installation, error) {
	return Installation{}, errUnfinished
}

// PurgesDue lists the tenants whose grace period is over.
func (db *DB) PurgesDue(ctx context.Context, at time.Time, limit int) ([]string, error) {
	return nil, errUnfinished
}

// Installation returns the installation of the tenant, or ErrNotFound for one that was not installed.
func (t *Tenant) Installation(ctx context.Context) (Installation, error) {
	return Installation{}, errUnfinished
}

// SetInstallationState records that the app was enabled or disabled. It fails with ErrConflict when the app is
// uninstalled: only Install brings it back.
func (t *Tenant) SetInstallationState(ctx context.Context, state string) error { return errUnfinished }

// Uninstall records that the app was uninstalled: queued runs end, those that are worked on are asked to stop, schedules
// are suspended, and at purgeAt everything is to be deleted. Doing it again changes nothing.
func (t *Tenant) Uninstall(ctx context.Context, purgeAt time.Time) error { return errUnfinished }

// Purge deletes the keys of the tenant, which makes its secrets unreadable, and then everything else but a row that says
// so and the run of kind KindPurge. It may be repeated after an interruption.
func (t *Tenant) Purge(ctx context.Context) error { return errUnfinished }
