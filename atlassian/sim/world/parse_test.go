package world

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// valueCase is what becomes of one written value.
type valueCase struct {
	name    string
	attr    AttributeInput
	in      string
	want    string // as it reads afterwards
	message string // or why it is refused
}

// checkValueCases writes each value into an object of its own type.
func checkValueCases(t *testing.T, w *World, schema ID, cases []valueCase) {
	t.Helper()
	for i, c := range cases {
		typ := newType(t, w, TypeInput{SchemaID: schema, Name: "T" + ID(i).String()})
		a := newAttr(t, w, typ.ID, c.attr)
		o := newObject(t, w, typ.ID, "n")
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := w.UpdateObject("a", o.ID, ObjectInput{Attributes: []AttributeValues{{a.ID, []string{c.in}}}})
			if c.message != "" {
				mustRefuseField(t, err, AttributeField(a.ID), c.message)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{c.want}, values(got, a.ID)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlainValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	text := func(d DefaultType) AttributeInput { return plainAttr("A", d) }
	options := text(DefaultSelect)
	options.Options = new("Red, Green,Blue")
	pattern := text(DefaultText)
	pattern.Regex = new("[A-Z]+-[0-9]+")
	mail := text(DefaultEmail)
	mail.Regex = new(`.*@example\.com`)
	const tooLong = "A - Text attribute value must be less than 255 characters long"
	checkValueCases(t, w, s.ID, []valueCase{
		{"text", text(DefaultText), " a b ", " a b ", ""},
		{"text of 254 characters", text(DefaultText), strings.Repeat("é", 254), strings.Repeat("é", 254), ""},
		{"text of 255 characters", text(DefaultText), strings.Repeat("é", 255), "", tooLong},
		{"text of 1000 characters", text(DefaultText), strings.Repeat("x", 1000), "", tooLong},
		{"text that is not valid", text(DefaultText), "a\xff", "", "Invalid values (a?)"},
		{"text that matches", pattern, "AB-12", "AB-12", ""},
		{"text that matches in part", pattern, "xAB-12", "", "The value provided is invalid: xAB-12 does not match the regular expression"},
		{"text area of 10,000 characters", text(DefaultTextarea), strings.Repeat("x", 10000), strings.Repeat("x", 10000), ""},
		{"integer", text(DefaultInteger), "-42", "-42", ""},
		{"integer with a fraction", text(DefaultInteger), "1.5", "", "Invalid values (1.5)"},
		{"integer that is none", text(DefaultInteger), "abc", "", "Invalid values (abc)"},
		{"integer that is too large", text(DefaultInteger), "99999999999999999999", "", "Invalid values (99999999999999999999)"},
		{"double", text(DefaultDouble), "1.25", "1.25", ""},
		{"double without a fraction", text(DefaultDouble), "3", "3.0", ""},
		{"double that is none", text(DefaultDouble), "1,25", "", "Invalid values (1,25)"},
		{"double that is infinite", text(DefaultDouble), "Inf", "", "Invalid values (Inf)"},
		{"boolean", text(DefaultBoolean), "TRUE", "true", ""},
		{"boolean false", text(DefaultBoolean), "false", "false", ""},
		{"boolean that is none", text(DefaultBoolean), "yes", "", "Invalid values (yes)"},
		{"date", text(DefaultDate), "2021-02-16", "2021-02-16", ""},
		{"date before 1970", text(DefaultDate), "1912-06-23", "1912-06-23", ""},
		{"date with a time", text(DefaultDate), "2021-02-16T20:04:41.527Z", "2021-02-16", ""},
		{"date that does not exist", text(DefaultDate), "2021-02-30", "", "Invalid values (2021-02-30)"},
		{"date in another form", text(DefaultDate), "16.02.2021", "", "Invalid values (16.02.2021)"},
		{"date and time", text(DefaultDateTime), "2021-02-16T20:04:41.527Z", "2021-02-16T20:04:41.527Z", ""},
		{"date and time elsewhere", text(DefaultDateTime), "2021-02-16T20:04:41+0200", "2021-02-16T18:04:41.000Z", ""},
		{"date and time that is none", text(DefaultDateTime), "now", "", "Invalid values (now)"},
		{"time", text(DefaultTime), "20:04", "20:04", ""},
		{"time that does not exist", text(DefaultTime), "25:00", "", "Invalid values (25:00)"},
		{"url", text(DefaultURL), "https://example.com/a?b=c", "https://example.com/a?b=c", ""},
		{"url without a scheme", text(DefaultURL), "example.com", "", "Invalid values (example.com)"},
		{"url that is none", text(DefaultURL), "http://", "", "Invalid values (http://)"},
		{"email", text(DefaultEmail), "a@example.com", "a@example.com", ""},
		{"email that is none", text(DefaultEmail), "a@", "", "Invalid values (a@)"},
		{"email with a name", text(DefaultEmail), "A <a@example.com>", "", "Invalid values (A <a@example.com>)"},
		{"email that does not match", mail, "a@example.org", "", "The value provided is invalid: a@example.org does not match the regular expression"},
		{"option", options, "Green", "Green", ""},
		{"option that is none", options, "Yellow", "", "Invalid values (Yellow)"},
		{"option in another case", options, "green", "", "Invalid values (green)"},
		{"ip address", text(DefaultIP), "10.0.0.1", "10.0.0.1", ""},
		{"ip address of version 6", text(DefaultIP), "fe80::1", "fe80::1", ""},
		{"ip address that is none", text(DefaultIP), "10.0.0.256", "", "Invalid values (10.0.0.256)"},
		{"confluence page", typedAttr("A", TypeConfluence), "123", "123", ""},
	})
}

func TestValuesThatReferToSomething(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.PutUser(User{AccountID: "u-ok", DisplayName: "Ann", Active: true})
	w.PutUser(User{AccountID: "u-out", DisplayName: "Bob", Active: true})
	w.PutUser(User{AccountID: "u-inactive", DisplayName: "Cy"})
	w.PutUser(User{AccountID: "u-deleted", Active: true, Deleted: true})
	w.PutGroup(Group{ID: "g-1", Name: "staff", Members: []string{"u-ok"}})
	p := w.PutProject(Project{Key: "OPS", Name: "Operations"})
	p2 := w.PutProject(Project{Key: "DEV", Name: "Development"})
	v := w.PutVersion(Version{ProjectID: p.ID, Name: "1.0"})
	s := newSchema(t, w, "Assets", "ITSM")
	own := must(w.CreateStatusType(StatusInput{SchemaID: s.ID, Name: "Parked"}))(t)
	foreign := must(w.CreateStatusType(StatusInput{SchemaID: newSchema(t, w, "Other", "OTH").ID, Name: "Theirs"}))(t)
	running := must(w.StatusTypes(0))(t)[4].ID
	limited := func(typ AttributeType, to ...string) AttributeInput {
		in := typedAttr("A", typ)
		in.TypeValueMulti = &to
		return in
	}
	checkValueCases(t, w, s.ID, []valueCase{
		{"user", typedAttr("A", TypeUser), "u-ok", "u-ok", ""},
		{"user who does not exist", typedAttr("A", TypeUser), "u-99", "", "User(s) u-99 not found in jira"},
		{"user who was deleted", typedAttr("A", TypeUser), "u-deleted", "", "User(s) u-deleted not found in jira"},
		{"user who is inactive", typedAttr("A", TypeUser), "u-inactive", "", "User(s) u-inactive not found in jira or inactive"},
		{"user by display name", typedAttr("A", TypeUser), "Ann", "", "User(s) Ann not found in jira"},
		{"user of the group", limited(TypeUser, "staff"), "u-ok", "u-ok", ""},
		{"user outside of the group", limited(TypeUser, "staff"), "u-out", "", "User(s) u-out invalid due to restrictions: not a member of the groups of the attribute"},
		{"group", typedAttr("A", TypeGroup), "staff", "staff", ""},
		{"group by id", typedAttr("A", TypeGroup), "g-1", "staff", ""},
		{"group that does not exist", typedAttr("A", TypeGroup), "nobody", "", "Invalid Group(s)"},
		{"status by id", typedAttr("A", TypeStatus), running.String(), running.String(), ""},
		{"status by name", typedAttr("A", TypeStatus), "running", running.String(), ""},
		{"status of the schema", typedAttr("A", TypeStatus), "Parked", own.ID.String(), ""},
		{"status of another schema", typedAttr("A", TypeStatus), foreign.ID.String(), "", "The value provided is invalid: there is no status " + foreign.ID.String()},
		{"status that does not exist", typedAttr("A", TypeStatus), "Nope", "", "The value provided is invalid: there is no status Nope"},
		{"status that is allowed", limited(TypeStatus, "Running"), "Running", running.String(), ""},
		{"status that is not allowed", limited(TypeStatus, "Running"), "Stopped", "", "The status Stopped is invalid due to restrictions on the attribute"},
		{"project by key", typedAttr("A", TypeProject), "OPS", p.ID.String(), ""},
		{"project by id", typedAttr("A", TypeProject), p.ID.String(), p.ID.String(), ""},
		{"project that does not exist", typedAttr("A", TypeProject), "NOPE", "", "Project NOPE not found in jira"},
		{"project that is not allowed", limited(TypeProject, p2.ID.String()), "OPS", "", "The project OPS is invalid due to restrictions on the attribute"},
		{"version", typedAttr("A", TypeVersion), v.ID.String(), v.ID.String(), ""},
		{"version that does not exist", typedAttr("A", TypeVersion), "1.0", "", "Version 1.0 not found in jira"},
		{"version of a project that is not allowed", limited(TypeVersion, p2.ID.String()), v.ID.String(), "", "The version " + v.ID.String() + " is invalid due to restrictions on the attribute"},
	})
}

func TestReferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSchema(t, w, "Assets", "ITSM")
	host := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host"})
	vm := newType(t, w, TypeInput{SchemaID: s.ID, ParentID: host.ID, Name: "VM"})
	app := newType(t, w, TypeInput{SchemaID: s.ID, Name: "App"})
	h, v, a := newObject(t, w, host.ID, "h"), newObject(t, w, vm.ID, "v"), newObject(t, w, app.ID, "a")
	strict := refAttr(t, w, "A", host.ID)
	family := refAttr(t, w, "A", host.ID)
	family.IncludeChildren = new(true)
	filtered := refAttr(t, w, "A", host.ID)
	filtered.Query = new("Name = x")
	w.SetReferenceFilter(func(view *View, query string, object ID) bool {
		o, ok := view.Object(object)
		return ok && query == "Name = "+o.Label()
	})
	checkValueCases(t, w, s.ID, []valueCase{
		{"by key", strict, h.Key, h.ID.String(), ""},
		{"by key in another case", strict, strings.ToLower(h.Key), h.ID.String(), ""},
		{"by id", strict, h.ID.String(), h.ID.String(), ""},
		{"to nothing", strict, "999", "", "Invalid values (999): the referenced object does not exist"},
		{"to no key", strict, "ITSM-999", "", "Invalid values (ITSM-999): the referenced object does not exist"},
		{"by the key of another schema", strict, "SVC-" + h.ID.String(), "", "Invalid values (SVC-" + h.ID.String() + "): the referenced object does not exist"},
		{"to another type", strict, a.Key, "", "The value provided is invalid: " + a.Key + " is not an object of the referenced object type"},
		{"to a child type", strict, v.Key, "", "The value provided is invalid: " + v.Key + " is not an object of the referenced object type"},
		{"to a child type that is included", family, v.Key, v.ID.String(), ""},
		{"to what the filter excludes", filtered, h.Key, "", "The value " + h.Key + " is invalid due to restrictions on the attribute"},
	})
}
