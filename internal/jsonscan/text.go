package jsonscan

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// str takes a string and returns its text.
func (s *Scanner) str() string {
	start, end, escaped, beyond := s.quoted()
	raw := s.doc[start:end]
	switch {
	case escaped:
		return unescape(raw)
	case beyond && !utf8.ValidString(raw):
		return repair(raw)
	}
	return raw
}

// unescape resolves the escapes of a string that quoted has accepted.
func unescape(raw string) string {
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		c := raw[i]
		switch {
		case c == '\\' && raw[i+1] == 'u':
			r, _ := hex4(raw[i+2:])
			i += 6
			if utf16.IsSurrogate(r) {
				r = pair(r, raw[i:])
				if r != unicode.ReplacementChar {
					i += 6
				}
			}
			b.WriteRune(r)
		case c == '\\':
			b.WriteByte(control(raw[i+1]))
			i += 2
		case c < utf8.RuneSelf:
			b.WriteByte(c)
			i++
		default:
			r, n := utf8.DecodeRuneInString(raw[i:])
			b.WriteRune(r)
			i += n
		}
	}
	return b.String()
}

// pair joins a surrogate with the one that follows, or returns the replacement character.
func pair(r rune, rest string) rune {
	if len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
		return unicode.ReplacementChar
	}
	second, _ := hex4(rest[2:])
	return utf16.DecodeRune(r, second)
}

func control(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// repair puts the replacement character in the place of every byte that is not UTF-8.
func repair(raw string) string {
	var b strings.Builder
	b.Grow(len(raw) + 8)
	for _, r := range raw {
		b.WriteRune(r)
	}
	return b.String()
}
