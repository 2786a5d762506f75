package aql

import "time"

// Handle is how a [Data] addresses an object. It means nothing outside that Data.
type Handle uint64

// Data is what queries are asked of. Its methods are called from one goroutine during a [Search];
// the caller sees to it that the data does not change meanwhile. Slices it returns are only read.
type Data interface {
	// Now is the moment that date functions count from.
	Now() time.Time
	// Viewer is the account id of the person who asks, for currentUser().
	Viewer() string
	// Schemas and Types list all of the site.
	Schemas() []Schema
	Types() []Type
	// Attribute finds an attribute of a type by name, ignoring case.
	Attribute(typeID int64, name string) (Attribute, bool)
	// AttributesOf lists the attributes of a type.
	AttributesOf(typeID int64) []Attribute

	// OfType yields the objects of exactly this type whose id is at least from, in the order of their
	// ids, until yield returns false. Objects that the search does not show are left out.
	OfType(typeID, from int64, yield func(h Handle, id int64) bool)
	// CountOfType counts what OfType would yield with ids from from to to. It answers false when
	// that takes a walk through them.
	CountOfType(typeID, from, to int64) (int, bool)
	// ByID and ByKey find one object that the search shows.
	ByID(id int64) (Handle, bool)
	ByKey(key string) (Handle, bool)
	// Lookup gives at least the objects shown that have this text, in any case, as value of an attribute.
	// It answers false when no index can tell.
	Lookup(attributeID int64, text string) ([]Handle, bool)

	// ID, TypeOf, Label, Key, Created and Updated describe an object.
	ID(h Handle) int64
	TypeOf(h Handle) int64
	Label(h Handle) string
	Key(h Handle) string
	Created(h Handle) time.Time
	Updated(h Handle) time.Time
	// Values yields the values of an attribute until yield returns false.
	Values(h Handle, a Attribute, yield func(Datum) bool)
	// Inbound yields objects that refer to h, Outbound those h refers to, with the name of the
	// reference type, until yield returns false.
	Inbound(h Handle, yield func(other Handle, referenceType string) bool)
	Outbound(h Handle, yield func(other Handle, referenceType string) bool)

	// Members lists the account ids of a group, Groups the names of the groups of a user given by
	// account id, name or email.
	Members(group string) []string
	Groups(user string) []string
	// Connected compiles a JQL condition about connected issues; empty means any issue.
	Connected(jql string) (func(h Handle) bool, error)
}

// Schema is an object schema as far as queries are concerned.
type Schema struct {
	ID        int64
	Name, Key string
}

// Type is an object type as far as queries are concerned. ParentID is 0 for a root.
type Type struct {
	ID, SchemaID, ParentID int64
	Name                   string
}

// Attribute is an attribute of an object type.
type Attribute struct {
	ID, TypeID int64
	Name       string
	Kind       Kind
}

// Kind says how the values of an attribute are compared.
type Kind uint8

// The kinds of values.
const (
	KindText Kind = iota + 1
	KindNumber
	KindTime
	KindReference
	KindUser
	KindGroup
)

// Datum is one value of an object.
type Datum struct {
	Kind Kind
	// Text is how the value is shown: the label of a referenced object, the name of a user.
	Text string
	// Also holds other texts the value is known by, such as a key, an account id or an email.
	Also [2]string
	// Number is set for KindNumber, Time for KindTime, Object for KindReference.
	Number float64
	Time   time.Time
	Object Handle
}
