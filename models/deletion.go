package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// StartDeleteBackup queues a run that is to delete a backup and marks the backup. It fails with ErrConflict while the
// backup is being made or a restore works with it.
func (t *Tenant) StartDeleteBackup(ctx context.Context, spec RunSpec, backupID string) (RunInfo, error) {
	var info RunInfo
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		var row backupRow
		if err := t.row(tx, backupID).Take(&row).Error; err != nil {
			return err
		}
		spec.Subject.BackupID, spec.Subject.SchemaID = row.ID, row.SchemaID
		if spec.BackupID == "" {
			spec.BackupID = row.SnapshotID
		}
		var err error
		if info, err = t.enqueue(tx, spec); err != nil {
			return err
		}
		return t.markDeleting(tx, backupID)
	})
	if err != nil {
		return RunInfo{}, wrapped("start to delete backup "+backupID, err)
	}
	return info, nil
}

// markDeleting marks a backup unless something works with it.
func (t *Tenant) markDeleting(tx *gorm.DB, id string) error {
	// The mark first: it is what a restore that starts at the same moment looks at.
	res := t.row(tx.Model(&backupRow{}), id).Where("state NOT IN ?", []string{BackupPending, BackupRunning}).Update("state", BackupDeleting)
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected == 0 {
		if err := t.row(tx.Select("id"), id).Take(&backupRow{}).Error; err != nil {
			return err
		}
		return ErrConflict
	}
	var users int64
	err := tx.Model(&runRow{}).Where("tenant_id = ? AND finished_at IS NULL AND kind IN ? AND subject_backup = ?",
		t.id, []string{string(KindRestore), string(KindPlan)}, id).Count(&users).Error
	if err != nil {
		return err
	}
	if users > 0 {
		return ErrConflict
	}
	return nil
}

// usable fails unless a backup is one that a plan or a restore may work with, and keeps it so until the transaction ends.
func (t *Tenant) usable(tx *gorm.DB, id string) error {
	res := t.row(tx.Model(&backupRow{}), id).Where("state <> ?", BackupDeleting).Update("state", gorm.Expr("state"))
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected == 0 {
		if err := t.row(tx.Select("id"), id).Take(&backupRow{}).Error; err != nil {
			return fmt.Errorf("backup %s: %w", id, translate(err))
		}
		return ErrConflict
	}
	return nil
}

// DeleteBackup deletes the row of a backup that is marked, its plans, and the run that made it with its log, which may quote
// what was backed up. The schema's last backup is then the one before. It fails with ErrConflict when the backup is not marked.
func (t *Tenant) DeleteBackup(ctx context.Context, id string) error {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		var row backupRow
		if err := t.row(tx, id).Take(&row).Error; err != nil {
			return err
		}
		if row.State != BackupDeleting {
			return ErrConflict
		}
		if err := t.row(tx, id).Delete(&backupRow{}).Error; err != nil {
			return err
		}
		if err := t.forgetRuns(tx.Where("subject_backup = ?", id)); err != nil {
			return err
		}
		return t.latest(tx, row.SchemaID)
	})
	return wrapped("delete backup "+id, err)
}

// forgetRuns deletes runs that made backups and are at their end, with their logs.
func (t *Tenant) forgetRuns(which *gorm.DB) error {
	return which.Where("tenant_id = ? AND kind = ? AND finished_at IS NOT NULL", t.id, string(KindBackup)).Delete(&runRow{}).Error
}

// latest finds the last good backup of a schema anew.
func (t *Tenant) latest(tx *gorm.DB, schemaID string) error {
	var rows []backupRow
	err := tx.Select("id", "created_at", "finished_at").
		Where("tenant_id = ? AND schema_id = ? AND state IN ?", t.id, schemaID, []string{BackupComplete, BackupPartial}).
		Order("created_at DESC, id DESC").Limit(1).Find(&rows).Error
	if err != nil {
		return err
	}
	changes := map[string]any{"last_backup_id": "", "last_backup_at": nil}
	for _, row := range rows {
		at := row.CreatedAt.UTC()
		if row.FinishedAt != nil {
			at = row.FinishedAt.UTC()
		}
		changes["last_backup_id"], changes["last_backup_at"] = row.ID, at
	}
	return t.row(tx.Model(&schemaRow{}), schemaID).Updates(changes).Error
}
