package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"stowage/internal/redact"
	"stowage/jobs"
	"stowage/models"
	"stowage/server/problem"
)

// builtin is the kind of storage that comes with the service.
const builtin = "builtin"

// errNotConnected answers for the connection of a tenant that has none.
var errNotConnected = problem.New(http.StatusNotFound, jobs.CodeNotConnected, "This site is not connected yet. Enter the credentials in the set-up first.")

func (a *handlers) getConnection(ctx context.Context, c caller, _ *struct{}) (*answer[Connection], error) {
	conn, err := connectionOf(ctx, c)
	if err != nil {
		return nil, err
	}
	return a.answerConnection(ctx, c, conn)
}

// connectionOf is the connection of a tenant, or the problem that it has none.
func connectionOf(ctx context.Context, c caller) (models.Connection, error) {
	conn, err := c.Connection(ctx)
	if errors.Is(err, models.ErrNotFound) {
		return models.Connection{}, errNotConnected.Because(err)
	}
	return conn, err
}

func (a *handlers) answerConnection(ctx context.Context, c caller, conn models.Connection) (*answer[Connection], error) {
	out := Connection{
		SiteURL: c.site(), WorkspaceID: conn.WorkspaceID, Email: conn.Email, TokenHint: conn.TokenHint, AccountName: conn.AccountName,
		SyncedAt: conn.SyncedAt.UTC(), CheckedAt: conn.CheckedAt.UTC(), CheckError: conn.CheckError,
	}
	if conn.StorageChosen {
		out.Storage = &Storage{Kind: conn.Storage, Label: a.StorageLabel}
	}
	sync, found, err := runningSync(ctx, c)
	if err != nil {
		return nil, err
	}
	if found {
		out.Sync = new(presentRun(sync))
	}
	return &answer[Connection]{Body: out}, nil
}

// runningSync is the sync that is not at its end.
func runningSync(ctx context.Context, c caller) (models.RunInfo, bool, error) {
	run, err := c.FindRun(ctx, jobs.KindSync, models.Fingerprint("sync"))
	if errors.Is(err, models.ErrNotFound) {
		return models.RunInfo{}, false, nil
	}
	return run, err == nil, err
}

func (a *handlers) checkConnection(ctx context.Context, c caller, in *connectionTrialInput) (*answer[Checked], error) {
	found, err := a.try(ctx, c, in.Body.Email, in.Body.WorkspaceID, in.Body.Token)
	if err != nil {
		return nil, err
	}
	return &answer[Checked]{Body: presentChecked(found)}, nil
}

func (a *handlers) findWorkspace(ctx context.Context, c caller, in *workspaceInput) (*answer[Workspace], error) {
	found, err := a.try(ctx, c, in.Body.Email, "", in.Body.Token)
	if err != nil {
		return nil, err
	}
	return &answer[Workspace]{Body: Workspace{WorkspaceID: found.WorkspaceID}}, nil
}

// try tries credentials on the site of the caller. A token that was not entered is the one that is stored.
func (a *handlers) try(ctx context.Context, c caller, email, workspace string, token Token) (jobs.Checked, error) {
	secret := token.Secret
	if secret.IsZero() {
		stored, err := c.Connection(ctx)
		if errors.Is(err, models.ErrNotFound) {
			return jobs.Checked{}, errMissingToken
		}
		if err != nil {
			return jobs.Checked{}, err
		}
		secret = stored.Token
	}
	return a.check(ctx, jobs.CheckSpec{
		SiteURL: c.who.SiteURL, Email: email, Token: secret, WorkspaceID: workspace, ExpectSite: c.who.SiteURL,
	})
}

// errMissingToken is the problem of a token that is neither entered nor stored.
var errMissingToken = invalid("body.token", "required", "Enter the API token.")

// check tries credentials, once what can be seen without asking the site is in order.
func (a *handlers) check(ctx context.Context, spec jobs.CheckSpec) (jobs.Checked, error) {
	spec.Email, spec.WorkspaceID, spec.SiteURL = strings.TrimSpace(spec.Email), strings.TrimSpace(spec.WorkspaceID), strings.TrimSpace(spec.SiteURL)
	if address, err := mail.ParseAddress(spec.Email); err != nil || address.Address != spec.Email {
		return jobs.Checked{}, invalid("body.email", jobs.CheckEmailInvalid, "Enter a complete e-mail address, such as ada@example.com.")
	}
	spec.Token = redact.New(strings.TrimSpace(spec.Token.Reveal()))
	if spec.Token.IsZero() {
		return jobs.Checked{}, errMissingToken
	}
	return a.Checker.Check(ctx, spec)
}

func presentChecked(found jobs.Checked) Checked {
	return Checked{WorkspaceID: found.WorkspaceID, AccountID: found.AccountID, AccountName: found.AccountName, SiteURL: found.SiteURL}
}

func (a *handlers) saveConnection(ctx context.Context, c caller, in *connectionInput) (*answer[Connection], error) {
	found, err := a.try(ctx, c, in.Body.Email, in.Body.WorkspaceID, in.Body.Token)
	if err != nil {
		return nil, err
	}
	conn, err := c.Connection(ctx)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return nil, err
	}
	conn.SiteURL, conn.APIURL, conn.WorkspaceID = found.SiteURL, found.APIURL, found.WorkspaceID
	conn.Email, conn.Token = strings.TrimSpace(in.Body.Email), redact.New(strings.TrimSpace(in.Body.Token.Reveal()))
	conn.AccountID, conn.AccountName = found.AccountID, found.AccountName
	conn.CheckedAt, conn.CheckError = time.Now().UTC(), ""
	conn, err = saveConnection(ctx, c, conn, "connection.save")
	if err != nil {
		return nil, err
	}
	return a.answerConnection(ctx, c, conn)
}

// saveConnection saves a connection together with its line in the audit log.
func saveConnection(ctx context.Context, c caller, conn models.Connection, action string) (saved models.Connection, err error) {
	err = c.InTx(ctx, func(t *models.Tenant) error {
		if saved, err = t.SaveConnection(ctx, conn); err != nil {
			return err
		}
		return audit(ctx, t, c, action, saved.ID)
	})
	return saved, err
}

func (a *handlers) chooseStorage(ctx context.Context, c caller, in *storageInput) (*answer[Connection], error) {
	conn, err := connectionOf(ctx, c)
	if err != nil {
		return nil, err
	}
	// The token stays as it is stored.
	conn.StorageChosen, conn.Storage, conn.Token = true, in.Body.Kind, redact.Secret{}
	conn, err = saveConnection(ctx, c, conn, "connection.storage")
	if err != nil {
		return nil, err
	}
	return a.answerConnection(ctx, c, conn)
}

func (a *handlers) deleteConnection(ctx context.Context, c caller, in *confirmInput) (*nothing, error) {
	if !in.Body.Confirm {
		return nil, invalid("body.confirm", "confirm", "Confirm that the connection is to be deleted.")
	}
	conn, err := connectionOf(ctx, c)
	if err != nil {
		return nil, err
	}
	return nil, c.InTx(ctx, func(t *models.Tenant) error {
		if err := t.DeleteConnection(ctx); err != nil {
			return err
		}
		return audit(ctx, t, c, "connection.delete", conn.ID)
	})
}

func (a *handlers) startSync(ctx context.Context, c caller, _ *syncInput) (*accepted[Run], error) {
	run, err := a.Runs.StartSync(ctx, c.who.TenantID, c.who.AccountID)
	if running, ok := errors.AsType[*jobs.AlreadyRunning](err); ok {
		// Whoever asks twice wants the schemas, not a second sync.
		run, err = c.GetRun(ctx, running.RunID)
	}
	if err != nil {
		return nil, err
	}
	return acceptedRun(run), nil
}

// acceptedRun answers with a run that was begun.
func acceptedRun(run models.RunInfo) *accepted[Run] {
	return &accepted[Run]{Location: runAddress(run.ID), Body: presentRun(run)}
}

func runAddress(id string) string { return Prefix + "/runs/" + id }

// audit adds a line to the audit log. What a person did stands in it, and no value they entered.
func audit(ctx context.Context, t *models.Tenant, c caller, action, subject string) error {
	return t.Audit(ctx, models.AuditEntry{Actor: c.who.AccountID, Action: action, Subject: subject, Detail: json.RawMessage("{}")})
}
