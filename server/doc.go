// Package server is the HTTP side of the service: it mounts the packages below it and gives every request what all of them
// need, and nothing else.
//
// # The way of a request
//
//  1. Headers that no answer may lack are set, a request id is made, and the writing of the access log is prepared.
//  2. A panic further down becomes an answer and a line in the log.
//  3. Bodies are bounded; slow and large headers have been refused by the http.Server before.
//  4. Routes of the API ask server/auth who is calling, and count the request against the tenant's share. Pages, callbacks of
//     hosts and operator routes have their own ways of knowing who calls.
//  5. The handler answers. Whatever it answers, the access log says it in one line, without query strings and without tokens.
//
// # What lives elsewhere
//
// The operations of the API stand in server/api, the callbacks of hosts in server/lifecycle, the pages in server/web, the
// form of errors in server/problem. Health checks, metrics and the queue monitor are handed in from outside, because this
// package knows neither database nor Redis.
package server
