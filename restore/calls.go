package restore

// The operations of the API that a restore uses, as its documentation names them.
const (
	opSchemas         = "GET /objectschema/list"
	opCreateSchema    = "POST /objectschema/create"
	opProperties      = "POST /global/config/objectschema/{id}/property"
	opStatuses        = "GET /config/statustype"
	opCreateStatus    = "POST /config/statustype"
	opReferences      = "GET /config/referencetype"
	opCreateReference = "POST /config/referencetype"
	opIcons           = "GET /icon/global"
	opCreateIcon      = "POST /icon/create"
	opTypes           = "GET /objectschema/{id}/objecttypes/flat"
	opCreateType      = "POST /objecttype/create"
	opPlaceType       = "POST /objecttype/{id}/position"
	opAttributes      = "GET /objecttype/{id}/attributes"
	opCreateAttribute = "POST /objecttypeattribute/{objectTypeId}"
	opUpdateAttribute = "PUT /objecttypeattribute/{objectTypeId}/{id}"
	opCreateObject    = "POST /object/create"
	opUpdateObject    = "PUT /object/{id}"
	opFind            = "POST /object/aql"
	opUser            = "GET /rest/api/3/user/search"
	opGroup           = "GET /rest/api/3/groups/picker"
	opMembers         = "GET /rest/api/3/group/member"
	opProject         = "GET /rest/api/3/project/search"
)

// The documented limits in calls per minute, for one endpoint and for all together.
const (
	generalPerMinute = 1000
	totalPerMinute   = 10000
)

// perMinute returns the documented limit of an operation.
func perMinute(op string) int {
	switch op {
	case opCreateObject, opAttributes:
		return 2000
	}
	return generalPerMinute
}

// proofPage is the number of objects assumed on a page when the target is read back.
const proofPage = 100

// counter counts calls by operation.
type counter map[string]int

func (c counter) add(op string, n int) {
	if n > 0 {
		c[op] += n
	}
}

// minutes is the time the calls take at the documented limits. The stages of a restore follow each other, so the times
// of their operations add up.
func (c counter) minutes() float64 {
	total, sum := 0, 0.0
	for op, n := range c {
		total += n
		sum += float64(n) / float64(perMinute(op))
	}
	return max(sum, float64(total)/totalPerMinute)
}
