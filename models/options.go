package models

import (
	"context"
	"time"

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

// Dialect is SQLite or Postgres.
func (db *DB) Dialect() string { return db.dialect }

// Ping asks whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return errUnfinished }

// Pending says whether migrations wait to be applied. A database of a later version is refused with ErrNewerSchema.
func (db *DB) Pending(ctx context.Context) (bool, error) { return false, errUnfinished }

// OpenWith opens a database.
func OpenWith(ctx context.Context, o Options) (*DB, error) { return nil, errUnfinished }
