package models

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"stowage/report"
)

// LogLine is one line of the log of a run.
type LogLine struct {
	Seq int64
	// At is when it was written; zero for lines of earlier versions.
	At time.Time
	report.Entry
}

// LogPage lists at most limit lines after the line with the number after, in their order. With match only those that
// contain it in key, id, attribute or message, in any case; with outcomes only those that came to one of them.
func (t *Tenant) LogPage(ctx context.Context, runID string, after int64, limit int, match string, outcomes ...report.Outcome) ([]LogLine, error) {
	verb := "read the log of run " + runID
	if limit <= 0 {
		return nil, nil
	}
	wanted := strings.ToLower(match)
	lines := []LogLine{}
	open := t.opener(t.db.gorm.WithContext(ctx))
	n := limit
	if wanted != "" || len(outcomes) > 0 {
		n = pageRows // the lines may be sealed: which of them match is seen here
	}
	for {
		var rows []logRow
		err := t.rows(ctx).Where("run_id = ? AND seq > ?", runID, after).Order("seq").Limit(n).Find(&rows).Error
		if err != nil {
			return nil, wrapped(verb, err)
		}
		for i := range rows {
			line, err := rows[i].line(open)
			if err != nil {
				return nil, wrapped(verb, err)
			}
			after = line.Seq
			if wanted != "" && !line.mentions(wanted) || len(outcomes) > 0 && !slices.Contains(outcomes, line.Outcome) {
				continue
			}
			if lines = append(lines, line); len(lines) == limit {
				return lines, nil
			}
		}
		if len(rows) < n {
			return lines, nil
		}
	}
}

func (row *logRow) line(open *opener) (LogLine, error) {
	line := LogLine{Seq: row.Seq, At: known(row.At)}
	entry := open.text(row.Entry, "log_lines", "entry", row.id())
	err := open.err
	if err == nil {
		err = json.Unmarshal([]byte(entry), &line.Entry)
	}
	if err != nil {
		return line, fmt.Errorf("line %d: %w", row.Seq, err)
	}
	return line, nil
}

// mentions says whether the line holds a text that is in lower case.
func (l *LogLine) mentions(text string) bool {
	for _, part := range []string{l.Key, l.Message, l.ID, l.Attribute} {
		if strings.Contains(strings.ToLower(part), text) {
			return true
		}
	}
	return false
}

// LogTail lists the last n lines, in their order.
func (t *Tenant) LogTail(ctx context.Context, runID string, n int) ([]LogLine, error) {
	verb := "read the log of run " + runID
	if n <= 0 {
		return nil, nil
	}
	var rows []logRow
	if err := t.rows(ctx).Where("run_id = ?", runID).Order("seq DESC").Limit(n).Find(&rows).Error; err != nil {
		return nil, wrapped(verb, err)
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	lines := make([]LogLine, len(rows))
	for i := range rows {
		line, err := rows[i].line(open)
		if err != nil {
			return nil, wrapped(verb, err)
		}
		lines[len(rows)-1-i] = line
	}
	return lines, nil
}
