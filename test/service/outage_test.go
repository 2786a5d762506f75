package service

import (
	"context"
	"database/sql" //nolint:depguard // The test looks at the database from outside.
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" //nolint:depguard // The driver of the connection that cuts others off.

	"stowage/test/rig"
)

// creating is the operation that creates an object.
const creating = "POST /object/create"

// allow lets so many more objects be created and keeps back the calls that would create others.
func (b *bench) allow(t *testing.T, creations int) {
	t.Helper()
	if err := b.sites.Sim.Site(rig.Source).Hold(creating, creations); err != nil {
		t.Fatal(err)
	}
}

// restoring starts a restore and waits until it has created some objects.
func (b *bench) restoring(ctx context.Context, t *testing.T, c *rig.Client, created int64) rig.Run {
	t.Helper()
	run, _, err := c.Restore(ctx, plan(t, c, backUp(t, c))) //nolint:contextcheck // Each has a time limit of its own.
	if err != nil {
		t.Fatal(err)
	}
	at, err := c.Watch(ctx, run.ID, func(r rig.Run) bool { return r.Progress.Created >= created || r.Ended() })
	if err != nil {
		t.Fatal(err)
	}
	if at.Ended() {
		t.Fatalf("the restore was over before anything could happen to it: %s %s", at.State, at.Message)
	}
	return at
}

func TestRedisThatLosesEverythingLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, servers, 400, 0)
	p := b.start(t)
	c := b.install(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b.allow(t, 30)
	run := b.restoring(ctx, t, c, 30)
	b.redis.Stop()
	// While Redis is away the run goes on, and what is started waits in the database.
	b.allow(t, 40)
	if _, err := c.Watch(ctx, run.ID, func(r rig.Run) bool { return r.Progress.Created >= run.Progress.Created+40 || r.Ended() }); err != nil {
		t.Fatalf("%v\n%s", err, told(p))
	}
	schema, err := c.Schema(ctx, "ITSM")
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := c.BackUp(ctx, schema)
	if err != nil {
		t.Fatalf("a backup cannot be started while Redis is away: %v", err)
	}
	b.redis.Start()
	b.sites.Sim.Site(rig.Source).Release()
	for _, id := range []string{run.ID, second.ID} {
		if _, err := c.Finish(ctx, id); err != nil {
			t.Fatalf("%v\n%s", err, told(p))
		}
	}
	b.whole(t)
}

func TestDatabaseThatRestartsLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, servers, 400, 0)
	p := b.start(t)
	c := b.install(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b.allow(t, 30)
	run := b.restoring(ctx, t, c, 30)
	db, err := sql.Open("pgx", b.o.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // It has told what it was asked.
	for range 3 {
		// What a restart does to the service: every connection breaks, whatever it was doing.
		var cut int
		query := "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
		if err := db.QueryRowContext(ctx, query).Scan(&cut); err != nil {
			t.Fatal(err)
		}
		if cut == 0 {
			t.Error("there was no connection to cut")
		}
		before, err := c.Watch(ctx, run.ID, func(rig.Run) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		b.allow(t, 20)
		if _, err := c.Watch(ctx, run.ID, func(r rig.Run) bool { return r.Progress.Created > before.Progress.Created || r.Ended() }); err != nil {
			t.Fatalf("%v\n%s", err, told(p))
		}
	}
	b.sites.Sim.Site(rig.Source).Release()
	if _, err := c.Finish(ctx, run.ID); err != nil {
		t.Fatalf("%v\n%s", err, told(p))
	}
	b.whole(t)
}

// TestWorkerThatSleepsThroughItsLeaseWritesNothingMore stops a worker in the middle of a restore for so long that another one
// takes the run over, and wakes it up while that one is at work.
func TestWorkerThatSleepsThroughItsLeaseWritesNothingMore(t *testing.T) {
	t.Parallel()
	b := newBench(t, servers, 600, 0)
	p := b.start(t, func(o *rig.ServiceOptions) { o.Role = "web" })
	worker := func() *rig.Process {
		addr, err := rig.FreeAddr(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b.start(t, func(o *rig.ServiceOptions) { o.Role, o.Addr, o.BaseURL = "worker", addr, p.Base })
	}
	first := worker()
	c := b.install(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	lift := b.front.trickle(creations(), 50*time.Millisecond)
	defer lift()
	run := b.restoring(ctx, t, c, 30)
	if err := first.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	second := worker()
	at, err := c.Watch(ctx, run.ID, func(r rig.Run) bool { return r.Progress.Created > run.Progress.Created+20 || r.Ended() })
	if err != nil {
		t.Fatalf("%v\n%s", err, told(second))
	}
	if at.Ended() {
		t.Fatal("the restore was over before the first worker woke up")
	}
	if err := first.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	lift()
	if _, err := c.Finish(ctx, run.ID); err != nil {
		t.Fatalf("%v\n%s", err, told(second))
	}
	b.whole(t)
}
