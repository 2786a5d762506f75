// Package backuptest helps to test what package backup needs and what needs package backup: the contracts of Source and
// Checkpoints as suites to run on every implementation, and a small site in memory that is a Source.
package backuptest
