package models_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/internal/redact"
	"stowage/models"
	"stowage/models/modelstest"
)

var current = models.InstanceSeen{URL: "https://acme.example", Location: models.LocationCloud, WorkspaceID: "w-1"}

func seen(names ...string) []models.SchemaSeen {
	var all []models.SchemaSeen
	for _, name := range names {
		all = append(all, models.SchemaSeen{SchemaID: "id of " + name, Key: name[:1], Name: name, Objects: int64(len(name))})
	}
	return all
}

func synced(tb testing.TB, tenant *models.Tenant, instance models.InstanceSeen, all []models.SchemaSeen) models.SyncResult {
	tb.Helper()
	return must(tenant.SyncSchemas(tb.Context(), instance, all, now()))(tb)
}

// names lists schemas as a filter finds them, over all pages.
func names(t *testing.T, tenant *models.Tenant, f models.SchemaFilter) []string {
	t.Helper()
	found := []string{}
	for {
		p := must(tenant.Schemas(t.Context(), f))(t)
		for _, s := range p.Items {
			found = append(found, s.Name+" "+s.Status)
		}
		if p.Next == "" {
			if p.Total != len(found) {
				t.Errorf("total %d, found %d", p.Total, len(found))
			}
			return found
		}
		f.Cursor = p.Next
	}
}

func TestSchemasFollowTheSite(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			must(tenant.SaveConnection(t.Context(), models.Connection{SiteURL: current.URL, Token: redact.New("token-of-local")}))(t)
			check := func(what string, got, want models.SyncResult, list ...string) {
				t.Helper()
				if got != want {
					t.Errorf("%s: %+v, want %+v", what, got, want)
				}
				if diff := cmp.Diff(list, names(t, tenant, models.SchemaFilter{Limit: 2})); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
			check("first", synced(t, tenant, current, seen("beta", "Alpha", "gamma")), models.SyncResult{Added: 3}, "Alpha Active", "beta Active", "gamma Active")
			check("again", synced(t, tenant, current, seen("beta", "Alpha", "gamma")), models.SyncResult{}, "Alpha Active", "beta Active", "gamma Active")
			alpha := must(tenant.Schemas(t.Context(), models.SchemaFilter{Query: "alp"}))(t).Items[0]
			_, backup := startBackup(t, tenant, alpha.ID)
			must(tenant.RequestStop(t.Context(), backup.RunID, "bob"))(t)

			renamed := seen("beta", "gamma")
			renamed[1].Name, renamed[1].Description = "delta \x00\xff", "new"
			check("one gone, one renamed", synced(t, tenant, current, renamed), models.SyncResult{Updated: 1, Gone: 1}, "Alpha Deleted", "beta Active", "delta \uFFFD Active")
			broken := seen("beta")
			broken = append(broken, models.SchemaSeen{SchemaID: "id of gamma", Error: "403"})
			check("one cannot be read", synced(t, tenant, current, broken), models.SyncResult{Updated: 1}, "Alpha Deleted", "beta Active", "delta \uFFFD Sync Error")
			check("all back", synced(t, tenant, current, seen("beta", "Alpha", "gamma")), models.SyncResult{Updated: 2}, "Alpha Active", "beta Active", "gamma Active")
			if p := must(tenant.Backups(t.Context(), models.BackupFilter{SchemaID: alpha.ID}))(t); p.Total != 1 {
				t.Error("a schema that came back has lost its backup")
			}
			if c := must(tenant.Connection(t.Context()))(t); c.SyncedAt.IsZero() {
				t.Error("the connection does not say when it was synchronised")
			}

			if err := tenant.DeleteConnection(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := names(t, tenant, models.SchemaFilter{}); len(got) != 0 {
				t.Errorf("without a connection %q are listed", got)
			}
			if _, err := tenant.Connection(t.Context()); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("a deleted connection: %v", err)
			}
			if p := must(tenant.Backups(t.Context(), models.BackupFilter{}))(t); p.Total != 1 {
				t.Error("the backups went with the connection")
			}
			check("connected again", synced(t, tenant, current, seen("Alpha")), models.SyncResult{Updated: 1}, "Alpha Active")
			if again := must(tenant.Schemas(t.Context(), models.SchemaFilter{}))(t).Items[0]; again.ID != alpha.ID {
				t.Error("the schema is another one than before")
			}
			moved := current
			moved.WorkspaceID = "w-2"
			check("another workspace", synced(t, tenant, moved, seen("Alpha")), models.SyncResult{Added: 1, Gone: 1}, "Alpha Deleted", "Alpha Active")
		})
	}
}

func TestSchemasAreFilteredInEveryWay(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			synced(t, tenant, current, seen("Assets_1", "assets 2", "100% ÄRGER", "gone"))
			synced(t, tenant, current, seen("Assets_1", "assets 2", "100% ÄRGER"))
			target := must(tenant.CreateTarget(t.Context(), models.Target{Name: "globex", Location: models.LocationAnotherCloud}))(t)
			synced(t, tenant, models.InstanceSeen{ID: target.ID, URL: "https://globex.example", Location: models.LocationAnotherCloud, WorkspaceID: "w-2"}, seen("Assets 3"))
			for _, c := range []struct {
				name   string
				filter models.SchemaFilter
				want   []string
			}{
				{"nothing", models.SchemaFilter{}, []string{"100% ÄRGER Active", "Assets 3 Active", "Assets_1 Active", "assets 2 Active", "gone Deleted"}},
				{"part of the name in any case", models.SchemaFilter{Query: "SSETS"}, []string{"Assets 3 Active", "Assets_1 Active", "assets 2 Active"}},
				{"a wildcard is a letter", models.SchemaFilter{Query: "s_1"}, []string{"Assets_1 Active"}},
				{"a percent sign is a letter", models.SchemaFilter{Query: "%"}, []string{"100% ÄRGER Active"}},
				{"letters beyond ASCII", models.SchemaFilter{Query: "ärg"}, []string{"100% ÄRGER Active"}},
				{"status", models.SchemaFilter{Status: models.SchemaDeleted}, []string{"gone Deleted"}},
				{"location", models.SchemaFilter{Location: models.LocationAnotherCloud}, []string{"Assets 3 Active"}},
				{"current instance", models.SchemaFilter{Instance: models.CurrentInstance, Query: "a"}, []string{"Assets_1 Active", "assets 2 Active"}},
				{"another instance", models.SchemaFilter{Instance: target.ID}, []string{"Assets 3 Active"}},
				{"without deleted ones", models.SchemaFilter{HideDeleted: true, Query: "g"}, []string{"100% ÄRGER Active"}},
			} {
				got := names(t, tenant, c.filter)
				// Space and underscore stand on different sides of letters; what matters is that each is there.
				if diff := cmp.Diff(sortedNames(c.want), sortedNames(got)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.name, diff)
				}
			}
			want := []models.Instance{
				{ID: models.CurrentInstance, Name: "https://acme.example", URL: "https://acme.example", Location: models.LocationCloud},
				{ID: target.ID, Name: "globex", URL: "https://globex.example", Location: models.LocationAnotherCloud},
			}
			if diff := cmp.Diff(want, must(tenant.Instances(t.Context()))(t)); diff != "" {
				t.Errorf("instances (-want +got):\n%s", diff)
			}
			if err := tenant.DeleteTarget(t.Context(), target.ID); err != nil {
				t.Fatal(err)
			}
			if got := names(t, tenant, models.SchemaFilter{Status: models.SchemaInactive}); len(got) != 1 {
				t.Errorf("schemas of an instance that was removed: %q", got)
			}
			if _, err := tenant.Schemas(t.Context(), models.SchemaFilter{Cursor: "nonsense"}); !errors.Is(err, models.ErrCursor) {
				t.Errorf("a cursor that nobody gave out: %v", err)
			}
		})
	}
}

func sortedNames(list []string) []string {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return sorted(set)
}

func TestAnEarlierListDoesNotReplaceALaterOne(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			must(tenant.SaveConnection(t.Context(), models.Connection{SiteURL: "https://acme.example", WorkspaceID: "w-1"}))(t)
			at := now()
			must(tenant.SyncSchemas(t.Context(), current, seen("alpha", "restored"), at))(t)
			if n := must(tenant.SyncSchemas(t.Context(), current, seen("alpha"), at.Add(-time.Second)))(t); n != (models.SyncResult{}) {
				t.Errorf("an earlier list changed %+v", n)
			}
			if got := names(t, tenant, models.SchemaFilter{Status: models.SchemaActive}); len(got) != 2 {
				t.Errorf("active are %q", got)
			}
			if n := must(tenant.SyncSchemas(t.Context(), current, seen("alpha"), at.Add(time.Second)))(t); n.Gone != 1 {
				t.Errorf("a later list changed %+v", n)
			}
		})
	}
}

func TestASchemaIsForgottenAsItsStatusSays(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			synced(t, tenant, current, seen("alpha", "beta"))
			page := must(tenant.Schemas(t.Context(), models.SchemaFilter{}))(t)
			alpha, beta := page.Items[0], page.Items[1]
			info, backup := startBackup(t, tenant, alpha.ID)
			if _, err := tenant.ForgetSchema(t.Context(), alpha.ID); !errors.Is(err, models.ErrConflict) {
				t.Errorf("forgotten while it is backed up: %v", err)
			}
			if s := must(tenant.Schema(t.Context(), alpha.ID))(t); s.Run == nil || s.Run.ID != info.ID {
				t.Errorf("its run is %+v", s.Run)
			}
			must(tenant.RequestStop(t.Context(), info.ID, "bob"))(t)
			for _, id := range []string{alpha.ID, beta.ID} {
				if _, err := tenant.ForgetSchema(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			if got := names(t, tenant, models.SchemaFilter{}); len(got) != 0 {
				t.Errorf("listed: %q", got)
			}
			synced(t, tenant, current, seen("alpha"))
			if got := names(t, tenant, models.SchemaFilter{}); len(got) != 1 {
				t.Errorf("after a synchronisation listed: %q", got)
			}
			must(tenant.Backup(t.Context(), backup.ID))(t)
			synced(t, tenant, current, nil)
			gone := must(tenant.ForgetSchema(t.Context(), alpha.ID))(t)
			if gone.Status != models.SchemaDeleted || len(gone.Backups) != 1 || gone.Backups[0].ID != backup.ID || !gone.Backups[0].CreatedAt.Equal(backup.CreatedAt) {
				t.Errorf("forgotten with it: %+v", gone)
			}
			if _, err := tenant.Backup(t.Context(), backup.ID); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("the backup of a deleted schema is left: %v", err)
			}
			if _, err := tenant.GetRun(t.Context(), info.ID); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("the run that made it is left: %v", err)
			}
		})
	}
}

func TestTargetsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			tenant := modelstest.OpenAt(t, dialect, c.now).ForTenant("local")
			one := must(tenant.CreateTarget(t.Context(), models.Target{Name: "one", URL: "https://one.example", Token: redact.New("token-one-1111")}))(t)
			two := must(tenant.CreateTarget(t.Context(), models.Target{Name: "two", Token: redact.New("token-two-2222")}))(t)
			if _, err := tenant.CreateTarget(t.Context(), models.Target{Name: "one"}); !errors.Is(err, models.ErrConflict) {
				t.Errorf("two of one name: %v", err)
			}
			if _, err := tenant.UpdateTarget(t.Context(), models.Target{ID: two.ID, Name: "one"}); !errors.Is(err, models.ErrConflict) {
				t.Errorf("renamed to a name that is taken: %v", err)
			}
			c.pass(time.Hour)
			changed := must(tenant.UpdateTarget(t.Context(), models.Target{ID: one.ID, Name: "uno", URL: "https://uno.example"}))(t)
			if changed.Token.Reveal() != "token-one-1111" || changed.TokenHint != "1111" || !changed.CreatedAt.Equal(one.CreatedAt) || !changed.UpdatedAt.Equal(c.now()) {
				t.Errorf("changed without a token it became %+v", changed)
			}
			changed = must(tenant.UpdateTarget(t.Context(), models.Target{ID: one.ID, Name: "uno", Token: redact.New("token-new-3333")}))(t)
			if changed.Token.Reveal() != "token-new-3333" || changed.TokenHint != "3333" || changed.URL != "" {
				t.Errorf("changed with a token it became %+v", changed)
			}
			list := must(tenant.Targets(t.Context()))(t)
			if len(list) != 2 || list[0].Name != "two" || list[1].Name != "uno" || !list[0].Token.IsZero() {
				t.Errorf("list %+v", list)
			}
		})
	}
}

func TestASavedConnectionKeepsWhatIsNotSaid(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			tenant := modelstest.OpenAt(t, dialect, c.now).ForTenant("local")
			one := must(tenant.SaveConnection(t.Context(), models.Connection{SiteURL: "https://one.example", Email: "a@example.com", Token: redact.New("token-one-1111")}))(t)
			c.pass(time.Hour)
			two := must(tenant.SaveConnection(t.Context(), models.Connection{SiteURL: "https://one.example", Email: "b@example.com", StorageChosen: true, Storage: "builtin"}))(t)
			if two.ID != one.ID || two.Token.Reveal() != "token-one-1111" || two.TokenHint != "1111" || two.Email != "b@example.com" || !two.CreatedAt.Equal(one.CreatedAt) || !two.StorageChosen {
				t.Errorf("saved as %+v", two)
			}
			if err := tenant.SetConnectionCheck(t.Context(), c.now(), "401"); err != nil {
				t.Fatal(err)
			}
			three := must(tenant.Connection(t.Context()))(t)
			if !three.CheckedAt.Equal(c.now()) || three.CheckError != "401" || three.Email != "b@example.com" {
				t.Errorf("checked it is %+v", three)
			}
		})
	}
}

func TestSchedulesAreClaimedOnce(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			db := modelstest.OpenAt(t, dialect, c.now)
			tenant := db.ForTenant("local")
			synced(t, tenant, current, seen("alpha", "beta"))
			page := must(tenant.Schemas(t.Context(), models.SchemaFilter{}))(t)
			for i, s := range page.Items {
				err := tenant.SaveSchedule(t.Context(), models.Schedule{
					SchemaID: s.ID, Enabled: i == 0, Mode: models.ScheduleCustom, Cron: "0 0 * * *", NextRunAt: c.now().Add(time.Hour),
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			alpha := page.Items[0].ID
			if s := must(tenant.Schema(t.Context(), alpha))(t); !s.NextBackupAt.Equal(c.now().Add(time.Hour)) {
				t.Errorf("next backup at %v", s.NextBackupAt)
			}
			if s := must(tenant.Schema(t.Context(), page.Items[1].ID))(t); !s.NextBackupAt.IsZero() {
				t.Errorf("a schedule that is off says %v", s.NextBackupAt)
			}
			if due := must(db.SchedulesDue(t.Context(), time.Time{}, 10))(t); len(due) != 0 {
				t.Errorf("due too early: %+v", due)
			}
			c.pass(time.Hour)
			due := must(db.SchedulesDue(t.Context(), time.Time{}, 10))(t)
			if len(due) != 1 || due[0].SchemaID != alpha || due[0].Tenant != "local" || due[0].Cron != "0 0 * * *" {
				t.Fatalf("due: %+v", due)
			}
			next := c.now().Add(24 * time.Hour)
			won := 0
			for range 3 {
				if must(tenant.AdvanceSchedule(t.Context(), alpha, due[0].NextRunAt, next))(t) {
					won++
				}
			}
			if won != 1 {
				t.Errorf("claimed %d times", won)
			}
			if s := must(tenant.Schedule(t.Context(), alpha))(t); !s.NextRunAt.Equal(next) || !s.Enabled {
				t.Errorf("moved on to %+v", s)
			}
		})
	}
}

func TestASchemaPageGoesThroughEqualNames(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			var all []models.SchemaSeen
			for i := range 7 {
				all = append(all, models.SchemaSeen{SchemaID: strconv.Itoa(i), Name: "same"})
			}
			synced(t, tenant, current, all)
			if got := names(t, tenant, models.SchemaFilter{Limit: 3}); len(got) != 7 {
				t.Errorf("found %d of 7", len(got))
			}
		})
	}
}
