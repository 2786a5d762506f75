package aql

import (
	"strconv"
	"strings"
	"time"
)

// layouts of absolute dates, with the width of what they leave open.
var layouts = []struct {
	layout string
	width  time.Duration
}{
	{"2006-01-02", 24 * time.Hour},
	{"2006-01-02 15:04", time.Minute},
	{"2006-01-02 15:04:05", time.Second},
	{"2006-01-02T15:04", time.Minute},
	{"2006-01-02T15:04:05", time.Second},
	{"2006-01-02T15:04:05.999999999Z07:00", time.Millisecond},
	{"2006-01-02T15:04:05.999999999Z0700", time.Millisecond},
	{"2006/01/02", 24 * time.Hour},
	{"2006/01/02 15:04", time.Minute},
	{"02/Jan/06", 24 * time.Hour},
	{"02/Jan/06 3:04 PM", time.Minute},
}

// parseTime reads an absolute date. It means any moment from the time given, for the width given.
func parseTime(s string) (at time.Time, width time.Duration, ok bool) {
	if len(s) < len("02/Jan/06") {
		return time.Time{}, 0, false
	}
	for _, l := range layouts {
		if t, err := time.Parse(l.layout, s); err == nil {
			return t, l.width, true
		}
	}
	return time.Time{}, 0, false
}

// period is a stretch of the calendar that functions give the start or the end of.
type period uint8

const (
	periodNone period = iota
	periodDay
	periodWeek
	periodMonth
	periodYear
)

var periods = map[string]period{"day": periodDay, "week": periodWeek, "month": periodMonth, "year": periodYear}

// callTime answers a date function; ok is false if the function is not about dates.
func callTime(name string, args []string, now time.Time) (at time.Time, ok bool, problem string) {
	p, end := periodNone, false
	switch {
	case name == "now":
	case strings.HasPrefix(name, "startof"):
		p = periods[name[len("startof"):]]
	case strings.HasPrefix(name, "endof"):
		p, end = periods[name[len("endof"):]], true
	default:
		return time.Time{}, false, ""
	}
	if len(args) > 1 {
		return time.Time{}, true, name + "() takes one offset at most"
	}
	var off offset
	if len(args) == 1 {
		var good bool
		if off, good = parseOffset(args[0], p); !good {
			return time.Time{}, true, "the offset " + quote(args[0]) + " is not one like \"-2h 15m\", with the units y, M, w, d, h, m"
		}
	}
	t := now.UTC()
	if p == periodNone {
		return off.whole(t), true, ""
	}
	// Whole periods move the start, so that endOfMonth("-1M") is the end of that month whatever its
	// length; what is smaller is added at last.
	t = off.atLeast(startOf(t, p), p)
	if end {
		t = nextStart(t, p).Add(-time.Millisecond)
	}
	return off.below(t, p), true, ""
}

// startOf is the beginning of the period t lies in. Weeks begin on Monday.
func startOf(t time.Time, p period) time.Time {
	y, m, d := t.Date()
	switch p {
	case periodWeek:
		d -= (int(t.Weekday()) + 6) % 7
	case periodMonth:
		d = 1
	case periodYear:
		m, d = 1, 1
	default:
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func nextStart(start time.Time, p period) time.Time {
	switch p {
	case periodWeek:
		return start.AddDate(0, 0, 7)
	case periodMonth:
		return start.AddDate(0, 1, 0)
	case periodYear:
		return start.AddDate(1, 0, 0)
	default:
		return start.AddDate(0, 0, 1)
	}
}

// offset is a distance such as "-2h 15m", kept by unit because months and years have no fixed length.
type offset struct {
	years, months, weeks, days int
	clock                      time.Duration
}

func (o offset) whole(t time.Time) time.Time {
	return t.AddDate(o.years, o.months, 7*o.weeks+o.days).Add(o.clock)
}

// atLeast adds the units that are as long as the period or longer, below the others.
func (o offset) atLeast(t time.Time, p period) time.Time {
	t = t.AddDate(o.years, 0, 0)
	if p <= periodMonth {
		t = t.AddDate(0, o.months, 0)
	}
	if p <= periodWeek {
		t = t.AddDate(0, 0, 7*o.weeks)
	}
	if p <= periodDay {
		t = t.AddDate(0, 0, o.days)
	}
	return t
}

func (o offset) below(t time.Time, p period) time.Time {
	if p > periodMonth {
		t = t.AddDate(0, o.months, 0)
	}
	if p > periodWeek {
		t = t.AddDate(0, 0, 7*o.weeks)
	}
	if p > periodDay {
		t = t.AddDate(0, 0, o.days)
	}
	return t.Add(o.clock)
}

// maxOffset keeps sums of dates far from overflow.
const maxOffset = 1_000_000

// parseOffset reads parts such as "-2h 15m". A sign holds until the next one; a number without a
// unit counts in the function's own period, in minutes for now().
func parseOffset(s string, p period) (o offset, ok bool) {
	sign, seen := 1, false
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ' || c == '\t':
			i++
			continue
		case c == '-':
			sign, i = -1, i+1
			continue
		case c == '+':
			sign, i = 1, i+1
			continue
		case c < '0' || c > '9':
			return offset{}, false
		}
		end := i
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(s[i:end])
		if err != nil || n > maxOffset {
			return offset{}, false
		}
		unit := [...]byte{periodNone: 'm', periodDay: 'd', periodWeek: 'w', periodMonth: 'M', periodYear: 'y'}[p]
		if end < len(s) && s[end] != ' ' && s[end] != '\t' {
			unit, end = s[end], end+1
		}
		n *= sign
		switch unit {
		case 'y', 'Y':
			o.years += n
		case 'M':
			o.months += n
		case 'w', 'W':
			o.weeks += n
		case 'd', 'D':
			o.days += n
		case 'h', 'H':
			o.clock += time.Duration(n) * time.Hour
		case 'm':
			o.clock += time.Duration(n) * time.Minute
		case 's', 'S':
			o.clock += time.Duration(n) * time.Second
		default:
			return offset{}, false
		}
		i, seen = end, true
	}
	return o, seen
}
