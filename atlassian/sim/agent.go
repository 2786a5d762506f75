package sim

import (
	"context"
	"net/http"
	"strings"

	"stowage/atlassian/sim/world"
)

// AccessAgent is an ordinary agent: reads Assets, works with objects and issues,
// administers nothing.
const AccessAgent Access = "agent"

// actingKey is the context key of a caller who was recognised elsewhere.
type actingKey struct{}

type acting struct {
	site *Site
	who  Credential
}

// ActAs returns a request that a site takes as one of somebody, whatever
// credentials it carries. It is for a part of the simulated Atlassian that found
// out by itself who is calling: the session of a browser, or the token of an app.
func ActAs(r *http.Request, site *Site, who Credential) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), actingKey{}, acting{site: site, who: who}))
}

func (s *Site) actingCaller(r *http.Request) (caller, bool) {
	a, ok := r.Context().Value(actingKey{}).(acting)
	return caller{credential: a.who}, ok && a.site == s
}

// mayWrite says whether the caller may use a route that changes something.
func (c caller) mayWrite(p part, ro *route) bool {
	switch {
	case c.credential.ReadOnly:
		return false
	case c.credential.Access == AccessAgent:
		return p == partMedia || writtenByAgents(ro)
	case c.credential.Access == AccessNoSchemas:
		return p != partAssets
	}
	return true
}

// writtenByAgents is the work of an agent: objects, what hangs on them, issues.
func writtenByAgents(ro *route) bool {
	switch ro.segments[0] {
	case "object", "comment", "attachments", "avatar":
		return true
	case "rest":
		return strings.Contains(ro.pattern, "/issue")
	}
	return false
}

// AddAgent gives the site an ordinary agent, somebody who can sign in and
// administers nothing, and returns how. Asking again adds nobody.
func (s *Site) AddAgent() Credential {
	agent := Credential{
		Email: "agent@" + s.name + ".example", Token: "sim-agent-" + s.name, OAuthToken: "sim-oauth-agent-" + s.name,
		AccountID: "712020:" + stableID("agent", s.name), Access: AccessAgent,
	}
	for _, c := range s.allCredentials() {
		if c.AccountID == agent.AccountID {
			return c
		}
	}
	s.world.PutUser(world.User{
		AccountID: agent.AccountID, DisplayName: "Agent of " + s.name, Email: agent.Email, TimeZone: "Europe/Berlin", Active: true,
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credentials = append(s.credentials, agent)
	return agent
}

// Administers tells whether an account administers the site.
func (s *Site) Administers(accountID string) bool { return s.administers(accountID) }

// HasAssets reports whether the site's plan has Assets; see [Site.SetAssets].
func (s *Site) HasAssets() bool { return !s.withoutAssets.Load() }
