// Package service joins the parts of the server: database, queue, workers and HTTP. "stowage serve" is one of it with real
// addresses, "stowage demo" one with simulated sites beside it.
//
// A service goes down in this order: it takes no further runs, the runs under way save their state and go back into the
// queue, answers under way are given a moment, then queue, store and database are closed.
package service
