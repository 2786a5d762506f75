package service

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"stowage/internal/porttest"
	"stowage/snapshot"
	"stowage/test/rig"
)

// lasts waits until an outage that began at a time has lasted as long as it should.
func lasts(ctx context.Context, t *testing.T, since time.Time) {
	t.Helper()
	pause(ctx, time.Until(since.Add(*outage)))
	if ctx.Err() != nil {
		t.Fatal(context.Cause(ctx))
	}
}

func TestRedisThatLosesEverythingLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, servers, 400, 0)
	p := b.start(t)
	c := b.install(t, p)
	ctx := within(t, patience)
	run, _ := b.restoreAsFarAs(ctx, t, c, p, plan(t, c, backUp(t, c)), 30)
	b.redis.Stop()
	since := time.Now()
	// While Redis is away the run goes on, and what is started waits in the database.
	b.allow(t, 40)
	b.created(ctx, t, c, p, run.ID, run.Progress.Created+40)
	second := start(ctx, t, c, "ITSM")
	lasts(ctx, t, since)
	b.allow(t, 20)
	b.created(ctx, t, c, p, run.ID, run.Progress.Created+60)
	b.redis.Start()
	b.release()
	finish(ctx, t, c, p, run.ID, second.ID)
	b.whole(t)
}

// TestDatabaseThatRestartsLosesNothing cuts the line to the database in the middle of a restore: for moments first, then for as long as an
// outage lasts, during which the site answers writes whose outcome cannot be kept.
func TestDatabaseThatRestartsLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, servers, 400, 0)
	line := b.lineToDatabase(t)
	p := b.start(t)
	c := b.install(t, p)
	ctx := within(t, patience)
	run, _ := b.restoreAsFarAs(ctx, t, c, p, plan(t, c, backUp(t, c)), 30)
	for range 3 {
		before := watch(ctx, t, c, p, run.ID, anyhow)
		if broken := line.cut(); broken == 0 {
			t.Error("there was no connection to cut")
		}
		line.mend(t)
		b.allow(t, 20)
		b.created(ctx, t, c, p, run.ID, before.Progress.Created+1)
	}
	b.allow(t, 0)
	before := -1
	until(ctx, t, "calls that create objects are kept back", func() bool {
		last := before
		before = b.restored(t)
		return before == last && b.front.creating.Load() > 0
	})
	line.cut()
	since := time.Now()
	b.allow(t, 20)
	until(ctx, t, "the site creates objects of which the service can keep no note", func() bool { return b.restored(t) > before })
	if status, r := ready(ctx, t, p); status != http.StatusServiceUnavailable || r.Checks["database"] != "failing" {
		t.Errorf("without its database the service answers %d: %+v", status, r)
	}
	lasts(ctx, t, since)
	if made := b.restored(t); made >= 400 {
		t.Errorf("%d objects were created without a database", made)
	}
	line.mend(t)
	b.release()
	finish(ctx, t, c, p, run.ID)
	b.whole(t)
}

// TestWorkerThatSleepsThroughItsLeaseWritesNothingMore stops a worker in the middle of a restore for so long that another one
// takes the run over, and wakes it up while that one is at work.
func TestWorkerThatSleepsThroughItsLeaseWritesNothingMore(t *testing.T) {
	t.Parallel()
	b := newBench(t, servers, 200, 0)
	// Processes that share a database share a key, which none of them makes.
	if err := os.WriteFile(filepath.Join(b.o.Data, "key"), []byte(snapshot.NewMasterKey().Reveal()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := b.start(t, func(o *rig.ServiceOptions) { o.Role = "web" })
	worker := func() *rig.Process {
		addr, err := porttest.Addr(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b.start(t, func(o *rig.ServiceOptions) { o.Role, o.Addr, o.BaseURL = "worker", addr, p.Base })
	}
	first := worker()
	c := b.install(t, p)
	ctx := within(t, patience)
	run, _ := b.restoreAsFarAs(ctx, t, c, p, plan(t, c, backUp(t, c)), 30)
	if err := first.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	// What it has asked for is done; it does not hear the answers.
	b.release()
	until(ctx, t, "the calls of the first worker are done", func() bool { return b.front.creating.Load() == 0 })
	b.allow(t, 40)
	before := b.restored(t)
	second := worker()
	until(ctx, t, "the second worker has taken the restore over", func() bool { return b.restored(t) == before+40 })
	if err := first.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	// It notices while the second one is in the middle of its work.
	until(ctx, t, "the first worker has noticed that it has lost its lease", func() bool {
		return b.metric(ctx, t, first, "stowage_lease_losses_total") > 0
	})
	if at := watch(ctx, t, c, p, run.ID, anyhow); at.State != "running" {
		t.Errorf("the restore is %s", at.State)
	}
	b.release()
	finish(ctx, t, c, second, run.ID)
	b.whole(t)
	// A restore that finds an object of its own twice deletes one of them: here it had nothing to delete.
	if deleted := b.sites.Sim.Stats().Snapshot().Calls["DELETE /object/{id}"]; deleted > 0 {
		t.Errorf("%d objects were created twice", deleted)
	}
}
