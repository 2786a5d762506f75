package host

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// frame is an app's page ready to be shown.
type frame struct {
	// Src is the address of the page with its token, Origin whose messages are heard.
	Src    string `json:"src"`
	Origin string `json:"origin"`
	// Name is the name of the iframe; it tells all.js what the query may have lost.
	Name  string `json:"name"`
	Title string `json:"title"`
	App   string `json:"app"`
	// Module is the key of the page.
	Module string `json:"module"`
}

// frameName is what all.js is told before it asks.
type frameName struct {
	Host    string `json:"host"`
	Channel string `json:"channel"`
	App     string `json:"addon_key"`
	Module  string `json:"key"`
}

// placeholder is a part of a module's address that the host fills in.
var placeholder = regexp.MustCompile(`\{([A-Za-z0-9._-]+)\}`)

// FrameURL is the address that the iframe of a page has for an account: with a token
// for one request, and with the ac.* parameters of the query put in where the
// descriptor asks for them.
func (s *Site) FrameURL(key, module, accountID string, query url.Values) (string, error) {
	f, err := s.frame(key, module, accountID, query, "")
	return f.Src, err
}

// frame makes a page ready. The channel tells two frames of one page apart.
func (s *Site) frame(key, module, accountID string, query url.Values, channel string) (frame, error) {
	i, m, err := s.module(key, module)
	if err != nil {
		return frame{}, err
	}
	target, err := url.Parse(i.app.BaseURL + fill(m.url, query))
	if err != nil {
		return frame{}, fmt.Errorf("page %s of %s: %w", m.Key, key, err)
	}
	origin := s.host.BaseURL()
	if channel == "" {
		channel = "channel-" + key + "__" + m.Key
	}
	params := []struct{ name, value string }{
		{"xdm_e", origin},
		{"xdm_c", channel},
		{"cp", s.path()},
		{"xdm_deprecated_addon_key_do_not_use", key},
		{"lic", i.lic()},
		{"cv", connectVersion},
	}
	parts := make([]string, 0, len(params)+2)
	if target.RawQuery != "" {
		parts = append(parts, target.RawQuery)
	}
	for _, p := range params {
		parts = append(parts, p.name+"="+percent(p.value))
	}
	target.RawQuery = strings.Join(parts, "&")
	c, err := s.claimsFor(i.app.BaseURL, http.MethodGet, target)
	if err != nil {
		return frame{}, err
	}
	c.Subject, c.Context = accountID, map[string]any{}
	token, err := signShared(i.secret, c)
	if err != nil {
		return frame{}, err
	}
	target.RawQuery += "&jwt=" + token
	name, err := json.Marshal(frameName{Host: origin, Channel: channel, App: key, Module: m.Key})
	if err != nil {
		return frame{}, err
	}
	title := m.Name
	if title == "" {
		title = i.app.Name
	}
	return frame{
		Src: target.String(), Origin: target.Scheme + "://" + target.Host, Name: string(name), Title: title, App: key, Module: m.Key,
	}, nil
}

// module finds a page of an app that is enabled.
func (s *Site) module(key, module string) (installation, Module, error) {
	i, err := s.get(key)
	if err != nil {
		return installation{}, Module{}, err
	}
	if i.app.State != StateEnabled {
		return installation{}, Module{}, fmt.Errorf("%s: %w", key, ErrNotEnabled)
	}
	m, ok := i.app.Module(module)
	if !ok {
		return installation{}, Module{}, fmt.Errorf("%s of %s: %w", module, key, ErrNoModule)
	}
	return i, m, nil
}

// lic is the licence as pages are told; apps without licences are told "none".
func (i installation) lic() string {
	if i.app.Paid && i.app.Licence.runs() {
		return "active"
	}
	return "none"
}

// fill puts parameters of the page around into a module's address; what the page
// does not know becomes empty.
func fill(address string, query url.Values) string {
	return placeholder.ReplaceAllStringFunc(address, func(name string) string {
		name = name[1 : len(name)-1]
		if !strings.HasPrefix(name, "ac.") {
			return ""
		}
		return percent(query.Get(name))
	})
}

// ContextToken makes the token that the page of an app gets for an account: not
// bound to one request, and good for a quarter of an hour.
func (s *Site) ContextToken(key, accountID string) (string, error) {
	i, err := s.get(key)
	if err != nil {
		return "", err
	}
	if i.app.State != StateEnabled {
		return "", fmt.Errorf("%s: %w", key, ErrNotEnabled)
	}
	now := s.host.now()
	return signShared(i.secret, claims{
		Issuer: s.clientKey, Subject: accountID, IssuedAt: now.Unix(), Expires: now.Add(contextTokenLife).Unix(),
		QSH: contextQSH, Context: map[string]any{},
	})
}
