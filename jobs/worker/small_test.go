package worker_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/atlassian/sim/world"
)

// smallObjects is the number of objects of a small schema.
const smallObjects = 6

// small makes a schema of two object types, some of whose objects refer to each other in a cycle.
func small(t *testing.T, w *world.World) world.ID {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	schema, err := w.CreateSchema(world.SchemaInput{Name: "Small", Key: "SMALL"})
	must(err)
	icon := w.Icons(0)[0].ID
	host, err := w.CreateType(world.TypeInput{SchemaID: schema.ID, IconID: icon, Name: "Host"})
	must(err)
	rack, err := w.CreateType(world.TypeInput{SchemaID: schema.ID, IconID: icon, Name: "Rack"})
	must(err)
	kinds := w.ReferenceTypes
	references, err := kinds(schema.ID, true)
	must(err)
	many := assets.Unlimited
	peer, err := w.CreateAttribute(host.ID, world.AttributeInput{
		Name: new("Peer"), Type: new(world.TypeReference), Max: &many, TypeValue: new(host.ID.String()), AdditionalValue: new(references[0].ID.String()),
	})
	must(err)
	in, err := w.CreateAttribute(host.ID, world.AttributeInput{
		Name: new("In"), Type: new(world.TypeReference), TypeValue: new(rack.ID.String()), AdditionalValue: new(references[0].ID.String()),
	})
	must(err)
	name := func(of world.ID) world.ID {
		attributes, err := w.Attributes(of)
		must(err)
		for _, a := range attributes {
			if a.Name == "Name" {
				return a.ID
			}
		}
		t.Fatal("no name")
		return 0
	}
	var racks, hosts []world.Object
	for i := range 2 {
		o, err := w.CreateObject("", world.ObjectInput{TypeID: rack.ID, Attributes: []world.AttributeValues{{Attribute: name(rack.ID), Values: []string{"rack " + strconv.Itoa(i)}}}})
		must(err)
		racks = append(racks, o)
	}
	for i := range smallObjects - 2 {
		o, err := w.CreateObject("", world.ObjectInput{TypeID: host.ID, Attributes: []world.AttributeValues{
			{Attribute: name(host.ID), Values: []string{fmt.Sprintf("host %d of %s", i, canaryLabel)}}, {Attribute: in.ID, Values: []string{racks[i%2].Key}},
		}})
		must(err)
		hosts = append(hosts, o)
	}
	for i := range 2 {
		_, err := w.UpdateObject("", hosts[i].ID, world.ObjectInput{Attributes: []world.AttributeValues{{Attribute: peer.ID, Values: []string{hosts[1-i].Key}}}})
		must(err)
	}
	return schema.ID
}

// canaryLabel is part of the label of objects. It must be found nowhere outside of the site.
const canaryLabel = "canary-label-9d2e"

// sameContent compares what was restored with what was backed up.
func sameContent(t *testing.T, from *world.World, source world.ID, to *world.World, key string) string {
	t.Helper()
	want, err := from.Dump(source, world.DumpOptions{Keys: true})
	if err != nil {
		t.Fatal(err)
	}
	restored, err := to.SchemaByKey(key)
	if err != nil {
		return err.Error()
	}
	got, err := to.Dump(restored.ID, world.DumpOptions{
		Identity: assets.AttributeOriginalKey, Omit: []string{assets.AttributeOriginalID, assets.AttributeOriginalKey},
	})
	if err != nil {
		t.Fatal(err)
	}
	return cmp.Diff(want, got)
}
