package models

import (
	"context"
	"encoding/json"
	"time"
)

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
func (t *Tenant) Audit(ctx context.Context, e AuditEntry) error { return errUnfinished }

// AuditLog lists the audit log, the newest line first.
func (t *Tenant) AuditLog(ctx context.Context, cursor string, limit int) (Page[AuditEntry], error) {
	return Page[AuditEntry]{}, errUnfinished
}

// VerifyAudit reads the whole audit log and fails with a *TamperedError when a line was changed, moved or deleted.
func (t *Tenant) VerifyAudit(ctx context.Context) error { return errUnfinished }

// Error says what is wrong with which line.
func (e *TamperedError) Error() string { return "audit log was tampered with: " + e.Reason }
