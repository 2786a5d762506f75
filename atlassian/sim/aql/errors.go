package aql

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a query and where.
type Error struct {
	// Line and Column count from 1, Column in characters.
	Line, Column int
	// Message is what was expected or found, without the position.
	Message string
}

// Error gives the message followed by the position.
func (e *Error) Error() string {
	return fmt.Sprintf("the AQL is not valid: %s (line %d, column %d)", e.Message, e.Line, e.Column)
}

// errorAt makes an Error for a byte offset of src.
func errorAt(src string, offset int, format string, args ...any) *Error {
	offset = min(offset, len(src))
	before := src[:offset]
	line := strings.Count(before, "\n") + 1
	last := before[strings.LastIndexByte(before, '\n')+1:]
	return &Error{Line: line, Column: utf8.RuneCountInString(last) + 1, Message: fmt.Sprintf(format, args...)}
}
