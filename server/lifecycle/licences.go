package lifecycle

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"stowage/atlassian"
	"stowage/models"
	"stowage/server/auth"
)

// The sources of what is known of a licence.
const (
	sourcePage    = "page"
	sourceREST    = "rest"
	sourceWebhook = "webhook"
)

// LicenceHost asks a site about the licence of the app. An *atlassian.Host is one.
type LicenceHost interface {
	Licence(ctx context.Context, site atlassian.HostSite) (atlassian.HostLicence, error)
}

// LicenceChange is the event of a licence that is not what it was.
type LicenceChange struct {
	TenantID      string
	Before, After models.Licence
}

// LicenceConfig is what Licences need.
type LicenceConfig struct {
	Store Store
	Host  LicenceHost
	// OnChange is called after a change was stored, with the context of whoever noticed. It must be quick.
	OnChange func(ctx context.Context, change LicenceChange)
	// Log is told what a page could not record.
	Log *slog.Logger
	// Now replaces the clock.
	Now func() time.Time
}

// Licences keeps the one licence state of each tenant, from whatever source. It may be used from several goroutines.
type Licences struct {
	store    Store
	host     LicenceHost
	onChange func(ctx context.Context, change LicenceChange)
	log      *slog.Logger
	now      func() time.Time
}

// NewLicences makes Licences.
func NewLicences(config LicenceConfig) *Licences {
	l := &Licences{store: config.Store, host: config.Host, onChange: config.OnChange, log: config.Log, now: config.Now}
	if l.now == nil {
		l.now = time.Now
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	return l
}

// Look asks the host of a tenant about its licence and records the answer. It is the periodic look, and does nothing for a
// tenant that has no host or has left.
func (l *Licences) Look(ctx context.Context, tenantID string) error {
	inst, err := l.store.Installation(ctx, tenantID)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil
	case err != nil:
		return err
	case inst.ClientKey == "" || inst.State == models.Uninstalled || !inst.PurgedAt.IsZero():
		return nil
	}
	site := atlassian.HostSite{BaseURL: inst.BaseURL, ClientKey: inst.ClientKey, Secret: inst.SharedSecret}
	found, err := l.host.Licence(ctx, site)
	if err != nil {
		return err
	}
	known, err := l.licence(ctx, tenantID)
	if err != nil {
		return err
	}
	next := models.Licence{State: models.LicenceUnknown, Type: found.Type, Evaluation: found.Evaluation, Source: sourceREST}
	switch {
	case found.Known && found.Active && found.Evaluation:
		next.State = models.LicenceEvaluation
	case found.Known && found.Active:
		next.State = models.LicenceActive
	case found.Known:
		// The host speaks of a licence that is terminated, or of an evaluation that is over.
		next.State = models.LicenceExpired
	case hadLicence(known):
		// The host speaks of none any more.
		next.State, next.Type = models.LicenceNone, known.Type
	}
	return l.set(ctx, tenantID, next)
}

// hadLicence says whether a tenant ever had a licence. Where it never had one, a host that does not speak of it tells
// nothing: that is how it is for apps that are not paid for, and while they are developed.
func hadLicence(known models.Licence) bool {
	switch known.State {
	case models.LicenceActive, models.LicenceEvaluation, models.LicenceExpired:
		return true
	}
	return known.Type != "" || known.State == models.LicenceNone && known.Source != sourcePage
}

func (l *Licences) licence(ctx context.Context, tenantID string) (models.Licence, error) {
	known, err := l.store.Licence(ctx, tenantID)
	if errors.Is(err, models.ErrNotFound) {
		return models.Licence{State: models.LicenceUnknown}, nil
	}
	return known, err
}

// lookTimeout bounds how long a page waits for a look at the host.
const lookTimeout = 3 * time.Second

// FromPage records what the address of a page says, which is less than a look at the host: it tells apart only whether
// there is a licence. The address must have been verified with its token.
func (l *Licences) FromPage(ctx context.Context, p auth.Principal) error {
	if p.Kind != auth.Viewer || p.Licence == "" {
		return nil
	}
	known, err := l.licence(ctx, p.TenantID)
	if err != nil {
		return err
	}
	next := models.Licence{Type: known.Type, Source: sourcePage}
	switch p.Licence {
	case "active":
		if known.State == models.LicenceActive || known.State == models.LicenceEvaluation {
			return nil
		}
		next.State = models.LicenceActive
	case "none":
		if known.State == models.LicenceNone || known.State == models.LicenceExpired {
			return nil
		}
		if known.State == models.LicenceUnknown && known.Source == sourceREST {
			return nil
		}
		// Addresses say "none" also where the app is not paid for. The host knows more.
		within, cancel := context.WithTimeout(ctx, lookTimeout)
		defer cancel()
		if err := l.Look(within, p.TenantID); err == nil {
			return nil
		}
		next.State = models.LicenceNone
	default:
		// A word that is not known says nothing.
		return nil
	}
	return l.set(ctx, p.TenantID, next)
}

// set stores a state and tells whoever waits for a change.
func (l *Licences) set(ctx context.Context, tenantID string, next models.Licence) error {
	before, err := l.licence(ctx, tenantID)
	if err != nil {
		return err
	}
	if next.CheckedAt.IsZero() {
		next.CheckedAt = l.now()
	}
	changed, err := l.store.SetLicence(ctx, tenantID, next)
	if err != nil || !changed {
		return err
	}
	next.ChangedAt = next.CheckedAt
	if l.onChange != nil {
		l.onChange(ctx, LicenceChange{TenantID: tenantID, Before: before, After: next})
	}
	return nil
}
