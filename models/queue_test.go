package models_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/internal/runstate"
	"stowage/models"
	"stowage/models/modelstest"
	"stowage/report"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func now() time.Time { return time.Now().UTC() }

func must[T any](v T, err error) func(tb testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func tenants(t *testing.T, db *models.DB, ids ...string) []*models.Tenant {
	t.Helper()
	var all []*models.Tenant
	for _, id := range ids {
		if err := db.AddTenant(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		all = append(all, db.ForTenant(id))
	}
	return all
}

func enqueue(t *testing.T, tenant *models.Tenant, fingerprint, targetKey string) models.RunInfo {
	t.Helper()
	return must(tenant.Enqueue(t.Context(), models.RunSpec{
		Kind: models.KindRestore, Fingerprint: fingerprint, TargetKey: targetKey, Actor: "ada", Spec: json.RawMessage(`{"what":"` + fingerprint + `"}`),
	}))(t)
}

func claim(t *testing.T, tenant *models.Tenant, info models.RunInfo) *models.Run {
	t.Helper()
	return must(tenant.Claim(t.Context(), info.ID, info.Epoch, "worker-1"))(t)
}

func get(t *testing.T, tenant *models.Tenant, id string) models.RunInfo {
	t.Helper()
	return must(tenant.GetRun(t.Context(), id))(t)
}

func TestAQueuedRunIsClaimedOnceAndEnds(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			tenant := modelstest.OpenAt(t, dialect, c.now).ForTenant("local")
			queued := enqueue(t, tenant, "f", "")
			if queued.State != models.StateQueued || queued.Epoch != 1 || queued.Actor != "ada" || string(queued.Spec) != `{"what":"f"}` {
				t.Errorf("queued as %+v", queued)
			}
			if _, err := tenant.Enqueue(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: "f"}); !errors.Is(err, models.ErrConflict) {
				t.Errorf("queued twice: %v", err)
			}
			if _, err := tenant.Claim(t.Context(), queued.ID, 2, "w"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("claimed in another epoch: %v", err)
			}
			c.pass(time.Minute)
			run := claim(t, tenant, queued)
			_, err := tenant.Claim(t.Context(), queued.ID, 1, "w")
			if busy, ok := errors.AsType[*models.BusyError](err); !ok || busy.Worker != "worker-1" || !busy.Until.Equal(c.now().Add(models.ServiceLeaseTTL)) {
				t.Errorf("claimed by two: %v", err)
			}
			if err := run.End(t.Context(), models.StatePartial, map[string]int{"objects": 3}, "two objects failed"); err != nil {
				t.Fatal(err)
			}
			got := get(t, tenant, queued.ID)
			if got.State != models.StatePartial || string(got.Result) != `{"objects":3}` || got.Error != "two objects failed" ||
				!got.Started.Equal(c.now()) || !got.Finished.Equal(c.now()) || got.Claims != 1 || got.Worker != "worker-1" {
				t.Errorf("ended as %+v", got)
			}
			if err := run.End(t.Context(), models.StateFailed, nil, ""); !errors.Is(err, models.ErrLeaseLost) {
				t.Errorf("ended twice: %v", err)
			}
			if _, err := tenant.Claim(t.Context(), queued.ID, 1, "w"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("claimed after its end: %v", err)
			}
			if next := enqueue(t, tenant, "f", ""); next.ID == queued.ID {
				t.Error("the next run has the id of the one before")
			}
		})
	}
}

func TestOneOfManyClaimsARun(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			for round := range 5 {
				queued := enqueue(t, tenant, strconv.Itoa(round), "")
				var won atomic.Int64
				var wg sync.WaitGroup
				for range 16 {
					wg.Go(func() {
						_, err := tenant.Claim(t.Context(), queued.ID, 1, "w")
						switch {
						case err == nil:
							won.Add(1)
						case !errors.Is(err, models.ErrBusy):
							t.Errorf("a claim that lost: %v", err)
						}
					})
				}
				wg.Wait()
				if won.Load() != 1 {
					t.Fatalf("%d claims won, want 1", won.Load())
				}
			}
		})
	}
}

func TestWhoeverLostTheLeaseWritesNothingMore(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			tenant := modelstest.OpenAt(t, dialect, c.now).ForTenant("local")
			queued := enqueue(t, tenant, "f", "")
			old := claim(t, tenant, queued)
			c.pass(models.ServiceLeaseTTL - time.Second)
			if stop, err := old.Heartbeat(t.Context(), nil); err != nil || stop {
				t.Fatalf("heartbeat: %v, %v", stop, err)
			}
			c.pass(models.ServiceLeaseTTL - time.Second)
			if _, err := tenant.Claim(t.Context(), queued.ID, 1, "w"); !errors.Is(err, models.ErrBusy) {
				t.Fatalf("claimed although the lease was renewed: %v", err)
			}
			c.pass(2 * time.Second)
			fresh := must(tenant.Claim(t.Context(), queued.ID, 1, "worker-2"))(t)
			late := []report.Entry{{Outcome: report.OK, Kind: "object", Message: "late"}}
			_, heartbeat := old.Heartbeat(t.Context(), &models.RunProgress{Stage: "late"})
			_, requeue := old.Requeue(t.Context(), 0, "late")
			_, retry := old.Retry(t.Context(), 0, "late")
			for what, err := range map[string]error{
				"heartbeat": heartbeat, "requeue": requeue, "retry": retry,
				"checkpoint":     old.Checkpoints().Save(t.Context(), []byte("late")),
				"journal":        old.Journal().Begin(t.Context(), "object", []string{"1"}),
				"log":            old.AppendLog(t.Context(), late),
				"end":            old.End(t.Context(), models.StateFailed, nil, "late"),
				"update backup":  old.UpdateBackup(t.Context(), func(*models.Backup) { t.Error("it was called") }),
				"update restore": old.UpdateRestore(t.Context(), func(*models.Restore) { t.Error("it was called") }),
				"end backup":     old.EndBackup(t.Context(), models.StateFailed, nil, "", nil),
				"end restore":    old.EndRestore(t.Context(), models.StateFailed, nil, "", nil),
				"end plan":       old.EndPlan(t.Context(), models.StateFailed, nil, "", models.PlanResult{}),
			} {
				if !errors.Is(err, models.ErrLeaseLost) {
					t.Errorf("%s by the former holder: %v", what, err)
				}
			}
			if _, err := fresh.Heartbeat(t.Context(), &models.RunProgress{Stage: "new", Created: 7}); err != nil {
				t.Fatal(err)
			}
			got := get(t, tenant, queued.ID)
			if got.Progress.Stage != "new" || got.Progress.Created != 7 || got.Claims != 2 || got.State != models.StateRunning || got.Worker != "worker-2" {
				t.Errorf("the run became %+v", got)
			}
		})
	}
}

func TestOnOneMachineADeadWorkerIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			tenant := db.ForTenant("local")
			queued := enqueue(t, tenant, "f", "")
			claim(t, tenant, queued)
			if due := must(db.DueRuns(t.Context(), time.Time{}, 10))(t); len(due) != 0 {
				t.Fatalf("a run that is worked on is due: %+v", due)
			}
			if !models.Gone(t, db, queued.ID) {
				t.Skip("this system does not tell processes apart by boot, namespace and start")
			}
			due := must(db.DueRuns(t.Context(), time.Time{}, 10))(t)
			if dialect == models.Postgres {
				if len(due) != 0 {
					t.Errorf("the holder may be on another machine, yet %+v is due", due)
				}
				return
			}
			if len(due) != 1 || due[0].ID != queued.ID || due[0].Claims != 1 {
				t.Fatalf("due is %+v", due)
			}
			claim(t, tenant, queued)
		})
	}
}

func TestARequeuedRunGoesBehindThoseThatWait(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			tenant := db.ForTenant("local")
			first := enqueue(t, tenant, "1", "")
			c.pass(time.Second)
			second := enqueue(t, tenant, "2", "")
			c.pass(time.Second)
			run := claim(t, tenant, first)
			if err := run.Checkpoints().Save(t.Context(), []byte("half way")); err != nil {
				t.Fatal(err)
			}
			epoch, err := run.Requeue(t.Context(), 30*time.Second, "the site asks to wait")
			if err != nil || epoch != 2 {
				t.Fatalf("epoch %d, %v", epoch, err)
			}
			got := get(t, tenant, first.ID)
			if got.State != models.StateQueued || got.Epoch != 2 || got.Error != "the site asks to wait" || got.Attempts != 0 ||
				!got.NotBefore.Equal(c.now().Add(30*time.Second)) || !got.Waiting.Equal(c.now()) || !got.Queued.Equal(first.Queued) {
				t.Errorf("requeued as %+v", got)
			}
			if _, err := tenant.Claim(t.Context(), first.ID, 2, "w"); !errors.Is(err, models.ErrTooEarly) {
				t.Errorf("claimed before its time: %v", err)
			}
			if due := must(db.DueRuns(t.Context(), time.Time{}, 10))(t); len(due) != 1 || due[0].ID != second.ID {
				t.Errorf("due is %+v", due)
			}
			c.pass(30 * time.Second)
			due := must(db.DueRuns(t.Context(), time.Time{}, 10))(t)
			if len(due) != 2 || due[0].ID != second.ID || due[1].ID != first.ID || due[1].Epoch != 2 || due[1].Claims != 1 {
				t.Fatalf("due is %+v", due)
			}
			if place := must(tenant.QueuePosition(t.Context(), first.ID))(t); place != 2 {
				t.Errorf("place is %d, want 2", place)
			}
			again := must(tenant.Claim(t.Context(), first.ID, 2, "w"))(t)
			if state, err := again.Checkpoints().Load(t.Context()); err != nil || string(state) != "half way" {
				t.Errorf("checkpoint %q, %v", state, err)
			}
			for want := 1; want <= 2; want++ {
				if epoch, err = again.Retry(t.Context(), 0, "no route to host"); err != nil {
					t.Fatal(err)
				}
				if got := get(t, tenant, first.ID); got.Attempts != want || got.Error != "no route to host" {
					t.Errorf("after %d failed tries: %+v", want, got)
				}
				again = must(tenant.Claim(t.Context(), first.ID, epoch, "w"))(t)
			}
			if _, err := again.Requeue(t.Context(), 0, ""); err != nil {
				t.Fatal(err)
			}
			if got := get(t, tenant, first.ID); got.Attempts != 0 {
				t.Errorf("after a good slice %d failed tries are counted", got.Attempts)
			}
		})
	}
}

func TestAStopReachesARunWhereverItStands(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			tenant := modelstest.OpenAt(t, dialect, c.now).ForTenant("local")

			waiting := enqueue(t, tenant, "waiting", "")
			got := must(tenant.RequestStop(t.Context(), waiting.ID, "bob"))(t)
			if got.State != models.StateTerminated || got.Finished.IsZero() || got.StopRequestedBy != "bob" {
				t.Errorf("a waiting run became %+v", got)
			}

			working := enqueue(t, tenant, "working", "")
			other := enqueue(t, tenant, "other", "")
			run, neighbour := claim(t, tenant, working), claim(t, tenant, other)
			got = must(tenant.RequestStop(t.Context(), working.ID, "bob"))(t)
			if got.State != models.StateStopping || !got.Finished.IsZero() || !got.StopRequestedAt.Equal(c.now()) {
				t.Errorf("a run that is worked on became %+v", got)
			}
			c.pass(time.Second)
			again := must(tenant.RequestStop(t.Context(), working.ID, "eve"))(t)
			if diff := cmp.Diff(got, again); diff != "" {
				t.Errorf("a second stop changed (-before +after):\n%s", diff)
			}
			if stop, err := run.Heartbeat(t.Context(), nil); err != nil || !stop {
				t.Errorf("heartbeat of the run that is to stop: %v, %v", stop, err)
			}
			if stop, err := neighbour.Heartbeat(t.Context(), nil); err != nil || stop {
				t.Errorf("heartbeat of the other run: %v, %v", stop, err)
			}
			if _, err := run.Requeue(t.Context(), 0, ""); !errors.Is(err, models.ErrStopping) {
				t.Errorf("requeued although it is to stop: %v", err)
			}
			if err := run.End(t.Context(), models.StateTerminated, nil, "Stopped."); err != nil {
				t.Fatal(err)
			}
			ended := get(t, tenant, working.ID)
			if ended.State != models.StateTerminated || ended.Error != "Stopped." {
				t.Errorf("it ended as %+v", ended)
			}
			if after := must(tenant.RequestStop(t.Context(), working.ID, "eve"))(t); after.State != models.StateTerminated || after.StopRequestedBy != "bob" {
				t.Errorf("a stop after the end made it %+v", after)
			}
			if _, err := tenant.RequestStop(t.Context(), "none", "bob"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("stopped a run that is not: %v", err)
			}
		})
	}
}

func TestAStopThatNobodyHeardIsHeardByTheNextHolder(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			tenant := db.ForTenant("local")
			queued := enqueue(t, tenant, "f", "")
			claim(t, tenant, queued)
			must(tenant.RequestStop(t.Context(), queued.ID, "bob"))(t)
			c.pass(models.ServiceLeaseTTL + time.Second)
			due := must(db.DueRuns(t.Context(), time.Time{}, 10))(t)
			if len(due) != 1 || due[0].State != models.StateStopping {
				t.Fatalf("due is %+v", due)
			}
			run := claim(t, tenant, queued)
			if run.Info().State != models.StateStopping {
				t.Errorf("claimed as %s, want stopping", run.Info().State)
			}
			if stop, err := run.Heartbeat(t.Context(), nil); err != nil || !stop {
				t.Errorf("heartbeat: %v, %v", stop, err)
			}
		})
	}
}

func TestAStoppedRunIsResumedWithWhatItRemembers(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			for _, end := range []models.State{models.StateTerminated, models.StateFailed} {
				queued := enqueue(t, tenant, "f", "")
				run := claim(t, tenant, queued)
				steps := []error{
					run.Checkpoints().Save(t.Context(), []byte("half way")),
					run.Journal().Finish(t.Context(), "object", []string{"1"}, []string{"2"}, nil),
					run.End(t.Context(), end, nil, "why"),
				}
				if err := errors.Join(steps...); err != nil {
					t.Fatal(err)
				}
				resumed := must(tenant.ResumeRun(t.Context(), queued.ID, "bob"))(t)
				if resumed.State != models.StateQueued || resumed.Epoch != 2 || !resumed.Finished.IsZero() || resumed.Error != "" || resumed.Actor != "bob" {
					t.Errorf("resumed as %+v", resumed)
				}
				if _, err := tenant.ResumeRun(t.Context(), queued.ID, "bob"); err == nil {
					t.Error("resumed a run that is queued")
				}
				run = claim(t, tenant, resumed)
				if state, err := run.Checkpoints().Load(t.Context()); err != nil || string(state) != "half way" {
					t.Errorf("checkpoint %q, %v", state, err)
				}
				if got := journalOf(t, run.Journal(), "object"); len(got) != 1 {
					t.Errorf("journal %+v", got)
				}
				if err := run.End(t.Context(), models.StateSucceeded, nil, ""); err != nil {
					t.Fatal(err)
				}
				_, err := tenant.ResumeRun(t.Context(), queued.ID, "bob")
				if illegal, ok := errors.AsType[*runstate.IllegalError](err); !ok || illegal.State != models.StateSucceeded {
					t.Errorf("resumed a run that succeeded: %v", err)
				}
			}
			old := enqueue(t, tenant, "again", "")
			must(tenant.RequestStop(t.Context(), old.ID, "bob"))(t)
			enqueue(t, tenant, "again", "")
			if _, err := tenant.ResumeRun(t.Context(), old.ID, "bob"); !errors.Is(err, models.ErrConflict) {
				t.Errorf("resumed a run that another has taken the place of: %v", err)
			}
		})
	}
}

func TestOneRunPerTargetAndTheOlderFirst(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			all := tenants(t, db, "acme", "globex")
			acme, globex := all[0], all[1]
			first := enqueue(t, acme, "1", "workspace/w")
			c.pass(time.Second)
			second := enqueue(t, acme, "2", "workspace/w")
			c.pass(time.Second)
			third := enqueue(t, globex, "3", "workspace/w")
			elsewhere := enqueue(t, globex, "4", "workspace/other")
			if second.QueuedBehind != first.ID || third.QueuedBehind != models.BehindElsewhere || elsewhere.QueuedBehind != "" || first.QueuedBehind != "" {
				t.Errorf("behind: %q, %q, %q, %q", first.QueuedBehind, second.QueuedBehind, third.QueuedBehind, elsewhere.QueuedBehind)
			}
			behind := func(tenant *models.Tenant, info models.RunInfo, want string) {
				t.Helper()
				_, err := tenant.Claim(t.Context(), info.ID, info.Epoch, "w")
				b, ok := errors.AsType[*models.BehindError](err)
				if !ok || b.RunID != want || !errors.Is(err, models.ErrBusy) {
					t.Errorf("claim of %s: %v, want it behind %s", info.Fingerprint, err, want)
				}
			}
			behind(acme, second, first.ID)
			behind(globex, third, models.BehindElsewhere)
			run := claim(t, acme, first)
			claim(t, globex, elsewhere)
			behind(acme, second, first.ID)

			// Between its slices the first keeps its place.
			epoch := must(run.Requeue(t.Context(), time.Minute, ""))(t)
			behind(acme, second, first.ID)
			c.pass(time.Minute)
			run = must(acme.Claim(t.Context(), first.ID, epoch, "w"))(t)
			if err := run.End(t.Context(), models.StateSucceeded, nil, ""); err != nil {
				t.Fatal(err)
			}
			behind(globex, third, models.BehindElsewhere)
			if got := get(t, acme, second.ID); got.QueuedBehind != "" {
				t.Errorf("the second is still behind %s", got.QueuedBehind)
			}
			run = claim(t, acme, second)
			must(acme.RequestStop(t.Context(), second.ID, "bob"))(t)
			behind(globex, third, models.BehindElsewhere) // stopping is not stopped
			if err := run.End(t.Context(), models.StateTerminated, nil, ""); err != nil {
				t.Fatal(err)
			}
			claim(t, globex, third)

			// Resumed, the second stands behind the third.
			resumed := must(acme.ResumeRun(t.Context(), second.ID, "bob"))(t)
			if resumed.QueuedBehind != models.BehindElsewhere {
				t.Errorf("resumed it is behind %q", resumed.QueuedBehind)
			}
			behind(acme, resumed, models.BehindElsewhere)
		})
	}
}

func TestAYoungerRunWhoseHolderIsGoneLosesItsTarget(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			tenant := modelstest.OpenAt(t, dialect, c.now).ForTenant("local")
			older := enqueue(t, tenant, "older", "k")
			c.pass(time.Second)
			younger := enqueue(t, tenant, "younger", "k")
			must(tenant.RequestStop(t.Context(), older.ID, "bob"))(t)
			slow := claim(t, tenant, younger)
			c.pass(time.Second)
			third := enqueue(t, tenant, "third", "k")
			older = must(tenant.ResumeRun(t.Context(), older.ID, "bob"))(t)
			_ = third
			c.pass(models.ServiceLeaseTTL + time.Second)
			// The younger one's holder is silent. It is older than the other two, so it goes first again ...
			if _, err := tenant.Claim(t.Context(), third.ID, third.Epoch, "w"); !errors.Is(err, models.ErrBusy) {
				t.Fatalf("claimed past an older one: %v", err)
			}
			again := claim(t, tenant, younger)
			if _, err := slow.Heartbeat(t.Context(), nil); !errors.Is(err, models.ErrLeaseLost) {
				t.Errorf("two hold one run: %v", err)
			}
			// ... and when one that began before it comes back, it loses its lease for good as soon as it is silent.
			if _, err := again.Requeue(t.Context(), 0, ""); err != nil {
				t.Fatal(err)
			}
			models.MakeOldest(t, tenant, older.ID)
			younger = get(t, tenant, younger.ID)
			if _, err := tenant.Claim(t.Context(), younger.ID, younger.Epoch, "w"); !errors.Is(err, models.ErrBusy) {
				t.Fatalf("claimed past an older one: %v", err)
			}
			models.MakeYoungest(t, tenant, older.ID)
			slow = claim(t, tenant, younger)
			models.MakeOldest(t, tenant, older.ID)
			if _, err := tenant.Claim(t.Context(), older.ID, older.Epoch, "w"); !errors.Is(err, models.ErrBusy) {
				t.Fatalf("two work on one target: %v", err)
			}
			c.pass(models.ServiceLeaseTTL + time.Second)
			claim(t, tenant, older)
			if _, err := slow.Heartbeat(t.Context(), nil); !errors.Is(err, models.ErrLeaseLost) {
				t.Errorf("a slow holder of the target came back: %v", err)
			}
			if got := get(t, tenant, younger.ID); got.State != models.StateQueued || got.QueuedBehind != older.ID || got.Epoch != younger.Epoch+1 {
				t.Errorf("the younger run became %+v", got)
			}
		})
	}
}

func TestManyClaimsOfOneTargetLeaveOneHolder(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			all := tenants(t, db, "a", "b", "c")
			var queued []models.RunInfo
			for i := range 12 {
				queued = append(queued, enqueue(t, all[i%3], strconv.Itoa(i), "k"))
			}
			for left := len(queued); left > 0; left-- {
				var mu sync.Mutex
				var won []*models.Run
				var wg sync.WaitGroup
				for i := len(queued) - 1; i >= len(queued)-left; i-- {
					wg.Go(func() {
						run, err := all[i%3].Claim(t.Context(), queued[i].ID, 1, "w")
						if err == nil {
							mu.Lock()
							won = append(won, run)
							mu.Unlock()
						} else if !errors.Is(err, models.ErrBusy) {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if len(won) != 1 || won[0].ID() != queued[len(queued)-left].ID {
					t.Fatalf("with %d left %d runs work on the target", left, len(won))
				}
				if err := won[0].End(t.Context(), models.StateSucceeded, nil, ""); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestTheNextRunsAreTheFairOnes(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			all := tenants(t, db, "big", "small", "busy")
			big, small, busy := all[0], all[1], all[2]
			at := func(tenant *models.Tenant, name, key string) models.RunInfo {
				c.pass(time.Second)
				return enqueue(t, tenant, name, key)
			}
			claim(t, busy, at(busy, "busy 0", ""))
			at(big, "big 1", "")
			at(big, "big 2", "k")
			at(big, "big 3", "k") // behind big 2
			at(busy, "busy 1", "")
			at(small, "small 1", "")
			c.pass(time.Second)
			must(small.Enqueue(t.Context(), models.RunSpec{Kind: models.KindSync, Fingerprint: "another kind"}))(t)
			must(small.Enqueue(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: "later", NotBefore: c.now().Add(time.Hour)}))(t)
			next := must(db.NextRuns(t.Context(), models.NextQuery{Kinds: []models.Kind{models.KindRestore, models.KindBackup}, Limit: 10}))(t)
			var got []string
			for _, run := range next {
				info := get(t, db.ForTenant(run.Tenant), run.ID)
				got = append(got, fmt.Sprintf("%s leased %d", info.Fingerprint, run.Leased))
				if !run.Since.Equal(info.Waiting) || run.Epoch != info.Epoch || run.Kind != info.Kind || run.State != info.State {
					t.Errorf("%+v is not what %+v says", run, info)
				}
			}
			want := []string{"big 1 leased 0", "small 1 leased 0", "big 2 leased 0", "busy 1 leased 1"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("next (-want +got):\n%s", diff)
			}
			leased := must(db.Leased(t.Context(), []models.Kind{models.KindRestore, models.KindBackup}))(t)
			if diff := cmp.Diff(map[string]int{"busy": 1}, leased); diff != "" {
				t.Errorf("leased (-want +got):\n%s", diff)
			}
			if others := must(db.Leased(t.Context(), []models.Kind{models.KindSync}))(t); len(others) != 0 {
				t.Errorf("leased of another kind: %v", others)
			}
			stats := must(db.Stats(t.Context()))(t)
			wantRuns := []models.RunCount{
				{Kind: models.KindRestore, State: models.StateQueued, Count: 6},
				{Kind: models.KindRestore, State: models.StateRunning, Count: 1},
				{Kind: models.KindSync, State: models.StateQueued, Count: 1},
			}
			if diff := cmp.Diff(wantRuns, stats.Runs); diff != "" {
				t.Errorf("stats (-want +got):\n%s", diff)
			}
			if age := stats.At.Sub(stats.OldestQueued); age != 5*time.Second {
				t.Errorf("the oldest waits for %v, want 5s", age)
			}
		})
	}
}

func TestARunEndsThoughItsContextIsOver(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			ctx, cancel := context.WithCancel(t.Context())
			run := claim(t, tenant, enqueue(t, tenant, "1", ""))
			other := claim(t, tenant, enqueue(t, tenant, "2", ""))
			cancel()
			if err := run.End(ctx, models.StateFailed, nil, "x"); err != nil {
				t.Error(err)
			}
			if _, err := other.Requeue(ctx, 0, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLeasesOfTheServiceGoByTheClockOfTheDatabase(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			queued := enqueue(t, tenant, "f", "")
			run := claim(t, tenant, queued)
			before := now()
			if _, err := run.Heartbeat(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			_, err := tenant.Claim(t.Context(), queued.ID, 1, "w")
			busy, ok := errors.AsType[*models.BusyError](err)
			if !ok {
				t.Fatal(err)
			}
			if left := busy.Until.Sub(before); left < models.ServiceLeaseTTL-time.Second || left > models.ServiceLeaseTTL+10*time.Second {
				t.Errorf("the lease lasts for %v, want about %v", left, models.ServiceLeaseTTL)
			}
			epoch := must(run.Requeue(t.Context(), time.Hour, ""))(t)
			if _, err := tenant.Claim(t.Context(), queued.ID, epoch, "w"); !errors.Is(err, models.ErrTooEarly) {
				t.Errorf("claimed before its time: %v", err)
			}
			if got := get(t, tenant, queued.ID); got.NotBefore.Sub(before) < time.Hour-time.Second {
				t.Errorf("not before %v", got.NotBefore)
			}
		})
	}
}
