package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"stowage/jobs"
	"stowage/models"
)

// shelf is how many backups are shown while no date is filtered by.
const shelf = 50

func (a *handlers) startBackup(ctx context.Context, c caller, in *startBackupInput) (*accepted[BackupStarted], error) {
	if err := known(in.ID); err != nil {
		return nil, err
	}
	run, backup, err := a.Runs.StartBackup(ctx, c.who.TenantID, c.who.AccountID, jobs.BackupSpec{
		SchemaID: in.ID, Description: strings.TrimSpace(in.Body.Description), Phases: in.Body.Phases, Trigger: models.TriggerManual,
	})
	if err != nil {
		return nil, err
	}
	return &accepted[BackupStarted]{Location: runAddress(run.ID), Body: BackupStarted{Run: presentRun(run), BackupID: backup.ID}}, nil
}

func (a *handlers) listBackups(ctx context.Context, c caller, in *backupsInput) (*answer[BackupList], error) {
	filter, err := backupFilter(in)
	if err != nil {
		return nil, err
	}
	schema, err := schemaOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	filter.SchemaID = schema.ID
	page, err := c.Backups(ctx, filter)
	if err != nil {
		return nil, cursorProblem(err)
	}
	out := BackupList{Items: make([]Backup, len(page.Items)), Next: page.Next, Total: int64(page.Total)}
	for i := range page.Items {
		out.Items[i] = presentBackup(page.Items[i])
	}
	return &answer[BackupList]{Body: out}, nil
}

// backupFilter reads the filter of a list of backups. A filter by date lifts the limit to the latest ones.
func backupFilter(in *backupsInput) (models.BackupFilter, error) {
	filter := models.BackupFilter{Trigger: in.Trigger, Cursor: in.Cursor, Limit: in.Limit}
	var err error
	if filter.From, err = instant(in.From); err != nil {
		return filter, invalid("query.from", codeInvalid, "This has to be a time such as 2026-11-20T08:30:00Z.")
	}
	if filter.To, err = instant(in.To); err != nil {
		return filter, invalid("query.to", codeInvalid, "This has to be a time such as 2026-11-20T08:30:00Z.")
	}
	if filter.From.IsZero() && filter.To.IsZero() {
		filter.Newest = shelf
	}
	return filter, nil
}

// instant reads a time; an empty text is no time.
func instant(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errors.New("not a time")
	}
	return at.UTC(), nil
}

func (a *handlers) getBackup(ctx context.Context, c caller, in *ByID) (*answer[Backup], error) {
	backup, err := backupOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	return &answer[Backup]{Body: presentBackup(backup)}, nil
}

func backupOf(ctx context.Context, c caller, id string) (models.Backup, error) {
	if err := known(id); err != nil {
		return models.Backup{}, err
	}
	return c.Backup(ctx, id)
}

func (a *handlers) updateBackup(ctx context.Context, c caller, in *updateBackupInput) (*answer[Backup], error) {
	if err := known(in.ID); err != nil {
		return nil, err
	}
	var backup models.Backup
	err := c.InTx(ctx, func(t *models.Tenant) (err error) {
		if backup, err = t.DescribeBackup(ctx, in.ID, strings.TrimSpace(in.Body.Description)); err != nil {
			return err
		}
		return audit(ctx, t, c, "backup.describe", backup.ID)
	})
	if err != nil {
		return nil, err
	}
	return &answer[Backup]{Body: presentBackup(backup)}, nil
}

func (a *handlers) deleteBackup(ctx context.Context, c caller, in *deleteBackupInput) (*accepted[Run], error) {
	backup, err := backupOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	schema, err := c.Schema(ctx, backup.SchemaID)
	if err != nil {
		return nil, fmt.Errorf("schema of backup %s: %w", backup.ID, err)
	}
	if err := confirmed(in.Body.ConfirmName, schema.Name); err != nil {
		return nil, err
	}
	run, err := a.Runs.DeleteBackup(ctx, c.who.TenantID, c.who.AccountID, backup.ID)
	if err != nil {
		return nil, err
	}
	return acceptedRun(run), nil
}

func presentBackup(b models.Backup) Backup {
	out := Backup{
		ID: b.ID, Number: b.Number, SchemaID: b.SchemaID, Trigger: b.Trigger, Description: b.Description, State: b.State,
		Objects: b.Objects, Bytes: b.Bytes, Skipped: b.Skipped, Failed: b.Failed,
		Phases: make([]BackupPhase, len(b.Phases)), ObjectTypes: make([]BackupType, len(b.ObjectTypes)),
		Message: b.Message, CreatedAt: b.CreatedAt.UTC(), StartedAt: b.StartedAt.UTC(), FinishedAt: b.FinishedAt.UTC(),
	}
	for i, p := range b.Phases {
		out.Phases[i] = BackupPhase(p)
	}
	for i, t := range b.ObjectTypes {
		out.ObjectTypes[i] = BackupType(t)
	}
	if b.Run != nil {
		out.Run = new(presentRun(*b.Run))
	}
	if refused, no := errors.AsType[*jobs.Refused](jobs.Restorable(b)); no {
		out.NotRestorableBecause = refused.Sentence
	} else {
		out.Restorable = true
	}
	return out
}
