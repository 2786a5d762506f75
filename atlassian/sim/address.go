package sim

import (
	"net"
	"net/http"
	"strings"
)

// part is a part of the simulated Atlassian that answers by itself.
type part int

const (
	partUnknown     part = iota
	partIndex            // the list of sites, for people
	partPage             // one site's page, for people
	partAssets           // a workspace's Assets API
	partJira             // a site's Jira
	partMedia            // the media service
	partImportsInfo      // what a container token says about its import source
	partResources        // what an OAuth token says about its sites
)

// address is what the URL of a request says.
type address struct {
	part part
	// site is nil when the address names none, or one that does not exist.
	site *Site
	// path is what is left for the part's router.
	path string
}

// locate reads the address of a request. One listening address serves several
// sites: a site's own host is the prefix "/sites/{name}" (or, for its Jira and
// its page, a host name whose first label is the site's name), and api-style
// paths name their site by the id of its cloud or workspace, whatever the host.
func (s *Sim) locate(r *http.Request) address {
	path := oneSlash(r.URL.Path)
	if rest, ok := strings.CutPrefix(path, "/sites/"); ok {
		name, rest, _ := strings.Cut(rest, "/")
		site := s.Site(name)
		return s.locateOnSite(site, "/"+rest)
	}
	if rest, ok := strings.CutPrefix(path, "/ex/jira/"); ok {
		cloudID, rest, _ := strings.Cut(rest, "/")
		return s.locateOnSite(s.siteWhere(func(site *Site) bool { return site.cloudID == cloudID }), "/"+rest)
	}
	if path == resourcesPath {
		return address{part: partResources, path: path}
	}
	a := s.locateOnSite(nil, path)
	if a.part == partJira || a.part == partPage {
		if site := s.siteOfHost(r.Host); site != nil {
			return s.locateOnSite(site, path)
		}
	}
	if path == "/" || path == "/sites" {
		return address{part: partIndex}
	}
	switch a.part {
	case partMedia:
		a.site = s.siteWhere(func(site *Site) bool {
			_, ok := site.mediaTokenOf(r)
			return ok
		})
	case partJira:
		// A client that dropped the prefix when it joined URLs: who signs in
		// says which site is meant.
		a.site = s.siteOfCaller(r)
	case partPage:
		a.part = partUnknown
	case partUnknown, partIndex, partAssets, partImportsInfo, partResources:
	}
	return a
}

// oneSlash makes one slash of several in a row, as the gateway does: clients join
// a base that ends in a slash and a path that begins with one.
func oneSlash(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return path
}

// locateOnSite reads a path below a site's own address. The site may be nil
// where a workspace in the path can name it.
func (s *Sim) locateOnSite(site *Site, path string) address {
	inner := strings.TrimPrefix(path, "/gateway/api")
	for _, product := range []string{"/jsm/assets", "/jsm/insight"} {
		rest, ok := strings.CutPrefix(inner, product+"/")
		if !ok {
			continue
		}
		if strings.TrimSuffix(rest, "/") == "v1/imports/info" {
			return address{part: partImportsInfo, site: site, path: "/imports/info"}
		}
		rest, ok = strings.CutPrefix(rest, "workspace/")
		if !ok {
			return address{part: partUnknown, site: site, path: path}
		}
		workspace, rest, _ := strings.Cut(rest, "/")
		version, rest, _ := strings.Cut(rest, "/")
		if version != "v1" {
			return address{part: partUnknown, site: site, path: path}
		}
		owner := s.siteWhere(func(other *Site) bool { return other.workspaceID == workspace })
		if site != nil && owner != site {
			owner = nil // the workspace of another site, or of none
		}
		return address{part: partAssets, site: owner, path: "/" + rest}
	}
	if rest, ok := strings.CutPrefix(path, "/rest/api/latest/"); ok {
		path = "/rest/api/2/" + rest
	}
	switch {
	case strings.HasPrefix(path, "/rest/"), strings.HasPrefix(path, "/_edge/"), strings.HasPrefix(path, "/secure/"):
		return address{part: partJira, site: site, path: path}
	case path == "/file" || strings.HasPrefix(path, "/file/"):
		return address{part: partMedia, site: site, path: path}
	}
	return address{part: partPage, site: site, path: path}
}

// siteOfHost is the site whose name is the first label of a longer host name.
func (s *Sim) siteOfHost(host string) *Site {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	label, _, more := strings.Cut(host, ".")
	if !more {
		return nil
	}
	return s.Site(label)
}

// siteOfCaller is the only site there is, or the one that knows the caller.
func (s *Sim) siteOfCaller(r *http.Request) *Site {
	if len(s.sites) == 1 {
		return s.sites[0]
	}
	return s.siteWhere(func(site *Site) bool {
		_, ok := site.authenticate(r)
		return ok
	})
}

func (s *Sim) siteWhere(match func(*Site) bool) *Site {
	for _, site := range s.sites {
		if match(site) {
			return site
		}
	}
	return nil
}
