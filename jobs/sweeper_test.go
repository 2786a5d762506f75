package jobs

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stowage/internal/redact"
	"stowage/internal/seal"
	"stowage/models"
)

// install makes a tenant that a host has installed the app for, connected, with one schema.
func (r *rig) install() (tenant, schema string) {
	r.t.Helper()
	inst, _, err := r.db.Install(r.t.Context(), models.InstallSpec{
		Product: "connect", ClientKey: "key-1", BaseURL: "https://initech.atlassian.net", SharedSecret: redact.New("shared"),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.addTenant(inst.TenantID)
	return inst.TenantID, r.schema(inst.TenantID)
}

func (r *rig) schema(tenant string) string {
	r.t.Helper()
	t := r.db.ForTenant(tenant)
	_, err := t.SyncSchemas(r.t.Context(), models.InstanceSeen{URL: "https://x.test", Location: models.LocationCloud, WorkspaceID: "w"},
		[]models.SchemaSeen{{SchemaID: "7", Key: "ITSM", Name: "ITSM", Objects: 3}}, time.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	page, err := t.Schemas(r.t.Context(), models.SchemaFilter{})
	if err != nil || len(page.Items) == 0 {
		r.t.Fatalf("%d schemas: %v", len(page.Items), err)
	}
	return page.Items[0].ID
}

// idle are options for a pool that has little to do for a long time: made up time costs what happens in it.
func (r *rig) idle() PoolOptions {
	o := r.options()
	o.Look, o.Beat = 10*time.Second, 10*time.Second
	return o
}

func TestLicencesAreLookedAtEverySoOften(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		tenant, _ := r.install()
		var looks atomic.Int64
		o := r.idle()
		o.LicenceEvery = 90 * time.Second
		// Two pools look hardly more often than one: only when both find at the same moment that it is time.
		for range 2 {
			r.start(map[Kind]Handler{KindLicence: func(ctx context.Context, run *models.Run, t *models.Tenant, _ *Live) error {
				if t.ID() != tenant {
					return nil
				}
				looks.Add(1)
				_, err := t.SetLicence(ctx, models.Licence{State: models.LicenceActive, Source: "rest"})
				return err
			}}, o)
		}
		pass(t, 5*time.Minute+5*time.Second)
		if n := looks.Load(); n < 3 || n > 6 {
			t.Errorf("%d looks in 5 minutes", n)
		}
	})
}

func TestALookThatFailsIsNotRepeatedAllTheTime(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		tenant, _ := r.install()
		var looks atomic.Int64
		o := r.idle()
		o.LicenceEvery = 90 * time.Second
		// It does not matter how many pools there are.
		for range 3 {
			r.start(map[Kind]Handler{KindLicence: func(_ context.Context, _ *models.Run, t *models.Tenant, _ *Live) error {
				if t.ID() == tenant {
					looks.Add(1)
				}
				return errors.New("the host does not answer")
			}}, o)
			pass(t, time.Second)
		}
		pass(t, time.Minute)
		if n := looks.Load(); n < 3 || n > 5 {
			t.Errorf("%d looks in a minute", n)
		}
	})
}

// TestSitesThatDoNotAnswerDoNotKeepOthersFromBeingAsked has more of them than one sweep takes care of.
func TestSitesThatDoNotAnswerDoNotKeepOthersFromBeingAsked(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		last := ""
		for i := range sweepLimit + 1 {
			inst, _, err := r.db.Install(t.Context(), models.InstallSpec{Product: "connect", ClientKey: "key-" + strconv.Itoa(i)})
			if err != nil {
				t.Fatal(err)
			}
			last = inst.TenantID
		}
		var looks atomic.Int64
		o := r.idle()
		o.LicenceEvery = time.Hour
		r.start(map[Kind]Handler{KindLicence: func(_ context.Context, _ *models.Run, t *models.Tenant, _ *Live) error {
			if t.ID() == last {
				looks.Add(1)
			}
			return errors.New("the host does not answer")
		}}, o)
		pass(t, time.Minute)
		if n := looks.Load(); n != 1 {
			t.Errorf("the last one was asked %d times", n)
		}
	})
}

func TestATenantThatDoesNotComeBackIsPurged(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		tenant, _ := r.install()
		r.service.o.Grace = 2 * time.Minute
		purged := make(chan string, 8)
		handlers := all(r.endless())
		handlers[KindPurge] = func(ctx context.Context, _ *models.Run, t *models.Tenant, live *Live) error {
			purged <- t.ID()
			live.End(models.StateSucceeded, nil, "")
			return t.Purge(ctx)
		}
		r.start(handlers, r.idle())
		active := r.queue(tenant, KindBackup, models.RunSpec{}).ID
		r.until("it is worked on", func() bool { return r.seen.isActive(active) })
		later := r.insert(tenant, KindBackup, models.RunSpec{NotBefore: time.Now().Add(time.Hour)}).ID
		if err := r.service.Uninstalled(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		r.becomes(tenant, active, models.StateTerminated)
		r.becomes(tenant, later, models.StateTerminated)
		_, err := r.service.StartSync(t.Context(), tenant, "ada")
		if refused, ok := errors.AsType[*Refused](err); !ok || refused.Code != CodeUninstalled {
			t.Errorf("starting a run for it: %v", err)
		}
		at := time.Now()
		if got := <-purged; got != tenant {
			t.Errorf("%s was purged", got)
		}
		if after := time.Since(at); after < time.Minute || after > 3*time.Minute {
			t.Errorf("after %s", after)
		}
		r.until("nothing is due any more", func() bool {
			due, err := r.db.PurgesDue(t.Context(), time.Now(), time.Now(), 10)
			return err == nil && len(due) == 0
		})
		pass(t, 30*time.Second)
		if len(purged) > 0 {
			t.Error("it was purged again")
		}
	})
}

// TestAScheduleStartsOneBackupHoweverManyPoolsSweep has three of them.
func TestAScheduleStartsOneBackupHoweverManyPoolsSweep(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		tenant, schema := r.install()
		began := time.Now()
		err := r.db.ForTenant(tenant).SaveSchedule(t.Context(), models.Schedule{
			SchemaID: schema, Enabled: true, Mode: models.ScheduleRecommended, NextRunAt: began.Add(time.Minute),
		})
		if err != nil {
			t.Fatal(err)
		}
		o := r.idle()
		o.NextBackup = func(s models.Schedule, _ time.Time) (time.Time, error) { return s.NextRunAt.Add(2 * time.Minute), nil }
		var stops []func() time.Duration
		for range 3 {
			stops = append(stops, r.start(all(r.quick()), o))
		}
		pass(t, 6*time.Minute)
		for _, stop := range stops {
			stop()
		}
		page, err := r.db.ForTenant(tenant).Backups(t.Context(), models.BackupFilter{SchemaID: schema})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) != 3 {
			t.Fatalf("%d backups in six minutes", len(page.Items))
		}
		for i, b := range page.Items {
			due := began.Add(time.Minute + time.Duration(2-i)*2*time.Minute)
			if late := b.CreatedAt.Sub(due); late < 0 || late > 20*time.Second || b.Trigger != models.TriggerScheduled {
				t.Errorf("backup %d is %s late, %s", i, late, b.Trigger)
			}
		}
		// While one is not at its end the next is left out, and the schedule goes on.
		busy, _, err := r.service.StartBackup(t.Context(), tenant, "ada", BackupSpec{SchemaID: schema})
		if err != nil {
			t.Fatal(err)
		}
		started, why, err := r.service.startScheduled(t.Context(), models.DueSchedule{Tenant: tenant, Schedule: models.Schedule{
			SchemaID: schema, NextRunAt: began.Add(7 * time.Minute),
		}}, began.Add(9*time.Minute))
		if already, ok := errors.AsType[*AlreadyRunning](why); err != nil || started || !ok || already.RunID != busy.ID {
			t.Errorf("started %v: %v, %v", started, why, err)
		}
		if s, err := r.db.ForTenant(tenant).Schedule(t.Context(), schema); err != nil || !s.NextRunAt.Equal(began.Add(9*time.Minute)) {
			t.Errorf("the schedule is due at %s: %v", s.NextRunAt, err)
		}
	})
}

// TestABackupIsNotLeftOutBecauseTheDatabaseFailed reads rows whose secrets cannot be opened.
func TestABackupIsNotLeftOutBecauseTheDatabaseFailed(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		tenant, schema := r.install()
		due := time.Now().Add(time.Minute)
		save := models.Schedule{SchemaID: schema, Enabled: true, Mode: models.ScheduleRecommended, NextRunAt: due}
		if err := r.db.ForTenant(tenant).SaveSchedule(t.Context(), save); err != nil {
			t.Fatal(err)
		}
		other, err := seal.NewMaster([32]byte{2})
		if err != nil {
			t.Fatal(err)
		}
		blind := r.openWith(models.Options{Seal: other})
		service := NewService(blind, NewBell(r.redis), slog.New(slog.DiscardHandler), ServiceOptions{})
		schedule := models.DueSchedule{Tenant: tenant, Schedule: models.Schedule{SchemaID: schema, NextRunAt: due}}
		if started, why, err := service.startScheduled(t.Context(), schedule, due.Add(time.Hour)); started || why != nil || !errors.Is(err, seal.ErrWrongKey) {
			t.Errorf("started %v: %v, %v", started, why, err)
		}
		if s, err := r.db.ForTenant(tenant).Schedule(t.Context(), schema); err != nil || !s.NextRunAt.Equal(due) {
			t.Errorf("the schedule is due at %s: %v", s.NextRunAt, err)
		}
	})
}

// TestAQueueThatIsLongDoesNotHideAnother has more backups wait than a sweep takes care of, and nobody ring.
func TestAQueueThatIsLongDoesNotHideAnother(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		for range sweepLimit + 5 {
			r.insert("acme", KindBackup, models.RunSpec{})
		}
		short := r.insert("globex", KindSync, models.RunSpec{}).ID
		o := r.options()
		o.Long = 1
		r.start(map[Kind]Handler{KindBackup: r.endless(), KindSync: r.quick()}, o)
		r.becomes("globex", short, models.StateSucceeded)
	})
}

func TestWhatNobodyNeedsIsTidiedAway(t *testing.T) {
	t.Parallel()
	alone(t, func(r *rig) {
		t := r.t
		if fresh, err := r.db.UseToken(t.Context(), "hash", time.Now().Add(time.Minute)); err != nil || !fresh {
			t.Fatalf("%v: %v", fresh, err)
		}
		r.start(all(r.quick()), r.idle())
		pass(t, tidyEvery+time.Minute)
		swept, err := r.db.Sweep(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(models.Swept{}, swept, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("something was left: %s", diff)
		}
	})
}
