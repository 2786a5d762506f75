package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"stowage/jobs"
	"stowage/models"
	"stowage/restore"
	"stowage/server/problem"
)

func (a *handlers) startPlan(ctx context.Context, c caller, in *planInput) (*accepted[PlanStarted], error) {
	spec, err := restoreSpec(in.Body)
	if err != nil {
		return nil, err
	}
	run, plan, err := a.Runs.StartPlan(ctx, c.who.TenantID, c.who.AccountID, spec)
	if err != nil {
		return nil, err
	}
	return &accepted[PlanStarted]{Location: runAddress(run.ID), Body: PlanStarted{PlanID: plan.ID, Run: presentRun(run)}}, nil
}

// restoreSpec turns what a person chose into what the planner is told. The rules about names and keys are the planner's.
func restoreSpec(in PlanOrder) (jobs.RestoreSpec, error) {
	switch {
	case known(in.BackupID) != nil:
		return jobs.RestoreSpec{}, invalid("body.backupId", codeInvalid, "This is not the id of a backup.")
	case in.Destination == models.DestinationInstance && known(in.TargetID) != nil:
		return jobs.RestoreSpec{}, invalid("body.targetId", "required", "Choose the instance to restore on.")
	case in.Destination != models.DestinationInstance && in.TargetID != "":
		return jobs.RestoreSpec{}, invalid("body.targetId", codeInvalid, "A restore on this site has no target instance.")
	case slices.Contains(in.ObjectTypes, ""):
		return jobs.RestoreSpec{}, invalid("body.objectTypes", codeInvalid, "This is not the id of an object type.")
	}
	options, err := json.Marshal(restore.Options{
		NewSchema: restore.NewSchema{Name: in.SchemaName, Key: in.SchemaKey}, ObjectTypes: in.ObjectTypes, Icons: in.Icons, History: in.History,
		Users: restore.UserPolicy(in.Users), MatchUsers: restore.UserMatch(in.MatchUsers),
	})
	if err != nil {
		return jobs.RestoreSpec{}, fmt.Errorf("read the order of a plan: %w", err)
	}
	normal, err := restore.ParseOptions(options)
	if err != nil {
		return jobs.RestoreSpec{}, invalid("body.schemaName", codeInvalid,
			"The name must not be empty, and must not hold any of = ; : ? . and double quotes.").Because(err)
	}
	return jobs.RestoreSpec{
		BackupID: in.BackupID, Destination: in.Destination, TargetID: in.TargetID, SchemaName: normal.NewSchema.Name, SchemaKey: normal.NewSchema.Key,
		ObjectTypes: normal.ObjectTypes, Icons: normal.Icons, History: normal.History, Users: string(normal.Users), MatchUsers: string(normal.MatchUsers),
	}, nil
}

func (a *handlers) getPlan(ctx context.Context, c caller, in *ByID) (*answer[Plan], error) {
	if err := known(in.ID); err != nil {
		return nil, err
	}
	plan, err := c.Plan(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := Plan{ID: plan.ID, BackupID: plan.BackupID, State: plan.State, Message: plan.Message}
	if plan.Run != nil {
		out.Run = new(presentRun(*plan.Run))
	}
	if plan.State == models.PlanReady {
		summary, err := summaryOf(ctx, c, plan)
		if err != nil {
			return nil, err
		}
		out.Summary = &summary
	}
	return &answer[Plan]{Body: out}, nil
}

// summaryOf reads a plan that is ready.
func summaryOf(ctx context.Context, c caller, plan models.Plan) (PlanSummary, error) {
	document, err := c.PlanDocument(ctx, plan.ID)
	if err != nil {
		return PlanSummary{}, err
	}
	p, err := restore.ParsePlan(document)
	if err != nil {
		return PlanSummary{}, problem.New(http.StatusConflict, jobs.CodePlanStale, "This plan was made by another version. Make a new one.").Because(err)
	}
	spec, err := jobs.DecodeSpec[jobs.RestoreSpec](plan.Spec)
	if err != nil {
		return PlanSummary{}, fmt.Errorf("plan %s: %w", plan.ID, err)
	}
	out := presentPlan(p)
	if out.Unselected, err = unselected(ctx, c, plan.BackupID, p.Unselected); err != nil {
		return PlanSummary{}, err
	}
	out.Destination, out.SiteURL = spec.Destination, c.site()
	if spec.Destination == models.DestinationInstance {
		target, err := c.Target(ctx, spec.TargetID)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return PlanSummary{}, err
		}
		out.SiteURL, out.TargetName = target.URL, target.Name
	}
	return out, nil
}

// unselected are the names of object types of a backup.
func unselected(ctx context.Context, c caller, backupID string, ids []string) ([]string, error) {
	names := slices.Clone(ids)
	if len(ids) == 0 {
		return []string{}, nil
	}
	backup, err := c.Backup(ctx, backupID)
	if err != nil {
		return nil, err
	}
	for _, t := range backup.ObjectTypes {
		if i := slices.Index(ids, t.ID); i >= 0 {
			names[i] = t.Name
		}
	}
	slices.Sort(names)
	return names, nil
}

// presentPlan says what a plan comes to.
func presentPlan(p *restore.Plan) PlanSummary {
	out := PlanSummary{
		SchemaName: p.Schema.Name, SchemaKey: p.Schema.Key, Minutes: p.Minutes,
		ObjectTypes: make([]PlanType, len(p.ObjectTypes)), Stages: make([]PlanStage, len(p.Stages)), Findings: make([]PlanFinding, len(p.Findings)),
	}
	names := make(map[string]string, len(p.ObjectTypes))
	for _, t := range p.ObjectTypes {
		names[t.Source] = t.Name
	}
	for i, t := range p.ObjectTypes {
		out.ObjectTypes[i] = PlanType{ID: t.Source, Name: t.Name, ParentID: t.Parent, Parent: names[t.Parent], Objects: t.Objects}
	}
	for i, s := range p.Stages {
		out.Stages[i] = PlanStage{Name: s.Name, Items: s.Create + s.Update, Create: s.Create, Update: s.Update, Keep: s.Keep}
	}
	for i, f := range p.Findings {
		out.Findings[i] = PlanFinding{
			Severity: string(f.Severity), Cause: string(f.Cause), Kind: f.Kind, ObjectType: f.Type, Attribute: f.Attribute, Message: f.Message, Total: f.Total,
			Examples: make([]PlanExample, len(f.Examples)),
		}
		for j, e := range f.Examples {
			out.Findings[i].Examples[j] = PlanExample(e)
		}
	}
	for _, n := range p.Calls {
		out.Calls += n
	}
	out.Counts = countPlan(p)
	return out
}

func countPlan(p *restore.Plan) PlanCounts {
	out := PlanCounts{
		Objects: p.Objects.Planned, SecondWrites: p.Objects.SecondWrites, PredictedFailures: p.Objects.Fail,
		References: p.Objects.References, ReferencesLost: p.Objects.Lost, ObjectTypes: len(p.ObjectTypes), Users: len(p.Users), Groups: len(p.Groups),
	}
	for _, t := range p.ObjectTypes {
		for _, attribute := range t.Attributes {
			if attribute.Dropped == "" {
				out.Attributes++
			}
		}
	}
	for _, u := range p.Users {
		if u.Target == "" {
			out.UsersMissing++
		}
	}
	for _, g := range p.Groups {
		if !g.Exists {
			out.GroupsMissing++
		}
	}
	for _, icon := range p.Icons {
		if icon.Target == "" {
			out.Icons++
		}
	}
	return out
}
