package sim

import (
	"stowage/atlassian/sim/world"
)

// definitions writes attributes and the types around them inside a view, each
// looked up once.
type definitions struct {
	wire
	v          *world.View
	types      map[world.ID]*wireType
	references map[world.ID]*wireReferenceType
}

func newDefinitions(x wire, v *world.View) *definitions {
	return &definitions{wire: x, v: v, types: map[world.ID]*wireType{}, references: map[world.ID]*wireReferenceType{}}
}

func (d *definitions) objectTypeByID(id world.ID) *wireType {
	if known, ok := d.types[id]; ok {
		return known
	}
	var out *wireType
	if t, ok := d.v.ObjectType(id); ok {
		icon, _ := d.v.Icon(t.IconID)
		out = new(d.objectType(t, icon.Name, false))
	}
	d.types[id] = out
	return out
}

func (d *definitions) referenceTypeByID(id world.ID) *wireReferenceType {
	if known, ok := d.references[id]; ok {
		return known
	}
	var out *wireReferenceType
	if t, ok := d.v.ReferenceType(id); ok {
		out = new(d.referenceType(t))
	}
	d.references[id] = out
	return out
}

// attribute writes a definition. What it is a reference to is told by the
// sub-documents; typeValue and additionalValue are not repeated there.
func (d *definitions) attribute(a *world.Attribute, withType bool) wireAttribute {
	out := wireAttribute{
		WorkspaceID: d.workspace, GlobalID: d.globalID(a.ID), ID: a.ID.String(),
		Name: a.Name, Label: a.Label, Type: int(a.Type), Description: a.Description,
		Editable: a.Editable, System: a.System, Indexed: a.Indexed, Sortable: a.Sortable, Summable: a.Summable,
		MinimumCardinality: a.Min, MaximumCardinality: a.Max, Suffix: a.Suffix,
		Removable: a.Removable, Hidden: a.Hidden, IncludeChildObjectTypes: a.IncludeChildren,
		UniqueAttribute: a.Unique, RegexValidation: a.Regex, IQL: a.Query, QLQuery: a.Query, Options: a.Options, Position: a.Position,
	}
	if withType {
		out.ObjectType = d.objectTypeByID(a.TypeID)
	}
	switch a.Type {
	case world.TypeDefault:
		out.DefaultType = &wireDefaultType{ID: int(a.Default), Name: a.Default.String()}
		out.AdditionalValue = a.AdditionalValue
	case world.TypeReference:
		out.ReferenceType = d.referenceTypeByID(a.RefKind)
		out.ReferenceObjectTypeID = a.RefType.String()
		out.ReferenceObjectType = d.objectTypeByID(a.RefType)
	case world.TypeUser, world.TypeConfluence, world.TypeGroup, world.TypeVersion, world.TypeProject, world.TypeStatus,
		world.TypeBitbucket, world.TypeOpsgenie:
		out.TypeValue, out.TypeValueMulti, out.AdditionalValue = a.TypeValue, a.TypeValueMulti, a.AdditionalValue
	}
	return out
}
