package porttest

import (
	"context"
	"net"
	"testing"
)

func TestAnAddressIsGivenToNobodyElseUntilItIsNotNeeded(t *testing.T) {
	t.Parallel()
	ctx, done := context.WithCancel(t.Context())
	defer done()
	addr, err := Addr(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reserve(t.Context(), addr); err == nil {
		t.Errorf("%s is given twice", addr)
	}
	// Whoever asked for it can listen there, and again after it was down.
	for range 2 {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnAddressOnWhichSomebodyListensIsNotGiven(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // Nobody has called.
	if _, err := reserve(t.Context(), listener.Addr().String()); err == nil {
		t.Errorf("%s is given while somebody listens there", listener.Addr())
	}
}
