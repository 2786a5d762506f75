package models

import (
	"context"
	"time"
)

// Heartbeat renews the lease, publishes how far the run has come (nil leaves it as it is) and says whether somebody asked
// the run to stop. It is one statement, and fails with ErrLeaseLost when the lease is lost.
func (r *Run) Heartbeat(ctx context.Context, p *RunProgress) (stop bool, err error) {
	return false, errUnfinished
}

// Requeue gives the lease back and queues the run again, not to be claimed before delay has passed. Reason is shown while
// it waits. Checkpoint, journal and log stay, and the count of failed tries begins anew. It fails with ErrStopping when
// somebody asked the run to stop meanwhile: then the run is to be ended. It works also when ctx has been cancelled.
func (r *Run) Requeue(ctx context.Context, delay time.Duration, reason string) (epoch int64, err error) {
	return 0, errUnfinished
}

// Retry is Requeue after a try that failed: it counts the failed try.
func (r *Run) Retry(ctx context.Context, delay time.Duration, message string) (epoch int64, err error) {
	return 0, errUnfinished
}

// End ends the run in a state that is final, and with it the backup, the restore or the plan it works on. Result is kept
// as JSON, message for people. The checkpoint of a run that can be resumed stays. It works also when ctx has been
// cancelled.
func (r *Run) End(ctx context.Context, state State, result any, message string) error {
	return errUnfinished
}

// EndBackup is End, and changes the backup the run writes in the same transaction.
func (r *Run) EndBackup(ctx context.Context, state State, result any, message string, change func(*Backup)) error {
	return errUnfinished
}

// EndRestore is End, and changes the restore the run works on in the same transaction.
func (r *Run) EndRestore(ctx context.Context, state State, result any, message string, change func(*Restore)) error {
	return errUnfinished
}

// EndPlan is End of a run that made a plan, or could not.
func (r *Run) EndPlan(ctx context.Context, state State, result any, message string, plan PlanResult) error {
	return errUnfinished
}

// UpdateBackup changes the backup the run writes. What is not the run's to change is kept: identity, number, state.
func (r *Run) UpdateBackup(ctx context.Context, change func(*Backup)) error { return errUnfinished }

// UpdateRestore changes the restore the run works on. What is not the run's to change is kept: identity, number, state.
func (r *Run) UpdateRestore(ctx context.Context, change func(*Restore)) error { return errUnfinished }
