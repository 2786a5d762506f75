package host

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxForm is the largest form, and the largest document of a script, that is read.
const maxForm = 1 << 20

// notices say what was done.
var notices = map[string]string{
	"install": "The app is installed.", "upgrade": "The app is installed as its descriptor says now.", "enable": "The app is enabled.",
	"disable": "The app is disabled.", "uninstall": "The app is uninstalled.", "rotate": "The app has a new shared secret.",
	"licence": "The licence is changed.", "repeat": "The app was told once more.", "replay": "The app was sent the same request once more.",
	"unsigned": "The app took a request without a token.", "rename": "The site has a new name, and its apps were told.",
	"with-assets": "Assets is part of the plan.", "without-assets": "Assets is no longer part of the plan.",
}

// act does what scripts and forms ask for with an app that is installed.
func (s *Site) act(ctx context.Context, key, action string, event Event, licence Licence) error {
	switch action {
	case "enable":
		return s.Enable(ctx, key)
	case "disable":
		return s.Disable(ctx, key)
	case "uninstall":
		return s.Uninstall(ctx, key)
	case "upgrade":
		return s.Upgrade(ctx, key)
	case "rotate":
		return s.RotateSecret(ctx, key)
	case "licence":
		return s.SetLicence(key, licence)
	case "repeat":
		return s.Repeat(ctx, key, event)
	case "replay":
		return s.Replay(ctx, key, event)
	case "unsigned":
		return s.SendUnsigned(ctx, key, event)
	}
	return fmt.Errorf("unknown action %q", action)
}

func (s *Site) postInstall(w http.ResponseWriter, r *http.Request) {
	if !s.mayManage(w, r) {
		return
	}
	_, err := s.Install(r.Context(), strings.TrimSpace(r.PostFormValue("descriptor")))
	s.done(w, r, "install", err)
}

func (s *Site) postAction(w http.ResponseWriter, r *http.Request) {
	if !s.mayManage(w, r) {
		return
	}
	action := r.PostFormValue("action")
	err := s.act(r.Context(), r.PathValue("app"), action, Event(r.PostFormValue("event")), Licence(r.PostFormValue("licence")))
	s.done(w, r, action, err)
}

func (s *Site) postSite(w http.ResponseWriter, r *http.Request) {
	if !s.mayManage(w, r) {
		return
	}
	action := r.PostFormValue("action")
	var err error
	switch action {
	case "rename":
		err = s.Rename(r.Context(), strings.TrimSpace(r.PostFormValue("name")))
	case "with-assets", "without-assets":
		s.sim.SetAssets(action == "with-assets")
	default:
		err = fmt.Errorf("unknown action %q", action)
	}
	s.done(w, r, action, err)
}

// done leads back to "Manage apps", or shows there what went wrong.
func (s *Site) done(w http.ResponseWriter, r *http.Request, action string, err error) {
	if err != nil {
		s.manage(w, r, statusOf(err), "That did not work: "+err.Error(), "")
		return
	}
	goOn(w, r, s.path()+managePath+"?done="+url.QueryEscape(action))
}

// postWho makes somebody at the browser somebody else.
func (s *Site) postWho(w http.ResponseWriter, r *http.Request) {
	account := r.PostFormValue("account")
	if _, ok := s.person(account); !ok {
		s.showProblem(w, r, http.StatusNotFound, "There is nobody like that", "This site has no such active account.")
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // It is secure where the host is: a simulator on this machine has no certificate.
		Name: accountCookie, Value: url.QueryEscape(account), Path: s.path(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(s.host.BaseURL(), "https:"),
	})
	back := r.PostFormValue("back")
	if u, err := url.Parse(back); err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, s.path()+"/") {
		back = s.path() + "/jira/projects"
	}
	goOn(w, r, back)
}

// goOn sends the browser to another page of the host, after what it asked for is done.
func goOn(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // All paths begin with that of the site.
}
