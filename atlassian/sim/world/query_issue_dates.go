package world

import (
	"strconv"
	"strings"
	"time"

	"stowage/atlassian/sim/aql/jql"
)

// dateClause compares a moment of an issue with a date, with a period from now such as
// -30d, or with one of the functions now, startOfDay, startOfWeek, startOfMonth and
// startOfYear.
func (w *World) dateClause(c *jql.Clause, moment func(i *Issue) time.Time) (issueTest, error) {
	switch c.Op {
	case "<", "<=", ">", ">=":
	default:
		return nil, unsupported(c)
	}
	bound, ok := momentOf(c.Values[0], w.Now().UTC())
	if !ok {
		return nil, refused(c, "Date value '%s' for field '%s' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
			c.Values[0].Text+c.Values[0].Func, c.Field)
	}
	return func(i *Issue) bool {
		n := moment(i).Compare(bound)
		return n < 0 && c.Op[0] == '<' || n > 0 && c.Op[0] == '>' || n == 0 && len(c.Op) == 2
	}, nil
}

func momentOf(v jql.Value, now time.Time) (time.Time, bool) {
	if v.Func != "" {
		return momentOfFunction(v, now)
	}
	for _, layout := range []string{time.DateOnly, "2006/01/02", "2006-01-02 15:04", "2006/01/02 15:04"} {
		if t, err := time.Parse(layout, v.Text); err == nil {
			return t, true
		}
	}
	return fromNow(v.Text, now)
}

// fromNow reads a period such as "-30d" or "4w 2d". A sign in front holds for all of it.
func fromNow(text string, now time.Time) (time.Time, bool) {
	units := map[byte]time.Duration{'w': 7 * 24 * time.Hour, 'd': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute}
	parts := strings.Fields(strings.TrimLeft(text, "+-"))
	var period time.Duration
	for _, part := range parts {
		unit, ok := units[part[len(part)-1]]
		n, err := strconv.Atoi(part[:len(part)-1])
		if !ok || err != nil || n < 0 || n > 100_000 {
			return time.Time{}, false
		}
		period += time.Duration(n) * unit
	}
	if strings.HasPrefix(text, "-") {
		period = -period
	}
	return now.Add(period), len(parts) > 0
}

func momentOfFunction(v jql.Value, now time.Time) (time.Time, bool) {
	if len(v.Args) > 0 {
		return time.Time{}, false
	}
	year, month, day := now.Date()
	switch v.Func {
	case "now":
		return now, true
	case "startofday":
	case "startofweek":
		day -= int(now.Weekday())
	case "startofmonth":
		day = 1
	case "startofyear":
		month, day = time.January, 1
	default:
		return time.Time{}, false
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC), true
}

// everIssue and noIssue answer what is asked of fields that every issue has.
func everIssue(*Issue) bool { return true }

func noIssue(*Issue) bool { return false }
