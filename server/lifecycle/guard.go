package lifecycle

import (
	"log/slog"
	"net/http"

	"stowage/atlassian/connect"
	"stowage/server/auth"
)

// Guard lets pages be seen by whom the Authenticator lets in. It records what the address of the page says about the
// licence and returns the origins that may hold the page in a frame: those of the tenant's site.
func Guard(authenticator *auth.Authenticator, licences *Licences) func(r *http.Request) (ancestors []string, err error) {
	return func(r *http.Request) ([]string, error) {
		p, err := authenticator.Page(r)
		if err != nil {
			return origins(p), err
		}
		if err := licences.FromPage(r.Context(), p); err != nil {
			// The page can be seen without it; the next look finds the licence.
			licences.log.WarnContext(r.Context(), "the licence of a page was not recorded", slog.String("tenant", p.TenantID), slog.Any("error", err))
		}
		return origins(p), nil
	}
}

// origins are those of a site, of which some may not be known.
func origins(p auth.Principal) []string {
	var known []string
	for _, address := range []string{p.SiteURL, p.DisplayURL} {
		if origin := connect.Origin(address); origin != "" {
			known = append(known, origin)
		}
	}
	return known
}
