package host

import (
	"errors"
	"slices"
	"time"
)

// Mistakes of callers that they may want to tell apart.
var (
	// ErrNoApp is an app that is not installed.
	ErrNoApp = errors.New("no such app is installed")
	// ErrNoModule is a page that the app does not have.
	ErrNoModule = errors.New("the app has no such page")
	// ErrNotEnabled is an app that is installed and not enabled.
	ErrNotEnabled = errors.New("the app is not enabled")
	// ErrRefused is an app that did not answer a callback with 200 or 204.
	ErrRefused = errors.New("the app refused the callback")
)

// State is how far an app is on a site.
type State string

// The states of an app.
const (
	// StateEnabled is an app that is used.
	StateEnabled State = "enabled"
	// StateDisabled is an app that stays installed and is not used.
	StateDisabled State = "disabled"
	// StateIncomplete is an app that refused "installed".
	StateIncomplete State = "incomplete"
	// StateUninstalled is an app that was removed.
	StateUninstalled State = "uninstalled"
)

// Licence is what a site has paid for.
type Licence string

// The states of a licence.
const (
	// LicenceActive is paid for.
	LicenceActive Licence = "active"
	// LicenceEvaluation is tried out, and the time is not over.
	LicenceEvaluation Licence = "evaluation"
	// LicenceExpired was paid for or tried out, and is over.
	LicenceExpired Licence = "expired"
	// LicenceNone is no licence at all.
	LicenceNone Licence = "none"
)

// Licences lists all states of a licence.
func Licences() []Licence {
	return []Licence{LicenceActive, LicenceEvaluation, LicenceExpired, LicenceNone}
}

// runs reports whether the app may be used.
func (l Licence) runs() bool { return l == LicenceActive || l == LicenceEvaluation }

// Kind is the place of a module in Jira.
type Kind string

// The kinds of modules that the small Jira shows.
const (
	KindAdmin       Kind = "adminPages"
	KindGeneral     Kind = "generalPages"
	KindConfigure   Kind = "configurePage"
	KindPostInstall Kind = "postInstallPage"
	KindDialog      Kind = "dialogs"
)

// Module is a page of an app.
type Module struct {
	Kind Kind   `json:"kind"`
	Key  string `json:"key"`
	Name string `json:"name"`
	// InMenu says that the menu "Apps" lists the page.
	InMenu bool `json:"inMenu"`
	// Administrators says that others are not shown the way to the page.
	Administrators bool `json:"administrators"`

	url string
}

// App is an app as it stands on a site.
type App struct {
	Key           string `json:"key"`
	Name          string `json:"name"`
	Description   string `json:"description,omitempty"`
	Vendor        string `json:"vendor,omitempty"`
	Version       string `json:"version"`
	DescriptorURL string `json:"descriptorUrl"`
	BaseURL       string `json:"baseUrl"`
	State         State  `json:"state"`
	// Paid says that the app asks for licences; the licence of others says nothing.
	Paid        bool      `json:"paid"`
	Licence     Licence   `json:"licence"`
	Scopes      []string  `json:"scopes"`
	Modules     []Module  `json:"modules"`
	InstalledAt time.Time `json:"installedAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

// Module returns the page of a key. The empty key is the page the menu begins with.
func (a App) Module(key string) (Module, bool) {
	for _, m := range a.Modules {
		if m.Key == key || key == "" && m.InMenu {
			return m, true
		}
	}
	return Module{}, false
}

// page is the first module of a kind.
func (a App) page(kind Kind) (Module, bool) {
	i := slices.IndexFunc(a.Modules, func(m Module) bool { return m.Kind == kind })
	if i < 0 {
		return Module{}, false
	}
	return a.Modules[i], true
}

// installation is an app on a site together with what nobody else may see.
type installation struct {
	app    App
	desc   descriptor
	secret string
	// last holds the requests of the last callbacks, to be sent again.
	last map[Event]message
}

// public is a copy that its holder may keep.
func (i *installation) public() App {
	out := i.app
	out.Scopes, out.Modules = slices.Clone(out.Scopes), slices.Clone(out.Modules)
	return out
}
