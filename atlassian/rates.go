package atlassian

import "strings"

// The documented rates, in calls per minute and site. "All endpoints are rate-limited to 1,000 requests per minute per
// instance with a total limit of 10,000 requests per minute per instance" says the introduction of the Assets REST API;
// the exceptions stand with their endpoints.
const (
	documentedGeneral = 1000
	documentedTotal   = 10000
	// Jira documents 100 reads or creations and 50 changes per second and endpoint.
	documentedJiraRead  = 6000
	documentedJiraWrite = 3000
)

var documentedExceptions = map[string]float64{
	"GET /object/{id}":                               2000,
	"POST /object/create":                            2000,
	"GET /objecttype/{id}/attributes":                2000,
	"GET /objectconnectedtickets/{objectId}/tickets": 2000,
	"POST /object/aql/totalcount":                    500,
}

// documented returns the documented rate of an operation per minute.
func documented(operation string) float64 {
	if n, ok := documentedExceptions[operation]; ok {
		return n
	}
	if ofAssets(operation) {
		return documentedGeneral
	}
	if strings.HasPrefix(operation, "GET ") || strings.HasPrefix(operation, "POST ") {
		return documentedJiraRead
	}
	return documentedJiraWrite
}

// Rates returns the documented rates per minute: of one operation, and of all calls of Assets on one site together, which is
// 0 for an operation that does not count among them. They are for limiters that are not those of this package.
func Rates(operation string) (own, total float64) {
	if ofAssets(operation) {
		total = documentedTotal
	}
	return documented(operation), total
}
