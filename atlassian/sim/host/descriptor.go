package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxDescriptor is the largest descriptor that is read.
const maxDescriptor = 1 << 20

// descriptor is what the host needs of an app's descriptor; the rest is ignored.
type descriptor struct {
	Key            string `json:"key"`
	Name           string `json:"name"`
	Description    string `json:"description"`
	BaseURL        string `json:"baseUrl"`
	APIVersion     int    `json:"apiVersion"`
	Version        string `json:"version"`
	Authentication struct {
		Type string `json:"type"`
	} `json:"authentication"`
	Vendor struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	} `json:"vendor"`
	Lifecycle       map[Event]string `json:"lifecycle"`
	Scopes          []string         `json:"scopes"`
	EnableLicensing bool             `json:"enableLicensing"`
	Migrations      map[string]any   `json:"apiMigrations"`
	Modules         struct {
		AdminPages      []descriptorPage          `json:"adminPages"`
		GeneralPages    []descriptorPage          `json:"generalPages"`
		Dialogs         []descriptorPage          `json:"dialogs"`
		ConfigurePage   oneOrMany[descriptorPage] `json:"configurePage"`
		PostInstallPage oneOrMany[descriptorPage] `json:"postInstallPage"`
	} `json:"modules"`
}

// oneOrMany is a single module, which the format also has as a list.
type oneOrMany[T any] []T

// UnmarshalJSON implements [json.Unmarshaler].
func (m *oneOrMany[T]) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]T)(m))
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*m = []T{one}
	return nil
}

type descriptorPage struct {
	Key  string `json:"key"`
	URL  string `json:"url"`
	Name struct {
		Value string `json:"value"`
	} `json:"name"`
	Location   string `json:"location"`
	Conditions []struct {
		Condition string `json:"condition"`
		Invert    bool   `json:"invert"`
	} `json:"conditions"`
}

// onlyAdministrators reports whether the page is hidden from everybody else.
func (p descriptorPage) onlyAdministrators() bool {
	for _, c := range p.Conditions {
		if !c.Invert && (c.Condition == "user_is_admin" || c.Condition == "user_is_sysadmin") {
			return true
		}
	}
	return false
}

var (
	appKey    = regexp.MustCompile(`^[A-Za-z0-9._-]{1,80}$`)
	moduleKey = regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`)
)

// knownScopes are what an app may ask for.
func knownScopes() []string {
	return []string{"NONE", "READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN", "ACT_AS_USER", "ACCESS_EMAIL_ADDRESSES"}
}

// parseDescriptor reads and judges a descriptor.
func parseDescriptor(text []byte) (descriptor, error) {
	var d descriptor
	if err := json.Unmarshal(text, &d); err != nil {
		return descriptor{}, fmt.Errorf("the descriptor is not valid JSON: %w", err)
	}
	d.BaseURL = strings.TrimSuffix(d.BaseURL, "/")
	if err := d.check(); err != nil {
		return descriptor{}, fmt.Errorf("the descriptor is not valid: %w", err)
	}
	return d, nil
}

func (d *descriptor) check() error {
	var problems []error
	refuse := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !appKey.MatchString(d.Key) {
		refuse("key %q: 1 to 80 letters, digits, dots, dashes and underscores", d.Key)
	}
	if d.Name == "" {
		refuse("name is missing")
	}
	if err := checkBaseURL(d.BaseURL); err != nil {
		problems = append(problems, err)
	}
	if d.Authentication.Type != "jwt" {
		refuse("authentication.type is %q; an app that is installed must use jwt", d.Authentication.Type)
	}
	if d.Migrations["signed-install"] != true {
		refuse("apiMigrations.signed-install must be true")
	}
	if d.Migrations["context-qsh"] != true {
		refuse("apiMigrations.context-qsh must be true")
	}
	if d.Lifecycle[EventInstalled] == "" {
		refuse("lifecycle.installed is missing: the app would never learn its shared secret")
	}
	for event, path := range d.Lifecycle {
		if !relative(path) {
			refuse("lifecycle.%s %q must be relative to baseUrl", event, path)
		}
	}
	for _, scope := range d.Scopes {
		if !slices.Contains(knownScopes(), strings.ToUpper(scope)) {
			refuse("unknown scope %q", scope)
		}
	}
	seen := map[string]bool{}
	for _, m := range d.pages() {
		switch {
		case !moduleKey.MatchString(m.Key):
			refuse("%s: key %q: letters, digits and dashes", m.Kind, m.Key)
		case seen[m.Key]:
			refuse("%s: the key %q is used twice", m.Kind, m.Key)
		case !relative(m.url):
			refuse("%s %s: url %q must be relative to baseUrl", m.Kind, m.Key, m.url)
		case m.Name == "" && m.Kind != KindDialog:
			refuse("%s %s: name.value is missing", m.Kind, m.Key)
		}
		seen[m.Key] = true
	}
	return errors.Join(problems...)
}

// checkBaseURL wants HTTPS, except on this machine, where a simulator has no
// certificate.
func checkBaseURL(base string) error {
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("baseUrl %q is not an address", base)
	case len(base) > 200:
		return errors.New("baseUrl is longer than 200 characters")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("baseUrl %q must begin with https", base)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".test") || ip != nil && ip.IsLoopback()
}

// relative reports whether an address stays below the base it is joined with.
func relative(address string) bool {
	u, err := url.Parse(address)
	return err == nil && address != "" && !u.IsAbs() && u.Host == "" && strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") && u.Fragment == ""
}

// pages lists the modules that the small Jira shows.
func (d *descriptor) pages() []Module {
	var out []Module
	add := func(kind Kind, pages []descriptorPage) {
		for _, p := range pages {
			out = append(out, Module{
				Kind: kind, Key: p.Key, Name: p.Name.Value, url: p.URL,
				InMenu:         (kind == KindAdmin || kind == KindGeneral) && p.Location != "none",
				Administrators: kind == KindAdmin || kind == KindConfigure || p.onlyAdministrators(),
			})
		}
	}
	add(KindAdmin, d.Modules.AdminPages)
	add(KindGeneral, d.Modules.GeneralPages)
	add(KindConfigure, d.Modules.ConfigurePage)
	add(KindPostInstall, d.Modules.PostInstallPage)
	add(KindDialog, d.Modules.Dialogs)
	return out
}

// may reports whether the app asked for a scope or for one that includes it.
func (d *descriptor) may(scope string) bool {
	implied := map[string][]string{
		"READ":   {"READ", "WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN"},
		"WRITE":  {"WRITE", "DELETE", "PROJECT_ADMIN", "ADMIN"},
		"DELETE": {"DELETE", "PROJECT_ADMIN", "ADMIN"},
	}
	return slices.ContainsFunc(d.Scopes, func(has string) bool { return slices.Contains(implied[scope], strings.ToUpper(has)) })
}
