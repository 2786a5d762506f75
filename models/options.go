package models

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"stowage/internal/redact"
	"stowage/internal/seal"
)

// Options say which database is opened and how.
type Options struct {
	// Path is the file of a SQLite database, made when it is absent.
	Path string
	// URL is the address of a Postgres database: postgres://user:password@host/name. Exactly one of Path and URL is given.
	URL redact.Secret
	// Seal encrypts the secrets in the rows. Without it none can be stored or read.
	Seal *seal.Master
	// Now replaces the clock. Without it SQLite goes by this machine's clock and the leases on Postgres by the clock of
	// the database, which is the same for all.
	Now func() time.Time
	// MaxConns bounds the open connections of this process; 0 means a default that suits the dialect.
	MaxConns int
}

// The dialects.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// How many connections one process opens when nobody says. SQLite has one writer at a time; the others read.
const (
	sqliteConns   = 4
	postgresConns = 16
)

// idleConn is how long a connection to Postgres is kept that nobody uses.
const idleConn = 5 * time.Minute

// OpenWith opens a database.
func OpenWith(ctx context.Context, o Options) (*DB, error) {
	db := &DB{seal: o.Seal, clock: o.Now}
	var dial gorm.Dialector
	conns := o.MaxConns
	switch {
	case (o.Path == "") == o.URL.IsZero():
		return nil, errors.New("open the database: exactly one of a path and an address is needed")
	case o.Path != "":
		abs, err := filepath.Abs(o.Path)
		if err != nil {
			return nil, fmt.Errorf("open the database: %w", err)
		}
		if err := prepareFile(abs); err != nil {
			return nil, err
		}
		db.dialect, dial = SQLite, dialector{sqlite.Dialector{DriverName: "sqlite", DSN: sqliteDSN(abs)}}
		if conns == 0 {
			conns = sqliteConns
		}
	default:
		d, err := postgresDialector(o.URL)
		if err != nil {
			return nil, fmt.Errorf("open the database: %w", err)
		}
		db.dialect, dial = Postgres, d
		if conns == 0 {
			conns = postgresConns
		}
	}
	g, err := gorm.Open(dial, &gorm.Config{
		SkipDefaultTransaction: true, // transactions are opened where they are meant
		DisableAutomaticPing:   true, // ours below has a context
		TranslateError:         true,
		Logger:                 logger.Discard, // errors are returned; queries may hold names of people
		NowFunc:                db.now,
	})
	if err != nil {
		err, _ = diskTrouble(err)
		return nil, fmt.Errorf("open the database: %w", translate(err))
	}
	pool, err := g.DB()
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	if db.dialect == Postgres {
		pool.SetConnMaxIdleTime(idleConn)
	}
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("open the database: %w", translate(err))
	}
	db.gorm = g
	return db, nil
}
