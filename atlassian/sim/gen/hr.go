package gen

import (
	"fmt"

	"stowage/atlassian/sim/world"
)

// hr is people and where they stand: many users and groups, mandatory values, a deep
// chain of who reports to whom. Mentors who mentor each other are its cycles: the
// first two of every 200 employees.
func hr() *model {
	const (
		contracts = "Permanent,Fixed term,Internship"
		languages = "Deutsch,English,Français,日本語,Polski,Português"
	)
	return &model{
		key: "HR", name: "People", description: "Who works here, where, and with what",
		statuses: []world.StatusInput{{Name: "On leave", Description: "Back later", Category: 2}},
		refTypes: []world.ReferenceTypeInput{{Name: "Reports to", Description: "Line of command", Color: "#6554c0"}},
		kinds: []*kind{
			{name: "Person", inherited: true, abstract: true, attrs: []attr{
				{name: "Account", typ: world.TypeUser, min: 0, fill: often(0.8, user)},
				{name: "Private mail", def: world.DefaultEmail, unique: true, fill: text(func(o *object) string { return fmt.Sprintf("person.%d@post.example", o.i) })},
				{name: "Born", def: world.DefaultDate, fill: date},
				{name: "Languages", def: world.DefaultSelect, options: languages, max: 4, fill: choices(languages, 3)},
				{name: "Standing", typ: world.TypeStatus, fill: status},
				{name: "Department", typ: world.TypeReference, to: "Department", min: 1, fill: to("Department", 1)},
			}},
			{name: "Employee", parent: "Person", share: 120, title: personName, attrs: []attr{
				{name: "Reports to", typ: world.TypeReference, to: "Employee", link: "Reports to", fill: earlier(1)},
				{name: "Mentor", typ: world.TypeReference, to: "Employee", fill: mentor},
				{name: "Contract", def: world.DefaultSelect, options: contracts, min: 1, fill: choice(contracts)},
				{name: "Position", typ: world.TypeReference, to: "Position", fill: to("Position", 1)},
				{name: "Hours", def: world.DefaultDouble, suffix: "h", fill: decimal(40)},
			}},
			{name: "Contractor", parent: "Person", share: 30, title: personName, attrs: []attr{
				{name: "Agency", fill: sentences(2, 3)},
				{name: "Until", def: world.DefaultDate, fill: date},
				{name: "Rate", def: world.DefaultInteger, suffix: "EUR", hidden: true, fill: integer(40, 200)},
			}},
			{name: "Department", share: 10, title: numbered("Department %d"), attrs: []attr{
				{name: "Part of", typ: world.TypeReference, to: "Department", fill: earlier(1)},
				{name: "Group", typ: world.TypeGroup, max: 3, fill: group},
				{name: "Project", typ: world.TypeProject, fill: project},
			}},
			{name: "Position", share: 20, title: numbered("Position %d"), attrs: []attr{
				{name: "Tasks", def: world.DefaultTextarea, fill: paragraphs(3, 20)},
				{name: "Advertised", def: world.DefaultURL, fill: link("jobs")},
			}},
			{name: "Training", share: 20, title: numbered("Training %d"), attrs: []attr{
				{name: "Participants", typ: world.TypeReference, to: "Person", children: true, max: world.Unlimited, fill: to("Employee", 12)},
				{name: "Starts", def: world.DefaultDateTime, fill: moment},
				{name: "Trainers", typ: world.TypeUser, max: world.Unlimited, fill: several(3)},
			}},
		},
	}
}

func personName(o *object) string {
	return o.oneOf(givenNames) + " " + o.oneOf(familyNames)
}

func mentor(o *object) {
	switch base, place := o.k/200*200, o.k%200; {
	case place < 2 && base+1 < o.kind.place.count:
		// One of the two may already report to the other; that is the same cycle.
		o.refer(o.kind, base+1-place)
		o.report.InCycles++
	default:
		often(0.3, earlier(1))(o)
	}
}
