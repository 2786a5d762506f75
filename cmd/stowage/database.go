package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"stowage/models"
)

// openRuns opens the embedded database of the data directory, making it on first use.
func openRuns(ctx context.Context, data string) (*models.DB, *models.Tenant, error) {
	path := filepath.Join(data, "stowage.db")
	db, err := models.Open(ctx, path)
	if err != nil {
		return nil, nil, explainFull(fmt.Errorf("database %s: %w", path, err))
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, nil, errors.Join(explainFull(fmt.Errorf("database %s: %w", path, err)), db.Close())
	}
	return db, db.ForTenant(tenant), nil
}

// explainBusy says who holds a run.
func explainBusy(err error) error {
	if busy, ok := errors.AsType[*models.BusyError](err); ok {
		return fmt.Errorf("the same command is running already, as process %d: wait for it, or stop it first", busy.PID)
	}
	return err
}
