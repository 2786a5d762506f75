// Package restoretest holds the contracts of a restore's target and journal as tests that any implementation can run, and
// an in-memory implementation of each with faults that can be planned.
package restoretest
