package sim

import (
	"context"

	"stowage/atlassian/sim/gen"
)

// mutate changes a share of the site's objects, as people working there would
// while somebody reads page after page. The seed decides which ones.
func (s *Site) mutate(ctx context.Context, share float64, seed uint64) error {
	for _, schema := range s.world.Schemas() {
		if !schema.CanManage || schema.ObjectCount == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := gen.Mutate(s.world, schema.ID, share, seed); err != nil {
			return err
		}
	}
	return nil
}
