package models

import (
	"context"
	"testing"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Abandon makes the holder of a run one that is gone.
func Abandon(t *testing.T, db *DB, id string) {
	t.Helper()
	if err := db.gorm.Exec("UPDATE runs SET lease_until = ? WHERE id = ?", now(), id).Error; err != nil {
		t.Fatal(err)
	}
}

// Elsewhere makes the holder of a run a process of another machine, so that only time can end its lease.
func Elsewhere(t *testing.T, db *DB, id string) { t.Helper(); elsewhere(t, db, id) }

// Gone makes the holder of a run a process of this machine that is gone. It is false where that cannot be told.
func Gone(t *testing.T, db *DB, id string) bool {
	t.Helper()
	owner := process{machine: self().machine, pid: 1<<22 + 1, started: "1"}
	if err := db.gorm.Exec("UPDATE runs SET lease_owner = ? WHERE id = ?", owner.String(), id).Error; err != nil {
		t.Fatal(err)
	}
	return self().machine != ""
}

// Gorm is the database below.
func Gorm(db *DB) *gorm.DB { return db.gorm }

// AllRows lists every row type.
func AllRows() []any {
	return []any{
		&tenantRow{}, &runRow{}, &checkpointRow{}, &journalRow{}, &logRow{}, &keysetRow{}, &installationRow{}, &tokenRow{},
		&licenceRow{}, &licenceChangeRow{}, &connectionRow{}, &targetRow{}, &schemaRow{}, &scheduleRow{}, &backupRow{},
		&planRow{}, &restoreRow{}, &partRow{}, &referenceRow{}, &keyRow{}, &auditRow{},
	}
}

// Provider is what migrates a database.
var Provider = (*DB).provider

// Imagine makes the tables in an empty database that the rows describe.
func Imagine(t *testing.T, o Options) *gorm.DB {
	t.Helper()
	var d gorm.Dialector = dialector{sqlite.Dialector{DriverName: "sqlite", DSN: sqliteDSN(o.Path)}}
	if o.Path == "" {
		p, err := postgresDialector(o.URL)
		if err != nil {
			t.Fatal(err)
		}
		d = p
	}
	g, err := gorm.Open(d, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if pool, err := g.DB(); err == nil {
			_ = pool.Close()
		}
	})
	if err := g.Migrator().CreateTable(AllRows()...); err != nil {
		t.Fatal(err)
	}
	return g
}

// MakeOldest moves a run to the front of those that want its target.
func MakeOldest(t *testing.T, tenant *Tenant, id string) {
	t.Helper()
	place(t, tenant, id, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
}

// MakeYoungest moves a run to the end of those that want its target.
func MakeYoungest(t *testing.T, tenant *Tenant, id string) {
	t.Helper()
	place(t, tenant, id, time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC))
}

func place(t *testing.T, tenant *Tenant, id string, at time.Time) {
	t.Helper()
	if err := tenant.row(tenant.db.gorm.Model(&runRow{}), id).Update("queued_at", at).Error; err != nil {
		t.Fatal(err)
	}
}

// Statement is one that was run.
type Statement struct{ SQL string }

// Recorded is the same database, whose statements are written down with their values in place.
func Recorded(db *DB) (*DB, *[]Statement) {
	r := &recorder{}
	copied := *db
	copied.gorm = db.gorm.Session(&gorm.Session{Logger: r})
	return &copied, &r.statements
}

type recorder struct{ statements []Statement }

func (r *recorder) LogMode(logger.LogLevel) logger.Interface { return r }
func (r *recorder) Info(context.Context, string, ...any)     {}
func (r *recorder) Warn(context.Context, string, ...any)     {}
func (r *recorder) Error(context.Context, string, ...any)    {}
func (r *recorder) Trace(_ context.Context, _ time.Time, fc func() (string, int64), _ error) {
	sql, _ := fc()
	r.statements = append(r.statements, Statement{SQL: sql})
}
