package gen

import (
	"fmt"
	"math"
	"strings"
	"time"

	"stowage/atlassian/sim/world"
)

// fillNasty makes the main schema with an object for everything odd, a schema it
// refers to, one with object types alone, and one without anything.
func fillNasty(w *world.World, p Profile, objects int, seed uint64) (Report, error) {
	key, name := "NASTY", "Nasty 🦄 \u202eנבל"
	if p.SchemaKey != "" {
		key = p.SchemaKey
	}
	if p.SchemaName != "" {
		name = p.SchemaName
	}
	report := Report{Key: key}
	foreign, bare := nastyForeign(key, name), nastyBare(key, name)
	main := nastyMain(key, name, foreign)
	fb, err := build(w, foreign, &Report{})
	if err != nil {
		return Report{}, err
	}
	if _, err := w.UpdateSchemaConfig(fb.schema, world.SchemaConfigPatch{AllowOtherObjectSchema: new(true)}); err != nil {
		return Report{}, err
	}
	bb, err := build(w, bare, &Report{})
	if err != nil {
		return Report{}, err
	}
	b, err := build(w, main, &report)
	if err != nil {
		return Report{}, err
	}
	empty, err := w.CreateSchema(world.SchemaInput{Key: key + "E", Name: name + " empty"})
	if err != nil {
		return Report{}, err
	}
	report.Schema, report.Schemas = b.schema, []world.ID{b.schema, fb.schema, bb.schema, empty.ID}
	// The name of one type need not be there.
	nameless := main.kind("Nameless")
	if _, err := w.UpdateAttribute(nameless.id, nameless.nameID, world.AttributeInput{Min: new(0)}); err != nil {
		return Report{}, err
	}

	n := &nasties{w: w, b: b, report: &report, cast: newCast(w), epoch: epoch(w), site: w.Options().Name, seed: seed, foreign: foreign}
	if err := n.resolve(); err != nil {
		return Report{}, err
	}
	if err := w.Load(func(l *world.Loader) error { return n.load(l, bb.schema, objects) }); err != nil {
		return Report{}, err
	}
	return report, n.hang()
}

// nasties puts the special objects into the world.
type nasties struct {
	w       *world.World
	l       *world.Loader
	b       *builder
	foreign *model
	report  *Report
	cast    cast
	epoch   time.Time
	site    string
	seed    uint64
	// attrs are the attributes of each kind by name.
	attrs map[string]map[string]world.ID
	text  world.ID // an object of type Text
	err   error    // the first one; what follows it is not done
}

func (n *nasties) resolve() error {
	n.attrs = map[string]map[string]world.ID{}
	for _, m := range []*model{n.b.model, n.foreign} {
		for _, k := range m.kinds {
			list, err := n.w.Attributes(k.id)
			if err != nil {
				return err
			}
			n.attrs[k.name] = map[string]world.ID{}
			for _, a := range list {
				n.attrs[k.name][a.Name] = a.ID
			}
		}
	}
	return nil
}

// val is the values of an attribute by its name.
type val struct {
	name   string
	values []world.Value
}

func v(name string, values ...world.Value) val { return val{name, values} }

func texts(list ...string) []world.Value {
	out := make([]world.Value, len(list))
	for i, s := range list {
		out[i] = world.Text(s)
	}
	return out
}

// next is the id of the n-th object from now on.
func (n *nasties) next(after int) world.ID { return n.l.NextID() + world.ID(after) }

// add adds an object. An empty name leaves the name away.
func (n *nasties) add(kindName, name string, vals ...val) world.ID {
	k := n.b.model.kind(kindName)
	if k == nil {
		k = n.foreign.kind(kindName)
	} else {
		n.report.Objects++
	}
	o := world.LoadObject{TypeID: k.id, Creator: n.cast.users[0], Created: n.epoch.Add(time.Duration(n.l.NextID()) * time.Minute)}
	if name != "" {
		vals = append([]val{v("Name", world.Text(name))}, vals...)
	}
	for _, x := range vals {
		id, ok := n.attrs[k.name][x.name]
		if !ok && n.err == nil {
			n.err = fmt.Errorf("object type %s has no attribute %s", k.name, x.name)
		}
		for _, one := range x.values {
			if one.Kind == world.KindRef {
				n.report.References++
			}
		}
		o.Values = append(o.Values, world.LoadValues{Attribute: id, Values: x.values})
	}
	if n.err != nil {
		return 0
	}
	id, err := n.l.Add(o)
	if err != nil {
		n.err = fmt.Errorf("%s %q: %w", kindName, name, err)
	}
	return id
}

func (n *nasties) load(l *world.Loader, bare world.ID, objects int) error {
	n.l = l
	n.texts()
	n.values()
	n.choices()
	n.rings()
	n.mandatory()
	n.people()
	n.labels()
	n.references()
	n.types(bare)
	n.breakers()
	n.fillers(objects - n.report.Objects)
	for _, s := range n.report.Schemas {
		l.Backdate(s, n.epoch)
	}
	return n.err
}

func (n *nasties) texts() {
	for _, s := range Oddities() {
		n.text = n.add("Text", s, v("Value", world.Text(s)), v("Long", world.Text(s+"\n"+s)), v("Ключ 🔑", world.Text("k")))
	}
	n.add("Text", "Huge", v("Long", world.Text(hugeText())))
	n.add("Text", "Many", v("Many", texts("a", "A", " a ", "a", "b", "a")...))
	n.add("Text", "Very many", v("Many", texts(strings.Fields(strings.Repeat("so many values ", 200))...)...))
	n.add("Text", "Only a name")
	n.add("Text", "Twin label")
	n.add("Text", "Twin label")
	n.add("Text", "Markup", v("Long", world.Text(`<p>Rich <strong>text</strong><br/>&nbsp;<img src="x" onerror="alert(1)"></p>`)))
}

func (n *nasties) values() {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 23, 59, 59, 999e6, time.UTC) }
	n.add("Value", "Extremes", v("Integer", world.Int(math.MaxInt64)), v("Double", world.Double(math.MaxFloat64)),
		v("Boolean", world.Bool(false)), v("Date", world.Date(day(9999, 12, 31))), v("DateTime", world.DateTime(day(9999, 12, 31))),
		v("Time", world.Text("23:59")), v("URL", world.Text("https://例え.example/ü?q=a%20b&c=ü#§")),
		v("Email", texts("a@b.example", "first.last+tag@sub.example", "ü@example.example")...), v("IP", world.Text("255.255.255.255")))
	n.add("Value", "Other extremes", v("Integer", world.Int(math.MinInt64)), v("Double", world.Double(math.SmallestNonzeroFloat64)),
		v("Boolean", world.Bool(true)), v("Date", world.Date(day(1, 1, 1))), v("DateTime", world.DateTime(day(1969, 12, 31))),
		v("Time", world.Text("00:00")), v("URL", world.Text("mailto:someone@example.example")), v("IP", world.Text("::1")))
	n.add("Value", "Small", v("Integer", world.Int(0)), v("Double", world.Double(0.1)), v("Date", world.Date(day(2024, 2, 29))),
		v("Integers", world.Int(3), world.Int(1), world.Int(2), world.Int(3)), v("Page", world.Text("123456")))
	n.add("Value", "Large", v("Integer", world.Int(1<<53+1)), v("Double", world.Double(-1234567.875)))
	jira := []val{v("Status", world.StatusValue(n.b.status[0])), v("Allowed status", world.StatusValue(n.b.status[len(n.b.status)-1]))}
	if len(n.cast.projects) > 0 {
		jira = append(jira, v("Project", world.ProjectValue(n.cast.projects[0])))
	}
	if len(n.cast.versions) > 1 {
		jira = append(jira, v("Version", world.VersionValue(n.cast.versions[1]), world.VersionValue(n.cast.versions[0])))
	}
	n.add("Value", "Of Jira", jira...)
	// The schema's own status is called as a global one is.
	n.add("Value", "Own status", v("Status", world.StatusValue(n.b.status[len(n.b.status)-2])))
}

func (n *nasties) choices() {
	var all []world.Value
	for o := range strings.SplitSeq(nastyOptions, ",") {
		all = append(all, world.Select(strings.TrimSpace(o)))
		n.add("Choice", "Choice "+o, v("One", all[len(all)-1]))
	}
	n.add("Choice", "All choices", v("Some", all...))
}

// rings makes cycles of two, three and fifty, and objects that refer to themselves.
func (n *nasties) rings() {
	for _, size := range []int{2, 3, 50} {
		for i := range size {
			n.add("Ring", fmt.Sprintf("Ring %d of %d", i+1, size), v("Next", world.Ref(n.next((i+1)%size-i))))
		}
		n.report.InCycles += size
	}
	n.add("Ring", "Self", v("Next", world.Ref(n.next(0))))
	n.add("Ring", "Self and more", v("Any", world.Ref(n.next(-1)), world.Ref(n.next(0)), world.Ref(n.next(1))))
	n.add("Ring", "Looks back", v("Any", world.Ref(n.next(-1))), v("Next", world.Ref(n.next(-2))))
	n.report.InCycles += 3
}

// mandatory makes cycles of references that must not be empty at any time.
func (n *nasties) mandatory() {
	for i := range 3 {
		n.add("Hen", fmt.Sprintf("Hen %d", i), v("Egg", world.Ref(n.next(1))))
		n.add("Egg", fmt.Sprintf("Egg %d", i), v("Hen", world.Ref(n.next(-1))))
	}
	n.add("Ouroboros", "Itself", v("Self", world.Ref(n.next(0))))
	for i := range 3 {
		n.add("Ouroboros", fmt.Sprintf("Tail %d", i), v("Self", world.Ref(n.next((i+1)%3-i))))
	}
	n.report.InCycles += 10
}

func (n *nasties) people() {
	twins := []world.Value{world.UserValue(AccountID(n.site, TwinName+"1")), world.UserValue(AccountID(n.site, TwinName+"2"))}
	inactive, deleted := world.UserValue(AccountID(n.site, InactiveName)), world.UserValue(AccountID(n.site, DeletedName))
	n.add("People", "One twin", v("User", twins[0]))
	n.add("People", "The other twin", v("User", twins[1]))
	n.add("People", "Both twins", v("Users", twins...))
	n.breaker("People", "Inactive", v("User", inactive))
	n.breaker("People", "Deleted", v("User", deleted))
	n.breaker("People", "Everybody", v("Users", deleted, inactive, twins[0], world.UserValue(n.cast.users[0]), world.UserValue(n.cast.rareUsers[0])))
	n.add("People", "Member", v("Member", world.UserValue(n.cast.users[1])))
	n.add("People", "Groups", v("Group", world.GroupValue(n.cast.groups[8])), v("Groups", world.GroupValue(n.cast.groups[0]), world.GroupValue(n.cast.rareGroups[0])))
}

func (n *nasties) labels() {
	n.add("Labelled otherwise", "Has both", v("Title", world.Text("The title")))
	n.add("Labelled otherwise", "Has no title")
	n.add("Nameless", "")
	n.add("Nameless", "With a name all the same")
	for i := range 3 {
		n.add("Unique", "Same name", v("Code", world.Text(fmt.Sprintf("code-%d", i))), v("Number", world.Int(int64(i))))
	}
	n.add("Unique", "Same name", v("Code", world.Text("CODE-x")))
	n.add("Unique", "Same name", v("Code", world.Text(" code-y ")))
}

func (n *nasties) references() {
	filter := n.add("Text", "Filter: chosen by a query")
	n.add("Filtered", "Filtered", v("Chosen", world.Ref(filter)), v("Pattern", world.Text("AB-12")))
	one := n.add("Concrete one", "One", v("Inherited", world.Text("i")), v("Own", world.Text("o")))
	two := n.add("Concrete two", "Two", v("Inherited", world.Text("i")))
	n.add("Beneath", "Beneath", v("Any concrete", world.Ref(two), world.Ref(one)), v("Other reference", world.Ref(n.text)))
	foreign := n.add("Foreign", "Abroad", v("Note", world.Text("In another schema")))
	n.add("Abroad", "Refers abroad", v("Foreign", world.Ref(foreign)))
	for i := range nastyDepth {
		if i == 0 {
			n.add(levelName(i), "Level 1")
			continue
		}
		n.add(levelName(i), fmt.Sprintf("Level %d", i+1), v(fmt.Sprintf("Above %d", i), world.Ref(n.next(-1))))
	}
	n.wide()
}

func (n *nasties) wide() {
	var all []val
	for i, a := range n.b.model.kind("Wide").attrs {
		x := world.Text(fmt.Sprintf("Text %d", i))
		switch i % 5 {
		case 1:
			x = world.Int(int64(i))
		case 2:
			x = world.Bool(i%2 == 0)
		case 3:
			x = world.Date(n.epoch.AddDate(0, 0, i))
		case 4:
			x = world.Ref(n.text)
		}
		all = append(all, v(a.name, x))
	}
	n.add("Wide", "All attributes", all...)
	n.add("Wide", "No attributes")
}

// types gives object types the names that the service would refuse.
func (n *nasties) types(bare world.ID) {
	n.add("server", "Lower case")
	n.add("Server 2", "Capital")
	n.add("SERVER 3", "Upper case")
	n.add("Forbidden", "In a type that must not be called so")
	n.l.NameType(n.b.model.kind("Server 2").id, "Server")
	n.l.NameType(n.b.model.kind("SERVER 3").id, "SERVER")
	n.l.NameType(n.b.model.kind("Forbidden").id, ForbiddenName)
	n.l.NameSchema(bare, `Bare: "no = objects"; really?`+n.b.model.key)
}

// breaker adds an object that could not be made through the service: it came to be
// before a rule did, or before somebody left.
func (n *nasties) breaker(kindName, name string, vals ...val) {
	n.report.RuleBreakers = append(n.report.RuleBreakers, n.add(kindName, name, vals...))
}

func (n *nasties) breakers() {
	ok := v("Mandatory", world.Text("given"))
	n.breaker("Breaker", "Too long", ok, v("Text", world.Text(strings.Repeat("t", 300))))
	n.breaker("Breaker", "No such option", ok, v("Option", world.Select("Comma, Inc")))
	n.breaker("Breaker", "Too many", ok, v("Option", world.Select("A"), world.Select("B")))
	n.breaker("Breaker", "Misses what is mandatory")
	n.breaker("Breaker", "Does not match", ok, v("Pattern", world.Text("letters")))
	n.breaker("Breaker", "Nobody", ok, v("Someone", world.UserValue(AccountID(n.site, "somebody who never was"))))
	n.breaker("Breaker", "", ok)
	// Each of the two breaks the rule for the other.
	n.breaker("Unique", "Taken twice", v("Code", world.Text("taken")))
	n.breaker("Unique", "Taken twice", v("Code", world.Text("taken")))
}

// fillers make up the number of objects.
func (n *nasties) fillers(count int) {
	odd := Oddities()
	for i := range count {
		s := odd[(uint64(i)+n.seed)%uint64(len(odd))]
		vals := []val{v("Note", world.Text(fmt.Sprintf("%d %s", i, s)))}
		if i > 0 {
			vals = append(vals, v("Before", world.Ref(n.next(-1-i%7*min(1, i/7)))))
		}
		n.add("Filler", fmt.Sprintf("Filler %d", i), vals...)
	}
}

// hang puts odd comments, files and history on an object.
func (n *nasties) hang() error {
	id := n.text
	for i, s := range Oddities() {
		if strings.TrimSpace(s) == "" {
			continue
		}
		_, err := n.w.CreateComment(world.Comment{ObjectID: id, Author: n.cast.users[i%len(n.cast.users)], Text: s, Role: i % 3, Created: n.epoch.Add(time.Duration(i) * time.Hour)})
		if err != nil {
			return fmt.Errorf("comment: %w", err)
		}
		n.report.Comments++
	}
	for _, f := range []struct{ name, content string }{
		{"../../etc/passwd", "not really"},
		{"empty.bin", ""},
		{"naïve 文件 🗂.txt", "ü"},
		{"con.txt", "c"},
		{"con.txt", "another of the same name"},
		{"big.bin", strings.Repeat("0123456789abcdef", 1<<16)},
		{`a"b<c>.html`, "<script>alert(1)</script>"},
		{strings.Repeat("n", 240) + ".txt", "long name"},
	} {
		in := world.Attachment{ObjectID: id, Author: n.cast.users[0], Filename: f.name, ContentType: "application/octet-stream", Created: n.epoch.Add(time.Hour)}
		if _, err := n.w.CreateAttachment(in, []byte(f.content)); err != nil {
			return fmt.Errorf("attachment: %w", err)
		}
		n.report.Attachments++
	}
	avatar := n.w.PutMedia("ävatar.png", "image/png", tile("nasty", 72)).UUID
	n.report.Avatars++
	err := n.w.Load(func(l *world.Loader) error {
		l.Avatar(id, avatar)
		value := n.attrs["Text"]["Value"]
		for i, s := range Oddities() {
			l.Change(id, value, AccountID(n.site, DeletedName), n.epoch.Add(time.Duration(i)*time.Hour), texts(s), texts(Oddities()[(i+1)%len(Oddities())]))
			n.report.Changes++
		}
		return nil
	})
	if err != nil || n.cast.field == "" {
		return err
	}
	_, err = n.w.PutIssue(world.Issue{
		ProjectID: n.cast.projects[0], Summary: Oddities()[2], Type: "Task", Status: "To Do", Priority: "Medium", Reporter: AccountID(n.site, DeletedName),
		Created: n.epoch, Objects: map[string][]world.ID{n.cast.field: {id, id - 1}},
	})
	n.report.Issues++
	return err
}
