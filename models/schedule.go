package models

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type scheduleRow struct {
	TenantID    string     `gorm:"primaryKey;not null"`
	SchemaID    string     `gorm:"primaryKey;not null"`
	Enabled     bool       `gorm:"type:boolean;not null"`
	Mode        string     `gorm:"not null"`
	Cron        string     `gorm:"not null"`
	NextRunAt   *time.Time `gorm:"index:schedules_due,where:enabled AND NOT suspended"`
	Attachments bool       `gorm:"type:boolean;not null"`
	Suspended   bool       `gorm:"type:boolean;not null"`
	CreatedAt   time.Time  `gorm:"not null"`
	UpdatedAt   time.Time  `gorm:"not null"`
}

func (scheduleRow) TableName() string { return "schedules" }

func (row *scheduleRow) schedule() Schedule {
	return Schedule{
		SchemaID: row.SchemaID, Enabled: row.Enabled, Mode: row.Mode, Cron: row.Cron, NextRunAt: known(row.NextRunAt), Attachments: row.Attachments,
		Suspended: row.Suspended, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}

// The modes of a schedule.
const (
	ScheduleRecommended = "recommended"
	ScheduleCustom      = "custom"
)

// Schedule is when a schema is backed up by itself.
type Schedule struct {
	SchemaID string
	Enabled  bool
	// Mode is ScheduleRecommended or ScheduleCustom.
	Mode string
	Cron string
	// NextRunAt is zero while the schedule is off.
	NextRunAt   time.Time
	Attachments bool
	// Suspended schedules are those of a tenant that has uninstalled the app.
	Suspended bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// DueSchedule is a schedule whose time has come.
type DueSchedule struct {
	Tenant string
	Schedule
}

// SchedulesDue lists the schedules of installed tenants whose time has come.
func (db *DB) SchedulesDue(ctx context.Context, at time.Time, limit int) ([]DueSchedule, error) {
	if at.IsZero() {
		at = db.now()
	}
	var rows []scheduleRow
	err := db.gorm.WithContext(ctx).Where("enabled AND NOT suspended AND next_run_at <= ?", exact(at)).
		Where("NOT EXISTS (SELECT 1 FROM installations i WHERE i.tenant_id = schedules.tenant_id AND i.state NOT IN (?, ?))", Installed, Enabled).
		Order("next_run_at, tenant_id, schema_id").Limit(max(limit, 1)).Find(&rows).Error
	due := make([]DueSchedule, len(rows))
	for i := range rows {
		due[i] = DueSchedule{Tenant: rows[i].TenantID, Schedule: rows[i].schedule()}
	}
	return due, wrapped("list due schedules", err)
}

// SaveSchedule makes or replaces the schedule of a schema. It fails with ErrNotFound when there is no such schema.
func (t *Tenant) SaveSchedule(ctx context.Context, s Schedule) error {
	at := t.db.now()
	row := scheduleRow{
		TenantID: t.id, SchemaID: s.SchemaID, Enabled: s.Enabled, Mode: s.Mode, Cron: s.Cron, NextRunAt: optional(s.NextRunAt),
		Attachments: s.Attachments, CreatedAt: at, UpdatedAt: at,
	}
	if !s.Enabled {
		row.NextRunAt = nil
	}
	err := t.db.gorm.WithContext(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "tenant_id"}, {Name: "schema_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"enabled", "mode", "cron", "next_run_at", "attachments", "updated_at"}),
	}).Create(&row).Error
	return wrapped("save a schedule", err)
}

// Schedule returns the schedule of a schema, or ErrNotFound.
func (t *Tenant) Schedule(ctx context.Context, schemaID string) (Schedule, error) {
	var row scheduleRow
	if err := t.schedule(ctx, schemaID).Take(&row).Error; err != nil {
		return Schedule{}, wrapped("read a schedule", err)
	}
	return row.schedule(), nil
}

// AdvanceSchedule moves a schedule from one time to the next. Claimed is false when somebody else did it first.
func (t *Tenant) AdvanceSchedule(ctx context.Context, schemaID string, was, next time.Time) (claimed bool, err error) {
	res := t.schedule(ctx, schemaID).Model(&scheduleRow{}).Where("enabled AND next_run_at = ?", exact(was)).
		Updates(map[string]any{"next_run_at": optional(next), "updated_at": t.db.now()})
	return res.RowsAffected == 1, wrapped("move a schedule on", res.Error)
}

func (t *Tenant) schedule(ctx context.Context, schemaID string) *gorm.DB {
	return t.rows(ctx).Where("schema_id = ?", schemaID)
}
