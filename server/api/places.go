package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"stowage/internal/redact"
	"stowage/jobs"
	"stowage/models"
	"stowage/server/problem"
)

func (a *handlers) listTargets(ctx context.Context, c caller, _ *struct{}) (*answer[TargetList], error) {
	targets, err := c.Targets(ctx)
	if err != nil {
		return nil, err
	}
	out := TargetList{Items: make([]Target, len(targets)), Total: int64(len(targets))}
	for i := range targets {
		out.Items[i] = presentTarget(targets[i])
	}
	return &answer[TargetList]{Body: out}, nil
}

func (a *handlers) getTarget(ctx context.Context, c caller, in *ByID) (*answer[Target], error) {
	target, err := targetOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	return &answer[Target]{Body: presentTarget(target)}, nil
}

func targetOf(ctx context.Context, c caller, id string) (models.Target, error) {
	if err := known(id); err != nil {
		return models.Target{}, err
	}
	return c.Target(ctx, id)
}

func (a *handlers) checkTarget(ctx context.Context, c caller, in *targetTrialInput) (*answer[Checked], error) {
	var stored models.Target
	if in.Body.ID != "" {
		var err error
		if stored, err = targetOf(ctx, c, in.Body.ID); err != nil {
			return nil, err
		}
	}
	b := in.Body
	found, err := a.tryTarget(ctx, stored, TargetInput{Name: b.Name, Email: b.Email, WorkspaceID: b.WorkspaceID, URL: b.URL, Token: b.Token})
	if err != nil {
		return nil, err
	}
	return &answer[Checked]{Body: presentChecked(found)}, nil
}

// tryTarget tries a target instance. A token that was not entered is the one that is stored, which is sent to no other host
// than it was entered for.
func (a *handlers) tryTarget(ctx context.Context, stored models.Target, in TargetInput) (jobs.Checked, error) {
	secret := in.Token.Secret
	if secret.IsZero() {
		switch {
		case stored.Token.IsZero():
			return jobs.Checked{}, errMissingToken
		case !sameSite(stored.URL, in.URL):
			return jobs.Checked{}, invalid("body.token", "token-again", "The address has changed, so enter the API token again.")
		}
		secret = stored.Token
	}
	return a.check(ctx, jobs.CheckSpec{SiteURL: in.URL, Email: in.Email, Token: secret, WorkspaceID: in.WorkspaceID})
}

// sameSite says whether two addresses lead to the same site.
func sameSite(a, b string) bool {
	x, errX := url.Parse(strings.TrimSpace(a))
	y, errY := url.Parse(strings.TrimSpace(b))
	return errX == nil && errY == nil && x.Scheme == y.Scheme && strings.EqualFold(x.Host, y.Host) && strings.Trim(x.Path, "/") == strings.Trim(y.Path, "/") &&
		x.User == nil && y.User == nil
}

func (a *handlers) createTarget(ctx context.Context, c caller, in *createTargetInput) (*answer[Target], error) {
	target, err := a.tried(ctx, models.Target{}, in.Body)
	if err != nil {
		return nil, err
	}
	err = c.InTx(ctx, func(t *models.Tenant) error {
		if target, err = t.CreateTarget(ctx, target); err != nil {
			return err
		}
		return audit(ctx, t, c, "target.create", target.ID)
	})
	if err != nil {
		return nil, nameTaken(err)
	}
	return &answer[Target]{Body: presentTarget(target)}, nil
}

func (a *handlers) updateTarget(ctx context.Context, c caller, in *updateTargetInput) (*answer[Target], error) {
	stored, err := targetOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	target, err := a.tried(ctx, stored, in.Body)
	if err != nil {
		return nil, err
	}
	err = c.InTx(ctx, func(t *models.Tenant) error {
		if target, err = t.UpdateTarget(ctx, target); err != nil {
			return err
		}
		return audit(ctx, t, c, "target.update", target.ID)
	})
	if err != nil {
		return nil, nameTaken(err)
	}
	return &answer[Target]{Body: presentTarget(target)}, nil
}

// tried is a target as it is to be kept, after it was tried. Only a token that was entered is kept anew.
func (a *handlers) tried(ctx context.Context, stored models.Target, in TargetInput) (models.Target, error) {
	if strings.TrimSpace(in.Name) == "" {
		return models.Target{}, invalid("body.name", "required", "Enter a name for the instance.")
	}
	found, err := a.tryTarget(ctx, stored, in)
	if err != nil {
		return models.Target{}, err
	}
	return models.Target{
		ID: stored.ID, Name: strings.TrimSpace(in.Name), Location: models.LocationCloud, URL: found.SiteURL, APIURL: found.APIURL,
		WorkspaceID: found.WorkspaceID, Email: strings.TrimSpace(in.Email), Token: redact.New(strings.TrimSpace(in.Token.Reveal())),
	}, nil
}

// nameTaken words a conflict of names.
func nameTaken(err error) error {
	if errors.Is(err, models.ErrConflict) {
		return problem.New(http.StatusConflict, "name-taken", "Another instance has this name.").
			With(problem.Field{Location: "body.name", Code: "name-taken", Message: "Another instance has this name."}).Because(err)
	}
	return err
}

func (a *handlers) deleteTarget(ctx context.Context, c caller, in *ByID) (*nothing, error) {
	target, err := targetOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, c.InTx(ctx, func(t *models.Tenant) error {
		if err := t.DeleteTarget(ctx, target.ID); err != nil {
			return err
		}
		return audit(ctx, t, c, "target.delete", target.ID)
	})
}

func presentTarget(t models.Target) Target {
	return Target{
		ID: t.ID, Name: t.Name, Location: t.Location, URL: t.URL, WorkspaceID: t.WorkspaceID, Email: t.Email, TokenHint: t.TokenHint,
		CreatedAt: t.CreatedAt.UTC(), UpdatedAt: t.UpdatedAt.UTC(),
	}
}
