package service

import (
	"context"
	"testing"
	"time"

	"stowage/test/rig"
)

func TestServiceBacksUpAndRestores(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, shape, 300, 0)
			p := b.start(t)
			c := b.install(t, p)
			planned := plan(t, c, backUp(t, c))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			run, _, err := c.Restore(ctx, planned)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Finish(ctx, run.ID); err != nil {
				t.Fatalf("%v\n%s", err, told(p))
			}
			b.whole(t)
			b.goesDown(t, p, "with nothing to do")
		})
	}
}

// hangs is how long a service that goes down does not take, however busy the machine is. Two seconds are what it may take, which is held
// against made-up time by the tests of jobs; what it takes here is told.
const hangs = 10 * time.Second

// goesDown asks a process to end.
func (b *bench) goesDown(t *testing.T, p *rig.Process, when string) {
	t.Helper()
	took, err := p.Stop()
	if err != nil || took > hangs {
		t.Errorf("%s the service went down in %s: %v", when, took, err)
	}
	t.Logf("%s the service went down in %.2f s", when, took.Seconds())
}

// TestServiceGoesDownFastInMidRunAndGoesOn asks the service to end while a restore waits for the answers to its writes, and while its
// writes are answered.
func TestServiceGoesDownFastInMidRunAndGoesOn(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, shape, 500, 0)
			p := b.start(t)
			c := b.install(t, p)
			ctx := within(t, patience)
			run, _ := b.restoreAsFarAs(ctx, t, c, p, plan(t, c, backUp(t, c)), 20)
			b.goesDown(t, p, "with writes that are not answered")
			p = b.start(t)
			b.allow(t, 100)
			b.created(ctx, t, c, p, run.ID, run.Progress.Created+50)
			// From here on they are answered, each after a while, so that there is more to do than can be done meanwhile.
			lift := b.front.trickle(creations(), 100*time.Millisecond)
			defer lift()
			b.release()
			b.goesDown(t, p, "with writes that are answered")
			if made := b.restored(t); made >= 500 {
				t.Errorf("all %d objects were there before the service had gone", made)
			}
			p = b.start(t)
			lift()
			finish(ctx, t, c, p, run.ID)
			b.whole(t)
		})
	}
}
