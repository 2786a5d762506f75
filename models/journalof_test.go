package models_test

import (
	"errors"
	"testing"

	"stowage/models"
)

func TestTheJournalOfAnotherRunCanBeReadAndNotWritten(t *testing.T) {
	t.Parallel()
	db, err := models.Open(t.Context(), t.TempDir()+"/stowage.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(db.Migrate(t.Context()), db.AddTenant(t.Context(), "acme"), db.AddTenant(t.Context(), "globex")); err != nil {
		t.Fatal(err)
	}
	acme := db.ForTenant("acme")
	run, err := acme.StartRun(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: "f"})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Journal().Finish(t.Context(), "object", []string{"1"}, []string{"9"}, []string{"note"}); err != nil {
		t.Fatal(err)
	}
	read := func(j *models.Journal) (found []string) {
		err := j.Each(t.Context(), "object", func(source, target, note string, done bool) error {
			found = append(found, source, target, note)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return found
	}
	for range 2 {
		if got := read(acme.Journal(run.ID())); len(got) != 3 || got[1] != "9" {
			t.Errorf("the journal holds %v", got)
		}
		if got := read(db.ForTenant("globex").Journal(run.ID())); len(got) != 0 {
			t.Errorf("another tenant reads %v", got)
		}
		if err := acme.Journal(run.ID()).Begin(t.Context(), "object", []string{"2"}); !errors.Is(err, models.ErrLeaseLost) {
			t.Errorf("it can be written to: %v", err)
		}
		if err := run.Finish(t.Context(), models.StateSucceeded, nil); err != nil && !errors.Is(err, models.ErrLeaseLost) {
			t.Fatal(err)
		}
	}
}
