package models

import (
	"context"
	"encoding/json"
	"time"
)

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
	return RunInfo{}, Plan{}, errUnfinished
}

// Plan returns a plan without its document, or ErrNotFound.
func (t *Tenant) Plan(ctx context.Context, id string) (Plan, error) { return Plan{}, errUnfinished }

// PlanDocument returns the document of a plan that is ready, or ErrNotFound.
func (t *Tenant) PlanDocument(ctx context.Context, id string) ([]byte, error) {
	return nil, errUnfinished
}
