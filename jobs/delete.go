package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"stowage/models"
)

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
