package models

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	sqlitedriver "modernc.org/sqlite"

	"stowage/internal/redact"
)

// postgresDialector opens Postgres through pgx, with times in UTC.
func postgresDialector(address redact.Secret) (*postgres.Dialector, error) {
	config, err := pgx.ParseConfig(address.Reveal())
	if err != nil {
		// The library's own words may quote the address, and with it the password.
		return nil, errors.New("the address of the database is not one of Postgres")
	}
	config.RuntimeParams["timezone"] = "UTC"
	// A process that is suspended in the middle of a transaction keeps its locks, and whoever takes its runs over would wait
	// for as long as it sleeps. The server ends such a transaction; those of this package take milliseconds between two
	// statements.
	if config.RuntimeParams["idle_in_transaction_session_timeout"] == "" {
		config.RuntimeParams["idle_in_transaction_session_timeout"] = "10s"
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "stowage"
	}
	return &postgres.Dialector{Config: &postgres.Config{Conn: stdlib.OpenDB(*config)}}, nil
}

// States of Postgres: https://www.postgresql.org/docs/current/errcodes-appendix.html.
const (
	pgConnectionClass   = "08"
	pgInterventionClass = "57P"
	pgDiskFull          = "53100"
	pgTooMany           = "53300"
	pgSerialization     = "40001"
	pgDeadlock          = "40P01"
	// pgIdle ends the transaction of a process that was suspended in the middle of it, see above.
	pgIdle = "25P03"
	// pgReadOnly is the answer of a server that was the first and is not any more.
	pgReadOnly = "25006"
)

// passingStates are those in which the same question may go well later, on a new connection.
var passingStates = []string{pgTooMany, pgSerialization, pgDeadlock, pgIdle, pgReadOnly}

// Primary result codes of SQLite for a database that somebody else is using.
const (
	sqliteBusy   = 5
	sqliteLocked = 6
)

// away says whether an error means that the database could not be reached or was too busy.
func away(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false // it was us who hung up
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(e.Code, pgConnectionClass) || strings.HasPrefix(e.Code, pgInterventionClass) ||
			slices.Contains(passingStates, e.Code)
	}
	if e, ok := errors.AsType[*sqlitedriver.Error](err); ok {
		return e.Code()&0xff == sqliteBusy || e.Code()&0xff == sqliteLocked
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	for _, broken := range []error{driver.ErrBadConn, pgconn.ErrConnClosed, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return false
}

// filled says whether an error means that the disk of a Postgres server is full.
func filled(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == pgDiskFull
}

// storable makes a text of others one that every dialect stores: Postgres takes neither NUL nor broken UTF-8.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
