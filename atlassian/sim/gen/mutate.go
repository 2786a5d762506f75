package gen

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"stowage/atlassian/sim/world"
)

// Mutate changes a share of the objects of a schema, at least one if the share is
// above 0 and there is an object, and answers the ids of those it has changed, in
// ascending order. Each gets another text in an attribute that takes any, under the
// rules of the site and at the time of its clock; references are left alone.
func Mutate(w *world.World, schema world.ID, share float64, seed uint64) ([]world.ID, error) {
	if !(share >= 0 && share <= 1) {
		return nil, fmt.Errorf("mutate: a share of %v is not between 0 and 1", share)
	}
	candidates, err := changeable(w, schema)
	if err != nil {
		return nil, fmt.Errorf("mutate: %w", err)
	}
	actor := anyone(w)
	r := rand.New(rand.NewPCG(seed, 0x6d7574617465))
	picked := pick(r, candidates, share)
	ids := make([]world.ID, 0, len(picked))
	for i, c := range picked {
		in := world.ObjectInput{Attributes: []world.AttributeValues{{
			Attribute: c.attribute, Values: []string{fmt.Sprintf("Changed %x-%d", seed, i)},
		}}}
		if _, err := w.UpdateObject(actor, c.object, in); err != nil {
			return nil, fmt.Errorf("mutate object %d: %w", c.object, err)
		}
		ids = append(ids, c.object)
	}
	return ids, nil
}

// A Change says what Churn has done.
type Change struct {
	Updated, Created, Deleted []world.ID
}

// Churn changes a share of the objects of a schema as Mutate does, and deletes and
// creates a tenth as many each, at least one.
func Churn(w *world.World, schema world.ID, share float64, seed uint64) (Change, error) {
	updated, err := Mutate(w, schema, share, seed)
	if err != nil || len(updated) == 0 {
		return Change{}, err
	}
	c := Change{Updated: updated}
	n := max(1, len(updated)/10)
	r := rand.New(rand.NewPCG(seed, 0x636875726e))
	for range n {
		from := updated[r.IntN(len(updated))]
		o, err := w.Object(from)
		if err != nil {
			return c, fmt.Errorf("churn: %w", err)
		}
		made, err := w.CreateObject(anyone(w), twin(w, o, fmt.Sprintf("%x-%d", seed, len(c.Created))))
		if err != nil {
			return c, fmt.Errorf("churn: another object like %d: %w", from, err)
		}
		c.Created = append(c.Created, made.ID)
	}
	for range min(n, len(c.Updated)) {
		i := r.IntN(len(c.Updated))
		id := c.Updated[i]
		if err := w.DeleteObject(anyone(w), id); err != nil {
			return c, fmt.Errorf("churn: delete object %d: %w", id, err)
		}
		c.Updated = append(c.Updated[:i:i], c.Updated[i+1:]...)
		c.Deleted = append(c.Deleted, id)
	}
	return c, nil
}

// twin is an object like another one, but for the values that must differ.
func twin(w *world.World, o world.Object, mark string) world.ObjectInput {
	in := world.ObjectInput{TypeID: o.TypeID}
	for _, a := range o.Attributes {
		def, err := w.Attribute(a.Attribute)
		if err != nil || def.System {
			continue
		}
		av := world.AttributeValues{Attribute: a.Attribute}
		for _, v := range a.Values {
			av.Values = append(av.Values, v.Raw())
		}
		if def.Unique || def.Born == world.BornName {
			if def.Kind() != world.KindText {
				continue
			}
			av.Values = []string{"New " + mark}
			if def.Default == world.DefaultEmail {
				av.Values = []string{"new-" + mark + "@post.example"}
			}
		}
		in.Attributes = append(in.Attributes, av)
	}
	return in
}

// anyone answers the account id of some user.
func anyone(w *world.World) string {
	if users := w.Users(); len(users) > 0 {
		return users[0].AccountID
	}
	return ""
}

// A candidate is an object with an attribute that takes any text.
type candidate struct{ object, attribute world.ID }

// changeable lists the objects of a schema that have such an attribute, by id.
func changeable(w *world.World, schema world.ID) ([]candidate, error) {
	if _, err := w.Schema(schema); err != nil {
		return nil, err
	}
	var all []candidate
	w.View(func(v *world.View) {
		var ids []world.ID
		for _, t := range v.TypeIDs(schema) {
			attribute := freeText(v, t)
			if attribute == 0 {
				continue
			}
			ids = v.ObjectIDs(ids[:0], t)
			for _, id := range ids {
				all = append(all, candidate{id, attribute})
			}
		}
	})
	slices.SortFunc(all, byObject)
	return all, nil
}

func byObject(a, b candidate) int { return cmp.Compare(a.object, b.object) }

// freeText finds the attribute of a type that takes any text: a text area before a
// text, and the name, by which everybody finds an object again, last.
func freeText(v *world.View, objectType world.ID) world.ID {
	var best world.ID
	rank := 0
	for a := range v.Attributes(objectType) {
		if a.Type != world.TypeDefault || a.System || a.Unique || a.Regex != "" {
			continue
		}
		r := 0
		switch {
		case a.Default == world.DefaultTextarea:
			r = 3
		case a.Default == world.DefaultText && !a.Label:
			r = 2
		case a.Default == world.DefaultText:
			r = 1
		}
		if r > rank {
			best, rank = a.ID, r
		}
	}
	return best
}

// pick picks a share of the candidates, in their order.
func pick(r *rand.Rand, all []candidate, share float64) []candidate {
	n := min(len(all), int(math.Round(share*float64(len(all)))))
	if n == 0 && share > 0 {
		n = min(1, len(all))
	}
	for i := range n {
		j := i + r.IntN(len(all)-i)
		all[i], all[j] = all[j], all[i]
	}
	picked := all[:n]
	slices.SortFunc(picked, byObject)
	return picked
}
