package host

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestTokensOfAppsAreProved(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	const secret = "a secret that two share"
	forge := func(method jwt.SigningMethod, key any, c jwt.MapClaims) string {
		t.Helper()
		token, err := jwt.NewWithClaims(method, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	with := func(change map[string]any) jwt.MapClaims {
		c := jwt.MapClaims{"iss": "app", "qsh": "h", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
		for name, value := range change {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		}
		return c
	}
	good := forge(jwt.SigningMethodHS256, []byte(secret), with(nil))
	parts := strings.Split(good, ".")
	for name, tc := range map[string]struct {
		token string
		holds string // in the error; empty: taken
	}{
		"as it should be":               {good, ""},
		"times with fractions":          {forge(jwt.SigningMethodHS256, []byte(secret), with(map[string]any{"iat": float64(now.Unix()) + 0.5})), ""},
		"a little late":                 {forge(jwt.SigningMethodHS256, []byte(secret), with(map[string]any{"exp": now.Unix() - 29})), ""},
		"too late":                      {forge(jwt.SigningMethodHS256, []byte(secret), with(map[string]any{"exp": now.Unix() - 31})), "expired"},
		"a little early":                {forge(jwt.SigningMethodHS256, []byte(secret), with(map[string]any{"iat": now.Unix() + 29})), ""},
		"too early":                     {forge(jwt.SigningMethodHS256, []byte(secret), with(map[string]any{"iat": now.Unix() + 31})), "not valid yet"},
		"not before":                    {forge(jwt.SigningMethodHS256, []byte(secret), with(map[string]any{"nbf": now.Unix() + 60})), "not valid yet"},
		"no end":                        {forge(jwt.SigningMethodHS256, []byte(secret), with(map[string]any{"exp": nil})), "required"},
		"no beginning":                  {forge(jwt.SigningMethodHS256, []byte(secret), with(map[string]any{"iat": nil})), "required"},
		"another secret":                {forge(jwt.SigningMethodHS256, []byte("other"), with(nil)), "not made with"},
		"another strength":              {forge(jwt.SigningMethodHS512, []byte(secret), with(nil)), "HS256"},
		"no signature":                  {forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, with(nil)), "HS256"},
		"signature cut off":             {parts[0] + "." + parts[1] + ".", "not made with"},
		"claims of another":             {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"x"}`)) + "." + parts[2], "not made with"},
		"two parts":                     {parts[0] + "." + parts[1], "three parts"},
		"no base64":                     {parts[0] + ".*." + parts[2], "part 2"},
		"no JSON":                       {base64.RawURLEncoding.EncodeToString([]byte("x")) + "." + parts[1] + "." + parts[2], "part 1"},
		"longer than a token ever is":   {good + strings.Repeat("a", maxToken), "too long"},
		"a signature that is no base64": {parts[0] + "." + parts[1] + ".*", "part 3"},
	} {
		c, err := verifyShared(tc.token, secret, now)
		switch {
		case tc.holds == "" && (err != nil || c.Issuer != "app" || c.QSH != "h"):
			t.Errorf("%s: %+v, %v", name, c, err)
		case tc.holds != "" && (err == nil || !strings.Contains(err.Error(), tc.holds)):
			t.Errorf("%s: %v, want an error with %q", name, err, tc.holds)
		}
	}
}

func FuzzSplitToken(f *testing.F) {
	f.Add("eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.AA")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		c, err := verifyShared(token, "secret", time.Unix(0, 0))
		if err == nil && c.Expires == nil {
			t.Errorf("a token without an end was taken: %q", token)
		}
	})
}
