package sim

import (
	"fmt"
	"net/http"
	"slices"
)

// PageLink is a way from the pages of a site to somewhere else.
type PageLink struct{ Text, Href string }

// LinkPages puts links beside those of the site's own pages, for whoever wraps the
// simulator and has more to show.
func (s *Site) LinkPages(links ...PageLink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links = slices.Clone(links)
}

func (s *Site) pageLinks() []PageLink {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.links)
}

// ThemeCookie holds a person's choice between light and dark; without it the pages
// follow the browser.
const ThemeCookie = "sim_theme"

// writeStyle answers with the style of all pages, in the colours that were chosen.
func writeStyle(w http.ResponseWriter, r *http.Request) {
	style, err := pageFiles.ReadFile("pages/page.css")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if chosen, err := r.Cookie(ThemeCookie); err == nil && (chosen.Value == "light" || chosen.Value == "dark") {
		style = fmt.Appendf(style, ":root { color-scheme: %s; }\n", chosen.Value)
	}
	w.Header().Set("Vary", "Cookie")
	w.Header().Set("Cache-Control", "no-store")
	writeRaw(w, http.StatusOK, "text/css; charset=utf-8", style)
}

// writeIcon answers with the picture that a browser shows beside the title of a page.
func writeIcon(w http.ResponseWriter) {
	icon, err := pageFiles.ReadFile("pages/icon.svg")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeRaw(w, http.StatusOK, "image/svg+xml", icon)
}

// The addresses by which Jira itself knows its Assets lead to the pages here.

func (s *Site) assetsLinks(rt *router) {
	rt.HandleFunc("GET /jira/assets", s.leadTo(""))
	rt.HandleFunc("GET /jira/assets/object-schema/{id}", s.leadTo("schemas"))
	rt.HandleFunc("GET /jira/assets/object-type/{id}", s.leadTo("types"))
	rt.HandleFunc("GET /jira/assets/object/{id}", s.leadTo("objects"))
}

func (s *Site) leadTo(kind string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		target := s.pageBase() + "/"
		if kind != "" {
			id, err := pathID(r, "id", "page")
			if err != nil {
				s.showProblem(w, err)
				return
			}
			target = s.href(kind, id)
		}
		http.Redirect(w, r, target, http.StatusSeeOther)
	}
}
