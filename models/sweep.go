package models

import (
	"context"
	"strings"
	"time"
)

// Swept counts the rows that Sweep deleted.
type Swept struct{ Tokens, Keys, Plans, Checkpoints, Runs int64 }

// How long is kept what nobody asks for any longer.
const (
	answersKept     = 24 * time.Hour
	plansKept       = 24 * time.Hour
	checkpointsKept = 30 * 24 * time.Hour
	runsKept        = 30 * 24 * time.Hour
)

// passing are the kinds of run that leave nothing behind that leads back to them. Some of them come several times a day.
var passing = "'" + strings.Join(words([]Kind{KindLicence, KindSync, KindDeleteBackup, KindPlan}), "', '") + "'"

// Sweep deletes what nobody needs any longer: one-time tokens that have expired, answers kept for more than a day, plans
// that no restore has used for a day, checkpoints of runs that ended a month ago, and with their logs the runs themselves
// where they made neither a backup nor a restore.
func (db *DB) Sweep(ctx context.Context, at time.Time) (Swept, error) {
	g := db.gorm.WithContext(ctx)
	if at.IsZero() {
		at = db.now()
	}
	at = exact(at)
	var n Swept
	for _, step := range []struct {
		count *int64
		sql   string
		until time.Time
	}{
		{&n.Tokens, "DELETE FROM used_tokens WHERE expires_at < ?", at},
		{&n.Keys, "DELETE FROM idempotency_keys WHERE taken_at < ?", at.Add(-answersKept)},
		{&n.Plans, `DELETE FROM plans WHERE created_at < ?
			AND NOT EXISTS (SELECT 1 FROM restores WHERE restores.tenant_id = plans.tenant_id AND restores.plan_id = plans.id)
			AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = plans.run_id AND runs.finished_at IS NULL)`, at.Add(-plansKept)},
		{&n.Checkpoints, `DELETE FROM checkpoints WHERE updated_at < ?
			AND EXISTS (SELECT 1 FROM runs WHERE runs.id = checkpoints.run_id AND runs.finished_at IS NOT NULL)`, at.Add(-checkpointsKept)},
		{&n.Runs, "DELETE FROM runs WHERE epoch > 0 AND kind IN (" + passing + `) AND finished_at < ?
			AND NOT EXISTS (SELECT 1 FROM plans WHERE plans.tenant_id = runs.tenant_id AND plans.run_id = runs.id)`, at.Add(-runsKept)},
	} {
		res := g.Exec(step.sql, step.until)
		if res.Error != nil {
			return n, wrapped("sweep", res.Error)
		}
		*step.count = res.RowsAffected
	}
	return n, nil
}
