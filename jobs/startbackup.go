package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"stowage/models"
)

// StartBackup begins a backup of a schema.
func (s *Service) StartBackup(ctx context.Context, tenant, actor string, spec BackupSpec) (models.RunInfo, models.Backup, error) {
	t := s.db.ForTenant(tenant)
	if spec.Trigger == "" {
		spec.Trigger = models.TriggerManual
	}
	if spec.Trigger != models.TriggerManual && spec.Trigger != models.TriggerScheduled {
		return models.RunInfo{}, models.Backup{}, refuse(CodeBadRequest, "A backup is started by hand or by its schedule.")
	}
	run, row, err := s.prepareBackup(ctx, t, actor, spec)
	if err != nil {
		return models.RunInfo{}, models.Backup{}, err
	}
	var info models.RunInfo
	err = whileInstalled(ctx, t, func(t *models.Tenant) error {
		info, row, err = s.insertBackup(ctx, t, run, row)
		return err
	})
	if err != nil {
		return models.RunInfo{}, models.Backup{}, s.already(ctx, t, run, err)
	}
	s.ring(ctx, tenant, info)
	return info, row, nil
}

func (s *Service) prepareBackup(ctx context.Context, t *models.Tenant, actor string, spec BackupSpec) (models.RunSpec, models.Backup, error) {
	fail := func(err error) (models.RunSpec, models.Backup, error) { return models.RunSpec{}, models.Backup{}, err }
	if err := s.mayRun(ctx, t); err != nil {
		return fail(err)
	}
	schema, err := t.Schema(ctx, spec.SchemaID)
	if err != nil {
		return fail(err)
	}
	if err := mayBackUp(schema, spec.Trigger); err != nil {
		return fail(err)
	}
	site, err := connection(ctx, t)
	if err != nil {
		return fail(err)
	}
	doc, err := json.Marshal(spec)
	if err != nil {
		return fail(fmt.Errorf("start backup of schema %s: %w", spec.SchemaID, err))
	}
	run := models.RunSpec{
		Kind: KindBackup, Fingerprint: models.Fingerprint("backup", spec.SchemaID), Spec: doc, Actor: actor,
		Subject: models.Subject{SchemaID: spec.SchemaID},
	}
	row := models.Backup{SchemaID: spec.SchemaID, Trigger: spec.Trigger, Description: spec.Description, Storage: site.Storage}
	return run, row, nil
}

func (s *Service) insertBackup(ctx context.Context, t *models.Tenant, spec models.RunSpec, row models.Backup) (models.RunInfo, models.Backup, error) {
	info, row, err := t.StartBackup(ctx, spec, row)
	if err != nil {
		return models.RunInfo{}, models.Backup{}, err
	}
	return info, row, audit(ctx, t, spec.Actor, "backup.start", row.ID, map[string]any{"run": info.ID, "schema": row.SchemaID, "trigger": row.Trigger})
}

// startScheduled begins the backup of a schedule that is due and moves the schedule on. Whoever comes second does
// nothing. A backup that may not begin is left out, and why says so: the next time it may. Nothing is left out because
// something went wrong, which is err.
func (s *Service) startScheduled(ctx context.Context, due models.DueSchedule, next time.Time) (started bool, why, err error) {
	t := s.db.ForTenant(due.Tenant)
	spec := BackupSpec{SchemaID: due.SchemaID, Trigger: models.TriggerScheduled}
	if !due.Attachments {
		spec.Phases = withoutAttachments()
	}
	run, row, err := s.prepareBackup(ctx, t, actorSchedule, spec)
	if _, refused := errors.AsType[*Refused](err); refused {
		why, err = err, nil
	}
	if err != nil {
		return false, nil, err
	}
	var info models.RunInfo
	advance := func(begin bool) error {
		return whileInstalled(ctx, t, func(t *models.Tenant) error {
			started = false
			claimed, err := t.AdvanceSchedule(ctx, due.SchemaID, due.NextRunAt, next)
			if err != nil || !claimed || !begin {
				return err
			}
			started = true
			info, _, err = s.insertBackup(ctx, t, run, row)
			return err
		})
	}
	err = advance(why == nil)
	if errors.Is(err, models.ErrConflict) {
		why = s.already(ctx, t, run, err)
		err = advance(false)
	}
	if err != nil {
		return false, nil, err
	}
	if started {
		s.ring(ctx, due.Tenant, info)
	}
	return started, why, nil
}
