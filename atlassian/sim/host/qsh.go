package host

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// contextQSH stands in tokens that are not bound to one request.
const contextQSH = "context-qsh"

// queryHash is the hash that binds a token to a request: its method, its path
// relative to the base of whoever serves it, as it stands in the address, and its
// query without the token.
func queryHash(method, path, rawQuery string) (string, error) {
	canonical, err := canonicalRequest(method, path, rawQuery)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:]), nil
}

func canonicalRequest(method, path, rawQuery string) (string, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return "", fmt.Errorf("query string: %w", err)
	}
	delete(values, "jwt")
	// Jira orders names as they stand encoded; values as they are.
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int { return strings.Compare(percent(a), percent(b)) })
	params := make([]string, 0, len(names))
	for _, name := range names {
		slices.Sort(values[name])
		encoded := make([]string, 0, len(values[name]))
		for _, value := range values[name] {
			encoded = append(encoded, percent(value))
		}
		// A literal comma: one inside a value is %2C.
		params = append(params, percent(name)+"="+strings.Join(encoded, ","))
	}
	return strings.ToUpper(method) + "&" + canonicalPath(path) + "&" + strings.Join(params, "&"), nil
}

func canonicalPath(path string) string {
	path = strings.ReplaceAll(path, "&", "%26")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	return path
}

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// percent encodes everything but the unreserved characters of RFC 3986.
func percent(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; strings.IndexByte(unreserved, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// belowPath is a path relative to a base path, which is empty or begins with a slash.
func belowPath(path, base string) string {
	base = strings.TrimSuffix(base, "/")
	if rest, ok := strings.CutPrefix(path, base); ok && (rest == "" || rest[0] == '/') {
		return rest
	}
	return path
}
