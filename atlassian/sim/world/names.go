package world

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// forbiddenCharacters may not stand in the name of a schema or an object type.
const forbiddenCharacters = `=;:?."`

// maxName is the number of characters a name may have.
const maxName = 255

// schemaKey is the form of a schema's key.
var schemaKey = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,19}$`)

// checkName returns what is wrong with the name of a schema or an object type.
func checkName(name string) *Error {
	if err := checkPlainName(name); err != nil {
		return err
	}
	if strings.ContainsAny(name, forbiddenCharacters) {
		return badField("name", `The name contains invalid characters: = ; : ? . "`)
	}
	return nil
}

// checkPlainName returns what is wrong with the name of anything else.
func checkPlainName(name string) *Error {
	switch {
	case strings.TrimSpace(name) == "":
		return badField("name", "Name needs to be set.")
	case utf8.RuneCountInString(name) > maxName:
		return badField("name", "The name must not be longer than %d characters", maxName)
	case !utf8.ValidString(name):
		return badField("name", "The name is not valid text")
	}
	return nil
}

// errNameTaken is the answer to a name that is in use.
func errNameTaken() *Error { return badField("name", "Name has to be unique") }

// sameName tells whether two names are the same to the service.
func sameName(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }
