package models

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"
)

type restoreRow struct {
	TenantID          string    `gorm:"primaryKey;not null;uniqueIndex:restores_by_number,priority:1;index:restores_by_time,priority:1;index:restores_of_schema,priority:1;index:restores_by_state,priority:1;index:restores_by_plan,priority:1"`
	ID                string    `gorm:"primaryKey;not null;index:restores_by_time,priority:3;index:restores_of_schema,priority:4;index:restores_by_state,priority:4"`
	Number            int64     `gorm:"not null;uniqueIndex:restores_by_number,priority:2"`
	BackupID          string    `gorm:"not null"`
	PlanID            string    `gorm:"not null;index:restores_by_plan,priority:2"`
	SchemaID          string    `gorm:"not null;index:restores_of_schema,priority:2"`
	SourceName        string    `gorm:"not null"`
	SourceKey         string    `gorm:"not null"`
	SourceURL         string    `gorm:"not null"`
	Destination       string    `gorm:"not null"`
	TargetID          string    `gorm:"not null"`
	TargetName        string    `gorm:"not null"`
	TargetURL         string    `gorm:"not null"`
	TargetWorkspaceID string    `gorm:"not null"`
	TargetSchemaID    string    `gorm:"not null"`
	TargetSchemaName  string    `gorm:"not null"`
	TargetSchemaKey   string    `gorm:"not null"`
	Options           string    `gorm:"not null"`
	State             string    `gorm:"not null;index:restores_by_state,priority:2"`
	Stage             string    `gorm:"not null"`
	Message           string    `gorm:"not null"`
	Planned           int64     `gorm:"not null"`
	Created           int64     `gorm:"not null"`
	Skipped           int64     `gorm:"not null"`
	Failed            int64     `gorm:"not null"`
	Proved            bool      `gorm:"type:boolean;not null"`
	Differences       int64     `gorm:"not null"`
	RestoredWith      string    `gorm:"not null"`
	RunID             string    `gorm:"not null"`
	CreatedBy         string    `gorm:"not null"`
	CreatedAt         time.Time `gorm:"not null;index:restores_by_time,priority:2;index:restores_of_schema,priority:3;index:restores_by_state,priority:3"`
	StartedAt         *time.Time
	EndedAt           *time.Time
}

func (restoreRow) TableName() string { return "restores" }

func (row *restoreRow) restore(open *opener) Restore {
	return Restore{
		ID: row.ID, Number: int(row.Number), BackupID: row.BackupID, PlanID: row.PlanID, SchemaID: row.SchemaID, SourceName: row.SourceName,
		SourceKey: row.SourceKey, SourceURL: row.SourceURL, Destination: row.Destination, TargetID: row.TargetID, TargetName: row.TargetName,
		TargetURL: row.TargetURL, TargetWorkspaceID: row.TargetWorkspaceID, TargetSchemaID: row.TargetSchemaID, TargetSchemaName: row.TargetSchemaName,
		TargetSchemaKey: row.TargetSchemaKey, Options: document(row.Options), State: row.State, Stage: row.Stage,
		Message: open.text(row.Message, "restores", "message", row.ID),
		Planned: row.Planned, Created: row.Created, Skipped: row.Skipped, Failed: row.Failed, Proved: row.Proved, Differences: int(row.Differences),
		With: row.RestoredWith, RunID: row.RunID, CreatedBy: row.CreatedBy, CreatedAt: row.CreatedAt.UTC(), StartedAt: known(row.StartedAt),
		EndedAt: known(row.EndedAt),
	}
}

// fill takes over what a run may change, but for the message.
func (row *restoreRow) fill(r *Restore) {
	row.TargetSchemaID, row.TargetSchemaName, row.TargetSchemaKey = r.TargetSchemaID, storable(r.TargetSchemaName), storable(r.TargetSchemaKey)
	row.Stage, row.Planned, row.Created = r.Stage, r.Planned, r.Created
	row.Skipped, row.Failed, row.Proved, row.Differences = r.Skipped, r.Failed, r.Proved, int64(r.Differences)
}

// Where a restore goes to.
const (
	DestinationCurrent  = "current"
	DestinationExisting = "existing"
	DestinationInstance = "instance"
)

// The states of a restore.
const (
	RestorePending             = "pending"
	RestoreRunning             = "running"
	RestoreStopping            = "stopping"
	RestoreCompleted           = "completed"
	RestoreCompletedWithErrors = "completedWithErrors"
	RestoreTerminated          = "terminated"
	RestoreError               = "error"
)

// Restore is one restore of a backup.
type Restore struct {
	ID string
	// Number counts the restores of a tenant. It is never given twice.
	Number   int
	BackupID string
	PlanID   string
	// SchemaID is our own id of the schema that was backed up; Source* is what it was called then.
	SchemaID   string
	SourceName string
	SourceKey  string
	SourceURL  string
	// SourceSchemaID is the site's id of it, or empty where it is not on the site any more.
	SourceSchemaID string
	// Destination is DestinationCurrent, DestinationExisting or DestinationInstance.
	Destination       string
	TargetID          string
	TargetName        string
	TargetURL         string
	TargetWorkspaceID string
	// TargetSchemaID is the site's id of the schema written to, once it is known.
	TargetSchemaID   string
	TargetSchemaName string
	TargetSchemaKey  string
	Options          json.RawMessage
	// State follows the run.
	State   string
	Stage   string
	Message string
	Planned int64
	Created int64
	Skipped int64
	Failed  int64
	// Proved says that planning again found nothing left to do; Differences counts what it found otherwise.
	Proved      bool
	Differences int
	// With is the product that restored it.
	With      string
	RunID     string
	CreatedBy string
	CreatedAt time.Time
	StartedAt time.Time
	EndedAt   time.Time
	// Run is the run that works on it or did.
	Run *RunInfo
	// Parts are what was restored afterwards.
	Parts []RestorePart
}

// RestoreFilter narrows a list of restores. The zero value narrows nothing.
type RestoreFilter struct {
	SchemaID string
	State    string
	Cursor   string
	Limit    int
}

// StartRestore queues a run and adds the restore it is to do, which gets its id and number here. It fails with ErrConflict
// while a run with the same fingerprint is unfinished or the backup is being deleted, and with ErrNotFound when there is
// no such backup.
func (t *Tenant) StartRestore(ctx context.Context, spec RunSpec, r Restore) (RunInfo, Restore, error) {
	r.ID, r.State = newID(), RestorePending
	if r.BackupID == "" {
		r.BackupID = spec.Subject.BackupID
	}
	spec.Subject = Subject{SchemaID: r.SchemaID, BackupID: r.BackupID, RestoreID: r.ID, PlanID: r.PlanID, TargetID: r.TargetID}
	var info RunInfo
	err := t.db.inTx(ctx, func(tx *gorm.DB) (err error) {
		if info, err = t.enqueue(tx, spec); err != nil {
			return err
		}
		if err := t.usable(tx, r.BackupID); err != nil {
			return err
		}
		var numbers []int64
		err = tx.Raw("UPDATE tenants SET restore_numbers = restore_numbers + 1 WHERE id = ? RETURNING restore_numbers", t.id).Scan(&numbers).Error
		if err != nil {
			return err
		}
		if len(numbers) == 0 {
			return ErrNotFound
		}
		r.Number, r.RunID, r.CreatedAt = int(numbers[0]), info.ID, info.Created
		row := restoreRow{
			TenantID: t.id, ID: r.ID, Number: numbers[0], BackupID: r.BackupID, PlanID: r.PlanID, SchemaID: r.SchemaID,
			SourceName: storable(r.SourceName), SourceKey: storable(r.SourceKey), SourceURL: r.SourceURL, Destination: r.Destination,
			TargetID: r.TargetID, TargetName: storable(r.TargetName), TargetURL: r.TargetURL, TargetWorkspaceID: r.TargetWorkspaceID,
			Options: storable(string(r.Options)), State: r.State, RestoredWith: r.With, RunID: r.RunID, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt,
		}
		row.fill(&r)
		if row.Message, err = t.sealText(tx, r.Message, "restores", "message", r.ID); err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return RunInfo{}, Restore{}, wrapped("start a restore", err)
	}
	if spec.TargetKey != "" {
		if info, err = t.GetRun(ctx, info.ID); err != nil { // behind whom it stands
			return RunInfo{}, Restore{}, err
		}
	}
	r.Run = &info
	return info, r, nil
}

// Restores lists restores, the newest first.
func (t *Tenant) Restores(ctx context.Context, f RestoreFilter) (Page[Restore], error) {
	p, err := t.restores(ctx, f)
	if err == nil {
		err = t.completeRestores(ctx, p.Items)
	}
	return p, wrapped("list restores", err)
}

func (t *Tenant) restores(ctx context.Context, f RestoreFilter) (Page[Restore], error) {
	q := t.rows(ctx).Model(&restoreRow{})
	if f.SchemaID != "" {
		q = q.Where("schema_id = ?", f.SchemaID)
	}
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	q = q.Session(&gorm.Session{})
	var total int64
	if err := q.Count(&total).Error; err != nil {
		return Page[Restore]{}, err
	}
	q, err := before(q, f.Cursor)
	if err != nil {
		return Page[Restore]{}, err
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	p, err := paged(q, f.Limit, func(row *restoreRow) mark { return mark{At: row.CreatedAt.UnixMilli(), ID: row.ID} },
		func(row *restoreRow) Restore { return row.restore(open) })
	if err == nil {
		err = open.err
	}
	p.Total = int(total)
	return p, err
}

// completeRestores adds the runs and parts of restores, and where their sources are now.
func (t *Tenant) completeRestores(ctx context.Context, restores []Restore) error {
	if len(restores) == 0 {
		return nil
	}
	ids, runIDs, schemaIDs := make([]string, len(restores)), make([]string, len(restores)), make([]string, len(restores))
	for i := range restores {
		ids[i], runIDs[i], schemaIDs[i] = restores[i].ID, restores[i].RunID, restores[i].SchemaID
	}
	runs, err := t.runInfos(ctx, "list their runs", func(q *gorm.DB) *gorm.DB { return q.Where("id IN ?", runIDs) })
	if err != nil {
		return err
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	var parts []partRow
	if err := t.rows(ctx).Where("restore_id IN ?", ids).Order("part").Find(&parts).Error; err != nil {
		return err
	}
	var schemas []schemaRow
	err = t.rows(ctx).Select("id", "schema_id", "instance_url").Where("id IN ? AND status <> ?", schemaIDs, SchemaDeleted).Find(&schemas).Error
	if err != nil {
		return err
	}
	sources := make(map[string]*schemaRow, len(schemas))
	for i := range schemas {
		sources[schemas[i].ID] = &schemas[i]
	}
	working := make(map[string]*RunInfo, len(runs))
	for i := range runs {
		working[runs[i].ID] = &runs[i]
	}
	restored := make(map[string][]RestorePart)
	for i := range parts {
		row := &parts[i]
		restored[row.RestoreID] = append(restored[row.RestoreID], row.part(open))
	}
	for i := range restores {
		r := &restores[i]
		r.Run, r.Parts = working[r.RunID], restored[r.ID]
		if source := sources[r.SchemaID]; source != nil {
			r.SourceURL, r.SourceSchemaID = source.InstanceURL, source.SchemaID
		}
	}
	return open.err
}

// Restore returns one restore, or ErrNotFound.
func (t *Tenant) Restore(ctx context.Context, id string) (Restore, error) {
	var row restoreRow
	if err := t.row(t.db.gorm.WithContext(ctx), id).Take(&row).Error; err != nil {
		return Restore{}, wrapped("read restore "+id, err)
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	restores := []Restore{row.restore(open)}
	err := open.err
	if err == nil {
		err = t.completeRestores(ctx, restores)
	}
	return restores[0], wrapped("read restore "+id, err)
}

// changeRestore applies a change to the restore of the run.
func (r *Run) changeRestore(tx *gorm.DB, change func(*Restore)) error {
	if change == nil {
		return nil
	}
	var row restoreRow
	if err := r.tenant.row(tx, r.info.Subject.RestoreID).Take(&row).Error; err != nil {
		return err
	}
	open := r.tenant.opener(tx)
	restore := row.restore(open)
	if open.err != nil {
		return open.err
	}
	change(&restore)
	row.fill(&restore)
	var err error
	if row.Message, err = r.tenant.sealText(tx, restore.Message, "restores", "message", row.ID); err != nil {
		return err
	}
	return r.tenant.row(tx.Model(&restoreRow{}), row.ID).
		Select("target_schema_id", "target_schema_name", "target_schema_key", "stage", "message", "planned", "created", "skipped", "failed",
			"proved", "differences").Updates(&row).Error
}
