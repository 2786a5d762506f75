package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// Stats is what the operators of the service watch.
type Stats struct {
	// Runs counts the unfinished runs.
	Runs []RunCount
	// OldestQueued is when the run took its place that has waited longest of those that are due; zero when none waits.
	OldestQueued time.Time
	// LastBackups is when each tenant's last good backup was made.
	LastBackups []LastBackup
	// Installations counts the tenants by the state of their installation.
	Installations map[string]int
	// At is the time of the database, to which ages are measured.
	At time.Time
}

// RunCount counts the runs of one kind in one state.
type RunCount struct {
	Kind  Kind
	State State
	Count int
}

// LastBackup is when the last good backup of a tenant was made.
type LastBackup struct {
	Tenant string
	At     time.Time
}

// Stats counts what there is.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	s, err := db.stats(db.gorm.WithContext(ctx))
	return s, wrapped("count what there is", err)
}

func (db *DB) stats(g *gorm.DB) (s Stats, err error) {
	if s.At, err = db.time(g); err != nil {
		return s, err
	}
	err = g.Raw("SELECT kind, state, COUNT(*) AS count FROM runs WHERE finished_at IS NULL GROUP BY kind, state ORDER BY kind, state").
		Scan(&s.Runs).Error
	if err != nil {
		return s, err
	}
	var oldest []runRow
	err = g.Select("waiting_since").Where("state = 'queued' AND "+dueNow, map[string]any{"at": s.At}).
		Order("waiting_since").Limit(1).Find(&oldest).Error
	if err != nil {
		return s, err
	}
	for _, row := range oldest {
		s.OldestQueued = known(row.WaitingSince)
	}
	// Not MAX: SQLite would forget that it is a time.
	err = g.Raw(`SELECT tenant_id AS tenant, last_backup_at AS at FROM (
			SELECT tenant_id, last_backup_at, ROW_NUMBER() OVER (PARTITION BY tenant_id ORDER BY last_backup_at DESC) AS place
			FROM schemas WHERE last_backup_at IS NOT NULL) newest
		WHERE place = 1 ORDER BY tenant_id`).Scan(&s.LastBackups).Error
	if err != nil {
		return s, err
	}
	for i := range s.LastBackups {
		s.LastBackups[i].At = s.LastBackups[i].At.UTC()
	}
	var installed []struct {
		State string
		Count int
	}
	err = g.Raw("SELECT state, COUNT(*) AS count FROM installations WHERE purged_at IS NULL GROUP BY state").Scan(&installed).Error
	s.Installations = make(map[string]int, len(installed))
	for _, row := range installed {
		s.Installations[row.State] = row.Count
	}
	return s, err
}
