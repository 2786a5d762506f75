package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"stowage/cmd/stowage/service"
	"stowage/models"
)

// auditCmd looks after the audit log of the service.
type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check that no line of the audit log was changed, added or deleted."`
}

// auditVerifyCmd reads the audit logs of all tenants.
type auditVerifyCmd struct {
	Data string `help:"Directory of the embedded database (default: STOWAGE_DATA, or ~/.local/share/stowage); STOWAGE_DATABASE_URL names a Postgres instead." placeholder:"DIR"`
}

// Run implements the command.
func (c *auditVerifyCmd) Run(a *app) (err error) {
	at, err := databaseBy(a, c.Data)
	if err != nil {
		return err
	}
	db, err := existing(a, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tenants, err := db.Tenants(a.ctx)
	if err != nil {
		return err
	}
	lines, broken := 0, 0
	for _, id := range tenants {
		n, err := db.ForTenant(id).VerifyAudit(a.ctx)
		if tampered, ok := errors.AsType[*models.TamperedError](err); ok {
			broken++
			fmt.Fprintf(a.stdout, "Tenant %s, line %d: %s.\n", id, tampered.Seq, tampered.Reason)
			continue
		}
		if err != nil {
			return fmt.Errorf("tenant %s: %w", id, err)
		}
		lines += int(n)
	}
	if broken > 0 {
		return fmt.Errorf("somebody has changed the audit log of %d of %s; what stands before the line that is named is as it was written", broken, counted(len(tenants), "tenant"))
	}
	fmt.Fprintf(a.stdout, "The audit log is as it was written: %s of %s.\n", counted(lines, "line"), counted(len(tenants), "tenant"))
	return nil
}

// existing opens a database that is there, of this version.
func existing(a *app, at service.Database) (*models.DB, error) {
	if at.Path != "" {
		if _, err := os.Stat(at.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no database %s: say with --data where it is, or with %s", at.Path, envDatabase)
		}
	}
	db, err := models.OpenWith(a.ctx, models.Options{Path: at.Path, URL: at.URL})
	if err != nil {
		return nil, err
	}
	pending, err := db.Pending(a.ctx)
	if err == nil && pending {
		err = errors.New("the database is of an earlier version: run stowage migrate")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
