package blob

import (
	"fmt"
	"strings"
)

// MaxName is the greatest length of a name in bytes.
const MaxName = 512

// CheckName returns an error that wraps ErrInvalidName unless name is allowed by the rules of Store. Providers call it
// first in every method that takes a name.
func CheckName(name string) error {
	if name == "" || len(name) > MaxName {
		return fmt.Errorf("%w: %d bytes", ErrInvalidName, len(name))
	}
	start := true
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '/' || c == '.':
			// Neither an empty part nor one that begins with a dot.
			if start {
				return fmt.Errorf("%w: %q", ErrInvalidName, name)
			}
			start = c == '/'
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			start = false
		default:
			return fmt.Errorf("%w: %q", ErrInvalidName, name)
		}
	}
	if start {
		return fmt.Errorf("%w: %q", ErrInvalidName, name)
	}
	return nil
}

// CheckPrefix returns an error that wraps ErrInvalidName unless prefix may be given to List.
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	dir, ok := strings.CutSuffix(prefix, "/")
	if !ok {
		return fmt.Errorf("%w: prefix %q does not end in a slash", ErrInvalidName, prefix)
	}
	return CheckName(dir)
}
