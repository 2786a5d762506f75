package service

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"stowage"
	"stowage/atlassian/connect"
	"stowage/internal/redact"
	"stowage/internal/seal"
	"stowage/models"
	"stowage/snapshot"
)

// The roles of a process.
const (
	RoleAll    = "all"
	RoleWeb    = "web"
	RoleWorker = "worker"
)

// Database names a database: Postgres by its address, or SQLite by its file.
type Database struct {
	URL  redact.Secret
	Path string
}

// open opens the database with the key that seals what is secret in it.
func (d Database) open(ctx context.Context, master *seal.Master) (*models.DB, error) {
	return models.OpenWith(ctx, models.Options{URL: d.URL, Path: d.Path, Seal: master})
}

// Migrate brings the database to this version and says whether anything was done.
func (d Database) Migrate(ctx context.Context) (changed bool, err error) {
	db, err := d.open(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	pending, err := db.Pending(ctx)
	if err != nil || !pending {
		return false, err
	}
	return true, db.Migrate(ctx)
}

// Config says what a service is made of. Database, Store and Master are needed, and BaseURL by everything that answers
// requests.
type Config struct {
	// Role is RoleAll, RoleWeb or RoleWorker.
	Role string
	// Addr is listened on; BaseURL is the public address.
	Addr, BaseURL string
	// Listener is listened on instead of Addr, where it is given. It belongs to the service as soon as Start has returned nil.
	Listener net.Listener
	Database Database
	// Redis is the address of a Redis; the service brings its own, in its process, where it is empty.
	Redis redact.Secret
	// Store is the folder of the backups.
	Store  string
	Master snapshot.MasterKey
	// Slots is how many backups and restores are carried out at the same time.
	Slots int
	// Grace is how long data is kept after an app was uninstalled.
	Grace time.Duration
	// StorageLabel says in words where the backups lie.
	StorageLabel string
	// RefuseUnknown refuses runs while Atlassian says nothing about a licence.
	RefuseUnknown bool
	// Sites are the hosts the app may be installed on, as in connect.Hosts.
	Sites []string
	// ConnectKeys and ConnectScript are addresses of Atlassian.
	ConnectKeys, ConnectScript string
	OTLPEndpoint               string
	// Migrate brings the database to this version at the start.
	Migrate bool
	// Operator is the token of the operator's pages; without it there are none. LicenceSecret signs licence webhooks;
	// without it there is no such endpoint.
	Operator, LicenceSecret redact.Secret
	// AllowLoopback lets sites stand on this machine: for the demo and for tests.
	AllowLoopback bool
	Version       string
	Log           *slog.Logger
}

// hosts are the sites the app may be installed on.
func (c Config) hosts() connect.Hosts {
	return connect.Hosts{Sites: c.Sites, AllowLoopback: c.AllowLoopback}
}

// appKey is the key under which hosts know the app.
func appKey() (string, error) {
	var descriptor struct{ Key string }
	if err := json.Unmarshal(stowage.Descriptor(), &descriptor); err != nil {
		return "", fmt.Errorf("descriptor: %w", err)
	}
	return descriptor.Key, nil
}

// master makes the key that seals secrets in the database of the key of the backups; the two never encrypt with the same
// bytes, since package seal derives its own.
func (c Config) master() (*seal.Master, error) {
	raw, err := base64.StdEncoding.DecodeString(c.Master.Reveal())
	if err != nil {
		return nil, err
	}
	return seal.NewMaster([32]byte(raw))
}
