package world

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everyKind makes a type with an attribute for every kind of value and returns one
// value list for each.
func everyKind(tb testing.TB, w *World) (typ ID, in []LoadValues) {
	tb.Helper()
	s, err := w.CreateSchema(SchemaInput{Name: "Kinds", Key: "KND"})
	if err != nil {
		tb.Fatal(err)
	}
	ot, err := w.CreateType(TypeInput{SchemaID: s.ID, Name: "Kinds", IconID: w.Icons(0)[0].ID})
	if err != nil {
		tb.Fatal(err)
	}
	w.PutUser(User{AccountID: "u1", Active: true})
	w.PutGroup(Group{Name: "staff"})
	p := w.PutProject(Project{Key: "OPS"})
	v := w.PutVersion(Version{ProjectID: p.ID, Name: "1"})
	st, err := w.StatusTypes(0)
	if err != nil {
		tb.Fatal(err)
	}
	kinds, err := w.ReferenceTypes(0, false)
	if err != nil {
		tb.Fatal(err)
	}
	sel := plainAttr("Select", DefaultSelect)
	sel.Options = new("a,b")
	ref := typedAttr("Ref", TypeReference)
	ref.TypeValue, ref.AdditionalValue, ref.Max = new(ot.ID.String()), new(kinds[0].ID.String()), new(Unlimited)
	moment := time.Date(1999, 12, 31, 23, 59, 59, 123e6, time.UTC)
	for _, x := range []struct {
		in   AttributeInput
		vals []Value
	}{
		{plainAttr("Text", DefaultText), []Value{Text("ä\x00b"), Text("")}},
		{plainAttr("Area", DefaultTextarea), []Value{Text(string(make([]byte, 300)))}},
		{sel, []Value{Select("b"), Select("a")}},
		{plainAttr("Int", DefaultInteger), []Value{Int(math.MinInt64), Int(math.MaxInt64), Int(0), Int(-1)}},
		{plainAttr("Double", DefaultDouble), []Value{Double(-1.5), Double(math.MaxFloat64)}},
		{plainAttr("Bool", DefaultBoolean), []Value{Bool(true), Bool(false)}},
		{plainAttr("Date", DefaultDate), []Value{Date(moment), Date(time.Date(1901, 1, 2, 3, 0, 0, 0, time.UTC))}},
		{plainAttr("DateTime", DefaultDateTime), []Value{DateTime(moment)}},
		{ref, []Value{Ref(1), Ref(2)}},
		{typedAttr("User", TypeUser), []Value{UserValue("u1")}},
		{typedAttr("Group", TypeGroup), []Value{GroupValue("staff")}},
		{typedAttr("Status", TypeStatus), []Value{StatusValue(st[2].ID)}},
		{typedAttr("Project", TypeProject), []Value{ProjectValue(p.ID)}},
		{typedAttr("Version", TypeVersion), []Value{VersionValue(v.ID)}},
	} {
		x.in.Max = new(Unlimited)
		a, err := w.CreateAttribute(ot.ID, x.in)
		if err != nil {
			tb.Fatal(err)
		}
		in = append(in, LoadValues{Attribute: a.ID, Values: x.vals})
	}
	return ot.ID, in
}

func TestLoadedObjectsReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typ, in := everyKind(t, w)
	created := time.Date(2020, 5, 6, 7, 8, 9, 10e6, time.UTC)
	var ids []ID
	err := w.Load(func(l *Loader) error {
		first := l.NextID()
		for range 2 { // each refers to both
			id, err := l.Add(LoadObject{TypeID: typ, Creator: "u1", Created: created, Updated: created.Add(time.Hour), Values: in})
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if ids[0] != first || first != 1 {
			t.Errorf("the first id is %d, announced as %d", ids[0], first)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	o := must(w.Object(ids[1]))(t)
	if !o.Created.Equal(created) || !o.Updated.Equal(created.Add(time.Hour)) {
		t.Errorf("times are %v and %v", o.Created, o.Updated)
	}
	byAttr := map[ID][]Value{}
	for _, a := range o.Attributes {
		byAttr[a.Attribute] = a.Values
	}
	for _, want := range in {
		if diff := cmp.Diff(want.Values, byAttr[want.Attribute], cmp.AllowUnexported(Value{})); diff != "" {
			t.Errorf("attribute %d (-want +got):\n%s", want.Attribute, diff)
		}
		w.View(func(v *View) {
			obj, _ := v.Object(ids[1])
			var got []Value
			for val := range obj.Values(want.Attribute) {
				got = append(got, val)
			}
			if diff := cmp.Diff(want.Values, got, cmp.AllowUnexported(Value{})); diff != "" {
				t.Errorf("attribute %d by itself (-want +got):\n%s", want.Attribute, diff)
			}
		})
	}
	h := must(w.History(ids[0], true))(t)
	if len(h) != 1 || h[0].Actor != "u1" || !h[0].Created.Equal(created) {
		t.Errorf("history is %+v", h)
	}
	w.View(func(v *View) {
		if diff := cmp.Diff(ids, v.Inbound(ids[0])); diff != "" {
			t.Errorf("inbound (-want +got):\n%s", diff)
		}
	})
}

func TestLoadRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		make func(typ ID, in []LoadValues) LoadObject
		want string
	}{
		{"an unknown type", func(ID, []LoadValues) LoadObject { return LoadObject{TypeID: 99} }, "load: there is no object type 99"},
		{"an unknown attribute", func(typ ID, _ []LoadValues) LoadObject {
			return LoadObject{TypeID: typ, Values: []LoadValues{{Attribute: 999}}}
		}, "load: attribute 999 cannot be set in object type 2"},
		{"a value of another kind", func(typ ID, in []LoadValues) LoadObject {
			return LoadObject{TypeID: typ, Values: []LoadValues{{Attribute: in[0].Attribute, Values: []Value{Int(1)}}}}
		}, "load: attribute 12 cannot have a value of kind 3"},
		{"a reference to what is never loaded", func(typ ID, in []LoadValues) LoadObject {
			return LoadObject{TypeID: typ, Values: []LoadValues{{Attribute: in[8].Attribute, Values: []Value{Ref(77)}}}}
		}, "load: object 77 is referred to but was not loaded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			typ, in := everyKind(t, w)
			err := w.Load(func(l *Loader) error {
				_, err := l.Add(c.make(typ, in))
				return err
			})
			if err == nil || err.Error() != c.want {
				t.Errorf("error is %v, want %s", err, c.want)
			}
		})
	}
}

// BenchmarkLoad tells how long loading takes and how much memory an object with 12
// attributes and 2 references needs: go test -bench Load -benchtime 1000000x.
func BenchmarkLoad(b *testing.B) {
	w := New(Options{WorkspaceID: "w", Name: "n"})
	typ, all := everyKind(b, w)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	err := w.Load(func(l *Loader) error {
		for i := range b.N {
			ref := ID(max(1, i/2))
			vals := []LoadValues{
				{all[0].Attribute, []Value{Text(fmt.Sprintf("server-%07d", i))}},
				{all[1].Attribute, []Value{Text("Rack 12, installed by the night shift; see the run book for restart steps.")}},
				{all[2].Attribute, []Value{Select("a")}},
				{all[3].Attribute, []Value{Int(int64(i))}},
				{all[4].Attribute, []Value{Double(float64(i) / 3)}},
				{all[5].Attribute, []Value{Bool(true)}},
				{all[6].Attribute, []Value{Date(time.Unix(int64(i)*60, 0))}},
				{all[7].Attribute, []Value{DateTime(time.Unix(int64(i)*60, 0))}},
				{all[8].Attribute, []Value{Ref(ref), Ref(ID(max(1, i/3)))}},
				{all[9].Attribute, []Value{UserValue("u1")}},
				{all[10].Attribute, []Value{GroupValue("staff")}},
				{all[11].Attribute, all[11].Values},
			}
			if _, err := l.Add(LoadObject{TypeID: typ, Creator: "u1", Values: vals}); err != nil {
				return err
			}
		}
		return nil
	})
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N), "heap-B/object")
	runtime.KeepAlive(w)
}

// BenchmarkCreateObject tells how long a checked creation takes with a unique
// attribute and a reference.
func BenchmarkCreateObject(b *testing.B) {
	w := New(Options{WorkspaceID: "w", Name: "n"})
	typ, all := everyKind(b, w)
	if _, err := w.UpdateAttribute(typ, all[0].Attribute, AttributeInput{Unique: new(true)}); err != nil {
		b.Fatal(err)
	}
	attrs, err := w.Attributes(typ)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for i := range b.N {
		in := []AttributeValues{{attrs[1].ID, []string{"name"}}, {all[0].Attribute, []string{strconv.Itoa(i)}}}
		if i > 0 {
			in = append(in, AttributeValues{all[8].Attribute, []string{strconv.Itoa(i)}})
		}
		if _, err := w.CreateObject("u1", ObjectInput{TypeID: typ, Attributes: in}); err != nil {
			b.Fatal(err)
		}
	}
}
