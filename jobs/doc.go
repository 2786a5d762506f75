// Package jobs is the life of a run: how it is started, found, worked on, stopped, continued and ended. The database is
// the truth about every run; Redis, with Asynq on it, is a doorbell that tells workers to look.
//
// The flow of a run:
//
//  1. A Service inserts the run with its line in the audit log, in one transaction, and rings the Bell.
//  2. A ring makes some Pool look which run is most due: queued runs and those whose worker has died, the runs of tenants
//     that have less first. A ring says when to look, not what to do, so that none is needed for any particular run.
//  3. The pool claims the run: a lease with a fencing token in the database. While its Handler works, a heartbeat renews the
//     lease, publishes progress and log, and reads whether somebody asked the run to stop.
//  4. The handler's context ends with the reason as its cause: a user's stop, the end of its slice while others wait, the
//     shutdown of this process, the loss of the lease. It returns, and its run ends, goes back into the queue, or is left to
//     whoever has it now.
//
// What holds throughout:
//
//   - All of Redis can be lost at any time. Each pool sweeps every few seconds, and at once when it starts, and begins what
//     nobody rang for.
//   - A stop is bound to the id of its run and read from its row. It can never reach another run.
//   - Nothing is done twice at the same time: whoever lost the lease can write no more, because every write carries the
//     token.
//   - The end of a slice, a site that asks to wait, a shutdown and another run on the same target are no failures.
//   - Short and long runs have slots of their own, and no tenant has all slots of a queue.
//
// What lives elsewhere: the state machine in internal/runstate, rows and leases in models, what handlers do in
// jobs/worker, and who may start what in server.
package jobs
