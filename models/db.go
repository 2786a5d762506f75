package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"stowage/internal/seal"
)

// DB is the handle without a tenant. It may be used from several goroutines.
type DB struct {
	gorm    *gorm.DB
	dialect string
	seal    *seal.Master
	clock   func() time.Time // nil: see time
}

// Open opens the SQLite database at path, making it when it is absent. The path is a file of the local disk: the locks of
// SQLite do not hold on network file systems.
func Open(ctx context.Context, path string) (*DB, error) {
	return OpenWith(ctx, Options{Path: path})
}

// Dialect is SQLite or Postgres.
func (db *DB) Dialect() string { return db.dialect }

// Ping asks whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	pool, err := db.gorm.DB()
	if err == nil {
		err = pool.PingContext(ctx)
	}
	if err != nil {
		return fmt.Errorf("ask the database: %w", translate(err))
	}
	return nil
}

// Close closes the database. It waits for the queries that are running.
func (db *DB) Close() error {
	pool, err := db.gorm.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}

// AddTenant makes a tenant known. Adding one that is known is no error.
func (db *DB) AddTenant(ctx context.Context, id string) error {
	err := db.gorm.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&tenantRow{ID: id, CreatedAt: db.now()}).Error
	if err != nil {
		return fmt.Errorf("add tenant %s: %w", id, translate(err))
	}
	return nil
}

// Tenants lists the ids of all tenants, those whose data were deleted among them.
func (db *DB) Tenants(ctx context.Context) ([]string, error) {
	var ids []string
	err := db.gorm.WithContext(ctx).Model(&tenantRow{}).Order("id").Pluck("id", &ids).Error
	return ids, wrapped("list tenants", err)
}

// ForTenant returns the handle through which everything of one tenant is asked. It does no I/O: a tenant that is not
// known has no rows, and adding some for it fails with ErrNotFound.
func (db *DB) ForTenant(id string) *Tenant { return &Tenant{db: db, id: id} }

// inTx runs fn in one transaction, or in a part of the one it is in already. Nothing slow may happen inside: on SQLite it
// holds the only writer.
func (db *DB) inTx(ctx context.Context, fn func(tx *gorm.DB) error) error {
	return db.gorm.WithContext(ctx).Transaction(fn)
}

// InTx runs fn with a handle of the same tenant, all of whose changes become durable together when fn returns nil, or not
// at all. Such transactions of one tenant wait for each other, and for whatever else locks the tenant: an installation, its
// end, a synchronisation. Nothing slow may happen inside, and fn returns the first error it meets.
func (t *Tenant) InTx(ctx context.Context, fn func(t *Tenant) error) error {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		// The audit log that most of them write locks the tenant anyway. Those that did so last and those that do so first
		// would wait for each other for ever.
		if err := t.await(tx); err != nil {
			return err
		}
		return fn(t.within(tx))
	})
	return translate(err)
}

// within is the same tenant, in a transaction.
func (t *Tenant) within(tx *gorm.DB) *Tenant {
	db := *t.db
	db.gorm = tx
	return &Tenant{db: &db, id: t.id}
}

// row begins a query of one row of the tenant by its id.
func (t *Tenant) row(tx *gorm.DB, id string) *gorm.DB {
	return tx.Where("tenant_id = ? AND id = ?", t.id, id)
}
