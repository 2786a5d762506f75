package restore_test

import (
	"strings"
	"testing"

	"stowage/report"
	"stowage/restore"
	"stowage/restore/restoretest"
)

func TestWhatStaysInTheBackupIsSaid(t *testing.T) {
	t.Parallel()
	b := itsm()
	b.Others = map[string]int{"comments": 3, "attachments": 0}
	s, j := site(), &restoretest.Journal{}
	p, err := restore.NewPlan(t.Context(), b, s, options())
	if err != nil {
		t.Fatal(err)
	}
	var found []restore.Finding
	for _, f := range p.Findings {
		if f.Cause == report.CauseKeptInBackup {
			found = append(found, f)
		}
	}
	if len(found) != 1 || found[0].Total != 3 || found[0].Severity != restore.SeverityWarning || !strings.Contains(found[0].Message, "comments") {
		t.Errorf("findings: %+v", found)
	}
	var lines report.Report
	if _, err := restore.Apply(t.Context(), p, b, s, j, restore.Settings{Report: &lines}); err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, e := range lines.Entries() {
		if e.Cause == report.CauseKeptInBackup && e.Outcome == report.Warned && e.Message == "comments stay in the backup and are not restored: 3" {
			said++
		}
	}
	if said != 1 {
		t.Errorf("the report says it %d times: %+v", said, lines.Entries())
	}
}
