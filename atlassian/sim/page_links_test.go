package sim_test

import (
	"net/http"
	"strings"
	"testing"

	"stowage/atlassian/sim"
)

func TestPagesLeadToWhatWrapsTheSimulator(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.site.LinkPages(sim.PageLink{Text: "Jira", Href: "/sites/acme/jira"})
	for _, page := range []string{"/", "/sites/acme/", "/sites/acme/search?q=x"} {
		got := r.send(r.bare, http.MethodGet, "http://sim.test"+page, "")
		if !strings.Contains(string(got.body), `<a href="/sites/acme/jira">Jira</a>`) {
			t.Errorf("%s has no link: %s", page, got.body)
		}
	}
}

func TestTheStyleFollowsTheChosenTheme(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for theme, want := range map[string]bool{"dark": true, "light": true, "auto": false, "{}": false} {
		got := r.send(r.bare, http.MethodGet, "http://sim.test/_sim/page.css", "", func(q *http.Request) {
			q.Header.Set("Cookie", sim.ThemeCookie+"="+theme)
		})
		if strings.HasSuffix(string(got.body), ":root { color-scheme: "+theme+"; }\n") != want {
			t.Errorf("theme %s: the style ends in %q", theme, got.body[len(got.body)-60:])
		}
	}
}

func TestEveryPageHasTheIconItNames(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if page := r.send(r.bare, http.MethodGet, "http://sim.test/sites/acme/", ""); !strings.Contains(string(page.body), `rel="icon" href="/_sim/icon.svg"`) {
		t.Errorf("the page names no icon: %s", page.body)
	}
	if icon := r.send(r.bare, http.MethodGet, "http://sim.test/_sim/icon.svg", ""); icon.status != http.StatusOK || icon.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("the icon answers %d %s", icon.status, icon.header.Get("Content-Type"))
	}
}

func TestAddressesOfAssetsInJiraLeadToThePages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for from, to := range map[string]string{
		"/jira/assets": "/sites/acme/", "/jira/assets/object-schema/7": "/sites/acme/schemas/7",
		"/jira/assets/object-type/8": "/sites/acme/types/8", "/jira/assets/object/9": "/sites/acme/objects/9",
	} {
		got := r.send(r.bare, http.MethodGet, r.info.BaseURL+from, "")
		if got.status != http.StatusSeeOther || got.header.Get("Location") != to {
			t.Errorf("%s answers %d %s, want 303 %s", from, got.status, got.header.Get("Location"), to)
		}
	}
}
