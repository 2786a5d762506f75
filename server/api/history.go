package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"stowage/models"
	"stowage/restore"
	"stowage/server/problem"
)

// partReferences is the part of a restore that concerns references between schemas.
const partReferences = "references"

func (a *handlers) startRestore(ctx context.Context, c caller, in *restoreInput) (*accepted[RestoreStarted], error) {
	if err := known(in.Body.PlanID); err != nil {
		return nil, err
	}
	run, row, err := a.Runs.StartRestore(ctx, c.who.TenantID, c.who.AccountID, in.Body.PlanID)
	if err != nil {
		return nil, err
	}
	row.Run = &run
	return &accepted[RestoreStarted]{Location: runAddress(run.ID), Body: RestoreStarted{Restore: presentRestore(row, nil), Run: presentRun(run)}}, nil
}

func (a *handlers) listRestores(ctx context.Context, c caller, in *restoresInput) (*answer[RestoreList], error) {
	page, err := c.Restores(ctx, models.RestoreFilter{SchemaID: in.SchemaID, State: in.State, Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, cursorProblem(err)
	}
	out := RestoreList{Items: make([]Restore, len(page.Items)), Next: page.Next, Total: int64(page.Total)}
	for i := range page.Items {
		out.Items[i] = presentRestore(page.Items[i], nil)
	}
	return &answer[RestoreList]{Body: out}, nil
}

func (a *handlers) getRestore(ctx context.Context, c caller, in *ByID) (*answer[Restore], error) {
	row, err := restoreOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	references, err := c.ReferenceRestores(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	return &answer[Restore]{Body: presentRestore(row, references)}, nil
}

func restoreOf(ctx context.Context, c caller, id string) (models.Restore, error) {
	if err := known(id); err != nil {
		return models.Restore{}, err
	}
	return c.Restore(ctx, id)
}

// getRestoreLog streams the log, however long it is. Should it break off, the connection is cut, so that nobody takes a part
// for the whole.
func (a *handlers) getRestoreLog(ctx context.Context, c caller, in *ByID) (*stream, error) {
	row, err := restoreOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	return &stream{Body: func(h huma.Context) {
		end, err := a.downloads.begin(ctx, c.who.TenantID)
		if err != nil {
			failed(h, a.fail(ctx, err))
			return
		}
		defer end()
		w := &download{h: h, name: fmt.Sprintf("restore-%d-log.json", row.Number)}
		err = a.Library.RestoreLog(ctx, c.who.TenantID, row.ID, w)
		switch {
		case err == nil:
			w.begin()
		case !w.begun:
			failed(h, a.fail(ctx, err))
		default:
			a.Log.ErrorContext(ctx, "a download broke off", "error", err, "request_id", problem.RequestID(ctx))
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// parts are what can be restored after the objects, in the order in which they are shown.
func parts() []string {
	return []string{partReferences, models.PartComments, models.PartObjectTypeID, models.PartIssues, models.PartAttachments}
}

func presentRestore(r models.Restore, references []models.ReferenceRestore) Restore {
	out := Restore{
		ID: r.ID, Number: r.Number, BackupID: r.BackupID,
		Source:      RestoreSource{SchemaID: r.SchemaID, Name: r.SourceName, Key: r.SourceKey, URL: schemaURL(r.SourceURL, r.SourceSchemaID)},
		Destination: r.Destination,
		Target: RestoreTarget{
			SiteURL: r.TargetURL, Name: r.TargetName, SchemaID: r.TargetSchemaID, SchemaName: r.TargetSchemaName, SchemaKey: r.TargetSchemaKey,
			URL: schemaURL(r.TargetURL, r.TargetSchemaID),
		},
		Options: presentOptions(r.Options), State: r.State, Stage: r.Stage, Message: r.Message,
		Counts: RestoreCounts{Planned: r.Planned, Created: r.Created, Skipped: r.Skipped, Failed: r.Failed},
		Proved: r.Proved, Differences: r.Differences, CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt.UTC(), StartedAt: r.StartedAt.UTC(), EndedAt: r.EndedAt.UTC(), RestoredWith: r.With,
	}
	if r.Run != nil {
		out.Run = new(presentRun(*r.Run))
		out.QueuedBehind = out.Run.QueuedBehind
	}
	have := make(map[string]models.RestorePart, len(r.Parts)+1)
	for _, p := range r.Parts {
		have[p.Part] = p
	}
	if len(references) > 0 {
		last := references[0]
		have[partReferences] = models.RestorePart{State: last.State, StartedAt: last.StartedAt, EndedAt: last.EndedAt, Message: last.Message}
	}
	for _, name := range parts() {
		p := have[name]
		out.Parts = append(out.Parts, RestorePart{Part: name, State: p.State, StartedAt: p.StartedAt.UTC(), EndedAt: p.EndedAt.UTC(), Message: p.Message})
	}
	return out
}

// presentOptions reads what was chosen. What a row does not say is the default of a restore.
func presentOptions(data json.RawMessage) RestoreOptions {
	out := RestoreOptions{Users: string(restore.UsersAllOrNothing), MatchUsers: string(restore.MatchByName)}
	var chosen struct {
		ObjectTypes []string `json:"objectTypes"`
		Icons       bool     `json:"icons"`
		History     bool     `json:"history"`
		Users       string   `json:"users"`
		MatchUsers  string   `json:"matchUsers"`
		Duplicates  bool     `json:"duplicates"`
	}
	if len(data) == 0 || json.Unmarshal(data, &chosen) != nil {
		return out
	}
	out.ObjectTypes, out.Icons, out.History, out.Duplicates = chosen.ObjectTypes, chosen.Icons, chosen.History, chosen.Duplicates
	if chosen.Users != "" {
		out.Users = chosen.Users
	}
	if chosen.MatchUsers != "" {
		out.MatchUsers = chosen.MatchUsers
	}
	return out
}
