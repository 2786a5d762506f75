package restore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Options choose what is restored and how. The zero value of every option but NewSchema is the default.
type Options struct {
	// NewSchema is the schema to create.
	NewSchema NewSchema `json:"newSchema"`
	// ObjectTypes are the ids or names of the object types to restore, and with them their ancestors; none means all.
	ObjectTypes []string `json:"objectTypes,omitempty"`
	// Icons uploads custom icons that the target lacks. Icons of the same name are used in any case.
	Icons bool `json:"icons,omitempty"`
	// History writes the history of every object into an attribute OBJECT_HISTORY.
	History bool `json:"history,omitempty"`
	// Users says what becomes of an attribute with several users of which some do not exist on the target.
	Users UserPolicy `json:"users,omitempty"`
	// MatchUsers says how the users of the backup are found on the target.
	MatchUsers UserMatch `json:"matchUsers,omitempty"`
}

// NewSchema names the schema to create.
type NewSchema struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// UserPolicy says what to do when some of the users of one attribute of one object cannot be restored.
type UserPolicy string

// The policies for users. UsersAllOrNothing is the default.
const (
	UsersAllOrNothing UserPolicy = "all-or-nothing"
	UsersPartial      UserPolicy = "partial"
)

// UserMatch says how users are matched.
type UserMatch string

// The ways to match users. MatchByName is the default: a full name that several accounts carry matches none.
// MatchByAccount uses the account id to tell accounts of one full name apart.
const (
	MatchByName    UserMatch = "name"
	MatchByAccount UserMatch = "account"
)

// ErrOptions means that the options of a restore make no sense; nothing was asked of the target.
var ErrOptions = errors.New("invalid restore options")

// ParseOptions reads options from JSON. Unknown members and unknown policies are refused, never replaced by a default.
func ParseOptions(data []byte) (Options, error) {
	var o Options
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return Options{}, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Options{}, fmt.Errorf("%w: more than one JSON value", ErrOptions)
	}
	return o.normal()
}

// schemaKey is the form Assets demands of a schema key.
var schemaKey = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,19}$`)

// forbidden are the characters that Assets refuses in the names of schemas and object types.
const forbidden = `=;:?."`

// normal checks o and fills in the defaults, so that equal wishes have equal plans.
func (o Options) normal() (Options, error) {
	refuse := func(format string, args ...any) (Options, error) {
		return Options{}, fmt.Errorf("%w: "+format, append([]any{ErrOptions}, args...)...)
	}
	name := strings.TrimSpace(o.NewSchema.Name)
	switch {
	case name == "":
		return refuse("the new schema needs a name")
	case strings.ContainsAny(name, forbidden):
		return refuse("the schema name %q holds a character Assets refuses (one of %s)", name, forbidden)
	case utf8.RuneCountInString(name) >= textLimit:
		return refuse("the schema name must be less than %d characters long", textLimit)
	case !schemaKey.MatchString(o.NewSchema.Key):
		return refuse("the schema key %q must be 2 to 20 capital letters and digits, beginning with a letter", o.NewSchema.Key)
	}
	o.NewSchema.Name = name
	switch o.Users {
	case "":
		o.Users = UsersAllOrNothing
	case UsersAllOrNothing, UsersPartial:
	default:
		return refuse("users: unknown policy %q (known are %s and %s)", o.Users, UsersAllOrNothing, UsersPartial)
	}
	switch o.MatchUsers {
	case "":
		o.MatchUsers = MatchByName
	case MatchByName, MatchByAccount:
	default:
		return refuse("matchUsers: unknown way %q (known are %s and %s)", o.MatchUsers, MatchByName, MatchByAccount)
	}
	if slices.Contains(o.ObjectTypes, "") {
		return refuse("an object type without a name")
	}
	return o, nil
}

// textLimit is the length from which Assets refuses a text.
const textLimit = 255

// textLength counts characters in UTF-16, which is never less than any other way to count them.
func textLength(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}
