package openapitest

import (
	"github.com/getkin/kin-openapi/openapi3"
)

// Deviation is one known difference between the published description and the
// service (or, where the service is not documented, the simulator's choice).
type Deviation struct {
	// ID names the row; DEVIATIONS.md has the same rows.
	ID string
	// Sources says where the difference is known from.
	Source string
	// Note says what differs.
	Note string

	amend        func(*openapi3.T)
	statuses     []int
	undocumented []string
	query        map[string][]string
}

// Deviations returns the table: every difference that is tolerated.
func Deviations() []Deviation {
	return []Deviation{
		{
			ID: "totalcount-self", Source: "SPEC",
			Note:  "ObjectAQLTotalCountResult requires a member \"self\" that it does not have",
			amend: func(doc *openapi3.T) { schema(doc, "ObjectAQLTotalCountResult").Required = []string{"totalCount"} },
		},
		{
			ID: "value-oneof", Source: "SPEC",
			Note: "ObjectAttributeValue.value is oneOf string and date-time string; a date-time matches both, so no date-time would be valid",
			amend: func(doc *openapi3.T) {
				schema(doc, "ObjectAttributeValue").Properties["value"] = openapi3.NewStringSchema().NewRef()
			},
		},
		{
			ID: "islast-string", Source: "SPEC example",
			Note: "isLast of POST /object/aql is a boolean in the schema and a string in the example",
			amend: func(doc *openapi3.T) {
				schema(doc, "ObjectListInclTypeAttributesEntryResult").Properties["isLast"] = either(openapi3.NewBoolSchema(), openapi3.NewStringSchema().WithEnum("true", "false"))
			},
		},
		{
			ID: "parent-type-id", Source: "all ids are strings; JJS types it as a number",
			Note: "ObjectType.parentObjectTypeId is an integer in the schema while every other id is a string; a string is sent, an integer on request",
			amend: func(doc *openapi3.T) {
				schema(doc, "ObjectType").Properties["parentObjectTypeId"] = either(openapi3.NewStringSchema(), openapi3.NewIntegerSchema())
			},
		},
		{
			ID: "numbers-as-strings", Source: "SPEC example of POST /objecttypeattribute/{objectTypeId}",
			Note: "the create example sends type and defaultTypeId as strings",
			amend: func(doc *openapi3.T) {
				for _, name := range []string{"ObjectTypeAttributeCreate", "ObjectTypeAttributeUpdate"} {
					for _, property := range []string{"type", "defaultTypeId"} {
						schema(doc, name).Properties[property] = either(openapi3.NewIntegerSchema(), openapi3.NewStringSchema().WithPattern(`^-?[0-9]+$`))
					}
				}
			},
		},
		{
			ID: "flat-query-boolean", Source: "SPEC",
			Note: "the parameter query of GET /objectschema/{id}/objecttypes/flat is typed boolean but searches text",
			amend: func(doc *openapi3.T) {
				for _, parameter := range doc.Paths.Value("/objectschema/{id}/objecttypes/flat").Get.Parameters {
					if parameter.Value.Name == "query" {
						parameter.Value.Schema = openapi3.NewStringSchema().NewRef()
					}
				}
			},
		},
		{
			ID: "delete-object-status", Source: "SPEC",
			Note: "DELETE /object/{id} documents no success status; 200 is sent, without a body",
			amend: func(doc *openapi3.T) {
				doc.Paths.Value("/object/{id}").Delete.Responses.Set("200", emptyResponse())
			},
		},
		{
			ID: "object-extras", Source: "SPEC example of GET /object/{id}; SALTO",
			Note: "objects carry extendedInfo and name, attributes carry objectId, referenced objects are whole objects",
			amend: func(doc *openapi3.T) {
				add(doc, "Object", "name", openapi3.NewStringSchema())
				add(doc, "Object", "extendedInfo", openapi3.NewObjectSchema())
				add(doc, "ObjectAttribute", "objectId", openapi3.NewStringSchema())
			},
		},
		{
			ID: "value-extras", Source: "SPEC example of GET /object/{id}; DC API (project, version)",
			Note: "attribute values carry referencedType, and project and version sub-documents",
			amend: func(doc *openapi3.T) {
				add(doc, "ObjectAttributeValue", "referencedType", openapi3.NewBoolSchema())
				add(doc, "ObjectAttributeValue", "project", openapi3.NewObjectSchema())
				add(doc, "ObjectAttributeValue", "version", openapi3.NewObjectSchema())
			},
		},
		{
			ID: "page-extras", Source: "observed",
			Note: "pages of POST /object/aql carry hasMoreResults, those of the old searches pageSize",
			amend: func(doc *openapi3.T) {
				add(doc, "ObjectListResult", "pageSize", openapi3.NewIntegerSchema())
				add(doc, "ObjectListInclTypeAttributesEntryResult", "hasMoreResults", openapi3.NewBoolSchema())
			},
		},
		{
			ID: "avatar-media", Source: "public C# models; JJS",
			Note: "avatars of objects that have one carry mediaClientConfig",
			amend: func(doc *openapi3.T) {
				add(doc, "Avatar", "mediaClientConfig", openapi3.NewObjectSchema())
			},
		},
		{
			ID: "schema-extras", Source: "SALTO",
			Note: "schemas carry idAsInt and atlassianTemplateId",
			amend: func(doc *openapi3.T) {
				add(doc, "ObjectSchema", "idAsInt", openapi3.NewIntegerSchema())
				add(doc, "ObjectSchema", "atlassianTemplateId", openapi3.NewStringSchema())
			},
		},
		{
			ID: "general-statuses", Source: "JSDCLOUD-11605; gateway",
			Note:     "every operation may answer 403 (permission), 413, 415 (body), 429 (general limits) and 5xx, whether listed or not; POST /object/aql/totalcount lists no 401",
			statuses: []int{401, 403, 413, 415, 429, 500, 502, 503, 504},
		},
		{
			ID: "get-object-include", Source: "public clients",
			Note: "clients pass includeAttributes and includeExtendedInfo to GET /object/{id}; documented is neither",
			query: map[string][]string{
				"GET /object/{id}": {"includeAttributes", "includeExtendedInfo"},
			},
		},
		{
			ID: "undocumented-routes", Source: "AC, LZ, KB, SALTO, PS, DE, SR: public clients",
			Note: "routes that clients use and the description does not have; each can be switched off per site",
			undocumented: []string{
				"GET /comment/object/{id}", "POST /comment/create",
				"GET /attachments/object/{id}", "GET /attachments/object/{id}/credentials", "POST /attachments/object/{id}",
				"GET /attachments/{id}", "DELETE /attachments/{id}",
				"POST /avatar/upload", "GET /object/{id}/avatar.png",
				"GET /icon/objectschema/{id}", "GET /icon/token-for-uploading-icon", "POST /icon/create", "POST /icon",
				"PUT /icon/{id}", "DELETE /icon/{id}",
				"GET /config/role/objectschema/{id}", "GET /config/role/objecttype/{id}", "GET /config/role/{id}", "PUT /config/role/{id}",
				"GET /global/config/objectschema/{id}/property",
				"GET /config/referencetype/{id}", "PUT /config/referencetype/{id}", "DELETE /config/referencetype/{id}",
				"GET /config/referencetype/{id}/image.png",
				"PUT /objecttypeattribute/{id}/configure", "POST /objecttypeattribute/{objectTypeId}/{id}/position",
			},
		},
	}
}

func schema(doc *openapi3.T, name string) *openapi3.Schema {
	return doc.Components.Schemas[name].Value
}

func add(doc *openapi3.T, name, property string, s *openapi3.Schema) {
	schema(doc, name).Properties[property] = s.NewRef()
}

func either(schemas ...*openapi3.Schema) *openapi3.SchemaRef {
	return openapi3.NewAnyOfSchema(schemas...).NewRef()
}

func emptyResponse() *openapi3.ResponseRef {
	return &openapi3.ResponseRef{Value: openapi3.NewResponse().WithDescription("")}
}
