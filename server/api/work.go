package api

import (
	"context"
	"math"
	"slices"
	"time"

	"stowage/internal/runstate"
	"stowage/jobs"
	"stowage/models"
	"stowage/report"
)

func (a *handlers) getRun(ctx context.Context, c caller, in *ByID) (*answer[Run], error) {
	run, err := runOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	out, err := positioned(ctx, c, run)
	if err != nil {
		return nil, err
	}
	return &answer[Run]{Body: out}, nil
}

func runOf(ctx context.Context, c caller, id string) (models.RunInfo, error) {
	if err := known(id); err != nil {
		return models.RunInfo{}, err
	}
	return c.GetRun(ctx, id)
}

// positioned presents a run together with its place in the queue.
func positioned(ctx context.Context, c caller, run models.RunInfo) (Run, error) {
	out := presentRun(run)
	if run.State != models.StateQueued {
		return out, nil
	}
	position, err := c.QueuePosition(ctx, run.ID)
	out.QueuePosition = position
	return out, err
}

func (a *handlers) stopRun(ctx context.Context, c caller, in *runInput) (*answer[Run], error) {
	if err := known(in.ID); err != nil {
		return nil, err
	}
	run, err := a.Runs.Stop(ctx, c.who.TenantID, c.who.AccountID, in.ID)
	if err != nil {
		return nil, err
	}
	return &answer[Run]{Body: presentRun(run)}, nil
}

func (a *handlers) resumeRun(ctx context.Context, c caller, in *runInput) (*accepted[Run], error) {
	if err := known(in.ID); err != nil {
		return nil, err
	}
	run, err := a.Runs.Resume(ctx, c.who.TenantID, c.who.AccountID, in.ID)
	if err != nil {
		return nil, err
	}
	return acceptedRun(run), nil
}

func (a *handlers) getRunLog(ctx context.Context, c caller, in *logInput) (*answer[LogPage], error) {
	run, err := runOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	lines, err := logLines(ctx, c, run.ID, in)
	if err != nil {
		return nil, err
	}
	out := presentLog(lines)
	if len(lines) == 0 {
		out.Last = max(in.After, 0)
	}
	return &answer[LogPage]{Body: out}, nil
}

// logLines reads the lines behind a place, or the last ones where no place is given. A search always begins at the first.
func logLines(ctx context.Context, c caller, run string, in *logInput) ([]models.LogLine, error) {
	if in.After < 0 && in.Query == "" && len(in.Outcome) == 0 {
		return c.LogTail(ctx, run, in.Limit)
	}
	outcomes := make([]report.Outcome, len(in.Outcome))
	for i, outcome := range in.Outcome {
		outcomes[i] = report.Outcome(outcome)
	}
	return c.LogPage(ctx, run, max(in.After, 0), in.Limit, in.Query, outcomes...)
}

func presentLog(lines []models.LogLine) LogPage {
	out := LogPage{Items: make([]LogLine, len(lines))}
	for i, l := range lines {
		out.Items[i] = LogLine{
			Seq: l.Seq, Outcome: string(l.Outcome), Stage: l.Stage, Kind: l.Kind, Key: l.Key, Attribute: l.Attribute,
			Cause: string(l.Cause), Message: l.Message, At: l.At.UTC(),
		}
		out.Last = l.Seq
	}
	return out
}

func presentRun(r models.RunInfo) Run {
	out := Run{
		ID: r.ID, Kind: string(r.Kind), State: string(r.State), Stage: r.Progress.Stage, Stages: presentStages(r), Progress: presentProgress(r),
		QueuedBehind: r.QueuedBehind, Message: r.Error, StopRequestedAt: r.StopRequestedAt.UTC(),
		CreatedAt: r.Created.UTC(), StartedAt: r.Started.UTC(), EndedAt: r.Finished.UTC(), Actor: r.Actor,
		CanStop: able(r, runstate.Stop) && jobs.Stoppable(r.Kind), CanResume: able(r, runstate.Resume),
		Subject: RunSubject{SchemaID: r.Subject.SchemaID, BackupID: r.Subject.BackupID, RestoreID: r.Subject.RestoreID, PlanID: r.Subject.PlanID},
	}
	if r.State != models.StateQueued {
		out.QueuedBehind = ""
	}
	return out
}

// able says whether an event may happen to a run in its state.
func able(r models.RunInfo, e runstate.Event) bool { return slices.Contains(runstate.From(e), r.State) }

func presentStages(r models.RunInfo) []RunStage {
	out := make([]RunStage, len(r.Progress.Stages))
	for i, s := range r.Progress.Stages {
		out[i] = RunStage{Name: s.Name, Done: s.Done, Total: s.Total, State: stageState(r, i)}
	}
	return out
}

func stageState(r models.RunInfo, i int) string {
	s := r.Progress.Stages[i]
	switch {
	case !s.EndedAt.IsZero(), s.Name != r.Progress.Stage && i < len(r.Progress.Stages)-1 && !s.StartedAt.IsZero():
		return "done"
	case s.StartedAt.IsZero():
		return "pending"
	case r.State == models.StateSucceeded, r.State == models.StatePartial:
		return "done"
	default:
		return "running"
	}
}

// staleAfter is how old figures are when their rate says nothing any more: whoever worked on the run may be gone.
const staleAfter = 15 * time.Second

func presentProgress(r models.RunInfo) RunProgress {
	p := r.Progress
	out := RunProgress{Created: p.Created, Skipped: p.Skipped, Failed: p.Failed, Warned: p.Warned}
	for _, s := range p.Stages {
		if s.Name == p.Stage {
			out.Done, out.Total = s.Done, s.Total
		}
	}
	if r.State != models.StateRunning && r.State != models.StateStopping || !p.UpdatedAt.IsZero() && time.Since(p.UpdatedAt) > staleAfter {
		return out
	}
	out.Rate = math.Round(p.Rate*10) / 10
	if left := out.Total - out.Done; left > 0 && p.Rate > 0 {
		out.SecondsLeft = int64(math.Ceil(float64(left) / p.Rate))
	}
	return out
}
