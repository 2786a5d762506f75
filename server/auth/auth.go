package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"stowage/atlassian"
	"stowage/atlassian/connect"
	"stowage/models"
	"stowage/server/problem"
)

// Installations finds the installation of a client key, in any state, or answers with models.ErrNotFound. A *models.DB is
// one.
type Installations interface {
	FindInstallation(ctx context.Context, clientKey string) (models.Installation, error)
}

// Admins asks a site whether an account may administer it. An *atlassian.Host is one.
type Admins interface {
	IsAdmin(ctx context.Context, site atlassian.HostSite, accountID string) (bool, error)
}

// Config is what an Authenticator needs.
type Config struct {
	Installations Installations
	Admins        Admins
	// BaseURL is the app's own, as the descriptor has it.
	BaseURL *url.URL
	// Now replaces the clock.
	Now func() time.Time
}

// Authenticator says who is calling. It may be used from several goroutines.
type Authenticator struct {
	installations Installations
	base          *url.URL
	now           func() time.Time
	admins        *remembered
}

// New makes an Authenticator.
func New(config Config) *Authenticator {
	now := config.Now
	if now == nil {
		now = time.Now
	}
	return &Authenticator{
		installations: config.Installations,
		base:          config.BaseURL,
		now:           now,
		admins:        &remembered{ask: config.Admins, now: now, known: map[question]answer{}},
	}
}

// Principal says who calls a route of the API: a user of an installed app, by a context token in the Authorization header,
// who administers the site. Errors are for package problem.
func (a *Authenticator) Principal(r *http.Request) (Principal, error) {
	token, err := connect.FromHeader(r)
	if err != nil {
		return Principal{}, err
	}
	inst, err := a.installation(r.Context(), token)
	if err != nil {
		return Principal{}, err
	}
	claims, err := connect.VerifyContext(token, inst.ClientKey, inst.SharedSecret, a.now())
	if err != nil {
		return Principal{}, err
	}
	return a.administrator(r.Context(), inst, principal(inst, claims.AccountID, User))
}

// Page says who opens a page: a user by a token in the address that is bound to it, who administers the site. Errors are
// for package problem. Where the token is right and its user is not, the Principal has the addresses of the site and
// nothing else: the site shows the refusal in its frame.
func (a *Authenticator) Page(r *http.Request) (Principal, error) {
	token, err := connect.FromQuery(r)
	if err != nil {
		return Principal{}, err
	}
	inst, err := a.installation(r.Context(), token)
	if err != nil {
		return Principal{}, err
	}
	claims, err := connect.VerifyPage(token, inst.ClientKey, inst.SharedSecret, connect.RequestOf(r, a.base), a.now())
	if err != nil {
		return Principal{}, err
	}
	p := principal(inst, claims.AccountID, Viewer)
	// More than one would be covered by the hash as well, but would not say which one counts.
	if values := r.URL.Query()["lic"]; len(values) == 1 {
		p.Licence = values[0]
	}
	admin, err := a.administrator(r.Context(), inst, p)
	if err != nil {
		return Principal{SiteURL: p.SiteURL, DisplayURL: p.DisplayURL}, err
	}
	return admin, nil
}

// installation finds whose secret the token must be signed with. A tenant that uninstalled the app has none.
func (a *Authenticator) installation(ctx context.Context, token string) (models.Installation, error) {
	return Live(ctx, a.installations, token)
}

// Live returns the installation that the token claims to come from, unless the app is uninstalled there. The token is not
// verified yet.
func Live(ctx context.Context, installations Installations, token string) (models.Installation, error) {
	issuer, err := connect.Issuer(token)
	if err != nil {
		return models.Installation{}, err
	}
	inst, err := installations.FindInstallation(ctx, issuer)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return models.Installation{}, problem.ErrUnauthorized.Because(errors.New("the tenant is not known"))
	case errors.Is(err, models.ErrNoKey):
		// Its grace period is over: the keys go first, and the rest after them.
		return models.Installation{}, problem.ErrUnauthorized.Because(errors.New("the tenant is being deleted"))
	case err != nil:
		return models.Installation{}, err
	case inst.State == models.Uninstalled, !inst.PurgedAt.IsZero():
		return models.Installation{}, problem.ErrUnauthorized.Because(errors.New("the app is uninstalled there"))
	case inst.ClientKey == "" || inst.ClientKey != issuer:
		return models.Installation{}, problem.ErrUnauthorized.Because(errors.New("the tenant has no host"))
	}
	return inst, nil
}

func (a *Authenticator) administrator(ctx context.Context, inst models.Installation, p Principal) (Principal, error) {
	if p.AccountID == "" {
		return Principal{}, problem.ErrForbidden.Because(errors.New("the token names no user"))
	}
	admin, err := a.admins.isAdmin(ctx, inst, p.AccountID)
	switch {
	case err != nil && ctx.Err() != nil:
		return Principal{}, context.Cause(ctx)
	case err != nil:
		return Principal{}, problem.ErrHostUnavailable.Because(err)
	case !admin:
		return Principal{}, problem.ErrForbidden
	}
	return p, nil
}

// Middleware lets only requests pass whose caller Principal knows, and puts the Principal into their context.
func (a *Authenticator) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := a.Principal(r)
		if err != nil {
			problem.Write(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(With(r.Context(), p)))
	})
}

// Gin is Middleware for routes of Gin.
func (a *Authenticator) Gin() gin.HandlerFunc {
	return func(c *gin.Context) {
		p, err := a.Principal(c.Request)
		if err != nil {
			// The access log of the server writes the error down.
			_ = c.Error(err)
			problem.Write(c.Writer, c.Request, err)
			c.Abort()
			return
		}
		c.Request = c.Request.WithContext(With(c.Request.Context(), p))
		c.Next()
	}
}
