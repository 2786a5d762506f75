package host

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"stowage/atlassian/sim"
)

// serveREST takes a request below a site's address: one that carries a token of an
// app is proved here, everything else goes to the simulator.
func (h *Host) serveREST(w http.ResponseWriter, r *http.Request, s *Site, contextPath, rest string) {
	addons := strings.HasPrefix(rest, "/rest/atlassian-connect/")
	token, ok := appToken(r)
	if !ok {
		if addons {
			refuseApp(w)
			return
		}
		h.sim.ServeHTTP(w, s.toSim(r, contextPath))
		return
	}
	e := Entry{At: h.now(), Site: s.Name(), FromApp: true, Event: "REST", Method: r.Method, URL: h.BaseURL() + r.URL.RequestURI(), Signed: "HS256"}
	seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	i, err := s.proveApp(r, token, contextPath)
	e.App = i.app.Key
	switch {
	case err != nil:
		e.Problem = err.Error()
		refuseApp(seen)
	case addons:
		s.serveAddon(seen, r, i, rest)
	default:
		e.Problem = h.serveApp(seen, r, s, i, contextPath, rest)
	}
	e.Status, e.Took = seen.status, h.now().Sub(e.At)
	h.log.add(e, i.secret, token)
}

// serveApp lets an app at the Jira of its site, as far as its scopes reach.
func (h *Host) serveApp(w http.ResponseWriter, r *http.Request, s *Site, i installation, contextPath, rest string) (problem string) {
	scope := scopeOf(r.Method, rest)
	switch {
	case !strings.HasPrefix(rest, "/rest/"):
		// The Assets API is not known to take tokens of Connect.
		refuseApp(w)
		return "an app's token is good for the REST API of Jira"
	case !i.desc.may(scope):
		writeJSON(w, http.StatusForbidden, map[string]any{
			"errorMessages": []string{"The app does not have the scope " + scope + "."}, "errors": map[string]string{},
		})
		return "the descriptor does not ask for the scope " + scope
	}
	account := "557058:app-" + i.app.Key
	who := sim.Credential{AccountID: account, Email: i.app.Key + "@connect.example"}
	h.sim.ServeHTTP(w, sim.ActAs(s.toSim(r, contextPath), s.sim, who))
	return ""
}

// scopeOf is the scope an operation needs. Asking for permissions changes nothing,
// although it is a POST; so does searching.
func scopeOf(method, path string) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		return "READ"
	case http.MethodDelete:
		return "DELETE"
	case http.MethodPost:
		for _, reading := range []string{"/permissions/check", "/search/jql", "/search/approximate-count", "/issue/bulkfetch"} {
			if strings.HasSuffix(strings.TrimSuffix(path, "/"), reading) {
				return "READ"
			}
		}
	}
	return "WRITE"
}

// appToken is the token of an app that a request carries, in the header or in the
// query.
func appToken(r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "JWT") {
		return strings.TrimSpace(token), true
	}
	token = r.URL.Query().Get("jwt")
	return token, token != "" && r.Header.Get("Authorization") == ""
}

// proveApp finds out which app signed a request. The installation names the app as
// soon as it is known, also when the proof fails.
func (s *Site) proveApp(r *http.Request, token, contextPath string) (installation, error) {
	issuer, err := issuerOf(token)
	if err != nil {
		return installation{}, err
	}
	i, err := s.get(issuer)
	if err != nil {
		return installation{}, err
	}
	if i.app.State != StateEnabled {
		return i, fmt.Errorf("%s is %s", issuer, i.app.State)
	}
	c, err := verifyShared(token, i.secret, s.host.now())
	if err != nil {
		return i, err
	}
	want, err := queryHash(r.Method, belowPath(r.URL.EscapedPath(), contextPath), r.URL.RawQuery)
	if err != nil {
		return i, err
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(c.QSH)) != 1 {
		canonical, err := canonicalRequest(r.Method, belowPath(r.URL.EscapedPath(), contextPath), r.URL.RawQuery)
		if err != nil {
			return i, err
		}
		return i, fmt.Errorf("qsh is not the hash of %q", canonical)
	}
	return i, nil
}

// refuseApp answers a request without a token that counts.
func refuseApp(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `JWT realm="Atlassian Connect"`)
	writeJSON(w, http.StatusUnauthorized, map[string]any{
		"statusCode": http.StatusUnauthorized, "message": "Client must be authenticated to access this resource.",
	})
}

// addon is an app as it sees itself.
type addon struct {
	Key     string        `json:"key"`
	Version string        `json:"version"`
	State   string        `json:"state"`
	Host    addonHost     `json:"host"`
	License *addonLicense `json:"license,omitempty"`
	Links   addonLinks    `json:"links"`
}

type addonHost struct {
	Product  string    `json:"product"`
	Contacts []contact `json:"contacts"`
}

type contact struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

type addonLicense struct {
	Active                   bool   `json:"active"`
	Type                     string `json:"type"`
	Evaluation               bool   `json:"evaluation"`
	SupportEntitlementNumber string `json:"supportEntitlementNumber"`
	EntitlementID            string `json:"entitlementId"`
	EntitlementNumber        string `json:"entitlementNumber"`
}

type addonLinks struct {
	Self []addonLink `json:"self"`
}

type addonLink struct {
	Href string `json:"href"`
}

// serveAddon tells an app about itself.
func (s *Site) serveAddon(w http.ResponseWriter, r *http.Request, i installation, rest string) {
	for _, version := range []string{"1", "1.0", "latest"} {
		key, ok := strings.CutPrefix(rest, "/rest/atlassian-connect/"+version+"/addons/")
		if key = strings.TrimSuffix(key, "/"); !ok || strings.Contains(key, "/") {
			continue
		}
		switch {
		case key != i.app.Key:
			// Another app, installed or not, is none of this one's business.
			writeJSON(w, http.StatusForbidden, map[string]any{"statusCode": http.StatusForbidden, "message": "The app may not read this resource."})
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", http.MethodGet)
			w.WriteHeader(http.StatusMethodNotAllowed)
		case !i.desc.may("READ"):
			writeJSON(w, http.StatusForbidden, map[string]any{"statusCode": http.StatusForbidden, "message": "The app does not have the scope READ."})
		default:
			writeJSON(w, http.StatusOK, s.addon(i))
		}
		return
	}
	writeJSON(w, http.StatusNotFound, map[string]any{"statusCode": http.StatusNotFound, "message": "There is no such resource."})
}

func (s *Site) addon(i installation) addon {
	out := addon{
		Key: i.app.Key, Version: i.app.Version, State: "ENABLED", Host: addonHost{Product: "Jira", Contacts: []contact{}},
		Links: addonLinks{Self: []addonLink{{Href: s.BaseURL() + "/rest/atlassian-connect/1/addons/" + i.app.Key}}},
	}
	if u, ok := s.sim.World().User(s.Administrator()); ok {
		out.Host.Contacts = append(out.Host.Contacts, contact{Name: u.DisplayName, Email: u.Email})
	}
	if i.app.Paid && i.app.Licence != LicenceNone {
		l := &addonLicense{Active: i.app.Licence.runs(), Type: "COMMERCIAL", Evaluation: i.app.Licence == LicenceEvaluation}
		l.EntitlementID, l.EntitlementNumber, l.SupportEntitlementNumber = s.entitlements(i.app.Key)
		out.License = l
	}
	return out
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements [http.ResponseWriter].
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// writeJSON answers with a document.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller went away
}

// statusOf is the status that tells of a mistake.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrNoApp), errors.Is(err, ErrNoModule):
		return http.StatusNotFound
	case errors.Is(err, ErrNotEnabled):
		return http.StatusConflict
	case errors.Is(err, ErrRefused):
		return http.StatusBadGateway
	}
	return http.StatusBadRequest
}
