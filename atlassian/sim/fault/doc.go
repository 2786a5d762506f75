// Package fault makes the simulator fail on purpose, by a plan.
//
// A Plan is a list of rules, built in Go with New or read from a JSON file with
// Parse. Each rule names operations, says which of their calls it hits, and what
// happens to those:
//
//	{
//	  "seed": 7,
//	  "rules": [
//	    {"op": "POST /object/create", "nth": 3, "status": 503},
//	    {"op": "POST /object/create", "every": 50, "reset": "after"},
//	    {"op": "POST /object/aql", "from": 2, "to": 4, "status": 429, "retryAfter": 2},
//	    {"op": "* /object/*", "probability": 0.05, "times": 100, "status": 500},
//	    {"op": "GET /objectschema/{id}", "nth": 1, "delay": "90s"},
//	    {"op": "POST /object/aql", "nth": 2, "mutate": 0.01, "site": "acme"}
//	  ]
//	}
//
// # Which calls
//
// An operation is a method and a documented route, "POST /object/create" or
// "GET /object/{id}"; a star stands for any text, so "*" is every operation. Each
// rule counts the calls of its operations (of its site, where it names one),
// beginning with 1, and hits call number nth; or every so many; or those from one
// number to another; or those a seeded coin chooses; probability and every can be
// confined by from, to and times (at most so many hits). With none of these it hits
// every call.
//
// # What happens
//
//   - status (400 to 599) with body and, if wanted, retryAfter in seconds: the
//     answer, given in place of the handler's. 429 without retryAfter has no such
//     header.
//   - reset "before" drops the connection and the operation is not done; reset
//     "after" does the operation and drops the connection instead of answering.
//   - truncate sends so many bytes of the body and then drops the connection.
//   - delay waits before the operation, delayAfter between the operation and its
//     answer; both end with the request's context, and both go with any of the
//     others.
//   - searchLag sets how far searches lag behind writes from now on; mutate changes
//     a share of the objects; revokeToken makes the caller's token invalid. All
//     three happen before the operation and then let it go on. They are done by the
//     Hooks.
//
// When several rules hit the same call, the first one that ends it (status, reset,
// truncate) has it; the others are not counted as hit.
//
// # Nothing planned is forgotten
//
// Plan.Unhit answers the rules that never hit anything; package faulttest fails the
// test whose plan has any. A plan that cannot work (an unknown member, a rule that
// could never hit, two answers at once) is refused when it is made.
package fault
