package limit

// The documented figures, in requests per minute.
const (
	// General is the quota of an endpoint that has no figure of its own.
	General = 1000
	// Total is the quota of all endpoints of one site together.
	Total = 10000
)

// exceptions holds the endpoints whose documentation states another figure than
// the general one, and those that state the general one explicitly.
var exceptions = map[string]int{
	"GET /object/{id}":                               2000,
	"POST /object/create":                            2000,
	"GET /objecttype/{id}/attributes":                2000,
	"GET /objectconnectedtickets/{objectId}/tickets": 2000,
	"POST /object/aql":                               1000,
	"PUT /object/{id}":                               1000,
	"POST /object/aql/totalcount":                    500,
	"GET /aql/objects":                               500,
	"GET /iql/objects":                               500,
	"POST /object/navlist/aql":                       500,
	"POST /object/navlist/iql":                       500,
}

// Documented answers the documented requests per minute of an operation, written
// as a method and the documented route, such as "GET /object/{id}".
func Documented(op string) int {
	if q, ok := exceptions[op]; ok {
		return q
	}
	return General
}
