// Package openapitest holds requests and answers of the Assets Cloud API
// against its published OpenAPI description.
//
// [Load] reads the description. [Spec.Transport] and [Spec.Handler] wrap a
// client's transport or a server's handler; every exchange below a workspace's
// "/v1" that passes through is validated: the parameters and the body of the
// request, the status of the answer, its body, and the body of errors. A member
// that the description does not have is an error too, on either side, so that
// a misspelt name is found. Everything else (Jira, media) passes unseen.
//
// The real service departs from its own description. Each departure is a row of
// [Deviations]; nothing else is tolerated.
package openapitest
