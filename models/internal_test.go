package models

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gorm.io/gorm"
)

func openInternal(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "stowage.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestTheSettingsOfTheDatabaseHold(t *testing.T) {
	t.Parallel()
	db := openInternal(t)
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "15000"}
	for name, value := range want {
		var got string
		if err := db.gorm.Raw("PRAGMA " + name).Scan(&got).Error; err != nil {
			t.Fatal(err)
		}
		if got != value {
			t.Errorf("%s is %s, want %s", name, got, value)
		}
	}
}

func TestADatabaseOfALaterVersionIsRefused(t *testing.T) {
	t.Parallel()
	db := openInternal(t)
	err := db.gorm.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)").Error
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context()); !errors.Is(err, ErrNewerSchema) {
		t.Errorf("migrating it: %v", err)
	}
}

// elsewhere makes the holder of a run a process of another machine.
func elsewhere(t *testing.T, db *DB, id string) {
	t.Helper()
	err := db.gorm.Exec("UPDATE runs SET lease_owner = ? WHERE id = ?", process{machine: "another", pid: 1, started: "1"}.String(), id).Error
	if err != nil {
		t.Fatal(err)
	}
}

func TestALeaseOfAnotherMachineEndsByTime(t *testing.T) {
	t.Parallel()
	db := openInternal(t)
	tenant := db.ForTenant("local")
	old, err := tenant.StartRun(t.Context(), RunSpec{Kind: KindBackup, Fingerprint: "f"})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere(t, db, old.ID())
	if _, err := tenant.ClaimRun(t.Context(), old.ID()); !errors.Is(err, ErrBusy) {
		t.Fatalf("claimed within the lease: %v", err)
	}
	if err := db.gorm.Exec("UPDATE runs SET lease_until = ? WHERE id = ?", now().Add(-time.Second), old.ID()).Error; err != nil {
		t.Fatal(err)
	}
	fresh, err := tenant.ClaimRun(t.Context(), old.ID())
	if err != nil {
		t.Fatal(err)
	}
	writes := map[string]error{
		"checkpoint": old.Checkpoints().Save(t.Context(), []byte("late")),
		"begin":      old.Journal().Begin(t.Context(), "object", []string{"1"}),
		"finish":     old.Journal().Finish(t.Context(), "object", []string{"1"}, []string{"2"}, nil),
		"stop":       old.Stop(t.Context()),
		"end":        old.Finish(t.Context(), StateFailed, nil),
	}
	for what, err := range writes {
		if !errors.Is(err, ErrLeaseLost) {
			t.Errorf("%s by the former holder: %v", what, err)
		}
	}
	if err := fresh.Checkpoints().Save(t.Context(), []byte("new")); err != nil {
		t.Error(err)
	}
}

func TestALeaseOfAProcessThatIsGoneEndsAtOnce(t *testing.T) {
	t.Parallel()
	if self().machine == "" {
		t.Skip("this system does not tell processes apart by boot, namespace and start")
	}
	cases := map[string]struct {
		holder process
		gone   bool
	}{
		"this process":                           {self(), false},
		"an id that no process has":              {process{self().machine, 1<<22 + 1, "1"}, true},
		"this id, given to an earlier process":   {process{self().machine, self().pid, "1"}, true},
		"the same id on another machine":         {process{"another", 1<<22 + 1, "1"}, false},
		"a holder of whom the machine is hidden": {process{"", 1<<22 + 1, ""}, false},
	}
	for name, c := range cases {
		if got := parseProcess(c.holder.String()).gone(); got != c.gone {
			t.Errorf("%s: gone is %v, want %v", name, got, c.gone)
		}
	}
}

func TestKeepRenewsTheLeaseAndNoticesItsLoss(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := openInternal(t)
		tenant := db.ForTenant("local")
		run, err := tenant.StartRun(t.Context(), RunSpec{Kind: KindBackup, Fingerprint: "f"})
		if err != nil {
			t.Fatal(err)
		}
		elsewhere(t, db, run.ID()) // so that only time can end the lease
		kept, stop := run.Keep(t.Context())
		defer stop()
		await(t.Context(), 10*LeaseTTL)
		if _, err := tenant.ClaimRun(t.Context(), run.ID()); !errors.Is(err, ErrBusy) {
			t.Fatalf("claimed a lease that is renewed: %v", err)
		}
		if kept.Err() != nil {
			t.Fatalf("lost the lease: %v", context.Cause(kept))
		}
		if err := db.gorm.Exec("UPDATE runs SET lease_token = lease_token + 1").Error; err != nil {
			t.Fatal(err)
		}
		await(t.Context(), LeaseTTL)
		if !errors.Is(context.Cause(kept), ErrLeaseLost) {
			t.Errorf("the context ended with %v, want the loss of the lease", context.Cause(kept))
		}
	})
}

func await(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func TestKeepGivesUpBeforeTheLeaseRunsOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := openInternal(t)
		run, err := db.ForTenant("local").StartRun(t.Context(), RunSpec{Kind: KindBackup, Fingerprint: "f"})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		kept, stop := run.Keep(t.Context())
		defer stop()
		if err := db.gorm.Exec("ALTER TABLE runs RENAME TO gone").Error; err != nil {
			t.Fatal(err)
		}
		<-kept.Done()
		if took := time.Since(begun); took > LeaseTTL {
			t.Errorf("it took %v, the lease lasts %v", took, LeaseTTL)
		}
		if !errors.Is(context.Cause(kept), ErrLeaseLost) {
			t.Errorf("the context ended with %v", context.Cause(kept))
		}
	})
}

func TestAFailingCallDoesNotFailThoseItSharesATransactionWith(t *testing.T) {
	t.Parallel()
	db := openInternal(t)
	run, err := db.ForTenant("local").StartRun(t.Context(), RunSpec{Kind: KindBackup, Fingerprint: "f"})
	if err != nil {
		t.Fatal(err)
	}
	var g groupCommit
	mistake := errors.New("mistake")
	inside, gate := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = g.do(t.Context(), run.fenced, func(*gorm.DB) error { close(inside); <-gate; return nil })
	})
	<-inside
	// A call that is cancelled in the queue is not made, and does not wait for those before it.
	ctx, cancel := context.WithCancel(t.Context())
	withdrawn := make(chan error, 1)
	wg.Go(func() {
		withdrawn <- g.do(ctx, run.fenced, func(*gorm.DB) error { t.Error("ran after it was withdrawn"); return nil })
	})
	queued := func() int {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.waiting)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for queued() == 0 {
		<-tick.C
	}
	cancel()
	if err := <-withdrawn; !errors.Is(err, context.Canceled) || queued() != 0 {
		t.Errorf("a call that was cancelled in the queue: %v, %d wait", err, queued())
	}
	errs := make([]error, 2*maxGroup)
	for i := range errs {
		wg.Go(func() {
			errs[i] = g.do(t.Context(), run.fenced, func(*gorm.DB) error {
				if i == 3 {
					return mistake
				}
				return nil
			})
		})
	}
	close(gate)
	wg.Wait()
	for i, err := range errs {
		if i == 3 {
			if !errors.Is(err, mistake) {
				t.Errorf("the mistake became %v", err)
			}
		} else if err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

func TestADiskThatIsFullEndsAMigrationAtOnce(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "stowage.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	pool, err := db.gorm.DB()
	if err != nil {
		t.Fatal(err)
	}
	// One connection, whose database may not grow beyond three pages: SQLite answers as on a disk without room.
	pool.SetMaxOpenConns(1)
	if _, err := pool.ExecContext(t.Context(), "PRAGMA max_page_count = 3"); err != nil {
		t.Fatal(err)
	}
	err = db.Migrate(t.Context())
	if !errors.Is(err, ErrFull) {
		t.Errorf("the migration ended with %v, want %v", err, ErrFull)
	}
	if _, trouble := diskTrouble(err); !trouble {
		t.Errorf("%v is not taken for trouble with the disk, so it would be tried again and again", err)
	}
}
