// Package models keeps the rows Stowage needs besides its backups: tenants, runs, their checkpoints, the journal and id
// map of restores, and their logs. It holds rows and queries, never business rules.
//
// The flow of a run:
//
//	db, err := models.Open(ctx, path)            // the file is made when absent, for its owner only
//	err = db.Migrate(ctx)
//	run, resumed, err := db.ForTenant("local").OpenRun(ctx, spec)
//	ctx, release := run.Keep(ctx)                // the lease, renewed until release is called
//	defer release()
//	... run.Checkpoints(), run.Journal(), run.AppendLog ...
//	err = run.Finish(ctx, models.StateSucceeded, result)
//
// What holds throughout:
//
//   - Every query is asked of a Tenant or of a Run that a Tenant gave out. The handle without a tenant only opens,
//     migrates, adds tenants and closes.
//   - A run is worked on by the holder of its lease. Every claim raises the fencing token of the run, and every write of
//     a Run carries the token it was claimed with: whoever lost the lease changes nothing more and gets ErrLeaseLost.
//   - A write that returned nil survives a crash of the process and of the machine.
//   - Migrations are numbered SQL, one folder per dialect, forward only. SQLite is the first dialect; the rows and
//     queries are written so that Postgres needs a folder and an opener, nothing else.
//
// The interfaces that Checkpoints and Journal satisfy are declared in packages backup and restore, in plain strings and
// bytes, so that this package knows neither.
package models
