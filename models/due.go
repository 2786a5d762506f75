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
}

// DueRuns lists, in the order of the queue, the runs that are queued and whose time has come, and those whose holder has
// not been heard of for too long. Runs of the command line are not among them. A zero time means the clock of the
// database.
func (db *DB) DueRuns(ctx context.Context, at time.Time, limit int) ([]DueRun, error) {
	return nil, errUnfinished
}

// RunLoad counts the runs of one kind of a tenant.
type RunLoad struct {
	Tenant string
	Kind   Kind
	// Leased runs are worked on now; Waiting ones are due.
	Leased, Waiting int
}

// RunLoad tells how many runs of each tenant are worked on and wait, so that shares can be fair.
func (db *DB) RunLoad(ctx context.Context) ([]RunLoad, error) { return nil, errUnfinished }

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
func (db *DB) Stats(ctx context.Context) (Stats, error) { return Stats{}, errUnfinished }

// Swept counts the rows that Sweep deleted.
type Swept struct{ Tokens, Keys, Plans, Checkpoints int64 }

// Sweep deletes what nobody needs any longer: one-time tokens that have expired, answers kept for more than a day, plans
// that no restore has used for a day, and checkpoints of runs that ended a month ago.
func (db *DB) Sweep(ctx context.Context, at time.Time) (Swept, error) { return Swept{}, errUnfinished }
