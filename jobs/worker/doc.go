// Package worker does the work of runs: it joins a site, the store of backups and the rows of a tenant, calls the engine and
// records what came of it.
//
// The flow of a handler:
//
//	spec      what is to be done, from the row of the run
//	reach     the connection of the tenant or the target instance, as a client whose requests leave through the guard
//	engine    backup.Run, restore.NewPlan, restore.Apply, restore.Prove, with the checkpoints and the journal of the run
//	record    the row of the backup, plan or restore and the end of the run, in one transaction
//
// What holds throughout:
//
//   - A handler may be interrupted anywhere, by a slice, a shutdown, a crash or the loss of its lease, and called again: it
//     goes on from what the checkpoint or the journal holds, and does nothing twice.
//   - Every row is written through the run, whose fence refuses it once the run belongs to somebody else; so is the manifest
//     of a backup.
//   - Each tenant has keys of its own in the store; a handler opens those of its tenant and no others.
//   - Which errors pass is decided by Transient alone. Those that do not and that a user can do something about are
//     recorded with a sentence of their own.
//   - Neither a token nor data of objects goes to the log of the service.
//
// What lives elsewhere: when a run is worked on and how often it is tried (package jobs), how a site is spoken to (package
// atlassian), how the engines do their work (packages backup and restore).
package worker
