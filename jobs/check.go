package jobs

import (
	"stowage/internal/redact"
)

// CheckSpec is a connection to try: the current one, or one to a target instance.
type CheckSpec struct {
	// SiteURL is the address of the Jira site, such as https://acme.atlassian.net. APIURL is empty but where the API stands
	// elsewhere than Atlassian has it.
	SiteURL, APIURL string
	Email           string
	Token           redact.Secret
	// WorkspaceID is what the user gave; empty means that it is to be found.
	WorkspaceID string
	// ExpectSite, when set, is the only site that SiteURL may name.
	ExpectSite string
}

// Checked is a connection that works.
type Checked struct {
	// WorkspaceID is the workspace of the site. SiteURL and APIURL are the addresses as they are to be kept.
	WorkspaceID            string
	SiteURL, APIURL        string
	AccountID, AccountName string
	// Administrator says that the account administers Jira, Schemas how many schemas it can see.
	Administrator bool
	Schemas       int
}

// The fields a CheckError may stand beside.
const (
	FieldSite      = "siteUrl"
	FieldEmail     = "email"
	FieldToken     = "token"
	FieldWorkspace = "workspaceId"
)

// The codes of a CheckError. They say what the sentences say, to programs and translators.
const (
	CheckRequired        = "required"
	CheckEmailInvalid    = "email-invalid"
	CheckTokenInvalid    = "token-invalid"
	CheckAddressInvalid  = "address-invalid"
	CheckAddressScheme   = "address-needs-https"
	CheckAddressNoHTTPS  = "address-without-https"
	CheckAddressInner    = "address-not-public"
	CheckAddressUnknown  = "address-unknown"
	CheckUnreachable     = "address-unreachable"
	CheckNoSite          = "address-without-jira"
	CheckOtherSite       = "address-of-another-site"
	CheckCredentials     = "credentials-refused"
	CheckNoAccess        = "account-without-access"
	CheckInactive        = "account-inactive"
	CheckNoAgent         = "account-without-licence"
	CheckNoPermission    = "account-without-permission"
	CheckNoAssets        = "site-without-assets"
	CheckWorkspaceOther  = "workspace-of-another-site"
	CheckWorkspaceWrong  = "workspace-wrong"
	CheckSiteUnavailable = "site-unavailable"
)

// CheckError says what is wrong with a connection, in one sentence that ends with the next step.
type CheckError struct {
	// Field is the field the sentence stands beside, or empty for the whole form; Also are others that it is about.
	Field string
	Also  []string
	Code  string
	// Sentence is for people. It holds no secret.
	Sentence string
	// Link is where the next step is done, or empty.
	Link string

	// Err is what was behind it, for the log.
	Err error
}

// Error returns the sentence.
func (e *CheckError) Error() string { return e.Sentence }

// Unwrap returns what was behind it.
func (e *CheckError) Unwrap() error { return e.Err }
