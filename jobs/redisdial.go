package jobs

import (
	"context"
	"errors"
	"net"
	"sync"
)

// dialer opens a connection.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// lines are the connections of a client, which can be cut while the client is in use: whoever waits for an answer of a
// Redis that gives none gets an error at once. Closing the client instead would take the ground from under Asynq, whose
// goroutines do not survive that.
type lines struct {
	dial dialer

	mu   sync.Mutex
	open map[net.Conn]struct{}
	down bool
}

var errCut = errors.New("the connection was cut because the worker is shutting down")

func newLines(dial dialer) *lines { return &lines{dial: dial, open: map[net.Conn]struct{}{}} }

// connect is a dialer.
func (l *lines) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	l.mu.Lock()
	down := l.down
	l.mu.Unlock()
	if down {
		return nil, errCut
	}
	conn, err := l.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil, errors.Join(errCut, conn.Close())
	}
	l.open[conn] = struct{}{}
	return &line{Conn: conn, lines: l}, nil
}

// cut closes all connections and opens no more.
func (l *lines) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for conn := range l.open {
		// It is not needed any more, and neither is what closing it has to say.
		_ = conn.Close()
	}
	clear(l.open)
}

type line struct {
	net.Conn
	lines *lines
}

// Close implements net.Conn.
func (l *line) Close() error {
	l.lines.mu.Lock()
	_, open := l.lines.open[l.Conn]
	delete(l.lines.open, l.Conn)
	l.lines.mu.Unlock()
	if !open {
		// It was cut, which is no fault of whoever closes it.
		return nil
	}
	return l.Conn.Close()
}
