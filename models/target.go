package models

import (
	"context"
	"time"

	"gorm.io/gorm"

	"stowage/internal/redact"
)

type targetRow struct {
	TenantID    string    `gorm:"primaryKey;not null;uniqueIndex:targets_by_name,priority:1"`
	ID          string    `gorm:"primaryKey;not null"`
	Name        string    `gorm:"not null;uniqueIndex:targets_by_name,priority:2"`
	Location    string    `gorm:"not null"`
	URL         string    `gorm:"not null"`
	APIURL      string    `gorm:"column:api_url;not null"`
	WorkspaceID string    `gorm:"not null"`
	Email       string    `gorm:"not null"`
	Token       []byte    ``
	TokenHint   string    `gorm:"not null"`
	CreatedAt   time.Time `gorm:"not null"`
	UpdatedAt   time.Time `gorm:"not null"`
}

func (targetRow) TableName() string { return "targets" }

func (row *targetRow) target(token redact.Secret) Target {
	return Target{
		ID: row.ID, Name: row.Name, Location: row.Location, URL: row.URL, APIURL: row.APIURL, WorkspaceID: row.WorkspaceID,
		Email: row.Email, Token: token, TokenHint: row.TokenHint, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}

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
func (t *Tenant) Targets(ctx context.Context) ([]Target, error) {
	var rows []targetRow
	if err := t.rows(ctx).Omit("token").Order("name, id").Find(&rows).Error; err != nil {
		return nil, wrapped("list targets", err)
	}
	targets := make([]Target, len(rows))
	for i := range rows {
		targets[i] = rows[i].target(redact.Secret{})
	}
	return targets, nil
}

// Target returns one target with its token, or ErrNotFound.
func (t *Tenant) Target(ctx context.Context, id string) (Target, error) {
	g := t.db.gorm.WithContext(ctx)
	var row targetRow
	if err := t.row(g, id).Take(&row).Error; err != nil {
		return Target{}, wrapped("read target "+id, err)
	}
	token, err := t.opened(g, row.Token, "targets", "token", row.ID)
	if err != nil {
		return Target{}, wrapped("read target "+id, err)
	}
	return row.target(token), nil
}

// CreateTarget adds a target and returns it with its id. It fails with ErrConflict when the name is taken.
func (t *Tenant) CreateTarget(ctx context.Context, target Target) (Target, error) {
	at := t.db.now()
	row := targetRow{TenantID: t.id, ID: newID(), CreatedAt: at}
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		if err := t.fillTarget(tx, &row, target, at); err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return Target{}, wrapped("create a target", err)
	}
	return row.target(target.Token), nil
}

func (t *Tenant) fillTarget(tx *gorm.DB, row *targetRow, target Target, at time.Time) (err error) {
	row.Name, row.Location, row.URL, row.APIURL = storable(target.Name), target.Location, target.URL, target.APIURL
	row.WorkspaceID, row.Email, row.UpdatedAt = target.WorkspaceID, target.Email, at
	if !target.Token.IsZero() {
		row.TokenHint = hint(target.Token)
		row.Token, err = t.sealed(tx, target.Token, "targets", "token", row.ID)
	}
	return err
}

// UpdateTarget replaces a target; an empty Token keeps the one that is stored. It fails with ErrConflict when the name is
// taken and with ErrNotFound when there is no such target.
func (t *Tenant) UpdateTarget(ctx context.Context, target Target) (Target, error) {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		var row targetRow
		if err := t.row(tx, target.ID).Take(&row).Error; err != nil {
			return err
		}
		if err := t.fillTarget(tx, &row, target, t.db.now()); err != nil {
			return err
		}
		return t.row(tx, target.ID).Select("*").Updates(&row).Error
	})
	if err != nil {
		return Target{}, wrapped("update target "+target.ID, err)
	}
	return t.Target(ctx, target.ID)
}

// DeleteTarget deletes a target. The schemas seen on it become inactive.
func (t *Tenant) DeleteTarget(ctx context.Context, id string) error {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		res := t.row(tx, id).Delete(&targetRow{})
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return ErrNotFound
		}
		return tx.Model(&schemaRow{}).Where("tenant_id = ? AND instance_id = ? AND status <> ?", t.id, id, SchemaDeleted).
			Update("status", SchemaInactive).Error
	})
	return wrapped("delete target "+id, err)
}
