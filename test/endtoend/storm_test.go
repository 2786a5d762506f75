package endtoend

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/fault"
	"stowage/atlassian/sim/fault/faulttest"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
	"stowage/backup"
	"stowage/backup/backuptest"
	"stowage/blob/mem"
	"stowage/internal/redact"
	"stowage/jobs/worker/site"
	"stowage/report"
	"stowage/restore"
	"stowage/restore/restoretest"
	"stowage/snapshot"
)

// TestAStormChangesNothing backs up and restores while both sites fail, drop connections after they have written, throttle
// with and without saying for how long, and search in an index that lags. Time is not real here.
func TestAStormChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		faults := faulttest.Plan(t, 7,
			fault.Rule{Op: "*", Probability: 0.04, Status: 503},
			fault.Rule{Op: "*", Probability: 0.02, Status: 500},
			fault.Rule{Op: "*", Probability: 0.05, Reset: "after"},
			fault.Rule{Op: "*", Probability: 0.01, Truncate: new(40)},
			fault.Rule{Op: "*", Probability: 0.02, Status: 429},
			fault.Rule{Op: "*", Probability: 0.02, Status: 429, RetryAfter: 3},
		)
		s, err := sim.New(sim.Options{Faults: faults, Sites: []sim.SiteOptions{
			{Name: "acme", SearchLag: 2 * time.Second}, {Name: "globex", SearchLag: 2 * time.Second},
		}})
		if err != nil {
			t.Fatal(err)
		}
		made, err := gen.Fill(s.Site("acme").World(), gen.Profile{Name: gen.ITSM}, 300, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := gen.Site(s.Site("globex").World(), "globex"); err != nil {
			t.Fatal(err)
		}
		store := mem.New()
		keys, err := snapshot.OpenKeys(t.Context(), store, "local", snapshot.NewMasterKey(), true)
		if err != nil {
			t.Fatal(err)
		}
		var lines report.Report
		checkpoints := &backuptest.Checkpoints{}
		var saved backup.Result
		patiently(t, func() error {
			saved, err = backup.Run(t.Context(), site.NewSource(stormClient(t, s, "acme")), vault{store, keys}, checkpoints,
				backup.Options{Schema: made.Key, Phases: []string{}}, &lines, nil)
			return err
		})
		if saved.Objects != int64(made.Objects) || saved.Failed != 0 {
			t.Errorf("backup: %+v", saved)
		}
		b, err := snapshot.Open(t.Context(), store, keys, saved.Backup)
		if err != nil {
			t.Fatal(err)
		}
		from, target := restore.FromSnapshot(b), site.NewTarget(stormClient(t, s, "globex"))
		options := restore.Options{NewSchema: restore.NewSchema{Name: "Restored", Key: "REST"}, Icons: true}
		var plan *restore.Plan
		patiently(t, func() error {
			plan, err = restore.NewPlan(t.Context(), from, target, options)
			return err
		})
		journal := &restoretest.Journal{}
		set := restore.Settings{Report: &lines}
		var result restore.Result
		patiently(t, func() error {
			result, err = restore.Apply(t.Context(), plan, from, target, journal, set)
			return err
		})
		var proof restore.Proof
		patiently(t, func() error {
			proof, err = restore.Prove(t.Context(), plan, from, target, journal, set)
			return err
		})
		if !proof.Proved || result.Failed != 0 {
			t.Errorf("restore: %+v\nproof: %+v", result, proof)
		}
		schema, ok := world.ParseID(result.SchemaID)
		if !ok {
			t.Fatalf("schema %q", result.SchemaID)
		}
		want := dump(t, s.Site("acme").World(), made.Schema, world.DumpOptions{Keys: true})
		got := dump(t, s.Site("globex").World(), schema, world.DumpOptions{
			Identity: assets.AttributeOriginalKey, Omit: []string{assets.AttributeOriginalID, assets.AttributeOriginalKey},
		})
		for _, d := range differences(want, got, newListed(lines.Entries())) {
			t.Error(d)
		}
	})
}

// patiently does something again while a site is not available for longer than the client waits.
func patiently(t *testing.T, do func() error) {
	t.Helper()
	var err error
	for range 20 {
		if err = do(); err == nil {
			return
		}
		if !errors.Is(err, assets.ErrUnavailable) && !errors.Is(err, assets.ErrThrottled) && !errors.Is(err, assets.ErrUnknownOutcome) {
			break
		}
	}
	t.Fatal(err)
}

func stormClient(t *testing.T, s *sim.Sim, name string) *atlassian.Client {
	t.Helper()
	info := s.Site(name).Info(apiURL)
	c, err := atlassian.New(atlassian.Config{
		SiteURL: info.BaseURL, APIURL: info.APIBaseURL, Email: info.Email, Token: redact.New(info.Token), HTTP: sim.Transport(s), PageSize: 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
