// Package api is the JSON API of the user interface and of scripts, under /api/v1.
//
// # Flow of a request
//
// The package server has authenticated the caller before anything here runs: the context holds an auth.Principal. A handler
// then does three things, each a function: it parses the input into what the inner packages understand, it acts by calling
// one method of a tenant or of one of the interfaces below, and it presents the outcome as one of the types of this package.
//
// # Invariants
//
//   - The Go types of this package are the only source of the API. openapi.json is generated from them, committed, and
//     compared by a test.
//   - The tenant comes from the Principal and from nowhere else. An id of another tenant is answered exactly like an id that
//     does not exist.
//   - Members that are not known are refused, here and in queries. No answer repeats a value that was sent.
//   - Every error goes through the package problem.
//
// # What lives elsewhere
//
// Rules of the product (may this run start, what does a stop do) live in jobs; rows live in models; who is calling is the
// business of server/auth; limits, headers and logs are those of the package server.
package api
