package connect

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"stowage/internal/redact"
)

// The lifecycle events of an app.
const (
	Installed   = "installed"
	Uninstalled = "uninstalled"
	Enabled     = "enabled"
	Disabled    = "disabled"
)

// Event is the body of a lifecycle callback. Nothing of it is signed.
type Event struct {
	// Key is the app's key; Type is the event, such as Installed.
	Key, Type string
	// ClientKey is the tenant. It is stable for a site.
	ClientKey string
	// SharedSecret is what the tenant signs with from now on. Only an Installed event has it.
	SharedSecret redact.Secret
	// BaseURL is where the site is called; DisplayURL is where people see it, when that is elsewhere.
	BaseURL, DisplayURL string
	// ProductType is the product of the site.
	ProductType string
	// CloudID is the id of the site, where the host says it.
	CloudID string
	// Entitlement is the number of the subscription, where the app is paid for.
	Entitlement string
}

// maxText is the longest value of an event that is taken over.
const maxText = 512

// ParseEvent reads the body of a lifecycle callback. Members that are not known are ignored: hosts send what they like.
func ParseEvent(body []byte) (Event, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return Event{}, invalid("the body is not a JSON object")
	}
	var bad string
	text := func(names ...string) string {
		for _, name := range names {
			raw, ok := members[name]
			if !ok || string(raw) == "null" {
				continue
			}
			var value string
			if json.Unmarshal(raw, &value) != nil || len(value) > maxText || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				bad = name
				return ""
			}
			if value != "" {
				return value
			}
		}
		return ""
	}
	e := Event{
		Key:          text("key"),
		Type:         text("eventType"),
		ClientKey:    text("clientKey"),
		SharedSecret: redact.New(text("sharedSecret")),
		BaseURL:      text("baseUrl"),
		DisplayURL:   text("displayUrl"),
		ProductType:  text("productType"),
		CloudID:      text("cloudId"),
		Entitlement:  text("entitlementNumber", "entitlementId", "serviceEntitlementNumber"),
	}
	if bad != "" {
		return Event{}, invalid("the value of " + bad + " is not a short text")
	}
	return e, nil
}

// Check holds an event against the token it came with and against the route. A tenant speaks for itself only: without
// that, the token of one site would install another.
func (e Event) Check(claims Claims, appKey, eventType string) error {
	switch {
	case e.ClientKey == "" || e.ClientKey != claims.ClientKey:
		return unauthorized("the body speaks of another tenant than the token")
	case e.Key != appKey:
		return invalid("the callback is meant for another app")
	case e.Type != eventType:
		return invalid("the callback speaks of another event")
	}
	return nil
}

// CheckInstall is Check for an installation. It returns the event with its addresses in one form; an address for people
// that cannot be shown gives way to the one that is called.
func (e Event) CheckInstall(claims Claims, appKey string, hosts Hosts) (Event, error) {
	if err := e.Check(claims, appKey, Installed); err != nil {
		return Event{}, err
	}
	switch {
	case e.ProductType != "" && e.ProductType != "jira":
		return Event{}, invalid("the app is for Jira only")
	case len(e.SharedSecret.Reveal()) < minSecret:
		return Event{}, invalid("the shared secret is missing or too short")
	}
	base, err := hosts.Base(e.BaseURL)
	if err != nil {
		return Event{}, err
	}
	e.BaseURL = base
	if e.DisplayURL, err = hosts.Display(e.DisplayURL); err != nil {
		e.DisplayURL = base
	}
	return e, nil
}
