package api

import "time"

// Session tells who is calling, from where, and what this installation can do.
type Session struct {
	Tenant  SessionTenant `json:"tenant" doc:"The site the app is installed on."`
	User    SessionUser   `json:"user" doc:"The person who is calling."`
	Licence Licence       `json:"licence" doc:"The licence of the site."`
	Setup   Setup         `json:"setup" doc:"How far the initial set-up has come."`
	Storage Storage       `json:"storage" doc:"The storage that comes with this installation."`
	Version string        `json:"version" doc:"The version of Stowage." example:"1.0.0"`
	// Features says what this version and this installation offer, so that the user interface shows nothing that does not work.
	Features Features `json:"features" doc:"What this installation offers."`
}

// SessionTenant is the site the app is installed on.
type SessionTenant struct {
	SiteURL    string `json:"siteUrl" doc:"The address of the site." example:"https://acme.atlassian.net"`
	DisplayURL string `json:"displayUrl" doc:"The address people see, which may be a domain of their own." example:"https://jira.acme.example"`
	Name       string `json:"name" doc:"A short name of the site." example:"acme"`
}

// SessionUser is the person who is calling.
type SessionUser struct {
	AccountID string `json:"accountId" doc:"The Atlassian account." example:"5b10ac8d82e05b22cc7d4ef5"`
}

// Setup tells how far the initial set-up has come.
type Setup struct {
	Step string `json:"step" enum:"credentials,storage,sync,done" doc:"The step to do next." example:"credentials"`
}

// Features says what this installation offers.
type Features struct {
	Schedules      bool `json:"schedules" doc:"Backups can be scheduled."`
	Attachments    bool `json:"attachments" doc:"Attachments can be backed up."`
	ExistingSchema bool `json:"existingSchema" doc:"A backup can be restored into an existing schema."`
	Instances      bool `json:"instances" doc:"A backup can be restored on another instance."`
	DataCenter     bool `json:"dataCenter" doc:"Data Center instances can be added."`
	OwnStorage     bool `json:"ownStorage" doc:"Backups can be kept in a storage of one's own."`
}

// Licence is the state of the licence of a site.
type Licence struct {
	State     string    `json:"state" enum:"unknown,active,evaluation,none,expired" doc:"The state." example:"active"`
	CanRun    bool      `json:"canRun" doc:"Whether new backups, plans, restores and syncs may start. Looking, exporting, stopping and deleting always may."`
	Notice    string    `json:"notice,omitempty" doc:"What to tell the person when the licence needs attention."`
	ChangedAt time.Time `json:"changedAt,omitzero" doc:"When the state changed last."`
}

// LicenceDetails is the licence of a site with its history.
type LicenceDetails struct {
	Licence
	Type      string          `json:"type,omitempty" doc:"The type as the Marketplace names it." example:"COMMERCIAL"`
	Source    string          `json:"source,omitempty" enum:"page,rest,webhook" doc:"Where the state was learnt."`
	CheckedAt time.Time       `json:"checkedAt,omitzero" doc:"When the state was asked for last."`
	History   []LicenceChange `json:"history" doc:"The changes, newest first."`
}

// LicenceChange is one change of the licence.
type LicenceChange struct {
	State  string    `json:"state" enum:"unknown,active,evaluation,none,expired" doc:"The state from then on." example:"active"`
	Type   string    `json:"type,omitempty" doc:"The type as the Marketplace names it." example:"COMMERCIAL"`
	Source string    `json:"source,omitempty" enum:"page,rest,webhook" doc:"Where it was learnt."`
	At     time.Time `json:"at" doc:"When."`
}
