package api

import (
	"context"
	"errors"

	"stowage/models"
)

// historyLength is how many changes of the licence are shown.
const historyLength = 100

func (a *handlers) getSession(ctx context.Context, c caller, _ *struct{}) (*answer[Session], error) {
	licence, err := c.Licence(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := c.Connection(ctx)
	connected := err == nil
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return nil, err
	}
	return &answer[Session]{Body: Session{
		Tenant:  SessionTenant{SiteURL: c.who.SiteURL, DisplayURL: c.site(), Name: siteName(c.site())},
		User:    SessionUser{AccountID: c.who.AccountID},
		Licence: a.presentLicence(licence),
		Setup:   Setup{Step: setupStep(connected, conn)},
		Storage: Storage{Kind: builtin, Label: a.StorageLabel},
		Version: a.Version, Features: a.Features,
	}}, nil
}

// setupStep is the first step of the set-up that is not done.
func setupStep(connected bool, conn models.Connection) string {
	switch {
	case !connected:
		return "credentials"
	case !conn.StorageChosen:
		return "storage"
	case conn.SyncedAt.IsZero():
		return "sync"
	default:
		return "done"
	}
}

func (a *handlers) getLicence(ctx context.Context, c caller, _ *struct{}) (*answer[LicenceDetails], error) {
	licence, err := c.Licence(ctx)
	if err != nil {
		return nil, err
	}
	history, err := c.LicenceHistory(ctx, historyLength)
	if err != nil {
		return nil, err
	}
	out := LicenceDetails{
		Licence: a.presentLicence(licence), Type: licence.Type, Source: licence.Source, CheckedAt: licence.CheckedAt.UTC(),
		History: make([]LicenceChange, len(history)),
	}
	for i, h := range history {
		out.History[i] = LicenceChange{State: h.State, Type: h.Type, Source: h.Source, At: h.ChangedAt.UTC()}
	}
	return &answer[LicenceDetails]{Body: out}, nil
}

// presentLicence says what a licence means to whoever wants to start something.
func (a *handlers) presentLicence(l models.Licence) Licence {
	out := Licence{State: l.State, ChangedAt: l.ChangedAt.UTC()}
	if l.State == "" {
		out.State = models.LicenceUnknown
	}
	out.CanRun, out.Notice = a.Runs.Licensed(l)
	return out
}
