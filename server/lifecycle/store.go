package lifecycle

import (
	"context"
	"time"

	"stowage/models"
)

// Store is what is remembered of tenants. FromDB makes one.
type Store interface {
	Install(ctx context.Context, spec models.InstallSpec) (inst models.Installation, first bool, err error)
	FindInstallation(ctx context.Context, clientKey string) (models.Installation, error)
	UseToken(ctx context.Context, signatureHash string, until time.Time) (fresh bool, err error)
	TokenUsed(ctx context.Context, signatureHash string) (bool, error)
	Installation(ctx context.Context, tenantID string) (models.Installation, error)
	SetInstallationState(ctx context.Context, tenantID, state string) error
	Licence(ctx context.Context, tenantID string) (models.Licence, error)
	SetLicence(ctx context.Context, tenantID string, l models.Licence) (changed bool, err error)
	Audit(ctx context.Context, tenantID string, e models.AuditEntry) error
}

// FromDB makes a Store of a database.
func FromDB(db *models.DB) Store { return database{db} }

type database struct{ *models.DB }

func (d database) Installation(ctx context.Context, tenantID string) (models.Installation, error) {
	return d.ForTenant(tenantID).Installation(ctx)
}

func (d database) SetInstallationState(ctx context.Context, tenantID, state string) error {
	return d.ForTenant(tenantID).SetInstallationState(ctx, state)
}

func (d database) Licence(ctx context.Context, tenantID string) (models.Licence, error) {
	return d.ForTenant(tenantID).Licence(ctx)
}

func (d database) SetLicence(ctx context.Context, tenantID string, l models.Licence) (changed bool, err error) {
	return d.ForTenant(tenantID).SetLicence(ctx, l)
}

func (d database) Audit(ctx context.Context, tenantID string, e models.AuditEntry) error {
	return d.ForTenant(tenantID).Audit(ctx, e)
}
