package jobs

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"stowage/jobs/jobstest"
	"stowage/models"
)

// stop asks a run of acme to stop and says how long it took until it had.
func (r *rig) stop(id string) time.Duration {
	r.t.Helper()
	at := time.Now()
	if _, err := r.service.Stop(r.t.Context(), "acme", "ada", id); err != nil {
		r.t.Fatal(err)
	}
	r.becomes("acme", id, models.StateTerminated)
	return time.Since(at)
}

func TestARunThatIsWorkedOnStopsWithinSeconds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		o := r.options()
		o.Metrics = newTestMetrics(t)
		r.start(all(r.endless()), o)
		id := r.queue("acme", KindRestore, models.RunSpec{}).ID
		other := r.queue("acme", KindBackup, models.RunSpec{}).ID
		foreign := r.queue("globex", KindRestore, models.RunSpec{}).ID
		for _, id := range []string{id, other, foreign} {
			r.until("it is worked on", func() bool { return r.seen.isActive(id) })
		}
		r.atMost("a stop", r.stop(id), 2*r.unit)
		// A stop reaches no other run, now or later.
		r.still(other, foreign)
		if got := counted(t, o.Metrics.runs.WithLabelValues("restore", "terminated")); got != 1 {
			t.Errorf("%v stops are counted", got)
		}
	})
}

// still sees to it that runs are worked on as before, some beats long.
func (r *rig) still(ids ...string) {
	r.t.Helper()
	over := time.After(4 * r.unit)
	tick := time.NewTicker(r.unit / 4)
	defer tick.Stop()
	for {
		for _, id := range ids {
			if !r.seen.isActive(id) || r.seen.times(id) != 1 {
				r.t.Fatal("another run was touched")
			}
		}
		select {
		case <-tick.C:
		case <-over:
			return
		}
	}
}

func TestARunThatWaitsStopsAtOnceAndIsNeverBegun(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		waits := r.queue("acme", KindBackup, models.RunSpec{}).ID
		if info, err := r.service.Stop(t.Context(), "acme", "ada", waits); err != nil || info.State != models.StateTerminated {
			t.Fatalf("%s: %v", info.State, err)
		}
		goes := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.start(all(r.quick()), r.options())
		r.becomes("acme", goes, models.StateSucceeded)
		if r.seen.times(waits) != 0 || r.run("acme", waits).State != models.StateTerminated {
			t.Error("it was begun")
		}
	})
}

// TestStoppingTwiceNeverStopsTheNextRun is about a user who clicks again, and again after having started anew.
func TestStoppingTwiceNeverStopsTheNextRun(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		r.start(all(r.endless()), r.options())
		spec := models.RunSpec{Fingerprint: "the same command", TargetKey: "workspace/w"}
		first := r.queue("acme", KindRestore, spec).ID
		r.until("it is worked on", func() bool { return r.seen.isActive(first) })
		for range 2 {
			info, err := r.service.Stop(t.Context(), "acme", "ada", first)
			if err != nil || info.State != models.StateStopping && info.State != models.StateTerminated {
				t.Errorf("%s: %v", info.State, err)
			}
		}
		// Another run of the same target is started before the first has stopped.
		spec.Fingerprint = "the next command"
		next := r.queue("acme", KindRestore, spec).ID
		r.becomes("acme", first, models.StateTerminated)
		r.until("the next is worked on", func() bool { return r.seen.isActive(next) })
		for range 3 {
			if info, err := r.service.Stop(t.Context(), "acme", "ada", first); err != nil || info.State != models.StateTerminated {
				t.Errorf("%s: %v", info.State, err)
			}
		}
		r.still(next)
		lines, err := r.db.ForTenant("acme").AuditLog(t.Context(), "", 100)
		if err != nil || len(lines.Items) != 1 {
			t.Errorf("%d lines of audit for one stop: %v", len(lines.Items), err)
		}
	})
}

// TestARunStopsBetweenItsSlices stops a run of slices without end, at no particular moment.
func TestARunStopsBetweenItsSlices(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		var slices atomic.Int64
		r.start(map[Kind]Handler{KindBackup: func(_ context.Context, run *models.Run, _ *models.Tenant, _ *Live) error {
			defer r.seen.enter(run.ID())()
			slices.Add(1)
			if slices.Load()%3 == 0 {
				return &Later{After: r.unit / 2, Reason: "busy"}
			}
			return ErrMore
		}}, r.options())
		for range 5 {
			id := r.queue("acme", KindBackup, models.RunSpec{}).ID
			before := slices.Load()
			r.until("some slices are over", func() bool { return slices.Load() > before+5 })
			r.atMost("a stop", r.stop(id), 2*r.unit)
			n := r.seen.times(id)
			pass(t, 3*r.unit)
			if r.seen.times(id) > n+1 {
				t.Error("it goes on")
			}
			if info := r.run("acme", id); info.State != models.StateTerminated || info.Attempts != 0 {
				t.Errorf("%s after %d attempts", info.State, info.Attempts)
			}
		}
	})
}

func TestARunThatWasStoppedGoesOnWhenItIsResumed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		rest := r.taking(30)
		r.start(all(func(ctx context.Context, run *models.Run, tenant *models.Tenant, live *Live) error {
			if r.seen.times(run.ID()) > 0 {
				return rest(ctx, run, tenant, live)
			}
			defer r.seen.enter(run.ID())()
			if err := run.Checkpoints().Save(ctx, make([]byte, 5)); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		}), r.options())
		id := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.isActive(id) })
		r.stop(id)
		if _, err := r.service.Resume(t.Context(), "acme", "ada", id); err != nil {
			t.Fatal(err)
		}
		info := r.becomes("acme", id, models.StateSucceeded)
		if info.Progress.Stages[0].Done != 30 || r.seen.times(id) != 2 {
			t.Errorf("%+v after %d attempts", info.Progress, r.seen.times(id))
		}
		_, err := r.service.Resume(t.Context(), "acme", "ada", id)
		if refused, ok := errors.AsType[*Refused](err); !ok || refused.Code != CodeNotResumable {
			t.Errorf("resuming a run that succeeded: %v", err)
		}
	})
}

func TestAShutdownTakesLessThanTwoSecondsAndOthersGoOn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		causes := make(chan error, 4)
		o := r.options()
		stop := r.start(map[Kind]Handler{KindBackup: func(ctx context.Context, run *models.Run, _ *models.Tenant, live *Live) error {
			defer r.seen.enter(run.ID())()
			<-ctx.Done()
			causes <- context.Cause(ctx)
			// What is being written is brought to its end.
			over := time.NewTimer(Grace / 4)
			defer over.Stop()
			<-over.C
			return run.Checkpoints().Save(context.WithoutCancel(ctx), []byte("saved"))
		}}, o)
		var ids []string
		for _, tenant := range []string{"acme", "globex"} {
			id := r.queue(tenant, KindBackup, models.RunSpec{}).ID
			r.until("it is worked on", func() bool { return r.seen.isActive(id) })
			ids = append(ids, id)
		}
		r.atMost("a shutdown", stop(), 2*time.Second)
		for range ids {
			if err := <-causes; !errors.Is(err, ErrShutdown) {
				t.Errorf("a handler was told %v", err)
			}
		}
		for i, id := range ids {
			info := r.run([]string{"acme", "globex"}[i], id)
			if info.State != models.StateQueued || info.Attempts != 0 || !info.NotBefore.Before(time.Now().Add(time.Second)) {
				t.Errorf("it is %s after %d attempts, not before %s", info.State, info.Attempts, info.NotBefore)
			}
		}
		// No sweep: the ring of the one that went is enough.
		o.Sweep = time.Hour
		at := time.Now()
		r.start(all(func(ctx context.Context, run *models.Run, _ *models.Tenant, _ *Live) error {
			state, err := run.Checkpoints().Load(ctx)
			if string(state) != "saved" {
				t.Errorf("it finds %q: %v", state, err)
			}
			return err
		}), o)
		for i, id := range ids {
			r.becomes([]string{"acme", "globex"}[i], id, models.StateSucceeded)
		}
		t.Logf("others went on after %s", time.Since(at))
	})
}

func TestAShutdownDoesNotWaitForAHandlerThatDoesNotObey(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		free, refused := make(chan struct{}), make(chan error, 1)
		stop := r.start(map[Kind]Handler{KindBackup: func(ctx context.Context, run *models.Run, _ *models.Tenant, live *Live) error {
			defer r.seen.enter(run.ID())()
			<-free
			refused <- run.Checkpoints().Save(context.WithoutCancel(ctx), []byte("too late"))
			live.End(models.StateFailed, nil, "too late")
			return nil
		}}, r.options())
		id := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.isActive(id) })
		r.atMost("a shutdown", stop(), 2*time.Second)
		if info := r.run("acme", id); info.State != models.StateQueued {
			t.Errorf("it is %s", info.State)
		}
		r.start(all(r.quick()), r.options())
		r.becomes("acme", id, models.StateSucceeded)
		close(free)
		if err := <-refused; !errors.Is(err, models.ErrLeaseLost) {
			t.Errorf("the write of the one that did not obey: %v", err)
		}
		r.until("it has gone", func() bool { return !r.seen.isActive(id) })
		if info := r.run("acme", id); info.State != models.StateSucceeded {
			t.Errorf("it is %s", info.State)
		}
	})
}

func TestAShutdownWhileRedisIsAwayIsAsQuick(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		stop := r.start(all(r.endless()), r.options())
		id := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.isActive(id) })
		r.down()
		pass(t, 3*r.unit)
		r.atMost("a shutdown", stop(), 2*time.Second)
		if info := r.run("acme", id); info.State != models.StateQueued {
			t.Errorf("it is %s", info.State)
		}
	})
}

// TestARedisThatIsSilentHoldsUpNobody lets Redis take what it is told and answer nothing.
func TestARedisThatIsSilentHoldsUpNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t, jobstest.StartRedis(t), time.Second/10)
	stop := r.start(all(r.endless()), r.options())
	id := r.queue("acme", KindBackup, models.RunSpec{}).ID
	r.until("it is worked on", func() bool { return r.seen.isActive(id) })
	r.server.Freeze()
	defer r.server.Thaw()
	at := time.Now()
	other := r.queue("globex", KindBackup, models.RunSpec{}).ID
	r.atMost("starting a run", time.Since(at), 2*ringTimeout)
	r.until("the sweeper has found it", func() bool { return r.seen.isActive(other) })
	r.atMost("a stop", r.stop(id), 2*r.unit)
	// On a machine with nothing else to do it takes one second; left to itself Asynq would take eleven and more.
	took := stop()
	if took > 10*time.Second {
		t.Errorf("a shutdown took %s", took)
	}
	t.Logf("the shutdown took %s", took)
	if info := r.run("globex", other); info.State != models.StateQueued {
		t.Errorf("it is %s", info.State)
	}
}
