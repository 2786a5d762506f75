package restore_test

import (
	"fmt"
	"slices"
	"strconv"

	"stowage/assets"
	"stowage/restore"
	"stowage/restore/restoretest"
)

// build makes backups as a site would have given them.
type build struct {
	*restoretest.Backup
	next int
}

func newBuild() *build {
	b := &build{Backup: &restoretest.Backup{
		Name:     "20261121T023000Z-test",
		Source:   assets.Schema{ID: "6", Key: "ITSM", Name: "IT", Description: "All of IT"},
		Settings: &assets.Properties{AllowOtherSchemas: true},
		Statuses: []assets.StatusType{
			{ID: "1", Name: "Active", Category: 0},
			{ID: "2", Name: "Broken", Category: 1},
			{ID: "3", Name: "Unused"},
			{ID: "4", Name: "In stock", Category: 2, SchemaID: "6"},
		},
		References: []assets.ReferenceType{{ID: "1", Name: "Dependency"}, {ID: "2", Name: "Runs on", SchemaID: "6"}, {ID: "3", Name: "Feeds"}},
		Pictures:   []assets.Icon{{ID: "i1", Name: "Server"}, {ID: "i2", Name: "Rack"}},
		Images:     map[string][]byte{"i2": []byte("png")},
	}, next: 20}
	return b
}

func (b *build) id() string {
	b.next++
	return strconv.Itoa(b.next)
}

// typ adds an object type with the attributes it is born with and copies of those of an inheriting parent.
func (b *build) typ(name, parent string, inherited bool) string {
	t := assets.ObjectType{ID: b.id(), Name: name, Description: "about " + name, IconID: "i1", IconName: "Server", ParentID: parent, SchemaID: "6", Inherited: inherited}
	for _, other := range b.Types {
		if other.ParentID == parent {
			t.Position++
		}
	}
	b.Types = append(b.Types, t)
	for i, born := range []string{assets.AttributeKey, assets.AttributeName, assets.AttributeCreated, assets.AttributeUpdated} {
		b.Attrs = append(b.Attrs, assets.Attribute{
			ID: b.id(), TypeID: t.ID, Name: born, MinCardinality: 1, MaxCardinality: 1, Position: i,
			Label: born == assets.AttributeName, Editable: born == assets.AttributeName, System: born != assets.AttributeName,
		})
	}
	for _, a := range b.attributes(parent) {
		if i := slices.IndexFunc(b.Types, func(p assets.ObjectType) bool { return p.ID == parent }); i >= 0 && b.Types[i].Inherited {
			b.copyTo(a, t.ID)
		}
	}
	return t.ID
}

func (b *build) attributes(typeID string) []assets.Attribute {
	var list []assets.Attribute
	for _, a := range b.Attrs {
		if a.TypeID == typeID {
			list = append(list, a)
		}
	}
	return list
}

func (b *build) copyTo(a assets.Attribute, typeID string) {
	own := b.attributes(typeID)
	if slices.ContainsFunc(own, func(have assets.Attribute) bool { return have.Name == a.Name }) {
		return
	}
	a.ID, a.TypeID, a.Position = b.id(), typeID, len(own)
	b.Attrs = append(b.Attrs, a)
}

// attr adds an attribute to a type that has no children yet.
func (b *build) attr(typeID string, a assets.Attribute) string {
	a.ID, a.TypeID, a.Editable, a.Position = b.id(), typeID, true, len(b.attributes(typeID))
	if a.MaxCardinality == 0 {
		a.MaxCardinality = 1
	}
	if a.Kind != assets.KindDefault {
		a.Default = assets.DefaultNone
	}
	if a.Kind == assets.KindReference && a.ReferenceTypeID == "" {
		a.ReferenceTypeID, a.ReferenceTypeName = "1", "Dependency"
	}
	b.Attrs = append(b.Attrs, a)
	return a.ID
}

// attribute finds the attribute of a type by name.
func (b *build) attribute(typeID, name string) string {
	for _, a := range b.Attrs {
		if a.TypeID == typeID && a.Name == name {
			return a.ID
		}
	}
	panic("no attribute " + name)
}

// object adds an object; values are by attribute name.
func (b *build) object(typeID, label string, values map[string][]assets.Value) string {
	id := b.id()
	o := assets.Object{ID: id, Key: "ITSM-" + id, Label: label, TypeID: typeID, Created: "2026-01-02T03:04:05.678Z"}
	o.Values = append(o.Values, assets.AttributeValues{AttributeID: b.attribute(typeID, assets.AttributeKey), Values: text(o.Key)})
	o.Values = append(o.Values, assets.AttributeValues{AttributeID: b.attribute(typeID, assets.AttributeName), Values: text(label)})
	for _, a := range b.attributes(typeID) {
		if vs := values[a.Name]; len(vs) > 0 {
			o.Values = append(o.Values, assets.AttributeValues{AttributeID: a.ID, Values: vs})
		}
	}
	b.Objects = append(b.Objects, o)
	return id
}

// refer adds a reference to an object that exists already.
func (b *build) refer(from, attribute string, to ...string) {
	for i := range b.Objects {
		o := &b.Objects[i]
		if o.ID != from {
			continue
		}
		at := b.attribute(o.TypeID, attribute)
		for j := range o.Values {
			if o.Values[j].AttributeID == at {
				o.Values[j].Values = append(o.Values[j].Values, b.refs(to...)...)
				return
			}
		}
		o.Values = append(o.Values, assets.AttributeValues{AttributeID: at, Values: b.refs(to...)})
		return
	}
	panic("no object " + from)
}

func (b *build) refs(ids ...string) []assets.Value {
	var vs []assets.Value
	for _, id := range ids {
		v := assets.Value{Kind: assets.ValueObject, ID: id, Key: "ITSM-" + id}
		for _, o := range b.Objects {
			if o.ID == id {
				v.TypeID, v.Name = o.TypeID, o.Label
			}
		}
		vs = append(vs, v)
	}
	return vs
}

func text(texts ...string) []assets.Value {
	var vs []assets.Value
	for _, t := range texts {
		vs = append(vs, assets.Value{Text: t})
	}
	return vs
}

func user(n int) assets.Value {
	return assets.Value{Kind: assets.ValueUser, ID: fmt.Sprintf("old-%d", n), Name: fmt.Sprintf("User %d", n)}
}

func status(id, name string) []assets.Value {
	return []assets.Value{{Kind: assets.ValueStatus, ID: id, Name: name}}
}

// itsm is a small schema with something of everything that can be restored without loss.
func itsm() *build {
	b := newBuild()
	asset := b.typ("Asset", "", true)
	b.attr(asset, assets.Attribute{Name: "Serial", Unique: true})
	b.attr(asset, assets.Attribute{Name: "State", Kind: assets.KindStatus, TypeValueMulti: []string{"1", "2", "4"}})
	b.attr(asset, assets.Attribute{Name: "Owner", Kind: assets.KindUser, MaxCardinality: assets.Unlimited})
	b.attr(asset, assets.Attribute{Name: "Depends", Kind: assets.KindReference, ReferenceObjectTypeID: asset, MaxCardinality: assets.Unlimited, IncludeChildren: true})
	host := b.typ("Host", asset, false)
	b.attr(host, assets.Attribute{Name: "Cores", Default: assets.DefaultInteger, Suffix: "cores", Summable: true})
	b.attr(host, assets.Attribute{Name: "Tier", Default: assets.DefaultSelect, Options: "Tier 1,Tier 2"})
	b.attr(host, assets.Attribute{Name: "Notes", Default: assets.DefaultTextarea})
	cluster := b.typ("Cluster", "", false)
	b.attr(cluster, assets.Attribute{Name: "Main", Kind: assets.KindReference, ReferenceObjectTypeID: cluster, ReferenceTypeID: "2", MinCardinality: 1})
	b.attr(cluster, assets.Attribute{Name: "Team", Kind: assets.KindGroup})
	b.attr(cluster, assets.Attribute{Name: "Project", Kind: assets.KindProject})
	b.Types[2].IconID = "i2"

	var assetIDs []string
	for i := range 10 {
		values := map[string][]assets.Value{"Serial": text(fmt.Sprintf("S-%d", i)), "State": status("1", "Active")}
		if i > 0 {
			values["Depends"] = b.refs(assetIDs[i-1])
		}
		if i%3 == 0 {
			values["Owner"] = []assets.Value{user(1), user(2)}
		}
		var id string
		if i%2 == 0 {
			id = b.object(asset, fmt.Sprintf("asset %d", i), values)
		} else {
			values["Cores"], values["Tier"], values["Notes"] = text("8"), text("Tier 2"), text("several\nlines — ünïcode")
			values["State"] = status("4", "In stock")
			id = b.object(host, fmt.Sprintf("host %d", i), values)
		}
		assetIDs = append(assetIDs, id)
	}
	b.refer(assetIDs[0], "Depends", assetIDs[2]) // a cycle of three: 0 -> 2 -> 1 -> 0
	b.refer(assetIDs[5], "Depends", assetIDs[5]) // a reference to itself
	var clusters []string
	for i := range 3 {
		clusters = append(clusters, b.object(cluster, fmt.Sprintf("cluster %d", i), map[string][]assets.Value{
			"Team":    {{Kind: assets.ValueGroup, ID: "admins", Name: "admins"}},
			"Project": {{Kind: assets.ValueProject, ID: "10001", Name: "Service Desk", Key: "SD"}},
		}))
	}
	for i, id := range clusters { // each demands another one: a cycle that a minimum cardinality closes
		b.refer(id, "Main", clusters[(i+1)%3])
	}
	return b
}

// site is a target on which everything itsm names exists.
func site() *restoretest.Site {
	s := restoretest.NewSite()
	s.People = []restore.User{{AccountID: "new-1", Name: "User 1", Active: true}, {AccountID: "new-2", Name: "User 2", Active: true}}
	s.Groups["admins"] = []string{"new-1"}
	s.Works = []restore.Project{{ID: "77", Key: "SD", Name: "Service Desk"}}
	return s
}

func options() restore.Options {
	return restore.Options{NewSchema: restore.NewSchema{Name: "IT restored", Key: "ITR"}}
}
