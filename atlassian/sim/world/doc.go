// Package world holds the state of one simulated Atlassian site: its Assets
// (schemas, object types, attributes, objects and what hangs on them), its people
// and the part of Jira that points at Assets. It knows the rules of the service and
// nothing of HTTP: a handler turns a request into a call here and an *Error into an
// answer.
//
// # Reading and writing
//
// A World is safe for concurrent use. Every method of World takes the lock by
// itself. View runs a function under the read lock and hands it a *View, whose
// methods take no lock and give access without copying; calling a method of World
// from inside that function can deadlock and is forbidden. What a View hands out
// (slices, iterators, Obj) must not be kept after the function has returned.
//
// # Ids and keys
//
// Ids are integers, one counter for each kind, never used twice. The counters of
// icons, status types and reference types start at a number that depends on the
// workspace, so that a client which believes them equal on two sites is found out.
// An object's key is the key of its schema, a dash, and the id of the object, as in
// the examples of the real service (object 88 of schema ITSM is ITSM-88); giving the
// schema another key gives its objects other keys.
//
// # Inheritance
//
// An object type that is marked as inherited hands its attributes down: each child
// owns a copy with an id of its own. The four attributes with which a type is born
// are not doubled; the child's own Name takes the settings of the parent's. What is
// added to the parent later is added to the children too, what is removed from it is
// removed from them, but a change of settings stays where it was made. A child that
// already has an attribute of that name keeps its own.
//
// # Memory
//
// Objects lie in pages of fixed records. The values of one object are one immutable
// string of bytes that holds no pointers, so that a million objects cost a few
// hundred bytes each and the garbage collector next to nothing. The way back from an
// object to those that refer to it is a linked list in one array; its entries are
// hints which are checked on reading. Indexes of values are built the first time
// they are asked for and kept up to date from then on; their entries are hints too.
// The history entry of a creation is not stored but made when it is read.
//
// # Search lag
//
// With Options.SearchLag a write is seen at once by id and by key, but by a search
// only when the lag has passed: View.SearchType, View.SearchObject and View.Lookup
// show each object as the index of the real service would still have it.
//
// # What lives elsewhere
//
// The query language is package aql, the wire is package sim, limits and faults have
// packages of their own, and so has the generator of data, which writes through
// Loader.
package world
