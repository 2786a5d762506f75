package world

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Kind says how the value of an attribute is kept.
type Kind uint8

// The kinds of values. Everything that is plain text on the wire is KindText.
const (
	KindNone Kind = iota
	KindText
	KindSelect
	KindInt
	KindDouble
	KindBool
	KindDate
	KindDateTime
	KindRef
	KindUser
	KindGroup
	KindStatus
	KindProject
	KindVersion
)

// Value is one value of an attribute of an object. Which members count depends on
// the kind: Text holds the text, the chosen option, the account id of a user and the
// name of a group; ID the referenced object, status, project or version; Int the
// integer and the boolean; Double the number.
type Value struct {
	Kind Kind
	num  int64
	Text string
}

// Text returns a text, also for time, URL, email, text area and IP address.
func Text(s string) Value { return Value{Kind: KindText, Text: s} }

// Select returns a chosen option.
func Select(option string) Value { return Value{Kind: KindSelect, Text: option} }

// Int returns an integer.
func Int(n int64) Value { return Value{Kind: KindInt, num: n} }

// Double returns a floating point number.
func Double(f float64) Value {
	return Value{Kind: KindDouble, num: int64(math.Float64bits(f))}
}

// Bool returns a boolean.
func Bool(b bool) Value {
	if b {
		return Value{Kind: KindBool, num: 1}
	}
	return Value{Kind: KindBool}
}

// Date returns the day of t.
func Date(t time.Time) Value {
	t = t.UTC()
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return Value{Kind: KindDate, num: day.Unix() / 86400}
}

// DateTime returns t to the millisecond.
func DateTime(t time.Time) Value { return Value{Kind: KindDateTime, num: t.UnixMilli()} }

// Ref returns a reference to an object.
func Ref(object ID) Value { return Value{Kind: KindRef, num: int64(object)} }

// UserValue returns a reference to a user.
func UserValue(accountID string) Value { return Value{Kind: KindUser, Text: accountID} }

// GroupValue returns a reference to a group.
func GroupValue(name string) Value { return Value{Kind: KindGroup, Text: name} }

// StatusValue returns a status.
func StatusValue(status ID) Value { return Value{Kind: KindStatus, num: int64(status)} }

// ProjectValue returns a Jira project.
func ProjectValue(project ID) Value { return Value{Kind: KindProject, num: int64(project)} }

// VersionValue returns a version of a Jira project.
func VersionValue(version ID) Value { return Value{Kind: KindVersion, num: int64(version)} }

// ID is the referenced object, status, project or version.
func (v Value) ID() ID { return ID(v.num) }

// Int is the integer.
func (v Value) Int() int64 { return v.num }

// Bool is the boolean.
func (v Value) Bool() bool { return v.num != 0 }

// Double is the number, also of an integer.
func (v Value) Double() float64 {
	if v.Kind == KindInt {
		return float64(v.num)
	}
	return math.Float64frombits(uint64(v.num))
}

// Time is the moment of a date or of a date with time.
func (v Value) Time() time.Time {
	if v.Kind == KindDate {
		return time.Unix(v.num*86400, 0).UTC()
	}
	return fromMillis(v.num)
}

// dateTimeLayout is how the service writes a moment.
const dateTimeLayout = "2006-01-02T15:04:05.000Z"

// FormatTime writes a moment as the service does.
func FormatTime(t time.Time) string { return t.UTC().Format(dateTimeLayout) }

// Raw is the value as it is written on the wire: the `value` of plain kinds, the id
// of a referenced object, status, project or version, an account id, a group's name.
func (v Value) Raw() string {
	switch v.Kind {
	case KindInt:
		return strconv.FormatInt(v.num, 10)
	case KindDouble:
		return formatDouble(v.Double())
	case KindBool:
		return strconv.FormatBool(v.num != 0)
	case KindDate:
		return v.Time().Format(time.DateOnly)
	case KindDateTime:
		return FormatTime(v.Time())
	case KindRef, KindStatus, KindProject, KindVersion:
		return v.ID().String()
	case KindNone, KindText, KindSelect, KindUser, KindGroup:
		return v.Text
	}
	return v.Text
}

// formatDouble always shows a decimal point or an exponent.
func formatDouble(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.ContainsAny(s, ".eEnN") {
		s += ".0"
	}
	return s
}
