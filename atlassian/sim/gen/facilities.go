package gen

import "stowage/atlassian/sim/world"

// facilities is buildings from site to room and what stands in them: a hierarchy of
// objects as well as of types, references that include child types, and no cycles.
func facilities() *model {
	const kinds = "Preventive,Corrective,Inspection"
	return &model{
		key: "FAC", name: "Facilities", description: "Buildings and what stands in them",
		refTypes: []world.ReferenceTypeInput{{Name: "Located in", Description: "Stands in", Color: "#ff8b00"}},
		icon:     "Crane",
		kinds: []*kind{
			{name: "Place", inherited: true, abstract: true, attrs: []attr{
				{name: "Area", def: world.DefaultDouble, suffix: "m²", summable: true, fill: decimal(4000)},
				{name: "Manager", typ: world.TypeUser, fill: often(0.8, user)},
			}},
			{name: "Campus", parent: "Place", share: 2, title: numbered("Campus %d"), attrs: []attr{
				{name: "Address", def: world.DefaultTextarea, fill: paragraphs(1, 8)},
			}},
			{name: "Building", parent: "Place", share: 8, title: numbered("Building %d"), attrs: []attr{
				{name: "Located in", typ: world.TypeReference, to: "Campus", link: "Located in", min: 0, fill: to("Campus", 1)},
				{name: "Built", def: world.DefaultDate, fill: date},
			}},
			{name: "Floor", parent: "Place", share: 20, title: numbered("Floor %d"), attrs: []attr{
				{name: "Located in", typ: world.TypeReference, to: "Building", link: "Located in", fill: to("Building", 1)},
				{name: "Level", def: world.DefaultInteger, fill: integer(-3, 40)},
			}},
			{name: "Room", parent: "Place", share: 60, title: numbered("R%05d"), attrs: []attr{
				{name: "Located in", typ: world.TypeReference, to: "Floor", link: "Located in", fill: to("Floor", 1)},
				{name: "Seats", def: world.DefaultInteger, fill: integer(1, 60)},
				{name: "Bookable", def: world.DefaultBoolean, fill: boolean},
			}},
			{name: "Equipment", inherited: true, icon: "Crane", share: 30, title: numbered("Equipment %d"), attrs: []attr{
				{name: "Stands in", typ: world.TypeReference, to: "Place", children: true, link: "Located in", fill: often(0.9, to("Room", 1))},
				{name: "Condition", typ: world.TypeStatus, fill: status},
				{name: "Inventory number", unique: true, fill: number("INV-%07d")},
				{name: "Manual", def: world.DefaultURL, fill: often(0.6, link("manual"))},
			}},
			{name: "Air handling unit", parent: "Equipment", icon: "Crane", share: 20, title: numbered("AHU %d"), attrs: []attr{
				{name: "Serves", typ: world.TypeReference, to: "Floor", max: world.Unlimited, fill: to("Floor", 5)},
				{name: "Filter changed", def: world.DefaultDateTime, fill: moment},
			}},
			{name: "Maintenance", share: 60, title: numbered("Maintenance %d"), attrs: []attr{
				{name: "Concerns", typ: world.TypeReference, to: "Equipment", children: true, max: world.Unlimited, fill: to("Equipment", 3)},
				{name: "Kind", def: world.DefaultSelect, options: kinds, fill: choice(kinds)},
				{name: "At", def: world.DefaultTime, fill: clock},
				{name: "Done by", typ: world.TypeGroup, fill: group},
				{name: "Remarks", def: world.DefaultTextarea, fill: often(0.5, paragraphs(1, 12))},
			}},
		},
	}
}
