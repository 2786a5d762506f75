package modelstest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"stowage/internal/redact"
	"stowage/models"
)

// Environment variables.
const (
	// ServerEnv names a server to use instead of one of our own.
	ServerEnv = "STOWAGE_TEST_POSTGRES"
	// RequireEnv makes a missing service a failure.
	RequireEnv = "STOWAGE_REQUIRE_SERVICES"
)

// startTimeout bounds how long the server takes to be made and to start.
const startTimeout = 60 * time.Second

// errNoServer means that this machine has no Postgres.
var errNoServer = errors.New("no Postgres: neither initdb and postgres on PATH or in /usr/lib/postgresql, nor a server in " + ServerEnv)

// server is what a test binary has of a server: its address, and the migrated database others are copied from.
type server struct {
	address  *url.URL
	template string
	// admin is one connection outside of any test's database. It has no goroutine that a test would find leaked.
	admin *admin
	// hold keeps our own server running: it is the end of a pipe that closes with this process.
	hold *os.File
}

var shared = sync.OnceValues(func() (server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	s, err := newServer(ctx)
	if err != nil {
		return s, err
	}
	s.template = "stowage_template_" + short()
	if err := s.admin.exec("CREATE DATABASE " + s.template); err != nil {
		return s, err
	}
	db, err := models.OpenWith(ctx, models.Options{URL: redact.New(s.url(s.template)), MaxConns: 2})
	if err != nil {
		return s, err
	}
	return s, errors.Join(db.Migrate(ctx), db.Close())
})

// Postgres makes a migrated database for the test and returns its address. The database is dropped in the end.
func Postgres(tb testing.TB) string {
	tb.Helper()
	s := require(tb)
	return s.create(tb, s.template)
}

// EmptyPostgres makes a database without any schema for the test and returns its address.
func EmptyPostgres(tb testing.TB) string {
	tb.Helper()
	return require(tb).create(tb, "template0")
}

// require returns the server, or skips the test where there is none.
func require(tb testing.TB) server {
	tb.Helper()
	s, err := shared()
	switch {
	case errors.Is(err, errNoServer) && os.Getenv(RequireEnv) != "1":
		tb.Skipf("skipped: %v", err)
	case err != nil:
		tb.Fatalf("start Postgres: %v", err)
	}
	return s
}

func (s server) create(tb testing.TB, template string) string {
	tb.Helper()
	name := "test_" + short()
	if err := s.admin.exec("CREATE DATABASE " + name + " TEMPLATE " + template + ""); err != nil {
		tb.Fatalf("make a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.admin.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			tb.Errorf("drop a database: %v", err)
		}
	})
	return s.url(name)
}

type admin struct {
	mu   sync.Mutex
	conn *pgx.Conn
}

// exec runs a statement, one at a time: copies of one template would wait for each other anyway.
func (a *admin) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	_, err := a.conn.Exec(ctx, statement)
	return err
}

// url is the address of a database of the server.
func (s server) url(database string) string {
	u := *s.address
	u.Path = "/" + database
	return u.String()
}

func (s *server) connect(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	s.admin = &admin{conn: conn}
	return err
}

func newServer(ctx context.Context) (server, error) {
	if text := os.Getenv(ServerEnv); text != "" {
		u, err := url.Parse(text)
		if err != nil {
			return server{}, fmt.Errorf("%s holds no address", ServerEnv)
		}
		s := server{address: u}
		return s, s.connect(ctx)
	}
	bin, err := programs()
	if err != nil {
		return server{}, err
	}
	return start(ctx, bin)
}

// programs finds the folder of initdb and postgres.
func programs() (string, error) {
	var folders []string
	for _, program := range []string{"initdb", "postgres"} {
		if path, err := exec.LookPath(program); err == nil {
			if path, err = filepath.EvalSymlinks(path); err == nil {
				folders = append(folders, filepath.Dir(path))
			}
		}
	}
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	for _, folder := range slices.Backward(installed) { // the latest version first
		folders = append(folders, folder)
	}
	for _, folder := range folders {
		_, err := os.Stat(filepath.Join(folder, "initdb"))
		_, err2 := os.Stat(filepath.Join(folder, "postgres"))
		if err == nil && err2 == nil {
			return folder, nil
		}
	}
	return "", errNoServer
}

// script makes a server and runs it for as long as its standard input is open: it ends with the process that holds the
// other end, however that ends, and takes its files along. Nothing in it is made durable.
const script = `
"$BIN/initdb" -D "$DIR/data" -U stowage -A trust -E UTF8 --locale=C --no-sync >"$DIR/initdb.log" 2>&1 || { rm -rf "$DIR"; exit 1; }
"$BIN/postgres" -D "$DIR/data" -k "$DIR" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
	-c shared_buffers=32MB -c max_connections=200 -c autovacuum=off -c max_wal_size=64MB >"$DIR/server.log" 2>&1 </dev/null &
server=$!
read -r ended
kill -INT $server
wait $server
rm -rf "$DIR"
`

func start(ctx context.Context, bin string) (server, error) {
	// A short name: the path of a socket has a limit.
	dir, err := os.MkdirTemp("/tmp", "stowage-pg-")
	if err != nil {
		return server{}, err
	}
	args := []string{"sh", "-c", script}
	if os.Geteuid() == 0 { // Postgres refuses to run as root
		as, err := unprivileged()
		if err != nil {
			return server{}, err
		}
		uid, _ := strconv.Atoi(as.Uid)
		gid, _ := strconv.Atoi(as.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return server{}, err
		}
		args = append([]string{"setpriv", "--reuid=" + as.Uid, "--regid=" + as.Gid, "--clear-groups", "--"}, args...)
	}
	in, hold, err := os.Pipe()
	if err != nil {
		return server{}, err
	}
	cmd := exec.Command(args[0], args[1:]...) //nolint:noctx // The server outlives every test; it ends with this process.
	cmd.Env = append(os.Environ(), "BIN="+bin, "DIR="+dir, "LC_ALL=C")
	cmd.Dir, cmd.Stdin = dir, in
	if err := cmd.Start(); err != nil {
		return server{}, err
	}
	if err := in.Close(); err != nil {
		return server{}, err
	}
	s := server{hold: hold, address: &url.URL{Scheme: "postgres", User: url.User("stowage"), RawQuery: url.Values{"host": {dir}}.Encode()}}
	for {
		err := s.connect(ctx)
		if err == nil {
			return s, nil
		}
		if _, gone := os.Stat(dir); gone != nil {
			return s, errors.New("initdb failed")
		}
		select {
		case <-ctx.Done():
			return s, fmt.Errorf("it did not start in time: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// unprivileged is a user other than root.
func unprivileged() (*user.User, error) {
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return u, nil
		}
	}
	return nil, errors.New("there is no user but root to run Postgres as")
}

func short() string { return strings.ReplaceAll(uuid.NewString(), "-", "")[:12] }
