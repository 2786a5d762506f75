package models

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrateAttempts bounds how often Migrate looks again after another process was migrating at the same moment.
const migrateAttempts = 50

// Migrate brings the schema of the database to this version. Several processes may call it at the same time. A database
// of a later version is refused with ErrNewerSchema.
func (db *DB) Migrate(ctx context.Context) error {
	pool, err := db.gorm.DB()
	if err != nil {
		return err
	}
	dir, err := fs.Sub(migrations, "migrations/"+db.dialect)
	if err != nil {
		return err
	}
	dialects := map[string]goose.Dialect{"sqlite": goose.DialectSQLite3}
	for attempt := 1; ; attempt++ {
		p, err := goose.NewProvider(dialects[db.dialect], pool, dir, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
		if err != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
		var current, target int64
		if current, target, err = p.GetVersions(ctx); err == nil {
			if current > target {
				return fmt.Errorf("migrate the database: %w: it has schema %d, this program knows %d", ErrNewerSchema, current, target)
			}
			if current == target {
				return nil
			}
			_, err = p.Up(ctx)
		}
		if err == nil {
			return nil
		}
		if named, trouble := diskTrouble(err); trouble {
			return fmt.Errorf("migrate the database: %w", named)
		}
		// Each migration is one transaction, so another process that was quicker makes ours fail as a whole; look again.
		if attempt == migrateAttempts || ctx.Err() != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
