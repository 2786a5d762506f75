package sim

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"stowage/atlassian/sim/aql"
	"stowage/atlassian/sim/world"
)

// The page of a site lets a person look at schemas, types, objects and their
// references. It asks no password: what is here is made up, and whoever sees the
// page sees the token on the line that started the simulator as well.

//go:embed pages
var pageFiles embed.FS

// pagePolicy lets nothing in but the page's own style and pictures.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// objectsPerPage is how many objects a person is shown at once.
const objectsPerPage = 50

// pageFrame is what every page has.
type pageFrame struct {
	Title  string
	Base   string // the site's address, empty on the index
	Query  string
	Crumbs []crumb
	Links  []PageLink
}

type crumb struct{ Text, Href string }

func parsePages() *template.Template {
	return template.Must(template.ParseFS(pageFiles, "pages/pages.html"))
}

func sendPage(w http.ResponseWriter, status int, t *template.Template, name string, data any) {
	var body bytes.Buffer
	if err := t.ExecuteTemplate(&body, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	writeRaw(w, status, "text/html; charset=utf-8", body.Bytes())
}

// serveIndex lists the sites.
func (s *Sim) serveIndex(w http.ResponseWriter, r *http.Request) {
	type row struct {
		Info             Info
		Schemas, Objects int
		Links            []PageLink
	}
	data := struct {
		pageFrame
		Sites []row
	}{pageFrame: pageFrame{Title: "Simulated Atlassian"}}
	for _, site := range s.sites {
		data.Sites = append(data.Sites, row{
			Info: site.Info(origin(r)), Schemas: len(site.world.Schemas()), Objects: site.world.ObjectCount(),
			Links: site.pageLinks(),
		})
	}
	sendPage(w, http.StatusOK, s.pages, "index", data)
}

// servePage serves a site's own pages.
func (s *Sim) servePage(w http.ResponseWriter, r *http.Request, e *exchange) {
	if e.site == nil {
		writeHTMLStatus(w, http.StatusNotFound, "There is no site at this address.")
		return
	}
	route, allowed := e.site.page.find(r, e.path)
	switch {
	case route == nil && len(allowed) > 0:
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeHTMLStatus(w, http.StatusMethodNotAllowed, "This page can only be read.")
	case route == nil:
		writeHTMLStatus(w, http.StatusNotFound, "There is no page at this address.")
	default:
		route.handler(w, r)
	}
}

func (s *Site) pageRoutes(rt *router) {
	rt.HandleFunc("GET /", s.showSite)
	rt.HandleFunc("GET /schemas/{id}", s.showSchema)
	rt.HandleFunc("GET /types/{id}", s.showType)
	rt.HandleFunc("GET /objects/{id}", s.showObject)
	rt.HandleFunc("GET /icons/{id}", s.showIcon)
	rt.HandleFunc("GET /search", s.showSearch)
	s.assetsLinks(rt)
}

// pageBase is the path of the site's pages; relative to the host, so that it
// holds under any name of the host.
func (s *Site) pageBase() string { return "/sites/" + s.name }

func (s *Site) frame(title string, crumbs ...crumb) pageFrame {
	all := append([]crumb{{s.name, s.pageBase() + "/"}}, crumbs...)
	all[len(all)-1].Href = ""
	return pageFrame{Title: title, Base: s.pageBase(), Crumbs: all, Links: s.pageLinks()}
}

func (s *Site) href(kind string, id world.ID) string {
	return s.pageBase() + "/" + kind + "/" + id.String()
}

func (s *Site) showSite(w http.ResponseWriter, _ *http.Request) {
	sendPage(w, http.StatusOK, s.pages, "site", struct {
		pageFrame
		Schemas []world.Schema
	}{s.frame("Schemas of " + s.name), s.world.Schemas()})
}

// typeTree is a level of the tree of types.
type typeTree struct {
	Top   bool
	Nodes []typeNode
}

type typeNode struct {
	Name, Href, Icon    string
	Count               int
	Abstract, Inherited bool
	Children            []typeNode
}

// Below is the level under a node.
func (n typeNode) Below() typeTree { return typeTree{Nodes: n.Children} }

func (s *Site) showSchema(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object schema")
	if err != nil {
		s.showProblem(w, err)
		return
	}
	schema, err := s.world.Schema(id)
	if err != nil {
		s.showProblem(w, err)
		return
	}
	types, err := s.world.ObjectTypes(id)
	if err != nil {
		s.showProblem(w, err)
		return
	}
	statuses, err := s.world.StatusTypes(id)
	if err != nil {
		s.showProblem(w, err)
		return
	}
	references, err := s.world.ReferenceTypes(id, false)
	if err != nil {
		s.showProblem(w, err)
		return
	}
	sendPage(w, http.StatusOK, s.pages, "schema", struct {
		pageFrame
		Schema     world.Schema
		Tree       typeTree
		Statuses   []world.StatusType
		References []world.ReferenceType
	}{s.frame(schema.Name, crumb{Text: schema.Name}), schema, typeTree{Top: true, Nodes: s.typeNodes(types, 0)}, statuses, references})
}

func (s *Site) typeNodes(types []world.ObjectType, parent world.ID) []typeNode {
	var nodes []typeNode
	for _, t := range types {
		if t.ParentID == parent {
			nodes = append(nodes, typeNode{
				Name: t.Name, Href: s.href("types", t.ID), Icon: s.href("icons", t.IconID), Count: t.ObjectCount,
				Abstract: t.Abstract, Inherited: t.Inherited, Children: s.typeNodes(types, t.ID),
			})
		}
	}
	return nodes
}

// objectList is a page of objects.
type objectList struct {
	Caption        string
	Objects        []objectRow
	Previous, Next string
}

type objectRow struct{ Key, Href, Label, Type, Updated string }

// list shows one page of what a query finds.
func (s *Site) list(r *http.Request, query string) (objectList, error) {
	page, err := queryInt(r, "page", 1)
	if err != nil || page < 1 {
		page = 1
	}
	start := (page - 1) * objectsPerPage
	found, err := s.world.Search(r.Context(), s.opts.AccountID, query, aql.Page{Start: start, Limit: objectsPerPage, CountTo: aql.Everything})
	if err != nil {
		return objectList{}, err
	}
	out := objectList{Caption: fmt.Sprintf("%d to %d of %d", start+1, start+len(found.IDs), found.Total)}
	s.world.View(func(v *world.View) {
		for _, id := range found.IDs {
			if obj, ok := v.SearchObject(id); ok {
				out.Objects = append(out.Objects, s.row(v, obj))
			}
		}
	})
	if page > 1 {
		out.Previous = otherPage(r, page-1)
	}
	if found.More {
		out.Next = otherPage(r, page+1)
	}
	return out, nil
}

func (s *Site) row(v *world.View, obj world.Obj) objectRow {
	t, _ := v.ObjectType(obj.TypeID())
	return objectRow{
		Key: obj.Key(), Href: s.href("objects", obj.ID()), Label: obj.Label(), Type: t.Name, Updated: forPeople(world.DateTime(obj.Updated())),
	}
}

// otherPage is the address of another page of the same list.
func otherPage(r *http.Request, page int) string {
	query := r.URL.Query()
	query.Set("page", strconv.Itoa(page))
	return "?" + query.Encode()
}

// forPeople writes a moment so that it can be compared by eye.
func forPeople(v world.Value) string { return v.Time().Format("2006-01-02 15:04:05 UTC") }

func (s *Site) showIcon(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "icon")
	if err != nil {
		s.showProblem(w, err)
		return
	}
	image, err := s.world.IconPNG(id, 16)
	if err != nil {
		s.showProblem(w, err)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	writeRaw(w, http.StatusOK, "image/png", image)
}

// showSearch takes an object key or AQL.
func (s *Site) showSearch(w http.ResponseWriter, r *http.Request) {
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	if object, err := s.world.ObjectByKey(query); err == nil {
		w.Header().Set("Location", (&url.URL{Path: s.href("objects", object.ID)}).String())
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	page := struct {
		pageFrame
		Problem string
		List    objectList
	}{pageFrame: s.frame("Search", crumb{Text: "Search"})}
	page.Query = query
	list, err := s.list(r, query)
	if err != nil {
		page.Problem = err.Error()
		sendPage(w, http.StatusBadRequest, s.pages, "search", page)
		return
	}
	page.List = list
	sendPage(w, http.StatusOK, s.pages, "search", page)
}

func (s *Site) showProblem(w http.ResponseWriter, err error) {
	status, sentence := http.StatusInternalServerError, err.Error()
	if refused, ok := asRefusal(err); ok {
		status, sentence = refused.Status, strings.Join(slices.Clone(refused.Messages), " ")
	}
	writeHTMLStatus(w, status, sentence)
}
