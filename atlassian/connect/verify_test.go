package connect_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stowage/atlassian/connect"
	"stowage/atlassian/connect/connecttest"
	"stowage/internal/redact"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func site() connecttest.Site {
	return connecttest.Site{
		AppKey:    "io.stowage.app",
		AppBase:   "https://stowage.example/app",
		ClientKey: "5b1c0bd2-client",
		Secret:    "a-secret-of-the-site-that-is-long-enough",
		BaseURL:   "https://acme.atlassian.net",
		Now:       func() time.Time { return noon },
	}
}

func request(method, path string) connect.Request {
	return connect.Request{Method: method, Path: path, BasePath: "/app"}
}

// kinds verifies one token by each of the four functions.
func kinds(t *testing.T, s connecttest.Site, r connect.Request, token string) map[string]bool {
	t.Helper()
	secret := redact.New(s.Secret)
	results := map[string]error{}
	_, results["install"] = connect.VerifyInstall(t.Context(), connecttest.Keys{}, token, r, s.AppBase, noon)
	_, results["event"] = connect.VerifyEvent(token, s.ClientKey, secret, r, noon)
	_, results["page"] = connect.VerifyPage(token, s.ClientKey, secret, r, noon)
	_, results["context"] = connect.VerifyContext(token, s.ClientKey, secret, noon)
	out := map[string]bool{}
	for kind, err := range results {
		if err != nil && !errors.Is(err, connect.ErrUnauthorized) {
			t.Errorf("%s: %v is not ErrUnauthorized", kind, err)
		}
		if err == nil {
			out[kind] = true
		}
	}
	return out
}

func TestEachKindOfTokenOpensItsOwnDoorOnly(t *testing.T) {
	t.Parallel()
	s := site()
	r := request("POST", "/app/installed")
	for name, test := range map[string]struct {
		token string
		want  map[string]bool
	}{
		"of an installation":      {s.Install(t, "POST", "/app/installed"), map[string]bool{"install": true}},
		"bound to a request":      {s.Bound(t, "POST", "/app/installed"), map[string]bool{"event": true, "page": true}},
		"of the user interface":   {s.Context(t, "user"), map[string]bool{"context": true}},
		"installation as context": {s.Install(t, "POST", "/app/installed", connecttest.Claims{"qsh": "context-qsh"}), map[string]bool{}},
		"without qsh":             {s.Bound(t, "POST", "/app/installed", connecttest.Claims{"qsh": nil}), map[string]bool{}},
		"with an empty qsh":       {s.Bound(t, "POST", "/app/installed", connecttest.Claims{"qsh": ""}), map[string]bool{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, kinds(t, s, r, test.token)); diff != "" {
				t.Errorf("doors that opened (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWrongAlgorithmsAreRefused(t *testing.T) {
	t.Parallel()
	s := site()
	r := request("POST", "/app/installed")
	qsh := s.QSH(t, "POST", "/app/installed")
	claims := jwt.MapClaims{"iss": s.ClientKey, "aud": s.AppBase, "qsh": qsh, "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix()}
	context := jwt.MapClaims{"iss": s.ClientKey, "qsh": "context-qsh", "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix()}
	secret := []byte(s.Secret)
	pem := connecttest.PublicPEM(t)
	none := jwt.UnsafeAllowNoneSignatureType
	tokens := map[string]string{
		"none":                         s.Shared(t, jwt.SigningMethodNone, none, claims) + "x",
		"none as context":              s.Shared(t, jwt.SigningMethodNone, none, context) + "x",
		"HS384":                        s.Shared(t, jwt.SigningMethodHS384, secret, claims),
		"HS512":                        s.Shared(t, jwt.SigningMethodHS512, secret, claims),
		"HS512 as context":             s.Shared(t, jwt.SigningMethodHS512, secret, context),
		"HS256 with the public key":    s.InstallWith(t, jwt.SigningMethodHS256, pem, connecttest.KeyID, "POST", "/app/installed"),
		"RS384":                        s.InstallWith(t, jwt.SigningMethodRS384, connecttest.SigningKey(), connecttest.KeyID, "POST", "/app/installed"),
		"PS256":                        s.InstallWith(t, jwt.SigningMethodPS256, connecttest.SigningKey(), connecttest.KeyID, "POST", "/app/installed"),
		"HS256 with another secret":    s.Shared(t, jwt.SigningMethodHS256, []byte("another-secret-that-is-long-enough"), claims),
		"HS256 with an empty secret":   s.Shared(t, jwt.SigningMethodHS256, []byte{}, claims),
		"RS256 with another key":       s.InstallWith(t, jwt.SigningMethodRS256, otherKey(t), connecttest.KeyID, "POST", "/app/installed"),
		"RS256 with an unknown key id": s.InstallWith(t, jwt.SigningMethodRS256, connecttest.SigningKey(), "unknown", "POST", "/app/installed"),
		"RS256 without a key id":       s.InstallWith(t, jwt.SigningMethodRS256, connecttest.SigningKey(), "", "POST", "/app/installed"),
	}
	for _, keyID := range []string{"../" + connecttest.KeyID, "a/b", "a.b", "a%2fb", " ", strings.Repeat("k", 129), connecttest.KeyID + "\n"} {
		tokens["key id "+keyID] = s.InstallWith(t, jwt.SigningMethodRS256, connecttest.SigningKey(), keyID, "POST", "/app/installed")
	}
	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(map[string]bool{}, kinds(t, s, r, token)); diff != "" {
				t.Errorf("doors that opened (-want +got):\n%s", diff)
			}
		})
	}
}

func otherKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestTokensHoldForTheirTimeOnly(t *testing.T) {
	t.Parallel()
	s := site()
	at := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	for name, test := range map[string]struct {
		claims connecttest.Claims
		want   bool
	}{
		"over by less than the leeway":       {connecttest.Claims{"exp": at(-29 * time.Second)}, true},
		"over by more":                       {connecttest.Claims{"exp": at(-31 * time.Second)}, false},
		"without an end":                     {connecttest.Claims{"exp": nil}, false},
		"without a beginning":                {connecttest.Claims{"iat": nil}, false},
		"issued ahead by less than 30 s":     {connecttest.Claims{"iat": at(29 * time.Second)}, true},
		"issued ahead by more":               {connecttest.Claims{"iat": at(31 * time.Second)}, false},
		"not before now and less than 30 s":  {connecttest.Claims{"nbf": at(29 * time.Second)}, true},
		"not before now and more than 30 s":  {connecttest.Claims{"nbf": at(31 * time.Second)}, false},
		"an end that is no number":           {connecttest.Claims{"exp": "tomorrow"}, false},
		"an end beyond all numbers":          {connecttest.Claims{"exp": 1e300}, false},
		"a beginning beyond all numbers":     {connecttest.Claims{"iat": 1e300}, false},
		"an end of zero":                     {connecttest.Claims{"exp": 0}, false},
		"a beginning of zero and no end yet": {connecttest.Claims{"iat": 0}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, token := range map[string]string{
				"install": s.Install(t, "POST", "/app/installed", test.claims),
				"event":   s.Bound(t, "POST", "/app/installed", test.claims),
				"context": s.Context(t, "user", test.claims),
			} {
				if got := kinds(t, s, request("POST", "/app/installed"), token)[kind]; got != test.want {
					t.Errorf("%s: accepted %v, want %v", kind, got, test.want)
				}
			}
		})
	}
}

func TestInstallationIsForThisAppAndThisRequest(t *testing.T) {
	t.Parallel()
	s := site()
	for name, test := range map[string]struct {
		claims connecttest.Claims
		want   bool
	}{
		"our address":                      {nil, true},
		"our address and a slash":          {connecttest.Claims{"aud": s.AppBase + "/"}, true},
		"our address and two slashes":      {connecttest.Claims{"aud": s.AppBase + "//"}, false},
		"a list with our address":          {connecttest.Claims{"aud": []string{s.AppBase}}, true},
		"another app":                      {connecttest.Claims{"aud": "https://other.example"}, false},
		"an address that begins with ours": {connecttest.Claims{"aud": s.AppBase + ".evil.example"}, false},
		"the first letter of ours":         {connecttest.Claims{"aud": "h"}, false},
		"a list of nothing":                {connecttest.Claims{"aud": []string{}}, false},
		"an empty address":                 {connecttest.Claims{"aud": ""}, false},
		"no audience":                      {connecttest.Claims{"aud": nil}, false},
		"no issuer":                        {connecttest.Claims{"iss": nil}, false},
		"another request":                  {connecttest.Claims{"qsh": s.QSH(t, "POST", "/app/uninstalled")}, false},
		"the hash in capitals":             {connecttest.Claims{"qsh": strings.ToUpper(s.QSH(t, "POST", "/app/installed"))}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := s.Install(t, "POST", "/app/installed", test.claims)
			_, err := connect.VerifyInstall(t.Context(), connecttest.Keys{}, token, request("POST", "/app/installed"), s.AppBase, noon)
			if (err == nil) != test.want {
				t.Errorf("got %v, want accepted %v", err, test.want)
			}
		})
	}
}

type brokenKeys struct{ err error }

func (k brokenKeys) Key(context.Context, string) (*rsa.PublicKey, error) { return nil, k.err }

func TestKeyThatCannotBeHadIsNotAnUnknownKey(t *testing.T) {
	t.Parallel()
	s := site()
	token := s.Install(t, "POST", "/app/installed")
	_, err := connect.VerifyInstall(t.Context(), brokenKeys{errors.New("down")}, token, request("POST", "/app/installed"), s.AppBase, noon)
	if !errors.Is(err, connect.ErrKeysUnavailable) || errors.Is(err, connect.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
	_, err = connect.VerifyInstall(t.Context(), brokenKeys{connect.ErrUnknownKey}, token, request("POST", "/app/installed"), s.AppBase, noon)
	if !errors.Is(err, connect.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
}

// anyKey has the right key under every name.
type anyKey struct{ asked []string }

func (k *anyKey) Key(_ context.Context, keyID string) (*rsa.PublicKey, error) {
	k.asked = append(k.asked, keyID)
	return &connecttest.SigningKey().PublicKey, nil
}

func TestKeysAreAskedForByProperNamesOnly(t *testing.T) {
	t.Parallel()
	s := site()
	keys := &anyKey{}
	verify := func(keyID string) error {
		token := s.InstallWith(t, jwt.SigningMethodRS256, connecttest.SigningKey(), keyID, "POST", "/app/installed")
		_, err := connect.VerifyInstall(t.Context(), keys, token, request("POST", "/app/installed"), s.AppBase, noon)
		return err
	}
	for _, keyID := range []string{"", "../x", "a/b", "a.b", "a%2fb", "a?b", "a b", "é", strings.Repeat("k", 129), "k\n"} {
		if err := verify(keyID); !errors.Is(err, connect.ErrUnauthorized) {
			t.Errorf("%q: got %v", keyID, err)
		}
	}
	if len(keys.asked) != 0 {
		t.Errorf("asked for %q", keys.asked)
	}
	for _, keyID := range []string{connecttest.KeyID, "a_B-9", strings.Repeat("k", 128)} {
		if err := verify(keyID); err != nil {
			t.Errorf("%q: got %v", keyID, err)
		}
	}
}

func TestTokenOfAnotherTenantIsRefused(t *testing.T) {
	t.Parallel()
	s := site()
	token := s.Context(t, "user", connecttest.Claims{"iss": "somebody-else"})
	if _, err := connect.VerifyContext(token, s.ClientKey, redact.New(s.Secret), noon); !errors.Is(err, connect.ErrUnauthorized) {
		t.Errorf("signed with the secret, issued by another: got %v", err)
	}
	noIssuer := s.Context(t, "user", connecttest.Claims{"iss": nil})
	if _, err := connect.VerifyContext(noIssuer, "", redact.New(s.Secret), noon); !errors.Is(err, connect.ErrUnauthorized) {
		t.Errorf("no issuer, no tenant: got %v", err)
	}
	for _, secret := range []string{"", "short"} {
		signed := s.Shared(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"iss": s.ClientKey, "qsh": "context-qsh", "iat": noon.Unix(), "exp": noon.Unix()})
		if _, err := connect.VerifyContext(signed, s.ClientKey, redact.New(secret), noon); !errors.Is(err, connect.ErrUnauthorized) {
			t.Errorf("secret %q: got %v", secret, err)
		}
	}
}

func TestClaimsSayWhoAndUntilWhen(t *testing.T) {
	t.Parallel()
	s := site()
	secret := redact.New(s.Secret)
	want := connect.Claims{ClientKey: s.ClientKey, AccountID: "557058:abc", IssuedAt: noon, ExpiresAt: noon.Add(15 * time.Minute)}
	ignore := cmpopts.IgnoreFields(connect.Claims{}, "Fingerprint")
	for name, token := range map[string]string{
		"subject":                 s.Context(t, "557058:abc"),
		"subject and odd context": s.Context(t, "557058:abc", connecttest.Claims{"context": "text"}),
		"context":                 s.Context(t, "", connecttest.Claims{"sub": nil, "context": map[string]any{"user": map[string]any{"accountId": "557058:abc"}}}),
	} {
		got, err := connect.VerifyContext(token, s.ClientKey, secret, noon)
		if err != nil {
			t.Fatal(name, err)
		}
		got.IssuedAt, got.ExpiresAt = got.IssuedAt.UTC(), got.ExpiresAt.UTC()
		if diff := cmp.Diff(want, got, ignore); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if len(got.Fingerprint) != 64 || strings.Contains(token, got.Fingerprint) {
			t.Errorf("%s: fingerprint %q", name, got.Fingerprint)
		}
	}
}

func TestUnknownExtensionsOfATokenAreRefused(t *testing.T) {
	t.Parallel()
	s := site()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": s.ClientKey, "qsh": "context-qsh", "iat": noon.Unix(), "exp": noon.Unix()})
	token.Header["crit"] = []string{"b64"}
	signed, err := token.SignedString([]byte(s.Secret))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := connect.VerifyContext(signed, s.ClientKey, redact.New(s.Secret), noon); !errors.Is(err, connect.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
}

func TestAppTokenIsBoundToTheCall(t *testing.T) {
	t.Parallel()
	s := site()
	r := connect.Request{Method: "POST", Path: "/jira/rest/api/3/permissions/check", BasePath: "/jira"}
	token, err := connect.AppToken(s.AppKey, s.ClientKey, redact.New(s.Secret), r, noon)
	if err != nil {
		t.Fatal(err)
	}
	// The host verifies with the same rules, with the app as the issuer.
	claims, err := connect.VerifyEvent(token.Reveal(), s.AppKey, redact.New(s.Secret), r, noon)
	if err != nil || claims.AccountID != "" || !claims.ExpiresAt.Equal(noon.Add(3*time.Minute)) {
		t.Errorf("got %+v, %v", claims, err)
	}
	if _, err := connect.VerifyContext(token.Reveal(), s.ClientKey, redact.New(s.Secret), noon); err == nil {
		t.Error("our own token opens our own API")
	}
	if _, err := connect.AppToken(s.AppKey, s.ClientKey, redact.Secret{}, r, noon); err == nil {
		t.Error("signed without a secret")
	}
}

func FuzzTokens(f *testing.F) {
	s := site()
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	f.Add(encode(`{"alg":"HS256"}`) + "." + encode(`{"iss":"x","exp":1e999}`) + ".AAAA")
	f.Add(encode(`{"alg":"RS256","kid":"a"}`) + "." + encode(`{"aud":[1]}`) + ".AAAA")
	f.Add(encode(`{"alg":"none","crit":null}`) + "." + encode(`[]`) + ".")
	f.Add(strings.Repeat(".", 1<<12))
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := connect.Issuer(token); err != nil && !errors.Is(err, connect.ErrUnauthorized) {
			t.Errorf("issuer: %v", err)
		}
		// Nobody guesses a signature.
		if opened := kinds(t, s, request("GET", "/app/x"), token); len(opened) > 0 {
			t.Errorf("opened %v", opened)
		}
	})
}
