package lifecycle

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"stowage/atlassian/connect"
	"stowage/models"
	"stowage/server/auth"
	"stowage/server/problem"
)

// maxBody is far more than a host sends.
const maxBody = 64 << 10

// readBody reads a short JSON body to its end.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, problem.ErrMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	return body, nil
}

// installed records a tenant, or what is new of one.
func (l *Lifecycle) installed(r *http.Request, body []byte) error {
	ctx := r.Context()
	claims, event, err := l.signed(r, body)
	if err != nil {
		return err
	}
	if event, err = event.CheckInstall(claims, l.appKey, l.hosts); err != nil {
		return err
	}
	once, until := signature(event.Type, claims)
	inst, first, err := l.store.Install(ctx, models.InstallSpec{
		Product: "connect", ClientKey: event.ClientKey, BaseURL: event.BaseURL, DisplayURL: event.DisplayURL,
		CloudID: event.CloudID, SharedSecret: event.SharedSecret, Entitlement: event.Entitlement, Token: once, TokenUntil: until,
	})
	if errors.Is(err, models.ErrConflict) {
		return l.repeated(ctx, event)
	}
	if err != nil {
		return err
	}
	l.record(ctx, inst.TenantID, "app.installed", map[string]any{"first": first, "site": inst.BaseURL}, claims.AccountID)
	return nil
}

// signature names the signature of a callback, which is good for one request, and says until when that is remembered.
func signature(event string, claims connect.Claims) (once string, until time.Time) {
	return event + ":" + claims.Fingerprint, claims.ExpiresAt.Add(connect.Leeway + time.Minute)
}

// unused refuses a signature that was used before, for what uses it up only after the deed.
func (l *Lifecycle) unused(ctx context.Context, once string) error {
	used, err := l.store.TokenUsed(ctx, once)
	switch {
	case err != nil:
		return err
	case used:
		return problem.ErrUnauthorized.Because(errors.New("the signature was used before"))
	default:
		return nil
	}
}

// repeated answers a signature that was used before. The body is not signed, so that whoever has seen the token could ask
// for another secret; but a host that did not hear the answer may ask for the same again.
func (l *Lifecycle) repeated(ctx context.Context, event connect.Event) error {
	inst, err := l.store.FindInstallation(ctx, event.ClientKey)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	same := err == nil && inst.State != models.Uninstalled && inst.BaseURL == event.BaseURL && inst.DisplayURL == event.DisplayURL &&
		subtle.ConstantTimeCompare([]byte(inst.SharedSecret.Reveal()), []byte(event.SharedSecret.Reveal())) == 1
	if !same {
		return problem.ErrUnauthorized.Because(errors.New("the signature was used before"))
	}
	return nil
}

// uninstalled ends the use of the secret at once. A tenant that is not known, or is gone already, is what was asked for.
func (l *Lifecycle) uninstalled(r *http.Request, body []byte) error {
	ctx := r.Context()
	claims, event, err := l.signed(r, body)
	if err != nil {
		return err
	}
	if event.ClientKey != claims.ClientKey {
		return problem.New(http.StatusForbidden, "forbidden", "A tenant can speak for itself only.")
	}
	if err := event.Check(claims, l.appKey, connect.Uninstalled); err != nil {
		return err
	}
	inst, err := l.store.FindInstallation(ctx, event.ClientKey)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil
	case err != nil:
		return err
	case inst.State != models.Uninstalled && claims.IssuedAt.Add(connect.Leeway).Before(inst.InstalledAt):
		// It was signed before the installation that stands now, and came late.
		l.log.InfoContext(ctx, "a late callback changes nothing", slog.String("tenant", inst.TenantID), slog.String("event", connect.Uninstalled))
		return nil
	}
	once, until := signature(event.Type, claims)
	if inst.State != models.Uninstalled {
		if err := l.unused(ctx, once); err != nil {
			return err
		}
		if err := l.runs.Uninstalled(ctx, inst.TenantID); err != nil {
			return err
		}
	}
	// It is used up after the deed, so that one which came to nothing can be sent again, and also where there was nothing to
	// do any more: nobody can send it after the next installation.
	_, err = l.store.UseToken(ctx, once, until)
	return err
}

func (l *Lifecycle) enabled(r *http.Request, body []byte) error {
	return l.switched(r, body, connect.Enabled, models.Enabled)
}

func (l *Lifecycle) disabled(r *http.Request, body []byte) error {
	return l.switched(r, body, connect.Disabled, models.Disabled)
}

// switched records that the app was switched on or off.
func (l *Lifecycle) switched(r *http.Request, body []byte, eventType, state string) error {
	ctx := r.Context()
	token, err := connect.FromHeader(r)
	if err != nil {
		return err
	}
	inst, err := auth.Live(ctx, l.store, token)
	if err != nil {
		return err
	}
	claims, err := connect.VerifyEvent(token, inst.ClientKey, inst.SharedSecret, connect.RequestOf(r, l.base), l.now())
	if err != nil {
		return err
	}
	event, err := connect.ParseEvent(body)
	if err != nil {
		return err
	}
	if err := event.Check(claims, l.appKey, eventType); err != nil {
		return err
	}
	if inst.State == state {
		return nil
	}
	err = l.store.SetInstallationState(ctx, inst.TenantID, state)
	if errors.Is(err, models.ErrConflict) {
		// It was uninstalled in between, which counts.
		return nil
	}
	if err == nil {
		l.record(ctx, inst.TenantID, "app."+eventType, nil, claims.AccountID)
	}
	return err
}

// signed verifies a callback that Atlassian signs, and reads its body.
func (l *Lifecycle) signed(r *http.Request, body []byte) (connect.Claims, connect.Event, error) {
	token, err := connect.FromHeader(r)
	if err != nil {
		return connect.Claims{}, connect.Event{}, err
	}
	claims, err := connect.VerifyInstall(r.Context(), l.keys, token, connect.RequestOf(r, l.base), l.base.String(), l.now())
	if err != nil {
		return connect.Claims{}, connect.Event{}, err
	}
	event, err := connect.ParseEvent(body)
	if err != nil {
		return connect.Claims{}, connect.Event{}, err
	}
	return claims, event, nil
}

// record writes into the audit log of the tenant. The event itself is stored: a line that is missing is no reason to have
// the host try again.
func (l *Lifecycle) record(ctx context.Context, tenantID, action string, detail map[string]any, account string) {
	var text json.RawMessage
	if detail != nil {
		var err error
		if text, err = json.Marshal(detail); err != nil {
			text = nil
		}
	}
	actor := account
	if actor == "" {
		actor = "host"
	}
	entry := models.AuditEntry{At: l.now(), Actor: actor, Action: action, Detail: text}
	if err := l.store.Audit(ctx, tenantID, entry); err != nil {
		l.log.WarnContext(ctx, "the audit log was not written", slog.String("tenant", tenantID), slog.String("action", action), slog.Any("error", err))
	}
}
