package worker

import (
	"time"

	"stowage/atlassian"
	"stowage/internal/netguard"
	"stowage/internal/redact"
)

// connection says which site to speak to, and as whom.
type connection struct {
	SiteURL, APIURL string
	WorkspaceID     string
	Email           string
	Token           redact.Secret
}

// patience says how long a client waits for a site.
type patience int

const (
	// patient is for runs.
	patient patience = iota
	// impatient is for checks that somebody waits for.
	impatient
)

// Waits of the two kinds of client. What a site asks a run to wait beyond throttlePatience is not waited for: the run goes
// back into the queue and its slot to somebody else.
const (
	throttlePatience = 20 * time.Second
	checkPatience    = 5 * time.Second
	checkTry         = 15 * time.Second
)

// connect makes a client whose requests leave through the guarded transport.
func (w *Worker) connect(c connection, p patience) (*atlassian.Client, error) {
	cfg := atlassian.Config{
		SiteURL: c.SiteURL, APIURL: w.apiURL(c.SiteURL, c.APIURL), WorkspaceID: c.WorkspaceID, Email: c.Email, Token: c.Token,
		AllowLoopback: w.cfg.AllowLoopback, HTTP: w.transport, UserAgent: "stowage/" + w.cfg.AppVersion, Logger: w.log,
		Rate: w.cfg.Rate, PageSize: w.cfg.PageSize, Retry: atlassian.RetryPolicy{Throttle: throttlePatience},
	}
	if p == impatient {
		cfg.Retry = atlassian.RetryPolicy{Tries: 2, TryTimeout: checkTry, Throttle: checkPatience}
	} else if pace := w.paceOf(c); pace != nil {
		cfg.Limiter = pace
	}
	return atlassian.New(cfg)
}

// apiURL is the address of the API of a site. A site on this machine has it under its own address.
func (w *Worker) apiURL(site, api string) string {
	if api != "" || !w.cfg.AllowLoopback {
		return api
	}
	if u, err := netguard.Base(site, true); err == nil && netguard.Loopback(u.Hostname()) {
		return u.String() + "/gateway/api"
	}
	return ""
}
