package service

import (
	"context"
	"strconv"
	"testing"
	"time"

	"stowage/atlassian/sim/gen"
	"stowage/test/rig"
)

// fill makes a schema on a site.
func (b *bench) fill(t *testing.T, site, key string, objects int) {
	t.Helper()
	if _, err := gen.Fill(b.sites.World(site), gen.Profile{Name: gen.ITSM, SchemaKey: key, SchemaName: "Schema " + key}, objects, 2); err != nil {
		t.Fatal(err)
	}
}

// TestATenantWithManyLongRunsKeepsNobodyElseWaiting starts more backups of one tenant than there are slots, whose site does not answer,
// and wants the backup of another tenant to be done meanwhile.
func TestATenantWithManyLongRunsKeepsNobodyElseWaiting(t *testing.T) {
	t.Parallel()
	for shape, slots := range map[string]int{embedded: 4, servers: 2} {
		t.Run(shape+", slots "+strconv.Itoa(slots), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, shape, 40, 0)
			keys := []string{"ITSM"}
			for i := range slots + 1 {
				keys = append(keys, "LONG"+strconv.Itoa(i))
				b.fill(t, rig.Source, keys[len(keys)-1], 40)
			}
			b.fill(t, rig.Other, "SMALL", 20)
			p := b.start(t, func(o *rig.ServiceOptions) { o.Args = []string{"--slots", strconv.Itoa(slots)} })
			long, short := b.install(t, p), b.installOn(t, p, rig.Other)
			ctx := within(t, patience)
			_, lift := b.front.hold(assetsOf(rig.Source))
			defer lift()
			var runs []string
			for _, key := range keys {
				runs = append(runs, start(ctx, t, long, key).ID)
			}
			states := func() map[string]int {
				found := map[string]int{}
				for _, id := range runs {
					found[get[rig.Run](ctx, t, long, "/runs/"+id).State]++
				}
				return found
			}
			// All slots that the tenant may have are taken.
			until(ctx, t, "the backups of the first tenant begin", func() bool { return states()["running"] == slots-1 })
			finish(ctx, t, short, p, start(ctx, t, short, "SMALL").ID)
			if found := states(); found["running"] != slots-1 || found["queued"] != len(runs)-slots+1 {
				t.Errorf("the runs of the first tenant are %v, while the other had its backup made", found)
			}
			lift()
			finish(ctx, t, long, p, runs...)
		})
	}
}

// start starts a backup of a schema.
func start(ctx context.Context, t *testing.T, c *rig.Client, key string) rig.Run {
	t.Helper()
	schema, err := c.Schema(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := c.BackUp(ctx, schema)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestWithOneSlotALongRestoreMakesRoomForAnotherTenant has one slot only, taken by a restore that would last much longer than the test:
// its slice ends, the backup of the other tenant is made, and the restore goes on.
func TestWithOneSlotALongRestoreMakesRoomForAnotherTenant(t *testing.T) {
	t.Parallel()
	const objects = 600
	b := newBench(t, embedded, objects, 0)
	b.fill(t, rig.Other, "SMALL", 20)
	p := b.start(t, func(o *rig.ServiceOptions) { o.Args = []string{"--slots", "1"} })
	long, short := b.install(t, p), b.installOn(t, p, rig.Other)
	ctx := within(t, patience)
	planned := plan(t, long, backUp(t, long))
	lift := b.front.trickle(creations(), time.Second)
	defer lift()
	run, _, err := long.Restore(ctx, planned)
	if err != nil {
		t.Fatal(err)
	}
	b.created(ctx, t, long, p, run.ID, 1)
	finish(ctx, t, short, p, start(ctx, t, short, "SMALL").ID)
	at := get[rig.Run](ctx, t, long, "/runs/"+run.ID)
	if at.Ended() || b.restored(t) >= objects {
		t.Errorf("the restore is %s; the backup had to wait for its end", at.State)
	}
	lift()
	finish(ctx, t, long, p, run.ID)
	b.whole(t)
}
