package connect

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
)

// ContextQSH stands in the place of a hash in tokens that are bound to no request: those of the user interface.
const ContextQSH = "context-qsh"

// Request is what a qsh is computed over.
type Request struct {
	// Method is the method, in any case.
	Method string
	// Path is the path as it came, still escaped.
	Path string
	// RawQuery is the query as it came, without the question mark.
	RawQuery string
	// BasePath is the path of the app's own base URL (or, for calls to a host, of the host's), which is not hashed.
	BasePath string
}

// RequestOf describes an incoming request. BaseURL is the app's own.
func RequestOf(r *http.Request, baseURL *url.URL) Request {
	out := Request{Method: r.Method, Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery}
	if baseURL != nil {
		out.BasePath = baseURL.EscapedPath()
	}
	return out
}

// QSH returns the query string hash: the SHA-256 of method, path and query in canonical form, as lower-case hex. A query
// that cannot be decoded is refused.
func (r Request) QSH() (string, error) {
	query, err := url.ParseQuery(r.RawQuery)
	if err != nil {
		return "", unauthorized("the query cannot be decoded")
	}
	return hash(r.canonical(r.Path, canonicalQuery(query, byName))), nil
}

// Accepts says whether qsh is the hash of the request.
//
// Atlassian's own implementations differ in two points, so that up to four hashes are right. Jira has hashed the decoded
// path where a path holds escapes; and names are ordered as they are by its JavaScript library, and as they are written
// by its Java library. They are hashes of the same request: accepting all of them accepts no other request.
func (r Request) Accepts(qsh string) bool {
	if qsh == "" || qsh == ContextQSH {
		return false
	}
	query, err := url.ParseQuery(r.RawQuery)
	if err != nil {
		return false
	}
	paths := []string{r.Path}
	if decoded, err := url.PathUnescape(r.Path); err == nil && decoded != r.Path {
		paths = append(paths, decoded)
	}
	queries := []string{canonicalQuery(query, byName)}
	if other := canonicalQuery(query, byEncodedName); other != queries[0] {
		queries = append(queries, other)
	}
	found := 0
	for _, path := range paths {
		for _, query := range queries {
			found |= subtle.ConstantTimeCompare([]byte(hash(r.canonical(path, query))), []byte(qsh))
		}
	}
	return found == 1
}

func hash(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:])
}

// canonical joins method, path and query. The "&" before the query stands also when the query is empty.
func (r Request) canonical(path, query string) string {
	return strings.ToUpper(r.Method) + "&" + canonicalPath(path, r.BasePath) + "&" + query
}

// canonicalPath takes the base path off. A "&" would be read as the end of the path, so that two requests shared a hash.
func canonicalPath(path, base string) string {
	if base = strings.TrimRight(base, "/"); base != "" {
		if rest, ok := strings.CutPrefix(path, base); ok && (rest == "" || rest[0] == '/') {
			path = rest
		}
	}
	path = strings.ReplaceAll(path, "&", "%26")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	return path
}

// order is one of the two ways in which the parameters are brought into order.
type order int

const (
	// byName sorts by the decoded names and leaves out a parameter without a name.
	byName order = iota
	// byEncodedName sorts by the escaped names and keeps such a parameter.
	byEncodedName
)

// canonicalQuery leaves the token out, escapes names and values, and joins repeated values by a literal comma.
func canonicalQuery(query url.Values, by order) string {
	type parameter struct{ sortedBy, name, values string }
	parameters := make([]parameter, 0, len(query))
	for name, values := range query {
		if name == "jwt" || name == "" && by == byName {
			continue
		}
		sorted := slices.SortedFunc(slices.Values(values), compareUTF16)
		for i, value := range sorted {
			sorted[i] = escape(value)
		}
		p := parameter{sortedBy: name, name: escape(name), values: strings.Join(sorted, ",")}
		if by == byEncodedName {
			p.sortedBy = p.name
		}
		parameters = append(parameters, p)
	}
	slices.SortFunc(parameters, func(a, b parameter) int {
		return cmp.Or(compareUTF16(a.sortedBy, b.sortedBy), strings.Compare(a.name, b.name))
	})
	var b strings.Builder
	for i, p := range parameters {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name + "=" + p.values)
	}
	return b.String()
}

// escape encodes as RFC 3986 has it: everything but letters, digits and "-._~".
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// compareUTF16 orders texts by their UTF-16 units, as Java and JavaScript do. Bytes are in another order where a text
// holds characters beyond the first plane.
func compareUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}
