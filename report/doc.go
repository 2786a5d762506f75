// Package report collects the outcome of a run: what failed, what was skipped and why, what deserves a warning, and how
// much was done. Items that fail never stop a run by accident; they come here, and a policy decides at the end.
//
// "Skipped" is kept for documented, permanent impossibilities and needs a named Cause. A transient error is a failure.
package report
