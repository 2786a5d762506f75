package models

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// migrateAttempts bounds how often Migrate looks again after another process was migrating at the same moment.
const migrateAttempts = 50

// Migrate brings the schema of the database to this version. Several processes may call it at the same time. A database
// of a later version is refused with ErrNewerSchema.
func (db *DB) Migrate(ctx context.Context) error {
	p, err := db.provider()
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	for attempt := 1; ; attempt++ {
		wait, err := pending(ctx, p)
		if err == nil && wait {
			_, err = p.Up(ctx)
		}
		if err == nil {
			return nil
		}
		named, trouble := diskTrouble(err)
		// Each migration is one transaction, so another process that was quicker makes ours fail as a whole; look again.
		if trouble || errors.Is(err, ErrNewerSchema) || attempt == migrateAttempts || ctx.Err() != nil {
			return fmt.Errorf("migrate the database: %w", translate(named))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Pending says whether migrations wait to be applied. A database of a later version is refused with ErrNewerSchema.
func (db *DB) Pending(ctx context.Context) (bool, error) {
	p, err := db.provider()
	if err != nil {
		return false, fmt.Errorf("look at the migrations: %w", err)
	}
	wait, err := pending(ctx, p)
	if err != nil {
		return false, fmt.Errorf("look at the migrations: %w", translate(err))
	}
	return wait, nil
}

func pending(ctx context.Context, p *goose.Provider) (bool, error) {
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return false, err
	}
	if current > target {
		return false, fmt.Errorf("%w: it has schema %d, this program knows %d", ErrNewerSchema, current, target)
	}
	return current < target, nil
}

func (db *DB) provider() (*goose.Provider, error) {
	pool, err := db.gorm.DB()
	if err != nil {
		return nil, err
	}
	dir, err := fs.Sub(migrations, "migrations/"+db.dialect)
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger())}
	dialect := goose.DialectSQLite3
	if db.dialect == Postgres {
		dialect = goose.DialectPostgres
		// Processes that start at the same moment wait for each other.
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, pool, dir, options...)
}
