package connect

import "errors"

// What can be wrong with a request that claims to come from Atlassian. Errors never repeat what the request carried.
var (
	// ErrUnauthorized means that the request carries no token, more than one, or one that does not hold here.
	ErrUnauthorized = errors.New("not authenticated")
	// ErrInvalid means that the token holds, but what came with it cannot be accepted.
	ErrInvalid = errors.New("not acceptable")
	// ErrKeysUnavailable means that the key of a signature could not be had just now. The caller may come again.
	ErrKeysUnavailable = errors.New("signing key cannot be had")
	// ErrUnknownKey is what a Keys answers when there certainly is no such key.
	ErrUnknownKey = errors.New("no such signing key")
)

// refusal is one of the sentinels with the reason, for logs.
type refusal struct {
	kind   error
	reason string
}

// Error says why.
func (e *refusal) Error() string { return e.kind.Error() + ": " + e.reason }

// Unwrap returns the sentinel.
func (e *refusal) Unwrap() error { return e.kind }

func unauthorized(reason string) error { return &refusal{kind: ErrUnauthorized, reason: reason} }

func invalid(reason string) error { return &refusal{kind: ErrInvalid, reason: reason} }
