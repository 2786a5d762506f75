package gen

import (
	"fmt"
	"strings"

	"stowage/atlassian/sim/world"
)

// The names of the object types of the nasty profile that hold one oddity each.
const (
	nastyDepth = 200
	nastyWidth = 300
	// ForbiddenName is the name of an object type that the service refuses.
	ForbiddenName = `What? "A=B"; C:D.E`
)

// nastyForeign is the schema that the main one refers to.
func nastyForeign(key, name string) *model {
	return &model{key: key + "X", name: name + " abroad", kinds: []*kind{
		{name: "Foreign", attrs: []attr{{name: "Note"}}},
	}}
}

// nastyBare is a schema with object types and no objects.
func nastyBare(key, name string) *model {
	return &model{key: key + "N", name: name + " bare", kinds: []*kind{
		{name: "Nothing", inherited: true, attrs: []attr{{name: "Never"}}},
		{name: "Nothing below", parent: "Nothing"},
		{name: "Abstract nothing", abstract: true},
	}}
}

// nastyMain is the main schema.
func nastyMain(key, name string, foreign *model) *model {
	m := &model{
		key: key, name: name, description: strings.Join(Oddities()[:8], "\n"),
		statuses: []world.StatusInput{
			{Name: "Active", Description: "Not the global one", Category: 0},
			{Name: "已停用 🛑", Category: 2},
		},
		refTypes: []world.ReferenceTypeInput{
			{Name: "Reference", Description: "Not the global one", Color: "123456"},
			{Name: "→ zeigt auf", Color: "abc"},
		},
		icon: "Server", // as a global one is called
		kinds: []*kind{
			{name: "Text", attrs: []attr{
				{name: "Value", description: strings.Repeat("A long description. ", 40)},
				{name: "Long", def: world.DefaultTextarea},
				{name: "Many", max: world.Unlimited},
				{name: "Ключ 🔑", hidden: true},
			}},
			{name: "Value", attrs: []attr{
				{name: "Integer", def: world.DefaultInteger},
				{name: "Double", def: world.DefaultDouble, summable: true},
				{name: "Boolean", def: world.DefaultBoolean},
				{name: "Date", def: world.DefaultDate},
				{name: "Time", def: world.DefaultTime},
				{name: "DateTime", def: world.DefaultDateTime},
				{name: "URL", def: world.DefaultURL, additional: "ENABLED"},
				{name: "Email", def: world.DefaultEmail, max: 3},
				{name: "IP", def: world.DefaultIP},
				{name: "Integers", def: world.DefaultInteger, max: world.Unlimited},
				{name: "Page", typ: world.TypeConfluence, additional: "42"},
				{name: "Project", typ: world.TypeProject},
				{name: "Version", typ: world.TypeVersion, max: world.Unlimited},
				{name: "Status", typ: world.TypeStatus},
				{name: "Allowed status", typ: world.TypeStatus, multi: []string{"Running", "已停用 🛑"}},
			}},
			{name: "Choice", attrs: []attr{
				{name: "One", def: world.DefaultSelect, options: nastyOptions},
				{name: "Some", def: world.DefaultSelect, options: nastyOptions, max: world.Unlimited},
			}},
			{name: "Ring", attrs: []attr{
				{name: "Next", typ: world.TypeReference, to: "Ring"},
				{name: "Any", typ: world.TypeReference, to: "Ring", max: world.Unlimited, link: "→ zeigt auf"},
			}},
			{name: "Hen", attrs: []attr{{name: "Egg", typ: world.TypeReference, to: "Egg", min: 1}}},
			{name: "Egg", attrs: []attr{{name: "Hen", typ: world.TypeReference, to: "Hen", min: 1}}},
			{name: "Ouroboros", attrs: []attr{{name: "Self", typ: world.TypeReference, to: "Ouroboros", min: 1}}},
			{name: "People", attrs: []attr{
				{name: "User", typ: world.TypeUser, additional: "HIDE_PROFILE"},
				{name: "Users", typ: world.TypeUser, max: world.Unlimited},
				{name: "Group", typ: world.TypeGroup},
				{name: "Groups", typ: world.TypeGroup, max: world.Unlimited},
				{name: "Member", typ: world.TypeUser, multi: []string{"jira-users"}},
			}},
			{name: "Labelled otherwise", attrs: []attr{{name: "Title", label: true}}},
			{name: "Nameless"},
			{name: "Unique", attrs: []attr{
				{name: "Code", unique: true, min: 1}, {name: "Number", def: world.DefaultInteger, unique: true},
			}},
			{name: "Filtered", attrs: []attr{
				{name: "Chosen", typ: world.TypeReference, to: "Text", query: `Name LIKE "Filter"`},
				{name: "Pattern", regex: `[A-Z]{2}-\d+`},
			}},
			{name: "Abstract", abstract: true, inherited: true, attrs: []attr{{name: "Inherited"}}},
			{name: "Concrete one", parent: "Abstract", inherited: true, attrs: []attr{{name: "Own"}}},
			{name: "Concrete two", parent: "Concrete one"},
			{name: "Beneath", attrs: []attr{
				{name: "Any concrete", typ: world.TypeReference, to: "Abstract", children: true, max: world.Unlimited},
				{name: "Other reference", typ: world.TypeReference, to: "Text", link: "Reference"},
			}},
			{name: "Abroad", attrs: []attr{{name: "Foreign", typ: world.TypeReference, to: "Foreign", schema: foreign}}},
			{name: "server"},
			{name: "Server 2"},
			{name: "SERVER 3"},
			{name: "Forbidden"},
			{name: "Zero"},
			{name: strings.Repeat("N", 250) + " long"},
			{name: "Breaker", attrs: []attr{
				{name: "Text"},
				{name: "Option", def: world.DefaultSelect, options: "A,B"},
				{name: "Mandatory", min: 1},
				{name: "Pattern", regex: `\d+`},
				{name: "Someone", typ: world.TypeUser},
			}},
			{name: "Filler", attrs: []attr{
				{name: "Note", def: world.DefaultTextarea}, {name: "Before", typ: world.TypeReference, to: "Filler"},
			}},
		},
	}
	m.kinds = append(m.kinds, wide())
	return deep(m)
}

// nastyOptions are options of a select. A comma separates them, so none has one.
const nastyOptions = `Say "hi",it's,back\slash,a;b,=1+1,<b>bold</b>,Ünï ©,"Name" = 1,- `

// wide is an object type of many attributes.
func wide() *kind {
	k := &kind{name: "Wide"}
	for i := range nastyWidth - 4 { // a type is born with four
		a := attr{name: fmt.Sprintf("Attribute %03d", i)}
		switch i % 5 {
		case 1:
			a.def = world.DefaultInteger
		case 2:
			a.def = world.DefaultBoolean
		case 3:
			a.def = world.DefaultDate
		case 4:
			a.typ, a.to = world.TypeReference, "Text"
		}
		k.attrs = append(k.attrs, a)
	}
	return k
}

// deep adds a hierarchy of types, the first five of which hand their attributes down.
func deep(m *model) *model {
	parent := ""
	for i := range nastyDepth {
		k := &kind{name: levelName(i), parent: parent, inherited: i < 5}
		if i > 0 {
			k.attrs = []attr{{name: fmt.Sprintf("Above %d", i), typ: world.TypeReference, to: parent}}
		}
		m.kinds = append(m.kinds, k)
		parent = k.name
	}
	return m
}

func levelName(i int) string { return fmt.Sprintf("Level %03d", i+1) }
