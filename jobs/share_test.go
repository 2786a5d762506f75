package jobs

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stowage/internal/retry"
	"stowage/models"
)

// TestOneTenantsLongRunsDoNotKeepAnothersWaiting fills the queue with the runs of one tenant and then adds one of another.
func TestOneTenantsLongRunsDoNotKeepAnothersWaiting(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		o := r.options()
		o.Long = 3
		r.start(map[Kind]Handler{KindBackup: r.endless(), KindRestore: r.taking(3)}, o)
		var ids []string
		for range 12 {
			ids = append(ids, r.queue("acme", KindBackup, models.RunSpec{}).ID)
		}
		r.until("they are worked on", func() bool { return r.seen.isActive(ids[0]) && r.seen.isActive(ids[1]) })
		pass(t, 6*r.unit)
		active := 0
		for _, id := range ids {
			if r.seen.isActive(id) {
				active++
			}
		}
		if active != 2 {
			t.Errorf("a tenant has %d of 3 slots", active)
		}
		at := time.Now()
		short := r.queue("globex", KindRestore, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.times(short) > 0 })
		r.atMost("the other tenant's wait", time.Since(at), 2*r.unit)
		r.becomes("globex", short, models.StateSucceeded)
	})
}

// TestWhereThereIsOneSlotItIsSharedInSlices has one slot and two tenants with more to do than fits in a slice.
func TestWhereThereIsOneSlotItIsSharedInSlices(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		o := r.options()
		o.Long, o.Metrics = 1, newTestMetrics(t)
		r.start(all(r.taking(250)), o)
		long := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.times(long) > 0 })
		at := time.Now()
		other := r.queue("globex", KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.times(other) > 0 })
		r.atMost("the other tenant's wait", time.Since(at), o.MinSlice+3*r.unit)
		for tenant, id := range map[string]string{"acme": long, "globex": other} {
			if info := r.becomes(tenant, id, models.StateSucceeded); info.Attempts != 0 || info.Progress.Stages[0].Done != 250 {
				t.Errorf("%+v", info)
			}
			// 25 seconds of work in slices of 10; where time is real the work takes longer, and more of them.
			if n := r.seen.times(id); n < 2 || n > 4 && r.redis.InProcess() {
				t.Errorf("it took %d slices", n)
			}
		}
		if r.seen.doubles() > 0 {
			t.Error("it was worked on twice at once")
		}
		if got := counted(t, o.Metrics.runs.WithLabelValues("backup", "sliced")); got < 2 {
			t.Errorf("%v slices are counted", got)
		}
	})
}

// TestRunsOfOneTenantTakeTurnsByWholeSlices has one slot, one tenant and two runs: neither has less than the other, so a
// slice goes on to its end.
func TestRunsOfOneTenantTakeTurnsByWholeSlices(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		o := r.options()
		o.Long, o.Slice, o.MinSlice = 1, 40*time.Second, 10*time.Second
		r.start(all(r.taking(600)), o)
		first := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.isActive(first) })
		at := time.Now()
		second := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("the other is worked on", func() bool { return r.seen.isActive(second) })
		if took := time.Since(at); took < 38*time.Second || took > 43*time.Second {
			t.Errorf("the other waited %s", took)
		}
		r.becomes("acme", first, models.StateSucceeded)
		if n := r.seen.times(first); n != 2 {
			t.Errorf("60 seconds of work took %d slices", n)
		}
	})
}

func TestARunThatNobodyWaitsForIsNotInterrupted(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		o := r.options()
		o.Long, o.Slice = 1, 5*time.Second
		r.start(all(r.taking(500)), o)
		id := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.becomes("acme", id, models.StateSucceeded)
		if n := r.seen.times(id); n != 1 {
			t.Errorf("it took %d slices", n)
		}
	})
}

func TestASliceThatIsHeldDoesNotEnd(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		o := r.options()
		o.Long = 1
		held := make(chan time.Duration, 1)
		r.start(map[Kind]Handler{
			KindRestore: func(ctx context.Context, _ *models.Run, _ *models.Tenant, live *Live) error {
				release := live.Hold()
				if err := retry.Wait(ctx, 50*time.Second); err != nil {
					t.Errorf("it was interrupted: %v", err)
				}
				at := time.Now()
				release()
				release()
				<-live.Stopping()
				held <- time.Since(at)
				live.End(models.StateSucceeded, nil, "")
				return nil
			},
			KindBackup: r.quick(),
		}, o)
		id := r.queue("acme", KindRestore, models.RunSpec{}).ID
		r.becomes("acme", id, models.StateRunning)
		other := r.queue("globex", KindBackup, models.RunSpec{}).ID
		if after := <-held; after > 2*time.Second {
			t.Errorf("it went on for %s when it was let go", after)
		}
		r.becomes("acme", id, models.StateSucceeded)
		r.becomes("globex", other, models.StateSucceeded)
	})
}

func TestShortRunsDoNotWaitForLongOnes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		o := r.options()
		o.Long, o.Short = 1, 1
		r.start(map[Kind]Handler{KindBackup: r.endless(), KindSync: r.quick()}, o)
		long := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.isActive(long) })
		r.becomes("acme", r.queue("acme", KindSync, models.RunSpec{}).ID, models.StateSucceeded)
	})
}

func TestASecondRestoreOfATargetWaitsAndSaysForWhich(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		r.start(map[Kind]Handler{KindRestore: r.taking(40)}, r.options())
		spec := models.RunSpec{TargetKey: "workspace/w"}
		first := r.queue("acme", KindRestore, spec).ID
		r.until("it is worked on", func() bool { return r.seen.times(first) > 0 })
		second := r.queue("acme", KindRestore, spec).ID
		foreign := r.queue("globex", KindRestore, spec).ID
		elsewhere := r.queue("acme", KindRestore, models.RunSpec{TargetKey: "workspace/other"}).ID
		r.becomes("acme", elsewhere, models.StateSucceeded)
		if info := r.run("acme", first); info.State != models.StateRunning {
			// Where time is real the first may be done already; the order is looked at below.
			t.Logf("the first is %s", info.State)
		} else {
			if info := r.run("acme", second); info.State != models.StateQueued || info.QueuedBehind != first {
				t.Errorf("it is %s behind %q", info.State, info.QueuedBehind)
			}
			if info := r.run("globex", foreign); info.State != models.StateQueued || info.QueuedBehind != models.BehindElsewhere && info.QueuedBehind != "" {
				t.Errorf("it is %s behind %q", info.State, info.QueuedBehind)
			}
		}
		r.becomes("globex", foreign, models.StateSucceeded)
		a, b, c := r.run("acme", first), r.run("acme", second), r.run("globex", foreign)
		if b.Started.Before(a.Finished) || c.Started.Before(b.Finished) {
			t.Errorf("they ran at the same time: %s–%s, %s–%s, %s", a.Started, a.Finished, b.Started, b.Finished, c.Started)
		}
		r.atMost("the turn of the second", b.Started.Sub(a.Finished), 6*r.unit)
		if b.Attempts != 0 {
			t.Error("waiting was counted as a failure")
		}
	})
}

func TestWhatPassesIsTriedAgainWithLongerAndLongerWaits(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		o := r.options()
		o.Tries, o.Backoff, o.Metrics = 4, retry.Backoff{Base: 2 * r.unit, Cap: time.Hour}, newTestMetrics(t)
		o.Transient = func(err error) bool { return errors.Is(err, errPasses) }
		var began [8]time.Time
		var n atomic.Int64
		r.start(map[Kind]Handler{
			KindBackup: func(_ context.Context, _ *models.Run, _ *models.Tenant, live *Live) error {
				i := n.Add(1) - 1
				began[i] = time.Now()
				if i < 3 {
					return errPasses
				}
				return nil
			},
			KindSync:    func(context.Context, *models.Run, *models.Tenant, *Live) error { return errPasses },
			KindRestore: func(context.Context, *models.Run, *models.Tenant, *Live) error { return errors.New("broken") },
			KindPlan:    func(context.Context, *models.Run, *models.Tenant, *Live) error { panic("oh no") },
		}, o)
		passes := r.queue("acme", KindBackup, models.RunSpec{}).ID
		never := r.queue("acme", KindSync, models.RunSpec{}).ID
		broken := r.queue("acme", KindRestore, models.RunSpec{}).ID
		panics := r.queue("acme", KindPlan, models.RunSpec{}).ID

		r.becomes("acme", passes, models.StateSucceeded)
		for i, want := range []time.Duration{2, 4, 8} {
			waited := began[i+1].Sub(began[i])
			if waited < want*r.unit-r.unit/10 {
				t.Errorf("wait %d took only %s", i, waited)
			}
			r.atMost("a wait", waited, (want+6)*r.unit)
		}
		for id, want := range map[string]string{
			never:  interrupted,
			broken: internal,
			panics: internal,
		} {
			if info := r.becomes("acme", id, models.StateFailed); info.Error != want {
				t.Errorf("it failed with %q", info.Error)
			}
		}
		if counted(t, o.Metrics.panics) != 1 || counted(t, o.Metrics.runs.WithLabelValues("sync", "retried")) != 3 {
			t.Error("they are not counted")
		}
	})
}

func TestARunThatComesBackLaterIsNoFailure(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		var (
			mu    sync.Mutex
			began []time.Time
		)
		o := r.options()
		o.Tries = 1
		r.start(map[Kind]Handler{KindBackup: func(context.Context, *models.Run, *models.Tenant, *Live) error {
			mu.Lock()
			defer mu.Unlock()
			began = append(began, time.Now())
			if len(began) < 5 {
				return &Later{After: 3 * r.unit, Reason: "The site asked to wait."}
			}
			return nil
		}}, o)
		id := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("it says why it waits", func() bool {
			info := r.run("acme", id)
			return info.State == models.StateQueued && info.Error == "The site asked to wait."
		})
		r.becomes("acme", id, models.StateSucceeded)
		mu.Lock()
		defer mu.Unlock()
		for i := range 4 {
			if waited := began[i+1].Sub(began[i]); waited < 3*r.unit-r.unit/10 {
				t.Errorf("it came back after %s", waited)
			}
		}
	})
}
