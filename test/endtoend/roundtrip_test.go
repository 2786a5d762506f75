package endtoend

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
	"stowage/report"
	"stowage/restore"
)

// TestRestoredSchemaEqualsItsSource restores every profile to the same site and to another one and compares what the
// simulated sites hold. A difference that the report does not list is an error, whatever the proof says.
func TestRestoredSchemaEqualsItsSource(t *testing.T) {
	t.Parallel()
	for _, profile := range gen.Profiles() {
		for _, to := range []string{"acme", "globex"} {
			t.Run(profile+" to "+to, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, sim.Options{})
				made := r.fill(t, profile, 600, 7)
				saved, saveLines := r.backup(t, made.Key)
				if saved.Objects != int64(made.Objects) {
					t.Fatalf("backed up %d of %d objects", saved.Objects, made.Objects)
				}
				done := r.restore(t, saved.Backup, to, restore.Options{
					NewSchema: restore.NewSchema{Name: "Restored", Key: "REST"}, Icons: true,
				})
				if !done.proof.Proved {
					t.Errorf("not proved: %+v", done.proof)
				}
				want := dump(t, r.sim.Site("acme").World(), made.Schema, world.DumpOptions{Keys: true})
				got := dump(t, r.sim.Site(to).World(), done.schema, world.DumpOptions{
					Identity: assets.AttributeOriginalKey, Omit: []string{assets.AttributeOriginalID, assets.AttributeOriginalKey},
				})
				unlisted := differences(want, got, newListed(append(saveLines, done.lines...)))
				if len(unlisted) > 0 {
					t.Errorf("%d differences that no report lists:\n%s", len(unlisted), strings.Join(unlisted[:min(len(unlisted), 30)], "\n"))
				}
				if profile == "itsm" && to == "acme" && (done.result.Created != made.Objects || done.result.Failed != 0) {
					t.Errorf("created %d and failed %d of %d objects", done.result.Created, done.result.Failed, made.Objects)
				}
			})
		}
	}
}

func dump(t *testing.T, w *world.World, schema world.ID, o world.DumpOptions) world.Dump {
	t.Helper()
	d, err := w.Dump(schema, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// listed is what reports say, by what it is about.
type listed struct {
	lines []report.Entry
}

func newListed(lines []report.Entry) listed { return listed{lines} }

// object says whether a line names the object, and the attribute or none; a line about an attribute of the type counts too.
func (l listed) object(key, attribute string) bool {
	return slices.ContainsFunc(l.lines, func(e report.Entry) bool {
		switch e.Kind {
		case "object":
			return e.Key == key && (e.Attribute == "" || e.Attribute == attribute)
		case "attribute":
			return e.Attribute == attribute
		}
		return false
	})
}

// definition says whether a line of the kind names the thing in its key, attribute or message.
func (l listed) definition(kind, name string) bool {
	return slices.ContainsFunc(l.lines, func(e report.Entry) bool {
		return e.Kind == kind && (e.Key == name || e.Attribute == name || strings.Contains(e.Message, name))
	})
}

// differences names what differs and is not listed.
func differences(want, got world.Dump, l listed) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }

	for name, diff := range map[string]string{
		"statuses": cmp.Diff(want.Statuses, got.Statuses), "reference types": cmp.Diff(want.ReferenceTypes, got.ReferenceTypes),
		"description": cmp.Diff(want.Description, got.Description), "config": cmp.Diff(want.Config, got.Config),
	} {
		if diff != "" {
			add("%s: %s", name, diff)
		}
	}
	types := make(map[string]world.DumpType)
	for _, x := range got.Types {
		types[x.Path] = x
	}
	for _, w := range want.Types {
		name := w.Path[strings.LastIndex(w.Path, "/")+1:]
		g, ok := types[w.Path]
		if !ok {
			if !l.definition("object type", name) {
				add("type %s is missing", w.Path)
			}
			continue
		}
		// Icons are found by their names: behind the name, a dump has the hash of an uploaded picture.
		w.Icon, _, _ = strings.Cut(w.Icon, " ")
		g.Icon, _, _ = strings.Cut(g.Icon, " ")
		wa, ga := w.Attributes, g.Attributes
		w.Attributes, g.Attributes = nil, nil
		if diff := cmp.Diff(w, g); diff != "" {
			add("type %s: %s", w.Path, diff)
		}
		attributes := make(map[string]world.DumpAttribute)
		for _, x := range ga {
			attributes[x.Name] = x
		}
		for _, x := range wa {
			if diff := cmp.Diff(x, attributes[x.Name]); diff != "" && !l.definition("attribute", x.Name) {
				add("type %s attribute %s: %s", w.Path, x.Name, diff)
			}
		}
	}
	objects := make(map[string]world.DumpObject)
	for _, x := range got.Objects {
		if _, twice := objects[x.Name]; twice {
			add("object %s is there twice", x.Name)
		}
		objects[x.Name] = x
	}
	for _, w := range want.Objects {
		g, ok := objects[w.Name]
		if !ok {
			if !l.object(w.Name, "") {
				add("object %s is missing", w.Name)
			}
			continue
		}
		delete(objects, w.Name)
		if w.Avatar != g.Avatar && !l.object(w.Name, "avatar") {
			add("object %s: avatar %q became %q", w.Name, w.Avatar, g.Avatar)
		}
		values := make(map[string][]string)
		for _, v := range g.Values {
			values[v.Attribute] = v.Values
		}
		for _, v := range w.Values {
			if diff := cmp.Diff(v.Values, values[v.Attribute]); diff != "" && !l.object(w.Name, v.Attribute) {
				add("object %s attribute %s: %s", w.Name, v.Attribute, diff)
			}
			delete(values, v.Attribute)
		}
		for name, v := range values {
			add("object %s has values for %s that its source has not: %q", w.Name, name, v)
		}
	}
	for name := range objects {
		add("object %s is not in the source", name)
	}
	slices.Sort(out)
	return out
}
