// Package worker does the work of runs: it joins a site, the store of backups and the rows of a tenant, calls the engine and
// records what came of it.
package worker
