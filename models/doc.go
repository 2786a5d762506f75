// Package models keeps the rows of Stowage: tenants and how the app was installed for them, connections, schemas, backups,
// plans, restores, schedules, the audit log, and the runs that work on them with their checkpoints, journals and logs. It
// holds rows and queries, never business rules. It speaks SQLite and Postgres.
//
// The flow of a run of the service:
//
//	db, err := models.OpenWith(ctx, models.Options{URL: address, Seal: master})
//	err = db.Migrate(ctx)
//	tenant := db.ForTenant(id)
//	info, backup, err := tenant.StartBackup(ctx, spec, models.Backup{…})  // a row that waits; then somebody rings
//	next, err := db.NextRuns(ctx, models.NextQuery{…})                     // whom to ring for, the fairest choice first
//	run, err := tenant.Claim(ctx, info.ID, info.Epoch, worker)            // the lease, and with it the fence
//	stop, err := run.Heartbeat(ctx, &progress)                             // each second
//	... run.Checkpoints(), run.Journal(), run.AppendLog, run.UpdateBackup ...
//	err = run.EndBackup(ctx, models.StateSucceeded, result, "", change)   // or Requeue, when the slice is over
//
// The command line opens a file without a key, and claims its runs by OpenRun, Keep, Finish and Stop.
//
// What holds throughout:
//
//   - Every query is asked of a Tenant or of a Run that a Tenant gave out. The handle without a tenant opens, migrates,
//     installs, and looks for what is due.
//   - A run is worked on by the holder of its lease. Every claim raises the fencing token of the run, and every write of
//     a Run carries the token it was claimed with: whoever lost the lease changes nothing more and gets ErrLeaseLost.
//   - The state of a run changes by the table of package runstate and in no other way, and the backup, the restore or the
//     plan it works on changes with it, in the same transaction.
//   - A write that returned nil survives a crash of the process and of the machine.
//   - What may quote people's objects, and every secret, is sealed with keys of the tenant, bound to its row. Purge
//     deletes the keys first.
//   - Migrations are numbered SQL, one folder per dialect, forward only; those of SQLite that were released are never
//     changed. A test compares them with the rows, both ways.
//   - Times are UTC in whole milliseconds. Leases go by one clock: this machine's on SQLite, the database's on Postgres.
//
// The interfaces that Checkpoints and Journal satisfy are declared in packages backup and restore, in plain strings and
// bytes, so that this package knows neither.
package models
