package world

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Error is a refusal of the service: a status, messages that belong to nothing in
// particular, and messages for one field each.
type Error struct {
	Status   int
	Messages []string
	Fields   map[string]string
}

// Error joins all the messages in a stable order.
func (e *Error) Error() string {
	parts := slices.Clone(e.Messages)
	for _, k := range slices.Sorted(maps.Keys(e.Fields)) {
		parts = append(parts, k+": "+e.Fields[k])
	}
	return fmt.Sprintf("%d: %s", e.Status, strings.Join(parts, "; "))
}

// AttributeField is the field under which the service reports a bad value.
func AttributeField(attribute ID) string {
	return "rlabs-insight-attribute-" + attribute.String()
}

func badRequest(format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Messages: []string{fmt.Sprintf(format, args...)}}
}

func badField(field, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Fields: map[string]string{field: fmt.Sprintf(format, args...)}}
}

func notFound(format string, args ...any) *Error {
	return &Error{Status: http.StatusNotFound, Messages: []string{fmt.Sprintf(format, args...)}}
}

func forbidden(format string, args ...any) *Error {
	return &Error{Status: http.StatusForbidden, Messages: []string{fmt.Sprintf(format, args...)}}
}
