package worker

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"syscall"
	"time"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/internal/netguard"
	"stowage/internal/redact"
	"stowage/jobs"
)

// Pages of Atlassian where somebody can do something about a connection.
const (
	linkTokens = "https://id.atlassian.com/manage-profile/security/api-tokens" //nolint:gosec // An address, not a credential.
	linkAdmin  = "https://admin.atlassian.com"
)

// checkTime bounds a whole check: somebody is waiting in front of it.
const checkTime = 25 * time.Second

// Check tries a connection: whether the site can be reached, the account signs in, the workspace is that of the site, and
// the account may do what backups and restores need. What is wrong is a *jobs.CheckError.
func (w *Worker) Check(ctx context.Context, spec jobs.CheckSpec) (jobs.Checked, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	c := &checking{w: w, spec: spec}
	for _, step := range []func(context.Context) error{c.fields, c.address, c.account, c.workspace, c.permission} {
		if err := step(ctx); err != nil {
			return jobs.Checked{}, err
		}
	}
	return c.found, nil
}

// checking is one check.
type checking struct {
	w      *Worker
	spec   jobs.CheckSpec
	client *atlassian.Client
	site   string // as sentences name it
	found  jobs.Checked
}

// fields checks what can be seen without asking anybody.
func (c *checking) fields(context.Context) error {
	s := &c.spec
	s.SiteURL, s.Email, s.WorkspaceID = strings.TrimSpace(s.SiteURL), strings.TrimSpace(s.Email), strings.TrimSpace(s.WorkspaceID)
	s.Token = redact.New(strings.TrimSpace(s.Token.Reveal()))
	for _, f := range []struct{ field, value, sentence string }{
		{jobs.FieldSite, s.SiteURL, "Enter the address of the site, such as https://acme.atlassian.net."},
		{jobs.FieldEmail, s.Email, "Enter the e-mail address of the account."},
		{jobs.FieldToken, s.Token.Reveal(), "Enter an API token of the account."},
	} {
		if f.value == "" {
			return &jobs.CheckError{Field: f.field, Code: jobs.CheckRequired, Sentence: f.sentence}
		}
	}
	if parsed, err := mail.ParseAddress(s.Email); err != nil || parsed.Address != s.Email || strings.Contains(s.Email, ":") {
		return &jobs.CheckError{Field: jobs.FieldEmail, Code: jobs.CheckEmailInvalid, Sentence: "This is not an e-mail address. Enter the one with which the account signs in."}
	}
	if strings.ContainsFunc(s.Token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return &jobs.CheckError{Field: jobs.FieldToken, Code: jobs.CheckTokenInvalid, Sentence: "This is not an API token: it holds spaces or other characters that no token has. Copy it again.", Link: linkTokens}
	}
	return nil
}

// address checks the address of the site and makes the client.
func (c *checking) address(context.Context) error {
	u, err := url.Parse(c.spec.SiteURL)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return &jobs.CheckError{Field: jobs.FieldSite, Code: jobs.CheckAddressScheme, Sentence: "The address must begin with https://, such as https://acme.atlassian.net."}
	}
	loopback := c.w.cfg.AllowLoopback
	host := u.Hostname()
	switch {
	case netguard.Loopback(host) && !loopback:
		return c.inner(host, nil)
	case u.Scheme != "https" && !netguard.Loopback(host):
		return &jobs.CheckError{Field: jobs.FieldSite, Code: jobs.CheckAddressScheme, Sentence: "The address must begin with https://, such as https://acme.atlassian.net."}
	}
	base, err := netguard.Base(c.spec.SiteURL, loopback)
	if err == nil {
		err = netguard.Outgoing(base, loopback)
	}
	if err != nil {
		return &jobs.CheckError{
			Field: jobs.FieldSite, Code: jobs.CheckAddressInvalid, Err: err,
			Sentence: "This cannot be the address of a site. Enter it without user, port, query or fragment, such as https://acme.atlassian.net.",
		}
	}
	c.found.SiteURL, c.site = base.String(), base.Host+base.Path
	if c.spec.ExpectSite != "" && !sameSite(c.found.SiteURL, c.spec.ExpectSite, loopback) {
		return &jobs.CheckError{
			Field: jobs.FieldSite, Code: jobs.CheckOtherSite,
			Sentence: "This is the address of another site than the one the app is installed on. Add it as a target instance instead.",
		}
	}
	c.found.APIURL = c.w.apiURL(c.found.SiteURL, c.spec.APIURL)
	c.client, err = c.w.connect(c.connection(""), impatient)
	if err != nil {
		return &jobs.CheckError{Field: jobs.FieldSite, Code: jobs.CheckAddressInvalid, Err: err, Sentence: "This cannot be the address of a site."}
	}
	return nil
}

// connection is what is tried; the workspace is asked of the site unless one is given.
func (c *checking) connection(workspace string) connection {
	return connection{SiteURL: c.found.SiteURL, APIURL: c.found.APIURL, Email: c.spec.Email, Token: c.spec.Token, WorkspaceID: workspace}
}

// inner says that an address leads to a network that is nobody's business.
func (c *checking) inner(host string, cause error) error {
	return &jobs.CheckError{
		Field: jobs.FieldSite, Code: jobs.CheckAddressInner, Err: cause,
		Sentence: host + " is not an address of the internet, and only those are connected to. Enter the public address of the site.",
	}
}

// account signs in.
func (c *checking) account(ctx context.Context) error {
	me, err := c.client.Myself(ctx)
	if err != nil {
		return c.signIn(ctx, err)
	}
	c.found.AccountID, c.found.AccountName = me.AccountID, me.Name
	if me.AccountID == "" {
		return c.noSite(nil)
	}
	if !me.Active {
		return &jobs.CheckError{
			Field: jobs.FieldEmail, Code: jobs.CheckInactive, Link: linkAdmin,
			Sentence: "The account is not active on " + c.site + ". Activate it, or use another one.",
		}
	}
	if me.Type == "customer" {
		return &jobs.CheckError{
			Field: jobs.FieldEmail, Code: jobs.CheckNoAgent, Link: linkAdmin,
			Sentence: "The account is a customer of " + c.site + ". Use that of an agent of Jira Service Management.",
		}
	}
	return nil
}

// signIn says why nobody could sign in.
func (c *checking) signIn(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, assets.ErrUnauthorized):
		return &jobs.CheckError{
			Field: jobs.FieldToken, Also: []string{jobs.FieldEmail}, Code: jobs.CheckCredentials, Err: err, Link: linkTokens,
			Sentence: c.site + " does not accept this e-mail address with this API token. Check that the token was made by the account " +
				"with this address, that it was copied whole and that it has neither expired nor been revoked.",
		}
	case errors.Is(err, assets.ErrForbidden):
		return &jobs.CheckError{
			Field: jobs.FieldEmail, Code: jobs.CheckNoAccess, Err: err, Link: linkAdmin,
			Sentence: "The account has no access to Jira on " + c.site + ". Give it access, or use another account.",
		}
	}
	return c.reach(ctx, err)
}

// reach says why the site cannot be spoken to.
func (c *checking) reach(ctx context.Context, err error) error {
	host := c.site
	if u, parseErr := url.Parse(c.found.SiteURL); parseErr == nil {
		host = u.Hostname()
	}
	field := func(code, sentence string) error {
		return &jobs.CheckError{Field: jobs.FieldSite, Code: code, Sentence: sentence, Err: err}
	}
	dns, isDNS := errors.AsType[*net.DNSError](err)
	_, badRecord := errors.AsType[tls.RecordHeaderError](err)
	_, badAlert := errors.AsType[tls.AlertError](err)
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknownAuthority := errors.AsType[x509.UnknownAuthorityError](err)
	failed, isError := errors.AsType[*atlassian.Error](err)
	switch {
	case errors.Is(err, netguard.ErrRefused):
		return c.inner(host, err)
	case isDNS && dns.IsNotFound:
		return field(jobs.CheckAddressUnknown, "There is no site "+host+". Check the spelling of the address.")
	case badCertificate || unknownAuthority:
		return field(jobs.CheckAddressNoHTTPS, host+" has no valid certificate for https. Check the address.")
	case badRecord || badAlert || errors.Is(err, http.ErrSchemeMismatch) || errors.Is(err, syscall.ECONNREFUSED):
		return field(jobs.CheckAddressNoHTTPS, host+" does not answer with https. Check the address.")
	case isError && (failed.Status == http.StatusTooManyRequests || failed.Status >= 500) || errors.Is(err, assets.ErrThrottled):
		return &jobs.CheckError{Code: jobs.CheckSiteUnavailable, Err: err, Sentence: host + " is not available at the moment. Try again in a few minutes."}
	case isError && failed.Status > 0:
		return c.noSite(err)
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Cause(ctx) // Whoever asked has gone.
	}
	return field(jobs.CheckUnreachable, host+" does not answer. Check the address; where the site admits only certain addresses, admit those of this service.")
}

// noSite says that something else than Jira is at the address.
func (c *checking) noSite(cause error) error {
	return &jobs.CheckError{
		Field: jobs.FieldSite, Code: jobs.CheckNoSite, Err: cause,
		Sentence: "There is no Jira at " + c.site + ". Enter the address that stands in the browser's address bar before /jira.",
	}
}

// workspace finds the workspace of the site and compares it with the one given.
func (c *checking) workspace(ctx context.Context) error {
	found, err := c.client.Workspace(ctx)
	switch {
	case err == nil:
	case errors.Is(err, assets.ErrForbidden) || errors.Is(err, assets.ErrUnauthorized):
		return c.noAgent(err)
	case errors.Is(err, assets.ErrNotFound) || errors.Is(err, assets.ErrUnsupported):
		return &jobs.CheckError{
			Field: jobs.FieldWorkspace, Code: jobs.CheckNoAssets, Err: err, Link: linkAdmin,
			Sentence: c.site + " has no Assets. It is part of Jira Service Management Premium and Enterprise: choose such a plan, or connect another site.",
		}
	default:
		return c.reach(ctx, err)
	}
	c.found.WorkspaceID = found
	if c.spec.WorkspaceID == "" || c.spec.WorkspaceID == found {
		return nil
	}
	if err := opaque(c.spec.WorkspaceID); err != nil {
		return c.wrongWorkspace(err)
	}
	return c.wrongWorkspace(c.elsewhere(ctx))
}

// errElsewhere means that a workspace exists and is that of another site.
var errElsewhere = errors.New("workspace of another site")

// elsewhere asks whether the account knows the workspace from another site.
func (c *checking) elsewhere(ctx context.Context) error {
	other, err := c.w.connect(c.connection(c.spec.WorkspaceID), impatient)
	if err != nil {
		return err
	}
	if _, err := other.Schemas(ctx); err != nil {
		return err
	}
	return errElsewhere
}

// wrongWorkspace says that the workspace is not that of the site, and which one is.
func (c *checking) wrongWorkspace(cause error) error {
	e := &jobs.CheckError{Field: jobs.FieldWorkspace, Code: jobs.CheckWorkspaceWrong, Err: cause, Link: c.found.SiteURL + "/rest/servicedeskapi/assets/workspace"}
	e.Sentence = "There is no such workspace on " + c.site + "."
	if errors.Is(cause, errElsewhere) {
		e.Code, e.Sentence = jobs.CheckWorkspaceOther, "This is the workspace of another site."
	}
	e.Sentence += " That of " + c.site + " is " + c.found.WorkspaceID + "."
	return e
}

func (c *checking) noAgent(cause error) error {
	return &jobs.CheckError{
		Field: jobs.FieldEmail, Code: jobs.CheckNoAgent, Err: cause, Link: linkAdmin,
		Sentence: "The account may not use Assets on " + c.site + ". Make it an agent of Jira Service Management, or use another account.",
	}
}

// permission checks that the account may do what backups and restores need, as far as the site tells.
func (c *checking) permission(ctx context.Context) error {
	schemas, err := c.client.Schemas(ctx)
	switch {
	case err == nil:
	case errors.Is(err, assets.ErrForbidden) || errors.Is(err, assets.ErrUnauthorized):
		return c.noAgent(err)
	case errors.Is(err, assets.ErrNotFound) || errors.Is(err, assets.ErrUnsupported):
		return c.wrongWorkspace(err)
	default:
		return c.reach(ctx, err)
	}
	c.found.Schemas = len(schemas)
	const administer = "ADMINISTER"
	have, err := c.client.Permissions(ctx, administer)
	if err != nil {
		return c.reach(ctx, err)
	}
	if c.found.Administrator = have[administer]; c.found.Administrator {
		return nil
	}
	refused := &jobs.CheckError{Field: jobs.FieldEmail, Code: jobs.CheckNoPermission, Link: c.found.SiteURL + "/jira/assets"}
	if len(schemas) == 0 {
		refused.Sentence = "The account sees no schema on " + c.site + ". Make it an Object Schema Manager of the schemas to back up, or a member of the Jira administrators."
		return refused
	}
	for _, s := range schemas[:min(len(schemas), mostSchemasAsked)] {
		manages, err := c.manages(ctx, s.ID)
		if err != nil {
			refused.Err = err
		}
		if manages || err != nil && ctx.Err() == nil && !errors.Is(err, assets.ErrForbidden) {
			return nil // Where the site does not tell, nobody is refused.
		}
	}
	if len(schemas) > mostSchemasAsked {
		return nil
	}
	refused.Sentence = cmp.Or(c.found.AccountName, "The account") + " may only look at the schemas of " + c.site +
		". Make the account an Object Schema Manager of the schemas to back up, or a member of the Jira administrators."
	return refused
}

// mostSchemasAsked bounds how many schemas are asked for their roles: it takes several calls each.
const mostSchemasAsked = 5

// manages says whether the account manages a schema, by itself or as a member of a group.
func (c *checking) manages(ctx context.Context, schemaID string) (bool, error) {
	roles, err := c.client.Roles(ctx, schemaID)
	if err != nil {
		return false, err
	}
	for _, role := range roles {
		if !strings.Contains(strings.ToLower(role.Name), "manager") {
			continue
		}
		for _, a := range role.Actors {
			if a.Type == atlassian.ActorUser && a.ID == c.found.AccountID {
				return true, nil
			}
			if a.Type != atlassian.ActorGroup {
				continue
			}
			for member, err := range c.client.GroupMembers(ctx, a.ID) {
				if err != nil {
					return false, fmt.Errorf("members of a group: %w", err)
				}
				if member == c.found.AccountID {
					return true, nil
				}
			}
		}
	}
	return false, nil
}

// sameSite says whether two addresses are those of one site.
func sameSite(a, b string, loopback bool) bool {
	first, err := netguard.Base(a, loopback)
	if err != nil {
		return false
	}
	second, err := netguard.Base(b, loopback)
	return err == nil && strings.EqualFold(first.Host, second.Host) && first.Path == second.Path
}

// opaque refuses what cannot be the id of a workspace.
func opaque(id string) error {
	if len(id) > 200 || strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	}) || id == "." || id == ".." {
		return errors.New("not the id of a workspace")
	}
	return nil
}
