package models

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"
)

type licenceRow struct {
	TenantID   string    `gorm:"primaryKey;not null"`
	State      string    `gorm:"not null"`
	Type       string    `gorm:"not null"`
	Evaluation bool      `gorm:"type:boolean;not null"`
	Source     string    `gorm:"not null"`
	CheckedAt  time.Time `gorm:"not null"`
	ChangedAt  time.Time `gorm:"not null"`
}

func (licenceRow) TableName() string { return "licences" }

type licenceChangeRow struct {
	TenantID   string    `gorm:"primaryKey;not null"`
	Seq        int64     `gorm:"primaryKey;autoIncrement:false;not null"`
	State      string    `gorm:"not null"`
	Type       string    `gorm:"not null"`
	Evaluation bool      `gorm:"type:boolean;not null"`
	Source     string    `gorm:"not null"`
	ChangedAt  time.Time `gorm:"not null"`
}

func (licenceChangeRow) TableName() string { return "licence_history" }

func (row *licenceRow) licence() Licence {
	return Licence{
		State: row.State, Type: row.Type, Evaluation: row.Evaluation, Source: row.Source, CheckedAt: row.CheckedAt.UTC(), ChangedAt: row.ChangedAt.UTC(),
	}
}

// The states of a licence.
const (
	LicenceUnknown    = "unknown"
	LicenceActive     = "active"
	LicenceEvaluation = "evaluation"
	LicenceNone       = "none"
	LicenceExpired    = "expired"
)

// Licence is what is known of the licence of a tenant.
type Licence struct {
	// State is one of the constants; LicenceUnknown until somebody looked.
	State string
	// Type is the host's word for the kind of licence.
	Type       string
	Evaluation bool
	// Source says where this comes from: page, rest or webhook.
	Source    string
	CheckedAt time.Time
	ChangedAt time.Time
}

// Licence returns the licence of the tenant.
func (t *Tenant) Licence(ctx context.Context) (Licence, error) {
	var rows []licenceRow
	if err := t.rows(ctx).Find(&rows).Error; err != nil {
		return Licence{}, wrapped("read the licence", err)
	}
	if len(rows) == 0 {
		return Licence{State: LicenceUnknown}, nil
	}
	return rows[0].licence(), nil
}

// SetLicence records what a look at the licence found. Changed says that it differs from what was known; then it is also
// added to the history and the audit log.
func (t *Tenant) SetLicence(ctx context.Context, l Licence) (changed bool, err error) {
	err = t.db.inTx(ctx, func(tx *gorm.DB) error {
		changed, err = t.setLicence(ctx, tx, l)
		return err
	})
	return changed && err == nil, wrapped("record the licence", err)
}

func (t *Tenant) setLicence(ctx context.Context, tx *gorm.DB, l Licence) (changed bool, err error) {
	at := t.db.now()
	if l.CheckedAt.IsZero() {
		l.CheckedAt = at
	}
	row := licenceRow{
		TenantID: t.id, State: l.State, Type: storable(l.Type), Evaluation: l.Evaluation, Source: l.Source, CheckedAt: exact(l.CheckedAt), ChangedAt: at,
	}
	// Whoever looks at the same moment waits here.
	if _, err := t.lock(tx); err != nil {
		return false, err
	}
	var was []licenceRow
	if err := tx.Where("tenant_id = ?", t.id).Find(&was).Error; err != nil {
		return false, err
	}
	if len(was) == 1 && was[0].State == row.State && was[0].Type == row.Type && was[0].Evaluation == row.Evaluation {
		row.ChangedAt = was[0].ChangedAt
		return false, tx.Save(&row).Error
	}
	if err := tx.Save(&row).Error; err != nil {
		return false, err
	}
	var last int64
	if err := tx.Model(&licenceChangeRow{}).Where("tenant_id = ?", t.id).Select("COALESCE(MAX(seq), 0)").Scan(&last).Error; err != nil {
		return false, err
	}
	err = tx.Create(&licenceChangeRow{
		TenantID: t.id, Seq: last + 1, State: row.State, Type: row.Type, Evaluation: row.Evaluation, Source: row.Source, ChangedAt: at,
	}).Error
	if err != nil {
		return false, err
	}
	detail, err := json.Marshal(map[string]any{"state": row.State, "type": row.Type, "evaluation": row.Evaluation, "source": row.Source})
	if err != nil {
		return false, err
	}
	return true, t.within(tx).Audit(ctx, AuditEntry{Actor: row.Source, Action: "licence.changed", Subject: row.State, Detail: detail})
}

// LicenceHistory lists the changes of the licence, the newest first.
func (t *Tenant) LicenceHistory(ctx context.Context, limit int) ([]Licence, error) {
	var rows []licenceChangeRow
	if err := t.rows(ctx).Order("seq DESC").Limit(max(limit, 1)).Find(&rows).Error; err != nil {
		return nil, wrapped("read the history of the licence", err)
	}
	changes := make([]Licence, len(rows))
	for i, row := range rows {
		changes[i] = Licence{
			State: row.State, Type: row.Type, Evaluation: row.Evaluation, Source: row.Source, CheckedAt: row.ChangedAt.UTC(), ChangedAt: row.ChangedAt.UTC(),
		}
	}
	return changes, nil
}

// LicencesDue lists tenants whose licence was not looked at since before, those that waited longest first. Those for whom
// somebody began to look since begun are left out: whose host does not answer must not stand in the way of others.
func (db *DB) LicencesDue(ctx context.Context, before, begun time.Time, limit int) ([]string, error) {
	var ids []string
	err := db.gorm.WithContext(ctx).Raw(`SELECT i.tenant_id FROM installations i LEFT JOIN licences l ON l.tenant_id = i.tenant_id
		WHERE i.state IN (?, ?) AND (l.checked_at IS NULL OR l.checked_at < ?) AND NOT `+begunSince("i.tenant_id")+`
		ORDER BY CASE WHEN l.checked_at IS NULL THEN 0 ELSE 1 END, l.checked_at, i.tenant_id LIMIT ?`,
		Installed, Enabled, exact(before), string(KindLicence), exact(begun), max(limit, 1)).Scan(&ids).Error
	return ids, wrapped("list licences to look at", err)
}

// begunSince is the condition that a tenant had a run of a kind begun since a time, which are to be given in this order.
func begunSince(tenant string) string {
	return "EXISTS (SELECT 1 FROM runs WHERE runs.tenant_id = " + tenant + " AND runs.kind = ? AND runs.created_at > ?)"
}
