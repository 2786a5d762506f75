package gen

import (
	"fmt"

	"stowage/atlassian/sim/world"
)

// Cycles of itsm lie among the applications: of each cycleEvery of them the first
// four form a cycle of four, or one of three and one object that refers to itself;
// the fifth and its database refer to each other. With the shares below that is 6 of
// 625 objects, which is 1 %.
const cycleEvery = 100

// itsm is the profile on which the figures are taken: 12 object types in 3 levels,
// about 12 attributes each, 2 references per object on average and 1 % of the objects
// in cycles.
func itsm() *model {
	const (
		environments = "Production,Staging,Test,Development"
		criticality  = "Tier 1,Tier 2,Tier 3,Tier 4"
		systems      = "Debian 13,Ubuntu 24.04,Windows Server 2025,RHEL 10,FreeBSD 15"
	)
	return &model{
		key: "ITSM", name: "IT Service Management", description: "Hardware, software and the services that depend on them",
		statuses: []world.StatusInput{
			{Name: "In Repair", Description: "With the vendor", Category: 2},
			{Name: "Retired", Description: "Out of use", Category: 0},
		},
		refTypes: []world.ReferenceTypeInput{
			{Name: "Depends on", Description: "Fails with", Color: "#de350b"},
			{Name: "Runs on", Description: "Is installed on", Color: "#00875a"},
		},
		icon: "Rack",
		kinds: []*kind{
			{name: "Asset", description: "Everything that is owned", inherited: true, abstract: true, attrs: []attr{
				{name: "Status", typ: world.TypeStatus, fill: often(0.95, status)},
				{name: "Owner", typ: world.TypeUser, additional: "SHOW_PROFILE", fill: often(0.9, user)},
				{name: "Supplier", typ: world.TypeReference, to: "Vendor", fill: often(0.5, to("Vendor", 1))},
				{name: "Notes", def: world.DefaultTextarea, fill: often(0.6, paragraphs(1, 10))},
			}},
			{name: "Hardware", parent: "Asset", icon: "Rack", inherited: true, share: 4, title: numbered("HW-%05d"), attrs: []attr{
				{name: "Serial number", unique: true, min: 1, fill: text(func(o *object) string { return fmt.Sprintf("SN%08X", 0x5a000000+o.i) })},
				{name: "Site", typ: world.TypeReference, to: "Office", query: `objectType = "Office"`, fill: to("Office", 1)},
				{name: "Purchased", def: world.DefaultDate, fill: often(0.9, date)},
			}},
			{name: "Server", parent: "Hardware", icon: "Rack", share: 36, title: numbered("srv-%06d"), attrs: []attr{
				{name: "IP address", def: world.DefaultIP, fill: address},
				{name: "Operating system", def: world.DefaultSelect, options: systems, fill: choice(systems)},
				{name: "Connected to", typ: world.TypeReference, to: "Network device", link: "Depends on", max: world.Unlimited, fill: often(0.8, to("Network device", 2))},
				{name: "Memory", def: world.DefaultInteger, suffix: "GB", summable: true, fill: integer(8, 512)},
			}},
			{name: "Laptop", parent: "Hardware", share: 50, title: numbered("nb-%06d"), attrs: []attr{
				{name: "Weight", def: world.DefaultDouble, suffix: "kg", fill: decimal(3)},
				{name: "Encrypted", def: world.DefaultBoolean, fill: boolean},
				{name: "Last seen", def: world.DefaultDateTime, fill: often(0.9, moment)},
			}},
			{name: "Network device", parent: "Hardware", share: 24, title: numbered("sw-%05d"), attrs: []attr{
				{name: "Management address", def: world.DefaultIP, fill: address},
				{name: "Uplink", typ: world.TypeReference, to: "Network device", link: "Depends on", fill: often(0.7, earlier(1))},
				{name: "Reboot at", def: world.DefaultTime, fill: often(0.5, clock)},
			}},
			{name: "Software", parent: "Asset", inherited: true, share: 4, title: numbered("Package %d"), attrs: []attr{
				{name: "Environment", def: world.DefaultSelect, options: environments, max: world.Unlimited, fill: choices(environments, 2)},
				{name: "Documentation", def: world.DefaultURL, additional: "ENABLED", fill: often(0.9, link("software"))},
				{name: "Support group", typ: world.TypeGroup, fill: often(0.9, group)},
			}},
			{name: "Application", parent: "Software", share: 32, title: numbered("Application %d"), attrs: []attr{
				{name: "Runs on", typ: world.TypeReference, to: "Server", link: "Runs on", max: world.Unlimited, fill: to("Server", 2)},
				{name: "Database", typ: world.TypeReference, to: "Database", max: 1, fill: applicationDatabase},
				{name: "Depends on", typ: world.TypeReference, to: "Application", link: "Depends on", max: world.Unlimited, fill: applicationDependsOn},
				{name: "Released in", typ: world.TypeVersion, fill: often(0.3, version)},
			}},
			{name: "Database", parent: "Software", share: 16, title: numbered("db-%05d"), attrs: []attr{
				{name: "Runs on", typ: world.TypeReference, to: "Server", link: "Runs on", query: `objectType = "Server"`, fill: to("Server", 1)},
				{name: "Primary application", typ: world.TypeReference, to: "Application", fill: databaseApplication},
				{name: "Size", def: world.DefaultDouble, suffix: "GB", summable: true, fill: decimal(5000)},
			}},
			{name: "Location", share: 6, title: numbered("Region %d"), attrs: []attr{
				{name: "Part of", typ: world.TypeReference, to: "Location", fill: often(0.95, earlier(1))},
				{name: "Country", fill: text(func(o *object) string {
					return o.oneOf([]string{"Deutschland", "日本", "México", "Česko", "भारत", "United States"})
				})},
				{name: "Coordinates", regex: `-?\d+\.\d+, -?\d+\.\d+`, fill: text(func(o *object) string { return fmt.Sprintf("%.4f, %.4f", o.rand.Float64()*90, o.rand.Float64()*180) })},
				{name: "Description", def: world.DefaultTextarea, fill: paragraphs(2, 8)},
				{name: "Opened", def: world.DefaultDate, fill: date},
				{name: "Caretakers", typ: world.TypeUser, max: 5, fill: several(3)},
				{name: "Emergency group", typ: world.TypeGroup, fill: group},
			}},
			{name: "Office", parent: "Location", share: 10, title: numbered("Office %d"), attrs: []attr{
				{name: "Region", typ: world.TypeReference, to: "Location", children: true, fill: to("Location", 1)},
				{name: "Address", def: world.DefaultTextarea, fill: text(func(o *object) string { return fmt.Sprintf("Hauptstraße %d\n%05d Ort", o.k+1, 10000+o.k) })},
				{name: "Desks", def: world.DefaultInteger, summable: true, fill: integer(5, 900)},
				{name: "Reception", def: world.DefaultEmail, fill: mail},
				{name: "Opens", def: world.DefaultTime, fill: clock},
				{name: "Step free", def: world.DefaultBoolean, fill: boolean},
				{name: "Project", typ: world.TypeProject, fill: often(0.5, project)},
			}},
			{name: "Business service", share: 10, title: numbered("Service %d"), attrs: []attr{
				{name: "Supported by", typ: world.TypeReference, to: "Application", link: "Depends on", max: world.Unlimited, fill: to("Application", 4)},
				{name: "Tier", def: world.DefaultSelect, options: criticality, min: 1, fill: choice(criticality)},
				{name: "Stakeholders", typ: world.TypeUser, max: world.Unlimited, fill: several(4)},
				{name: "Contact", def: world.DefaultEmail, fill: mail},
				{name: "Yearly cost", def: world.DefaultDouble, suffix: "EUR", summable: true, fill: decimal(90000)},
				{name: "Reviewed", def: world.DefaultDateTime, fill: often(0.8, moment)},
				{name: "Description", def: world.DefaultTextarea, fill: paragraphs(2, 10)},
				{name: "State", typ: world.TypeStatus, fill: status},
			}},
			{name: "Vendor", share: 8, title: numbered("Vendor %d GmbH & Co."), attrs: []attr{
				{name: "Headquarters", typ: world.TypeReference, to: "Location", fill: often(0.5, to("Location", 1))},
				{name: "Web site", def: world.DefaultURL, additional: "DISABLED", fill: link("vendor")},
				{name: "Contact", def: world.DefaultEmail, fill: mail},
				{name: "Contract number", unique: true, fill: number("C-%06d")},
				{name: "Contract ends", def: world.DefaultDate, fill: date},
				{name: "Account manager", typ: world.TypeUser, fill: often(0.7, user)},
				{name: "Preferred", def: world.DefaultBoolean, fill: boolean},
				{name: "Remarks", def: world.DefaultTextarea, fill: paragraphs(1, 12)},
			}},
		},
	}
}

func numbered(format string) func(o *object) string {
	return func(o *object) string { return fmt.Sprintf(format, o.k+1) }
}

// applicationDependsOn lets the first applications of a group form cycles; the fifth,
// which is in one with its database, depends on no other, or the two cycles could
// grow together; all others depend on earlier ones.
func applicationDependsOn(o *object) {
	place := o.k % cycleEvery
	base := o.k - place
	if base+5 > o.kind.place.count {
		often(0.5, earlier(2))(o)
		return
	}
	switch {
	case place < 4 && base/cycleEvery%2 == 0:
		o.refer(o.kind, base+(place+1)%4)
	case place < 3:
		o.refer(o.kind, base+(place+1)%3)
	case place == 3:
		o.refer(o.kind, o.k)
	case place == 4:
		return
	default:
		often(0.5, earlier(2))(o)
		return
	}
	o.report.InCycles++
}

// pairedDatabase is the database with which an application forms a cycle.
func pairedDatabase(application, applications, databases int) (int, bool) {
	group := application / cycleEvery
	whole := group*cycleEvery+5 <= applications
	return group, application%cycleEvery == 4 && whole && group < databases
}

func applicationDatabase(o *object) {
	databases := o.model.kind("Database")
	if db, ok := pairedDatabase(o.k, o.kind.place.count, databases.place.count); ok {
		o.refer(databases, db)
		o.report.InCycles += 2
		return
	}
	often(0.4, to("Database", 1))(o)
}

func databaseApplication(o *object) {
	applications := o.model.kind("Application")
	a := o.k*cycleEvery + 4
	if _, ok := pairedDatabase(a, applications.place.count, o.kind.place.count); ok {
		o.refer(applications, a)
	}
}
