// Package limit gives the simulator the rate limits of one site.
//
// The documented limits of Assets Cloud are counted per minute: one quota per
// endpoint (a method and a documented route, not a path with ids in it) and one
// quota for all endpoints of a site together. A Limiter holds both for one site.
//
// Two ways of counting are offered, because two questions are asked of it.
//
//   - A window, which is how the service words its limits ("1,000 requests per
//     minute"): it opens with the first call, lasts a minute, admits the whole
//     quota at whatever pace, and refuses the rest until it ends.
//   - A smooth bucket, which admits the same rate but at most about one second's
//     worth at once. A share of the ceiling can then be measured in a run of
//     seconds instead of several whole minutes; scaled limits use it.
//
// In both a client that paces itself at 98 % of the rate is never refused, and a
// pool of workers that takes what it can get is.
//
// A refused call costs nothing: it is counted neither against the endpoint nor
// against the total. Time is read with time.Now only and nothing here sleeps, so a
// Limiter follows the fake clock of testing/synctest.
package limit
