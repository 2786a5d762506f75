package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/danielgtaylor/huma/v2"
)

// maxDepth is how deep a body may nest; the deepest one of the API has three levels.
const maxDepth = 16

// The sentences about a body that is no JSON. They say nothing of what was sent.
var (
	errSyntax = errors.New("the body is not valid JSON")
	errDeep   = errors.New("the body is nested too deeply")
	errTwice  = errors.New("the body names a member twice")
)

// strictJSON reads and writes bodies. It refuses what the validation behind it cannot see: more than one value, deep
// nesting, and members that are named twice.
var strictJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if err := checkJSON(data); err != nil {
			return err
		}
		if json.Unmarshal(data, v) != nil {
			return errSyntax
		}
		return nil
	},
}

// checkJSON reads data once, token by token.
func checkJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	type level struct {
		names map[string]bool // nil in an array
		name  bool            // a name comes next
	}
	var levels []level
	values := 0
	for {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && len(levels) == 0 && values == 1:
			return nil
		case err != nil, len(levels) == 0 && values == 1:
			return errSyntax
		case len(levels) == 0:
			values++
		}
		top := len(levels) - 1
		if top >= 0 && levels[top].names != nil && levels[top].name {
			if name, ok := t.(string); ok {
				if levels[top].names[name] {
					return errTwice
				}
				levels[top].names[name] = true
				levels[top].name = false
				continue
			}
		}
		if delim, ok := t.(json.Delim); ok && (delim == '{' || delim == '[') {
			if len(levels) == maxDepth {
				return errDeep
			}
			if top >= 0 {
				levels[top].name = true
			}
			l := level{}
			if delim == '{' {
				l.names, l.name = make(map[string]bool), true
			}
			levels = append(levels, l)
			continue
		}
		if _, ok := t.(json.Delim); ok {
			levels = levels[:top]
			continue
		}
		if top >= 0 {
			levels[top].name = true
		}
	}
}
