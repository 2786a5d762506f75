package connect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"stowage/atlassian/connect"
)

const appKey = "io.stowage.app"

func event(changes map[string]any) []byte {
	members := map[string]any{
		"key": appKey, "eventType": "installed", "clientKey": "client", "sharedSecret": strings.Repeat("s", 40),
		"baseUrl": "https://acme.atlassian.net", "productType": "jira", "anything": map[string]any{"else": 1},
	}
	for name, value := range changes {
		if value == nil {
			delete(members, name)
			continue
		}
		members[name] = value
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return text
}

func TestInstallationIsHeldAgainstItsToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes map[string]any
		want    error
	}{
		"right":                        {nil, nil},
		"without a product":            {map[string]any{"productType": nil}, nil},
		"numbers where nobody looks":   {map[string]any{"pluginsVersion": 7}, nil},
		"of another tenant":            {map[string]any{"clientKey": "victim"}, connect.ErrUnauthorized},
		"of no tenant":                 {map[string]any{"clientKey": nil}, connect.ErrUnauthorized},
		"of another app":               {map[string]any{"key": "other"}, connect.ErrInvalid},
		"of another event":             {map[string]any{"eventType": "enabled"}, connect.ErrInvalid},
		"without an event":             {map[string]any{"eventType": nil}, connect.ErrInvalid},
		"of another product":           {map[string]any{"productType": "confluence"}, connect.ErrInvalid},
		"without a secret":             {map[string]any{"sharedSecret": nil}, connect.ErrInvalid},
		"with an empty secret":         {map[string]any{"sharedSecret": ""}, connect.ErrInvalid},
		"with a short secret":          {map[string]any{"sharedSecret": "short"}, connect.ErrInvalid},
		"with a secret that is a list": {map[string]any{"sharedSecret": []string{"a"}}, connect.ErrInvalid},
		"with a secret without end":    {map[string]any{"sharedSecret": strings.Repeat("s", 600)}, connect.ErrInvalid},
		"without an address":           {map[string]any{"baseUrl": nil}, connect.ErrInvalid},
		"of a foreign address":         {map[string]any{"baseUrl": "https://evil.example"}, connect.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := connect.ParseEvent(event(test.changes))
			if err == nil {
				_, err = e.CheckInstall(connect.Claims{ClientKey: "client"}, appKey, connect.Hosts{})
			}
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	for _, body := range []string{"", "null", "[]", "{", `"x"`, "{} {}"} {
		if _, err := connect.ParseEvent([]byte(body)); !errors.Is(err, connect.ErrInvalid) {
			t.Errorf("%q: got %v", body, err)
		}
	}
}

func TestEventCannotBePrinted(t *testing.T) {
	t.Parallel()
	const canary = "canary-secret-of-the-site-9c2e"
	e, err := connect.ParseEvent(event(map[string]any{"sharedSecret": canary}))
	if err != nil {
		t.Fatal(err)
	}
	if e.SharedSecret.Reveal() != canary {
		t.Fatal("the secret was not read")
	}
	if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, canary) {
		t.Errorf("printed %s", text)
	}
}

func TestAddressForPeopleGivesWay(t *testing.T) {
	t.Parallel()
	for display, want := range map[string]string{
		"":                                "https://acme.atlassian.net",
		"https://support.acme.example":    "https://support.acme.example",
		"https://support.acme.example/":   "https://support.acme.example",
		"https://support.acme.example/x":  "https://support.acme.example",
		"http://support.acme.example":     "https://acme.atlassian.net",
		"https://a.example; script-src *": "https://acme.atlassian.net",
		"https://*.example":               "https://acme.atlassian.net",
		"https://a.example:8443":          "https://acme.atlassian.net",
		"https://10.0.0.1":                "https://acme.atlassian.net",
		"https://localhost":               "https://acme.atlassian.net",
		"javascript:alert(1)":             "https://acme.atlassian.net",
	} {
		e, err := connect.ParseEvent(event(map[string]any{"displayUrl": display}))
		if err != nil {
			t.Fatal(err)
		}
		e, err = e.CheckInstall(connect.Claims{ClientKey: "client"}, appKey, connect.Hosts{})
		if err != nil {
			t.Fatal(err)
		}
		if e.DisplayURL != want {
			t.Errorf("%q became %q, want %q", display, e.DisplayURL, want)
		}
	}
}

func TestSitesOfAtlassianOnly(t *testing.T) {
	t.Parallel()
	commercial := connect.Hosts{}
	for raw, want := range map[string]string{
		"https://acme.atlassian.net":  "https://acme.atlassian.net",
		"https://ACME.Atlassian.net/": "https://acme.atlassian.net",
		"https://acme.jira.com":       "https://acme.jira.com",
	} {
		if got, err := commercial.Base(raw); err != nil || got != want {
			t.Errorf("%s: got %q, %v", raw, got, err)
		}
	}
	for _, raw := range []string{
		"", "acme.atlassian.net", "http://acme.atlassian.net", "ftp://acme.atlassian.net", "//acme.atlassian.net",
		"https://atlassian.net", "https://.atlassian.net", "https://acme.atlassian.net.evil.example", "https://evilatlassian.net",
		"https://acme.atlassian.net:8443", "https://acme.atlassian.net:443", "https://acme.atlassian.net:", "https://acme.atlassian.net/wiki",
		"https://user@acme.atlassian.net", "https://user:pw@acme.atlassian.net", "https://evil.example#.atlassian.net",
		"https://evil.example?.atlassian.net", "https://evil.example\\.atlassian.net", "https://acme.atlassian.net.", "https://a..atlassian.net",
		"https://-a.atlassian.net", "https://a b.atlassian.net", "https://ａcme.atlassian.net", "https://%61cme.atlassian.net/%2e",
		"https://127.0.0.1", "https://[::1]", "https://10.0.0.1", "https://2130706433", "https://localhost", "http://localhost:8080/acme",
		"https://acme.jira-dev.com", "https://acme.atlassian-us-gov-mod.net", "https://" + strings.Repeat("a", 400) + ".atlassian.net",
	} {
		if got, err := commercial.Base(raw); !errors.Is(err, connect.ErrInvalid) {
			t.Errorf("%s: got %q, %v", raw, got, err)
		}
	}
	government := connect.Hosts{Sites: []string{"*.atlassian-us-gov-mod.net"}}
	if _, err := government.Base("https://acme.atlassian-us-gov-mod.net"); err != nil {
		t.Error(err)
	}
	if _, err := government.Base("https://acme.atlassian.net"); err == nil {
		t.Error("a list of one's own has the commercial cloud as well")
	}
	one := connect.Hosts{Sites: []string{"Acme.atlassian.net"}}
	if got, err := one.Base("https://acme.atlassian.net"); err != nil || got != "https://acme.atlassian.net" {
		t.Errorf("the one site that is permitted: got %q, %v", got, err)
	}
	for _, raw := range []string{"https://globex.atlassian.net", "https://x.acme.atlassian.net", "https://atlassian.net"} {
		if got, err := one.Base(raw); err == nil {
			t.Errorf("beside the one site that is permitted: got %q", got)
		}
	}
}

func TestNamesOfSitesAreNamesOfHosts(t *testing.T) {
	t.Parallel()
	for _, site := range append(connect.DefaultSites(), "acme.atlassian.net", "ACME.example") {
		if err := (connect.Hosts{Sites: []string{site}}).Check(); err != nil {
			t.Error(err)
		}
	}
	for _, site := range []string{"", "*", "*.", "acme", "*acme.example", "https://acme.atlassian.net", "acme.atlassian.net:443", "acme.atlassian.net/", "*.*.example", "a..example", "10.0.0.1"} {
		if (connect.Hosts{Sites: []string{"acme.example", site}}).Check() == nil {
			t.Errorf("%q is taken for a name", site)
		}
	}
}

func TestSitesOfThisMachineByChoiceOnly(t *testing.T) {
	t.Parallel()
	demo := connect.Hosts{AllowLoopback: true}
	for raw, want := range map[string]string{
		"http://127.0.0.1:8080/sites/acme/": "http://127.0.0.1:8080/sites/acme",
		"http://acme.localhost:8080":        "http://acme.localhost:8080",
		"http://[::1]:1":                    "http://[::1]:1",
		"https://acme.atlassian.net":        "https://acme.atlassian.net",
	} {
		if got, err := demo.Base(raw); err != nil || got != want {
			t.Errorf("%s: got %q, %v", raw, got, err)
		}
	}
	for _, raw := range []string{"http://10.0.0.1", "http://acme.atlassian.net", "http://user@127.0.0.1", "http://169.254.169.254/", "http://127.0.0.1/?a=b"} {
		if got, err := demo.Base(raw); err == nil {
			t.Errorf("%s: got %q", raw, got)
		}
	}
	if got := connect.Origin("http://127.0.0.1:8080/sites/acme"); got != "http://127.0.0.1:8080" {
		t.Errorf("origin %q", got)
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add(event(nil))
	f.Add([]byte(`{"key":1,"key":"a","sharedSecret":null}`))
	f.Add([]byte(`{"baseUrl":"https://a.atlassian.net"} x`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := connect.ParseEvent(body)
		if err != nil {
			if !errors.Is(err, connect.ErrInvalid) {
				t.Errorf("got %v", err)
			}
			return
		}
		checked, err := e.CheckInstall(connect.Claims{ClientKey: "client"}, appKey, connect.Hosts{})
		if err == nil && (!strings.HasPrefix(checked.BaseURL, "https://") || !strings.HasPrefix(checked.DisplayURL, "https://")) {
			t.Errorf("accepted %+v", checked)
		}
	})
}
