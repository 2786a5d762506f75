package models

import (
	"context"
	"time"
)

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
	return nil, errUnfinished
}

// SaveSchedule makes or replaces the schedule of a schema. It fails with ErrNotFound when there is no such schema.
func (t *Tenant) SaveSchedule(ctx context.Context, s Schedule) error { return errUnfinished }

// Schedule returns the schedule of a schema, or ErrNotFound.
func (t *Tenant) Schedule(ctx context.Context, schemaID string) (Schedule, error) {
	return Schedule{}, errUnfinished
}

// AdvanceSchedule moves a schedule from one time to the next. Claimed is false when somebody else did it first.
func (t *Tenant) AdvanceSchedule(ctx context.Context, schemaID string, was, next time.Time) (claimed bool, err error) {
	return false, errUnfinished
}
