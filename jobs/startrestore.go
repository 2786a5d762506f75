package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"stowage/models"
)

// StartPlan begins to work out what a restore would do.
func (s *Service) StartPlan(ctx context.Context, tenant, actor string, spec RestoreSpec) (models.RunInfo, models.Plan, error) {
	fail := func(err error) (models.RunInfo, models.Plan, error) { return models.RunInfo{}, models.Plan{}, err }
	t := s.db.ForTenant(tenant)
	if err := s.mayRun(ctx, t); err != nil {
		return fail(err)
	}
	backup, err := t.Backup(ctx, spec.BackupID)
	if err != nil {
		return fail(err)
	}
	if err := mayRestore(backup); err != nil {
		return fail(err)
	}
	if _, err := destinationOf(ctx, t, spec); err != nil {
		return fail(err)
	}
	doc, err := json.Marshal(spec)
	if err != nil {
		return fail(fmt.Errorf("start plan for backup %s: %w", spec.BackupID, err))
	}
	// Two people may plan the same restore at once, so the command has no identity but the time it was given.
	run := models.RunSpec{
		Kind: KindPlan, Fingerprint: models.Fingerprint("plan", spec.BackupID, newID()), Spec: doc, Actor: actor, BackupID: backup.SnapshotID,
		Subject: models.Subject{SchemaID: backup.SchemaID, BackupID: backup.ID, TargetID: spec.TargetID},
	}
	var (
		info models.RunInfo
		plan models.Plan
	)
	err = whileInstalled(ctx, t, func(t *models.Tenant) error {
		info, plan, err = t.StartPlan(ctx, run, models.Plan{BackupID: backup.ID, Spec: doc, CreatedBy: actor})
		if err != nil {
			return err
		}
		return audit(ctx, t, actor, "plan.start", plan.ID, map[string]any{"run": info.ID, "backup": backup.ID, "destination": spec.Destination})
	})
	if err != nil {
		return fail(s.already(ctx, t, run, err))
	}
	s.ring(ctx, tenant, info)
	return info, plan, nil
}

// StartRestore begins to carry out a plan.
func (s *Service) StartRestore(ctx context.Context, tenant, actor, planID string) (models.RunInfo, models.Restore, error) {
	fail := func(err error) (models.RunInfo, models.Restore, error) {
		return models.RunInfo{}, models.Restore{}, err
	}
	t := s.db.ForTenant(tenant)
	if err := s.mayRun(ctx, t); err != nil {
		return fail(err)
	}
	run, row, err := s.prepareRestore(ctx, t, actor, planID)
	if err != nil {
		return fail(err)
	}
	var info models.RunInfo
	err = whileInstalled(ctx, t, func(t *models.Tenant) error {
		info, row, err = t.StartRestore(ctx, run, row)
		if err != nil {
			return err
		}
		return audit(ctx, t, actor, "restore.start", row.ID, map[string]any{
			"run": info.ID, "backup": row.BackupID, "plan": planID, "destination": row.Destination, "target": row.TargetID,
		})
	})
	if err != nil {
		return fail(s.already(ctx, t, run, err))
	}
	s.ring(ctx, tenant, info)
	return info, row, nil
}

func (s *Service) prepareRestore(ctx context.Context, t *models.Tenant, actor, planID string) (models.RunSpec, models.Restore, error) {
	fail := func(err error) (models.RunSpec, models.Restore, error) {
		return models.RunSpec{}, models.Restore{}, err
	}
	plan, err := t.Plan(ctx, planID)
	if err != nil {
		return fail(err)
	}
	if err := mayApply(plan, s.o.Now()); err != nil {
		return fail(err)
	}
	spec, err := DecodeSpec[RestoreSpec](plan.Spec)
	if err != nil {
		return fail(fmt.Errorf("plan %s: %w", planID, err))
	}
	backup, err := t.Backup(ctx, plan.BackupID)
	if err != nil {
		return fail(err)
	}
	if err := mayRestore(backup); err != nil {
		return fail(err)
	}
	to, err := destinationOf(ctx, t, spec)
	if err != nil {
		return fail(err)
	}
	schema, err := t.Schema(ctx, backup.SchemaID)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return fail(err)
	}
	run := models.RunSpec{
		Kind: KindRestore, Fingerprint: models.Fingerprint("restore", planID), Spec: plan.Spec, Actor: actor,
		Target: to.url, BackupID: backup.SnapshotID, TargetKey: "workspace/" + to.workspaceID,
		Subject: models.Subject{SchemaID: backup.SchemaID, BackupID: backup.ID, PlanID: planID, TargetID: spec.TargetID},
	}
	row := models.Restore{
		BackupID: backup.ID, PlanID: planID, SchemaID: backup.SchemaID,
		SourceName: schema.Name, SourceKey: schema.Key, SourceURL: schema.InstanceURL,
		Destination: spec.Destination, TargetID: spec.TargetID, TargetName: to.name, TargetURL: to.url, TargetWorkspaceID: to.workspaceID,
		TargetSchemaName: spec.SchemaName, TargetSchemaKey: spec.SchemaKey,
		Options: plan.Spec, With: restoredWith, CreatedBy: actor,
	}
	return run, row, nil
}

// restoredWith is what the list of restores says about who restored.
const restoredWith = "Marketplace app"
