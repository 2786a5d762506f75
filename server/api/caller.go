package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"stowage/models"
	"stowage/server/auth"
	"stowage/server/problem"
)

// caller is who asks, with the handle of the tenant they belong to. There is no other way to a tenant in this package.
type caller struct {
	*models.Tenant

	who auth.Principal
}

var errNobody = errors.New("the request reached the API without being authenticated")

func (a *handlers) caller(ctx context.Context) (caller, error) {
	who, ok := auth.From(ctx)
	if !ok || who.TenantID == "" {
		return caller{}, errNobody
	}
	return caller{Tenant: a.Tenants.ForTenant(who.TenantID), who: who}, nil
}

// site is the address people know the site by.
func (c caller) site() string {
	if c.who.DisplayURL != "" {
		return strings.TrimSuffix(c.who.DisplayURL, "/")
	}
	return strings.TrimSuffix(c.who.SiteURL, "/")
}

// siteName is a short name of a site: the first label of its host, or of the last part of its path where it has one.
func siteName(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	if path := strings.Trim(u.Path, "/"); path != "" {
		return path[strings.LastIndex(path, "/")+1:]
	}
	name, _, _ := strings.Cut(u.Hostname(), ".")
	return name
}

// schemaURL is a schema in Assets.
func schemaURL(site, schemaID string) string {
	if site == "" || schemaID == "" {
		return ""
	}
	return strings.TrimSuffix(site, "/") + "/jira/assets/object-schema/" + url.PathEscape(schemaID)
}

// ids are the ids that rows can have.
var ids = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// known refuses what cannot be the id of a row in the way an unknown id is refused.
func known(id string) error {
	if !ids.MatchString(id) {
		return fmt.Errorf("look up an id: %w", models.ErrNotFound)
	}
	return nil
}

// invalid is a problem with one field.
func invalid(location, code, message string) *problem.Problem {
	return problem.New(http.StatusUnprocessableEntity, codeInvalid, sentenceInvalid).
		With(problem.Field{Location: location, Code: code, Message: message})
}
