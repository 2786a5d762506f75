package models

import (
	"context"

	"gorm.io/gorm"
)

// purgeRows is how many rows one statement of Purge deletes, so that others can write in between.
const purgeRows = 5000

// purged lists the tables of a tenant in the order in which they are emptied, with the key that picks some rows. Their
// order follows the references between them.
var purged = []struct{ table, key string }{
	{"journal_entries", "run_id, kind, source_id"},
	{"log_lines", "run_id, seq"},
	{"checkpoints", "run_id"},
	{"restore_parts", "restore_id, part"},
	{"reference_restores", "id"},
	{"restores", "id"},
	{"plans", "id"},
	{"schedules", "schema_id"},
	{"backups", "id"},
	{"schemas", "id"},
	{"targets", "id"},
	{"connections", "id"},
	{"idempotency_keys", "request_key"},
	{"licence_history", "seq"},
	{"licences", "state"},
	{"audit", "seq"},
}

// Purge deletes the keys of the tenant as ShredKeys does, and then everything else but a row that says so and the run of
// kind KindPurge. It may be repeated after an interruption.
func (t *Tenant) Purge(ctx context.Context) error {
	if err := t.ShredKeys(ctx); err != nil {
		return err
	}
	for _, p := range purged {
		if err := t.empty(ctx, p.table, p.key); err != nil {
			return wrapped("purge "+p.table, err)
		}
	}
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		if err := tx.Where("tenant_id = ? AND kind <> ?", t.id, string(KindPurge)).Delete(&runRow{}).Error; err != nil {
			return err
		}
		at := t.db.now()
		return tx.Model(&installationRow{}).Where("tenant_id = ?", t.id).Updates(map[string]any{
			"client_key": "", "base_url": "", "display_url": "", "cloud_id": "", "shared_secret": nil, "entitlement": "",
			"state": Uninstalled, "purge_at": nil, "purged_at": gorm.Expr("COALESCE(purged_at, ?)", at), "updated_at": at,
		}).Error
	})
	return wrapped("purge the rest", err)
}

// ShredKeys begins a purge: it deletes the keys of the tenant, which makes its secrets unreadable for good. Whoever
// installs the app again from here on is a new tenant. It fails with ErrConflict when the app was installed again before,
// or its time of grace is not over, and may be repeated.
func (t *Tenant) ShredKeys(ctx context.Context) error {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		// Whoever installs the app at the same moment waits here, or is waited for.
		tenant, err := t.lock(tx)
		if err != nil {
			return err
		}
		if tenant.PurgedAt != nil {
			return nil
		}
		var back int64
		err = tx.Model(&installationRow{}).Where("tenant_id = ? AND (state <> ? OR purge_at > ?)", t.id, Uninstalled, t.db.now()).Count(&back).Error
		if err != nil {
			return err
		}
		if back > 0 {
			return ErrConflict
		}
		if err := tx.Where("tenant_id = ?", t.id).Delete(&keysetRow{}).Error; err != nil {
			return err
		}
		// From here on no key is made again, and the audit log may be deleted.
		return tx.Model(&tenantRow{}).Where("id = ?", t.id).Update("purged_at", t.db.now()).Error
	})
	return wrapped("shred the keys", err)
}

func (t *Tenant) empty(ctx context.Context, table, key string) error {
	for {
		res := t.db.gorm.WithContext(ctx).Exec("DELETE FROM "+table+" WHERE tenant_id = ? AND ("+key+") IN (SELECT "+key+" FROM "+table+
			" WHERE tenant_id = ? LIMIT ?)", t.id, t.id, purgeRows)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
	}
}
