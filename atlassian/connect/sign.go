package connect

import (
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"stowage/internal/redact"
)

// appTokenLife is how long a token for a call to a host holds: the call is made at once.
const appTokenLife = 3 * time.Minute

// AppToken signs a call of the app to its host: issued by the app, bound to the request.
func AppToken(appKey, clientKey string, secret redact.Secret, r Request, now time.Time) (redact.Secret, error) {
	if len(secret.Reveal()) < minSecret {
		return redact.Secret{}, unauthorized("the tenant has no secret")
	}
	qsh, err := r.QSH()
	if err != nil {
		return redact.Secret{}, err
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, payload{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    appKey,
			Audience:  jwt.ClaimStrings{clientKey},
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(appTokenLife)),
		},
		QSH: qsh,
	})
	signed, err := token.SignedString([]byte(secret.Reveal()))
	if err != nil {
		return redact.Secret{}, fmt.Errorf("sign a call to the host: %w", err)
	}
	return redact.New(signed), nil
}
