package host

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Life of the tokens the host makes.
const (
	pageTokenLife    = 180 * time.Second
	contextTokenLife = 15 * time.Minute
	// leeway is how far apart the clocks of host and app may be.
	leeway = 30 * time.Second
)

// claims are what a token says. Times are seconds, as the format has them.
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub,omitempty"`
	Audience string `json:"aud,omitempty"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	// ID makes two tokens of one second different: an app may take a signature once.
	ID      string         `json:"jti,omitempty"`
	QSH     string         `json:"qsh"`
	Context map[string]any `json:"context,omitzero"`
}

// signShared makes a token signed with a shared secret.
func signShared(secret string, c claims) (string, error) {
	return sign(map[string]string{"typ": "JWT", "alg": "HS256"}, c, func(text []byte) ([]byte, error) {
		return mac(secret, text), nil
	})
}

// signWithKey makes a token signed with a private key that is known by an id.
func signWithKey(key *rsa.PrivateKey, kid string, c claims) (string, error) {
	return sign(map[string]string{"typ": "JWT", "alg": "RS256", "kid": kid}, c, func(text []byte) ([]byte, error) {
		sum := sha256.Sum256(text)
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	})
}

func sign(header map[string]string, c claims, signature func([]byte) ([]byte, error)) (string, error) {
	head, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum, err := signature([]byte(text))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sum), nil
}

func mac(secret string, text []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write(text) // a hash takes everything
	return h.Sum(nil)
}

// appClaims are what is read of a token made by an app. Absent times are told from
// zero.
type appClaims struct {
	Issuer   string   `json:"iss"`
	QSH      string   `json:"qsh"`
	IssuedAt *float64 `json:"iat"`
	Expires  *float64 `json:"exp"`
	NotYet   *float64 `json:"nbf"`
}

// issuerOf reads who claims to have made a token, before anything is proved.
func issuerOf(token string) (string, error) {
	c, _, _, err := splitToken(token)
	return c.Issuer, err
}

// verifyShared proves a token that an app signed with the shared secret and returns
// its claims. Nothing but HS256 is taken, whatever the token says of itself.
func verifyShared(token, secret string, now time.Time) (appClaims, error) {
	c, text, signature, err := splitToken(token)
	if err != nil {
		return appClaims{}, err
	}
	if subtle.ConstantTimeCompare(signature, mac(secret, []byte(text))) != 1 {
		return appClaims{}, errors.New("the signature is not made with the shared secret")
	}
	if c.Expires == nil || c.IssuedAt == nil {
		return appClaims{}, errors.New("exp and iat are required")
	}
	at := float64(now.UnixNano()) / float64(time.Second)
	slack := leeway.Seconds()
	switch {
	case *c.Expires+slack <= at:
		return appClaims{}, errors.New("the token has expired")
	case *c.IssuedAt-slack > at, c.NotYet != nil && *c.NotYet-slack > at:
		return appClaims{}, errors.New("the token is not valid yet")
	}
	return c, nil
}

// maxToken is the longest token that is looked at.
const maxToken = 8 << 10

func splitToken(token string) (c appClaims, text string, signature []byte, err error) {
	if len(token) > maxToken {
		return appClaims{}, "", nil, errors.New("the token is too long")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return appClaims{}, "", nil, errors.New("a token has three parts")
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	for i, into := range []any{&header, &c} {
		plain, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return appClaims{}, "", nil, fmt.Errorf("part %d of the token: %w", i+1, err)
		}
		if err := json.Unmarshal(plain, into); err != nil {
			return appClaims{}, "", nil, fmt.Errorf("part %d of the token: %w", i+1, err)
		}
	}
	if header.Algorithm != "HS256" {
		return appClaims{}, "", nil, fmt.Errorf("the algorithm must be HS256, not %q", header.Algorithm)
	}
	if signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return appClaims{}, "", nil, fmt.Errorf("part 3 of the token: %w", err)
	}
	return c, parts[0] + "." + parts[1], signature, nil
}
