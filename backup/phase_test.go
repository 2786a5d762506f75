package backup_test

import (
	"slices"
	"testing"

	"stowage/backup"
	"stowage/backup/backuptest"
)

// stages keeps the names of the stages it is told of.
type stages struct{ names []string }

func (s *stages) Stage(name string, _ int64) { s.names = append(s.names, name) }
func (*stages) Advance(int64)                {}

func TestTheStagesOfAllPhasesAreKnown(t *testing.T) {
	t.Parallel()
	b, seen := setup(t), &stages{}
	if _, err := backup.Run(t.Context(), backuptest.NewSite(40, 1), b.storage, b.checkpoints, backup.Options{Schema: "5"}, &b.report, seen); err != nil {
		t.Fatal(err)
	}
	var phases []string
	for _, name := range seen.names {
		if p := backup.PhaseOf(name); p != "" && !slices.Contains(phases, p) {
			phases = append(phases, p)
		}
	}
	if want := append([]string{backup.PhaseObjects}, backup.LaterPhases()...); !slices.Equal(phases, want) {
		t.Errorf("phases %v of stages %v, want %v", phases, seen.names, want)
	}
}
