package service

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"        //nolint:depguard // It knows where a database is by its address.
	"github.com/jackc/pgx/v5/pgconn" //nolint:depguard // As above.

	"stowage/internal/porttest"
)

// line leads to a server, and can be cut: then every connection breaks, and new ones are refused, as while a server restarts.
type line struct {
	addr, network, server string

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	ends     sync.WaitGroup
}

// lineToDatabase puts a line before the Postgres of a bench.
func (b *bench) lineToDatabase(t *testing.T) *line {
	t.Helper()
	config, err := pgx.ParseConfig(b.o.Database)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(b.o.Database)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{open: map[net.Conn]bool{}}
	l.network, l.server = pgconn.NetworkAddress(config.Host, config.Port)
	if l.addr, err = porttest.Addr(t.Context()); err != nil {
		t.Fatal(err)
	}
	address.Host, address.RawQuery = l.addr, "sslmode=disable"
	b.o.Database = address.String()
	l.mend(t)
	t.Cleanup(func() {
		l.cut()
		l.ends.Wait()
	})
	return l
}

// mend lets connections through.
func (l *line) mend(t *testing.T) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	l.listener = listener
	l.mu.Unlock()
	l.ends.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			l.ends.Go(func() { l.carry(listener, conn) })
		}
	})
}

// carry carries what is said on a connection, in both directions, until one of them ends.
func (l *line) carry(listener net.Listener, near net.Conn) {
	far, err := (&net.Dialer{}).DialContext(context.Background(), l.network, l.server)
	if err != nil {
		_ = near.Close()
		return
	}
	end := func() { _ = errors.Join(near.Close(), far.Close()) }
	l.mu.Lock()
	if l.listener != listener {
		// It was cut meanwhile.
		l.mu.Unlock()
		end()
		return
	}
	l.open[near], l.open[far] = true, true
	l.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			end()
		})
	}
	both.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, near)
	delete(l.open, far)
}

// cut breaks all connections, refuses others, and returns how many there were.
func (l *line) cut() (broken int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener == nil {
		return 0
	}
	_ = l.listener.Close()
	l.listener = nil
	broken = len(l.open) / 2
	for conn := range l.open {
		_ = conn.Close()
	}
	return broken
}
