package atlassian

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"stowage/internal/jsonscan"
)

// maxNames bounds the memory a decoder spends on names that come again and again.
const maxNames = 20000

// decoder reads records of a site from one document.
type decoder struct {
	*jsonscan.Scanner
	// names holds one copy of every id and name that comes often. A copy does not keep the document alive, and comparing
	// two equal ones is quick.
	names map[string]string
}

func newDecoder(doc string) *decoder {
	return &decoder{Scanner: jsonscan.New(doc), names: make(map[string]string, 64)}
}

// text takes a single value as a string that may be a part of the document. A value of another form goes to extra.
func (d *decoder) text(extra *jsonscan.Extra) string {
	if c := d.Next(); c == '{' || c == '[' {
		extra.Take(d.Scanner)
		return ""
	}
	text, _ := d.Text()
	return text
}

// own is text that does not keep the document alive.
func (d *decoder) own(extra *jsonscan.Extra) string { return strings.Clone(d.text(extra)) }

// often is own for texts that come again and again.
func (d *decoder) often(extra *jsonscan.Extra) string { return d.share(d.text(extra)) }

func (d *decoder) share(text string) string {
	if text == "" {
		return ""
	}
	if found, ok := d.names[text]; ok {
		return found
	}
	text = strings.Clone(text)
	if len(d.names) < maxNames {
		d.names[text] = text
	}
	return text
}

// flag takes a boolean, however it is written.
func (d *decoder) flag() bool {
	value, _ := d.Bool()
	return value
}

// number takes an integer, however it is written. What is none goes to extra.
func (d *decoder) number(extra *jsonscan.Extra) int {
	raw := d.Raw()
	if raw == "null" || d.Err() != nil {
		return 0
	}
	text := strings.Trim(raw, `"`)
	n, err := strconv.Atoi(text)
	if err != nil {
		f, ferr := strconv.ParseFloat(text, 64)
		if ferr != nil || f != float64(int(f)) {
			extra.Add(d.Key(), raw)
			return 0
		}
		n = int(f)
	}
	return n
}

// rest takes a member that has no field: it is dropped if the list of dropped members says so, and kept otherwise.
func (d *decoder) rest(record string, extra *jsonscan.Extra) {
	if _, ok := dropped[record][d.Key()]; ok {
		d.Skip()
		return
	}
	extra.Take(d.Scanner)
}

// list takes an array of records.
func list[T any](d *decoder, read func(*decoder) T) []T {
	var out []T
	for more := d.EnterArray(); more; more = d.NextElement() {
		out = append(out, read(d))
	}
	return out
}

// records decodes an answer that is an array of records.
func records[T any](c *Client, k call, a answer, read func(*decoder) T) ([]T, error) {
	d := newDecoder(a.body)
	out := list(d, read)
	if err := d.End(); err != nil {
		return nil, c.unreadable(k, a, err)
	}
	return out, nil
}

// record decodes an answer that is one record.
func record[T any](c *Client, k call, a answer, read func(*decoder) T) (T, error) {
	d := newDecoder(a.body)
	if d.Next() != '{' {
		var zero T
		return zero, c.unreadable(k, a, errors.New("an object was expected"))
	}
	out := read(d)
	if err := d.End(); err != nil {
		var zero T
		return zero, c.unreadable(k, a, err)
	}
	return out, nil
}

// decodeJSON decodes an answer that is no record.
func decodeJSON(body string, out any) error { return json.Unmarshal([]byte(body), out) }

// lenientText reads a JSON string, number or boolean as text; anything else is empty.
type lenientText string

// UnmarshalJSON implements json.Unmarshaler.
func (t *lenientText) UnmarshalJSON(b []byte) error {
	*t = ""
	switch {
	case len(b) == 0 || b[0] == '{' || b[0] == '[' || string(b) == "null":
		return nil
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = lenientText(s)
	default:
		*t = lenientText(b)
	}
	return nil
}

// lenientBool reads a JSON boolean, also one written as a string. Known is false for everything else.
type lenientBool struct{ value, known bool }

// UnmarshalJSON implements json.Unmarshaler.
func (v *lenientBool) UnmarshalJSON(b []byte) error {
	v.value, v.known = jsonscan.New(string(b)).Bool()
	return nil
}

// lenientInt reads a JSON number, also one written as a string; anything else is 0.
type lenientInt int

// UnmarshalJSON implements json.Unmarshaler.
func (n *lenientInt) UnmarshalJSON(b []byte) error {
	*n = 0
	if f, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64); err == nil {
		*n = lenientInt(f)
	}
	return nil
}
