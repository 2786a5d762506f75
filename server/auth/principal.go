package auth

import (
	"context"

	"stowage/models"
)

// Kind is the way in which somebody is known.
type Kind string

// The kinds.
const (
	// User is somebody who works in the user interface.
	User Kind = "user"
	// Viewer is somebody whose browser opens a page.
	Viewer Kind = "viewer"
)

// Principal is who calls: a user who administers the site of a tenant.
type Principal struct {
	TenantID  string
	ClientKey string
	AccountID string
	Kind      Kind
	// SiteURL is where the site is called, DisplayURL where people see it.
	SiteURL, DisplayURL string
	// CloudID is the id of the site, where it is known.
	CloudID string
	// Licence is what the address of a page says about the licence, such as "active". It is set for a Viewer only: there
	// the token covers it.
	Licence string
}

func principal(inst models.Installation, account string, kind Kind) Principal {
	return Principal{
		TenantID:   inst.TenantID,
		ClientKey:  inst.ClientKey,
		AccountID:  account,
		Kind:       kind,
		SiteURL:    inst.BaseURL,
		DisplayURL: inst.DisplayURL,
		CloudID:    inst.CloudID,
	}
}

type principalKey struct{}

// With returns a context that knows who calls.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From returns who calls. It is false where nobody was let in.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}
