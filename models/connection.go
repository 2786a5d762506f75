package models

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"stowage/internal/redact"
)

type connectionRow struct {
	TenantID      string `gorm:"primaryKey;not null"`
	ID            string `gorm:"not null"`
	SiteURL       string `gorm:"not null"`
	APIURL        string `gorm:"column:api_url;not null"`
	WorkspaceID   string `gorm:"not null"`
	Email         string `gorm:"not null"`
	Token         []byte ``
	TokenHint     string `gorm:"not null"`
	AccountID     string `gorm:"not null"`
	AccountName   string `gorm:"not null"`
	StorageChosen bool   `gorm:"type:boolean;not null"`
	Storage       string `gorm:"not null"`
	SyncedAt      *time.Time
	CheckedAt     *time.Time
	CheckError    string    `gorm:"not null"`
	CreatedAt     time.Time `gorm:"not null"`
	UpdatedAt     time.Time `gorm:"not null"`
}

func (connectionRow) TableName() string { return "connections" }

func (row *connectionRow) connection(token redact.Secret) Connection {
	return Connection{
		ID: row.ID, SiteURL: row.SiteURL, APIURL: row.APIURL, WorkspaceID: row.WorkspaceID, Email: row.Email, Token: token,
		TokenHint: row.TokenHint, AccountID: row.AccountID, AccountName: row.AccountName, StorageChosen: row.StorageChosen,
		Storage: row.Storage, SyncedAt: known(row.SyncedAt), CheckedAt: known(row.CheckedAt), CheckError: row.CheckError,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}

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
	g := t.db.gorm.WithContext(ctx)
	var row connectionRow
	err := g.Where("tenant_id = ?", t.id).Take(&row).Error
	if err != nil {
		return Connection{}, wrapped("read the connection", err)
	}
	token, err := t.opened(g, row.Token, "connections", "token", row.ID)
	if err != nil {
		return Connection{}, wrapped("read the connection", err)
	}
	return row.connection(token), nil
}

// SaveConnection makes or replaces the connection of the tenant and returns it as it is now. An empty Token keeps the one
// that is stored; id, TokenHint and the times of creation, change and synchronisation are set here.
func (t *Tenant) SaveConnection(ctx context.Context, c Connection) (Connection, error) {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		at := t.db.now()
		var row connectionRow
		switch err := tx.Where("tenant_id = ?", t.id).Take(&row).Error; {
		case errors.Is(err, gorm.ErrRecordNotFound):
			row = connectionRow{TenantID: t.id, ID: newID(), CreatedAt: at}
		case err != nil:
			return err
		}
		row.SiteURL, row.APIURL, row.WorkspaceID, row.Email = c.SiteURL, c.APIURL, c.WorkspaceID, c.Email
		row.AccountID, row.AccountName = c.AccountID, storable(c.AccountName)
		row.StorageChosen, row.Storage = c.StorageChosen, c.Storage
		row.CheckedAt, row.CheckError, row.UpdatedAt = optional(c.CheckedAt), storable(c.CheckError), at
		if !c.Token.IsZero() {
			var err error
			if row.Token, err = t.sealed(tx, c.Token, "connections", "token", row.ID); err != nil {
				return err
			}
			row.TokenHint = hint(c.Token)
		}
		return tx.Save(&row).Error
	})
	if err != nil {
		return Connection{}, wrapped("save the connection", err)
	}
	return t.Connection(ctx)
}

// DeleteConnection deletes the connection and takes the schemas of the site from the list. Their backups stay, and are
// found again when the same schemas are seen again.
func (t *Tenant) DeleteConnection(ctx context.Context) error {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		res := tx.Where("tenant_id = ?", t.id).Delete(&connectionRow{})
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return ErrNotFound
		}
		return tx.Model(&schemaRow{}).Where("tenant_id = ? AND instance_id = ''", t.id).Update("listed", false).Error
	})
	return wrapped("delete the connection", err)
}

// SetConnectionCheck records when the connection was tried last and what went wrong; "" for nothing. It changes nothing
// else of it.
func (t *Tenant) SetConnectionCheck(ctx context.Context, at time.Time, message string) error {
	res := t.rows(ctx).Model(&connectionRow{}).Updates(map[string]any{"checked_at": exact(at), "check_error": storable(message)})
	if res.Error == nil && res.RowsAffected == 0 {
		res.Error = ErrNotFound
	}
	return wrapped("record a check of the connection", res.Error)
}
