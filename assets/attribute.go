package assets

// AttributeKind is the `type` of an attribute as the API numbers it.
type AttributeKind int

// The kinds of attribute. Kinds 0, 1, 2, 4 and 7 are documented by Atlassian; the others are seen in answers of the
// service and of the Server product from which it descends.
const (
	KindDefault    AttributeKind = 0
	KindReference  AttributeKind = 1
	KindUser       AttributeKind = 2
	KindConfluence AttributeKind = 3
	KindGroup      AttributeKind = 4
	KindVersion    AttributeKind = 5
	KindProject    AttributeKind = 6
	KindStatus     AttributeKind = 7
	KindBitbucket  AttributeKind = 8
	KindOpsgenie   AttributeKind = 9
)

// DefaultType refines KindDefault, as the API numbers it.
type DefaultType int

// The default types. DefaultNone stands where the attribute is not of KindDefault.
const (
	DefaultNone     DefaultType = -1
	DefaultText     DefaultType = 0
	DefaultInteger  DefaultType = 1
	DefaultBoolean  DefaultType = 2
	DefaultDouble   DefaultType = 3
	DefaultDate     DefaultType = 4
	DefaultTime     DefaultType = 5
	DefaultDateTime DefaultType = 6
	DefaultURL      DefaultType = 7
	DefaultEmail    DefaultType = 8
	DefaultTextarea DefaultType = 9
	DefaultSelect   DefaultType = 10
	DefaultIP       DefaultType = 11
)

// Unlimited is the maximum cardinality of an attribute that takes any number of values.
const Unlimited = -1

// The attributes that every object type is born with.
const (
	AttributeKey     = "Key"
	AttributeName    = "Name"
	AttributeCreated = "Created"
	AttributeUpdated = "Updated"
)

// The attributes that Stowage adds to every object type it restores. They hold the id and key an object had in its very
// first backup and never change afterwards; OBJECT_HISTORY is added on request.
const (
	AttributeOriginalID    = "ORIGINAL_ID"
	AttributeOriginalKey   = "ORIGINAL_KEY"
	AttributeObjectHistory = "OBJECT_HISTORY"
)

// Attribute is the definition of one attribute of one object type. A child of an inheriting parent owns a copy with an
// id of its own for every attribute of the parent.
type Attribute struct {
	ID          string        `json:"id"`
	TypeID      string        `json:"typeId"`
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Kind        AttributeKind `json:"kind"`
	Default     DefaultType   `json:"default"`
	// TypeValue, TypeValueMulti and AdditionalValue mean different things by kind: see the API description.
	TypeValue       string   `json:"typeValue,omitempty"`
	TypeValueMulti  []string `json:"typeValueMulti,omitempty"`
	AdditionalValue string   `json:"additionalValue,omitempty"`
	// ReferenceTypeID, ReferenceTypeName and ReferenceObjectTypeID are set for KindReference only.
	ReferenceTypeID       string `json:"referenceTypeId,omitempty"`
	ReferenceTypeName     string `json:"referenceTypeName,omitempty"`
	ReferenceObjectTypeID string `json:"referenceObjectTypeId,omitempty"`
	// ReferenceSchemaID is the schema of the referenced object type where the site tells it.
	ReferenceSchemaID string `json:"referenceSchemaId,omitempty"`
	MinCardinality    int    `json:"min"`
	// MaxCardinality is at least 1, or Unlimited.
	MaxCardinality  int    `json:"max"`
	Label           bool   `json:"label,omitempty"`
	Editable        bool   `json:"editable"`
	System          bool   `json:"system,omitempty"`
	Sortable        bool   `json:"sortable,omitempty"`
	Summable        bool   `json:"summable,omitempty"`
	Indexed         bool   `json:"indexed,omitempty"`
	Hidden          bool   `json:"hidden,omitempty"`
	Unique          bool   `json:"unique,omitempty"`
	Removable       bool   `json:"removable,omitempty"`
	IncludeChildren bool   `json:"includeChildren,omitempty"`
	Regex           string `json:"regex,omitempty"`
	Query           string `json:"query,omitempty"`
	Suffix          string `json:"suffix,omitempty"`
	// Options are the choices of a DefaultSelect attribute, separated by commas, as the API has them.
	Options  string `json:"options,omitempty"`
	Position int    `json:"position"`
	Extra    Extra  `json:"extra,omitempty"`
}

// Writable says whether objects can be given a value for a, which the system attributes Key, Created and Updated refuse.
func (a *Attribute) Writable() bool {
	if a.System {
		return false
	}
	switch a.Name {
	case AttributeKey, AttributeCreated, AttributeUpdated:
		return a.Editable
	}
	return true
}
