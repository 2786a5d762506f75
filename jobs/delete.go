package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
		gone, err := t.ForgetSchema(ctx, schemaID)
		if err != nil {
			return err
		}
		if spec := deletionOf(gone.Backups); len(spec.Snapshots) > 0 {
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
		return audit(ctx, t, actor, "schema.forget", schemaID, map[string]any{"run": info.ID, "status": gone.Status, "backups": len(gone.Backups)})
	})
	if err == nil && info.ID != "" {
		s.ring(ctx, tenant, info)
	}
	return info, err
}

// SnapshotName is the name in the store of a backup that the service makes. It comes from the row, so that what was stored
// is found again even when nobody was told of it.
func SnapshotName(b models.Backup) string {
	plain := strings.ToLower(strings.ReplaceAll(b.ID, "-", ""))
	return b.CreatedAt.UTC().Format("20060102T150405Z") + "-" + plain[max(0, len(plain)-12):]
}

// Snapshots are the names under which something of a backup may be stored.
func Snapshots(b models.Backup) []string {
	name := SnapshotName(b)
	if b.SnapshotID == "" || b.SnapshotID == name {
		return []string{name}
	}
	return []string{b.SnapshotID, name}
}

// deletionOf says what is to be deleted of backups whose rows are gone.
func deletionOf(backups []models.Backup) DeleteSpec {
	var spec DeleteSpec
	for _, b := range backups {
		spec.Snapshots = append(spec.Snapshots, Snapshots(b)...)
	}
	return spec
}
