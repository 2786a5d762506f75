// Package stowage is the root of Stowage: backup, restore and migration of Jira Assets.
//
// A tour, in the order in which a backup becomes a restored schema:
//
//   - assets: the vocabulary: schemas, object types, attributes, objects, values, references.
//   - atlassian: the client of Atlassian's APIs; atlassian/sim: a simulated Atlassian to test and try it against.
//   - backup: reads a schema from a source into a snapshot, with checkpoints.
//   - snapshot: the open, encrypted format a backup is kept in; blob: the storage below it.
//   - restore: plans, applies and proves a restore into a target.
//   - report: what failed, what was skipped and why.
//   - models: the database that remembers tenants, runs, checkpoints and journals.
//   - jobs: how the service carries runs out; jobs/worker: what each kind of run does.
//   - server: the service's pages, API and callbacks; frontend: the pages in the browser.
//   - cmd/stowage: the command line and the service, which join all of these.
//
// docs/ARCHITECTURE.md says which package may know which, and a test in this package holds the code to it.
package stowage
