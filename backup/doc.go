// Package backup is the engine that reads one object schema from a site and writes it as a backup.
//
// The flow of Run:
//
//  1. Find the schema; count the objects of every type. A schema without objects is refused with ErrEmptySchema.
//  2. Read the definitions: properties, status types, reference types, object types, attributes, icons. The pictures of
//     the icons are stored at once, the rest is held until step 5.
//  3. Read the objects, type by type in ascending order of their ids, page by page; the next page is fetched while the
//     current one is written. Memory does not grow with the schema.
//  4. Settle: read again what changed meanwhile, until a whole round finds nothing, or say what kept moving.
//  5. Write the definitions as the last round read them, and commit. From here on the backup can be restored.
//  6. Later phases fill in behind, each committed when it ends: history, comments, attachments, avatars, objects in
//     issues. None of them can harm what is committed.
//
// After each segment that is stored a checkpoint is saved, unless that took more than a small share of the time. The next
// Run with the same Checkpoints goes on behind the last record that is durable.
//
// How a backup is made consistent though people go on working (step 4). Every round:
//
//   - reads the definitions again; types that are new are read, those that are gone are dropped, and a type whose
//     attributes changed is read again;
//   - asks for the objects of every type updated since the reading of the type began, by the clock of the site, less a
//     margin, and writes those again that it has not yet seen with that time of update;
//   - compares the number of objects of the type on the site with the number in the backup, and where they differ
//     compares the ids one by one: what is missing is added, what is gone is dropped.
//
// A backup is append-only: an object written again supersedes the record before it, and one that is dropped is omitted, both
// in the manifest. A round that finds nothing proves that the backup is the state of the site during that round. After
// Options.Rounds rounds what was still moving is reported object by object.
//
// Checkpoints are not saved between the beginning of step 4 and the end of step 5: a run that is interrupted there
// settles again, which finds the same and costs little.
//
// Which errors end a run: credentials that are refused, a site that is unreachable or asks to wait for long, a store that
// fails, a context that ends. The checkpoint stands, and the run can be resumed. Whatever concerns one item is reported and
// the run goes on; what failed in a later phase is tried a second time at the end of the phase.
//
// What lives elsewhere: how a site is asked (package atlassian), how records are stored (package snapshot), who starts a
// run and keeps its row (packages jobs and models, and the command line).
package backup
