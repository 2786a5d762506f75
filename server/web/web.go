package web

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"stowage/server/problem"
)

// DefaultConnectScript is the script of Connect that pages talk to their host with.
const DefaultConnectScript = "https://connect-cdn.atl-paas.net/all.js"

// Pages are the paths of the pages, as the descriptor names them.
func Pages() []string { return []string{"/app/admin", "/app/get-started", "/app/configure"} }

// Config is what a Web needs.
type Config struct {
	// Dist is the built user interface; without index.html a page says how to build it.
	Dist fs.FS
	// Guard lets a page be seen, or not: then its error is answered. It returns the origins that may hold the page, or the
	// refusal, in a frame, beside Atlassian's own.
	Guard func(r *http.Request) (ancestors []string, err error)
	// ConnectScript is the address of the script of Connect; empty is DefaultConnectScript.
	ConnectScript string
	// FrameAncestors are origins that may always hold pages; nil means the sites of Atlassian.
	FrameAncestors []string
}

// Web serves the user interface.
type Web struct {
	guard     func(r *http.Request) ([]string, error)
	ancestors []string
	script    string // the origin of the script of Connect
	index     []byte
	assets    map[string]*asset
}

// New makes a Web. It reads everything that it serves.
func New(config Config) (*Web, error) {
	address := config.ConnectScript
	if address == "" {
		address = DefaultConnectScript
	}
	script, err := url.Parse(address)
	if err != nil || script.Host == "" || script.User != nil || (script.Scheme != "https" && script.Scheme != "http") || strings.ContainsAny(address, "\"'<>; \t\r\n") {
		return nil, errors.New("the address of the script of Connect is not a plain URL")
	}
	if config.Guard == nil || config.Dist == nil {
		return nil, errors.New("web: guard and dist must be given")
	}
	w := &Web{guard: config.Guard, ancestors: config.FrameAncestors, script: script.Scheme + "://" + script.Host}
	if w.ancestors == nil {
		w.ancestors = []string{"https://*.atlassian.net", "https://*.jira.com"}
	}
	page, err := fs.ReadFile(config.Dist, "index.html")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.index = notBuilt
	case err != nil:
		return nil, fmt.Errorf("read the user interface: %w", err)
	default:
		if w.index, err = fillIndex(page, address); err != nil {
			return nil, err
		}
	}
	if w.assets, err = readAssets(config.Dist); err != nil {
		return nil, fmt.Errorf("read the user interface: %w", err)
	}
	return w, nil
}

// Routes mounts the pages and their assets. They stand at the root: a token is bound to the path as the host called it.
func (w *Web) Routes(routes gin.IRoutes) {
	for _, path := range Pages() {
		routes.GET(path, gin.WrapF(w.servePage))
	}
	routes.GET("/app/assets/*file", gin.WrapF(w.serveAsset))
	routes.HEAD("/app/assets/*file", gin.WrapF(w.serveAsset))
}

func (w *Web) servePage(rw http.ResponseWriter, r *http.Request) {
	ancestors, err := w.guard(r)
	if err != nil {
		w.refuse(rw, r, ancestors, err)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Content-Security-Policy", w.policy(ancestors))
	// A caller who is gone is nobody's problem.
	_, _ = rw.Write(w.index)
}

// framing says who may hold a page in a frame.
func (w *Web) framing(ancestors []string) string {
	allowed := []string{}
	for _, origin := range slices.Concat(ancestors, w.ancestors) {
		// A policy is a list with separators; whatever is not plainly an origin would be another directive.
		if plainOrigin(origin) && !slices.Contains(allowed, origin) {
			allowed = append(allowed, origin)
		}
	}
	if len(allowed) == 0 {
		allowed = []string{"'none'"}
	}
	return "frame-ancestors " + strings.Join(allowed, " ")
}

// policy says what a page may load and who may hold it in a frame.
func (w *Web) policy(ancestors []string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' " + w.script,
		// Atlaskit writes its styles into the page while it runs, without a nonce; Connect brings the colours of the theme.
		"style-src 'self' 'unsafe-inline' " + w.script,
		"img-src 'self' data: blob:",
		"font-src 'self' data:",
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		w.framing(ancestors),
	}, "; ")
}

func plainOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.Path == "" && u.User == nil &&
		u.RawQuery == "" && u.Fragment == "" && !strings.ContainsAny(origin, ";, \t\r\n'\"")
}

// refuse answers who may not see a page: a person gets one to read, a program a problem.
func (w *Web) refuse(rw http.ResponseWriter, r *http.Request, ancestors []string, err error) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		problem.Write(rw, r, err)
		return
	}
	p := problem.From(r.Context(), err)
	h := rw.Header()
	maps.Copy(h, p.Headers)
	h.Set("Content-Type", "text/html; charset=utf-8")
	// The frame of a site may show it: nothing in it is worth clicking on.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "+w.framing(ancestors))
	rw.WriteHeader(p.Status)
	// A caller who is gone is nobody's problem.
	_, _ = rw.Write(refusal(p))
}
