package world_test

import (
	"fmt"

	"stowage/atlassian/sim/world"
)

func Example() {
	w := world.New(world.Options{WorkspaceID: "w-1", Name: "acme"})
	schema, err := w.CreateSchema(world.SchemaInput{Name: "IT", Key: "ITSM"})
	if err != nil {
		panic(err)
	}
	host, err := w.CreateType(world.TypeInput{SchemaID: schema.ID, Name: "Host", IconID: w.Icons(0)[0].ID})
	if err != nil {
		panic(err)
	}
	attrs, err := w.Attributes(host.ID)
	if err != nil {
		panic(err)
	}
	for _, a := range attrs {
		fmt.Println(a.Name, "editable:", a.Editable)
	}
	name := attrs[1].ID
	o, err := w.CreateObject("account-1", world.ObjectInput{
		TypeID:     host.ID,
		Attributes: []world.AttributeValues{{Attribute: name, Values: []string{"web-1"}}},
	})
	fmt.Println(o.Key, o.Label, err)

	_, err = w.CreateObject("account-1", world.ObjectInput{TypeID: host.ID})
	fmt.Println(err)
	// Output:
	// Key editable: false
	// Name editable: true
	// Created editable: false
	// Updated editable: false
	// ITSM-1 web-1 <nil>
	// 400: rlabs-insight-attribute-9: The attribute 'Name' must contain at least 1 value(s)
}
