package assets

// Object is one entry of the CMDB.
type Object struct {
	ID     string `json:"id"`
	Key    string `json:"key"`
	Label  string `json:"label"`
	TypeID string `json:"type"`
	// Created and Updated are RFC 3339 times, verbatim.
	Created   string            `json:"created,omitempty"`
	Updated   string            `json:"updated,omitempty"`
	HasAvatar bool              `json:"hasAvatar,omitempty"`
	Values    []AttributeValues `json:"values,omitempty"`
	Extra     Extra             `json:"extra,omitempty"`
}

// AttributeValues are the values an object has for one attribute, in the order of the site.
type AttributeValues struct {
	AttributeID string  `json:"a"`
	Values      []Value `json:"v,omitempty"`
	Extra       Extra   `json:"extra,omitempty"`
}

// ValueKind says what a Value is.
type ValueKind uint8

// The kinds of value.
const (
	ValueLiteral ValueKind = iota
	ValueObject
	ValueUser
	ValueGroup
	ValueStatus
	ValueProject
	ValueVersion
	// ValueOther is a value with a sub-document of a kind this version does not know; the document is in Extra.
	ValueOther
)

// Value is one value of one attribute of one object.
type Value struct {
	Kind ValueKind `json:"k,omitempty"`
	// Text is the literal in string form, for ValueLiteral. Bare says that the site sent it as a JSON number or boolean.
	Text string `json:"t,omitempty"`
	Bare bool   `json:"bare,omitempty"`
	// ID identifies what is referred to: object id, account id, group name, status id, project id or version id.
	ID string `json:"id,omitempty"`
	// Name is its display name: object label, user's full name, group, status, project or version name.
	Name string `json:"n,omitempty"`
	// Key is the object key, project key, or e-mail address of a user where the site shows it.
	Key string `json:"key,omitempty"`
	// TypeID and SchemaID tell where a referenced object lives; status values carry their category in Category.
	TypeID   string         `json:"type,omitempty"`
	SchemaID string         `json:"schema,omitempty"`
	Category StatusCategory `json:"cat,omitempty"`
	// Deleted marks a user whose account is closed.
	Deleted bool `json:"deleted,omitempty"`
	// Display and Search are kept only where they differ from what the other fields give: see Object.Canonical.
	Display string `json:"d,omitempty"`
	Search  string `json:"s,omitempty"`
	Extra   Extra  `json:"extra,omitempty"`
}

// ObjectRef names an object by the two identifiers a site gives it.
type ObjectRef struct {
	ID  string
	Key string
}

// HistoryEntry is one change of an object as the site recorded it.
type HistoryEntry struct {
	ID        string `json:"id"`
	ObjectID  string `json:"objectId"`
	ActorID   string `json:"actorId,omitempty"`
	ActorName string `json:"actorName,omitempty"`
	Type      int    `json:"type"`
	Attribute string `json:"attribute,omitempty"`
	OldValue  string `json:"old,omitempty"`
	NewValue  string `json:"new,omitempty"`
	Created   string `json:"created"`
	Extra     Extra  `json:"extra,omitempty"`
}

// Comment is a comment on an object.
type Comment struct {
	ID        string `json:"id"`
	ObjectID  string `json:"objectId"`
	ActorID   string `json:"actorId,omitempty"`
	ActorName string `json:"actorName,omitempty"`
	Role      int    `json:"role,omitempty"`
	Text      string `json:"text"`
	Created   string `json:"created"`
	Updated   string `json:"updated,omitempty"`
	Extra     Extra  `json:"extra,omitempty"`
}

// Attachment describes a file attached to an object. Its bytes are kept apart from the description.
type Attachment struct {
	ID        string `json:"id"`
	ObjectID  string `json:"objectId"`
	Filename  string `json:"filename"`
	MediaType string `json:"mediaType,omitempty"`
	Size      int64  `json:"size"`
	Comment   string `json:"comment,omitempty"`
	ActorName string `json:"actorName,omitempty"`
	Created   string `json:"created,omitempty"`
	Extra     Extra  `json:"extra,omitempty"`
}

// IssueObjects are the objects selected in the Assets fields of one Jira issue.
type IssueObjects struct {
	IssueID  string       `json:"issueId"`
	IssueKey string       `json:"issueKey"`
	Fields   []IssueField `json:"fields"`
}

// IssueField is one Assets custom field of an issue and the ids of the objects it holds, in order.
type IssueField struct {
	FieldID   string   `json:"fieldId"`
	FieldName string   `json:"fieldName,omitempty"`
	ObjectIDs []string `json:"objectIds"`
}
