package restore_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stowage/assets"
	"stowage/report"
	"stowage/restore"
	"stowage/restore/restoretest"
)

// attrDeep adds an attribute to a type and, where it is inherited, to the types below.
func (b *build) attrDeep(typeID string, a assets.Attribute) {
	id := b.attr(typeID, a)
	added := b.Attrs[slices.IndexFunc(b.Attrs, func(x assets.Attribute) bool { return x.ID == id })]
	below := []string{typeID}
	for i := 0; i < len(below); i++ {
		inherits := b.Types[slices.IndexFunc(b.Types, func(t assets.ObjectType) bool { return t.ID == below[i] })].Inherited
		for _, t := range b.Types {
			if inherits && t.ParentID == below[i] {
				b.copyTo(added, t.ID)
				below = append(below, t.ID)
			}
		}
	}
}

// family returns a type and all below it.
func (b *build) family(typeID string) []string {
	list := []string{typeID}
	for i := 0; i < len(list); i++ {
		for _, t := range b.Types {
			if t.ParentID == list[i] {
				list = append(list, t.ID)
			}
		}
	}
	return list
}

// drawn draws a schema with inheritance, cycles, self references, minimum cardinalities, and people of whom not all exist.
func drawn(t *rapid.T) *build {
	b := newBuild()
	for i := range rapid.IntRange(1, 5).Draw(t, "types") {
		parent := ""
		if p := rapid.IntRange(-1, len(b.Types)-1).Draw(t, "parent"); p >= 0 {
			parent = b.Types[p].ID
		}
		b.typ(fmt.Sprintf("Type %d", i), parent, rapid.Bool().Draw(t, "inherited"))
	}
	unlimited := func() int { return rapid.SampledFrom([]int{1, 3, assets.Unlimited}).Draw(t, "max") }
	for i := range rapid.IntRange(0, 8).Draw(t, "attributes") {
		typeID := rapid.SampledFrom(b.Types).Draw(t, "of").ID
		a := assets.Attribute{Name: fmt.Sprintf("Attribute %d", i)}
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0:
			a.Unique = rapid.Bool().Draw(t, "unique")
		case 1:
			a.Default, a.Suffix = assets.DefaultInteger, "pieces"
		case 2:
			a.Default, a.Options, a.MaxCardinality = assets.DefaultSelect, "one,two,three", unlimited()
		case 3:
			a.Kind, a.MaxCardinality, a.MinCardinality = assets.KindUser, unlimited(), rapid.IntRange(0, 1).Draw(t, "min")
			a.TypeValueMulti = rapid.SampledFrom([][]string{nil, {"admins"}, {"nobody"}, {"gone"}}).Draw(t, "groups")
		case 4:
			a.Kind = assets.KindGroup
		case 5:
			a.Kind, a.TypeValueMulti = assets.KindStatus, rapid.SampledFrom([][]string{nil, {"1", "2", "4"}}).Draw(t, "statuses")
		default:
			a.Kind, a.MaxCardinality, a.MinCardinality = assets.KindReference, unlimited(), rapid.IntRange(0, 1).Draw(t, "min")
			a.ReferenceObjectTypeID = rapid.SampledFrom(b.Types).Draw(t, "to").ID
			a.ReferenceTypeID = rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "reference type")
		}
		b.attrDeep(typeID, a)
	}
	n := rapid.IntRange(0, 20).Draw(t, "objects")
	for i := range n {
		b.drawObject(t, i)
	}
	for i := range n {
		b.drawReferences(t, i)
	}
	b.PerSegment = rapid.IntRange(1, 6).Draw(t, "per segment")
	return b
}

func (b *build) drawObject(t *rapid.T, i int) {
	typeID := rapid.SampledFrom(b.Types).Draw(t, "type").ID
	values := make(map[string][]assets.Value)
	for _, a := range b.attributes(typeID) {
		if a.System || a.Name == assets.AttributeName || a.Kind == assets.KindReference || rapid.IntRange(0, 3).Draw(t, "empty") == 0 {
			continue
		}
		many := 1
		if a.MaxCardinality != 1 {
			many = rapid.IntRange(1, 3).Draw(t, "values")
		}
		switch a.Kind {
		case assets.KindUser:
			for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(1, 5), many, many, rapid.ID).Draw(t, "users") {
				u := user(n)
				u.Deleted = n == 5
				values[a.Name] = append(values[a.Name], u)
			}
		case assets.KindGroup:
			g := rapid.SampledFrom([]string{"admins", "gone"}).Draw(t, "group")
			values[a.Name] = []assets.Value{{Kind: assets.ValueGroup, ID: g, Name: g}}
		case assets.KindStatus:
			values[a.Name] = rapid.SampledFrom([][]assets.Value{status("1", "Active"), status("2", "Broken"), status("4", "In stock")}).Draw(t, "status")
		default:
			switch a.Default {
			case assets.DefaultInteger:
				values[a.Name] = text(strconv.Itoa(int(rapid.Int32().Draw(t, "number"))))
			case assets.DefaultSelect:
				values[a.Name] = text(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"one", "two", "three"}), many, many, rapid.ID).Draw(t, "choice")...)
			default:
				values[a.Name] = text(fmt.Sprintf("text %d of %s", i, a.Name))
				if rapid.IntRange(0, 15).Draw(t, "long") == 0 {
					values[a.Name] = text(strings.Repeat("x", 255))
				}
			}
		}
	}
	b.object(typeID, fmt.Sprintf("object %d", i), values)
}

func (b *build) drawReferences(t *rapid.T, i int) {
	o := b.Objects[i]
	for _, a := range b.attributes(o.TypeID) {
		if a.Kind != assets.KindReference {
			continue
		}
		family := b.family(a.ReferenceObjectTypeID)
		var candidates []string
		for _, other := range b.Objects {
			if slices.Contains(family, other.TypeID) {
				candidates = append(candidates, other.ID)
			}
		}
		most := a.MaxCardinality
		if most == assets.Unlimited {
			most = 4
		}
		candidates = append(candidates, "999999") // an object of another schema
		picked := rapid.SliceOfNDistinct(rapid.SampledFrom(candidates), 0, min(most, len(candidates)), rapid.ID).Draw(t, "references")
		if len(picked) > 0 {
			b.refer(o.ID, a.Name, picked...)
		}
	}
}

func drawnSite() *restoretest.Site {
	s := restoretest.NewSite()
	s.People = []restore.User{
		{AccountID: "new-1", Name: "User 1", Active: true},
		{AccountID: "new-2", Name: "User 2", Active: true},
		{AccountID: "new-3a", Name: "User 3", Active: true},
		{AccountID: "new-3b", Name: "User 3", Active: true},
		{AccountID: "new-4", Name: "User 4"},
	}
	s.Groups["admins"] = []string{"new-1"}
	s.Groups["nobody"] = nil
	return s
}

func TestWhatIsRestoredEqualsTheBackupButForWhatIsReported(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, s, j := drawn(t), drawnSite(), &restoretest.Journal{}
		o := options()
		o.Users = rapid.SampledFrom([]restore.UserPolicy{restore.UsersAllOrNothing, restore.UsersPartial}).Draw(t, "policy")
		p, err := restore.NewPlan(t.Context(), b, s, o)
		if err != nil {
			t.Fatal(err)
		}
		rep := &report.Report{}
		result, err := restore.Apply(t.Context(), p, b, s, j, restore.Settings{Workers: rapid.IntRange(1, 4).Draw(t, "workers"), Report: rep})
		if err != nil {
			t.Fatal(err)
		}
		proof, err := restore.Prove(t.Context(), p, b, s, j, restore.Settings{})
		if err != nil || !proof.Proved {
			t.Fatalf("not proved: %+v, %v", proof, err)
		}
		if result.Failed != p.Objects.Fail || result.Created != p.Objects.Planned-p.Objects.Fail {
			t.Fatalf("planned %+v, became %+v, report %+v", p.Objects, result, rep.Entries())
		}
		if result.SecondWrites != p.Objects.SecondWrites || len(result.NotPutBack) > 0 {
			t.Fatalf("planned %+v, became %+v", p.Objects, result)
		}
		if _, n := s.Calls("UpdateObject"); n != result.SecondWrites {
			t.Fatalf("%d objects were updated, %d second writes", n, result.SecondWrites)
		}
		again, err := restore.Apply(t.Context(), p, b, s, j, restore.Settings{})
		if err != nil || again.Created+again.SecondWrites > 0 {
			t.Fatalf("a second run did something: %+v, %v", again, err)
		}
		if again.Failed != result.Failed || again.Skipped != result.Created {
			t.Fatalf("a second run forgot what the first could not do: %+v after %+v", again, result)
		}
	})
}
