package jobs

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stowage/internal/retry"
	"stowage/models"
	"stowage/report"
)

func TestARunIsWorkedOnAndWhatCameOfItIsRecorded(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		r.start(map[Kind]Handler{KindBackup: func(ctx context.Context, run *models.Run, tenant *models.Tenant, live *Live) error {
			if tenant.ID() != "acme" || string(run.Info().Spec) != `{"n":1}` {
				t.Errorf("tenant %s, spec %s", tenant.ID(), run.Info().Spec)
			}
			live.Stage("Schema", 1)
			live.Advance(1)
			live.Stage("Objects", 300)
			for i := range 300 {
				live.Advance(1)
				live.Add(report.Entry{Outcome: report.OK, Kind: "object", ID: strconv.Itoa(i)})
			}
			live.Add(report.Entry{Outcome: report.Failed, Kind: "object", ID: "x", Message: "broken"})
			live.Log(report.Entry{Outcome: report.Failed, Kind: "object", ID: "y", Message: "broken"})
			live.End(models.StatePartial, map[string]int{"objects": 300}, "1 object failed")
			return nil
		}}, r.options())
		queued := r.queue("acme", KindBackup, models.RunSpec{Spec: []byte(`{"n":1}`), Actor: "ada"})
		info := r.becomes("acme", queued.ID, models.StatePartial)
		want := models.RunProgress{
			Stage: "Objects", Stages: []models.StageProgress{{Name: "Schema", Done: 1, Total: 1}, {Name: "Objects", Done: 300, Total: 300}},
			Created: 300, Failed: 1,
		}
		if diff := cmp.Diff(want, info.Progress, cmpopts.IgnoreTypes(time.Time{}), cmpopts.IgnoreFields(models.RunProgress{}, "Rate")); diff != "" {
			t.Error(diff)
		}
		if info.Progress.Stages[0].EndedAt.IsZero() || info.Error != "1 object failed" || string(info.Result) != `{"objects":300}` {
			t.Errorf("%+v", info)
		}
		lines, err := r.db.ForTenant("acme").LogPage(t.Context(), queued.ID, 0, 500, "")
		if err != nil || len(lines) != 302 || lines[301].ID != "y" {
			t.Errorf("%d lines: %v", len(lines), err)
		}
	})
}

func TestProgressAndLogAreSeenWhileARunIsWorkedOn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		r.start(map[Kind]Handler{KindRestore: func(ctx context.Context, _ *models.Run, _ *models.Tenant, live *Live) error {
			live.Stage("Objects", 1000)
			tick := time.NewTicker(r.unit / 10)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-tick.C:
					live.Advance(5)
					live.Add(report.Entry{Outcome: report.Warned, Kind: "object"})
				}
			}
		}}, r.options())
		id := r.queue("acme", KindRestore, models.RunSpec{}).ID
		r.until("progress is seen", func() bool {
			p := r.run("acme", id).Progress
			return p.Stage == "Objects" && p.Stages[0].Done > 50 && p.Warned > 10 && p.Rate > 0
		})
		// In made up time the rate is known: 5 every tenth of a second.
		if rate := r.run("acme", id).Progress.Rate; r.redis.InProcess() && (rate < 40 || rate > 60) {
			t.Errorf("the rate is %.1f per second", rate)
		}
		lines, err := r.db.ForTenant("acme").LogTail(t.Context(), id, 5)
		if err != nil || len(lines) != 5 {
			t.Errorf("%d lines: %v", len(lines), err)
		}
	})
}

func TestStagesThatAreToComeAreToldBeforeTheyBegin(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		seen := make(chan models.RunProgress, 1)
		r.start(map[Kind]Handler{KindRestore: func(ctx context.Context, run *models.Run, tenant *models.Tenant, live *Live) error {
			// An attempt after the first tells them again.
			for range 2 {
				live.Expect("Schema", 1)
				live.Expect("Objects", 300)
				live.Expect("Proof", 300)
				if r.seen.times(run.ID()) == 0 {
					live.Stage("Schema", 1)
				}
			}
			if r.seen.times(run.ID()) > 0 {
				live.Stage("Objects", 299)
				live.Advance(299)
				return nil
			}
			defer r.seen.enter(run.ID())()
			live.Advance(1)
			if err := retry.Wait(ctx, 3*time.Second); err != nil {
				return err
			}
			info, err := tenant.GetRun(ctx, run.ID())
			seen <- info.Progress
			return errors.Join(err, ErrMore)
		}}, r.options())
		id := r.queue("acme", KindRestore, models.RunSpec{}).ID
		ignore := []cmp.Option{cmpopts.IgnoreTypes(time.Time{}), cmpopts.IgnoreFields(models.RunProgress{}, "Rate")}
		stages := []models.StageProgress{{Name: "Schema", Done: 1, Total: 1}, {Name: "Objects", Total: 300}, {Name: "Proof", Total: 300}}
		early := <-seen
		if diff := cmp.Diff(models.RunProgress{Stage: "Schema", Stages: stages}, early, ignore...); diff != "" {
			t.Errorf("while the first is worked on: %s", diff)
		}
		if early.Stages[0].StartedAt.IsZero() || !early.Stages[1].StartedAt.IsZero() {
			t.Errorf("begun: %+v", early.Stages)
		}
		stages[1].Done, stages[1].Total = 299, 299
		info := r.becomes("acme", id, models.StateSucceeded)
		if diff := cmp.Diff(models.RunProgress{Stage: "Objects", Stages: stages}, info.Progress, ignore...); diff != "" {
			t.Errorf("in the end: %s", diff)
		}
		if s := info.Progress.Stages; s[0].EndedAt.IsZero() || s[1].StartedAt.IsZero() {
			t.Errorf("begun and ended: %+v", s)
		}
	})
}

func TestALogIsNeitherLostNorKeptInMemoryForEver(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		const lines = 3*logLimit + 7
		r.start(map[Kind]Handler{KindSync: func(_ context.Context, _ *models.Run, _ *models.Tenant, live *Live) error {
			for i := range lines {
				live.Add(report.Entry{Outcome: report.Warned, Kind: "object", ID: strconv.Itoa(i)})
				live.mu.Lock()
				held := len(live.lines)
				live.mu.Unlock()
				if held > logLimit {
					t.Errorf("%d lines are held", held)
				}
			}
			return nil
		}}, r.options())
		id := r.queue("acme", KindSync, models.RunSpec{}).ID
		info := r.becomes("acme", id, models.StateSucceeded)
		n := 0
		for e, err := range r.db.ForTenant("acme").Log(t.Context(), id) {
			if err != nil {
				t.Fatal(err)
			}
			if e.ID != strconv.Itoa(n) {
				t.Fatalf("line %d is that of %s", n, e.ID)
			}
			n++
		}
		if n != lines || info.Progress.Warned != lines {
			t.Errorf("%d lines, %d counted", n, info.Progress.Warned)
		}
	})
}

func TestAllOfRedisIsLostAndEverythingFinishes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		o := r.options()
		o.Long, o.Short = 2, 2
		r.start(all(r.taking(20)), o)
		var ids []string
		for i := range 6 {
			kind := []Kind{KindBackup, KindSync}[i%2]
			ids = append(ids, r.queue([]string{"acme", "globex"}[i/3], kind, models.RunSpec{}).ID)
		}
		r.until("some are worked on", func() bool { return r.seen.times(ids[0]) > 0 || r.seen.times(ids[1]) > 0 })
		if err := r.redis.shared.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		for i, id := range ids {
			r.becomes([]string{"acme", "globex"}[i/3], id, models.StateSucceeded)
			if n := r.seen.times(id); n != 1 {
				t.Errorf("run %d was begun %d times", i, n)
			}
		}
	})
}

func TestRedisIsDownForAWhile(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		r.start(all(r.taking(30)), r.options())
		before := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.times(before) > 0 })
		r.down()
		at := time.Now()
		started, err := r.service.StartSync(t.Context(), "globex", "ada")
		if err != nil {
			t.Fatalf("nothing can be started: %v", err)
		}
		r.atMost("starting a run", time.Since(at), 2*ringTimeout)
		r.becomes("acme", before, models.StateSucceeded)
		r.becomes("globex", started.ID, models.StateSucceeded)
		during := r.insert("acme", KindRestore, models.RunSpec{}).ID
		r.up()
		r.becomes("acme", during, models.StateSucceeded)
		after := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.becomes("acme", after, models.StateSucceeded)
	})
}

func (r *rig) down() {
	if r.server != nil {
		r.server.Stop()
		return
	}
	r.redis.mini.SetError("LOADING it is not there")
}

func (r *rig) up() {
	if r.server != nil {
		r.server.Start()
		return
	}
	r.redis.mini.FlushAll()
	r.redis.mini.SetError("")
}

func TestTwoPoolsNeverWorkOnARunAtTheSameTime(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		for range 2 {
			r.start(all(r.taking(3)), r.options())
		}
		ids := map[string]string{}
		for i := range 40 {
			tenant := []string{"acme", "globex"}[i%2]
			ids[r.queue(tenant, []Kind{KindBackup, KindPlan}[i/2%2], models.RunSpec{}).ID] = tenant
		}
		for id, tenant := range ids {
			r.becomes(tenant, id, models.StateSucceeded)
			if n := r.seen.times(id); n != 1 {
				t.Errorf("a run was begun %d times", n)
			}
		}
		if n := r.seen.doubles(); n > 0 {
			t.Errorf("%d times a run was worked on twice at once", n)
		}
	})
}

// TestAWorkerThatIsCutOffChangesNothingMore lets a pool miss its heartbeats while its handler works on.
func TestAWorkerThatIsCutOffChangesNothingMore(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		silent := r.options()
		// It has no slot to take the run again by itself.
		silent.Beat, silent.Long = time.Hour, 1
		refused := make(chan error, 1)
		r.start(map[Kind]Handler{KindBackup: func(ctx context.Context, run *models.Run, _ *models.Tenant, live *Live) error {
			leave := r.seen.enter(run.ID())
			if err := run.Checkpoints().Save(ctx, []byte("of the first")); err != nil {
				t.Error(err)
			}
			if err := retry.Wait(context.WithoutCancel(ctx), models.ServiceLeaseTTL+10*time.Second); err != nil {
				t.Error(err)
			}
			leave()
			// It does not heed that it was told.
			refused <- run.Checkpoints().Save(context.WithoutCancel(ctx), []byte("too late"))
			live.End(models.StateFailed, nil, "too late")
			return nil
		}}, silent)
		id := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("the first has it", func() bool { return r.seen.isActive(id) })
		metrics := newTestMetrics(t)
		o := r.options()
		o.Metrics = metrics
		r.start(map[Kind]Handler{KindBackup: func(ctx context.Context, run *models.Run, _ *models.Tenant, live *Live) error {
			state, err := run.Checkpoints().Load(ctx)
			if err != nil || string(state) != "of the first" {
				t.Errorf("it found %q: %v", state, err)
			}
			if err := retry.Wait(ctx, 30*time.Second); err != nil {
				t.Error(err)
			}
			live.End(models.StateSucceeded, nil, "by the second")
			return nil
		}}, o)
		info := r.becomes("acme", id, models.StateSucceeded)
		if info.Error != "by the second" {
			t.Errorf("it ended with %q", info.Error)
		}
		if err := <-refused; err == nil || !strings.Contains(err.Error(), models.ErrLeaseLost.Error()) {
			t.Errorf("the write of the one that was cut off: %v", err)
		}
		if got := counted(t, metrics.recoveries); got != 1 {
			t.Errorf("%v runs were counted as taken over", got)
		}
	})
}

// TestAWorkerWhoseDatabaseIsGoneStopsInTime closes the database under a pool: its handler has to be told before anybody
// else can have the run.
func TestAWorkerWhoseDatabaseIsGoneStopsInTime(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		other := r.open()
		told := make(chan error, 1)
		r.startOn(other, r.redis, map[Kind]Handler{KindBackup: func(ctx context.Context, run *models.Run, _ *models.Tenant, _ *Live) error {
			defer r.seen.enter(run.ID())()
			<-ctx.Done()
			told <- context.Cause(ctx)
			return ctx.Err()
		}}, r.options())
		id := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.isActive(id) })
		at := time.Now()
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-told; err != ErrAbandoned { //nolint:errorlint // It is the cause itself.
			t.Errorf("it was told %v", err)
		}
		if took := time.Since(at); took > models.ServiceLeaseTTL {
			t.Errorf("it was told after %s", took)
		}
		if info := r.run("acme", id); info.State != models.StateRunning {
			t.Errorf("it is %s", info.State)
		}
		r.start(all(r.quick()), r.options())
		r.becomes("acme", id, models.StateSucceeded)
	})
}

// TestAWorkerWhoseDatabaseSaysNothingStopsInTime has the database take its time instead of failing: the time an answer is
// waited for counts as well.
func TestAWorkerWhoseDatabaseSaysNothingStopsInTime(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		told := make(chan time.Time, 1)
		silent := r.openWith(models.Options{MaxConns: 1})
		r.startOn(silent, r.redis, map[Kind]Handler{KindBackup: func(ctx context.Context, run *models.Run, _ *models.Tenant, _ *Live) error {
			defer r.seen.enter(run.ID())()
			<-ctx.Done()
			if cause := context.Cause(ctx); !errors.Is(cause, ErrAbandoned) {
				t.Errorf("it was told %v", cause)
			}
			told <- time.Now()
			return ctx.Err()
		}}, r.options())
		id := r.queue("acme", KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.isActive(id) })
		err := silent.ForTenant("globex").InTx(t.Context(), func(*models.Tenant) error {
			// This is the only connection there is: from here on everybody else waits.
			renewed := r.run("acme", id).Updated
			if took := (<-told).Sub(renewed); took >= models.ServiceLeaseTTL {
				t.Errorf("it was told %s after its lease was renewed", took)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAWorkerThatDiedIsReplaced(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		dead := r.insert("acme", KindBackup, models.RunSpec{})
		stopped := r.insert("acme", KindRestore, models.RunSpec{})
		for _, info := range []models.RunInfo{dead, stopped} {
			if _, err := r.db.ForTenant("acme").Claim(t.Context(), info.ID, info.Epoch, "dead"); err != nil {
				t.Fatal(err)
			}
		}
		if info, err := r.service.Stop(t.Context(), "acme", "ada", stopped.ID); err != nil || info.State != models.StateStopping {
			t.Fatalf("%s: %v", info.State, err)
		}
		at := time.Now()
		r.start(all(r.quick()), r.options())
		r.becomes("acme", dead.ID, models.StateSucceeded)
		r.becomes("acme", stopped.ID, models.StateTerminated)
		if took := time.Since(at); took > models.ServiceLeaseTTL+6*time.Second {
			t.Errorf("it took %s", took)
		}
		if r.seen.times(stopped.ID) != 0 {
			t.Error("a run that somebody had stopped was begun again")
		}
	})
}

func TestAPoolThatBootsBeginsWhatNobodyRangFor(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		before := r.insert("acme", KindSync, models.RunSpec{}).ID
		r.start(all(r.quick()), r.options())
		r.becomes("acme", before, models.StateSucceeded)
		later := r.insert("globex", KindBackup, models.RunSpec{}).ID
		r.becomes("globex", later, models.StateSucceeded)
	})
}

// TestAHandlerHearsThatItsRunBelongsToSomebodyElse takes the run away from it while its heartbeat goes on.
func TestAHandlerHearsThatItsRunBelongsToSomebodyElse(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		o := r.options()
		o.Metrics = newTestMetrics(t)
		told := make(chan time.Duration, 1)
		r.start(map[Kind]Handler{KindBackup: func(ctx context.Context, run *models.Run, _ *models.Tenant, _ *Live) error {
			if r.seen.times(run.ID()) > 0 {
				return nil
			}
			defer r.seen.enter(run.ID())()
			if _, err := run.Requeue(ctx, time.Minute, ""); err != nil {
				t.Error(err)
			}
			at := time.Now()
			<-ctx.Done()
			if cause := context.Cause(ctx); !errors.Is(cause, ErrAbandoned) {
				t.Errorf("it was told %v", cause)
			}
			told <- time.Since(at)
			return ctx.Err()
		}}, o)
		id := r.queue("acme", KindBackup, models.RunSpec{}).ID
		if took := <-told; took > 2*r.unit {
			t.Errorf("it was told after %s", took)
		}
		r.becomes("acme", id, models.StateSucceeded)
		if got := counted(t, o.Metrics.leases); got != 1 {
			t.Errorf("%v losses are counted", got)
		}
	})
}
