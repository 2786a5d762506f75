package api

import "time"

// Connection is how Stowage reaches the Assets of the site it is installed on.
type Connection struct {
	SiteURL     string    `json:"siteUrl" doc:"The address of the site." example:"https://acme.atlassian.net"`
	WorkspaceID string    `json:"workspaceId" doc:"The Assets workspace." example:"3b3b70a5-66f8-3c01-a2d7-e5bbf2584dc3"`
	Email       string    `json:"email" doc:"The account whose API token is used." example:"admin@acme.example"`
	TokenHint   string    `json:"tokenHint" doc:"The last characters of the API token; the token itself is never shown." example:"x7Qa"`
	AccountName string    `json:"accountName" doc:"The name of that account." example:"Ada Admin"`
	Storage     *Storage  `json:"storage,omitempty" doc:"Where backups are kept; missing until it is chosen."`
	SyncedAt    time.Time `json:"syncedAt,omitzero" doc:"When the schemas were synced last."`
	CheckedAt   time.Time `json:"checkedAt,omitzero" doc:"When the credentials were checked last."`
	CheckError  string    `json:"checkError,omitempty" doc:"What that check found wrong."`
	Sync        *Run      `json:"sync,omitempty" doc:"The sync that is under way."`
}

// Storage is where backups are kept.
type Storage struct {
	Kind  string `json:"kind" enum:"builtin" doc:"The kind of storage." example:"builtin"`
	Label string `json:"label" doc:"Its name for people." example:"Cloud storage of this service"`
}

// ConnectionInput is what a person enters to connect. The token may be left out when an existing connection is changed; it
// stays the same then.
type ConnectionInput struct {
	Email       string `json:"email" minLength:"3" maxLength:"254" doc:"The account whose API token is used." example:"admin@acme.example"`
	Token       Token  `json:"token,omitzero" maxLength:"2048" doc:"The API token. Left out, the stored one stays."`
	WorkspaceID string `json:"workspaceId" minLength:"1" maxLength:"128" doc:"The Assets workspace of this site." example:"3b3b70a5-66f8-3c01-a2d7-e5bbf2584dc3"`
}

// ConnectionTrial is what a person entered so far, to be tried.
type ConnectionTrial struct {
	Email       string `json:"email" minLength:"3" maxLength:"254" doc:"The account whose API token is used." example:"admin@acme.example"`
	Token       Token  `json:"token,omitzero" maxLength:"2048" doc:"The API token. Left out, the stored one is tried."`
	WorkspaceID string `json:"workspaceId,omitempty" maxLength:"128" doc:"The Assets workspace. Left out, the workspace of the site is looked up." example:"3b3b70a5-66f8-3c01-a2d7-e5bbf2584dc3"`
}

// Checked is what a successful trial of credentials found.
type Checked struct {
	WorkspaceID string `json:"workspaceId" doc:"The Assets workspace of the site." example:"3b3b70a5-66f8-3c01-a2d7-e5bbf2584dc3"`
	AccountID   string `json:"accountId" doc:"The account the token belongs to." example:"5b10ac8d82e05b22cc7d4ef5"`
	AccountName string `json:"accountName" doc:"Its name." example:"Ada Admin"`
	SiteURL     string `json:"siteUrl" doc:"The address of the site." example:"https://acme.atlassian.net"`
}

// WorkspaceQuestion holds the credentials with which the workspace of the site is looked up.
type WorkspaceQuestion struct {
	Email string `json:"email" minLength:"3" maxLength:"254" doc:"The account whose API token is used." example:"admin@acme.example"`
	Token Token  `json:"token,omitzero" maxLength:"2048" doc:"The API token. Left out, the stored one is used."`
}

// Workspace is the Assets workspace of a site.
type Workspace struct {
	WorkspaceID string `json:"workspaceId" doc:"The Assets workspace." example:"3b3b70a5-66f8-3c01-a2d7-e5bbf2584dc3"`
}

// StorageChoice chooses where backups are kept.
type StorageChoice struct {
	Kind string `json:"kind" enum:"builtin" doc:"The kind of storage." example:"builtin"`
}

// Confirmation says that a destructive act is meant.
type Confirmation struct {
	Confirm bool `json:"confirm" doc:"Must be true."`
}
