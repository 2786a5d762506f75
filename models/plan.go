package models

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"
)

type planRow struct {
	TenantID  string    `gorm:"primaryKey;not null;index:plans_by_backup,priority:1"`
	ID        string    `gorm:"primaryKey;not null"`
	BackupID  string    `gorm:"not null;index:plans_by_backup,priority:2"`
	Spec      string    `gorm:"not null"`
	State     string    `gorm:"not null"`
	Document  []byte    ``
	Hash      string    `gorm:"not null"`
	Summary   string    `gorm:"not null"`
	Message   string    `gorm:"not null"`
	RunID     string    `gorm:"not null"`
	CreatedBy string    `gorm:"not null"`
	CreatedAt time.Time `gorm:"not null;index:plans_by_time"`
}

func (planRow) TableName() string { return "plans" }

// The states of a plan.
const (
	PlanPending = "pending"
	PlanReady   = "ready"
	PlanFailed  = "failed"
)

// Plan is what a restore would do.
type Plan struct {
	ID       string
	BackupID string
	// Spec says what was asked for.
	Spec json.RawMessage
	// State is PlanPending, PlanReady or PlanFailed.
	State string
	// Hash identifies the document, which PlanDocument returns.
	Hash string
	// Summary is what people are shown of it.
	Summary   json.RawMessage
	Message   string
	RunID     string
	CreatedBy string
	CreatedAt time.Time
	// Run is the run that makes the plan.
	Run *RunInfo
}

// PlanResult is what came of making a plan.
type PlanResult struct {
	// Document is the plan itself, which may be of several megabytes.
	Document []byte
	Hash     string
	Summary  json.RawMessage
}

// StartPlan queues a run that is to make a plan and adds the plan, which gets its id here. It fails with ErrNotFound when
// there is no such backup.
func (t *Tenant) StartPlan(ctx context.Context, spec RunSpec, p Plan) (RunInfo, Plan, error) {
	p.ID, p.State = newID(), PlanPending
	if p.BackupID == "" {
		p.BackupID = spec.Subject.BackupID
	}
	spec.Subject.PlanID, spec.Subject.BackupID = p.ID, p.BackupID
	var info RunInfo
	err := t.db.inTx(ctx, func(tx *gorm.DB) (err error) {
		if info, err = t.enqueue(tx, spec); err != nil {
			return err
		}
		if err := t.usable(tx, p.BackupID); err != nil {
			return err
		}
		p.RunID, p.CreatedAt = info.ID, info.Created
		return tx.Create(&planRow{
			TenantID: t.id, ID: p.ID, BackupID: p.BackupID, Spec: string(p.Spec), State: p.State, RunID: p.RunID, CreatedBy: p.CreatedBy, CreatedAt: p.CreatedAt,
		}).Error
	})
	if err != nil {
		return RunInfo{}, Plan{}, wrapped("start a plan", err)
	}
	p.Run = &info
	return info, p, nil
}

// Plan returns a plan without its document, or ErrNotFound.
func (t *Tenant) Plan(ctx context.Context, id string) (Plan, error) {
	var row planRow
	if err := t.row(t.db.gorm.WithContext(ctx).Omit("document"), id).Take(&row).Error; err != nil {
		return Plan{}, wrapped("read plan "+id, err)
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	p := Plan{
		ID: row.ID, BackupID: row.BackupID, Spec: document(row.Spec), State: row.State, Hash: row.Hash,
		Summary: document(open.text(row.Summary, "plans", "summary", row.ID)),
		Message: open.text(row.Message, "plans", "message", row.ID), RunID: row.RunID, CreatedBy: row.CreatedBy, CreatedAt: row.CreatedAt.UTC(),
	}
	if open.err != nil {
		return Plan{}, wrapped("read plan "+id, open.err)
	}
	runs, err := t.runInfos(ctx, "read its run", func(q *gorm.DB) *gorm.DB { return q.Where("id = ?", row.RunID) })
	if len(runs) == 1 {
		p.Run = &runs[0]
	}
	return p, wrapped("read plan "+id, err)
}

// PlanDocument returns the document of a plan that is ready, or ErrNotFound.
func (t *Tenant) PlanDocument(ctx context.Context, id string) ([]byte, error) {
	var row planRow
	err := t.row(t.db.gorm.WithContext(ctx), id).Where("state = ?", PlanReady).Take(&row).Error
	if err != nil {
		return nil, wrapped("read the document of plan "+id, err)
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	return open.bytes(row.Document, "plans", "document", row.ID), wrapped("read the document of plan "+id, open.err)
}

// keepPlan keeps what came of the plan of the run.
func (r *Run) keepPlan(tx *gorm.DB, p PlanResult) error {
	id := r.info.Subject.PlanID
	doc, err := r.tenant.sealBytes(tx, p.Document, "plans", "document", id)
	if err != nil {
		return err
	}
	summary, err := r.tenant.sealText(tx, string(p.Summary), "plans", "summary", id)
	if err != nil {
		return err
	}
	return r.tenant.row(tx.Model(&planRow{}), id).Updates(map[string]any{"document": doc, "hash": p.Hash, "summary": summary}).Error
}
