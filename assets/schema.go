package assets

import "encoding/json"

// Extra holds the members of a JSON document that the vocabulary does not name, as one JSON object, member values byte
// for byte as the site sent them. It is nil when there were none.
type Extra = json.RawMessage

// Schema is an object schema: the container of object types and objects.
type Schema struct {
	ID              string `json:"id"`
	Key             string `json:"key"`
	Name            string `json:"name"`
	Description     string `json:"description,omitempty"`
	Status          string `json:"status,omitempty"`
	Created         string `json:"created,omitempty"`
	Updated         string `json:"updated,omitempty"`
	ObjectCount     int    `json:"objectCount,omitempty"`
	ObjectTypeCount int    `json:"objectTypeCount,omitempty"`
	// CanManage is false for schemas of the system, such as Services, which are read-only for everybody.
	CanManage bool  `json:"canManage"`
	Extra     Extra `json:"extra,omitempty"`
}

// Properties are the settings of one schema.
type Properties struct {
	// AllowOtherSchemas lets objects of other schemas refer to objects of this one.
	AllowOtherSchemas   bool  `json:"allowOtherSchemas"`
	ValidateQuickCreate bool  `json:"validateQuickCreate"`
	QuickCreateObjects  bool  `json:"quickCreateObjects"`
	Extra               Extra `json:"extra,omitempty"`
}

// StatusCategory groups statuses: inactive 0, active 1, pending 2.
type StatusCategory int

// The categories of a status.
const (
	StatusInactive StatusCategory = 0
	StatusActive   StatusCategory = 1
	StatusPending  StatusCategory = 2
)

// StatusType is a status an attribute may hold. SchemaID is empty for a global one.
type StatusType struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Category    StatusCategory `json:"category"`
	SchemaID    string         `json:"schemaId,omitempty"`
	Extra       Extra          `json:"extra,omitempty"`
}

// ReferenceType names a kind of reference, such as "Depends on". SchemaID is empty for a global one.
type ReferenceType struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Color       string `json:"color,omitempty"`
	SchemaID    string `json:"schemaId,omitempty"`
	Extra       Extra  `json:"extra,omitempty"`
}

// Icon is the picture of object types. Its image is a record of its own.
type Icon struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// SchemaID is empty for a global icon.
	SchemaID string `json:"schemaId,omitempty"`
	Extra    Extra  `json:"extra,omitempty"`
}

// ObjectType describes a class of objects. Object types form a tree by ParentID.
type ObjectType struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	IconID      string `json:"iconId,omitempty"`
	IconName    string `json:"iconName,omitempty"`
	// ParentID is empty at the root.
	ParentID string `json:"parentId,omitempty"`
	SchemaID string `json:"schemaId"`
	// Position orders the types below one parent, from 0.
	Position int `json:"position"`
	// Inherited says that children of this type receive copies of its attributes.
	Inherited bool `json:"inherited,omitempty"`
	// ParentInherited says that this type received copies from its parent.
	ParentInherited bool   `json:"parentInherited,omitempty"`
	Abstract        bool   `json:"abstract,omitempty"`
	Created         string `json:"created,omitempty"`
	Updated         string `json:"updated,omitempty"`
	Extra           Extra  `json:"extra,omitempty"`
}
