package problem

import (
	"context"
	"errors"
	"net/http"

	"stowage/atlassian/connect"
	"stowage/models"
)

// StatusClientGone is the status of requests whose caller did not wait for the answer. Nobody reads it but the log.
const StatusClientGone = 499

// The problems that come from more than one place.
var (
	// ErrUnauthorized answers whoever carries no token that holds here. It does not say what is wrong with the token, nor
	// whether the tenant exists.
	ErrUnauthorized = New(http.StatusUnauthorized, "unauthorized", "The request is not signed in, or no longer. Reload the page in Jira.")
	// ErrForbidden answers users who are not administrators of the site.
	ErrForbidden = New(http.StatusForbidden, "forbidden", "Only Jira administrators may use this. Ask one of them for the permission \"Administer Jira\".")
	// ErrHostUnavailable answers when the host could not be asked who somebody is.
	ErrHostUnavailable = New(http.StatusServiceUnavailable, "host-unavailable", "Jira could not be asked whether you are an administrator. Try again in a moment.").Header("Retry-After", "5")
	// ErrNotFound answers for what does not exist, and for what is another tenant's.
	ErrNotFound = New(http.StatusNotFound, "not-found", "There is nothing here, or it is no longer there.")
	// ErrTooLarge answers bodies that are longer than the route reads.
	ErrTooLarge = New(http.StatusRequestEntityTooLarge, "too-large", "The request is larger than is accepted here.")
	// ErrMediaType answers bodies of another type than the route reads.
	ErrMediaType = New(http.StatusUnsupportedMediaType, "media-type", "The body of the request must be JSON.")
	// ErrMethod answers other methods than those of the route.
	ErrMethod = New(http.StatusMethodNotAllowed, "method-not-allowed", "The address does not take this method.")
)

// From returns the problem that an error is. It knows the errors of the layers below; whatever it does not know is the
// service's own fault.
func From(ctx context.Context, err error) *Problem {
	p := of(ctx, err)
	if p.RequestID == "" {
		p = p.clone()
		p.RequestID = RequestID(ctx)
	}
	return p
}

func of(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrTooLarge.Because(large)
	}
	if p := ofRuns(err); p != nil {
		return p
	}
	switch {
	case errors.Is(err, connect.ErrUnauthorized):
		return ErrUnauthorized.Because(err)
	case errors.Is(err, connect.ErrInvalid):
		return New(http.StatusBadRequest, "invalid", "The callback cannot be accepted as it is.").Because(err)
	case errors.Is(err, connect.ErrKeysUnavailable):
		return New(http.StatusServiceUnavailable, "keys-unavailable", "The signature could not be verified just now. Try again in a moment.").Header("Retry-After", "5").Because(err)
	case errors.Is(err, models.ErrNotFound):
		return ErrNotFound.Because(err)
	case errors.Is(err, models.ErrConflict), errors.Is(err, models.ErrBusy):
		return New(http.StatusConflict, "conflict", "It was changed meanwhile, or is in use. Reload and try again.").Because(err)
	case errors.Is(err, models.ErrFull):
		return New(http.StatusServiceUnavailable, "full", "The service has no room left. Tell whoever runs it.").Because(err)
	case errors.Is(err, models.ErrUnavailable):
		return New(http.StatusServiceUnavailable, "unavailable", "The service is not available just now. Try again in a moment.").Header("Retry-After", "5").Because(err)
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return New(StatusClientGone, "gone", "Nobody waited for the answer.").Because(err)
	case errors.Is(err, context.DeadlineExceeded):
		return New(http.StatusServiceUnavailable, "unavailable", "The service did not answer in time. Try again in a moment.").Header("Retry-After", "5").Because(err)
	}
	return New(http.StatusInternalServerError, "internal", "Something went wrong here. Try again; if it stays, tell whoever runs the service the number of the request.").Because(err)
}
