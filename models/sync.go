package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// InstanceSeen is an instance whose schemas were read.
type InstanceSeen struct {
	// ID is the target, or "" for the site of the connection.
	ID          string
	URL         string
	Location    string
	WorkspaceID string
}

// SchemaSeen is a schema that was read.
type SchemaSeen struct {
	SchemaID    string
	Key         string
	Name        string
	Description string
	Objects     int64
	// Error says why the schema could not be read; it then has the status SchemaSyncError.
	Error string
}

// SyncResult counts what a synchronisation changed.
type SyncResult struct{ Added, Updated, Gone int }

// SyncSchemas records the schemas of an instance as they were read at a time: new ones are added, changed ones updated,
// those that are missing become deleted, and those that are back become active again with all their backups. Where the site
// of the connection was read later than that already, nothing changes.
func (t *Tenant) SyncSchemas(ctx context.Context, instance InstanceSeen, seen []SchemaSeen, at time.Time) (SyncResult, error) {
	var n SyncResult
	err := t.db.inTx(ctx, func(tx *gorm.DB) (err error) {
		n, err = t.syncSchemas(tx, instance, seen, exact(at))
		return err
	})
	if err != nil {
		return SyncResult{}, wrapped("record the schemas", err)
	}
	return n, nil
}

func (t *Tenant) syncSchemas(tx *gorm.DB, instance InstanceSeen, seen []SchemaSeen, at time.Time) (n SyncResult, err error) {
	// Two that synchronise at the same moment wait for each other.
	if _, err := t.lock(tx); err != nil {
		return n, err
	}
	if instance.ID == "" {
		// Of two lists the later one is true, whoever comes last: a worker may have been slow.
		var later int64
		err := tx.Model(&connectionRow{}).Where("tenant_id = ? AND synced_at > ?", t.id, at).Count(&later).Error
		if err != nil || later > 0 {
			return n, err
		}
	}
	var rows []schemaRow
	if err := tx.Where("tenant_id = ? AND instance_id = ?", t.id, instance.ID).Find(&rows).Error; err != nil {
		return n, err
	}
	type key struct{ workspace, schema string }
	missing := make(map[key]*schemaRow, len(rows))
	for i := range rows {
		missing[key{rows[i].WorkspaceID, rows[i].SchemaID}] = &rows[i]
	}
	done := make(map[string]bool, len(seen))
	var added []schemaRow
	for _, s := range seen {
		if done[s.SchemaID] {
			continue // a page that shifted while it was read names a schema twice
		}
		done[s.SchemaID] = true
		k := key{instance.WorkspaceID, s.SchemaID}
		row := missing[k]
		delete(missing, k)
		if row == nil {
			fresh := schemaRow{TenantID: t.id, ID: newID(), InstanceID: instance.ID, WorkspaceID: instance.WorkspaceID, SchemaID: s.SchemaID, CreatedAt: at}
			fresh.see(instance, s, at)
			added = append(added, fresh)
			continue
		}
		was := *row
		row.see(instance, s, at)
		if was.shown() != row.shown() {
			n.Updated++
		}
		if err := tx.Select("*").Where("tenant_id = ?", t.id).Updates(row).Error; err != nil {
			return n, err
		}
	}
	n.Added = len(added)
	if n.Added > 0 {
		if err := tx.CreateInBatches(added, 100).Error; err != nil {
			return n, err
		}
	}
	for _, row := range missing {
		if row.Status == SchemaDeleted {
			continue
		}
		if row.Listed {
			n.Gone++
		}
		err := t.row(tx.Model(&schemaRow{}), row.ID).Updates(map[string]any{"status": SchemaDeleted, "sync_error": "", "synced_at": at}).Error
		if err != nil {
			return n, err
		}
	}
	if instance.ID != "" {
		return n, nil
	}
	return n, tx.Model(&connectionRow{}).Where("tenant_id = ?", t.id).Update("synced_at", at).Error
}

// see brings a row up to date with what was read.
func (row *schemaRow) see(instance InstanceSeen, s SchemaSeen, at time.Time) {
	row.InstanceURL, row.Location = instance.URL, instance.Location
	row.Listed, row.SyncedAt, row.SyncError, row.Status = true, &at, storable(s.Error), SchemaActive
	if s.Error != "" {
		row.Status = SchemaSyncError
		if row.Name != "" && s.Name == "" {
			return // nothing else of it could be read
		}
	}
	row.SchemaKey, row.Name, row.Description, row.Objects = storable(s.Key), storable(s.Name), storable(s.Description), s.Objects
	row.NameFolded = folded(row.Name)
}

// shown is what people see of a schema and the site can change.
func (row *schemaRow) shown() [8]any {
	return [8]any{row.Name, row.SchemaKey, row.Description, row.Objects, row.Status, row.Listed, row.SyncError, row.InstanceURL}
}
