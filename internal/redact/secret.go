// Package redact holds types for what must never be printed: whatever is done with a Secret, by fmt, encoding/json, slog
// or a debugger's dump, shows a placeholder. The value itself is had in one way only, by asking for it by name.
package redact

import (
	"fmt"
	"io"
	"log/slog"
)

// Placeholder is what stands in the place of a secret.
const Placeholder = "[redacted]"

// Secret is a text that cannot be printed by mistake. The zero value is the empty secret.
//
// The text is held by a function and not by a field: fmt prints unexported fields of a surrounding struct by reflection,
// without asking their methods, and would show a field.
type Secret struct {
	reveal func() string
}

// New makes a secret of a text.
func New(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return text }}
}

// Reveal returns the text. Call it where the text leaves for the one who asked for it, and nowhere else.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero says whether the secret is empty.
func (s Secret) IsZero() bool { return s.reveal == nil }

// String returns the placeholder.
func (Secret) String() string { return Placeholder }

// GoString returns the placeholder.
func (Secret) GoString() string { return Placeholder }

// Format writes the placeholder, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) {
	// A fmt.State has nowhere to report an error to.
	_, _ = io.WriteString(f, Placeholder)
}

// MarshalJSON returns the placeholder.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Placeholder + `"`), nil }

// MarshalText returns the placeholder.
func (Secret) MarshalText() ([]byte, error) { return []byte(Placeholder), nil }

// LogValue returns the placeholder.
func (Secret) LogValue() slog.Value { return slog.StringValue(Placeholder) }
