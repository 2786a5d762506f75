package assets

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// What a site answers, in the few words that engines decide by. A client wraps one of these into its own error.
var (
	// ErrNotFound means that the thing asked for does not exist, or may not be seen.
	ErrNotFound = errors.New("not found")
	// ErrConflict means that a name or key is taken.
	ErrConflict = errors.New("conflict")
	// ErrUnauthorized means that the credentials were not accepted.
	ErrUnauthorized = errors.New("not authenticated")
	// ErrForbidden means that the account is known and lacks the permission.
	ErrForbidden = errors.New("forbidden")
	// ErrThrottled means that the site asked to slow down for longer than the client was willing to wait.
	ErrThrottled = errors.New("throttled")
	// ErrUnavailable means that the site cannot be reached or keeps failing.
	ErrUnavailable = errors.New("unavailable")
	// ErrUnsupported means that the site does not offer the operation, as with endpoints that are not documented.
	ErrUnsupported = errors.New("not offered by this site")
	// ErrUnknownOutcome means that a write was sent and its answer was lost: it may or may not have been done. Ask the
	// site before writing again.
	ErrUnknownOutcome = errors.New("outcome unknown")
)

// Rejected is the answer of a site that understood a write and refused its content. One bad value rejects the whole
// object, so every refused attribute is named at once.
type Rejected struct { //nolint:errname // "assets.Rejected" reads as what the site did
	// Messages are about the whole document.
	Messages []string
	// Fields are messages by field name or, for attribute values, by attribute id.
	Fields map[string]string
}

// Error lists the messages, fields in the order of their names.
func (r *Rejected) Error() string {
	parts := slices.Clone(r.Messages)
	for _, f := range slices.Sorted(maps.Keys(r.Fields)) {
		parts = append(parts, f+": "+r.Fields[f])
	}
	if len(parts) == 0 {
		return "rejected by the site without a reason"
	}
	return "rejected by the site: " + strings.Join(parts, "; ")
}
