package host

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/world"
)

//go:embed web
var webFiles embed.FS

func parsePages() *template.Template {
	return template.Must(template.ParseFS(webFiles, "web/host.html"))
}

// sandbox is what a page of an app may do, as in Jira.
const sandbox = "allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox allow-same-origin allow-scripts allow-storage-access-by-user-activation allow-top-navigation-by-user-activation"

// managePath is "Manage apps" below a site.
const managePath = "/plugins/servlet/upm"

// accountCookie holds who somebody at the browser is. It proves nothing, and nothing
// is to be proved: whoever sees the simulator may be anybody in it.
const accountCookie = "sim_account"

// shell is what every page of the small Jira has.
type shell struct {
	Title, Site, Base string
	Theme, Locale     string
	Sandbox           string
	Back              string
	Notice, Problem   string
	Nav, Menu         []navItem
	Themes            []choice
	People            []person
	Me                person
	Admin             bool
	IsApp, IsManage   bool
}

type navItem struct {
	Text, Note, Href string
	Current          bool
}

type choice struct {
	Value, Text string
	Current     bool
}

type person struct {
	ID, Name, Role, TimeZone string
	Current                  bool
}

// me is who somebody at the browser is: the administrator, unless they chose
// somebody else.
func (s *Site) me(r *http.Request) world.User {
	for _, c := range r.CookiesNamed(accountCookie) {
		id, err := url.QueryUnescape(c.Value)
		if err != nil {
			continue
		}
		if u, ok := s.person(id); ok {
			return u
		}
	}
	u, _ := s.person(s.Administrator())
	return u
}

func (s *Site) personOf(u world.User) person {
	p := person{ID: u.AccountID, Name: u.DisplayName, Role: "ordinary user", TimeZone: u.TimeZone}
	if s.sim.Administers(u.AccountID) {
		p.Role = "administrator"
	}
	if p.TimeZone == "" {
		p.TimeZone = "Etc/UTC"
	}
	return p
}

func (s *Site) shell(r *http.Request, title string) shell {
	base, here := s.path(), herePath(r)
	me := s.me(r)
	out := shell{
		Title: title, Site: s.Name(), Base: base, Theme: themeOf(r), Locale: s.host.locale, Sandbox: sandbox,
		Back: r.RequestURI, Me: s.personOf(me), Admin: s.sim.Administers(me.AccountID),
		IsManage: strings.HasSuffix(here, managePath),
		Nav: []navItem{
			{Text: "Projects", Href: base + "/jira/projects", Current: strings.HasSuffix(here, "/jira/projects")},
		},
	}
	if s.sim.HasAssets() {
		out.Nav = append(out.Nav, navItem{Text: "Assets", Href: base + "/"})
	}
	if r.Method != http.MethodGet {
		out.Back = base + managePath
	}
	for _, t := range []choice{{Value: "auto", Text: "As the browser"}, {Value: "light", Text: "Light"}, {Value: "dark", Text: "Dark"}} {
		t.Current = t.Value == out.Theme
		out.Themes = append(out.Themes, t)
	}
	for _, u := range s.people() {
		p := s.personOf(u)
		p.Current = p.ID == me.AccountID
		out.People = append(out.People, p)
	}
	for _, app := range s.Apps() {
		for _, m := range app.Modules {
			if app.State == StateEnabled && m.InMenu && (out.Admin || !m.Administrators) {
				href := base + appPath(app.Key, m.Key)
				out.Menu = append(out.Menu, navItem{Text: m.Name, Note: app.Name, Href: href, Current: here == href})
			}
		}
	}
	return out
}

// herePath is the path of a page as the browser has it.
func herePath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

// themeOf is the theme that was chosen.
func themeOf(r *http.Request) string {
	if c, err := r.Cookie(sim.ThemeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return "auto"
}

// linkPages leads from the simulator's own pages of Assets back to the small Jira.
func (s *Site) linkPages() {
	s.sim.LinkPages(
		sim.PageLink{Text: "Jira", Href: s.path() + "/jira/projects"},
		sim.PageLink{Text: "Manage apps", Href: s.path() + managePath},
	)
}

// send writes a page. Frames of the given origin may be in it.
func (s *Site) sendPage(w http.ResponseWriter, status int, name string, data any, frames string) {
	var body bytes.Buffer
	if err := s.host.pages.ExecuteTemplate(&body, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	if frames != "" {
		policy += "; frame-src " + frames
	}
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	// The app learns where it is from its own query; the origin is enough for the rest.
	header.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser went away
}

func (s *Site) showProblem(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	s.sendPage(w, status, "problem", struct {
		shell
		Text string
	}{s.shell(r, title), text}, "")
}

func (s *Site) showProjects(w http.ResponseWriter, r *http.Request) {
	type row struct {
		Name, Key, Lead string
		Issues          int
	}
	data := struct {
		shell
		Projects []row
	}{shell: s.shell(r, "Projects")}
	issues := map[string]int{}
	for _, issue := range s.sim.World().Issues() {
		project, _, _ := strings.Cut(issue.Key, "-")
		issues[project]++
	}
	for _, p := range s.sim.World().Projects() {
		lead, _ := s.sim.World().User(p.Lead)
		data.Projects = append(data.Projects, row{Name: p.Name, Key: p.Key, Lead: lead.DisplayName, Issues: issues[p.Key]})
	}
	s.sendPage(w, http.StatusOK, "projects", data, "")
}

// account is how somebody signs in to the REST APIs of a site.
type account struct {
	ID, Name, Note string
	Details        []detail
}

type detail struct{ Name, Value string }

// showSignIn shows how programs sign in, for people who are to type it somewhere.
func (s *Site) showSignIn(w http.ResponseWriter, r *http.Request) {
	data := struct {
		shell
		Accounts []account
	}{shell: s.shell(r, "Sign-in details")}
	for _, a := range []struct {
		id, note string
		c        sim.Credential
	}{
		{"administrator", "Administers Jira and Assets.", s.sim.Credential()},
		{"agent", "Works with objects and issues, administers nothing.", s.agent},
	} {
		u, _ := s.sim.World().User(a.c.AccountID)
		data.Accounts = append(data.Accounts, account{ID: a.id, Name: u.DisplayName, Note: a.note, Details: []detail{
			{"Site address", s.BaseURL()}, {"E-mail", a.c.Email}, {"API token", a.c.Token}, {"Workspace ID", s.sim.WorkspaceID()},
		}})
	}
	s.sendPage(w, http.StatusOK, "signin", data, "")
}

// showApp shows a page of an app. It is shown to whoever has the address, whatever
// the conditions of the module: those hide the way to the page, and the app itself
// must say who may do what.
func (s *Site) showApp(w http.ResponseWriter, r *http.Request) {
	f, err := s.frame(r.PathValue("app"), r.PathValue("module"), s.me(r).AccountID, r.URL.Query(), "")
	if err != nil {
		title, text := s.whyNot(r.PathValue("app"), err)
		s.showProblem(w, r, statusOf(err), title, text)
		return
	}
	data := struct {
		shell
		Frame frame
	}{s.shell(r, f.Title), f}
	data.IsApp = true
	s.sendPage(w, http.StatusOK, "app", data, f.Origin)
}

// whyNot says to people why the page of an app is not shown.
func (s *Site) whyNot(key string, err error) (title, text string) {
	app, ok := s.App(key)
	switch {
	case ok && errors.Is(err, ErrNotEnabled):
		return app.Name + " is not enabled", "The app is " + string(app.State) + " on this site. An administrator can change that in Manage apps."
	case ok && errors.Is(err, ErrNoApp):
		return app.Name + " is not installed", "The app was removed from this site. An administrator can install it again in Manage apps."
	}
	return "There is no such page", "The page cannot be shown: " + err.Error() + "."
}

// appCard is an app on "Manage apps".
type appCard struct {
	App
	Actions, Configure, GetStarted string
}

func (s *Site) showManage(w http.ResponseWriter, r *http.Request) {
	if !s.mayManage(w, r) {
		return
	}
	s.manage(w, r, http.StatusOK, "", notices[r.URL.Query().Get("done")])
}

func (s *Site) manage(w http.ResponseWriter, r *http.Request, status int, problem, notice string) {
	data := struct {
		shell
		Apps               []appCard
		Licences           []Licence
		Events             []Event
		Descriptor         string
		Address, ClientKey string
		HasAssets          bool
	}{
		shell: s.shell(r, "Manage apps"), Licences: Licences(),
		Events:     []Event{EventInstalled, EventEnabled, EventDisabled, EventUninstalled},
		Descriptor: r.PostFormValue("descriptor"), Address: s.BaseURL(), ClientKey: s.clientKey, HasAssets: s.sim.HasAssets(),
	}
	data.Problem, data.Notice = problem, notice
	for _, app := range s.Apps() {
		card := appCard{App: app, Actions: s.path() + managePath + "/apps/" + url.PathEscape(app.Key)}
		if app.State == StateEnabled {
			if m, ok := app.page(KindConfigure); ok {
				card.Configure = s.path() + appPath(app.Key, m.Key)
			}
			if m, ok := app.page(KindPostInstall); ok {
				card.GetStarted = s.path() + appPath(app.Key, m.Key)
			}
		}
		data.Apps = append(data.Apps, card)
	}
	s.sendPage(w, status, "manage", data, "")
}

// logRow is an entry of the log for people.
type logRow struct {
	Entry
	Time, Path   string
	Claims, Sent string
	Took         string
}

func (s *Site) showLog(w http.ResponseWriter, r *http.Request) {
	if !s.mayManage(w, r) {
		return
	}
	data := struct {
		shell
		Entries []logRow
	}{shell: s.shell(r, "Connect log")}
	entries := s.host.Log()
	for i := range entries {
		e := entries[len(entries)-1-i]
		if !s.answersTo(e.Site) {
			continue
		}
		row := logRow{Entry: e, Time: e.At.UTC().Format("2006-01-02 15:04:05"), Took: strconv.FormatInt(e.Took.Milliseconds(), 10) + " ms", Sent: indented(e.Sent)}
		if u, err := url.Parse(e.URL); err == nil {
			row.Path = u.Path
		}
		if e.Claims != nil {
			row.Claims = indented(e.Claims)
		}
		data.Entries = append(data.Entries, row)
	}
	s.sendPage(w, http.StatusOK, "log", data, "")
}

func indented(v any) string {
	if raw, ok := v.(json.RawMessage); ok && len(raw) == 0 {
		return ""
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}

// mayManage refuses those who do not administer the site.
func (s *Site) mayManage(w http.ResponseWriter, r *http.Request) bool {
	if s.sim.Administers(s.me(r).AccountID) {
		return true
	}
	s.showProblem(w, r, http.StatusForbidden, "Only administrators manage apps", "You are somebody who does not administer this site. Choose an administrator at the top right.")
	return false
}
