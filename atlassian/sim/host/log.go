package host

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxEntries is how many entries the log keeps.
const maxEntries = 500

// maxAnswer is how much of an answer the log keeps.
const maxAnswer = 600

// Entry is something that was said between host and app. It holds no token and no
// shared secret.
type Entry struct {
	At   time.Time `json:"at"`
	Site string    `json:"site"`
	App  string    `json:"app"`
	// FromApp says that the app spoke; otherwise the host did.
	FromApp bool `json:"fromApp"`
	// Event is the lifecycle event, or what else it was about.
	Event  string `json:"event"`
	Method string `json:"method"`
	URL    string `json:"url"`
	// Signed is how the message was signed: "RS256", "HS256" or nothing.
	Signed string `json:"signed,omitempty"`
	// Kid names the key of RS256.
	Kid string `json:"kid,omitempty"`
	// Claims are what the token said.
	Claims any `json:"claims,omitempty"`
	// Sent is the body, its secret left out.
	Sent   json.RawMessage `json:"sent,omitempty"`
	Status int             `json:"status,omitempty"`
	Answer string          `json:"answer,omitempty"`
	Took   time.Duration   `json:"tookNanoseconds"`
	// Problem says why it did not succeed.
	Problem string `json:"problem,omitempty"`
}

// journal is the log.
type journal struct {
	mu      sync.Mutex
	entries []Entry
}

func (j *journal) add(e Entry, secrets ...string) {
	e.Answer = scrub(e.Answer, secrets...)
	e.Problem = scrub(e.Problem, secrets...)
	if len(e.Answer) > maxAnswer {
		e.Answer = strings.ToValidUTF8(e.Answer[:maxAnswer], "") + "…"
	}
	e.URL = withoutToken(e.URL)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, e)
	if extra := len(j.entries) - maxEntries; extra > 0 {
		j.entries = slices.Delete(j.entries, 0, extra)
	}
}

func (j *journal) all() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries)
}

// scrub takes secrets out of what an app answered.
func scrub(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}

// withoutToken takes the token out of an address.
func withoutToken(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	query := u.Query()
	if query.Has("jwt") {
		query.Del("jwt")
		u.RawQuery = query.Encode()
	}
	return u.String()
}
