package service

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"stowage/test/judge"
	"stowage/test/rig"
)

// resumeBar is how long a killed run may take to go on after the service is there again.
const resumeBar = 90 * time.Second

// killsPerRun is how often one run is killed at the most.
const killsPerRun = 8

// killed is what came of killing.
type killed struct {
	kills, runs int
	// goesOn is the longest time from the restart until the run moved again.
	goesOn time.Duration
}

func (k *killed) String() string {
	return fmt.Sprintf("%d kills in %d runs; went on %.1f s after the restart at most", k.kills, k.runs, k.goesOn.Seconds())
}

// TestKilledServiceLosesNothing kills the service with SIGKILL at random moments of backups and restores.
func TestKilledServiceLosesNothing(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run("backup on "+shape, func(t *testing.T) {
			t.Parallel()
			k := &killed{}
			var want judge.Facts
			for round := 0; k.kills < *kills; round++ {
				if round > 10**kills {
					t.Fatal("runs end before they can be killed")
				}
				got := killedBackup(t, shape, round, k)
				if want == nil {
					want = got
					continue
				}
				if diff := want.Differences(got); len(diff) > 0 {
					t.Errorf("round %d: %d differences, such as %s", round, len(diff), diff[0])
				}
			}
			t.Log(k)
		})
		t.Run("restore on "+shape, func(t *testing.T) {
			t.Parallel()
			k := &killed{}
			for round := 0; k.kills < *kills; round++ {
				if round > 10**kills {
					t.Fatal("runs end before they can be killed")
				}
				killedRestore(t, shape, round, k)
			}
			t.Log(k)
		})
	}
}

// killedBackup kills a backup until it is done. The first round kills nobody: it says what is wanted.
func killedBackup(t *testing.T, shape string, round int, k *killed) judge.Facts {
	t.Helper()
	b := newBench(t, shape, 400, 4*time.Millisecond)
	p := b.start(t)
	c := b.install(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), patience+resumeBar)
	defer cancel()
	schema, err := c.Schema(ctx, "ITSM")
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := c.BackUp(ctx, schema)
	if err != nil {
		t.Fatal(err)
	}
	if round > 0 {
		p = b.strike(ctx, t, p, c, run.ID, uint64(round), k)
	}
	if _, err := c.Finish(ctx, run.ID); err != nil {
		t.Fatalf("%v\n%s", err, told(p))
	}
	k.runs++
	facts, err := b.content(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// killedRestore kills a restore until it is done.
func killedRestore(t *testing.T, shape string, round int, k *killed) {
	t.Helper()
	b := newBench(t, shape, 300, 4*time.Millisecond)
	p := b.start(t)
	c := b.install(t, p)
	planned := plan(t, c, backUp(t, c))
	ctx, cancel := context.WithTimeout(t.Context(), patience+resumeBar)
	defer cancel()
	run, _, err := c.Restore(ctx, planned)
	if err != nil {
		t.Fatal(err)
	}
	p = b.strike(ctx, t, p, c, run.ID, 1000+uint64(round), k)
	if _, err := c.Finish(ctx, run.ID); err != nil {
		t.Fatalf("%v\n%s", err, told(p))
	}
	k.runs++
	b.whole(t)
}

// strike kills the process at random moments of the run and starts it again, and returns the last one.
func (b *bench) strike(ctx context.Context, t *testing.T, p *rig.Process, c *rig.Client, id string, seed uint64, k *killed) *rig.Process {
	t.Helper()
	random := rand.New(rand.NewPCG(1, seed))
	for range killsPerRun {
		if k.kills >= *kills {
			break
		}
		wait := time.Duration(random.Float64() * float64(1500*time.Millisecond))
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			t.Fatal(context.Cause(ctx))
		}
		at, err := c.Watch(ctx, id, func(rig.Run) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		if at.Ended() {
			return p
		}
		p.Kill()
		k.kills++
		p = b.start(t) //nolint:contextcheck // It has a time limit of its own.
		begun := time.Now()
		calls := b.sites.Sim.Stats().Snapshot().Total()
		if _, err := c.Watch(ctx, id, func(r rig.Run) bool { return r.Ended() || b.sites.Sim.Stats().Snapshot().Total() > calls+3 }); err != nil {
			t.Fatalf("%v\n%s", err, told(p))
		}
		k.goesOn = max(k.goesOn, time.Since(begun))
		if k.goesOn > resumeBar {
			t.Errorf("the run went on %s after the restart", k.goesOn)
		}
	}
	return p
}
