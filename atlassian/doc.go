// Package atlassian is a client of a Jira site: of its Assets (the Assets Cloud REST API) and of the parts of Jira that
// Assets refers to.
//
// A call goes through these steps, see call.go and judge.go:
//
//  1. The Limiter paces it. The documented rates are known, so the client never has to find them out; what a site
//     announces in its answers replaces them.
//  2. It waits for one of the few places in flight.
//  3. It is sent, with one time limit per try.
//  4. The answer is read and judged, in one function: a read that failed is repeated after a growing wait; a write is
//     repeated only when it certainly was not done, which is when the site said "too many requests" or nothing had left
//     this machine. Any other lost answer to a write is an error that answers to assets.ErrUnknownOutcome.
//
// Every failure of a site is an *Error, which answers to the sentinels of package assets and, where the site refused the
// content of a write, to *assets.Rejected.
//
// Lists are sequences where they may be long. None of them believes a "total": the service caps it at 1,000.
//
// One file per area of the API. Each method names the operation it calls in lines that begin with "Operation:"; a test compares those
// with the published description. Operations that are not published are listed in undocumented.go; where a site does not
// offer them, the error answers to assets.ErrUnsupported.
//
// What the client leaves out of the answers, because it can be derived or must not be kept, is listed with the reasons in
// derived.go. Everything else that it does not know is kept verbatim in the Extra of each record.
//
// Assets for Data Center is not spoken here.
package atlassian
