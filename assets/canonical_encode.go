package assets

import (
	"errors"
	"strconv"
	"unicode/utf8"
)

// ErrNotJSON means that an Extra is not a JSON object, or that a line is not the canonical form of an object.
var ErrNotJSON = errors.New("not valid JSON")

// AppendObject appends the canonical form of o to dst: its JSON, members in the order of the fields, empty ones left out,
// on one line and without a line break at the end. It is the form that encoding/json gives, apart from the escapes that
// encoding/json adds for the sake of HTML, and it allocates nothing but room in dst.
//
// Extra documents stand there byte for byte, except that line breaks, which can only be space between tokens, become
// spaces. Strings that are not UTF-8 get U+FFFD in place of each wrong byte. The error, for an Extra that is not a JSON
// object, leaves dst as it was.
func AppendObject(dst []byte, o *Object) ([]byte, error) {
	begin := len(dst)
	dst = append(dst, `{"id":`...)
	dst = AppendString(dst, o.ID)
	dst = append(dst, `,"key":`...)
	dst = AppendString(dst, o.Key)
	dst = append(dst, `,"label":`...)
	dst = AppendString(dst, o.Label)
	dst = append(dst, `,"type":`...)
	dst = AppendString(dst, o.TypeID)
	dst = appendMember(dst, `,"created":`, o.Created)
	dst = appendMember(dst, `,"updated":`, o.Updated)
	if o.HasAvatar {
		dst = append(dst, `,"hasAvatar":true`...)
	}
	var err error
	if len(o.Values) > 0 {
		dst = append(dst, `,"values":[`...)
		for i := range o.Values {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendValues(dst, &o.Values[i]); err != nil {
				return dst[:begin], err
			}
		}
		dst = append(dst, ']')
	}
	if dst, err = appendExtra(dst, o.Extra); err != nil {
		return dst[:begin], err
	}
	return append(dst, '}'), nil
}

func appendValues(dst []byte, a *AttributeValues) ([]byte, error) {
	dst = append(dst, `{"a":`...)
	dst = AppendString(dst, a.AttributeID)
	var err error
	if len(a.Values) > 0 {
		dst = append(dst, `,"v":[`...)
		for i := range a.Values {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendValue(dst, &a.Values[i]); err != nil {
				return dst, err
			}
		}
		dst = append(dst, ']')
	}
	if dst, err = appendExtra(dst, a.Extra); err != nil {
		return dst, err
	}
	return append(dst, '}'), nil
}

func appendValue(dst []byte, v *Value) ([]byte, error) {
	begin := len(dst)
	if v.Kind != ValueLiteral {
		dst = append(dst, `,"k":`...)
		dst = strconv.AppendUint(dst, uint64(v.Kind), 10)
	}
	dst = appendMember(dst, `,"t":`, v.Text)
	if v.Bare {
		dst = append(dst, `,"bare":true`...)
	}
	dst = appendMember(dst, `,"id":`, v.ID)
	dst = appendMember(dst, `,"n":`, v.Name)
	dst = appendMember(dst, `,"key":`, v.Key)
	dst = appendMember(dst, `,"type":`, v.TypeID)
	dst = appendMember(dst, `,"schema":`, v.SchemaID)
	if v.Category != 0 {
		dst = append(dst, `,"cat":`...)
		dst = strconv.AppendInt(dst, int64(v.Category), 10)
	}
	if v.Deleted {
		dst = append(dst, `,"deleted":true`...)
	}
	dst = appendMember(dst, `,"d":`, v.Display)
	dst = appendMember(dst, `,"s":`, v.Search)
	dst, err := appendExtra(dst, v.Extra)
	if err != nil {
		return dst, err
	}
	// Every member above begins with a comma; the first one's place is taken by the opening brace.
	if len(dst) == begin {
		return append(dst, '{', '}'), nil
	}
	dst[begin] = '{'
	return append(dst, '}'), nil
}

func appendMember(dst []byte, name, s string) []byte {
	if s == "" {
		return dst
	}
	return AppendString(append(dst, name...), s)
}

func appendExtra(dst []byte, e Extra) ([]byte, error) {
	if len(e) == 0 {
		return dst, nil
	}
	end, err := skipValue(e, skipSpace(e, 0), 0)
	if err != nil {
		return dst, err
	}
	first := skipSpace(e, 0)
	if skipSpace(e, end) != len(e) || e[first] != '{' {
		return dst, ErrNotJSON
	}
	dst = append(dst, `,"extra":`...)
	begin := len(dst)
	dst = append(dst, e[first:end]...)
	for i, c := range dst[begin:] {
		if c == '\n' || c == '\r' {
			dst[begin+i] = ' '
		}
	}
	return dst, nil
}

const hexDigits = "0123456789abcdef"

// plain tells which bytes stand for themselves in a JSON string. Bytes from 0x80 on need a look at the whole rune.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c < 0x80 && c != '"' && c != '\\'
	}
	return t
}()

// AppendString appends s as a JSON string, with no more escapes than JSON needs.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			dst = append(dst, s[from:i]...)
			dst = append(dst, "\ufffd"...)
			i++
			from = i
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
