package jobs

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"stowage/internal/redact"
)

// RedisOptions say where Redis is.
type RedisOptions struct {
	// URL is redis://, rediss:// or redis+sentinel:// (rediss+sentinel:// with TLS); empty is a Redis inside this process,
	// which is gone when the process ends and shared with nobody.
	//
	//	redis://[user:password@]host[:6379][/db]
	//	redis+sentinel://[user:password@]host[:26379],host…/master[?db=0&sentinel_username=…&sentinel_password=…]
	URL redact.Secret
}

// Redis is where the doorbell hangs and where workers share what they know about rates. Everything in it can be lost at
// any time. It may be used from several goroutines.
type Redis struct {
	mini   *miniredis.Miniredis
	addr   *redisAddress
	shared redis.UniversalClient
}

// Time limits of Redis. It is a neighbour: what it has not answered in two seconds it will not answer, and those who ring
// have something better to do than to wait.
const (
	redisTimeout = 2 * time.Second
	redisRetries = 1
)

// quietRedis keeps go-redis from writing to standard error. Its errors come back from the calls as well.
var quietRedis = sync.OnceFunc(func() { redis.SetLogger(silence{}) })

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// OpenRedis reads the address and opens the client. It does not wait for Redis to be there, which Ping tells: a service
// whose Redis is away starts, and works slower.
func OpenRedis(ctx context.Context, o RedisOptions) (*Redis, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	quietRedis()
	r := &Redis{}
	if o.URL.IsZero() {
		r.mini = miniredis.NewMiniRedis()
		// Keys expire by the clock, as in the real one.
		r.mini.ClockTTL(true)
	} else {
		addr, err := parseRedisAddress(o.URL.Reveal())
		if err != nil {
			return nil, err
		}
		r.addr = addr
	}
	r.shared = r.client(r.dial)
	return r, nil
}

// InProcess says that this Redis is part of this process and shared with no other.
func (r *Redis) InProcess() bool { return r.mini != nil }

// Ping asks whether Redis is there.
func (r *Redis) Ping(ctx context.Context) error {
	if err := r.shared.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis does not answer: %w", err)
	}
	return nil
}

// Close closes the client, and the Redis inside this process with all that is in it.
func (r *Redis) Close() error {
	err := r.shared.Close()
	if r.mini != nil {
		r.mini.Close()
	}
	if err != nil {
		return fmt.Errorf("close redis: %w", err)
	}
	return nil
}

// MakeRedisClient opens another client, for libraries that want one of their own.
func (r *Redis) MakeRedisClient() any { return r.client(r.dial) }

// dial opens a connection.
func (r *Redis) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if r.mini != nil {
		// No port is opened: whoever is on this machine has no way in.
		return r.mini.Dial()
	}
	plain := &net.Dialer{Timeout: redisTimeout, KeepAlive: time.Minute}
	if !r.addr.tls {
		return plain.DialContext(ctx, network, addr)
	}
	secure := &tls.Dialer{NetDialer: plain, Config: &tls.Config{MinVersion: tls.VersionTLS12}}
	return secure.DialContext(ctx, network, addr)
}

func (r *Redis) client(through dialer) redis.UniversalClient {
	if r.mini != nil {
		return redis.NewClient(&redis.Options{
			Addr: "in-process", Protocol: 2, DisableIdentity: true, ContextTimeoutEnabled: true, Dialer: through,
		})
	}
	a := r.addr
	if a.master != "" {
		return redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: a.master, SentinelAddrs: a.hosts,
			SentinelUsername: a.sentinelUser, SentinelPassword: a.sentinelPassword,
			Username: a.user, Password: a.password, DB: a.db, Dialer: through,
			DialTimeout: redisTimeout, ReadTimeout: redisTimeout, WriteTimeout: redisTimeout,
			MaxRetries: redisRetries, ContextTimeoutEnabled: true,
		})
	}
	return redis.NewClient(&redis.Options{
		Addr: a.hosts[0], Username: a.user, Password: a.password, DB: a.db, Dialer: through,
		DialTimeout: redisTimeout, ReadTimeout: redisTimeout, WriteTimeout: redisTimeout,
		MaxRetries: redisRetries, ContextTimeoutEnabled: true,
	})
}
