package models

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type partRow struct {
	TenantID  string `gorm:"primaryKey;not null"`
	RestoreID string `gorm:"primaryKey;not null"`
	Part      string `gorm:"primaryKey;not null"`
	State     string `gorm:"not null"`
	StartedAt *time.Time
	EndedAt   *time.Time
	Message   string `gorm:"not null"`
	Details   string `gorm:"not null"`
}

func (partRow) TableName() string { return "restore_parts" }

// id names a part among all.
func (row *partRow) id() string { return row.RestoreID + "/" + row.Part }

func (row *partRow) part(open *opener) RestorePart {
	return RestorePart{
		Part: row.Part, State: row.State, StartedAt: known(row.StartedAt), EndedAt: known(row.EndedAt),
		Message: open.text(row.Message, "restore_parts", "message", row.id()),
		Details: document(open.text(row.Details, "restore_parts", "details", row.id())),
	}
}

type referenceRow struct {
	TenantID  string `gorm:"primaryKey;not null;index:reference_restores_of_restore,priority:1"`
	ID        string `gorm:"primaryKey;not null;index:reference_restores_of_restore,priority:4"`
	RestoreID string `gorm:"not null;index:reference_restores_of_restore,priority:2"`
	Schemas   string `gorm:"not null"`
	Outbound  bool   `gorm:"type:boolean;not null"`
	State     string `gorm:"not null"`
	StartedAt *time.Time
	EndedAt   *time.Time
	Message   string    `gorm:"not null"`
	RunID     string    `gorm:"not null"`
	CreatedAt time.Time `gorm:"not null;index:reference_restores_of_restore,priority:3"`
}

func (referenceRow) TableName() string { return "reference_restores" }

// The parts that can be restored after a restore.
const (
	PartComments     = "comments"
	PartObjectTypeID = "objectTypeId"
	PartIssues       = "issues"
	PartAttachments  = "attachments"
)

// The states of a part.
const (
	PartPending    = "Pending"
	PartInProgress = "In progress"
	PartSuccess    = "Success"
	PartError      = "Error"
)

// RestorePart is what was restored after a restore, of one kind.
type RestorePart struct {
	Part      string
	State     string
	StartedAt time.Time
	EndedAt   time.Time
	Message   string
	Details   json.RawMessage
}

// SetRestorePart makes or replaces a part of a restore. It fails with ErrNotFound when there is no such restore.
func (t *Tenant) SetRestorePart(ctx context.Context, restoreID string, p RestorePart) error {
	row := partRow{
		TenantID: t.id, RestoreID: restoreID, Part: p.Part, State: p.State, StartedAt: optional(p.StartedAt), EndedAt: optional(p.EndedAt),
	}
	err := t.db.inTx(ctx, func(tx *gorm.DB) (err error) {
		if row.Message, err = t.sealText(tx, p.Message, "restore_parts", "message", row.id()); err != nil {
			return err
		}
		if row.Details, err = t.sealText(tx, string(p.Details), "restore_parts", "details", row.id()); err != nil {
			return err
		}
		return tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "tenant_id"}, {Name: "restore_id"}, {Name: "part"}},
			DoUpdates: clause.AssignmentColumns([]string{"state", "started_at", "ended_at", "message", "details"}),
		}).Create(&row).Error
	})
	return wrapped("record a part of restore "+restoreID, err)
}

// RestoreParts lists the parts of a restore.
func (t *Tenant) RestoreParts(ctx context.Context, restoreID string) ([]RestorePart, error) {
	var rows []partRow
	if err := t.rows(ctx).Where("restore_id = ?", restoreID).Order("part").Find(&rows).Error; err != nil {
		return nil, wrapped("list the parts of restore "+restoreID, err)
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	parts := make([]RestorePart, len(rows))
	for i := range rows {
		parts[i] = rows[i].part(open)
	}
	return parts, wrapped("list the parts of restore "+restoreID, open.err)
}

// ReferenceRestore is one restoration of references between schemas.
type ReferenceRestore struct {
	ID        string
	RestoreID string
	// Schemas are the ids of the schemas whose references are restored.
	Schemas   []string
	Outbound  bool
	State     string
	StartedAt time.Time
	EndedAt   time.Time
	Message   string
	RunID     string
	CreatedAt time.Time
}

// CreateReferenceRestore adds one and returns it with its id. It fails with ErrNotFound when there is no such restore.
func (t *Tenant) CreateReferenceRestore(ctx context.Context, r ReferenceRestore) (ReferenceRestore, error) {
	schemas, err := list(r.Schemas)
	if err != nil {
		return ReferenceRestore{}, wrapped("create a restore of references", err)
	}
	r.ID, r.CreatedAt = newID(), t.db.now()
	err = t.db.inTx(ctx, func(tx *gorm.DB) error {
		message, err := t.sealText(tx, r.Message, "reference_restores", "message", r.ID)
		if err != nil {
			return err
		}
		return tx.Create(&referenceRow{
			TenantID: t.id, ID: r.ID, RestoreID: r.RestoreID, Schemas: schemas, Outbound: r.Outbound, State: r.State, StartedAt: optional(r.StartedAt),
			EndedAt: optional(r.EndedAt), Message: message, RunID: r.RunID, CreatedAt: r.CreatedAt,
		}).Error
	})
	if err != nil {
		return ReferenceRestore{}, wrapped("create a restore of references", err)
	}
	return r, nil
}

// SetReferenceRestore changes the state, the times, the message and the run of one.
func (t *Tenant) SetReferenceRestore(ctx context.Context, r ReferenceRestore) error {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		message, err := t.sealText(tx, r.Message, "reference_restores", "message", r.ID)
		if err != nil {
			return err
		}
		res := t.row(tx.Model(&referenceRow{}), r.ID).Updates(map[string]any{
			"state": r.State, "started_at": optional(r.StartedAt), "ended_at": optional(r.EndedAt), "message": message, "run_id": r.RunID,
		})
		if res.Error == nil && res.RowsAffected == 0 {
			return ErrNotFound
		}
		return res.Error
	})
	return wrapped("record a restore of references", err)
}

// ReferenceRestores lists those of a restore, the newest first.
func (t *Tenant) ReferenceRestores(ctx context.Context, restoreID string) ([]ReferenceRestore, error) {
	var rows []referenceRow
	if err := t.rows(ctx).Where("restore_id = ?", restoreID).Order("created_at DESC, id DESC").Find(&rows).Error; err != nil {
		return nil, wrapped("list restores of references", err)
	}
	items := make([]ReferenceRestore, len(rows))
	open := t.opener(t.db.gorm.WithContext(ctx))
	for i, row := range rows {
		items[i] = ReferenceRestore{
			ID: row.ID, RestoreID: row.RestoreID, Outbound: row.Outbound, State: row.State, StartedAt: known(row.StartedAt), EndedAt: known(row.EndedAt),
			Message: open.text(row.Message, "reference_restores", "message", row.ID), RunID: row.RunID, CreatedAt: row.CreatedAt.UTC(),
		}
		if err := json.Unmarshal([]byte(row.Schemas), &items[i].Schemas); err != nil {
			return nil, wrapped("list restores of references", err)
		}
	}
	return items, wrapped("list restores of references", open.err)
}
