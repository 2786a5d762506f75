package connect

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// maxToken is the longest token that is looked at. Those of Atlassian have below 2 kB.
const maxToken = 16 << 10

// FromHeader takes the token from "Authorization: JWT …". A request with a second token, wherever it is, is refused: two
// readers of it might not agree on which one counts.
func FromHeader(r *http.Request) (string, error) {
	headers := r.Header.Values("Authorization")
	switch {
	case len(headers) == 0:
		return "", unauthorized("no token")
	case len(headers) > 1:
		return "", unauthorized("more than one Authorization header")
	case inQuery(r):
		return "", unauthorized("a second token in the query")
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	if !ok || !strings.EqualFold(scheme, "JWT") {
		return "", unauthorized("the Authorization header holds no token of Connect")
	}
	return sized(token)
}

// FromQuery takes the token from the query parameter jwt, where hosts put it for pages.
func FromQuery(r *http.Request) (string, error) {
	if len(r.Header.Values("Authorization")) > 0 {
		return "", unauthorized("a second token in the Authorization header")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", unauthorized("the query cannot be decoded")
	}
	switch tokens := query["jwt"]; len(tokens) {
	case 0:
		return "", unauthorized("no token")
	case 1:
		return sized(tokens[0])
	}
	return "", unauthorized("more than one token in the query")
}

func inQuery(r *http.Request) bool {
	query, err := url.ParseQuery(r.URL.RawQuery)
	return err != nil || query.Has("jwt")
}

func sized(token string) (string, error) {
	switch {
	case token == "":
		return "", unauthorized("no token")
	case len(token) > maxToken:
		return "", unauthorized("the token is too long")
	}
	return token, nil
}

// header is the first part of a token.
type header struct {
	Algorithm string          `json:"alg"`
	KeyID     string          `json:"kid"`
	Critical  json.RawMessage `json:"crit"`
}

// readHeader reads the first part of a token without believing it.
func readHeader(token string) (header, error) {
	parts, err := split(token)
	if err != nil {
		return header{}, err
	}
	var h header
	if err := decodePart(parts[0], &h); err != nil {
		return header{}, err
	}
	if len(h.Critical) > 0 {
		return header{}, unauthorized("the token asks for extensions that are not known")
	}
	return h, nil
}

// Issuer reads who claims to have issued a token, without believing it: to look up with whose secret it must hold.
func Issuer(token string) (string, error) {
	parts, err := split(token)
	if err != nil {
		return "", err
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err := decodePart(parts[1], &claims); err != nil {
		return "", err
	}
	if claims.Issuer == "" {
		return "", unauthorized("the token names no issuer")
	}
	return claims.Issuer, nil
}

func split(token string) ([]string, error) {
	if len(token) > maxToken {
		return nil, unauthorized("the token is too long")
	}
	parts := strings.SplitN(token, ".", 4)
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return nil, unauthorized("the token has not three parts")
	}
	return parts, nil
}

func decodePart(part string, out any) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return unauthorized("the token is not encoded properly")
	}
	if err := json.Unmarshal(text, out); err != nil {
		return unauthorized("the token cannot be read")
	}
	return nil
}
