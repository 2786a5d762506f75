// Package porttest gives tests ports of this machine for servers that have to know their address before they listen, or come
// back to it after they were killed.
package porttest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports are below those that systems give to outgoing connections, which would take one between its choice and its use, or
// while its server is down.
const first, last = 15_000, 32_000

// tries is how many ports are looked at before it is given up.
const tries = 100

// Addr returns a loopback address on which nobody listens, and which no other caller is given, in this process or in others,
// until ctx ends.
func Addr(ctx context.Context) (string, error) {
	failed := errors.New("no port is free")
	for range tries {
		addr, err := reserve(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(first+rand.IntN(last-first))))
		if err == nil {
			return addr, nil
		}
		failed = err
	}
	return "", failed
}

// reserve takes an address: the port of the same number for datagrams, which nobody else here needs, is the sign that it is taken.
func reserve(ctx context.Context, addr string) (string, error) {
	sign, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", addr)
	if err != nil {
		return "", err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", errors.Join(err, sign.Close())
	}
	context.AfterFunc(ctx, func() { _ = sign.Close() })
	return addr, listener.Close()
}
