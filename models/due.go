package models

import (
	"context"
	"time"
)

// DueRun is a run that somebody should claim now.
type DueRun struct {
	Tenant string
	ID     string
	Kind   Kind
	Epoch  int64
	State  State
	// Claims grows with every claim, so that a run that is due again after its holder died differs from before.
	Claims int64
	// Since is when it last began to wait.
	Since time.Time
	// Leased is how many runs of its tenant are worked on, among the kinds that were asked for.
	Leased int
}

// NextQuery asks for the runs that are to be claimed next.
type NextQuery struct {
	Kinds []Kind
	Limit int
	// At replaces the clock of the database.
	At time.Time
}

// DueRuns lists the runs that are queued and whose time has come, and those whose holder has not been heard of for too
// long, those that have waited longest first. Runs of the command line are not among them. A zero time means the clock
// of the database, no kinds all of them.
func (db *DB) DueRuns(ctx context.Context, at time.Time, limit int, kinds ...Kind) ([]DueRun, error) {
	at, err := db.bury(ctx, at)
	if err != nil {
		return nil, wrapped("list due runs", err)
	}
	which := dueNow
	if len(kinds) > 0 {
		which += " AND kind IN @kinds"
	}
	var due []DueRun
	err = db.gorm.WithContext(ctx).Raw("SELECT tenant_id AS tenant, id, kind, epoch, state, lease_token AS claims, waiting_since AS since FROM runs "+
		"WHERE "+which+" ORDER BY waiting_since, id LIMIT @limit", map[string]any{"at": at, "limit": limit, "kinds": words(kinds)}).Scan(&due).Error
	return due, wrapped("list due runs", err)
}

// dueNow is the condition that a run is to be claimed.
const dueNow = `finished_at IS NULL AND epoch > 0 AND (state = 'queued' AND (not_before IS NULL OR not_before <= @at)
	OR state IN ('running', 'stopping') AND (lease_until IS NULL OR lease_until <= @at))`

// NextRuns lists due runs of some kinds, the fairest choice first: a run goes before another when fewer runs of its
// tenant are worked on or go before it, and when that is the same, when it has waited longer. Runs that another goes
// before on the same target are left out.
func (db *DB) NextRuns(ctx context.Context, q NextQuery) ([]DueRun, error) {
	at, err := db.bury(ctx, q.At)
	if err != nil {
		return nil, wrapped("list the next runs", err)
	}
	var due []DueRun
	err = db.gorm.WithContext(ctx).Raw(`WITH busy AS (
		SELECT tenant_id, COUNT(*) AS leased FROM runs
		WHERE finished_at IS NULL AND epoch > 0 AND state IN ('running', 'stopping') AND lease_until > @at AND kind IN @kinds
		GROUP BY tenant_id
	), due AS (
		SELECT tenant_id, id, kind, epoch, state, lease_token, waiting_since,
			ROW_NUMBER() OVER (PARTITION BY tenant_id ORDER BY waiting_since, id) AS place
		FROM runs r
		WHERE `+dueNow+` AND kind IN @kinds AND (target_key = '' OR NOT EXISTS (
			SELECT 1 FROM runs o
			WHERE o.target_key = r.target_key AND o.target_key <> '' AND o.finished_at IS NULL AND o.epoch > 0 AND o.id <> r.id
				AND (o.state IN ('running', 'stopping') AND o.lease_until > @at
					OR o.state IN ('queued', 'running', 'stopping') AND (o.queued_at, o.id) < (r.queued_at, r.id))))
	)
	SELECT due.tenant_id AS tenant, due.id, due.kind, due.epoch, due.state, due.lease_token AS claims, due.waiting_since AS since,
		COALESCE(busy.leased, 0) AS leased
	FROM due LEFT JOIN busy ON busy.tenant_id = due.tenant_id
	ORDER BY COALESCE(busy.leased, 0) + due.place, due.waiting_since, due.id LIMIT @limit`,
		map[string]any{"at": at, "kinds": words(q.Kinds), "limit": limit(q.Limit)}).Scan(&due).Error
	return due, wrapped("list the next runs", err)
}

// bury ends the leases of processes of this machine that are gone, so that nobody waits for them, and tells the time.
// Where the database is a file, whoever holds a lease is on this machine.
func (db *DB) bury(ctx context.Context, at time.Time) (time.Time, error) {
	g := db.gorm.WithContext(ctx)
	if at.IsZero() {
		var err error
		if at, err = db.time(g); err != nil {
			return at, err
		}
	}
	at = exact(at)
	if db.dialect != SQLite {
		return at, nil
	}
	var rows []runRow
	err := g.Select("id", "lease_owner", "lease_token").
		Where("finished_at IS NULL AND epoch > 0 AND state IN ? AND lease_until > ? AND lease_owner <> ?", leased, at, self().String()).
		Find(&rows).Error
	if err != nil {
		return at, err
	}
	for _, row := range rows {
		if !parseProcess(row.LeaseOwner).gone() {
			continue
		}
		err := g.Model(&runRow{}).Where("id = ? AND lease_token = ?", row.ID, row.LeaseToken).Update("lease_until", at).Error
		if err != nil {
			return at, err
		}
	}
	return at, nil
}

// Leased counts how many runs of some kinds are worked on, by tenant, so that shares can be fair.
func (db *DB) Leased(ctx context.Context, kinds []Kind) (map[string]int, error) {
	at, err := db.bury(ctx, time.Time{})
	if err != nil {
		return nil, wrapped("count runs", err)
	}
	var rows []struct {
		Tenant string
		Leased int
	}
	err = db.gorm.WithContext(ctx).Raw(`SELECT tenant_id AS tenant, COUNT(*) AS leased FROM runs
		WHERE finished_at IS NULL AND epoch > 0 AND state IN ('running', 'stopping') AND lease_until > @at AND kind IN @kinds
		GROUP BY tenant_id`, map[string]any{"at": at, "kinds": words(kinds)}).Scan(&rows).Error
	leased := make(map[string]int, len(rows))
	for _, row := range rows {
		leased[row.Tenant] = row.Leased
	}
	return leased, wrapped("count runs", err)
}

// words are kinds as their column has them.
func words(kinds []Kind) []string {
	list := make([]string, len(kinds))
	for i, k := range kinds {
		list[i] = string(k)
	}
	return list
}
