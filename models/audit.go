package models

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"
)

type auditRow struct {
	TenantID string    `gorm:"primaryKey;not null"`
	Seq      int64     `gorm:"primaryKey;autoIncrement:false;not null"`
	At       time.Time `gorm:"not null"`
	Actor    string    `gorm:"not null"`
	Action   string    `gorm:"not null"`
	Subject  string    `gorm:"not null"`
	Detail   string    `gorm:"not null"`
	PrevHash string    `gorm:"not null"`
	Hash     string    `gorm:"not null"`
}

func (auditRow) TableName() string { return "audit" }

func (row *auditRow) entry() AuditEntry {
	return AuditEntry{
		Seq: row.Seq, At: row.At.UTC(), Actor: row.Actor, Action: row.Action, Subject: row.Subject, Detail: document(row.Detail),
		PrevHash: row.PrevHash, Hash: row.Hash,
	}
}

// AuditEntry is one line of the audit log.
type AuditEntry struct {
	// Seq, At, PrevHash and Hash are set when it is written.
	Seq      int64
	At       time.Time
	Actor    string
	Action   string
	Subject  string
	Detail   json.RawMessage
	PrevHash string
	Hash     string
}

// TamperedError says where the audit log is not what was written.
type TamperedError struct {
	Seq    int64
	Reason string
}

// Audit adds a line to the audit log of the tenant. Each line holds the hash of the one before; no line can be changed or
// deleted, but for Purge.
func (t *Tenant) Audit(ctx context.Context, e AuditEntry) error {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		// The row of the tenant is the lock of its chain.
		tenant, err := t.lock(tx)
		if err != nil {
			return err
		}
		row := auditRow{
			TenantID: t.id, Seq: tenant.AuditSeq + 1, At: t.db.now(), Actor: storable(e.Actor), Action: e.Action, Subject: storable(e.Subject),
			Detail: storable(string(e.Detail)), PrevHash: tenant.AuditHead,
		}
		row.Hash = row.sum()
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return tx.Model(&tenantRow{}).Where("id = ?", t.id).Updates(map[string]any{"audit_seq": row.Seq, "audit_head": row.Hash}).Error
	})
	return wrapped("write the audit log", err)
}

// lock makes whoever changes the same things of the tenant wait until the transaction ends.
func (t *Tenant) lock(tx *gorm.DB) (tenantRow, error) {
	var row tenantRow
	if err := t.await(tx); err != nil {
		return row, err
	}
	return row, tx.Where("id = ?", t.id).Take(&row).Error
}

// await is lock for a caller who does not want to know the row. A tenant that is not known is no error here.
func (t *Tenant) await(tx *gorm.DB) error {
	return tx.Model(&tenantRow{}).Where("id = ?", t.id).Update("audit_seq", gorm.Expr("audit_seq")).Error
}

// sum is the hash of a line: of every field, each with its length, so that nothing can be moved from one to another.
func (row *auditRow) sum() string {
	h := sha256.New()
	for _, part := range []string{
		row.TenantID, strconv.FormatInt(row.Seq, 10), row.At.UTC().Format(time.RFC3339Nano), row.Actor, row.Action, row.Subject, row.Detail, row.PrevHash,
	} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// AuditLog lists the audit log, the newest line first.
func (t *Tenant) AuditLog(ctx context.Context, cursor string, limit int) (Page[AuditEntry], error) {
	verb := "read the audit log"
	m, ok, err := after(cursor)
	if err != nil {
		return Page[AuditEntry]{}, wrapped(verb, err)
	}
	q := t.rows(ctx)
	if ok {
		q = q.Where("seq < ?", m.At)
	}
	p, err := paged(q.Order("seq DESC"), limit, func(row *auditRow) mark { return mark{At: row.Seq, ID: t.id} }, (*auditRow).entry)
	if err != nil {
		return p, wrapped(verb, err)
	}
	var total int64
	err = t.rows(ctx).Model(&auditRow{}).Count(&total).Error
	p.Total = int(total)
	return p, wrapped(verb, err)
}

// VerifyAudit reads the whole audit log and says how many lines it has. It fails with a *TamperedError when one was
// changed, moved, added or deleted. That of a tenant whose data were deleted is gone with them, and has no lines.
func (t *Tenant) VerifyAudit(ctx context.Context) (lines int64, err error) {
	const verb = "verify the audit log"
	lines, err = t.verifyAudit(ctx)
	return lines, wrapped(verb, err)
}

func (t *Tenant) verifyAudit(ctx context.Context) (last int64, err error) {
	// The head is read first: lines that are added meanwhile are no fault.
	tenant, err := t.head(ctx)
	if err != nil || tenant.PurgedAt != nil {
		return 0, err
	}
	var head string
	for {
		var rows []auditRow
		if err := t.rows(ctx).Where("seq > ?", last).Order("seq").Limit(pageRows).Find(&rows).Error; err != nil {
			return 0, err
		}
		for i := range rows {
			row := &rows[i]
			switch {
			case row.Seq != last+1:
				return 0, &TamperedError{Seq: last + 1, Reason: "the line is missing"}
			case row.PrevHash != head:
				return 0, &TamperedError{Seq: row.Seq, Reason: "the line does not follow the one before it"}
			case row.sum() != row.Hash:
				return 0, &TamperedError{Seq: row.Seq, Reason: "the line was changed"}
			}
			last, head = row.Seq, row.Hash
			if row.Seq == tenant.AuditSeq && row.Hash != tenant.AuditHead {
				return 0, &TamperedError{Seq: row.Seq, Reason: "the line is not the one that was written last"}
			}
		}
		if len(rows) < pageRows {
			break
		}
	}
	missing := last < tenant.AuditSeq
	// Lines that were added meanwhile have moved the head; a purge that began meanwhile takes all of them away.
	switch tenant, err = t.head(ctx); {
	case err != nil || tenant.PurgedAt != nil:
		return 0, err
	case missing:
		return 0, &TamperedError{Seq: last + 1, Reason: "the end is missing"}
	case last > tenant.AuditSeq:
		return 0, &TamperedError{Seq: tenant.AuditSeq + 1, Reason: "the line was added by somebody else"}
	}
	return last, nil
}

// head is the row of the tenant, which knows the newest line of its audit log.
func (t *Tenant) head(ctx context.Context) (tenantRow, error) {
	var row tenantRow
	return row, t.db.gorm.WithContext(ctx).Where("id = ?", t.id).Take(&row).Error
}

// Error says what is wrong with which line.
func (e *TamperedError) Error() string {
	return fmt.Sprintf("audit log was tampered with at line %d: %s", e.Seq, e.Reason)
}
