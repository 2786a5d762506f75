package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"stowage/internal/redact"
)

type installationRow struct {
	TenantID      string    `gorm:"primaryKey;not null"`
	Product       string    `gorm:"not null"`
	ClientKey     string    `gorm:"not null;uniqueIndex:installations_by_client_key,where:client_key <> ''"`
	BaseURL       string    `gorm:"not null"`
	DisplayURL    string    `gorm:"not null"`
	CloudID       string    `gorm:"not null"`
	State         string    `gorm:"not null"`
	SharedSecret  []byte    ``
	Entitlement   string    `gorm:"not null"`
	InstalledAt   time.Time `gorm:"not null"`
	UpdatedAt     time.Time `gorm:"not null"`
	UninstalledAt *time.Time
	PurgeAt       *time.Time `gorm:"index:installations_to_purge,where:purge_at IS NOT NULL"`
	PurgedAt      *time.Time
}

func (installationRow) TableName() string { return "installations" }

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
	// InstalledAt is when the host installed the app last, which it also does to tell a new secret or address.
	InstalledAt time.Time
	UpdatedAt   time.Time
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
	// Token is the hash of the one-time signature that says so, where there is one. It is forgotten after TokenUntil.
	Token      string
	TokenUntil time.Time
}

// Install records an installation, or the renewal of one: the latest secret and addresses win. Within the grace period
// after an uninstallation everything of the tenant is found again; after it the client key gets a new tenant. First says
// that the tenant is new. It fails with ErrConflict when the token was used before; one whose installation could not be
// recorded is not used up.
func (db *DB) Install(ctx context.Context, spec InstallSpec) (inst Installation, first bool, err error) {
	err = db.inTx(ctx, func(tx *gorm.DB) error {
		if spec.Token != "" {
			fresh, err := useToken(tx, spec.Token, spec.TokenUntil)
			if err != nil {
				return err
			}
			if !fresh {
				return ErrConflict
			}
		}
		inst, first, err = db.install(tx, spec)
		return err
	})
	if err != nil {
		return Installation{}, false, wrapped("record an installation", err)
	}
	return inst, first, nil
}

func (db *DB) install(tx *gorm.DB, spec InstallSpec) (Installation, bool, error) {
	at := db.now()
	if spec.ClientKey == "" {
		return Installation{}, false, errors.New("it has no client key")
	}
	// Two callbacks for one site at the same moment wait for each other; SQLite has one writer at a time anyway.
	if db.dialect == Postgres {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 1))", spec.ClientKey).Error; err != nil {
			return Installation{}, false, err
		}
	}
	var rows []installationRow
	if err := tx.Where("client_key = ? AND client_key <> ''", spec.ClientKey).Find(&rows).Error; err != nil {
		return Installation{}, false, err
	}
	if len(rows) > 0 {
		// Whoever purges the tenant at the same moment waits, or is waited for.
		tenant, err := db.ForTenant(rows[0].TenantID).lock(tx)
		if err != nil {
			return Installation{}, false, err
		}
		if tenant.PurgedAt != nil {
			if err := tx.Model(&installationRow{}).Where("tenant_id = ?", tenant.ID).Update("client_key", "").Error; err != nil {
				return Installation{}, false, err
			}
			rows = nil
		}
	}
	first := len(rows) == 0
	if first {
		rows = []installationRow{{TenantID: newID(), ClientKey: spec.ClientKey, InstalledAt: at}}
		if err := tx.Create(&tenantRow{ID: rows[0].TenantID, CreatedAt: at}).Error; err != nil {
			return Installation{}, false, err
		}
	}
	row := &rows[0]
	if err := db.ForTenant(row.TenantID).moved(tx, row.BaseURL, spec.BaseURL); err != nil {
		return Installation{}, false, err
	}
	row.InstalledAt = at
	row.Product, row.BaseURL, row.DisplayURL, row.CloudID = spec.Product, spec.BaseURL, spec.DisplayURL, spec.CloudID
	row.Entitlement, row.State, row.UpdatedAt = spec.Entitlement, Installed, at
	row.UninstalledAt, row.PurgeAt = nil, nil
	t := db.ForTenant(row.TenantID)
	if !spec.SharedSecret.IsZero() {
		var err error
		if row.SharedSecret, err = t.sealed(tx, spec.SharedSecret, "installations", "shared_secret", t.id); err != nil {
			return Installation{}, false, err
		}
	}
	if err := tx.Save(row).Error; err != nil {
		return Installation{}, false, err
	}
	err := tx.Model(&scheduleRow{}).Where("tenant_id = ? AND suspended", t.id).Updates(map[string]any{"suspended": false, "updated_at": at}).Error
	if err != nil {
		return Installation{}, false, err
	}
	inst, err := t.installation(tx, row)
	return inst, first, err
}

func (t *Tenant) installation(tx *gorm.DB, row *installationRow) (Installation, error) {
	secret, err := t.opened(tx, row.SharedSecret, "installations", "shared_secret", t.id)
	return Installation{
		TenantID: row.TenantID, Product: row.Product, ClientKey: row.ClientKey, BaseURL: row.BaseURL, DisplayURL: row.DisplayURL,
		CloudID: row.CloudID, State: row.State, SharedSecret: secret, Entitlement: row.Entitlement, InstalledAt: row.InstalledAt.UTC(),
		UpdatedAt: row.UpdatedAt.UTC(), UninstalledAt: known(row.UninstalledAt), PurgeAt: known(row.PurgeAt), PurgedAt: known(row.PurgedAt),
	}, err
}

// FindInstallation returns the installation of a client key in any state, or ErrNotFound.
func (db *DB) FindInstallation(ctx context.Context, clientKey string) (Installation, error) {
	g := db.gorm.WithContext(ctx)
	var row installationRow
	err := g.Where("client_key = ? AND client_key <> ''", clientKey).Take(&row).Error
	if err != nil {
		return Installation{}, wrapped("find an installation", err)
	}
	inst, err := db.ForTenant(row.TenantID).installation(g, &row)
	return inst, wrapped("find an installation", err)
}

// PurgesDue lists the tenants whose grace period is over. Those for whom a purge began since begun are left out.
func (db *DB) PurgesDue(ctx context.Context, at, begun time.Time, limit int) ([]string, error) {
	if at.IsZero() {
		at = db.now()
	}
	var ids []string
	err := db.gorm.WithContext(ctx).Model(&installationRow{}).Where("purge_at IS NOT NULL AND purge_at <= ? AND purged_at IS NULL", exact(at)).
		Where("NOT "+begunSince("installations.tenant_id"), string(KindPurge), exact(begun)).
		Order("purge_at, tenant_id").Limit(max(limit, 1)).Pluck("tenant_id", &ids).Error
	return ids, wrapped("list tenants to purge", err)
}

// Installation returns the installation of the tenant, or ErrNotFound for one that was not installed.
func (t *Tenant) Installation(ctx context.Context) (Installation, error) {
	g := t.db.gorm.WithContext(ctx)
	var row installationRow
	if err := g.Where("tenant_id = ?", t.id).Take(&row).Error; err != nil {
		return Installation{}, wrapped("read the installation", err)
	}
	inst, err := t.installation(g, &row)
	return inst, wrapped("read the installation", err)
}

// SetInstallationState records that the app was enabled or disabled. It fails with ErrConflict when the app is
// uninstalled: only Install brings it back.
func (t *Tenant) SetInstallationState(ctx context.Context, state string) error {
	const verb = "record the state of the installation"
	if state != Installed && state != Enabled && state != Disabled {
		return fmt.Errorf("%s: %q is none", verb, state)
	}
	res := t.rows(ctx).Model(&installationRow{}).Where("state <> ?", Uninstalled).
		Updates(map[string]any{"state": state, "updated_at": t.db.now()})
	if res.Error != nil {
		return wrapped(verb, res.Error)
	}
	if res.RowsAffected == 0 {
		if _, err := t.Installation(ctx); err != nil {
			return err
		}
		return wrapped(verb, ErrConflict)
	}
	return nil
}

// Uninstall records that the app was uninstalled: queued runs end, those that are worked on are asked to stop, schedules
// are suspended, and at purgeAt everything is to be deleted. What is being deleted is deleted all the same. Doing it again
// changes nothing, which is what changed says.
func (t *Tenant) Uninstall(ctx context.Context, purgeAt time.Time) (changed bool, err error) {
	err = t.db.inTx(ctx, func(tx *gorm.DB) error {
		changed, err = t.uninstall(tx, purgeAt)
		return err
	})
	return changed && err == nil, wrapped("record that the app was uninstalled", err)
}

func (t *Tenant) uninstall(tx *gorm.DB, purgeAt time.Time) (changed bool, err error) {
	// In the order in which an installation takes its locks.
	if _, err := t.lock(tx); err != nil {
		return false, err
	}
	at := t.db.now()
	res := tx.Model(&installationRow{}).Where("tenant_id = ? AND state <> ?", t.id, Uninstalled).
		Updates(map[string]any{"state": Uninstalled, "uninstalled_at": at, "purge_at": exact(purgeAt), "updated_at": at})
	if res.Error != nil {
		return false, res.Error
	}
	if res.RowsAffected == 0 {
		return false, tx.Select("tenant_id").Where("tenant_id = ?", t.id).Take(&installationRow{}).Error
	}
	err = tx.Model(&scheduleRow{}).Where("tenant_id = ?", t.id).Updates(map[string]any{"suspended": true, "updated_at": at}).Error
	if err != nil {
		return false, err
	}
	var runs []string
	err = tx.Model(&runRow{}).Where("tenant_id = ? AND finished_at IS NULL AND epoch > 0 AND kind <> ?", t.id, string(KindDeleteBackup)).
		Order("id").Pluck("id", &runs).Error
	if err != nil {
		return false, err
	}
	for _, id := range runs {
		if err := t.stop(tx, id, "uninstalled", "The app was uninstalled."); err != nil {
			return false, err
		}
	}
	return true, nil
}
