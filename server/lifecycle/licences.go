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
	state := models.LicenceUnknown
	switch {
	case found.Known && found.Active && found.Evaluation:
		state = models.LicenceEvaluation
	case found.Known && found.Active:
		state = models.LicenceActive
	case found.Known:
		// The host speaks of a licence that is terminated, or of an evaluation that is over.
		state = models.LicenceExpired
	}
	return l.set(ctx, tenantID, models.Licence{State: state, Type: found.Type, Evaluation: found.Evaluation, Source: sourceREST})
}

// FromPage records what the address of a page says, which is less than a look at the host: it tells apart only whether
// there is a licence. The address must have been verified with its token.
func (l *Licences) FromPage(ctx context.Context, p auth.Principal) error {
	if p.Kind != auth.Viewer || p.Licence == "" {
		return nil
	}
	known, err := l.store.Licence(ctx, p.TenantID)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
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
			// Where the app is not paid for, a host says nothing about a licence when it is asked, and "none" here.
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
	before, err := l.store.Licence(ctx, tenantID)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
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
