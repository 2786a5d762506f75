package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"stowage/atlassian/sim"
)

// siteInfo is a site as scripts see it.
type siteInfo struct {
	Name          string `json:"name"`
	BaseURL       string `json:"baseUrl"`
	ClientKey     string `json:"clientKey"`
	Administrator string `json:"administrator"`
	OrdinaryUser  string `json:"ordinaryUser"`
	HasAssets     bool   `json:"hasAssets"`
	Apps          []App  `json:"apps"`
}

func (h *Host) listApps(w http.ResponseWriter, _ *http.Request) {
	infos := []siteInfo{}
	for _, s := range h.sites {
		info := siteInfo{
			Name: s.Name(), BaseURL: s.BaseURL(), ClientKey: s.clientKey, Administrator: s.Administrator(), OrdinaryUser: s.OrdinaryUser(),
			HasAssets: s.sim.HasAssets(), Apps: s.Apps(),
		}
		if info.Apps == nil {
			info.Apps = []App{}
		}
		infos = append(infos, info)
	}
	writeJSON(w, http.StatusOK, map[string]any{"sites": infos})
}

func (h *Host) listLog(w http.ResponseWriter, _ *http.Request) {
	entries := h.Log()
	slices.Reverse(entries)
	if entries == nil {
		entries = []Entry{}
	}
	writeJSON(w, http.StatusOK, map[string]any{"entries": entries})
}

func (h *Host) scriptInstall(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Site          string `json:"site"`
		DescriptorURL string `json:"descriptorUrl"`
	}
	s := h.scriptSite(w, r, &in, func() string { return in.Site })
	if s == nil {
		return
	}
	app, err := s.Install(r.Context(), in.DescriptorURL)
	answerScript(w, app, err)
}

func (h *Host) scriptAction(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Event   Event   `json:"event"`
		Licence Licence `json:"licence"`
	}
	s := h.scriptSite(w, r, &in, func() string { return r.PathValue("site") })
	if s == nil {
		return
	}
	key := r.PathValue("app")
	err := s.act(r.Context(), key, r.PathValue("action"), in.Event, in.Licence)
	app, _ := s.App(key)
	answerScript(w, app, err)
}

func (h *Host) scriptRename(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name string `json:"name"`
	}
	s := h.scriptSite(w, r, &in, func() string { return r.PathValue("site") })
	if s == nil {
		return
	}
	err := s.Rename(r.Context(), in.Name)
	answerScript(w, map[string]string{"name": s.Name(), "baseUrl": s.BaseURL()}, err)
}

func (h *Host) scriptAssets(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Licensed *bool `json:"licensed"`
	}
	s := h.scriptSite(w, r, &in, func() string { return r.PathValue("site") })
	if s == nil {
		return
	}
	if in.Licensed == nil {
		answerScript(w, nil, errors.New("licensed must be true or false"))
		return
	}
	s.sim.SetAssets(*in.Licensed)
	answerScript(w, map[string]bool{"licensed": s.sim.HasAssets()}, nil)
}

func (h *Host) scriptHold(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Op   string `json:"op"`
		Pass int    `json:"pass"`
	}
	if s := h.scriptSite(w, r, &in, func() string { return r.PathValue("site") }); s != nil {
		answerScript(w, in, s.sim.Hold(in.Op, in.Pass))
	}
}

func (h *Host) scriptRelease(w http.ResponseWriter, r *http.Request) {
	var in struct{}
	if s := h.scriptSite(w, r, &in, func() string { return r.PathValue("site") }); s != nil {
		s.sim.Release()
		answerScript(w, in, nil)
	}
}

// scriptSite reads the document of a request and finds its site, or answers.
func (h *Host) scriptSite(w http.ResponseWriter, r *http.Request, into any, name func() string) *Site {
	if err := readJSON(w, r, into); err != nil {
		answerScript(w, nil, err)
		return nil
	}
	s := h.Site(name())
	if s == nil {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": fmt.Sprintf("there is no site %q", name())})
	}
	return s
}

// readJSON reads the document of a request; none at all is an empty one.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the document is not valid: %w", err)
	}
	return nil
}

func answerScript(w http.ResponseWriter, v any, err error) {
	if err != nil {
		writeJSON(w, statusOf(err), map[string]string{"message": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, v)
}

// What the script of the small Jira asks for, on behalf of the app in the iframe.

func (s *Site) pageToken(w http.ResponseWriter, r *http.Request) {
	var in struct {
		App string `json:"app"`
	}
	if err := readJSON(w, r, &in); err != nil {
		answerScript(w, nil, err)
		return
	}
	token, err := s.ContextToken(in.App, s.me(r).AccountID)
	if err != nil {
		// Those that are given out are too many for the log.
		s.host.log.add(Entry{
			At: s.host.now(), Site: s.Name(), App: in.App, FromApp: true, Event: "context token", Method: "AP", URL: "context.getToken",
			Status: statusOf(err), Problem: err.Error(),
		})
	}
	answerScript(w, map[string]string{"token": token}, err)
}

func (s *Site) pageFrame(w http.ResponseWriter, r *http.Request) {
	var in struct {
		App     string `json:"app"`
		Module  string `json:"module"`
		Channel string `json:"channel"`
	}
	if err := readJSON(w, r, &in); err != nil {
		answerScript(w, nil, err)
		return
	}
	f, err := s.frame(in.App, in.Module, s.me(r).AccountID, url.Values{}, in.Channel)
	answerScript(w, f, err)
}

// pageRequest asks the site's REST API as the person at the browser.
func (s *Site) pageRequest(w http.ResponseWriter, r *http.Request) {
	var in struct {
		App          string            `json:"app"`
		URL          string            `json:"url"`
		Type         string            `json:"type"`
		Method       string            `json:"method"`
		Data         json.RawMessage   `json:"data"`
		Headers      map[string]string `json:"headers"`
		ContentType  string            `json:"contentType"`
		Cache        any               `json:"cache"`
		Experimental any               `json:"experimental"`
	}
	if err := readJSON(w, r, &in); err != nil {
		answerScript(w, nil, err)
		return
	}
	if i, err := s.get(in.App); err != nil || i.app.State != StateEnabled {
		answerScript(w, nil, errors.Join(err, fmt.Errorf("%s: %w", in.App, ErrNotEnabled)))
		return
	}
	if !strings.HasPrefix(in.URL, "/rest/") && !strings.HasPrefix(in.URL, "/gateway/api/") {
		answerScript(w, nil, fmt.Errorf("%q is not an address of the REST API", in.URL))
		return
	}
	method := strings.ToUpper(in.Type + in.Method)
	if method == "" {
		method = http.MethodGet
	}
	body := []byte(in.Data)
	var text string
	if json.Unmarshal(in.Data, &text) == nil {
		body = []byte(text)
	}
	target := s.host.BaseURL() + "/sites/" + s.sim.Name() + in.URL
	inner, err := http.NewRequestWithContext(r.Context(), method, target, bytes.NewReader(body)) //nolint:gosec // It is served in process, wherever it points.
	if err != nil {
		answerScript(w, nil, err)
		return
	}
	for name, value := range in.Headers {
		inner.Header.Set(name, value)
	}
	inner.Header.Del("Authorization")
	if in.ContentType != "" {
		inner.Header.Set("Content-Type", in.ContentType)
	}
	reply, err := sim.Transport(s.host.sim).RoundTrip(sim.ActAs(inner, s.sim, s.credentialOf(s.me(r).AccountID)))
	if err != nil {
		answerScript(w, nil, err)
		return
	}
	defer func() { _ = reply.Body.Close() }() // it has been read
	answer, err := io.ReadAll(reply.Body)
	if err != nil {
		answerScript(w, nil, err)
		return
	}
	headers := map[string]string{}
	for name := range reply.Header {
		headers[strings.ToLower(name)] = reply.Header.Get(name)
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"status": reply.StatusCode, "statusText": http.StatusText(reply.StatusCode), "headers": headers, "body": string(answer),
	})
}
