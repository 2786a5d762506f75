package sim

import (
	"context"
	"errors"
	"fmt"
	"html"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"stowage/atlassian/sim/fault"
	"stowage/atlassian/sim/limit"
	"stowage/atlassian/sim/stats"
)

// Options describe a simulated Atlassian.
type Options struct {
	// Sites are its sites, at least one.
	Sites []SiteOptions
	// Limits are the rate limits of each site; the zero value is no limits.
	Limits limit.Options
	// Faults is the plan of what goes wrong; nil is nothing. A plan that names
	// an operation or a site that does not exist is refused.
	Faults *fault.Plan
	// Now is the clock of what the sites record; nil means time.Now.
	Now func() time.Time
}

// Sim is a simulated Atlassian: an [http.Handler] for all its sites. It may be
// used by many goroutines.
type Sim struct {
	sites []*Site
	stats *stats.Recorder
	chain http.Handler
	pages *template.Template
}

// New makes a simulated Atlassian. What an option means that is not understood
// is refused, never replaced.
func New(opts Options) (*Sim, error) {
	if len(opts.Sites) == 0 {
		return nil, errors.New("a simulator needs at least one site")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Sim{stats: &stats.Recorder{}, pages: parsePages()}
	for _, siteOpts := range opts.Sites {
		site, err := newSite(siteOpts, opts)
		if err != nil {
			return nil, err
		}
		for _, other := range s.sites {
			if other.name == site.name || other.cloudID == site.cloudID || other.workspaceID == site.workspaceID {
				return nil, fmt.Errorf("site %s: name, cloud id and workspace id must differ from those of site %s", site.name, other.name)
			}
		}
		site.pages = s.pages
		s.sites = append(s.sites, site)
	}
	if err := opts.Faults.Check(s.operations(), s.siteNames()); err != nil {
		return nil, err
	}
	// From the outside in: what is counted is what arrived; a caller nobody knows
	// uses up no quota; a refused call meets no planned fault.
	s.chain = s.stats.Wrap(operationOf, http.HandlerFunc(s.authenticated))
	return s, nil
}

// Site returns the site of a name, or nil.
func (s *Sim) Site(name string) *Site {
	return s.siteWhere(func(site *Site) bool { return site.name == name })
}

// Sites returns all sites in the order of the options.
func (s *Sim) Sites() []*Site { return slices.Clone(s.sites) }

func (s *Sim) siteNames() []string {
	names := make([]string, 0, len(s.sites))
	for _, site := range s.sites {
		names = append(names, site.name)
	}
	return names
}

// operations lists the labels of all operations of all sites.
func (s *Sim) operations() []string {
	var ops []string
	for _, site := range s.sites {
		ops = append(ops, site.Operations()...)
	}
	return ops
}

// Stats returns the counts of calls and statuses.
func (s *Sim) Stats() *stats.Recorder { return s.stats }

// exchange is what is known of a request before its handler runs.
type exchange struct {
	address
	route   *route
	allowed []string
}

type exchangeKey struct{}

func exchangeOf(r *http.Request) *exchange {
	e, _ := r.Context().Value(exchangeKey{}).(*exchange)
	return e
}

// operationOf is the label of a request's operation.
func operationOf(r *http.Request) string {
	e := exchangeOf(r)
	if e.route == nil {
		return r.Method + " (unknown)"
	}
	return e.route.pattern
}

// limitedOperationOf is the label by which limits know an operation; Jira and
// the media service have limits of other kinds, which are not simulated.
func limitedOperationOf(r *http.Request) string {
	if e := exchangeOf(r); e.part != partAssets || e.route == nil {
		return ""
	}
	return operationOf(r)
}

// ServeHTTP implements [http.Handler].
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sim/") {
		s.serveSim(w, r)
		return
	}
	e := &exchange{address: s.locate(r)}
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, e))
	switch e.part {
	case partIndex:
		s.serveIndex(w, r)
		return
	case partPage:
		s.servePage(w, r, e)
		return
	case partAssets, partJira, partMedia:
		if e.site != nil {
			e.route, e.allowed = e.site.routerOf(e.part).find(r, e.path)
		}
	case partUnknown, partImportsInfo, partResources:
	}
	s.chain.ServeHTTP(w, r)
}

// serveSim is the simulator's own corner, for those who test with it.
func (s *Sim) serveSim(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "GET /_sim/stats":
		writeJSON(w, http.StatusOK, s.stats.Snapshot())
	case "POST /_sim/reset-stats":
		s.stats.Zero()
		w.WriteHeader(http.StatusNoContent)
	case "GET /_sim/page.css":
		writeStyle(w, r)
	case "GET /_sim/icon.svg":
		writeIcon(w)
	case "GET /_sim/sites":
		infos := make([]Info, 0, len(s.sites))
		for _, site := range s.sites {
			infos = append(infos, site.Info(origin(r)))
		}
		writeJSON(w, http.StatusOK, map[string]any{"sites": infos})
	default:
		http.NotFound(w, r)
	}
}

// authenticated lets a request on to its site if the site knows the caller.
func (s *Sim) authenticated(w http.ResponseWriter, r *http.Request) {
	e := exchangeOf(r)
	switch {
	case e.part == partUnknown:
		writeHTMLStatus(w, http.StatusNotFound, "There is nothing at this address.")
	case e.part == partImportsInfo:
		s.serveImportsInfo(w, r)
	case e.part == partResources:
		s.serveResources(w, r)
	case e.site == nil:
		s.serveNoSite(w, r, e)
	case e.route != nil && e.route.open:
		e.site.serve(w, r)
	default:
		who, ok := e.site.authenticate(r)
		switch {
		case ok:
			e.site.serve(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
		case e.part == partJira:
			e.site.refuseJira(w, r)
		case s.knows(r):
			// Somebody from another site learns nothing about this one.
			writeGateway(w, http.StatusNotFound, "Not Found")
		default:
			refuseAssets(w)
		}
	}
}

// serveNoSite answers an address whose site, cloud or workspace does not exist:
// to a stranger as any other address would, to somebody known with 404.
func (s *Sim) serveNoSite(w http.ResponseWriter, r *http.Request, e *exchange) {
	switch {
	case e.part == partJira && strings.HasPrefix(r.URL.Path, "/sites/"):
		writeHTMLStatus(w, http.StatusNotFound, "There is no site at this address.")
	case e.part != partMedia && s.knows(r):
		writeGateway(w, http.StatusNotFound, "Not Found")
	default:
		refuseAssets(w)
	}
}

// knows reports whether any site knows the caller.
func (s *Sim) knows(r *http.Request) bool {
	return s.siteWhere(func(site *Site) bool {
		_, ok := site.authenticate(r)
		return ok
	}) != nil
}

// serveImportsInfo asks the site that gave out the caller's container token.
func (s *Sim) serveImportsInfo(w http.ResponseWriter, r *http.Request) {
	for _, site := range s.sites {
		who, ok := site.authenticate(r)
		if ok && who.importSource != "" {
			site.importsInfo(w, r, who.importSource)
			return
		}
	}
	refuseAssets(w)
}

func writeHTMLStatus(w http.ResponseWriter, status int, sentence string) {
	writeRaw(w, status, "text/html;charset=UTF-8", fmt.Appendf(nil, "<!doctype html><html lang=\"en\"><head><title>%d</title></head><body><h1>%d %s</h1><p>%s</p></body></html>",
		status, status, http.StatusText(status), html.EscapeString(sentence)))
}
