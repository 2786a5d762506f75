package models_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"stowage/internal/redact"
	"stowage/models"
	"stowage/models/modelstest"
	"stowage/report"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		os.Exit(writeForever(path))
	}
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, path string) *models.DB {
	t.Helper()
	db, err := models.Open(t.Context(), path)
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

func start(t *testing.T, tenant *models.Tenant, fingerprint string) *models.Run {
	t.Helper()
	run, err := tenant.StartRun(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: fingerprint, Target: "https://acme.example"})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestTheDatabaseIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a folder", "50% of #1?")
	path := filepath.Join(dir, "stowage.db")
	db := open(t, path)
	start(t, db.ForTenant("local"), "f")

	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("folder has mode %o, want 700", got)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", e.Name(), got)
		}
	}
	if !slices.Contains(names, "stowage.db") || !slices.Contains(names, "stowage.db-wal") {
		t.Errorf("files are %q, want the database and its log", names)
	}
}

func TestAnExistingLooseFileIsClosed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "stowage.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != fs.FileMode(0o600) {
		t.Errorf("mode is %o, want 600", got)
	}
}

func TestManyProcessesMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			o := modelstest.Options(t, dialect)
			if dialect == models.Postgres {
				o.URL = redact.New(modelstest.EmptyPostgres(t))
			}
			var wg sync.WaitGroup
			errs := make([]error, 8)
			for i := range errs {
				wg.Go(func() {
					db, err := models.OpenWith(t.Context(), o)
					if err != nil {
						errs[i] = err
						return
					}
					errs[i] = errors.Join(db.Migrate(t.Context()), db.Migrate(t.Context()), db.Close())
				})
			}
			wg.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestARunIsResumedByTheSameCommand(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			spec := models.RunSpec{Kind: models.KindBackup, Fingerprint: models.Fingerprint("https://acme.example", "ITSM")}

			first, resumed, err := tenant.OpenRun(t.Context(), spec)
			if err != nil || resumed {
				t.Fatalf("resumed %v, %v; want a new run", resumed, err)
			}
			if err := first.Checkpoints().Save(t.Context(), []byte("half way")); err != nil {
				t.Fatal(err)
			}
			if err := first.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}

			second, resumed, err := tenant.OpenRun(t.Context(), spec)
			if err != nil || !resumed || second.ID() != first.ID() {
				t.Fatalf("resumed %v, %v; want the first run again", resumed, err)
			}
			state, err := second.Checkpoints().Load(t.Context())
			if err != nil || string(state) != "half way" {
				t.Fatalf("checkpoint is %q, %v", state, err)
			}
			if err := second.Finish(t.Context(), models.StateSucceeded, map[string]int{"objects": 3}); err != nil {
				t.Fatal(err)
			}

			third, resumed, err := tenant.OpenRun(t.Context(), spec)
			if err != nil || resumed || third.ID() == first.ID() {
				t.Fatalf("resumed %v, %v; want a new run after the first is finished", resumed, err)
			}
			if state, err := third.Checkpoints().Load(t.Context()); err != nil || state != nil {
				t.Errorf("a new run has checkpoint %q, %v", state, err)
			}
			info, err := tenant.GetRun(t.Context(), first.ID())
			if err != nil {
				t.Fatal(err)
			}
			if info.State != models.StateSucceeded || string(info.Result) != `{"objects":3}` || info.Finished.IsZero() {
				t.Errorf("finished run is %+v", info)
			}
			if err := second.Checkpoints().Save(t.Context(), nil); !errors.Is(err, models.ErrLeaseLost) {
				t.Errorf("a finished run was written to: %v", err)
			}
		})
	}
}

func TestFingerprintsOfDifferentPartsDiffer(t *testing.T) {
	t.Parallel()
	if models.Fingerprint("ab", "c") == models.Fingerprint("a", "bc") {
		t.Error("parts that are cut differently have one fingerprint")
	}
	const known = "3c9d591045bc8876f9d0399bbfb05c6a"
	if got := models.Fingerprint("a", "b"); got != known {
		t.Errorf("fingerprint is %s, want %s: runs that were interrupted would not be found after an upgrade", got, known)
	}
}

func TestOneOfManyProcessesGetsTheRun(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			o := modelstest.Options(t, dialect)
			modelstest.OpenWith(t, o)
			o.MaxConns = 1
			spec := models.RunSpec{Kind: models.KindBackup, Fingerprint: "f"}
			var wg sync.WaitGroup
			var won atomic.Int64
			for range 6 {
				wg.Go(func() {
					db, err := models.OpenWith(t.Context(), o)
					if err != nil {
						t.Error(err)
						return
					}
					defer db.Close() //nolint:errcheck // Nothing was left to write.
					_, _, err = db.ForTenant("local").OpenRun(t.Context(), spec)
					switch {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, models.ErrBusy):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Errorf("%d processes got the run, want 1", won.Load())
			}
		})
	}
}

func TestABusyRunSaysWhoHasIt(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			run := start(t, tenant, "f")
			_, err := tenant.ClaimRun(t.Context(), run.ID())
			busy, ok := errors.AsType[*models.BusyError](err)
			if !ok {
				t.Fatalf("claiming a run in use: %v", err)
			}
			if busy.PID != os.Getpid() || time.Until(busy.Until) > models.LeaseTTL {
				t.Errorf("busy is %+v, want this process for at most %v", busy, models.LeaseTTL)
			}
		})
	}
}

type entry struct {
	Source, Target, Note string
	Done                 bool
}

func journalOf(t *testing.T, j *models.Journal, kind string) []entry {
	t.Helper()
	var got []entry
	err := j.Each(t.Context(), kind, func(source, target, note string, done bool) error {
		got = append(got, entry{source, target, note, done})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b entry) int { return strings.Compare(a.Source, b.Source) })
	return got
}

func TestTheJournalTellsIntentsFromOutcomes(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			run := start(t, tenant, "f")
			j := run.Journal()
			steps := []error{
				j.Begin(t.Context(), "object", []string{"1", "2", "3"}),
				j.Begin(t.Context(), "type", []string{"1"}),
				j.Finish(t.Context(), "object", []string{"1", "2"}, []string{"101", ""}, []string{"", "refused"}),
				j.Finish(t.Context(), "object", []string{"4"}, []string{"104"}, nil),
				j.Begin(t.Context(), "object", []string{"4"}),
				j.Begin(t.Context(), "object", nil),
			}
			if err := errors.Join(steps...); err != nil {
				t.Fatal(err)
			}
			want := []entry{{"1", "101", "", true}, {"2", "", "refused", true}, {"3", "", "", false}, {"4", "104", "", false}}
			if diff := cmp.Diff(want, journalOf(t, j, "object")); diff != "" {
				t.Errorf("journal (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]entry{{Source: "1"}}, journalOf(t, j, "type")); diff != "" {
				t.Errorf("journal of the other kind (-want +got):\n%s", diff)
			}
			pairs := map[string]string{}
			if err := tenant.IDMap(t.Context(), run.ID(), "object", func(s, g string) error { pairs[s] = g; return nil }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{"1": "101"}, pairs); diff != "" {
				t.Errorf("id map (-want +got):\n%s", diff)
			}
			if err := j.Finish(t.Context(), "object", []string{"1"}, nil, nil); err == nil {
				t.Error("a source without a target was taken")
			}
			enough := errors.New("enough")
			if err := j.Each(t.Context(), "object", func(string, string, string, bool) error { return enough }); !errors.Is(err, enough) {
				t.Errorf("the error of the callback became %v", err)
			}
		})
	}
}

func TestManyCallersShareTheJournal(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			j := start(t, tenant, "f").Journal()
			const callers, each = 16, 150
			var wg sync.WaitGroup
			for c := range callers {
				wg.Go(func() {
					for i := range each {
						ids := []string{fmt.Sprintf("%03d-%04d", c, i)}
						if err := errors.Join(j.Begin(t.Context(), "object", ids), j.Finish(t.Context(), "object", ids, ids, nil)); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			got := journalOf(t, j, "object")
			if len(got) != callers*each {
				t.Fatalf("%d entries, want %d", len(got), callers*each)
			}
			for _, e := range got {
				if !e.Done || e.Target != e.Source {
					t.Fatalf("entry %+v", e)
				}
			}
		})
	}
}

func TestTheJournalMayBeWrittenWhileItIsRead(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			j := start(t, tenant, "f").Journal()
			ids := make([]string, 2500)
			for i := range ids {
				ids[i] = fmt.Sprintf("%06d", i)
			}
			if err := j.Begin(t.Context(), "object", ids); err != nil {
				t.Fatal(err)
			}
			seen := 0
			err := j.Each(t.Context(), "object", func(source, _, _ string, _ bool) error {
				if seen++; seen%500 != 0 {
					return nil
				}
				return j.Finish(t.Context(), "object", []string{source}, []string{"t" + source}, nil)
			})
			if err != nil || seen != len(ids) {
				t.Errorf("saw %d of %d entries, %v", seen, len(ids), err)
			}
		})
	}
}

func TestTheLogIsKeptInOrderAcrossAttempts(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			run := start(t, tenant, "f")
			var want []report.Entry
			for i := range 3 {
				lines := make([]report.Entry, 400)
				for k := range lines {
					lines[k] = report.Entry{Outcome: report.OK, Kind: "object", ID: strconv.Itoa(i*1000 + k), Message: "OK"}
				}
				want = append(want, lines...)
				if err := run.AppendLog(t.Context(), lines); err != nil {
					t.Fatal(err)
				}
				if err := run.Stop(t.Context()); err != nil {
					t.Fatal(err)
				}
				var err error
				if run, err = tenant.ClaimRun(t.Context(), run.ID()); err != nil {
					t.Fatal(err)
				}
			}
			var got []report.Entry
			for e, err := range tenant.Log(t.Context(), run.ID()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, e)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAFinishedRunCanBeHadAgain(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			tenant := modelstest.Open(t, dialect).ForTenant("local")
			spec := models.RunSpec{Kind: models.KindRestore, Fingerprint: "f"}
			first := start(t, tenant, "f")
			if err := errors.Join(
				first.Journal().Finish(t.Context(), "object", []string{"1"}, []string{"2"}, nil),
				first.Finish(t.Context(), models.StateSucceeded, "done"),
			); err != nil {
				t.Fatal(err)
			}
			second, again, err := tenant.ReopenRun(t.Context(), spec)
			if err != nil || !again || second.ID() != first.ID() || second.Info().State != models.StateSucceeded {
				t.Fatalf("again %v, %v, %+v", again, err, second)
			}
			if got := journalOf(t, second.Journal(), "object"); len(got) != 1 || got[0].Target != "2" {
				t.Errorf("its journal is %+v", got)
			}
			if _, _, err := tenant.ReopenRun(t.Context(), spec); !errors.Is(err, models.ErrBusy) {
				t.Errorf("had by two at once: %v", err)
			}
		})
	}
}

func TestAnUnknownTenantGetsNoRows(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			_, err := db.ForTenant("nobody").StartRun(t.Context(), models.RunSpec{Kind: models.KindBackup, Fingerprint: "f"})
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("started a run of an unknown tenant: %v", err)
			}
		})
	}
}
