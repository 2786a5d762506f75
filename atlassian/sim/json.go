package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	gojson "github.com/goccy/go-json"

	"stowage/atlassian/sim/world"
)

// jsonContentType is what the service calls its answers.
const jsonContentType = "application/json"

// writeJSON answers with a JSON document.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := gojson.MarshalWithOption(v, gojson.DisableHTMLEscape())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeRaw(w, status, jsonContentType, body)
}

// writeRaw answers with bytes that are ready.
func writeRaw(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if giveBody(w, body) {
		return
	}
	// The caller may be gone; there is nobody left to tell.
	_, _ = bytes.NewReader(body).WriteTo(w)
}

// giveBody hands the whole body over to a writer in the same process, which then
// need not copy it. What stands between has seen the status already.
func giveBody(w http.ResponseWriter, body []byte) bool {
	for {
		if taker, ok := w.(interface{ takeBody(body []byte) bool }); ok {
			return taker.takeBody(body)
		}
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = wrapper.Unwrap()
	}
}

// readJSON reads a request body into v. Members that v does not know are
// ignored, as the service ignores them.
func readJSON(r *http.Request, v any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || !strings.HasSuffix(kind, "json") {
		return &world.Error{Status: http.StatusUnsupportedMediaType, Messages: []string{"HTTP 415 Unsupported Media Type"}}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // tolerated, as by the service's parser
	if len(bytes.TrimSpace(body)) == 0 {
		return badRequest("The request body is missing.")
	}
	if err := json.Unmarshal(body, v); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return badRequest("The request body is not valid JSON at offset %d.", syntax.Offset)
		}
		return badRequest("The request body is not valid: %v", err)
	}
	return nil
}

func badRequest(format string, args ...any) error {
	return &world.Error{Status: http.StatusBadRequest, Messages: []string{fmt.Sprintf(format, args...)}}
}

func notFound(format string, args ...any) error {
	return &world.Error{Status: http.StatusNotFound, Messages: []string{fmt.Sprintf(format, args...)}}
}

// The service coerces scalars: ids arrive as strings or numbers, numbers and
// booleans also as strings.

// looseString reads a JSON string, number or boolean as text; null is empty.
type looseString string

// UnmarshalJSON implements [json.Unmarshaler].
func (s *looseString) UnmarshalJSON(b []byte) error {
	text, err := scalar(b)
	*s = looseString(text)
	return err
}

// looseInt reads a JSON number, or a string that holds one.
type looseInt int

// UnmarshalJSON implements [json.Unmarshaler].
func (i *looseInt) UnmarshalJSON(b []byte) error {
	text, err := scalar(b)
	if err != nil || text == "" {
		return err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not an integer", text)
	}
	*i = looseInt(n)
	return nil
}

// looseBool reads a JSON boolean, or a string that holds one.
type looseBool bool

// UnmarshalJSON implements [json.Unmarshaler].
func (v *looseBool) UnmarshalJSON(b []byte) error {
	text, err := scalar(b)
	if err != nil {
		return err
	}
	switch text {
	case "", "false", "0":
		*v = false
	case "true", "1":
		*v = true
	default:
		return fmt.Errorf("%q is not a boolean", text)
	}
	return nil
}

func scalar(b []byte) (string, error) {
	switch {
	case len(b) == 0 || string(b) == "null":
		return "", nil
	case b[0] == '"':
		var text string
		err := json.Unmarshal(b, &text)
		return text, err
	case b[0] == '{' || b[0] == '[':
		return "", errors.New("a single value was expected")
	}
	return string(b), nil
}

// queryInt reads an integer from the query string. A value that is no number is
// refused, as the service refuses it.
func queryInt(r *http.Request, name string, otherwise int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, badRequest("The parameter %s must be an integer.", name)
	}
	return n, nil
}

// queryBool reads a boolean from the query string; anything but "true" is false.
func queryBool(r *http.Request, name string, otherwise bool) bool {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise
	}
	return strings.EqualFold(text, "true")
}

// mustJSON encodes a wire type, none of which can fail.
func mustJSON(v any) []byte {
	b, err := gojson.MarshalWithOption(v, gojson.DisableHTMLEscape())
	if err != nil {
		panic(fmt.Sprintf("sim: encode %T: %v", v, err))
	}
	return b
}
