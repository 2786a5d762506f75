package models

import (
	"context"
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
	return nil, errUnfinished
}

// LogTail lists the last n lines, in their order.
func (t *Tenant) LogTail(ctx context.Context, runID string, n int) ([]LogLine, error) {
	return nil, errUnfinished
}
