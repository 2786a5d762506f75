package restore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/report"
	"stowage/restore"
	"stowage/restore/restoretest"
)

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, json, sentence string }{
		{"an unknown option", `{"newSchema":{"name":"N","key":"KEY"},"icon":true}`, `unknown field "icon"`},
		{"two values", `{"newSchema":{"name":"N","key":"KEY"}}{}`, "more than one JSON value"},
		{"no name", `{"newSchema":{"name":" ","key":"KEY"}}`, "needs a name"},
		{"a forbidden character", `{"newSchema":{"name":"a:b","key":"KEY"}}`, "holds a character Assets refuses"},
		{"a key in small letters", `{"newSchema":{"name":"N","key":"key"}}`, "capital letters"},
		{"a key of one letter", `{"newSchema":{"name":"N","key":"K"}}`, "capital letters"},
		{"an unknown policy", `{"newSchema":{"name":"N","key":"KEY"},"users":"some"}`, `unknown policy "some"`},
		{"an unknown match", `{"newSchema":{"name":"N","key":"KEY"},"matchUsers":"email"}`, `unknown way "email"`},
		{"a type without a name", `{"newSchema":{"name":"N","key":"KEY"},"objectTypes":[""]}`, "without a name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := restore.ParseOptions([]byte(test.json))
			if !errors.Is(err, restore.ErrOptions) || !strings.Contains(err.Error(), test.sentence) {
				t.Errorf("error %v", err)
			}
		})
	}
	o, err := restore.ParseOptions([]byte(`{"newSchema":{"name":"N","key":"KEY"}}`))
	if err != nil || o.Users != restore.UsersAllOrNothing || o.MatchUsers != restore.MatchByName {
		t.Errorf("defaults: %+v, %v", o, err)
	}
}

func TestANameOrKeyInUseIsRefusedInThePlan(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		taken    restore.SchemaSpec
		sentence string
	}{
		{"key", restore.SchemaSpec{Name: "Other", Key: "ITR"}, "the schema key ITR is in use on the target; choose another key"},
		{"name", restore.SchemaSpec{Name: "it restored", Key: "OTHER"}, `the schema name "it restored" is in use on the target; choose another name`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := site()
			if _, err := s.CreateSchema(t.Context(), test.taken); err != nil {
				t.Fatal(err)
			}
			_, err := restore.NewPlan(t.Context(), itsm(), s, options())
			if !errors.Is(err, restore.ErrPlan) || !strings.HasSuffix(err.Error(), test.sentence) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestAPlanIsRefusedWhenTheTargetHasChanged(t *testing.T) {
	t.Parallel()
	b, s, j := itsm(), site(), &restoretest.Journal{}
	p, err := restore.NewPlan(t.Context(), b, s, options())
	if err != nil {
		t.Fatal(err)
	}
	s.People[1].Active = false
	_, err = restore.Apply(t.Context(), p, b, s, j, restore.Settings{})
	if !errors.Is(err, restore.ErrPlan) || !strings.Contains(err.Error(), "plan again") {
		t.Errorf("error %v", err)
	}
	s.People[1].Active = true
	if _, err = restore.Apply(t.Context(), p, b, s, j, restore.Settings{}); err != nil {
		t.Fatal(err)
	}
	other, err := restore.NewPlan(t.Context(), b, s, restore.Options{NewSchema: restore.NewSchema{Name: "Another", Key: "ANO"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = restore.Apply(t.Context(), other, b, s, j, restore.Settings{}); !errors.Is(err, restore.ErrPlan) {
		t.Errorf("a journal takes a second plan: %v", err)
	}
}

func TestChosenTypesComeWithTheirAncestorsAndWithoutReferencesToOthers(t *testing.T) {
	t.Parallel()
	b := itsm()
	b.attr(b.Types[1].ID, assets.Attribute{Name: "Cluster", Kind: assets.KindReference, ReferenceObjectTypeID: b.Types[2].ID})
	o := options()
	o.ObjectTypes = []string{"Host"}
	p, _, result, proof := restored(t, b, site(), o)
	var names []string
	for _, planned := range p.ObjectTypes {
		names = append(names, planned.Name)
		for _, a := range planned.Attributes {
			if (a.Name == "Cluster") != (a.Dropped == report.CauseTypeNotSelected) {
				t.Errorf("attribute %+v", a)
			}
		}
	}
	if diff := cmp.Diff([]string{"Asset", "Host"}, names); diff != "" {
		t.Error(diff)
	}
	if result.Created != 10 || !proof.Proved {
		t.Errorf("%+v, %+v", result, proof)
	}
	o.ObjectTypes = []string{"Nothing"}
	if _, err := restore.NewPlan(t.Context(), b, site(), o); !errors.Is(err, restore.ErrOptions) {
		t.Errorf("an unknown type: %v", err)
	}
}

func TestWhatTheTargetWillRefuseIsPredictedInTheWordsOfTheProduct(t *testing.T) {
	t.Parallel()
	b := newBuild()
	thing := b.typ("Thing", "", false)
	b.attr(thing, assets.Attribute{Name: "Serial", Unique: true})
	b.attr(thing, assets.Attribute{Name: "Count", Default: assets.DefaultInteger})
	b.attr(thing, assets.Attribute{Name: "Link", Kind: assets.KindReference, ReferenceObjectTypeID: thing, MinCardinality: 1})
	first := b.object(thing, "first", map[string][]assets.Value{"Serial": text("S1")})
	long := b.object(thing, "second", map[string][]assets.Value{"Serial": text(strings.Repeat("s", 255))})
	number := b.object(thing, "third", map[string][]assets.Value{"Count": text("many"), "Link": b.refs(first)})
	twice := b.object(thing, "fourth", map[string][]assets.Value{"Serial": text("S1"), "Link": b.refs(first)})
	b.refer(first, "Link", long)
	b.refer(long, "Link", first)
	p, err := restore.NewPlan(t.Context(), b, site(), options())
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, f := range p.Findings {
		if f.Severity == restore.SeverityFailure {
			got[f.Examples[0].Key] = f.Examples[0].Message
		}
	}
	want := map[string]string{
		"ITSM-" + long:   "Serial - Text attribute value must be less than 255 characters long",
		"ITSM-" + number: "Invalid values (many)",
		"ITSM-" + twice:  "The attribute 'Serial' has to be unique",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	lines := &lastLines{}
	j := &restoretest.Journal{}
	s := site()
	result, err := restore.Apply(t.Context(), p, b, s, j, restore.Settings{Log: lines, Workers: 1})
	if err != nil || result.Failed != 3 || p.Objects.Fail != 3 {
		t.Errorf("planned %+v, became %+v, %v", p.Objects, result, err)
	}
	if l := lines.of("ITSM-" + number); l.Result || !strings.HasPrefix(l.Message, "ITSM-"+number+` {"errorMessages":[],"errors":{"attribute-`) ||
		!strings.HasSuffix(l.Message, `":"Invalid values (many)"}}`) {
		t.Errorf("log line %+v", l)
	}
	if l := lines.of("ITSM-" + first); !l.Result || len(l.Warnings) != 1 || l.Warnings[0].Attribute != "Link" {
		t.Errorf("log line %+v", l)
	}
	proof, err := restore.Prove(t.Context(), p, b, s, j, restore.Settings{})
	if err != nil || !proof.Proved {
		t.Errorf("not proved: %+v, %v", proof, err)
	}
}

type lastLines struct{ lines []restore.LogEntry }

func (l *lastLines) Add(e restore.LogEntry) { l.lines = append(l.lines, e) }

func (l *lastLines) of(key string) restore.LogEntry {
	for _, e := range slices.Backward(l.lines) {
		if e.ObjectKey == key {
			return e
		}
	}
	return restore.LogEntry{}
}

func TestUsersAreMatchedByTheirFullNameAndNeverGuessed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(b *build, s *restoretest.Site, o *restore.Options)
		want   []string // accounts of the owner
		cause  report.Cause
	}{
		{"all there", func(*build, *restoretest.Site, *restore.Options) {}, []string{"new-1", "new-2"}, ""},
		{"one missing drops all", func(_ *build, s *restoretest.Site, _ *restore.Options) { s.People = s.People[:1] }, nil, report.CauseUserMissing},
		{"one inactive drops all", func(_ *build, s *restoretest.Site, _ *restore.Options) { s.People[1].Active = false }, nil, report.CauseUserMissing},
		{"one missing, some kept", func(_ *build, s *restoretest.Site, o *restore.Options) {
			s.People, o.Users = s.People[:1], restore.UsersPartial
		}, []string{"new-1"}, report.CauseUserMissing},
		{"one name, two accounts", func(_ *build, s *restoretest.Site, o *restore.Options) {
			s.People = append(s.People, restore.User{AccountID: "old-2", Name: "User 2", Active: true})
			o.Users = restore.UsersPartial
		}, []string{"new-1"}, report.CauseUserAmbiguous},
		{"one name, two accounts told apart", func(_ *build, s *restoretest.Site, o *restore.Options) {
			s.People = append(s.People, restore.User{AccountID: "old-2", Name: "User 2", Active: true})
			o.MatchUsers = restore.MatchByAccount
		}, []string{"new-1", "old-2"}, ""},
		{"not in the group", func(b *build, _ *restoretest.Site, o *restore.Options) {
			for i := range b.Attrs {
				if b.Attrs[i].Name == "Owner" {
					b.Attrs[i].TypeValueMulti = []string{"admins"}
				}
			}
			o.Users = restore.UsersPartial
		}, []string{"new-1"}, report.CauseUserNotInGroup},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b, s, o := itsm(), site(), options()
			test.change(b, s, &o)
			p, _, result, proof := restored(t, b, s, o)
			if !proof.Proved || result.Failed > 0 {
				t.Errorf("%+v, %+v", result, proof)
			}
			var got []string
			for _, object := range s.All(result.SchemaID) {
				if object.Label != "asset 0" {
					continue
				}
				for _, vs := range object.Values {
					for _, v := range vs.Values {
						if v.Kind == assets.ValueUser {
							got = append(got, v.ID)
						}
					}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			predicted := false
			for _, f := range p.Findings {
				predicted = predicted || f.Cause == test.cause && f.Attribute == "Owner"
			}
			if predicted != (test.cause != "") {
				t.Errorf("findings %+v", p.Findings)
			}
		})
	}
}

func TestARestoreOfARestoreKeepsTheFirstIdentityAlsoOfClones(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBuild()
		thing := b.typ("Thing", "", false)
		b.attr(thing, assets.Attribute{Name: assets.AttributeOriginalID})
		b.attr(thing, assets.Attribute{Name: assets.AttributeOriginalKey})
		same := map[string][]assets.Value{assets.AttributeOriginalID: text("7"), assets.AttributeOriginalKey: text("OLD-7")}
		b.object(thing, "the original", same)
		b.object(thing, "a clone", same)
		b.object(thing, "a clone", same)
		late := b.object(thing, "made after the first restore", nil)
		s, j := site(), &restoretest.Journal{}
		p, err := restore.NewPlan(t.Context(), b, s, options())
		if err != nil {
			t.Fatal(err)
		}
		creates := 0
		s.Fault = func(op string) restoretest.Fault {
			if op != "CreateObject" {
				return restoretest.NoFault
			}
			creates++
			return []restoretest.Fault{restoretest.Lose, restoretest.Lose, restoretest.Drop, restoretest.NoFault, restoretest.NoFault}[creates-1]
		}
		result, err := restore.Apply(t.Context(), p, b, s, j, restore.Settings{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		proof, err := restore.Prove(t.Context(), p, b, s, j, restore.Settings{})
		if err != nil || !proof.Proved {
			t.Errorf("not proved: %+v, %v", proof, err)
		}
		got := make(map[string]int)
		for _, o := range s.All(result.SchemaID) {
			got[o.Label+" "+originalID(t, s, &o)]++
		}
		want := map[string]int{"the original 7": 1, "a clone 7": 2, "made after the first restore " + late: 1}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNamesAndLabelsThatNewTypesDoNotHaveAreRestored(t *testing.T) {
	t.Parallel()
	b := newBuild()
	odd := b.typ(`Odd: "name"`, "", false)
	for i := range b.Attrs {
		if b.Attrs[i].TypeID == odd && b.Attrs[i].Name == assets.AttributeName {
			b.Attrs[i].Name = "Hostname"
		}
	}
	b.attr(odd, assets.Attribute{Name: "Port", Default: assets.DefaultInteger})
	id := b.id()
	b.Objects = append(b.Objects, assets.Object{ID: id, Key: "ITSM-" + id, Label: "web", TypeID: odd, Values: []assets.AttributeValues{
		{AttributeID: b.attribute(odd, "Hostname"), Values: text("web")}, {AttributeID: b.attribute(odd, "Port"), Values: text("80")},
	}})
	s := site()
	p, _, result, proof := restored(t, b, s, options())
	if !proof.Proved || result.Created != 1 || p.ObjectTypes[0].Name != "Odd_ _name_" {
		t.Errorf("%+v, %+v, %q", result, proof, p.ObjectTypes[0].Name)
	}
	if all := s.All(result.SchemaID); all[0].Label != "web" {
		t.Errorf("label %q", all[0].Label)
	}
	named := false
	for _, f := range p.Findings {
		named = named || f.Cause == report.CauseNameForbidden
	}
	if !named {
		t.Errorf("the new name is not announced: %+v", p.Findings)
	}
}

func TestAnObjectTheSiteCannotCopeWithDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s, j := itsm(), &poisoned{Site: site(), label: "asset 0"}, &restoretest.Journal{}
		p, err := restore.NewPlan(t.Context(), b, s, options())
		if err != nil {
			t.Fatal(err)
		}
		result, err := restore.Apply(t.Context(), p, b, s, j, restore.Settings{Workers: 4})
		if err != nil || result.Failed != 1 || result.Created != 12 {
			t.Errorf("%+v, %v", result, err)
		}
		proof, err := restore.Prove(t.Context(), p, b, s, j, restore.Settings{})
		if err != nil || !proof.Proved {
			t.Errorf("not proved: %+v, %v", proof, err)
		}
	})
}
