package restore

import (
	"context"
	"iter"

	"stowage/assets"
)

// Target is a site to restore to. Every method may be called from several goroutines.
//
// Reads may be repeated. A write is sent at most once per call: when its answer was lost the error is
// assets.ErrUnknownOutcome, and the caller asks the target before it writes again. A write whose content was refused
// returns an *assets.Rejected somewhere in its chain, with attribute values keyed by the attribute id of the target.
type Target interface {
	// Schemas lists all schemas of the target, including those that cannot be managed.
	Schemas(ctx context.Context) ([]assets.Schema, error)
	CreateSchema(ctx context.Context, s SchemaSpec) (assets.Schema, error)
	Properties(ctx context.Context, schemaID string) (assets.Properties, error)
	SetProperties(ctx context.Context, schemaID string, p assets.Properties) error

	// StatusTypes lists the global status types and those of the schema; with an empty schemaID the global ones.
	StatusTypes(ctx context.Context, schemaID string) ([]assets.StatusType, error)
	CreateStatusType(ctx context.Context, s assets.StatusType) (assets.StatusType, error)
	ReferenceTypes(ctx context.Context, schemaID string) ([]assets.ReferenceType, error)
	CreateReferenceType(ctx context.Context, r assets.ReferenceType) (assets.ReferenceType, error)

	// Icons lists the global icons. CreateIcon uploads a PNG, or answers assets.ErrUnsupported.
	Icons(ctx context.Context) ([]assets.Icon, error)
	CreateIcon(ctx context.Context, name string, png []byte) (assets.Icon, error)

	ObjectTypes(ctx context.Context, schemaID string) ([]assets.ObjectType, error)
	CreateObjectType(ctx context.Context, t ObjectTypeSpec) (assets.ObjectType, error)
	// PlaceObjectType moves a type below a parent ("" is the root) to a position among its siblings.
	PlaceObjectType(ctx context.Context, typeID, parentID string, position int) error

	// Attributes lists the attributes of one object type, its copies of inherited ones included.
	Attributes(ctx context.Context, typeID string) ([]assets.Attribute, error)
	CreateAttribute(ctx context.Context, typeID string, a AttributeSpec) (assets.Attribute, error)
	UpdateAttribute(ctx context.Context, typeID, attributeID string, a AttributeSpec) (assets.Attribute, error)

	CreateObject(ctx context.Context, o ObjectSpec) (assets.ObjectRef, error)
	// UpdateObject writes the attributes named in o and leaves the others alone.
	UpdateObject(ctx context.Context, objectID string, o ObjectSpec) error
	DeleteObject(ctx context.Context, objectID string) error
	Object(ctx context.Context, objectID string) (assets.Object, error)
	// Objects yields all objects of a type in ascending order of id.
	Objects(ctx context.Context, typeID string) iter.Seq2[assets.Object, error]
	// FindByText yields the objects of a type whose text attribute, named, equals one of the texts. The search index of a
	// target may lag behind its writes.
	FindByText(ctx context.Context, typeID, attribute string, texts []string) iter.Seq2[assets.Object, error]

	// UsersNamed returns the users whose full name is exactly name, active or not. GroupExists tells whether a group of that name exists.
	UsersNamed(ctx context.Context, name string) ([]User, error)
	GroupExists(ctx context.Context, name string) (bool, error)
	// GroupMembers yields the account ids of the members of a group.
	GroupMembers(ctx context.Context, name string) iter.Seq2[string, error]
	// Projects lists the projects of the target with their versions.
	Projects(ctx context.Context) ([]Project, error)
}

// User is an account of the target.
type User struct {
	AccountID string
	Name      string
	Email     string
	Active    bool
}

// Project is a Jira project of the target.
type Project struct {
	ID, Key, Name string
	Versions      []Version
}

// Version is a version of a project.
type Version struct {
	ID, Name string
}

// SchemaSpec describes a schema to create.
type SchemaSpec struct {
	Name, Key, Description string
}

// ObjectTypeSpec describes an object type to create. All ids are those of the target.
type ObjectTypeSpec struct {
	Name, Description, IconID, SchemaID, ParentID string
	Inherited, Abstract                           bool
}

// AttributeSpec describes an attribute to create or change. All ids in it are those of the target; fields that the kind
// does not use are left zero.
type AttributeSpec struct {
	Name, Description string
	Kind              assets.AttributeKind
	Default           assets.DefaultType
	TypeValue         string
	TypeValueMulti    []string
	AdditionalValue   string
	MinCardinality    int
	MaxCardinality    int
	Label             bool
	Hidden            bool
	Unique            bool
	Summable          bool
	IncludeChildren   bool
	Regex             string
	Query             string
	Suffix            string
	Options           string
}

// ObjectSpec describes an object to create or change. TypeID and attribute ids are those of the target.
type ObjectSpec struct {
	TypeID string
	Values []AttributeTexts
}

// AttributeTexts are the values to write to one attribute, in the string form the API takes: the literal, or the id of
// the object, account, status or project, or the name of the group. An empty list clears the attribute.
type AttributeTexts struct {
	AttributeID string
	Texts       []string
}
