package models

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

// maxConnections bounds the open connections of one process. SQLite has one writer at a time; the others read.
const maxConnections = 4

// DB is the handle without a tenant. It may be used from several goroutines.
type DB struct {
	gorm    *gorm.DB
	dialect string
}

// Open opens the SQLite database at path, making it when it is absent. The path is a file of the local disk: the locks of
// SQLite do not hold on network file systems.
func Open(ctx context.Context, path string) (*DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := prepareFile(abs); err != nil {
		return nil, err
	}
	g, err := gorm.Open(dialector{sqlite.Dialector{DriverName: "sqlite", DSN: sqliteDSN(abs)}}, &gorm.Config{
		SkipDefaultTransaction: true, // transactions are opened where they are meant
		TranslateError:         true,
		Logger:                 logger.Discard, // errors are returned; queries may hold names of people
		NowFunc:                now,
	})
	if err != nil {
		err, _ = diskTrouble(err)
		return nil, fmt.Errorf("open the database: %w", err)
	}
	pool, err := g.DB()
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return &DB{gorm: g, dialect: "sqlite"}, nil
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
	err := db.gorm.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&tenantRow{ID: id, CreatedAt: now()}).Error
	if err != nil {
		return fmt.Errorf("add tenant %s: %w", id, translate(err))
	}
	return nil
}

// ForTenant returns the handle through which everything of one tenant is asked. It does no I/O: a tenant that is not
// known has no rows, and adding some for it fails with ErrNotFound.
func (db *DB) ForTenant(id string) *Tenant { return &Tenant{db: db, id: id} }

// inTx runs fn in one transaction. Nothing slow may happen inside: on SQLite it holds the only writer.
func (db *DB) inTx(ctx context.Context, fn func(tx *gorm.DB) error) error {
	return db.gorm.WithContext(ctx).Transaction(fn)
}

// now is the time as the database keeps it: UTC, in whole milliseconds.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
