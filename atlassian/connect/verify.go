package connect

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"stowage/internal/redact"
)

// Leeway is by how much the clocks of a host and of this machine may differ.
const Leeway = 30 * time.Second

// minSecret is the shortest shared secret that is believed in. Those of Atlassian are longer; an empty one would let
// everybody sign.
const minSecret = 16

// Keys has the public keys that installations are signed with. KeyID has been held against the permitted pattern. It
// answers with ErrUnknownKey when there certainly is no such key; every other error means that it could not be had.
type Keys interface {
	Key(ctx context.Context, keyID string) (*rsa.PublicKey, error)
}

// Claims is what a verified token says.
type Claims struct {
	// ClientKey is the tenant.
	ClientKey string
	// AccountID is the user, or empty when the host itself speaks.
	AccountID string
	// IssuedAt and ExpiresAt are when the token begins and ends, without the leeway.
	IssuedAt, ExpiresAt time.Time
	// Fingerprint names the signature of the token, which must not be used twice where the body matters. It is a hash: the
	// token cannot be had from it.
	Fingerprint string
}

// payload is the middle part of a token.
type payload struct {
	jwt.RegisteredClaims

	QSH     string          `json:"qsh"`
	Context json.RawMessage `json:"context"`
}

var keyIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// VerifyInstall verifies the token of an installed or uninstalled callback: signed by Atlassian for this app.
// Audience is the app's own base URL.
func VerifyInstall(ctx context.Context, keys Keys, token string, r Request, audience string, now time.Time) (Claims, error) {
	h, err := readHeader(token)
	switch {
	case err != nil:
		return Claims{}, err
	case h.Algorithm != jwt.SigningMethodRS256.Alg():
		return Claims{}, unauthorized("not the algorithm of this route")
	case !keyIDPattern.MatchString(h.KeyID):
		return Claims{}, unauthorized("the token names no proper key")
	}
	key, err := keys.Key(ctx, h.KeyID)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Claims{}, unauthorized("the key is not known")
	case err != nil:
		return Claims{}, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
	}
	p, err := parse(token, jwt.SigningMethodRS256, key, now)
	if err != nil {
		return Claims{}, err
	}
	if !slices.ContainsFunc(p.Audience, func(a string) bool { return sameBase(a, audience) }) {
		return Claims{}, unauthorized("the token is meant for another app")
	}
	if !r.Accepts(p.QSH) {
		return Claims{}, unauthorized("the token is bound to another request")
	}
	return p.claims(token), nil
}

// sameBase compares base URLs exactly, but for one slash at the end.
func sameBase(a, b string) bool {
	return a != "" && strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/")
}

// VerifyEvent verifies the token of an enabled or disabled callback or of a webhook of the tenant.
func VerifyEvent(token, clientKey string, secret redact.Secret, r Request, now time.Time) (Claims, error) {
	return verifyBound(token, clientKey, secret, r, now)
}

// VerifyPage verifies the token with which a host shows a page of the app.
func VerifyPage(token, clientKey string, secret redact.Secret, r Request, now time.Time) (Claims, error) {
	return verifyBound(token, clientKey, secret, r, now)
}

// VerifyContext verifies the token with which the user interface calls the API. It is bound to no request, which is why
// no other route may take it.
func VerifyContext(token, clientKey string, secret redact.Secret, now time.Time) (Claims, error) {
	p, err := verifyShared(token, clientKey, secret, now)
	if err != nil {
		return Claims{}, err
	}
	if p.QSH != ContextQSH {
		return Claims{}, unauthorized("not the kind of token of this route")
	}
	return p.claims(token), nil
}

func verifyBound(token, clientKey string, secret redact.Secret, r Request, now time.Time) (Claims, error) {
	p, err := verifyShared(token, clientKey, secret, now)
	if err != nil {
		return Claims{}, err
	}
	if !r.Accepts(p.QSH) {
		return Claims{}, unauthorized("the token is bound to another request")
	}
	return p.claims(token), nil
}

// verifyShared verifies what is common to the tokens that are signed with the secret of a tenant.
func verifyShared(token, clientKey string, secret redact.Secret, now time.Time) (payload, error) {
	h, err := readHeader(token)
	switch {
	case err != nil:
		return payload{}, err
	case h.Algorithm != jwt.SigningMethodHS256.Alg():
		return payload{}, unauthorized("not the algorithm of this route")
	case len(secret.Reveal()) < minSecret:
		return payload{}, unauthorized("the tenant has no secret")
	}
	p, err := parse(token, jwt.SigningMethodHS256, []byte(secret.Reveal()), now)
	switch {
	case err != nil:
		return payload{}, err
	case clientKey == "" || p.Issuer != clientKey:
		return payload{}, unauthorized("the token is of another tenant")
	}
	return p, nil
}

// parse verifies signature and times. Exp and iat must be there.
func parse(token string, method jwt.SigningMethod, key any, now time.Time) (payload, error) {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{method.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(Leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return now }),
	)
	var p payload
	if _, err := parser.ParseWithClaims(token, &p, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
		return payload{}, unauthorized(reason(err))
	}
	switch {
	case p.IssuedAt == nil:
		return payload{}, unauthorized("the token does not say when it was issued")
	case p.Issuer == "":
		return payload{}, unauthorized("the token names no issuer")
	case !plausible(p.IssuedAt) || !plausible(p.ExpiresAt):
		return payload{}, unauthorized("the token has no sensible times")
	}
	return p, nil
}

// plausible refuses numbers that no time is: what becomes of them depends on the machine.
func plausible(d *jwt.NumericDate) bool { return d.Unix() >= 0 && d.Unix() < 1<<40 }

// reason says what is wrong in own words: the library's may repeat parts of the token.
func reason(err error) string {
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "the signature does not hold"
	case errors.Is(err, jwt.ErrTokenExpired):
		return "the token is over"
	case errors.Is(err, jwt.ErrTokenUsedBeforeIssued), errors.Is(err, jwt.ErrTokenNotValidYet):
		return "the token is from the future"
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return "the token does not say when it ends"
	}
	return "the token cannot be read"
}

func (p payload) claims(token string) Claims {
	account := p.Subject
	if account == "" {
		account = userOf(p.Context)
	}
	// The part that is signed names the token: a signature alone could be written in more than one way.
	signed := token[:strings.LastIndexByte(token, '.')]
	sum := sha256.Sum256([]byte(signed))
	return Claims{
		ClientKey:   p.Issuer,
		AccountID:   account,
		IssuedAt:    p.IssuedAt.Time,
		ExpiresAt:   p.ExpiresAt.Time,
		Fingerprint: hex.EncodeToString(sum[:]),
	}
}

// userOf reads the account of older tokens, which name it in their context.
func userOf(raw json.RawMessage) string {
	var context struct {
		User struct {
			AccountID string `json:"accountId"`
		} `json:"user"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &context) != nil {
		return ""
	}
	return context.User.AccountID
}
