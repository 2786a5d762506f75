package host

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"
)

type siteKey struct{}

// newRoutes registers what is the same for all sites, and the pages of one site under
// "/site", where [Host.serveSite] puts them.
func (h *Host) newRoutes() *http.ServeMux {
	for _, s := range h.sites {
		s.linkPages()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_connect/keys/{kid}", h.serveKey)
	mux.HandleFunc("GET /_connect/all.js", serveFile("web/all.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET /_connect/host.js", serveFile("web/host.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET /_connect/host.css", serveFile("web/host.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET /_sim/apps", h.listApps)
	mux.HandleFunc("POST /_sim/apps", h.scriptInstall)
	mux.HandleFunc("POST /_sim/apps/{site}/{app}/{action}", h.scriptAction)
	mux.HandleFunc("POST /_sim/sites/{site}/rename", h.scriptRename)
	mux.HandleFunc("POST /_sim/sites/{site}/assets", h.scriptAssets)
	mux.HandleFunc("POST /_sim/sites/{site}/hold", h.scriptHold)
	mux.HandleFunc("POST /_sim/sites/{site}/release", h.scriptRelease)
	mux.HandleFunc("GET /_sim/connect-log", h.listLog)

	page := func(pattern string, serve func(*Site, http.ResponseWriter, *http.Request)) {
		method, below, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /site"+below, func(w http.ResponseWriter, r *http.Request) {
			s, _ := r.Context().Value(siteKey{}).(*Site)
			if s == nil {
				http.NotFound(w, r)
				return
			}
			serve(s, w, r)
		})
	}
	toProjects := func(s *Site, w http.ResponseWriter, r *http.Request) {
		goOn(w, r, s.path()+"/jira/projects")
	}
	page("GET /jira", toProjects)
	page("GET /jira/{$}", toProjects)
	page("GET /jira/projects", (*Site).showProjects)
	page("GET /jira/sign-in", (*Site).showSignIn)
	page("POST /jira/who", (*Site).postWho)
	page("GET "+managePath, (*Site).showManage)
	page("GET "+managePath+"/log", (*Site).showLog)
	page("POST "+managePath+"/install", (*Site).postInstall)
	page("POST "+managePath+"/apps/{app}", (*Site).postAction)
	page("POST "+managePath+"/site", (*Site).postSite)
	page("GET /plugins/servlet/ac/{app}/{module}", (*Site).showApp)
	page("POST /_connect/token", (*Site).pageToken)
	page("POST /_connect/frame", (*Site).pageFrame)
	page("POST /_connect/request", (*Site).pageRequest)
	return mux
}

// ServeHTTP implements [http.Handler].
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/sites/"); ok {
		name, rest, _ := strings.Cut(rest, "/")
		if s := h.Site(name); s != nil {
			h.serveSite(w, r, s, "/sites/"+name, "/"+strings.TrimLeft(rest, "/"))
			return
		}
	}
	own := strings.HasPrefix(r.URL.Path, "/_connect/") || strings.HasPrefix(r.URL.Path, "/_sim/")
	if _, pattern := h.routes.Handler(r); own && pattern != "" {
		h.guarded(w, r)
		return
	}
	h.sim.ServeHTTP(w, r)
}

// serveSite takes a request below a site: the small Jira's own pages, the REST API
// for apps, or what the simulator has.
func (h *Host) serveSite(w http.ResponseWriter, r *http.Request, s *Site, contextPath, rest string) {
	if strings.HasPrefix(rest, "/rest/") || strings.HasPrefix(rest, "/gateway/") {
		h.serveREST(w, r, s, contextPath, rest)
		return
	}
	if path.Clean(rest) == strings.TrimSuffix(rest, "/") {
		own := r.Clone(context.WithValue(r.Context(), siteKey{}, s))
		own.URL.Path, own.URL.RawPath = "/site"+rest, ""
		if raw, ok := strings.CutPrefix(r.URL.EscapedPath(), contextPath); ok {
			own.URL.RawPath = "/site" + raw
		}
		if _, pattern := h.routes.Handler(own); pattern != "" {
			if h.elsewhere(w, r) {
				return
			}
			h.guarded(w, own)
			return
		}
	}
	h.sim.ServeHTTP(w, s.toSim(r, contextPath))
}

// guarded serves the host's own routes, and changes nothing for pages of others: a
// request that a browser sends on behalf of another origin is refused.
func (h *Host) guarded(w http.ResponseWriter, r *http.Request) {
	if err := h.guard.Check(r); err != nil {
		writeJSON(w, http.StatusForbidden, map[string]string{"message": "the request comes from another origin"})
		return
	}
	if r.Body != nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	}
	h.routes.ServeHTTP(w, r)
}

// elsewhere sends a browser that came under another name of this machine to the
// name that apps know: they let themselves be framed, and send messages, there only.
func (h *Host) elsewhere(w http.ResponseWriter, r *http.Request) bool {
	base := h.BaseURL()
	u, err := url.Parse(base)
	if base == "" || err != nil || r.Host == u.Host || r.Method != http.MethodGet {
		return false
	}
	http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusTemporaryRedirect) //nolint:gosec // To the host's own address.
	return true
}

// toSim is a request as the simulator knows the site: under its first name.
func (s *Site) toSim(r *http.Request, contextPath string) *http.Request {
	first := "/sites/" + s.sim.Name()
	if contextPath == first {
		return r
	}
	out := r.Clone(r.Context())
	out.URL.Path = first + strings.TrimPrefix(r.URL.Path, contextPath)
	if r.URL.RawPath != "" {
		out.URL.RawPath = first + strings.TrimPrefix(r.URL.RawPath, contextPath)
	}
	return out
}

func serveFile(name, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		text, err := webFiles.ReadFile(name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(text) // the browser went away
	}
}
