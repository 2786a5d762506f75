package api

import (
	"context"
	"time"
)

// AuditEntry is something that was done, and by whom.
type AuditEntry struct {
	Seq     int64     `json:"seq" doc:"Its place in the log, from 1." example:"17"`
	At      time.Time `json:"at" doc:"When."`
	Actor   string    `json:"actor" doc:"The account that did it, or a part of the service." example:"5b10ac8d82e05b22cc7d4ef5"`
	Action  string    `json:"action" doc:"What was done." example:"backup.start"`
	Subject string    `json:"subject" doc:"What it was done to." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a11"`
}

// AuditList is a page of the audit log.
type AuditList struct {
	Items []AuditEntry `json:"items" doc:"The entries of this page, newest first."`
	Next  string       `json:"next,omitempty" doc:"The cursor of the next page; missing on the last one."`
}

func (a *handlers) listAudit(ctx context.Context, c caller, in *auditInput) (*answer[AuditList], error) {
	page, err := c.AuditLog(ctx, in.Cursor, in.Limit)
	if err != nil {
		return nil, cursorProblem(err)
	}
	out := AuditList{Items: make([]AuditEntry, len(page.Items)), Next: page.Next}
	for i, e := range page.Items {
		out.Items[i] = AuditEntry{Seq: e.Seq, At: e.At.UTC(), Actor: e.Actor, Action: e.Action, Subject: e.Subject}
	}
	return &answer[AuditList]{Body: out}, nil
}
