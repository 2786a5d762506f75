package models_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/models"
	"stowage/models/modelstest"
	"stowage/report"
)

// oneSchema is a tenant with one schema.
func oneSchema(t *testing.T, db *models.DB) (*models.Tenant, models.Schema) {
	t.Helper()
	tenant := db.ForTenant("local")
	synced(t, tenant, current, seen("alpha"))
	return tenant, must(tenant.Schemas(t.Context(), models.SchemaFilter{}))(t).Items[0]
}

func TestABackupFollowsItsRun(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			tenant, schema := oneSchema(t, modelstest.OpenAt(t, dialect, c.now))
			info, b := startBackup(t, tenant, schema.ID)
			if b.Number != 1 || b.State != models.BackupPending || b.RunID != info.ID || info.Subject.BackupID != b.ID || info.Subject.SchemaID != schema.ID {
				t.Errorf("started as %+v by %+v", b, info)
			}
			if _, _, err := tenant.StartBackup(t.Context(), models.RunSpec{
				Kind: models.KindBackup, Fingerprint: "backup/" + schema.ID, Subject: models.Subject{SchemaID: schema.ID},
			}, models.Backup{}); !errors.Is(err, models.ErrConflict) {
				t.Errorf("started twice: %v", err)
			}
			is := func(want string) models.Backup {
				t.Helper()
				got := must(tenant.Backup(t.Context(), b.ID))(t)
				if got.State != want {
					t.Errorf("state is %s, want %s", got.State, want)
				}
				return got
			}
			c.pass(time.Minute)
			run := claim(t, tenant, info)
			if got := is(models.BackupRunning); !got.StartedAt.Equal(c.now()) || got.Run == nil || got.Run.ID != info.ID {
				t.Errorf("running it is %+v", got)
			}
			if err := run.UpdateBackup(t.Context(), func(b *models.Backup) {
				b.SnapshotID, b.Objects, b.State, b.Number, b.Description = "snap", 10, "nonsense", 99, "not the run's"
			}); err != nil {
				t.Fatal(err)
			}
			if got := is(models.BackupRunning); got.SnapshotID != "snap" || got.Objects != 10 || got.Number != 1 || got.Description != "before the upgrade" {
				t.Errorf("updated it is %+v", got)
			}
			must(run.Requeue(t.Context(), 0, "slice"))(t)
			is(models.BackupRunning) // between two slices it is still being made
			must(tenant.RequestStop(t.Context(), info.ID, "bob"))(t)
			if got := is(models.BackupTerminated); got.FinishedAt.IsZero() {
				t.Errorf("stopped between two slices it is %+v", got)
			}
			resumed := must(tenant.ResumeRun(t.Context(), info.ID, "bob"))(t)
			if got := is(models.BackupPending); !got.FinishedAt.IsZero() {
				t.Errorf("resumed it is %+v", got)
			}
			run = claim(t, tenant, resumed)
			c.pass(time.Minute)
			if err := run.End(t.Context(), models.StateFailed, nil, "no route"); err != nil {
				t.Fatal(err)
			}
			if got := is(models.BackupFailed); got.Message != "no route" || !got.FinishedAt.Equal(c.now()) {
				t.Errorf("failed it is %+v", got)
			}
			s := must(tenant.Schema(t.Context(), schema.ID))(t)
			if s.LastBackupError != "no route" || !s.LastBackupErrorAt.Equal(c.now()) || s.LastBackupID != "" || s.Run != nil {
				t.Errorf("the schema says %+v", s)
			}
			run = claim(t, tenant, must(tenant.ResumeRun(t.Context(), info.ID, "bob"))(t))
			if err := run.EndBackup(t.Context(), models.StateSucceeded, nil, "", func(b *models.Backup) { b.Objects = 11 }); err != nil {
				t.Fatal(err)
			}
			if got := is(models.BackupComplete); got.Objects != 11 || got.Message != "" {
				t.Errorf("complete it is %+v", got)
			}
			s = must(tenant.Schema(t.Context(), schema.ID))(t)
			if s.LastBackupError != "" || s.LastBackupID != b.ID || !s.LastBackupAt.Equal(c.now()) {
				t.Errorf("the schema says %+v", s)
			}
		})
	}
}

func TestABackupIsDeletedWhenNothingWorksWithIt(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			tenant, schema := oneSchema(t, db)
			var backups []models.Backup
			for range 3 {
				c.pass(time.Hour)
				info, b := startBackup(t, tenant, schema.ID)
				if len(backups) == 0 {
					if _, err := tenant.StartDeleteBackup(t.Context(), models.RunSpec{Kind: models.KindDeleteBackup}, b.ID); !errors.Is(err, models.ErrConflict) {
						t.Errorf("deleted while it is made: %v", err)
					}
				}
				if err := claim(t, tenant, info).End(t.Context(), models.StateSucceeded, nil, ""); err != nil {
					t.Fatal(err)
				}
				backups = append(backups, b)
			}
			last := backups[2]
			planned, plan, err := tenant.StartPlan(t.Context(), models.RunSpec{Kind: models.KindPlan, Fingerprint: "p"}, models.Plan{BackupID: last.ID})
			if err != nil {
				t.Fatal(err)
			}
			del := models.RunSpec{Kind: models.KindDeleteBackup, Fingerprint: "delete/" + last.ID, Actor: "bob"}
			if _, err := tenant.StartDeleteBackup(t.Context(), del, last.ID); !errors.Is(err, models.ErrConflict) {
				t.Errorf("deleted while it is planned with: %v", err)
			}
			must(tenant.RequestStop(t.Context(), planned.ID, "bob"))(t)
			if p := must(tenant.Plan(t.Context(), plan.ID))(t); p.State != models.PlanFailed {
				t.Errorf("a plan that was stopped is %s", p.State)
			}
			if err := tenant.DeleteBackup(t.Context(), last.ID); !errors.Is(err, models.ErrConflict) {
				t.Errorf("deleted without a mark: %v", err)
			}
			info := must(tenant.StartDeleteBackup(t.Context(), del, last.ID))(t)
			if info.Subject.BackupID != last.ID || info.Subject.SchemaID != schema.ID {
				t.Errorf("the run is about %+v", info.Subject)
			}
			if got := must(tenant.Backup(t.Context(), last.ID))(t); got.State != models.BackupDeleting || got.Run == nil || got.Run.Kind != models.KindDeleteBackup {
				t.Errorf("marked it is %+v", got)
			}
			if _, _, err := tenant.StartRestore(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: "r"}, models.Restore{BackupID: last.ID}); !errors.Is(err, models.ErrConflict) {
				t.Errorf("restored while it is deleted: %v", err)
			}
			run := claim(t, tenant, info)
			if err := tenant.DeleteBackup(t.Context(), last.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := run.Requeue(t.Context(), 0, ""); err != nil {
				t.Errorf("the run cannot go on after the row is gone: %v", err)
			}
			if err := claim(t, tenant, get(t, tenant, info.ID)).End(t.Context(), models.StateSucceeded, nil, ""); err != nil {
				t.Errorf("the run cannot end after the row is gone: %v", err)
			}
			if s := must(tenant.Schema(t.Context(), schema.ID))(t); s.LastBackupID != backups[1].ID || !s.LastBackupAt.Equal(c.now().Add(-time.Hour)) {
				t.Errorf("the last backup is now %s of %v", s.LastBackupID, s.LastBackupAt)
			}
			if _, next := startBackup(t, tenant, schema.ID); next.Number != 4 {
				t.Errorf("the next backup has number %d, want 4", next.Number)
			}
			if _, err := tenant.ResumeRun(t.Context(), last.RunID, "bob"); err == nil {
				t.Error("resumed the run of a backup that is gone")
			}
		})
	}
}

func TestBackupsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant, schema := oneSchema(t, modelstest.Open(t, dialect))
			day := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			for i := range 60 {
				b := models.Backup{SchemaID: schema.ID, State: models.BackupComplete, Trigger: models.TriggerManual, CreatedAt: day.AddDate(0, 0, i/2)}
				if i%3 == 0 {
					b.Trigger = models.TriggerScheduled
				}
				b.ObjectTypes = []models.BackupType{{ID: "1", Name: "Server"}}
				must(tenant.CreateBackup(t.Context(), b))(t)
			}
			numbers := func(f models.BackupFilter) []int {
				t.Helper()
				f.SchemaID = schema.ID
				var found []int
				for {
					p := must(tenant.Backups(t.Context(), f))(t)
					for _, b := range p.Items {
						found = append(found, b.Number)
						if b.ObjectTypes != nil {
							t.Fatal("a list holds object types")
						}
					}
					if p.Next == "" {
						if p.Total != len(found) {
							t.Errorf("total %d, found %d", p.Total, len(found))
						}
						return found
					}
					if f.Cursor = p.Next; len(found) > 100 {
						t.Fatal("the pages never end")
					}
				}
			}
			down := func(from, to, step int) (n []int) {
				for i := from; i >= to; i -= step {
					n = append(n, i)
				}
				return n
			}
			for _, c := range []struct {
				name   string
				filter models.BackupFilter
				want   []int
			}{
				{"all", models.BackupFilter{Limit: 7}, down(60, 1, 1)},
				{"the newest fifty", models.BackupFilter{Limit: 20, Newest: 50}, down(60, 11, 1)},
				{"more of the newest than there are", models.BackupFilter{Limit: 20, Newest: 500}, down(60, 1, 1)},
				{"scheduled", models.BackupFilter{Limit: 7, Trigger: models.TriggerScheduled}, down(58, 1, 3)},
				{"one day", models.BackupFilter{From: day.AddDate(0, 0, 10).Add(-12 * time.Hour), To: day.AddDate(0, 0, 10).Add(12 * time.Hour)}, down(22, 21, 1)},
				{"up to a day, the newest three", models.BackupFilter{To: day.AddDate(0, 0, 10), Newest: 3, Limit: 2}, down(20, 18, 1)},
			} {
				if diff := cmp.Diff(c.want, numbers(c.filter)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.name, diff)
				}
			}
			p := must(tenant.Backups(t.Context(), models.BackupFilter{SchemaID: schema.ID, Limit: 1}))(t)
			if s := must(tenant.Schema(t.Context(), schema.ID))(t); s.LastBackupID != p.Items[0].ID {
				t.Errorf("the last backup is %s", s.LastBackupID)
			}
			if b := must(tenant.DescribeBackup(t.Context(), p.Items[0].ID, "new text"))(t); b.Description != "new text" || len(b.ObjectTypes) != 1 {
				t.Errorf("described it is %+v", b)
			}
			for _, made := range []string{`{}`, `{"i":"a\u0000"}`, `{"i":"a","k":"\u0000"}`, `{"i":"a","t":9223372036854775807}`, `{"i":"a","t":-1}`} {
				cursor := base64.RawURLEncoding.EncodeToString([]byte(made))
				if _, err := tenant.Backups(t.Context(), models.BackupFilter{Cursor: cursor}); !errors.Is(err, models.ErrCursor) {
					t.Errorf("cursor %s: %v", made, err)
				}
			}
		})
	}
}

func TestARestoreFollowsItsRun(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			s := fill(t, db, "acme")
			if r := s.restore; r.Number != 1 || r.State != models.RestoreError || r.TargetSchemaID != "99" || r.Created != 99 || r.Run == nil || r.Run.ID != s.restoreOf.ID ||
				len(r.Parts) != 1 || r.Parts[0].State != models.PartError || r.EndedAt.IsZero() || r.With != "Marketplace app" {
				t.Errorf("it ended as %+v", r)
			}
			info, r, err := s.tenant.StartRestore(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: "second"},
				models.Restore{BackupID: s.backup.ID, SchemaID: s.schema.ID, Options: json.RawMessage(`{}`)})
			if err != nil || r.Number != 2 {
				t.Fatalf("%+v, %v", r, err)
			}
			run := claim(t, s.tenant, info)
			is := func(want string) models.Restore {
				t.Helper()
				got := must(s.tenant.Restore(t.Context(), r.ID))(t)
				if got.State != want {
					t.Errorf("state is %s, want %s", got.State, want)
				}
				return got
			}
			is(models.RestoreRunning)
			must(s.tenant.RequestStop(t.Context(), info.ID, "bob"))(t)
			is(models.RestoreStopping)
			if err := run.EndRestore(t.Context(), models.StateSucceeded, nil, "", func(r *models.Restore) { r.Proved = true }); err != nil {
				t.Fatal(err)
			}
			if got := is(models.RestoreCompleted); !got.Proved {
				t.Errorf("it ended as %+v", got)
			}
			for _, f := range []struct {
				filter models.RestoreFilter
				want   []int
			}{
				{models.RestoreFilter{}, []int{2, 1}},
				{models.RestoreFilter{Limit: 1}, []int{2}},
				{models.RestoreFilter{SchemaID: s.schema.ID}, []int{2, 1}},
				{models.RestoreFilter{SchemaID: s.other.ID}, nil},
				{models.RestoreFilter{State: models.RestoreError}, []int{1}},
				{models.RestoreFilter{State: models.RestoreError, SchemaID: s.schema.ID}, []int{1}},
			} {
				p := must(s.tenant.Restores(t.Context(), f.filter))(t)
				var got []int
				for _, r := range p.Items {
					got = append(got, r.Number)
				}
				if diff := cmp.Diff(f.want, got); diff != "" {
					t.Errorf("%+v (-want +got):\n%s", f.filter, diff)
				}
				if (p.Next != "") != (f.filter.Limit == 1) {
					t.Errorf("%+v: next is %q", f.filter, p.Next)
				}
			}
			s.reference.State, s.reference.Message, s.reference.EndedAt = models.PartSuccess, "done", c.now()
			if err := s.tenant.SetReferenceRestore(t.Context(), s.reference); err != nil {
				t.Fatal(err)
			}
			list := must(s.tenant.ReferenceRestores(t.Context(), s.restore.ID))(t)
			if diff := cmp.Diff([]models.ReferenceRestore{s.reference}, list); diff != "" {
				t.Errorf("restores of references (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnusedPlansAreSwept(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			s := fill(t, db, "acme")
			info, unused, err := s.tenant.StartPlan(t.Context(), models.RunSpec{Kind: models.KindPlan, Fingerprint: "unused"}, models.Plan{BackupID: s.backup.ID})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.tenant.PlanDocument(t.Context(), unused.ID); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("the document of a plan that is not made: %v", err)
			}
			c.pass(25 * time.Hour)
			if swept := must(db.Sweep(t.Context(), time.Time{}))(t); swept.Plans != 0 {
				t.Errorf("swept a plan that is being made: %+v", swept)
			}
			if err := claim(t, s.tenant, info).EndPlan(t.Context(), models.StateSucceeded, nil, "", models.PlanResult{Document: []byte("{}"), Hash: "h"}); err != nil {
				t.Fatal(err)
			}
			if p := must(s.tenant.Plan(t.Context(), unused.ID))(t); p.State != models.PlanReady || p.Hash != "h" || p.Run == nil {
				t.Errorf("the plan is %+v", p)
			}
			if swept := must(db.Sweep(t.Context(), time.Time{}))(t); swept.Plans != 1 {
				t.Errorf("swept %+v, want the unused plan", swept)
			}
			if _, err := s.tenant.Plan(t.Context(), unused.ID); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("the unused plan: %v", err)
			}
			must(s.tenant.PlanDocument(t.Context(), s.plan.ID))(t)
			c.pass(31 * 24 * time.Hour)
			if swept := must(db.Sweep(t.Context(), time.Time{}))(t); swept.Checkpoints != 1 {
				t.Errorf("swept %+v, want the checkpoint of a run that failed long ago", swept)
			}
		})
	}
}

func TestTheLogIsReadByPagesAndSearched(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			run := claim(t, tenant, enqueue(t, tenant, "f", ""))
			lines := make([]report.Entry, 2500)
			for i := range lines {
				lines[i] = report.Entry{Outcome: report.OK, Kind: "object", Key: fmt.Sprintf("ITSM-%d", i+1), Message: "OK"}
				if i%1000 == 999 {
					lines[i].Message = `"ÄRGER" <refused> 100%`
				}
			}
			if err := run.AppendLog(t.Context(), lines); err != nil {
				t.Fatal(err)
			}
			page := must(tenant.LogPage(t.Context(), run.ID(), 10, 5, ""))(t)
			if len(page) != 5 || page[0].Seq != 11 || page[0].Key != "ITSM-11" || page[4].Seq != 15 || page[0].At.IsZero() {
				t.Errorf("page %+v", page)
			}
			tail := must(tenant.LogTail(t.Context(), run.ID(), 500))(t)
			if len(tail) != 500 || tail[0].Seq != 2001 || tail[499].Seq != 2500 {
				t.Errorf("tail of %d lines", len(tail))
			}
			for match, want := range map[string]int{"ärger": 2, "<REFUSED>": 2, `"`: 2, "100%": 2, "itsm-25": 12, "message": 0, "_": 0, "itsm-2500": 1} {
				if got := must(tenant.LogPage(t.Context(), run.ID(), 0, 1000, match))(t); len(got) != want {
					t.Errorf("%q matches %d lines, want %d", match, len(got), want)
				}
			}
			if got := must(tenant.LogPage(t.Context(), run.ID(), 1000, 1, "ärger"))(t); len(got) != 1 || got[0].Seq != 2000 {
				t.Errorf("the second match is %+v", got)
			}
		})
	}
}
