package restore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"stowage/assets"
	"stowage/report"
)

const (
	// historyLimit is what a text area of Assets holds.
	historyLimit = 10_000
	// historyLabel is the name the product gives to the fixed offset in which it writes times, however odd it is.
	historyLabel = "CET (UTC+2)"
)

// historyZone is the fixed offset of the times in OBJECT_HISTORY.
func historyZone() *time.Location { return time.FixedZone(historyLabel, 2*60*60) }

// addHistory writes the history of an object into its attribute OBJECT_HISTORY.
func (r *run) addHistory(ctx context.Context, out *translated, at int32, o *assets.Object) error {
	a := &r.c.attrs[at]
	if r.attrs[at] == "" {
		return nil
	}
	entries, err := r.b.History(ctx, o.ID)
	if err != nil {
		return fmt.Errorf("read the history of object %s: %w", o.ID, err)
	}
	earlier := ""
	for i := range o.Values {
		if r.c.attribute(o.Values[i].AttributeID) == at && len(o.Values[i].Values) > 0 {
			earlier = o.Values[i].Values[0].Text
		}
	}
	text, cut := historyText(entries, earlier)
	if cut {
		out.drop(a, report.CauseHistoryTruncated, fmt.Sprintf("the history is longer than %d characters; the newest entries are kept", historyLimit))
	}
	out.add(r.attrs, at, text)
	return nil
}

// historyText writes entries one per line, the newest first, followed by the history an earlier restore had written, and
// leaves out the oldest that do not fit.
func historyText(entries []assets.HistoryEntry, earlier string) (text string, cut bool) {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b assets.HistoryEntry) int {
		at, aok := instant(a.Created)
		bt, bok := instant(b.Created)
		if aok && bok {
			return bt.Compare(at)
		}
		return cmp.Compare(b.Created, a.Created)
	})
	var lines []string
	for i := range entries {
		lines = append(lines, historyLine(&entries[i]))
	}
	if earlier != "" {
		lines = append(lines, strings.Split(earlier, "\n")...)
	}
	var b strings.Builder
	length := 0
	for i, line := range lines {
		n := textLength(line)
		if i > 0 {
			n++
		}
		if length+n > historyLimit {
			if i == 0 {
				b.WriteString(truncate(line, historyLimit))
			}
			return b.String(), true
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
		length += n
	}
	return b.String(), false
}

func historyLine(e *assets.HistoryEntry) string {
	when := e.Created
	if t, ok := instant(e.Created); ok {
		when = t.In(historyZone()).Format("2006-01-02 15:04:05") + " " + historyLabel
	}
	parts := []string{when}
	if who := cmp.Or(e.ActorName, e.ActorID); who != "" {
		parts = append(parts, who)
	}
	if e.Attribute != "" {
		parts = append(parts, e.Attribute)
	}
	line := strings.Join(parts, " | ")
	switch {
	case e.OldValue != "" || e.NewValue != "":
		line += ": " + oneLine(e.OldValue) + " -> " + oneLine(e.NewValue)
	default:
		line += fmt.Sprintf(": event %d", e.Type)
	}
	return line
}

func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}

// truncate shortens s to a number of characters as the service counts them.
func truncate(s string, limit int) string {
	n := 0
	for i, r := range s {
		if n += max(1, utf16.RuneLen(r)); n > limit {
			return s[:i]
		}
	}
	return s
}
