package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"stowage/internal/runstate"
	"stowage/models"
)

// ServiceOptions are how a Service works. Zero members have the defaults named.
type ServiceOptions struct {
	// Now tells the time, time.Now by default.
	Now func() time.Time
	// Grace is how long the data of a tenant are kept after it has uninstalled the app, 30 days.
	Grace time.Duration
	// RefuseUnknown refuses runs also while nobody has looked at the licence of a tenant.
	RefuseUnknown bool
	// Metrics are counted where they are given.
	Metrics *Metrics
}

// ringTimeout bounds how long whoever starts a run waits for the bell. The sweeper rings for those it could not.
const ringTimeout = 500 * time.Millisecond

// Service starts, stops and resumes runs. Each call is one transaction with its line in the audit log, and rings when it
// is durable; a bell that cannot be rung is no error, only slower. It may be used from several goroutines.
type Service struct {
	db   *models.DB
	bell Bell
	log  *slog.Logger
	o    ServiceOptions
}

// NewService makes a service.
func NewService(db *models.DB, bell Bell, log *slog.Logger, o ServiceOptions) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Grace == 0 {
		o.Grace = 30 * 24 * time.Hour
	}
	return &Service{db: db, bell: bell, log: log, o: o}
}

// StartSync begins to read the list of schemas of the tenant's site.
func (s *Service) StartSync(ctx context.Context, tenant, actor string) (models.RunInfo, error) {
	t := s.db.ForTenant(tenant)
	if err := s.mayRun(ctx, t); err != nil {
		return models.RunInfo{}, err
	}
	if _, err := connection(ctx, t); err != nil {
		return models.RunInfo{}, err
	}
	return s.enqueue(ctx, t, models.RunSpec{Kind: KindSync, Fingerprint: models.Fingerprint("sync"), Actor: actor}, "sync.start", "")
}

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
	err = t.InTx(ctx, func(t *models.Tenant) error {
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
	if err := mayBackUp(schema); err != nil {
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
	return models.RunSpec{
			Kind: KindBackup, Fingerprint: models.Fingerprint("backup", spec.SchemaID), Spec: doc, Actor: actor,
			Subject: models.Subject{SchemaID: spec.SchemaID},
		}, models.Backup{
			SchemaID: spec.SchemaID, Trigger: spec.Trigger, Description: spec.Description, Storage: site.Storage,
		}, nil
}

func (s *Service) insertBackup(ctx context.Context, t *models.Tenant, spec models.RunSpec, row models.Backup) (models.RunInfo, models.Backup, error) {
	info, row, err := t.StartBackup(ctx, spec, row)
	if err != nil {
		return models.RunInfo{}, models.Backup{}, err
	}
	return info, row, audit(ctx, t, spec.Actor, "backup.start", row.ID, map[string]any{"run": info.ID, "schema": row.SchemaID, "trigger": row.Trigger})
}

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
	err = t.InTx(ctx, func(t *models.Tenant) error {
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
	err = t.InTx(ctx, func(t *models.Tenant) error {
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
	return models.RunSpec{
			Kind: KindRestore, Fingerprint: models.Fingerprint("restore", planID), Spec: plan.Spec, Actor: actor,
			Target: to.url, BackupID: backup.SnapshotID, TargetKey: "workspace/" + to.workspaceID,
			Subject: models.Subject{SchemaID: backup.SchemaID, BackupID: backup.ID, PlanID: planID, TargetID: spec.TargetID},
		}, models.Restore{
			BackupID: backup.ID, PlanID: planID, SchemaID: backup.SchemaID,
			SourceName: schema.Name, SourceKey: schema.Key, SourceURL: schema.InstanceURL,
			Destination: spec.Destination, TargetID: spec.TargetID, TargetName: to.name, TargetURL: to.url, TargetWorkspaceID: to.workspaceID,
			TargetSchemaName: spec.SchemaName, TargetSchemaKey: spec.SchemaKey,
			Options: plan.Spec, With: restoredWith, CreatedBy: actor,
		}, nil
}

// restoredWith is what the list of restores says about who restored.
const restoredWith = "Marketplace app"

// DeleteBackup begins to delete a backup. It needs no licence.
func (s *Service) DeleteBackup(ctx context.Context, tenant, actor, backupID string) (models.RunInfo, error) {
	t := s.db.ForTenant(tenant)
	backup, err := t.Backup(ctx, backupID)
	if err != nil {
		return models.RunInfo{}, err
	}
	run := models.RunSpec{
		Kind: KindDeleteBackup, Fingerprint: models.Fingerprint("delete-backup", backupID), Actor: actor, BackupID: backup.SnapshotID,
		Subject: models.Subject{SchemaID: backup.SchemaID, BackupID: backupID},
	}
	var info models.RunInfo
	err = t.InTx(ctx, func(t *models.Tenant) error {
		info, err = t.StartDeleteBackup(ctx, run, backupID)
		if err != nil {
			return err
		}
		return audit(ctx, t, actor, "backup.delete", backupID, map[string]any{"run": info.ID, "schema": backup.SchemaID, "number": backup.Number})
	})
	if errors.Is(err, models.ErrConflict) {
		err = s.already(ctx, t, run, err)
		if errors.Is(err, models.ErrConflict) {
			return models.RunInfo{}, refuse(CodeBackupInUse, "This backup is being made or restored. It can be deleted when that has ended.")
		}
	}
	if err != nil {
		return models.RunInfo{}, err
	}
	s.ring(ctx, tenant, info)
	return info, nil
}

// ForgetSchema takes a schema from the list. One that is deleted on the site goes for good, and with it all its backups:
// their rows at once, what they have stored by a run of its own, which is returned and has no id where there is nothing to
// delete. It fails with models.ErrConflict while a run is at work on the schema. It needs no licence.
func (s *Service) ForgetSchema(ctx context.Context, tenant, actor, schemaID string) (models.RunInfo, error) {
	var info models.RunInfo
	err := s.db.ForTenant(tenant).InTx(ctx, func(t *models.Tenant) error {
		info = models.RunInfo{}
		schema, err := t.Schema(ctx, schemaID)
		if err != nil {
			return err
		}
		var spec DeleteSpec
		if schema.Status == models.SchemaDeleted {
			if spec.Snapshots, err = snapshotsOf(ctx, t, schemaID); err != nil {
				return err
			}
		}
		if err := t.ForgetSchema(ctx, schemaID); err != nil {
			return err
		}
		if len(spec.Snapshots) > 0 {
			doc, err := json.Marshal(spec)
			if err != nil {
				return fmt.Errorf("forget schema %s: %w", schemaID, err)
			}
			info, err = t.Enqueue(ctx, models.RunSpec{
				Kind: KindDeleteBackup, Fingerprint: models.Fingerprint("forget-schema", schemaID), Spec: doc, Actor: actor,
			})
			if err != nil {
				return err
			}
		}
		return audit(ctx, t, actor, "schema.forget", schemaID, map[string]any{"run": info.ID, "status": schema.Status, "backups": len(spec.Snapshots)})
	})
	if err == nil && info.ID != "" {
		s.ring(ctx, tenant, info)
	}
	return info, err
}

// snapshotsOf lists what the backups of a schema are called in the store.
func snapshotsOf(ctx context.Context, t *models.Tenant, schemaID string) ([]string, error) {
	var names []string
	filter := models.BackupFilter{SchemaID: schemaID, Limit: models.MaxLimit}
	for {
		page, err := t.Backups(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, backup := range page.Items {
			if backup.SnapshotID != "" {
				names = append(names, backup.SnapshotID)
			}
		}
		if page.Next == "" {
			return names, nil
		}
		filter.Cursor = page.Next
	}
}

// Stop asks one run to end, and no other: one that waits ends at once, one that is worked on within seconds. Stopping it
// again changes nothing, nor does stopping one that is at its end.
func (s *Service) Stop(ctx context.Context, tenant, actor, runID string) (models.RunInfo, error) {
	t := s.db.ForTenant(tenant)
	var info models.RunInfo
	err := t.InTx(ctx, func(t *models.Tenant) error {
		before, err := t.GetRun(ctx, runID)
		if err != nil {
			return err
		}
		info, err = t.RequestStop(ctx, runID, actor)
		if err != nil || info.State == before.State {
			return err
		}
		return audit(ctx, t, actor, "run.stop", runID, map[string]any{"kind": info.Kind})
	})
	return info, err
}

// Resume queues a run again that was stopped or has failed. It goes on from where it was.
func (s *Service) Resume(ctx context.Context, tenant, actor, runID string) (models.RunInfo, error) {
	t := s.db.ForTenant(tenant)
	before, err := t.GetRun(ctx, runID)
	if err != nil {
		return models.RunInfo{}, err
	}
	if needsLicence(before.Kind) {
		if err := s.mayRun(ctx, t); err != nil {
			return models.RunInfo{}, err
		}
	}
	var info models.RunInfo
	err = t.InTx(ctx, func(t *models.Tenant) error {
		info, err = t.ResumeRun(ctx, runID, actor)
		if err != nil {
			return err
		}
		return audit(ctx, t, actor, "run.resume", runID, map[string]any{"kind": info.Kind})
	})
	if _, illegal := errors.AsType[*runstate.IllegalError](err); illegal {
		return models.RunInfo{}, refuse(CodeNotResumable, "Only a run that was stopped or has failed can be resumed.")
	}
	if err != nil {
		return models.RunInfo{}, s.already(ctx, t, models.RunSpec{Kind: before.Kind, Fingerprint: before.Fingerprint}, err)
	}
	s.ring(ctx, tenant, info)
	return info, nil
}

// LookAtLicence begins to ask the host about the licence of a tenant. One that is being asked about already is left alone.
func (s *Service) LookAtLicence(ctx context.Context, tenant string) error {
	return s.own(ctx, tenant, KindLicence)
}

// Uninstalled records that a tenant has uninstalled the app: its runs end, its schedules are suspended, and when the time
// of grace is over everything it has is deleted.
func (s *Service) Uninstalled(ctx context.Context, tenant string) error {
	t := s.db.ForTenant(tenant)
	return t.InTx(ctx, func(t *models.Tenant) error {
		at := s.o.Now().Add(s.o.Grace)
		if err := t.Uninstall(ctx, at); err != nil {
			return err
		}
		return audit(ctx, t, actorHost, "app.uninstalled", "", map[string]any{"purgeAt": at.UTC().Format(time.RFC3339)})
	})
}

// Who does what nobody asked for.
const (
	actorHost     = "host"
	actorSchedule = "schedule"
	actorService  = "service"
)

// purge begins to delete everything of a tenant.
func (s *Service) purge(ctx context.Context, tenant string) error {
	return s.own(ctx, tenant, KindPurge)
}

// own begins a run of the service's own, of which there is one at a time per tenant.
func (s *Service) own(ctx context.Context, tenant string, kind Kind) error {
	info, err := s.db.ForTenant(tenant).Enqueue(ctx, models.RunSpec{Kind: kind, Fingerprint: models.Fingerprint(string(kind)), Actor: actorService})
	if errors.Is(err, models.ErrConflict) {
		return nil
	}
	if err != nil {
		return err
	}
	s.ring(ctx, tenant, info)
	return nil
}

// startScheduled begins the backup of a schedule that is due and moves the schedule on. Whoever comes second does
// nothing. A backup that cannot begin is left out: the next time it may.
func (s *Service) startScheduled(ctx context.Context, due models.DueSchedule, next time.Time) (started bool, err error) {
	t := s.db.ForTenant(due.Tenant)
	spec := BackupSpec{SchemaID: due.SchemaID, Trigger: models.TriggerScheduled}
	if due.Attachments {
		spec.Phases = []string{"attachments"}
	}
	run, row, why := s.prepareBackup(ctx, t, actorSchedule, spec)
	var info models.RunInfo
	advance := func(begin bool) error {
		return t.InTx(ctx, func(t *models.Tenant) error {
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
		return false, err
	}
	if started {
		s.ring(ctx, due.Tenant, info)
	}
	return started, why
}

func (s *Service) enqueue(ctx context.Context, t *models.Tenant, spec models.RunSpec, action, subject string) (models.RunInfo, error) {
	var info models.RunInfo
	err := t.InTx(ctx, func(t *models.Tenant) error {
		var err error
		info, err = t.Enqueue(ctx, spec)
		if err != nil {
			return err
		}
		return audit(ctx, t, spec.Actor, action, subject, map[string]any{"run": info.ID})
	})
	if err != nil {
		return models.RunInfo{}, s.already(ctx, t, spec, err)
	}
	s.ring(ctx, t.ID(), info)
	return info, nil
}

// already turns a conflict into the run that is in the way, where there is one.
func (s *Service) already(ctx context.Context, t *models.Tenant, spec models.RunSpec, err error) error {
	if !errors.Is(err, models.ErrConflict) {
		return err
	}
	if found, look := t.FindRun(ctx, spec.Kind, spec.Fingerprint); look == nil {
		return &AlreadyRunning{RunID: found.ID}
	}
	return err
}

func (s *Service) ring(ctx context.Context, tenant string, info models.RunInfo) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ringTimeout)
	defer cancel()
	due := models.DueRun{Tenant: tenant, ID: info.ID, Kind: info.Kind, Epoch: info.Epoch, State: info.State, Claims: info.Claims}
	if err := s.bell.Ring(ctx, due, info.NotBefore.Sub(s.o.Now())); err != nil {
		s.o.Metrics.ringFailed()
		s.log.WarnContext(ctx, "the bell could not be rung, the sweeper will find the run", logRun, info.ID, logTenant, tenant, logError, err)
	}
}

func audit(ctx context.Context, t *models.Tenant, actor, action, subject string, detail map[string]any) error {
	doc, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	return t.Audit(ctx, models.AuditEntry{Actor: actor, Action: action, Subject: subject, Detail: doc})
}
