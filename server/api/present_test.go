package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/internal/redact"
	"stowage/models"
)

func TestSitesAreTheSameOnlyWhenEverythingThatLeadsThereIs(t *testing.T) {
	t.Parallel()
	for other, want := range map[string]bool{
		"https://acme.atlassian.net":             true,
		"https://ACME.atlassian.net/":            true,
		" https://acme.atlassian.net ":           true,
		"http://acme.atlassian.net":              false,
		"https://acme.atlassian.net:8443":        false,
		"https://acme.atlassian.net/path":        false,
		"https://user@acme.atlassian.net":        false,
		"https://acme.atlassian.net.example.com": false,
		"acme.atlassian.net":                     false,
		"":                                       false,
	} {
		if got := sameSite("https://acme.atlassian.net", other); got != want {
			t.Errorf("%q: %v", other, got)
		}
	}
}

func TestSitesHaveShortNames(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://acme.atlassian.net": "acme", "http://127.0.0.1:8080/sites/globex": "globex", "https://jira.example.com/": "jira", "nonsense": "nonsense",
	} {
		if got := siteName(address); got != want {
			t.Errorf("%s is called %q", address, got)
		}
	}
}

func TestATokenIsReadAndNeverWritten(t *testing.T) {
	t.Parallel()
	var in ConnectionInput
	if err := json.Unmarshal([]byte(`{"email":"a@b.c","token":"s3cret","workspaceId":"w"}`), &in); err != nil || in.Token.Reveal() != "s3cret" {
		t.Fatalf("read was %v", err)
	}
	out, err := json.Marshal(in)
	if want := `{"email":"a@b.c","token":"` + redact.Placeholder + `","workspaceId":"w"}`; err != nil || string(out) != want {
		t.Errorf("written was %s (%v)", out, err)
	}
	if err := json.Unmarshal([]byte(`{"token":{"s3cret":1}}`), &in); err == nil || err.Error() != "expected string" {
		t.Errorf("an object as token says %v", err)
	}
}

func TestProgressIsThatOfTheStageThatIsUnderWay(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	run := models.RunInfo{
		ID: "r", Kind: models.KindRestore, State: models.StateRunning, Created: at, QueuedBehind: "another",
		Progress: models.RunProgress{
			Stage: "Restoring object entries", Rate: 16.44, Created: 700, Failed: 2,
			Stages: []models.StageProgress{
				{Name: "Restoring object types", Done: 12, Total: 12, StartedAt: at, EndedAt: at},
				{Name: "Restoring object entries", Done: 700, Total: 1240, StartedAt: at},
				{Name: "Restoring object references"},
			},
		},
	}
	got := presentRun(run)
	want := RunProgress{Done: 700, Total: 1240, Rate: 16.4, SecondsLeft: 33, Created: 700, Failed: 2}
	if diff := cmp.Diff(want, got.Progress); diff != "" {
		t.Errorf("the progress (-want +got)\n%s", diff)
	}
	var states []string
	for _, s := range got.Stages {
		states = append(states, s.State)
	}
	if diff := cmp.Diff([]string{"done", "running", "pending"}, states); diff != "" {
		t.Errorf("the stages (-want +got)\n%s", diff)
	}
	if got.QueuedBehind != "" || !got.CanStop || got.CanResume {
		t.Errorf("a run under way is %+v", got)
	}
	run.Progress.UpdatedAt = time.Now().Add(-time.Minute)
	if stale := presentRun(run).Progress; stale.Rate != 0 || stale.SecondsLeft != 0 || stale.Done != 700 {
		t.Errorf("a run nobody has worked on for a minute is %+v", stale)
	}
	run.Progress.UpdatedAt = time.Now()
	if fresh := presentRun(run).Progress; fresh.Rate != 16.4 || fresh.SecondsLeft != 33 {
		t.Errorf("a run that is worked on is %+v", fresh)
	}
	run.State, run.Finished = models.StateSucceeded, at
	over := presentRun(run)
	if over.Progress.Rate != 0 || over.Progress.SecondsLeft != 0 || over.Stages[1].State != "done" || over.CanStop {
		t.Errorf("a run that is over is %+v", over)
	}
	data, err := json.Marshal(presentRun(models.RunInfo{ID: "r", Created: at}))
	if want := `{"id":"r","kind":"","state":"","stages":[],"progress":{"done":0,"total":0,"rate":0,"created":0,"skipped":0,"failed":0,"warned":0},"createdAt":"2026-11-20T12:00:00Z","actor":"","canStop":false,"canResume":false,"subject":{}}`; err != nil || string(data) != want {
		t.Errorf("an empty run is %s (%v)", data, err)
	}
}

func TestTheWordOfTheGridFollowsTheRunAndTheSchedule(t *testing.T) {
	t.Parallel()
	at := time.Now()
	for want, s := range map[string]models.Schema{
		"Disabled":    {},
		"Auto":        {NextBackupAt: at},
		"Pending":     {NextBackupAt: at, Run: &models.RunInfo{State: models.StateQueued}},
		"In Progress": {Run: &models.RunInfo{State: models.StateRunning}},
	} {
		if got := backupsState(s); got != want {
			t.Errorf("%s is called %s", want, got)
		}
	}
	// Between two slices a run waits, and to people it is under way.
	if got := backupsState(models.Schema{Run: &models.RunInfo{State: models.StateQueued, Started: at}}); got != "In Progress" {
		t.Errorf("a run between two slices is %s", got)
	}
}
