package sim_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// browse follows a link as a person would, without credentials.
func (r *rig) browse(path string) answer {
	r.tb.Helper()
	return r.send(r.bare, http.MethodGet, "http://sim.test"+path, "", func(q *http.Request) { q.Header.Del("Authorization") })
}

func TestAPersonFindsTheWayToAReferencedObject(t *testing.T) {
	t.Parallel()
	r := newRig(t, twoSites)
	o := r.office()
	made := r.call(201, "POST", "/object/create", object(o.office, o.officeName, "<script>alert(1)</script>", o.officeCity, o.sydney)).document()
	r.call(201, "POST", "/comment/create", `{"objectId":"`+text(t, made, "id")+`","comment":"nice view"}`)
	path := "/"
	for _, step := range []struct{ link, sees string }{
		{`href="(/sites/acme/)"`, "Object schemas of this site"},
		{`href="(/sites/acme/schemas/` + o.schema + `)"`, "Office"},
		{`href="(/sites/acme/types/` + o.office + `)"`, "Reference to"},
		{`href="(/sites/acme/objects/` + text(t, made, "id") + `)"`, "nice view"},
		{`href="(/sites/acme/objects/` + o.sydney + `)"`, "Referred to by"},
	} {
		got := r.browse(path)
		if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			t.Fatalf("%s answers %d %s", path, got.status, got.body)
		}
		m := regexp.MustCompile(step.link).FindSubmatch(got.body)
		if m == nil {
			t.Fatalf("%s has no link %s: %s", path, step.link, got.body)
		}
		path = string(m[1])
		if next := r.browse(path); !strings.Contains(string(next.body), step.sees) {
			t.Errorf("%s does not show %q: %s", path, step.sees, next.body)
		} else if strings.Contains(string(next.body), "<script") {
			t.Errorf("%s does not escape what it shows", path)
		}
	}
}

func TestPagesAreCompleteAndShutTight(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	r.fill(o, 120)
	for _, path := range []string{
		"/", "/sites/acme/", "/sites/acme/schemas/" + o.schema, "/sites/acme/types/" + o.office, "/sites/acme/objects/" + o.sydney,
		"/sites/acme/types/" + o.office + "?page=2", "/sites/acme/search?q=objectType+%3D+Office",
	} {
		got := r.browse(path)
		body := string(got.body)
		if got.status != 200 || !strings.Contains(got.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s answers %d %v", path, got.status, got.header)
		}
		for _, part := range []string{`<html lang="en">`, "<title>", "</html>", `<main id="main">`, `name="viewport"`} {
			if strings.Count(body, part) != 1 {
				t.Errorf("%s has %d of %s", path, strings.Count(body, part), part)
			}
		}
		if strings.Contains(body, "https://") || strings.Contains(body, "style=") {
			t.Errorf("%s asks for something from elsewhere, or against its own policy", path)
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="(/[^"]*)"`).FindAllStringSubmatch(body, -1) {
			if linked := r.browse(strings.ReplaceAll(m[1], "&amp;", "&")); linked.status != 200 {
				t.Errorf("%s links to %s, which answers %d", path, m[1], linked.status)
			}
		}
	}
	if !strings.Contains(string(r.browse("/sites/acme/types/"+o.office+"?page=2").body), "51 to 100 of 120") {
		t.Error("the second page is another one")
	}
	if css := r.browse("/_sim/page.css"); !strings.Contains(string(css.body), "color-scheme: light dark") {
		t.Error("the style has no dark side")
	}
}

func TestSearchingByKeyAndByQuery(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	if got := r.browse("/sites/acme/search?q=itsm-" + o.sydney); got.status != 303 || got.header.Get("Location") != "/sites/acme/objects/"+o.sydney {
		t.Errorf("a key leads to %d %s", got.status, got.header.Get("Location"))
	}
	if got := r.browse("/sites/acme/search?q=Name+%3D"); got.status != 400 || !strings.Contains(string(got.body), "column") {
		t.Errorf("a broken query answers %d", got.status)
	}
	for path, status := range map[string]int{
		"/sites/acme/objects/999": 404, "/sites/acme/types/x": 404, "/sites/acme/schemas/0": 404, "/sites/acme/nothing": 404,
		"/sites/nowhere/": 404, "/nothing": 404, "/_sim/nothing": 404,
	} {
		if got := r.browse(path); got.status != status {
			t.Errorf("%s answers %d", path, got.status)
		}
	}
}
