package atlassian

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"stowage/atlassian/connect"
	"stowage/internal/netguard"
)

// DefaultInstallKeys is where Atlassian's commercial cloud serves the keys that installations are signed with.
const DefaultInstallKeys = "https://connect-install-keys.atlassian.com"

// InstallKeysConfig says where the keys are that installations are signed with.
type InstallKeysConfig struct {
	// Base is the address below which keys are served by their ids; empty is DefaultInstallKeys.
	Base string
	// AllowLoopback lets the address be on this machine: for the demo and for tests.
	AllowLoopback bool
	// Timeout bounds a look-up; 0 is five seconds, which is what a host waits for gladly.
	Timeout time.Duration
	// Now replaces the clock.
	Now func() time.Time
}

const (
	// maxKey is far more than a key has.
	maxKey = 16 << 10
	// minKeyBits and maxKeyBits bound the keys that are believed in: weak ones, and ones that are slow on purpose.
	minKeyBits, maxKeyBits = 2048, 8192
	// maxKeys bounds the memory: Atlassian signs with a few keys at a time.
	maxKeys = 128
	// keyLife is how long a key is believed without asking again, so that one that was withdrawn dies.
	keyLife = 12 * time.Hour
)

// InstallKeys has the keys of installations, from Atlassian's server and remembered by their ids. It is a connect.Keys and
// may be used from several goroutines.
type InstallKeys struct {
	base *url.URL
	http *http.Client
	now  func() time.Time
	// pace bounds the look-ups: anybody can send a token that names a key which is not known here.
	pace *rate.Limiter

	mu    sync.Mutex
	known map[string]knownKey
}

type knownKey struct {
	key   *rsa.PublicKey
	until time.Time
}

// NewInstallKeys makes an InstallKeys.
func NewInstallKeys(config InstallKeysConfig) (*InstallKeys, error) {
	address, timeout, now := config.Base, config.Timeout, config.Now
	if address == "" {
		address = DefaultInstallKeys
	}
	if timeout <= 0 {
		timeout = 5 * time.Second
	}
	if now == nil {
		now = time.Now
	}
	base, err := netguard.Base(address, config.AllowLoopback)
	if err != nil {
		return nil, fmt.Errorf("address of the installation keys: %w", err)
	}
	return &InstallKeys{
		base: base,
		http: &http.Client{
			Transport:     netguard.Transport(netguard.Options{AllowLoopback: config.AllowLoopback}),
			CheckRedirect: refuseRedirect,
			Timeout:       timeout,
		},
		now:   now,
		pace:  rate.NewLimiter(rate.Every(50*time.Millisecond), 40),
		known: map[string]knownKey{},
	}, nil
}

// Key returns the key of an id. It answers to connect.ErrUnknownKey when the server says that there is none; every other
// error means that the server could not be asked.
func (k *InstallKeys) Key(ctx context.Context, keyID string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	found, ok := k.known[keyID]
	k.mu.Unlock()
	if ok && k.now().Before(found.until) {
		return found.key, nil
	}
	if !k.pace.Allow() {
		return nil, errors.New("too many keys that are not known were asked for")
	}
	key, err := k.fetch(ctx, keyID)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= maxKeys {
		clear(k.known)
	}
	k.known[keyID] = knownKey{key: key, until: k.now().Add(keyLife)}
	return key, nil
}

func (k *InstallKeys) fetch(ctx context.Context, keyID string) (*rsa.PublicKey, error) {
	if err := netguard.Segment(url.PathEscape(keyID)); err != nil || keyID == "" {
		return nil, connect.ErrUnknownKey
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.base.JoinPath(url.PathEscape(keyID)).String(), nil)
	if err != nil {
		return nil, errors.New("the address of the key cannot be built")
	}
	resp, err := k.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s for a key: %w", k.base.Host, plain(ctx, err))
	}
	defer func() {
		// Nothing can be done about a connection that does not close.
		_ = resp.Body.Close()
	}()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, connect.ErrUnknownKey
	default:
		return nil, fmt.Errorf("ask %s for a key: it answered %d", k.base.Host, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKey+1))
	if err != nil {
		return nil, fmt.Errorf("read a key of %s: %w", k.base.Host, plain(ctx, err))
	}
	key, err := parseKey(body)
	if err != nil {
		return nil, fmt.Errorf("read a key of %s: %w", k.base.Host, err)
	}
	return key, nil
}

func parseKey(body []byte) (*rsa.PublicKey, error) {
	if len(body) > maxKey {
		return nil, errTooLarge
	}
	block, rest := pem.Decode(body)
	if block == nil || block.Type != "PUBLIC KEY" || strings.TrimSpace(string(rest)) != "" {
		return nil, errors.New("it is not one public key")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("it is not a public key")
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < minKeyBits || key.N.BitLen() > maxKeyBits {
		return nil, errors.New("it is not an RSA key of a sensible size")
	}
	return key, nil
}
