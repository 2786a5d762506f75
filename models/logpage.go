package models

import (
	"context"
	"encoding/json"
	"fmt"
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
// contain it in key, id, attribute or message, in any case.
func (t *Tenant) LogPage(ctx context.Context, runID string, after int64, limit int, match string) ([]LogLine, error) {
	verb := "read the log of run " + runID
	if limit <= 0 {
		return nil, nil
	}
	wanted := strings.ToLower(match)
	lines := []LogLine{}
	for {
		q := t.rows(ctx).Where("run_id = ? AND seq > ?", runID, after)
		n := limit
		if match != "" {
			// The database finds the lines that may match, in the letters of JSON; which do, is seen below.
			n = pageRows
			like := "LIKE"
			if t.db.dialect == Postgres {
				like = "ILIKE"
			}
			q = q.Where("entry "+like+" ? ESCAPE '!'", contains(jsonText(match)))
		}
		var rows []logRow
		if err := q.Order("seq").Limit(n).Find(&rows).Error; err != nil {
			return nil, wrapped(verb, err)
		}
		for i := range rows {
			line, err := rows[i].line()
			if err != nil {
				return nil, wrapped(verb, err)
			}
			after = line.Seq
			if wanted != "" && !line.mentions(wanted) {
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

func (row *logRow) line() (LogLine, error) {
	line := LogLine{Seq: row.Seq, At: known(row.At)}
	if err := json.Unmarshal([]byte(row.Entry), &line.Entry); err != nil {
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

// jsonText is a text as it stands between the quotes of JSON.
func jsonText(text string) string {
	doc, err := json.Marshal(text)
	if err != nil || len(doc) < 2 {
		return text
	}
	return string(doc[1 : len(doc)-1])
}

// contains is the pattern of texts that contain one, with ! as the escape.
func contains(text string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text) + "%"
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
	lines := make([]LogLine, len(rows))
	for i := range rows {
		line, err := rows[i].line()
		if err != nil {
			return nil, wrapped(verb, err)
		}
		lines[len(rows)-1-i] = line
	}
	return lines, nil
}
