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
			took, err := p.Stop()
			if err != nil || took > 2*time.Second {
				t.Errorf("the service went down in %s: %v", took, err)
			}
		})
	}
}

func TestServiceGoesDownFastInMidRunAndGoesOn(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, shape, 500, 4*time.Millisecond)
			p := b.start(t)
			c := b.install(t, p)
			planned := plan(t, c, backUp(t, c))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			run, _, err := c.Restore(ctx, planned)
			if err != nil {
				t.Fatal(err)
			}
			for _, created := range []int64{20, 150, 300} {
				at, err := c.Watch(ctx, run.ID, func(r rig.Run) bool { return r.Progress.Created >= created || r.Ended() })
				if err != nil {
					t.Fatal(err)
				}
				if at.Ended() {
					t.Logf("the restore was over before %d objects were seen", created)
					break
				}
				took, err := p.Stop()
				if err != nil || took > 2*time.Second {
					t.Errorf("with %d objects created the service went down in %s: %v", at.Progress.Created, took, err)
				}
				p = b.start(t)
			}
			if _, err := c.Finish(ctx, run.ID); err != nil {
				t.Fatalf("%v\n%s", err, told(p))
			}
			b.whole(t)
		})
	}
}
