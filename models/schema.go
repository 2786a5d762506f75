package models

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"
)

type schemaRow struct {
	TenantID          string `gorm:"primaryKey;not null;uniqueIndex:schemas_by_site_id,priority:1;index:schemas_by_name,priority:1,where:listed"`
	ID                string `gorm:"primaryKey;not null;index:schemas_by_name,priority:3"`
	InstanceID        string `gorm:"not null;uniqueIndex:schemas_by_site_id,priority:2"`
	InstanceURL       string `gorm:"not null"`
	Location          string `gorm:"not null"`
	WorkspaceID       string `gorm:"not null;uniqueIndex:schemas_by_site_id,priority:3"`
	SchemaID          string `gorm:"not null;uniqueIndex:schemas_by_site_id,priority:4"`
	SchemaKey         string `gorm:"not null"`
	Name              string `gorm:"not null"`
	NameFolded        string `gorm:"not null;index:schemas_by_name,priority:2"`
	Description       string `gorm:"not null"`
	Objects           int64  `gorm:"not null"`
	Status            string `gorm:"not null"`
	Listed            bool   `gorm:"type:boolean;not null"`
	SyncError         string `gorm:"not null"`
	SyncedAt          *time.Time
	BackupNumbers     int64  `gorm:"not null"`
	LastBackupID      string `gorm:"not null"`
	LastBackupAt      *time.Time
	LastBackupError   string `gorm:"not null"`
	LastBackupErrorAt *time.Time
	CreatedAt         time.Time `gorm:"not null"`
}

func (schemaRow) TableName() string { return "schemas" }

func (row *schemaRow) schema(open *opener) Schema {
	return Schema{
		ID: row.ID, InstanceID: row.InstanceID, InstanceURL: row.InstanceURL, Location: row.Location, WorkspaceID: row.WorkspaceID,
		SchemaID: row.SchemaID, Key: row.SchemaKey, Name: row.Name, Description: row.Description, Objects: row.Objects, Status: row.Status,
		SyncError: row.SyncError, SyncedAt: known(row.SyncedAt), LastBackupID: row.LastBackupID, LastBackupAt: known(row.LastBackupAt),
		LastBackupError: open.text(row.LastBackupError, "schemas", "last_backup_error", row.ID), LastBackupErrorAt: known(row.LastBackupErrorAt),
	}
}

// folded is a name as it is searched and sorted by.
func folded(name string) string { return strings.ToLower(name) }

// Where an instance stands.
const (
	LocationCloud        = "Cloud"
	LocationAnotherCloud = "Another Cloud"
	LocationDataCenter   = "Data Center"
)

// The states of a schema.
const (
	SchemaActive    = "Active"
	SchemaInactive  = "Inactive"
	SchemaDeleted   = "Deleted"
	SchemaSyncError = "Sync Error"
)

// Schema is a schema that was seen on an instance.
type Schema struct {
	// ID is our own; SchemaID is the site's.
	ID string
	// InstanceID is the target on which it was seen, or "" for the site of the connection.
	InstanceID  string
	InstanceURL string
	Location    string
	WorkspaceID string
	SchemaID    string
	Key         string
	Name        string
	Description string
	Objects     int64
	// Status is SchemaActive, SchemaInactive, SchemaDeleted or SchemaSyncError.
	Status    string
	SyncError string
	SyncedAt  time.Time
	// LastBackupID is the last good backup.
	LastBackupID      string
	LastBackupAt      time.Time
	LastBackupError   string
	LastBackupErrorAt time.Time
	// Run is its backup that is not at its end, or nil.
	Run *RunInfo
	// NextBackupAt is zero when no schedule is on.
	NextBackupAt time.Time
}

// SchemaFilter narrows a list of schemas. The zero value narrows nothing.
type SchemaFilter struct {
	// Query is part of the name, in any case.
	Query    string
	Status   string
	Location string
	// Instance is the id of an instance as Instances names it.
	Instance    string
	HideDeleted bool
	Cursor      string
	Limit       int
}

// CurrentInstance is the id by which Instances and SchemaFilter name the site of the connection.
const CurrentInstance = "current"

// Instance is a place on which schemas were seen.
type Instance struct {
	// ID is CurrentInstance or the id of a target.
	ID       string
	Name     string
	URL      string
	Location string
}

// Schemas lists schemas by name.
func (t *Tenant) Schemas(ctx context.Context, f SchemaFilter) (Page[Schema], error) {
	const verb = "list schemas"
	q := t.rows(ctx).Model(&schemaRow{}).Where("listed")
	if f.Query != "" {
		q = q.Where("name_folded LIKE ? ESCAPE '!'", contains(folded(storable(f.Query))))
	}
	if f.Status != "" {
		q = q.Where("status = ?", f.Status)
	}
	if f.HideDeleted {
		q = q.Where("status <> ?", SchemaDeleted)
	}
	if f.Location != "" {
		q = q.Where("location = ?", f.Location)
	}
	switch f.Instance {
	case "":
	case CurrentInstance:
		q = q.Where("instance_id = ''")
	default:
		q = q.Where("instance_id = ?", f.Instance)
	}
	q = q.Session(&gorm.Session{})
	var total int64
	if err := q.Count(&total).Error; err != nil {
		return Page[Schema]{}, wrapped(verb, err)
	}
	m, ok, err := after(f.Cursor)
	if err != nil {
		return Page[Schema]{}, wrapped(verb, err)
	}
	if ok {
		q = q.Where("(name_folded, id) > (?, ?)", m.Key, m.ID)
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	p, err := paged(q.Order("name_folded, id"), f.Limit, func(row *schemaRow) mark { return mark{Key: row.NameFolded, ID: row.ID} },
		func(row *schemaRow) Schema { return row.schema(open) })
	if err == nil {
		err = open.err
	}
	if err != nil {
		return p, wrapped(verb, err)
	}
	p.Total = int(total)
	return p, wrapped(verb, t.completeSchemas(ctx, p.Items))
}

// completeSchemas adds the runs and schedules of schemas.
func (t *Tenant) completeSchemas(ctx context.Context, schemas []Schema) error {
	if len(schemas) == 0 {
		return nil
	}
	ids := make([]string, len(schemas))
	for i := range schemas {
		ids[i] = schemas[i].ID
	}
	runs, err := t.runInfos(ctx, "list their runs", func(q *gorm.DB) *gorm.DB {
		return q.Where("finished_at IS NULL AND subject_schema IN ? AND kind = ?", ids, string(KindBackup))
	})
	if err != nil {
		return err
	}
	var schedules []scheduleRow
	err = t.rows(ctx).Select("schema_id", "next_run_at").
		Where("schema_id IN ? AND enabled AND NOT suspended AND next_run_at IS NOT NULL", ids).Find(&schedules).Error
	if err != nil {
		return err
	}
	working := make(map[string]*RunInfo, len(runs))
	for i := range runs {
		working[runs[i].Subject.SchemaID] = &runs[i]
	}
	next := make(map[string]time.Time, len(schedules))
	for i := range schedules {
		next[schedules[i].SchemaID] = known(schedules[i].NextRunAt)
	}
	for i := range schemas {
		s := &schemas[i]
		s.Run, s.NextBackupAt = working[s.ID], next[s.ID]
	}
	return nil
}

// Schema returns one schema, or ErrNotFound. One that was taken from the list is found as well.
func (t *Tenant) Schema(ctx context.Context, id string) (Schema, error) {
	var row schemaRow
	if err := t.row(t.db.gorm.WithContext(ctx), id).Take(&row).Error; err != nil {
		return Schema{}, wrapped("read schema "+id, err)
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	schemas := []Schema{row.schema(open)}
	err := open.err
	if err == nil {
		err = t.completeSchemas(ctx, schemas)
	}
	return schemas[0], wrapped("read schema "+id, err)
}

// Instances lists the places on which the listed schemas were seen.
func (t *Tenant) Instances(ctx context.Context) ([]Instance, error) {
	var list []Instance
	err := t.db.gorm.WithContext(ctx).Raw(`SELECT s.instance_id AS id, COALESCE(t.name, '') AS name, s.instance_url AS url, s.location FROM (
			SELECT DISTINCT tenant_id, instance_id, instance_url, location FROM schemas WHERE tenant_id = ? AND listed) s
		LEFT JOIN targets t ON t.tenant_id = s.tenant_id AND t.id = s.instance_id ORDER BY s.instance_id, s.instance_url`, t.id).Scan(&list).Error
	for i := range list {
		if list[i].ID == "" {
			list[i].ID = CurrentInstance
		}
		if list[i].Name == "" {
			list[i].Name = list[i].URL
		}
	}
	return list, wrapped("list instances", err)
}

// Forgotten is what went with a schema that was forgotten.
type Forgotten struct {
	// Status is what the schema had become.
	Status string
	// Backups are those whose rows are gone, with what names them: ID, SnapshotID and CreatedAt.
	Backups []Backup
}

// ForgetSchema takes a schema from the list. One that is deleted on the site is forgotten with its backups' rows and its
// schedule; another appears again when it is seen again. It fails with ErrConflict while a run is at work on it.
func (t *Tenant) ForgetSchema(ctx context.Context, id string) (Forgotten, error) {
	var f Forgotten
	err := t.db.inTx(ctx, func(tx *gorm.DB) (err error) {
		f, err = t.forgetSchema(tx, id)
		return err
	})
	if err != nil {
		return Forgotten{}, wrapped("forget schema "+id, err)
	}
	return f, nil
}

func (t *Tenant) forgetSchema(tx *gorm.DB, id string) (f Forgotten, err error) {
	// Whoever starts a backup at the same moment waits for this, or is waited for and then seen.
	if err := t.row(tx.Model(&schemaRow{}), id).Update("listed", gorm.Expr("listed")).Error; err != nil {
		return f, err
	}
	var row schemaRow
	if err := t.row(tx, id).Take(&row).Error; err != nil {
		return f, err
	}
	var busy int64
	err = tx.Model(&runRow{}).Where("tenant_id = ? AND subject_schema = ? AND finished_at IS NULL", t.id, id).Count(&busy).Error
	if err != nil {
		return f, err
	}
	if busy > 0 {
		return f, ErrConflict
	}
	f.Status = row.Status
	if row.Status != SchemaDeleted {
		err := tx.Model(&scheduleRow{}).Where("tenant_id = ? AND schema_id = ?", t.id, id).
			Updates(map[string]any{"enabled": false, "next_run_at": nil, "updated_at": t.db.now()}).Error
		if err != nil {
			return f, err
		}
		return f, t.row(tx.Model(&schemaRow{}), id).Update("listed", false).Error
	}
	var backups []backupRow
	err = tx.Select("id", "snapshot_id", "created_at").Where("tenant_id = ? AND schema_id = ?", t.id, id).Order("created_at, id").Find(&backups).Error
	if err != nil {
		return f, err
	}
	for i := range backups {
		f.Backups = append(f.Backups, Backup{ID: backups[i].ID, SnapshotID: backups[i].SnapshotID, SchemaID: id, CreatedAt: backups[i].CreatedAt.UTC()})
	}
	if err := t.forgetRuns(tx.Where("subject_schema = ?", id)); err != nil {
		return f, err
	}
	return f, t.row(tx, id).Delete(&schemaRow{}).Error // its backups, their plans and its schedule go with it
}

// contains is the pattern of texts that contain one, with ! as the escape.
func contains(text string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text) + "%"
}
