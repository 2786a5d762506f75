// Package connecttest plays the host's side of Connect in tests: it signs the tokens that a site signs, right ones and
// wrong ones.
package connecttest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"stowage/atlassian/connect"
)

// KeyID is the name of the key that installations are signed with.
const KeyID = "5a1f8a3e-6a3e-4c2f-9d7e-0f6d7f9c1b20"

var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// SigningKey returns the key that installations are signed with.
func SigningKey() *rsa.PrivateKey { return signingKey() }

// PublicPEM returns its public half as a key server serves it.
func PublicPEM(tb testing.TB) []byte {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(&signingKey().PublicKey)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// Keys is a connect.Keys that knows the key of this package.
type Keys struct{}

// Key answers for KeyID.
func (Keys) Key(_ context.Context, keyID string) (*rsa.PublicKey, error) {
	if keyID != KeyID {
		return nil, connect.ErrUnknownKey
	}
	return &signingKey().PublicKey, nil
}

// Site is a site on which the app is installed.
type Site struct {
	// AppKey and AppBase are those of the app.
	AppKey, AppBase string
	// ClientKey, Secret and BaseURL are those of the site.
	ClientKey, Secret, BaseURL string
	// Now tells the time; nil means the clock.
	Now func() time.Time
}

// Claims changes what a token says. A nil value removes a claim.
type Claims map[string]any

func (s Site) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s Site) claims(qsh string, changes []Claims) jwt.MapClaims {
	now := s.now()
	claims := jwt.MapClaims{
		"iss": s.ClientKey,
		"iat": now.Unix(),
		"exp": now.Add(3 * time.Minute).Unix(),
		"qsh": qsh,
		// What makes two tokens of one second different.
		"jti": rand.Text(),
	}
	for _, c := range changes {
		for name, value := range maps.All(c) {
			if value == nil {
				delete(claims, name)
				continue
			}
			claims[name] = value
		}
	}
	return claims
}

// QSH computes the hash of method and target, such as "/installed?a=b".
func (s Site) QSH(tb testing.TB, method, target string) string {
	tb.Helper()
	u, err := url.Parse(target)
	if err != nil {
		tb.Fatal(err)
	}
	base, err := url.Parse(s.AppBase)
	if err != nil {
		tb.Fatal(err)
	}
	qsh, err := connect.Request{Method: method, Path: u.EscapedPath(), RawQuery: u.RawQuery, BasePath: base.EscapedPath()}.QSH()
	if err != nil {
		tb.Fatal(err)
	}
	return qsh
}

// Install signs an installed or uninstalled callback.
func (s Site) Install(tb testing.TB, method, target string, changes ...Claims) string {
	tb.Helper()
	return s.InstallWith(tb, jwt.SigningMethodRS256, SigningKey(), KeyID, method, target, changes...)
}

// InstallWith is Install with another algorithm, key or name of the key.
func (s Site) InstallWith(tb testing.TB, alg jwt.SigningMethod, key any, keyID, method, target string, changes ...Claims) string {
	tb.Helper()
	claims := s.claims(s.QSH(tb, method, target), append([]Claims{{"aud": s.AppBase}}, changes...))
	token := jwt.NewWithClaims(alg, claims)
	if keyID != "" {
		token.Header["kid"] = keyID
	}
	return sign(tb, token, key)
}

// Bound signs a page, an enabled or disabled callback or a webhook.
func (s Site) Bound(tb testing.TB, method, target string, changes ...Claims) string {
	tb.Helper()
	return s.Shared(tb, jwt.SigningMethodHS256, []byte(s.Secret), s.claims(s.QSH(tb, method, target), changes))
}

// Context signs a token of the user interface.
func (s Site) Context(tb testing.TB, accountID string, changes ...Claims) string {
	tb.Helper()
	claims := s.claims(connect.ContextQSH, append([]Claims{{"sub": accountID, "exp": s.now().Add(15 * time.Minute).Unix()}}, changes...))
	return s.Shared(tb, jwt.SigningMethodHS256, []byte(s.Secret), claims)
}

// Shared signs any claims with any algorithm.
func (s Site) Shared(tb testing.TB, alg jwt.SigningMethod, key any, claims jwt.Claims) string {
	tb.Helper()
	return sign(tb, jwt.NewWithClaims(alg, claims), key)
}

// Page returns target with the token of a page view of accountID in its query.
func (s Site) Page(tb testing.TB, target, accountID string, changes ...Claims) string {
	tb.Helper()
	separator := "?"
	if strings.Contains(target, "?") {
		separator = "&"
	}
	return target + separator + "jwt=" + s.Bound(tb, "GET", target, append([]Claims{{"sub": accountID}}, changes...)...)
}

func sign(tb testing.TB, token *jwt.Token, key any) string {
	tb.Helper()
	signed, err := token.SignedString(key)
	if err != nil {
		tb.Fatal(err)
	}
	return signed
}
