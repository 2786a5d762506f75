package atlassian

// unpublished lists the operations the client uses although no published description of the Assets Cloud API has them.
// Atlassian's own pages and other public clients use them. A site that does not have one answers assets.ErrUnsupported.
var unpublished = map[string]bool{
	"GET /global/config/objectschema/{id}/property": true,
	"DELETE /config/referencetype/{id}":             true,
	"GET /icon/objectschema/{id}":                   true,
	"GET /icon/token-for-uploading-icon":            true,
	"POST /icon/create":                             true,
	"DELETE /icon/{id}":                             true,
	"GET /comment/object/{id}":                      true,
	"POST /comment/create":                          true,
	"GET /attachments/object/{id}":                  true,
	"GET /attachments/object/{id}/credentials":      true,
	"POST /attachments/object/{id}":                 true,
	"GET /attachments/{id}":                         true,
	"DELETE /attachments/{id}":                      true,
	"POST /avatar/upload":                           true,
	"GET /config/role/objectschema/{id}":            true,
	"GET /config/role/{id}":                         true,
	"PUT /config/role/{id}":                         true,
}
