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
	// atCalls are the kills during a call, waiting those of a run that waited for its turn or for its site.
	atCalls, waiting int
	// late are those that came when the run had just ended. They are no kills of it, and not counted among them.
	late int
	// goesOn is the longest time from the restart until the run moved again.
	goesOn time.Duration
}

func (k *killed) String() string {
	return fmt.Sprintf("%d kills (%d at a moment, %d at a call; %d while the run waited; %d more came too late) in %d runs; went on %.1f s after the restart at most",
		k.kills, k.kills-k.atCalls, k.atCalls, k.waiting, k.late, k.runs, k.goesOn.Seconds())
}

// TestKilledServiceLosesNothing kills the service with SIGKILL at random moments of backups and restores: some are moments of the clock, the
// others calls that the site has not done yet, or has done and not answered.
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
	ctx := within(t, patience+killsPerRun*resumeBar)
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
	ctx := within(t, patience+killsPerRun*resumeBar)
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
		at, atCall := b.moment(ctx, t, c, id, random)
		if at.Ended() {
			break
		}
		p.Kill()
		calls, begun := b.front.reading.Load(), time.Now()
		p = b.start(t) //nolint:contextcheck // It has a time limit of its own.
		// Before anybody has worked on it again, the run is as it was.
		after := watch(ctx, t, c, p, id, anyhow)
		switch {
		case after.Ended() && !atCall && b.front.reading.Load() == calls:
			k.late++
			return p
		case atCall:
			k.atCalls++
		case at.State == "queued":
			k.waiting++
		}
		k.kills++
		watch(ctx, t, c, p, id, func(r rig.Run) bool { return r.Ended() || b.front.reading.Load() > calls })
		k.goesOn = max(k.goesOn, time.Since(begun))
		if k.goesOn > resumeBar {
			t.Errorf("the run went on %s after the restart", k.goesOn)
		}
	}
	return p
}

// Moments of the clock come so much later at the most, and those of calls so many calls later.
const (
	mostMoments = 1500 * time.Millisecond
	mostCalls   = 60
)

// moment waits for a random moment of a run, and returns what the run was then, and whether it is in the middle of a call, until which is
// answered it cannot end.
func (b *bench) moment(ctx context.Context, t *testing.T, c *rig.Client, id string, random *rand.Rand) (at rig.Run, atCall bool) {
	t.Helper()
	var clock <-chan time.Time
	var struck <-chan struct{}
	if random.IntN(2) == 0 {
		timer := time.NewTimer(time.Duration(random.Float64() * float64(mostMoments)))
		defer timer.Stop()
		clock = timer.C
	} else {
		var lift func()
		struck, lift = b.front.strike(assetsOf(rig.Source), 1+random.Int64N(mostCalls), random.IntN(2) == 0)
		defer lift()
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for over := false; !over && !at.Ended(); {
		select {
		case <-clock:
			over = true
		case <-struck:
			over, atCall = true, true
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(context.Cause(ctx))
		}
		var err error
		if at, err = c.Watch(ctx, id, anyhow); err != nil {
			t.Fatal(err)
		}
	}
	return at, atCall
}

// anyhow is content with a run as it is.
func anyhow(rig.Run) bool { return true }
