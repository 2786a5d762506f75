package api

import "time"

// Target is another instance a backup can be restored on.
type Target struct {
	ID          string    `json:"id" doc:"The id of the instance." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a15"`
	Name        string    `json:"name" doc:"Its name." example:"globex"`
	Location    string    `json:"location" enum:"Cloud,Data Center" doc:"What kind of instance it is." example:"Cloud"`
	URL         string    `json:"url" doc:"Its address." example:"https://globex.atlassian.net"`
	WorkspaceID string    `json:"workspaceId" doc:"Its Assets workspace." example:"9d1c70a5-66f8-3c01-a2d7-e5bbf2584dc3"`
	Email       string    `json:"email" doc:"The account whose API token is used." example:"admin@globex.example"`
	TokenHint   string    `json:"tokenHint" doc:"The last characters of the API token; the token itself is never shown." example:"x7Qa"`
	CreatedAt   time.Time `json:"createdAt" doc:"When it was added."`
	UpdatedAt   time.Time `json:"updatedAt" doc:"When it was changed last."`
}

// TargetList is all target instances.
type TargetList struct {
	Items []Target `json:"items" doc:"The instances, by name."`
	Total int64    `json:"total" doc:"How many there are." example:"1"`
}

// TargetInput is what a person enters about a target instance.
type TargetInput struct {
	Name        string `json:"name" minLength:"1" maxLength:"100" doc:"A name that tells the instance apart." example:"globex"`
	Email       string `json:"email" minLength:"3" maxLength:"254" doc:"The account whose API token is used." example:"admin@globex.example"`
	WorkspaceID string `json:"workspaceId,omitempty" maxLength:"128" doc:"Its Assets workspace. Left out, it is looked up." example:"9d1c70a5-66f8-3c01-a2d7-e5bbf2584dc3"`
	URL         string `json:"url" minLength:"1" maxLength:"500" doc:"Its address, beginning with https://." example:"https://globex.atlassian.net"`
	Token       Token  `json:"token,omitzero" maxLength:"2048" doc:"The API token. Left out when an instance is changed, the stored one stays."`
}

// TargetTrial is what a person entered so far about a target instance, to be tried.
type TargetTrial struct {
	ID          string `json:"id,omitempty" maxLength:"64" doc:"The instance that is being changed; its stored token is tried when none is given." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a15"`
	Name        string `json:"name,omitempty" maxLength:"100" doc:"A name that tells the instance apart." example:"globex"`
	Email       string `json:"email" minLength:"3" maxLength:"254" doc:"The account whose API token is used." example:"admin@globex.example"`
	WorkspaceID string `json:"workspaceId,omitempty" maxLength:"128" doc:"Its Assets workspace. Left out, it is looked up." example:"9d1c70a5-66f8-3c01-a2d7-e5bbf2584dc3"`
	URL         string `json:"url" minLength:"1" maxLength:"500" doc:"Its address, beginning with https://." example:"https://globex.atlassian.net"`
	Token       Token  `json:"token,omitzero" maxLength:"2048" doc:"The API token."`
}
