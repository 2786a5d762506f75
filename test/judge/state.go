package judge

import (
	"encoding/json"
	"fmt"
	"strings"

	"stowage/assets"
	"stowage/atlassian/sim/world"
)

// Restored is what a site holds after a restore: the new schema with names in the place of ids, and the names of
// everything that is not part of a schema.
func Restored(w *world.World, restoreKey string) (Facts, error) {
	s, err := w.SchemaByKey(restoreKey)
	if err != nil {
		return nil, err
	}
	out, err := schemaFacts(w, s.ID, world.DumpOptions{Identity: assets.AttributeOriginalKey})
	if err != nil {
		return nil, err
	}
	return out, siteFacts(w, out)
}

// schemaFacts are what a schema holds.
func schemaFacts(w *world.World, id world.ID, o world.DumpOptions) (Facts, error) {
	d, err := w.Dump(id, o)
	if err != nil {
		return nil, err
	}
	out := Facts{}
	add := func(kind, name string, v any) error {
		text, err := json.Marshal(v)
		name = kind + " " + name
		for out[name] != "" {
			name += "'"
		}
		out[name] = string(text)
		return err
	}
	if err := add("schema", "config", []any{d.Config, d.Description}); err != nil {
		return nil, err
	}
	for _, x := range d.Statuses {
		if err := add("status", x.Name, x); err != nil {
			return nil, err
		}
	}
	for _, x := range d.ReferenceTypes {
		if err := add("referencetype", x.Name, x); err != nil {
			return nil, err
		}
	}
	for _, x := range d.Types {
		if err := add("type", x.Path, x); err != nil {
			return nil, err
		}
	}
	for _, x := range d.Objects {
		if err := add("object", x.Name, x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// siteFacts adds what a site holds outside its schemas, so that an icon or a status made twice is seen.
func siteFacts(w *world.World, out Facts) error {
	add := func(kind, name string) {
		name = kind + " " + name
		for out[name] != "" {
			name += "'"
		}
		out[name] = "there"
	}
	for _, s := range w.Schemas() {
		add("site-schema", s.Key+" "+s.Name)
	}
	for _, i := range w.Icons(0) {
		add("site-icon", i.Name)
	}
	statuses, err := w.StatusTypes(0)
	if err != nil {
		return err
	}
	for _, s := range statuses {
		add("site-status", s.Name)
	}
	references, err := w.ReferenceTypes(0, false)
	if err != nil {
		return err
	}
	for _, r := range references {
		add("site-referencetype", r.Name)
	}
	return nil
}

// Tally counts the objects of a restored schema against those of its source.
type Tally struct {
	Objects, Lost, Twice int
}

// TallyRestored compares by ORIGINAL_ID, looking at the objects themselves.
func TallyRestored(from *world.World, schema world.ID, to *world.World, restoreKey string) (Tally, error) {
	s, err := to.SchemaByKey(restoreKey)
	if err != nil {
		return Tally{}, err
	}
	seen := map[string]int{}
	out := Tally{}
	to.View(func(v *world.View) {
		for _, t := range v.TypeIDs(s.ID) {
			a, ok := v.AttributeByName(t, assets.AttributeOriginalID)
			for _, id := range v.ObjectIDs(nil, t) {
				out.Objects++
				o, there := v.Object(id)
				if !ok || !there {
					continue
				}
				for value := range o.Values(a.ID) {
					seen[value.Raw()]++
				}
			}
		}
	})
	for _, n := range seen {
		out.Twice += n - 1
	}
	from.View(func(v *world.View) {
		for _, t := range v.TypeIDs(schema) {
			for _, id := range v.ObjectIDs(nil, t) {
				if seen[id.String()] == 0 {
					out.Lost++
				}
			}
		}
	})
	return out, nil
}

// LikeSource compares a schema restored on its own site with its source, value by value.
func LikeSource(w *world.World, schema world.ID, restoreKey string) ([]string, error) {
	want, err := schemaFacts(w, schema, world.DumpOptions{Keys: true})
	if err != nil {
		return nil, err
	}
	s, err := w.SchemaByKey(restoreKey)
	if err != nil {
		return nil, err
	}
	got, err := schemaFacts(w, s.ID, world.DumpOptions{
		Identity: assets.AttributeOriginalKey, Omit: []string{assets.AttributeOriginalID, assets.AttributeOriginalKey},
	})
	if err != nil {
		return nil, err
	}
	for _, f := range []Facts{want, got} {
		if err := f.simplify(); err != nil {
			return nil, err
		}
	}
	return want.Differences(got), nil
}

// simplify leaves out what a restore does not bring back on its own site, as the product says: comments, attachments and
// avatars of objects; and the picture of an icon where the site has an icon of that name, which is then used.
func (f Facts) simplify() error {
	for k, v := range f {
		switch kind, _, _ := strings.Cut(k, " "); kind {
		case "object":
			var o world.DumpObject
			if err := json.Unmarshal([]byte(v), &o); err != nil {
				return err
			}
			f[k] = fmt.Sprint(o.Type, o.Values)
		case "type":
			var t world.DumpType
			if err := json.Unmarshal([]byte(v), &t); err != nil {
				return err
			}
			t.Icon, _, _ = strings.Cut(t.Icon, " ")
			f[k] = fmt.Sprint(t)
		}
	}
	return nil
}
