package snapshot

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

const redacted = "[redacted]"

// MasterKey wraps the keys of tenants. It comes from outside, from an environment variable or a file, and is never
// stored. It cannot be printed: only Reveal shows it.
type MasterKey struct {
	key [32]byte
	set bool
}

// NewMasterKey makes a random key.
func NewMasterKey() MasterKey {
	k := MasterKey{set: true}
	// Reading from crypto/rand never fails; the program would be stopped.
	_, _ = rand.Read(k.key[:])
	return k
}

// ParseMasterKey reads the text form of a key: 32 bytes in standard base64. White space around it is ignored.
func ParseMasterKey(text string) (MasterKey, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != len(MasterKey{}.key) {
		// The text itself stays out of the message.
		return MasterKey{}, errors.New("a master key is 32 bytes in base64, 44 characters")
	}
	k := MasterKey{set: true}
	copy(k.key[:], raw)
	return k, nil
}

// Reveal returns the text form of the key.
func (k MasterKey) Reveal() string { return base64.StdEncoding.EncodeToString(k.key[:]) }

// IsZero says that k is no key at all.
func (k MasterKey) IsZero() bool { return !k.set }

// String does not show the key.
func (MasterKey) String() string { return redacted }

// Format does not show the key, whatever the verb.
func (MasterKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON does not show the key.
func (MasterKey) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText does not show the key.
func (MasterKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue does not show the key.
func (MasterKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// fingerprint tells keys apart without giving them away.
func (k MasterKey) fingerprint() [8]byte {
	sum := sha256.Sum256(append([]byte("stowage master key"), k.key[:]...))
	return [8]byte(sum[:8])
}
