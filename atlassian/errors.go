package atlassian

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"stowage/assets"
)

// Error is a call that did not succeed.
type Error struct {
	// Op says what was attempted, such as "create an object". Operation is the operation of the API, such as
	// "POST /object/create".
	Op, Operation string
	// Method and Path are those of the request; the path has no query.
	Method, Path string
	// Site is the host that was asked.
	Site string
	// Status is the status of the answer, or 0 when there was none.
	Status int
	// Code, Messages and Fields are what the answer said. Refused attributes are keyed by the bare attribute id.
	Code     string
	Messages []string
	Fields   map[string]string
	// RetryAfter is how long the site asked to wait.
	RetryAfter time.Duration
	// TraceID is the site's own name for the request, for its support.
	TraceID string

	write bool  // whether it would have changed something
	kind  error // the sentinel, or nil
	cause error // what went wrong on the way, or nil
}

// Error says in one sentence what was asked of which site, what it answered, and what to do next.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	b.WriteString(": ")
	b.WriteString(e.sentence())
	if e.Status >= 500 && e.TraceID != "" {
		b.WriteString(" (trace " + e.TraceID + ")")
	}
	return b.String()
}

func (e *Error) sentence() string {
	said := e.said()
	switch {
	case e.kind == assets.ErrUnknownOutcome: //nolint:errorlint // kind is a sentinel itself, never wrapped.
		return e.Site + " may or may not have done it, " + e.lost()
	case e.Status == 0 && e.kind == assets.ErrUnavailable: //nolint:errorlint // as above
		return fmt.Sprintf("%s cannot be reached: %s; check the address and the network", e.Site, e.reason())
	case e.Status == 0 && e.kind == assets.ErrThrottled: //nolint:errorlint // as above
		return fmt.Sprintf("%s asked to wait %s more, longer than this run is willing to; try again later", e.Site, e.RetryAfter.Round(time.Second))
	case e.Status == 0:
		return e.reason()
	case e.kind == assets.ErrUnsupported: //nolint:errorlint // as above
		return fmt.Sprintf("%s does not offer %s %s (answered %d)", e.Site, e.Method, e.Path, e.Status)
	case e.Status == http.StatusUnauthorized:
		return e.Site + " did not accept the credentials (401)" + said + "; check the e-mail address and the API token"
	case e.Status == http.StatusForbidden:
		return e.Site + " does not permit this to the account (403)" + said + "; give the account the permission, or use another one"
	case e.Status == http.StatusNotFound && e.workspaceUnknown():
		return e.Site + " does not know the Assets workspace (404)" + said + "; check the workspace id and the site"
	case e.Status == http.StatusNotFound:
		return e.Site + " does not have it (404)" + said
	case e.Status == http.StatusTooManyRequests:
		return e.Site + " kept answering that there are too many requests (429); try again later"
	case e.Status >= 300 && e.Status < 400:
		return fmt.Sprintf("%s redirects elsewhere (%d), which is not followed; check the address", e.Site, e.Status)
	case e.cause != nil:
		return fmt.Sprintf("%s answered %d: %v", e.Site, e.Status, e.cause)
	}
	return fmt.Sprintf("%s answered %d %s%s", e.Site, e.Status, http.StatusText(e.Status), said)
}

func (e *Error) lost() string {
	switch {
	case e.Status >= 300:
		return fmt.Sprintf("it answered %d%s", e.Status, e.said())
	case e.cause != nil:
		return fmt.Sprintf("its answer was lost: %v", e.cause)
	}
	return "its answer was lost"
}

func (e *Error) reason() string {
	if e.cause == nil {
		return "no reason known"
	}
	return e.cause.Error()
}

// said is what the answer said in words.
func (e *Error) said() string {
	if len(e.Messages) == 0 && len(e.Fields) == 0 {
		return ""
	}
	rejected := assets.Rejected{Messages: e.Messages, Fields: e.Fields}
	return ": " + strings.TrimPrefix(rejected.Error(), "rejected by the site: ")
}

// workspaceUnknown says whether it was the gateway, not Assets, that found nothing.
func (e *Error) workspaceUnknown() bool {
	return strings.Contains(e.Path, "/workspace/") && e.Code != "" && len(e.Fields) == 0
}

// Is answers for the sentinels of package assets.
func (e *Error) Is(target error) bool { return e.kind != nil && e.kind == target }

// Unwrap returns the content refused, where it was the content, and what went wrong on the way.
func (e *Error) Unwrap() []error {
	var out []error
	if e.rejects() {
		out = append(out, &assets.Rejected{Messages: e.Messages, Fields: e.Fields})
	}
	if e.cause != nil {
		out = append(out, e.cause)
	}
	return out
}

// rejects says whether the site understood a write and refused its content.
func (e *Error) rejects() bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return e.write
	}
	return false
}

// ErrUnreadable is in the chain of an Error whose answer came whole and is not what the API describes. Asking again would
// not help.
var ErrUnreadable = errors.New("the answer is not what the API describes")

// errTooLarge is the cause of an Error whose answer is larger than the client reads.
var errTooLarge = errors.New("the answer is too large")
