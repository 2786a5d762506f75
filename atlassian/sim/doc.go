// Package sim is a simulated Atlassian: an [http.Handler] that holds several
// sites, each with its Jira side and its Assets Cloud, and behaves as the
// description of the real service says, not as a list of canned answers.
//
// It is used in three ways: in process by tests (through [Transport], which
// opens no socket and therefore works inside a testing/synctest bubble), on a
// port by "stowage simulate", and by the demo.
//
// The way of a request:
//
//  1. The address says which site is meant and which part of it: the Assets API
//     under one of its base paths, the Jira site, the media service, the page
//     for people, or the simulator's own "/_sim" corner.
//  2. The part's router finds the route; its pattern ("POST /object/create") is
//     the name by which statistics, limits and faults know the operation.
//  3. Counting, authentication, rate limits, planned faults, then the handler.
//
// All Assets rules live in package world, which knows no HTTP; the handlers here
// only translate between the wire and it. The wire types are written from the
// API description and are deliberately not shared with the client that is
// tested against this package, so that a mistake in one is seen by the other.
//
// Where the simulator departs from the published OpenAPI description, or had to
// choose because nothing is published, DEVIATIONS.md says so.
package sim
