package worker_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/fault"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/limit"
	"stowage/atlassian/sim/world"
	"stowage/backup"
	"stowage/blob"
	"stowage/internal/netguard"
	"stowage/jobs"
	"stowage/jobs/worker"
	"stowage/models"
	"stowage/report"
	"stowage/restore"
	"stowage/snapshot"
)

// slowly is a transport that takes some time for every call.
type slowly struct {
	next  http.RoundTripper
	takes time.Duration
}

func (s *slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	timer := time.NewTimer(s.takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	return s.next.RoundTrip(r)
}

// TestRunsInManySlicesDoEverythingOnce lets two tenants share one slot, so that their runs are cut into many pieces.
func TestRunsInManySlicesDoEverythingOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{
			objects:   150,
			transport: func(next http.RoundTripper) http.RoundTripper { return &slowly{next, 300 * time.Millisecond} },
			pool:      jobs.PoolOptions{Long: 1, Short: 2, Slice: 3 * time.Second, MinSlice: time.Second},
		})
		if _, err := gen.Fill(r.sim.Site("globex").World(), gen.Profile{Name: gen.ITSM}, 150, 2); err != nil {
			t.Fatal(err)
		}
		r.connect("globex", "globex")
		var wg sync.WaitGroup
		for _, tenant := range []string{"acme", "globex"} {
			schema := r.synced(tenant)
			wg.Go(func() {
				run, row, err := r.service.StartBackup(t.Context(), tenant, "somebody", jobs.BackupSpec{SchemaID: schema.ID})
				backedUp := r.good(tenant, run, err)
				run, plan, err := r.service.StartPlan(t.Context(), tenant, "somebody", jobs.RestoreSpec{
					BackupID: row.ID, Destination: models.DestinationCurrent, SchemaName: "Restored", SchemaKey: "REST",
				})
				r.good(tenant, run, err)
				run, restore, err := r.service.StartRestore(t.Context(), tenant, "somebody", plan.ID)
				ended := r.good(tenant, run, err)
				if backedUp.Claims < 2 || ended.Claims < 2 {
					t.Errorf("%s: %d and %d slices", tenant, backedUp.Claims, ended.Claims)
				}
				restore, err = r.db.ForTenant(tenant).Restore(t.Context(), restore.ID)
				if err != nil || !restore.Proved || restore.Created != schema.Objects {
					t.Errorf("%s: %+v, %v", tenant, restore, err)
				}
				if ended.Progress.Created != schema.Objects {
					t.Errorf("%s: the progress counts %d of %d objects", tenant, ended.Progress.Created, schema.Objects)
				}
				r.wantRestored(tenant, "REST", schema.Objects)
				r.eachLineOnce(tenant, backedUp.ID)
				r.eachLineOnce(tenant, ended.ID)
			})
		}
		wg.Wait()
	})
}

// eachLineOnce expects no line of a log twice.
func (r *rig) eachLineOnce(tenant, run string) {
	r.t.Helper()
	seen := map[report.Entry]bool{}
	for e, err := range r.db.ForTenant(tenant).Log(r.t.Context(), run) {
		if err != nil {
			r.t.Fatal(err)
		}
		if seen[e] {
			r.t.Errorf("twice in the log of %s: %+v", tenant, e)
		}
		seen[e] = true
	}
}

func TestABackupHasAllPhasesUnlessItIsToldWhich(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{})
		small(t, r.sim.Site("acme").World())
		schema := r.synced("acme")
		for _, c := range []struct {
			phases []string
			want   []string
		}{
			{nil, append([]string{backup.PhaseObjects}, backup.LaterPhases()...)},
			{[]string{}, []string{backup.PhaseObjects}},
			{[]string{"history"}, []string{"objects", "history"}},
		} {
			run, row, err := r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: schema.ID, Phases: c.phases})
			r.good("acme", run, err)
			if row, err = r.db.ForTenant("acme").Backup(t.Context(), row.ID); err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, p := range row.Phases {
				names = append(names, p.Name)
			}
			if !slices.Equal(names, c.want) {
				t.Errorf("%v: phases %v", c.phases, names)
			}
		}
	})
}

func TestAScheduledBackupHasAttachmentsWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := func(s models.Schedule, _ time.Time) (time.Time, error) { return s.NextRunAt.Add(24 * time.Hour), nil }
		r := newRig(t, rigOptions{pool: jobs.PoolOptions{NextBackup: next}})
		small(t, r.sim.Site("acme").World())
		schema, tenant := r.synced("acme"), r.db.ForTenant("acme")
		for _, wanted := range []bool{true, false} {
			s := models.Schedule{SchemaID: schema.ID, Enabled: true, Mode: models.ScheduleRecommended, Attachments: wanted, NextRunAt: time.Now()}
			if err := tenant.SaveSchedule(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			var made models.Backup
			r.eventually("the backup is made", func() bool {
				page, err := tenant.Backups(t.Context(), models.BackupFilter{From: s.NextRunAt})
				if err == nil && len(page.Items) == 1 {
					made = page.Items[0]
				}
				return made.State == models.BackupComplete
			})
			want := append([]string{backup.PhaseObjects}, backup.LaterPhases()...)
			if !wanted {
				want = slices.DeleteFunc(want, func(name string) bool { return name == backup.PhaseAttachments })
			}
			var got []string
			for _, p := range made.Phases {
				got = append(got, p.Name)
			}
			if !slices.Equal(got, want) {
				t.Errorf("attachments %v: %v", wanted, got)
			}
			wait(t, time.Second)
		}
	})
}

// TestASyncIsNotCutIntoPieces has more to read than fits in a slice, and others that wait.
func TestASyncIsNotCutIntoPieces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{
			transport: func(next http.RoundTripper) http.RoundTripper { return &slowly{next, time.Second} },
			pool:      jobs.PoolOptions{Short: 1, Slice: 2 * time.Second, MinSlice: time.Second},
		})
		w := r.sim.Site("acme").World()
		for i := range 20 {
			if _, err := w.CreateSchema(world.SchemaInput{Name: fmt.Sprintf("Schema %d", i), Key: fmt.Sprintf("KEY%c", 'A'+i)}); err != nil {
				t.Fatal(err)
			}
		}
		r.connect("globex", "globex")
		run, err := r.service.StartSync(t.Context(), "acme", "somebody")
		if err != nil {
			t.Fatal(err)
		}
		other, err := r.service.StartSync(t.Context(), "globex", "somebody")
		if ended := r.good("acme", run, nil); ended.Claims != 1 {
			t.Errorf("it was begun %d times", ended.Claims)
		}
		r.good("globex", other, err)
	})
}

func TestWhatAForgottenSchemaHasStoredIsDeleted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{})
		id := small(t, r.sim.Site("acme").World())
		schema := r.synced("acme")
		r.backedUp("acme", schema.ID)
		r.backedUp("acme", schema.ID)
		if _, err := r.sim.Site("acme").World().DeleteSchema(id); err != nil {
			t.Fatal(err)
		}
		r.synced("acme")
		run, err := r.service.ForgetSchema(t.Context(), "acme", "somebody", schema.ID)
		r.good("acme", run, err)
		left := append(names(t, r.store, "tenants/acme/segments/"), names(t, r.store, "tenants/acme/backups/")...)
		if len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

func TestTheStateOfTheConnectionIsNoted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{sim: withFaults(t, fault.Rule{Op: "GET /objectschema/list", Site: "acme", Nth: 1, Status: 401})})
		small(t, r.sim.Site("acme").World())
		run, err := r.service.StartSync(t.Context(), "acme", "somebody")
		r.failed(run, err, "credentials")
		c, err := r.db.ForTenant("acme").Connection(t.Context())
		if err != nil || !strings.Contains(c.CheckError, "credentials") || c.CheckedAt.IsZero() {
			t.Errorf("connection %+v, %v", c, err)
		}
		r.synced("acme")
		if c, err = r.db.ForTenant("acme").Connection(t.Context()); err != nil || c.CheckError != "" {
			t.Errorf("connection %+v, %v", c, err)
		}
	})
}

// looker is a host that is asked for licences.
type looker struct {
	mu    sync.Mutex
	asked []string
	err   error
}

func (l *looker) Look(_ context.Context, tenant string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, tenant)
	return l.err
}

func TestALookAtALicenceIsTheHosts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &looker{}
		r := newRig(t, rigOptions{licences: host})
		if err := r.service.LookAtLicence(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		r.eventually("the host is asked", func() bool {
			host.mu.Lock()
			defer host.mu.Unlock()
			return slices.Contains(host.asked, "acme")
		})
	})
}

// TestWorkersOfOneSiteShareItsLimits has two tenants on one site that allows few calls.
func TestWorkersOfOneSiteShareItsLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{objects: 60, rate: atlassian.Scaled(0.1), sim: func(o *sim.Options) { o.Limits = limit.Options{Scale: 0.1} }})
		r.connect("second", "acme")
		var wg sync.WaitGroup
		for _, tenant := range []string{"acme", "second"} {
			wg.Go(func() { r.backedUp(tenant, r.synced(tenant).ID, allPhases()...) })
		}
		wg.Wait()
		stats := r.sim.Stats().Snapshot()
		calls, refused := 0, 0
		for _, n := range stats.Calls {
			calls += int(n)
		}
		refused += int(stats.Statuses["429"])
		if calls < 100 || refused*200 > calls {
			t.Errorf("%d of %d calls were refused", refused, calls)
		}
	})
}

func TestWhichErrorsPass(t *testing.T) {
	t.Parallel()
	wrap := func(err error) error { return fmt.Errorf("%w: call: %w", restore.ErrInterrupted, err) }
	for _, err := range []error{assets.ErrUnavailable, assets.ErrThrottled, assets.ErrUnknownOutcome, snapshot.ErrSegmentMissing, snapshot.ErrBusy} {
		if !worker.Transient(wrap(err)) {
			t.Errorf("%v passes", err)
		}
	}
	for _, err := range []error{
		errors.New("anything"), assets.ErrUnauthorized, assets.ErrForbidden, assets.ErrNotFound, restore.ErrPlan, backup.ErrEmptySchema, blob.ErrFull, blob.ErrReadOnly,
		models.ErrFull, snapshot.ErrWrongKey, snapshot.ErrTampered, errors.Join(assets.ErrUnavailable, netguard.ErrRefused),
	} {
		if worker.Transient(wrap(err)) {
			t.Errorf("%v does not pass", err)
		}
	}
}
