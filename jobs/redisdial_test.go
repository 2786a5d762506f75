package jobs

import (
	"context"
	"net"
	"testing"
)

func TestLineThatWasCutIsClosedWithoutComplaint(t *testing.T) {
	t.Parallel()
	var theirs []net.Conn
	lines := newLines(func(context.Context, string, string) (net.Conn, error) {
		ours, other := net.Pipe()
		theirs = append(theirs, other)
		return complains{Conn: ours}, nil
	})
	first, err := lines.connect(t.Context(), "tcp", "redis")
	if err != nil {
		t.Fatal(err)
	}
	lines.cut()
	if err := first.Close(); err != nil {
		t.Errorf("closing what was cut: %v", err)
	}
	if _, err := theirs[0].Read(make([]byte, 1)); err == nil {
		t.Error("the line is still open")
	}
	if _, err := lines.connect(t.Context(), "tcp", "redis"); err == nil {
		t.Error("a line was opened after the cut")
	}
}

// complains is a connection whose closing fails, as that of a closed one does.
type complains struct{ net.Conn }

func (c complains) Close() error {
	if err := c.Conn.Close(); err != nil {
		return err
	}
	return net.ErrClosed
}
