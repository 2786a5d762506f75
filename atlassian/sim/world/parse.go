package world

import (
	"fmt"
	"math"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxText is the number of characters from which a text is refused.
const maxText = 255

// The forms in which a date, a moment and a time of day are accepted.
var (
	dateLayouts = []string{
		time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700",
	}
	dateTimeLayouts = []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05.999999999",
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly,
	}
	timeLayouts = []string{"15:04", "15:04:05", "15:04:05.999", "3:04 PM"}
)

// parse reads one value of an attribute as it comes over the wire; msg says what is
// wrong with it.
func (w *World) parse(a *attribute, s string) (v Value, msg string) {
	switch a.Type {
	case TypeDefault:
		return parseDefault(a, s)
	case TypeReference:
		return w.parseRef(a, s)
	case TypeUser:
		return w.parseUser(a, s)
	case TypeGroup:
		e := w.people.entry(s)
		if e == nil {
			return v, "Invalid Group(s)"
		}
		return GroupValue(e.name), ""
	case TypeStatus:
		return w.parseStatus(a, s)
	case TypeProject:
		return w.parseProject(a, s)
	case TypeVersion:
		return w.parseVersion(a, s)
	case TypeConfluence, TypeBitbucket, TypeOpsgenie:
		return Text(s), ""
	}
	return v, invalid(s)
}

// invalid is the answer to a value that is not of the attribute's type.
func invalid(s string) string { return fmt.Sprintf("Invalid values (%s)", clip(s)) }

// clip keeps messages readable.
func clip(s string) string {
	const most = 100
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

func parseDefault(a *attribute, s string) (v Value, msg string) {
	if !utf8.ValidString(s) {
		return v, invalid(strings.ToValidUTF8(s, "?"))
	}
	trimmed := strings.TrimSpace(s)
	switch a.Default {
	case DefaultNone, DefaultText:
		if utf8.RuneCountInString(s) >= maxText {
			return v, a.Name + " - Text attribute value must be less than 255 characters long"
		}
		return matching(a, s)
	case DefaultTextarea:
		return Text(s), ""
	case DefaultInteger:
		n, err := strconv.ParseInt(trimmed, 10, 64)
		if err != nil {
			return v, invalid(s)
		}
		return Int(n), ""
	case DefaultDouble:
		f, err := strconv.ParseFloat(trimmed, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || strings.ContainsAny(trimmed, "xX_pP") {
			return v, invalid(s)
		}
		return Double(f), ""
	case DefaultBoolean:
		return parseBool(trimmed)
	case DefaultDate:
		if t, ok := parseTime(dateLayouts, trimmed); ok {
			return Date(t), ""
		}
		return v, invalid(s)
	case DefaultDateTime:
		if t, ok := parseTime(dateTimeLayouts, trimmed); ok {
			return DateTime(t), ""
		}
		return v, invalid(s)
	case DefaultTime:
		if _, ok := parseTime(timeLayouts, trimmed); ok {
			return Text(trimmed), ""
		}
		return v, invalid(s)
	case DefaultURL:
		u, err := url.Parse(trimmed)
		if err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "" && u.Path == "" {
			return v, invalid(s)
		}
		return Text(trimmed), ""
	case DefaultEmail:
		m, err := mail.ParseAddress(trimmed)
		if err != nil || m.Name != "" || m.Address != trimmed {
			return v, invalid(s)
		}
		return matching(a, trimmed)
	case DefaultSelect:
		if !slices.Contains(a.options, trimmed) {
			return v, invalid(s)
		}
		return Select(trimmed), ""
	case DefaultIP:
		if _, err := netip.ParseAddr(trimmed); err != nil {
			return v, invalid(s)
		}
		return Text(trimmed), ""
	}
	return v, invalid(s)
}

// matching returns a text that satisfies the attribute's regular expression.
func matching(a *attribute, s string) (v Value, msg string) {
	if a.pattern != nil && !a.pattern.MatchString(s) {
		return v, fmt.Sprintf("The value provided is invalid: %s does not match the regular expression", clip(s))
	}
	return Text(s), ""
}

func parseBool(s string) (v Value, msg string) {
	switch strings.ToLower(s) {
	case "true":
		return Bool(true), ""
	case "false":
		return Bool(false), ""
	}
	return v, invalid(s)
}

func parseTime(layouts []string, s string) (time.Time, bool) {
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// parseRef finds an object by id or key and checks that the attribute may refer to
// it.
func (w *World) parseRef(a *attribute, s string) (v Value, msg string) {
	s = strings.TrimSpace(s)
	id, ok := ParseID(s)
	if !ok {
		id, ok = w.byKey(s)
	}
	rec := w.objects.alive(id)
	if !ok || rec == nil {
		return v, fmt.Sprintf("Invalid values (%s): the referenced object does not exist", clip(s))
	}
	to := w.types[rec.typ]
	from := w.types[a.TypeID]
	if to.SchemaID != from.SchemaID && !w.schemas[to.SchemaID].config.AllowOtherObjectSchema {
		return v, fmt.Sprintf("The object %s refers to the schema %s, which does not allow references from other schemas",
			w.keyOf(id, rec), w.schemas[to.SchemaID].Name)
	}
	if rec.typ != a.RefType && (!a.IncludeChildren || !w.isWithin(rec.typ, a.RefType)) {
		return v, fmt.Sprintf("The value provided is invalid: %s is not an object of the referenced object type", w.keyOf(id, rec))
	}
	if a.Query != "" && w.accepts != nil && !w.accepts(&View{w: w, now: w.nowMillis()}, a.Query, id) {
		return v, fmt.Sprintf("The value %s is invalid due to restrictions on the attribute", w.keyOf(id, rec))
	}
	return Ref(id), ""
}

func (w *World) parseUser(a *attribute, s string) (v Value, msg string) {
	u := w.people.users[s]
	switch {
	case u == nil || u.Deleted:
		return v, fmt.Sprintf("User(s) %s not found in jira", clip(s))
	case !u.Active:
		return v, fmt.Sprintf("User(s) %s not found in jira or inactive", clip(s))
	case len(a.TypeValueMulti) > 0 && !w.people.inAny(s, a.TypeValueMulti):
		return v, fmt.Sprintf("User(s) %s invalid due to restrictions: not a member of the groups of the attribute", clip(s))
	}
	return UserValue(s), ""
}

func (w *World) parseStatus(a *attribute, s string) (v Value, msg string) {
	st := w.findStatus(w.types[a.TypeID].SchemaID, s)
	switch {
	case st == nil:
		return v, "The value provided is invalid: there is no status " + clip(s)
	case len(a.TypeValueMulti) > 0 && !slices.Contains(a.TypeValueMulti, st.ID.String()):
		return v, fmt.Sprintf("The status %s is invalid due to restrictions on the attribute", clip(s))
	}
	return StatusValue(st.ID), ""
}

func (w *World) parseProject(a *attribute, s string) (v Value, msg string) {
	p := w.jira.project(s)
	switch {
	case p == nil:
		return v, fmt.Sprintf("Project %s not found in jira", clip(s))
	case len(a.TypeValueMulti) > 0 && !slices.Contains(a.TypeValueMulti, p.ID.String()) && !slices.Contains(a.TypeValueMulti, p.Key):
		return v, fmt.Sprintf("The project %s is invalid due to restrictions on the attribute", clip(s))
	}
	return ProjectValue(p.ID), ""
}

func (w *World) parseVersion(a *attribute, s string) (v Value, msg string) {
	id, _ := ParseID(s)
	ver := w.jira.versions[id]
	switch {
	case ver == nil:
		return v, fmt.Sprintf("Version %s not found in jira", clip(s))
	case len(a.TypeValueMulti) > 0 && !slices.Contains(a.TypeValueMulti, ver.ProjectID.String()):
		return v, fmt.Sprintf("The version %s is invalid due to restrictions on the attribute", clip(s))
	}
	return VersionValue(id), ""
}
