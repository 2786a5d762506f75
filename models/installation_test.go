package models_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"stowage/internal/redact"
	"stowage/models"
	"stowage/models/modelstest"
	"stowage/report"
)

func TestAnInstallationIsRenewedAndFoundAgain(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			first, fresh, err := db.Install(t.Context(), models.InstallSpec{Product: "connect", ClientKey: "k", BaseURL: "https://old.example", SharedSecret: redact.New("one")})
			if err != nil || !fresh || first.State != models.Installed {
				t.Fatalf("%+v, %v, %v", first, fresh, err)
			}
			c.pass(time.Hour)
			second, fresh, err := db.Install(t.Context(), models.InstallSpec{Product: "connect", ClientKey: "k", BaseURL: "https://moved.example", SharedSecret: redact.New("two")})
			if err != nil || fresh || second.TenantID != first.TenantID {
				t.Fatalf("%+v, %v, %v", second, fresh, err)
			}
			found := must(db.FindInstallation(t.Context(), "k"))(t)
			if found.SharedSecret.Reveal() != "two" || found.BaseURL != "https://moved.example" || !found.InstalledAt.Equal(c.now()) {
				t.Errorf("found %+v", found)
			}
			if _, err := db.FindInstallation(t.Context(), "other"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("found one that is not: %v", err)
			}
			if _, err := db.FindInstallation(t.Context(), ""); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("found one without a key: %v", err)
			}
			tenant := db.ForTenant(first.TenantID)
			for _, state := range []string{models.Disabled, models.Enabled} {
				if err := tenant.SetInstallationState(t.Context(), state); err != nil {
					t.Fatal(err)
				}
				if got := must(tenant.Installation(t.Context()))(t); got.State != state {
					t.Errorf("state is %s, want %s", got.State, state)
				}
			}
			if err := tenant.SetInstallationState(t.Context(), models.Uninstalled); err == nil {
				t.Error("a state was set that another method is for")
			}
		})
	}
}

func TestManyCallbacksOfOneSiteMakeOneTenant(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			ids := make([]string, 8)
			firsts := make([]bool, 8)
			var wg sync.WaitGroup
			for i := range ids {
				wg.Go(func() {
					inst, first, err := db.Install(t.Context(), models.InstallSpec{Product: "connect", ClientKey: "k", SharedSecret: redact.New("s")})
					if err != nil {
						t.Error(err)
					}
					ids[i], firsts[i] = inst.TenantID, first
				})
			}
			wg.Wait()
			n := 0
			for i := range ids {
				if ids[i] != ids[0] {
					t.Errorf("tenants %s and %s", ids[0], ids[i])
				}
				if firsts[i] {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%d callbacks were the first", n)
			}
		})
	}
}

func TestWithinTheGracePeriodEverythingIsFoundAgain(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			s := fill(t, db, "acme")
			running := claim(t, s.tenant, s.waiting)
			queued := enqueue(t, s.tenant, "queued", "")
			pending, backup := startBackup(t, s.tenant, s.other.ID)
			if due := must(db.SchedulesDue(t.Context(), now().Add(time.Hour), 10))(t); len(due) != 1 || due[0].Tenant != s.inst.TenantID || due[0].SchemaID != s.schema.ID {
				t.Errorf("due schedules %+v", due)
			}
			deletion := must(s.tenant.Enqueue(t.Context(), models.RunSpec{Kind: models.KindDeleteBackup, Fingerprint: "delete"}))(t)
			purgeAt := c.now().Add(30 * 24 * time.Hour)
			wantPurge := purgeAt
			for first := range 2 {
				if changed, err := s.tenant.Uninstall(t.Context(), purgeAt); err != nil || changed != (first == 0) {
					t.Fatal(changed, err)
				}
				purgeAt = purgeAt.Add(time.Hour) // the second time changes nothing
			}
			if stop, err := running.Heartbeat(t.Context(), nil); err != nil || !stop {
				t.Errorf("a run that is worked on is not asked to stop: %v", err)
			}
			for _, id := range []string{queued.ID, pending.ID} {
				if got := get(t, s.tenant, id); got.State != models.StateTerminated || got.Error == "" {
					t.Errorf("a waiting run became %+v", got)
				}
			}
			// Whoever works on it ends it without knowing why, also one that takes it over.
			c.pass(models.ServiceLeaseTTL + time.Second)
			running = claim(t, s.tenant, get(t, s.tenant, running.ID()))
			if err := running.End(t.Context(), models.StateTerminated, nil, ""); err != nil {
				t.Fatal(err)
			}
			if got := get(t, s.tenant, running.ID()); got.State != models.StateTerminated || got.Error != get(t, s.tenant, queued.ID).Error {
				t.Errorf("a run that was worked on became %s, %q", got.State, got.Error)
			}
			if got := get(t, s.tenant, deletion.ID); got.State != models.StateQueued {
				t.Errorf("what is being deleted became %s", got.State)
			}
			if b := must(s.tenant.Backup(t.Context(), backup.ID))(t); b.State != models.BackupTerminated || b.Message == "" {
				t.Errorf("the backup that waited became %+v", b)
			}
			if due := must(db.SchedulesDue(t.Context(), now().Add(time.Hour), 10))(t); len(due) != 0 {
				t.Errorf("due schedules of an uninstalled tenant %+v", due)
			}
			if err := s.tenant.SetInstallationState(t.Context(), models.Enabled); !errors.Is(err, models.ErrConflict) {
				t.Errorf("enabled although it is uninstalled: %v", err)
			}
			gone := must(db.FindInstallation(t.Context(), "acme"))(t)
			if gone.State != models.Uninstalled || !gone.PurgeAt.Equal(wantPurge) || gone.SharedSecret.Reveal() != sharedSecretCanary {
				t.Errorf("found %+v", gone)
			}

			inst, first, err := db.Install(t.Context(), models.InstallSpec{Product: "connect", ClientKey: "acme", SharedSecret: redact.New("new")})
			if err != nil || first || inst.TenantID != s.inst.TenantID || !inst.PurgeAt.IsZero() || inst.State != models.Installed {
				t.Fatalf("%+v, %v, %v", inst, first, err)
			}
			if due := must(db.PurgesDue(t.Context(), purgeAt.Add(time.Hour), now(), 10))(t); len(due) != 0 {
				t.Errorf("still to be purged: %v", due)
			}
			if due := must(db.SchedulesDue(t.Context(), now().Add(time.Hour), 10))(t); len(due) != 1 {
				t.Errorf("due schedules after it came back %+v", due)
			}
			if got := must(s.tenant.Connection(t.Context()))(t); got.Token.Reveal() != tokenCanary {
				t.Error("the token is lost")
			}
		})
	}
}

func TestAfterTheGracePeriodNothingIsLeft(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			o := modelstest.Options(t, dialect)
			db := modelstest.OpenWith(t, o)
			s, other := fill(t, db, "acme"), fill(t, db, "globex")
			before := rowsOf(t, db, other.inst.TenantID)
			if _, err := s.tenant.Uninstall(t.Context(), now()); err != nil {
				t.Fatal(err)
			}
			if due := must(db.PurgesDue(t.Context(), now().Add(time.Minute), now(), 10))(t); len(due) != 1 || due[0] != s.inst.TenantID {
				t.Fatalf("due is %v", due)
			}
			queued := must(s.tenant.Enqueue(t.Context(), models.RunSpec{Kind: models.KindPurge}))(t)
			run := claim(t, s.tenant, queued)
			for range 2 { // as after an interruption
				if err := s.tenant.Purge(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if err := run.End(t.Context(), models.StateSucceeded, map[string]int{"deleted": 1}, "done"); err != nil {
				t.Errorf("the run that purged cannot end: %v", err)
			}
			for table, rows := range rowsOf(t, db, s.inst.TenantID) {
				want := 0
				if table == "tenants" || table == "installations" || table == "runs" {
					want = 1
				}
				if len(rows) != want {
					t.Errorf("%s has %d rows, want %d", table, len(rows), want)
				}
			}
			if due := must(db.PurgesDue(t.Context(), now().Add(time.Hour), now(), 10))(t); len(due) != 0 {
				t.Errorf("still due: %v", due)
			}
			if _, err := db.FindInstallation(t.Context(), "acme"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("found after it was purged: %v", err)
			}
			if after := rowsOf(t, db, other.inst.TenantID); len(after["audit"]) != len(before["audit"]) || len(after["runs"]) != len(before["runs"]) {
				t.Error("another tenant lost rows")
			}
			if _, err := s.tenant.CreateTarget(t.Context(), models.Target{Name: "x", Token: redact.New("y")}); !errors.Is(err, models.ErrNoKey) {
				t.Errorf("a purged tenant got a new key: %v", err)
			}
			again := install(t, db, "acme")
			if again.TenantID == s.inst.TenantID {
				t.Error("a purged tenant came back")
			}
		})
	}
}

func TestALicenceHasAHistory(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			tenant := db.ForTenant(install(t, db, "k").TenantID)
			install(t, db, "other")
			if l := must(tenant.Licence(t.Context()))(t); l.State != models.LicenceUnknown {
				t.Errorf("before anybody looked: %+v", l)
			}
			if due := must(db.LicencesDue(t.Context(), c.now(), c.now(), 10))(t); len(due) != 2 {
				t.Errorf("due: %v", due)
			}
			set := func(l models.Licence, want bool) {
				t.Helper()
				c.pass(time.Hour)
				if changed, err := tenant.SetLicence(t.Context(), l); err != nil || changed != want {
					t.Errorf("changed %v, %v, want %v", changed, err, want)
				}
			}
			set(models.Licence{State: models.LicenceEvaluation, Type: "COMMERCIAL", Evaluation: true, Source: "rest"}, true)
			since := c.now()
			set(models.Licence{State: models.LicenceEvaluation, Type: "COMMERCIAL", Evaluation: true, Source: "page"}, false)
			l := must(tenant.Licence(t.Context()))(t)
			if l.Source != "page" || !l.CheckedAt.Equal(c.now()) || !l.ChangedAt.Equal(since) {
				t.Errorf("the licence is %+v", l)
			}
			if due := must(db.LicencesDue(t.Context(), c.now(), c.now(), 10))(t); len(due) != 1 || due[0] == tenant.ID() {
				t.Errorf("due: %v", due)
			}
			set(models.Licence{State: models.LicenceExpired, Source: "webhook"}, true)
			history := must(tenant.LicenceHistory(t.Context(), 10))(t)
			if len(history) != 2 || history[0].State != models.LicenceExpired || history[1].State != models.LicenceEvaluation {
				t.Errorf("history %+v", history)
			}
			log := must(tenant.AuditLog(t.Context(), "", 10))(t)
			if log.Total != 2 || log.Items[0].Action != "licence.changed" || log.Items[0].Actor != "webhook" {
				t.Errorf("audit log %+v", log)
			}
		})
	}
}

func TestWhoCameBackIsNotPurged(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			spec := models.InstallSpec{Product: "connect", ClientKey: "k", SharedSecret: redact.New("first")}
			inst, _, err := db.Install(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			tenant := db.ForTenant(inst.TenantID)
			if _, err := tenant.Uninstall(t.Context(), now()); err != nil {
				t.Fatal(err)
			}
			// It comes back after somebody has begun to purge it, and before anything is deleted. Perhaps it goes again, and
			// has its time of grace anew.
			for _, leaves := range []bool{false, true} {
				if _, _, err := db.Install(t.Context(), spec); err != nil {
					t.Fatal(err)
				}
				if leaves {
					if _, err := tenant.Uninstall(t.Context(), now().Add(time.Hour)); err != nil {
						t.Fatal(err)
					}
				}
				if err := tenant.Purge(t.Context()); !errors.Is(err, models.ErrConflict) {
					t.Errorf("it was purged: %v", err)
				}
			}
			if found, err := db.FindInstallation(t.Context(), "k"); err != nil || found.SharedSecret.Reveal() != "first" {
				t.Errorf("found %+v, %v", found, err)
			}
		})
	}
}

// TestWhoComesBackDuringAPurgeIsNew has a purge that was interrupted after it had deleted the keys.
func TestWhoComesBackDuringAPurgeIsNew(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			spec := models.InstallSpec{Product: "connect", ClientKey: "k", SharedSecret: redact.New("first")}
			old, _, err := db.Install(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			tenant := db.ForTenant(old.TenantID)
			if _, err := tenant.Uninstall(t.Context(), now()); err != nil {
				t.Fatal(err)
			}
			if err := tenant.ShredKeys(t.Context()); err != nil {
				t.Fatal(err)
			}
			spec.SharedSecret = redact.New("second")
			inst, first, err := db.Install(t.Context(), spec)
			if err != nil || !first || inst.TenantID == old.TenantID {
				t.Fatalf("%+v, %v, %v", inst, first, err)
			}
			if err := tenant.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			if found, err := db.FindInstallation(t.Context(), "k"); err != nil || found.TenantID != inst.TenantID || found.SharedSecret.Reveal() != "second" {
				t.Errorf("found %+v, %v", found, err)
			}
		})
	}
}

func TestNobodyIsLookedAtOrPurgedAgainAtOnce(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			silent, other := install(t, db, "silent").TenantID, install(t, db, "other").TenantID
			began := c.now()
			for _, kind := range []models.Kind{models.KindLicence, models.KindPurge} {
				must(db.ForTenant(silent).Enqueue(t.Context(), models.RunSpec{Kind: kind, Fingerprint: string(kind)}))(t)
			}
			c.pass(time.Hour)
			if due := must(db.LicencesDue(t.Context(), c.now(), began.Add(-time.Second), 1))(t); len(due) != 1 || due[0] != other {
				t.Errorf("due within the hour: %v", due)
			}
			if due := must(db.LicencesDue(t.Context(), c.now(), began, 10))(t); len(due) != 2 {
				t.Errorf("due after an hour: %v", due)
			}
			for _, id := range []string{silent, other} {
				if _, err := db.ForTenant(id).Uninstall(t.Context(), c.now()); err != nil {
					t.Fatal(err)
				}
			}
			if due := must(db.PurgesDue(t.Context(), c.now(), began.Add(-time.Second), 1))(t); len(due) != 1 || due[0] != other {
				t.Errorf("to purge within the hour: %v", due)
			}
			if due := must(db.PurgesDue(t.Context(), c.now(), began, 10))(t); len(due) != 2 {
				t.Errorf("to purge after an hour: %v", due)
			}
		})
	}
}

func TestRunsThatPassAreForgottenAfterAMonth(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			s := fill(t, db, "k")
			var ended, waits []models.RunInfo
			for _, kind := range []models.Kind{models.KindLicence, models.KindSync} {
				info := must(s.tenant.Enqueue(t.Context(), models.RunSpec{Kind: kind, Fingerprint: "ended"}))(t)
				run := claim(t, s.tenant, info)
				if err := errors.Join(run.AppendLog(t.Context(), []report.Entry{{Message: "line"}}), run.End(t.Context(), models.StateSucceeded, nil, "")); err != nil {
					t.Fatal(err)
				}
				ended = append(ended, info)
				waits = append(waits, must(s.tenant.Enqueue(t.Context(), models.RunSpec{Kind: kind, Fingerprint: "waits"}))(t))
			}
			before := len(must(s.tenant.Runs(t.Context(), models.RunFilter{Limit: 100}))(t))
			c.pass(30*24*time.Hour - time.Minute)
			if swept := must(db.Sweep(t.Context(), time.Time{}))(t); swept.Runs != 0 {
				t.Errorf("%d runs are forgotten within the month", swept.Runs)
			}
			c.pass(2 * time.Minute)
			if swept := must(db.Sweep(t.Context(), time.Time{}))(t); swept.Runs != 2 {
				t.Errorf("%d runs are forgotten", swept.Runs)
			}
			for _, info := range ended {
				if _, err := s.tenant.GetRun(t.Context(), info.ID); !errors.Is(err, models.ErrNotFound) {
					t.Errorf("it is there: %v", err)
				}
			}
			for _, info := range waits {
				must(s.tenant.GetRun(t.Context(), info.ID))(t)
			}
			if after := len(must(s.tenant.Runs(t.Context(), models.RunFilter{Limit: 100}))(t)); after != before-2 {
				t.Errorf("%d runs of %d are left", after, before)
			}
		})
	}
}

func TestATokenIsUsedOnce(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			until := c.now().Add(time.Minute)
			var wg sync.WaitGroup
			fresh := make([]bool, 8)
			for i := range fresh {
				wg.Go(func() {
					var err error
					if fresh[i], err = db.UseToken(t.Context(), "hash", until); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			n := 0
			for _, f := range fresh {
				if f {
					n++
				}
			}
			if n != 1 {
				t.Errorf("it was fresh %d times", n)
			}
			if swept := must(db.Sweep(t.Context(), time.Time{}))(t); swept.Tokens != 0 {
				t.Errorf("swept %+v too early", swept)
			}
			c.pass(2 * time.Minute)
			if swept := must(db.Sweep(t.Context(), time.Time{}))(t); swept.Tokens != 1 {
				t.Errorf("swept %+v", swept)
			}
		})
	}
}

func TestAnIdempotencyKeyGivesTheFirstAnswerAgain(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			tenant := db.ForTenant("local")
			use := func(key, hash string, want models.KeyState) []byte {
				t.Helper()
				answer, status, state, err := tenant.FirstUse(t.Context(), key, hash)
				if err != nil || state != want {
					t.Errorf("state %s, %v, want %s", state, err, want)
				}
				if want == models.KeyDone && status != 202 {
					t.Errorf("status %d", status)
				}
				return answer
			}
			use("k", "h", models.KeyNew)
			use("k", "h", models.KeyRunning)
			use("k", "other", models.KeyMismatch)
			if err := tenant.KeepAnswer(t.Context(), "k", 202, []byte("answer")); err != nil {
				t.Fatal(err)
			}
			if got := use("k", "h", models.KeyDone); string(got) != "answer" {
				t.Errorf("answer %q", got)
			}
			use("k", "other", models.KeyMismatch)

			use("died", "h", models.KeyNew)
			c.pass(3 * time.Minute)
			use("died", "h", models.KeyNew)
			use("died", "h", models.KeyRunning)
			if err := tenant.ForgetKey(t.Context(), "died"); err != nil {
				t.Fatal(err)
			}
			use("died", "h", models.KeyNew)

			c.pass(23 * time.Hour)
			if swept := must(db.Sweep(t.Context(), time.Time{}))(t); swept.Keys != 0 {
				t.Errorf("swept %+v too early", swept)
			}
			c.pass(2 * time.Hour)
			if swept := must(db.Sweep(t.Context(), time.Time{}))(t); swept.Keys != 2 {
				t.Errorf("swept %+v", swept)
			}
			use("k", "other", models.KeyNew)
			if err := tenant.KeepAnswer(t.Context(), "none", 200, nil); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("kept an answer to no request: %v", err)
			}
		})
	}
}
