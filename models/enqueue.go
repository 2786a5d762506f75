package models

import "context"

// Enqueue inserts a run that waits for a worker. It fails with ErrConflict while an unfinished run has the same kind and
// fingerprint.
func (t *Tenant) Enqueue(ctx context.Context, spec RunSpec) (RunInfo, error) {
	return RunInfo{}, errUnfinished
}

// RequestStop asks a run to end: one that waits ends at once, one that is worked on when its holder hears of it. For a
// run that is stopping or at its end nothing changes, and that is no error.
func (t *Tenant) RequestStop(ctx context.Context, id, actor string) (RunInfo, error) {
	return RunInfo{}, errUnfinished
}

// ResumeRun queues a run again that was stopped or has failed, behind those that wait already. Its checkpoint, journal
// and log are as they were. It fails with *runstate.IllegalError in another state, and with ErrConflict when another run
// of the same kind and fingerprint has begun since.
func (t *Tenant) ResumeRun(ctx context.Context, id, actor string) (RunInfo, error) {
	return RunInfo{}, errUnfinished
}

// QueuePosition is 1 for the run of the tenant that is to be claimed next, 2 for the one after it, and 0 for a run that is
// not queued.
func (t *Tenant) QueuePosition(ctx context.Context, id string) (int, error) { return 0, errUnfinished }
