package service

import (
	"io/fs"
	"net/http"
	"os"
	"testing"
	"time"

	"stowage/test/rig"
)

// begin starts what was planned.
func begin(t *testing.T, c *rig.Client, planned string) rig.Run {
	t.Helper()
	run, _, err := c.Restore(t.Context(), planned)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// waitsBehind says whether a run waits for another.
func waitsBehind(id string) func(rig.Run) bool {
	return func(r rig.Run) bool { return r.Ended() || r.State == "queued" && r.Behind == id }
}

// TestASecondRestoreOfTheSameTargetWaitsAndSaysBehindWhich holds a restore up. The next one of the same target waits for it; that of
// another tenant does not.
func TestASecondRestoreOfTheSameTargetWaitsAndSaysBehindWhich(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, shape, 100, 0)
			b.fill(t, rig.Other, "SMALL", 20)
			p := b.start(t)
			c, other := b.install(t, p), b.installOn(t, p, rig.Other)
			ctx := within(t, patience)
			backup := backUp(t, c)
			first, second, third := plan(t, c, backup), planAs(t, c, backup, "Second", "SECOND"), planAs(t, c, backup, "Third", "THIRD")
			elsewhere := plan(t, other, backUpOf(t, other, "SMALL"))

			came, lift := b.front.hold(creations())
			defer lift()
			one := begin(t, c, first)
			until(ctx, t, "the first restore creates objects", func() bool { return came.Load() > 0 })
			two := begin(t, c, second)
			at := watch(ctx, t, c, p, two.ID, waitsBehind(one.ID))
			if at.State != "queued" || at.Position != 1 {
				t.Errorf("the second restore is %s, at place %d", at.State, at.Position)
			}
			three := begin(t, c, third)
			if at := watch(ctx, t, c, p, three.ID, func(r rig.Run) bool { return r.Ended() || r.Position == 2 && r.Behind != "" }); at.State != "queued" {
				t.Errorf("the third restore is %s", at.State)
			}
			finish(ctx, t, other, p, begin(t, other, elsewhere).ID)
			if at := get[rig.Run](ctx, t, c, "/runs/"+one.ID); at.State != "running" {
				t.Errorf("the first restore is %s", at.State)
			}
			lift()
			finish(ctx, t, c, p, one.ID, two.ID, three.ID)
			for _, key := range []string{restoredKey, "SECOND", "THIRD"} {
				b.wholeAs(t, key)
			}
		})
	}
}

// mostAfterStop is how many objects may still be created after a stop, where the site creates four a second: those under way, and those of
// the seconds in which the stop takes effect, which are one or two unless the machine is very busy.
const mostAfterStop = 120

// TestAStopPressedTwiceEndsItsOwnRestoreAndNoOther stops a restore, starts another, and presses the first stop again and again.
func TestAStopPressedTwiceEndsItsOwnRestoreAndNoOther(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			const objects = 500
			b := newBench(t, shape, objects, 0)
			p := b.start(t)
			c := b.install(t, p)
			ctx := within(t, patience)
			backup := backUp(t, c)
			first, second, third := plan(t, c, backup), planAs(t, c, backup, "Second", "SECOND"), planAs(t, c, backup, "Third", "THIRD")

			lift := b.front.trickle(creations(), 250*time.Millisecond)
			defer lift()
			one := begin(t, c, first)
			b.created(ctx, t, c, p, one.ID, 5)
			stop := func(id string) rig.Run { return post[rig.Run](ctx, t, c, "/runs/"+id+"/stop", nil) }
			if at := stop(one.ID); at.State != "stopping" {
				t.Fatalf("the restore is %s after its stop", at.State)
			}
			before := b.restored(t)
			two := begin(t, c, second)
			stop(one.ID)
			if at := watch(ctx, t, c, p, one.ID, rig.Run.Ended); at.State != "terminated" || !at.CanResume {
				t.Errorf("the stopped restore is %s", at.State)
			}
			after := b.restored(t)
			if after-before > mostAfterStop || after >= objects {
				t.Errorf("%d objects were created after the stop, %d in all", after-before, after)
			}
			t.Logf("%d objects were created after the stop", after-before)
			stop(one.ID)
			b.created(ctx, t, c, p, two.ID, 1)
			stop(one.ID)

			// One that waits ends at once when it is stopped, and nothing happens to the one it waits for.
			three := begin(t, c, third)
			if at := stop(three.ID); at.State != "terminated" {
				t.Errorf("the stopped restore that waited is %s", at.State)
			}
			stop(three.ID)
			if again := b.restored(t); again != after {
				t.Errorf("%d objects were created after the end of the restore", again-after)
			}
			lift()
			finish(ctx, t, c, p, two.ID)
			b.wholeAs(t, "SECOND")
			if at := get[rig.Run](ctx, t, c, "/runs/"+one.ID); at.State != "terminated" {
				t.Errorf("the stopped restore is %s in the end", at.State)
			}
			for _, id := range []string{one.ID, three.ID} {
				post[rig.Run](ctx, t, c, "/runs/"+id+"/resume", nil)
			}
			finish(ctx, t, c, p, one.ID, three.ID)
			b.whole(t)
			b.wholeAs(t, "THIRD")
		})
	}
}

// TestAStopEndsARestoreOfASiteThatDoesNotAnswer stops a restore all of whose writes hang.
func TestAStopEndsARestoreOfASiteThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t, embedded, 100, 0)
	p := b.start(t)
	c := b.install(t, p)
	ctx := within(t, patience)
	planned := plan(t, c, backUp(t, c))
	came, lift := b.front.hold(creations())
	defer lift()
	run := begin(t, c, planned)
	until(ctx, t, "the restore creates objects", func() bool { return came.Load() > 0 })
	post[rig.Run](ctx, t, c, "/runs/"+run.ID+"/stop", nil)
	if at := watch(ctx, t, c, p, run.ID, rig.Run.Ended); at.State != "terminated" {
		t.Errorf("the restore is %s", at.State)
	}
	if made := b.restored(t); made > 0 {
		t.Errorf("%d objects were created", made)
	}
	lift()
	post[rig.Run](ctx, t, c, "/runs/"+run.ID+"/resume", nil)
	finish(ctx, t, c, p, run.ID)
	b.whole(t)
}

// backups is the list of the backups of a schema.
type backups struct {
	Items []struct {
		ID, State, Message string
		Restorable         bool
		Objects            int64
	}
}

// TestAStoppedBackupIsNotListedAsComplete stops a backup while it reads objects.
func TestAStoppedBackupIsNotListedAsComplete(t *testing.T) {
	t.Parallel()
	b := newBench(t, embedded, 200, 0)
	p := b.start(t)
	c := b.install(t, p)
	ctx := within(t, patience)
	schema, err := c.Schema(ctx, "ITSM")
	if err != nil {
		t.Fatal(err)
	}
	searches := searchesOn(rig.Source)
	passed := make(chan struct{}, 3) // So many searches are answered before the site hangs.
	_, lift := b.front.hold(func(r *http.Request) bool {
		if !searches(r) {
			return false
		}
		select {
		case passed <- struct{}{}:
			return false
		default:
			return true
		}
	})
	defer lift()
	run, half, err := c.BackUp(ctx, schema)
	if err != nil {
		t.Fatal(err)
	}
	watch(ctx, t, c, p, run.ID, func(r rig.Run) bool { return r.Ended() || r.State == "running" && len(passed) == cap(passed) })
	post[rig.Run](ctx, t, c, "/runs/"+run.ID+"/stop", nil)
	if at := watch(ctx, t, c, p, run.ID, rig.Run.Ended); at.State != "terminated" {
		t.Fatalf("the backup is %s", at.State)
	}
	for _, item := range get[backups](ctx, t, c, "/schemas/"+schema+"/backups").Items {
		if item.ID != half || item.State != "terminated" || item.Restorable {
			t.Errorf("the stopped backup is listed as %+v", item)
		}
	}
	if err := c.Do(ctx, http.MethodPost, "/plans", map[string]any{"backupId": half, "destination": "current", "schemaName": "Half", "schemaKey": "HALF"}, nil); err == nil {
		t.Error("a restore of half a backup can be planned")
	}
	lift()
	next := backUp(t, c)
	list := get[backups](ctx, t, c, "/schemas/"+schema+"/backups").Items
	if len(list) != 2 || list[0].ID != next || list[0].State != "complete" || !list[0].Restorable || list[0].Objects != 200 || list[1].State != "terminated" {
		t.Errorf("the backups are %+v", list)
	}
	// The store holds the whole one and no other.
	if facts, err := b.content(ctx); err != nil || facts.Objects() != 200 {
		t.Errorf("the store holds %d objects: %v", facts.Objects(), err)
	}
	finish(ctx, t, c, p, begin(t, c, plan(t, c, next)).ID)
	b.whole(t)
}

// blobs are the files of the store.
func (b *bench) blobs(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	store := os.DirFS(b.o.Store)
	err := fs.WalkDir(store, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		found[path], err = fs.ReadFile(store, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
