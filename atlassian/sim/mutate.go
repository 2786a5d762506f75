package sim

import (
	"context"
	"fmt"
	"math/rand/v2"

	"stowage/atlassian/sim/world"
)

// mutate changes a share of the site's objects, as people working there would
// while somebody reads page after page. The seed decides which ones. Each gets
// another text in one attribute that takes any text.
func (s *Site) mutate(ctx context.Context, share float64, seed uint64) error {
	type change struct {
		object world.ID
		input  world.ObjectInput
	}
	var changes []change
	coin := rand.New(rand.NewPCG(seed, 0))
	s.world.View(func(v *world.View) {
		for _, schemaID := range v.SchemaIDs() {
			if schema, ok := v.Schema(schemaID); !ok || !schema.CanManage {
				continue
			}
			for _, typeID := range v.TypeIDs(schemaID) {
				attribute, ok := freeText(v, typeID)
				if !ok {
					continue
				}
				for obj := range v.SearchType(typeID, 0) {
					if coin.Float64() < share {
						changes = append(changes, change{obj.ID(), world.ObjectInput{Attributes: []world.AttributeValues{{
							Attribute: attribute, Values: []string{fmt.Sprintf("changed %d", coin.Uint64())},
						}}}})
					}
				}
			}
		}
	})
	for _, c := range changes {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_, err := s.world.UpdateObject(s.opts.AccountID, c.object, c.input)
		if refused, ok := asRefusal(err); ok && refused.Status < 500 {
			continue // deleted meanwhile, or a rule that only this object breaks
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// freeText finds an attribute of a type that takes any text.
func freeText(v *world.View, typeID world.ID) (world.ID, bool) {
	for a := range v.Attributes(typeID) {
		text := a.Type == world.TypeDefault && (a.Default == world.DefaultText || a.Default == world.DefaultTextarea)
		if text && a.Editable && !a.Label && !a.Unique && a.Regex == "" {
			return a.ID, true
		}
	}
	return 0, false
}
