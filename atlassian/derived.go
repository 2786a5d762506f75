package atlassian

// dropped names the members of answers that are known and left out on purpose, by the record they stand in, with the
// reason. Every other member that has no field of its own is kept verbatim in the Extra of the record. A test holds the
// decoders against this list.
var dropped = map[string]map[string]string{
	"schema": {
		"workspaceId": "says which site was asked, not what it holds",
		"globalId":    "the workspace and the id once more",
		"_links":      "addresses made of ids",
		"idAsInt":     "the id once more",
	},
	"object type": {
		"workspaceId":    "says which site was asked",
		"globalId":       "the workspace and the id once more",
		"icon":           "a copy of the icon, of which id and name are kept",
		"objectCount":    "counted from the objects, and changes with them",
		"objectTypes":    "the types below, which are records of their own",
		"parentObjectId": "the parent's id once more",
		"_links":         "addresses made of ids",
	},
	"attribute": {
		"workspaceId":           "says which site was asked",
		"globalId":              "the workspace and the id once more",
		"objectType":            "a copy of the object type, of which the id is kept",
		"defaultType":           "a number and its name, of which the number is kept",
		"referenceType":         "a copy of the reference type, of which id and name are kept",
		"referenceObjectType":   "a copy of the object type referred to, of which id and schema are kept",
		"objectAttributeExists": "says whether objects have values, and changes with them",
		"iql":                   "the old name of qlQuery, kept as the query where that is missing",
		"_links":                "addresses made of ids",
	},
	"object": {
		"workspaceId":  "says which site was asked",
		"globalId":     "the workspace and the id once more",
		"avatar":       "addresses and a short-lived access token, which is a secret; the picture is a record of its own",
		"objectType":   "a copy of the object type, of which the id is kept",
		"extendedInfo": "says whether issues and attachments exist, and changes with them",
		"_links":       "addresses made of ids",
		"timestamp":    "the time of the last change or of creation as a number; kept when it is another time",
		"name":         "the label once more; kept when it differs",
	},
	"attribute values": {
		"id":                  "the row in the site's table, which means nothing elsewhere and is deprecated",
		"workspaceId":         "says which site was asked",
		"globalId":            "deprecated",
		"objectTypeAttribute": "a copy of the attribute, of which the id is kept",
		"objectId":            "the object they stand in",
	},
	"value": {
		"displayValue":   "made of the value; kept where it differs",
		"searchValue":    "made of the value; kept where it differs",
		"referencedType": "true where a referenced object follows; kept where it is not",
	},
	"referenced object": {
		"*": "a copy of another object, of which id, key, label, type and schema are kept",
	},
	"user": {
		"avatarUrl":       "an address that may be signed",
		"html":            "made of the name",
		"renderedLink":    "made of the name",
		"self":            "an address made of the id",
		"lastSeenVersion": "what the user's browser saw last",
		"name":            "the account id once more, or the full name; kept when it is neither",
	},
	"group": {
		"avatarUrl": "an address",
		"html":      "made of the name",
		"self":      "an address",
	},
	"status": {
		"description":    "kept with the status type, which is a record of its own",
		"objectSchemaId": "kept with the status type",
	},
	"project": {
		"avatarUrl":  "an address",
		"avatarUrls": "addresses",
		"url":        "an address",
		"self":       "an address",
	},
	"version": {
		"url":  "an address",
		"self": "an address",
	},
	"status type": {
		"workspaceId": "says which site was asked",
		"globalId":    "the workspace and the id once more",
	},
	"reference type": {
		"workspaceId": "says which site was asked",
		"globalId":    "the workspace and the id once more",
		"url16":       "an address made of the id",
	},
	"icon": {
		"workspaceId": "says which site was asked",
		"globalId":    "the workspace and the id once more",
		"url16":       "an address made of the id",
		"url48":       "an address made of the id",
	},
	"history": {
		"workspaceId": "says which site was asked",
		"globalId":    "the workspace and the id once more",
		"actor":       "a copy of the user, of which id and full name are kept",
	},
	"comment": {
		"workspaceId":   "says which site was asked",
		"globalId":      "the workspace and the id once more",
		"actor":         "a copy of the user, of which id and full name are kept",
		"commentOutput": "the text as HTML",
		"canEdit":       "about the account that asks",
		"canDelete":     "about the account that asks",
	},
	"attachment": {
		"workspaceId":   "says which site was asked",
		"globalId":      "the workspace and the id once more",
		"commentOutput": "the comment as HTML",
		"canEdit":       "about the account that asks",
		"canDelete":     "about the account that asks",
	},
}
