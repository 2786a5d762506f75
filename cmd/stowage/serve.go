package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"stowage/atlassian/connect"
	"stowage/cmd/stowage/service"
	"stowage/internal/redact"
)

// The environment variables of the service. They hold secrets, and other users of the machine can read command lines.
const (
	envDatabase = "STOWAGE_DATABASE_URL"
	envRedis    = "STOWAGE_REDIS_URL"
	envOperator = "STOWAGE_OPERATOR_TOKEN"
	envLicence  = "STOWAGE_LICENCE_WEBHOOK_SECRET"
)

// The least that secrets of the operator have. Nothing else keeps others from trying.
const (
	minOperatorToken = 16
	minLicenceSecret = 32 // As package lifecycle has it, which knows no variables.
)

// serveCmd is the service behind the app in Jira.
type serveCmd struct {
	storeFlags
	Role           string        `help:"What this process does: all, web (answers requests) or worker (carries runs out)." enum:"all,web,worker" default:"all"`
	Addr           string        `help:"Address to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	BaseURL        string        `name:"base-url" help:"Public address of the app, as Jira and browsers reach it, such as https://stowage.example.com." env:"STOWAGE_BASE_URL" placeholder:"URL"`
	Slots          int           `help:"Backups and restores that this process carries out at the same time." default:"4" placeholder:"N"`
	Grace          time.Duration `help:"How long the data of a site is kept after the app was uninstalled there." default:"720h" placeholder:"TIME"`
	StorageLabel   string        `help:"Where the backups lie, in words for the users." default:"Built-in storage" placeholder:"TEXT"`
	UnknownLicence string        `help:"Whether runs may start while Atlassian says nothing about a licence, as for free and private apps: allow or refuse." enum:"allow,refuse" default:"allow"`
	Sites          []string      `help:"Hosts of the sites the app may be installed on; a leading *. stands for any name." default:"${sites}" placeholder:"HOST"`
	ConnectKeys    string        `help:"Where Atlassian serves the keys that sign installations." default:"https://connect-install-keys.atlassian.com" placeholder:"URL"`
	ConnectScript  string        `help:"Address of Atlassian's script for apps in Jira." default:"https://connect-cdn.atl-paas.net/all.js" placeholder:"URL"`
	OTLPEndpoint   string        `name:"otlp-endpoint" help:"Collector that traces are sent to by OTLP over HTTP, such as http://127.0.0.1:4318; none are made without it." env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL"`
	NoMigrate      bool          `help:"Leave the database as it is; stowage migrate brings it to this version."`
	LogLevel       string        `help:"What is logged: debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`
}

// Help is what --help says besides the flags.
func (*serveCmd) Help() string {
	return "Secrets come from the environment: " + envDatabase + " (a Postgres instead of SQLite), " + envRedis + " (a Redis instead of one in this process), " +
		envKey + " (the key itself), " + envOperator + " (opens /metrics and /ops/queues) and " + envLicence + " (verifies licence webhooks). docs/OPERATING.md says more."
}

// Run implements the command.
func (c *serveCmd) Run(a *app) error {
	cfg, err := c.config(a)
	if err != nil {
		return err
	}
	s, err := service.Start(a.ctx, cfg)
	if err != nil {
		return explainFull(err)
	}
	if addr := s.Addr(); addr != "" {
		fmt.Fprintf(a.stderr, "Stowage listens on %s (%s).\n", addr, c.Role)
	}
	select {
	case <-a.ctx.Done():
		return s.Close()
	case <-s.Done():
		return errors.Join(s.Err(), s.Close())
	}
}

// config reads flags, environment and key.
func (c *serveCmd) config(a *app) (service.Config, error) {
	none := service.Config{}
	data, err := dataDir(c.Data, a.env)
	if err != nil {
		return none, err
	}
	store, err := c.directory(data)
	if err != nil {
		return none, err
	}
	base, err := c.base()
	if err != nil {
		return none, err
	}
	if err := c.check(a); err != nil {
		return none, err
	}
	// Processes that share a database must have the same key; one of their own would open nothing of the others.
	key, made, err := masterKey(c.KeyFile, data, a.env, c.Role == service.RoleAll)
	if errors.Is(err, errNoKey) {
		return none, usage("--role %s shares its key with other processes: give it the same by %s, %s or --key-file", c.Role, envKey, envKeyFile)
	}
	if err != nil {
		return none, err
	}
	if made != "" {
		fmt.Fprintf(a.stderr, "A new key was made: %s. Without it no backup and no stored password can be read; keep a copy apart.\n", made)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return none, usage("--log-level: %w", err)
	}
	return service.Config{
		Role: c.Role, Addr: c.Addr, BaseURL: base,
		Database:      databaseOf(a, data),
		Redis:         redact.New(a.env(envRedis)),
		Store:         store,
		Master:        key,
		Slots:         c.Slots,
		Grace:         c.Grace,
		StorageLabel:  c.StorageLabel,
		RefuseUnknown: c.UnknownLicence == "refuse",
		Sites:         c.Sites,
		ConnectKeys:   c.ConnectKeys,
		ConnectScript: c.ConnectScript,
		OTLPEndpoint:  c.OTLPEndpoint,
		Migrate:       !c.NoMigrate,
		Operator:      redact.New(a.env(envOperator)),
		LicenceSecret: redact.New(a.env(envLicence)),
		AllowLoopback: loopbackAllowed,
		Version:       version(),
		Log:           slog.New(slog.NewJSONHandler(a.stderr, &slog.HandlerOptions{Level: level})),
	}, nil
}

// check refuses what cannot be meant, before anything is made.
func (c *serveCmd) check(a *app) error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return usage("--addr %s: write it as HOST:PORT, or as :PORT for every address of the machine", c.Addr)
	}
	if c.Slots < 1 || c.Slots > 256 {
		return usage("--slots must be 1 to 256")
	}
	if c.Grace < 24*time.Hour {
		return usage("--grace must be at least 24h: an app is often uninstalled by mistake")
	}
	if err := (connect.Hosts{Sites: c.Sites}).Check(); err != nil {
		return usage("--sites: %w", err)
	}
	if c.OTLPEndpoint != "" {
		if _, err := service.CollectorURL(c.OTLPEndpoint); err != nil {
			return usage("--otlp-endpoint: %w", err)
		}
	}
	for name, least := range map[string]int{envOperator: minOperatorToken, envLicence: minLicenceSecret} {
		if secret := a.env(name); secret != "" && len(secret) < least {
			return usage("%s has fewer than %d characters: take one that nobody guesses, such as the output of openssl rand -hex 32", name, least)
		}
	}
	if c.Role != service.RoleAll && (a.env(envDatabase) == "" || a.env(envRedis) == "") {
		return usage("--role %s shares the work with other processes and needs %s and %s", c.Role, envDatabase, envRedis)
	}
	return nil
}

// base is the public address; a service that only carries runs out needs none.
func (c *serveCmd) base() (string, error) {
	if c.BaseURL == "" {
		if c.Role == service.RoleWorker {
			return "", nil
		}
		return "", usage("the public address of the app is needed: --base-url https://stowage.example.com")
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && (!loopbackAllowed || u.Scheme != "http") {
		return "", usage("--base-url: write it as https://HOST, without a user, a query or a fragment")
	}
	return strings.TrimSuffix(c.BaseURL, "/"), nil
}

// databaseOf is Postgres where the environment names one, and SQLite in the data directory otherwise.
func databaseOf(a *app, data string) service.Database {
	if dsn := a.env(envDatabase); dsn != "" {
		return service.Database{URL: redact.New(dsn)}
	}
	return service.Database{Path: filepath.Join(data, "stowage.db")}
}

// databaseBy is databaseOf for commands that need nothing else of the data directory, which Postgres does without.
func databaseBy(a *app, flag string) (service.Database, error) {
	if a.env(envDatabase) != "" {
		return databaseOf(a, ""), nil
	}
	data, err := dataDir(flag, a.env)
	return databaseOf(a, data), err
}

// migrateCmd brings the database to this version.
type migrateCmd struct {
	Data string `help:"Directory of the embedded database (default: STOWAGE_DATA, or ~/.local/share/stowage); STOWAGE_DATABASE_URL names a Postgres instead." placeholder:"DIR"`
}

// Run implements the command.
func (c *migrateCmd) Run(a *app) (err error) {
	db, err := databaseBy(a, c.Data)
	if err != nil {
		return err
	}
	changed, err := db.Migrate(context.WithoutCancel(a.ctx))
	switch {
	case err != nil:
		return explainFull(err)
	case changed:
		fmt.Fprintln(a.stdout, "The database was brought to this version.")
	default:
		fmt.Fprintln(a.stdout, "The database is of this version already.")
	}
	return nil
}
