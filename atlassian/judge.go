package atlassian

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"stowage/assets"
	"stowage/internal/netguard"
)

// dialError says whether an error came up before there was a connection.
func dialError(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	return errors.Is(err, syscall.ECONNREFUSED) || hopeless(err)
}

// hopeless says whether a connection cannot be made however often it is tried.
func hopeless(err error) bool {
	if errors.Is(err, netguard.ErrRefused) {
		return true
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	return unknown || record
}

// verdict is what to do after a call that did not succeed.
type verdict int

const (
	final  verdict = iota // give up with the error
	again                 // wait and send it again
	slower                // the site asked to slow down: send it again when it permits
)

// judge decides, for every call, what an unsuccessful try means. Nothing else in the package decides what is repeated.
func (c *Client) judge(ctx context.Context, k call, target *url.URL, a answer, sent bool, err error) (verdict, error) {
	e := c.newError(k, target.Path)
	e.Status = a.status
	c.explain(k, e, a)
	switch {
	case !sent:
		// Nothing left this machine, so that writes too may be repeated.
		if cause := context.Cause(ctx); cause != nil {
			return final, fmt.Errorf("%s: %w", k.op, cause)
		}
		e.kind, e.cause = assets.ErrUnavailable, err
		if hopeless(err) {
			return final, e
		}
		return again, e
	case a.status == http.StatusTooManyRequests:
		e.kind = assets.ErrThrottled
		return slower, e
	case a.status >= 300 && a.status != http.StatusRequestTimeout && a.status < 500:
		// The site has decided, whether its explanation arrived whole or not.
		e.kind = kindOf(k, e, a)
		return final, e
	case !k.reads():
		// A server error, or a broken connection, or an answer cut off: it may have been done.
		e.kind, e.cause = assets.ErrUnknownOutcome, err
		return final, e
	case a.status == http.StatusNotImplemented:
		e.kind = assets.ErrUnsupported
		return final, e
	case err != nil:
		if cause := context.Cause(ctx); cause != nil {
			return final, fmt.Errorf("%s: %w", k.op, cause)
		}
		e.kind, e.cause = assets.ErrUnavailable, err
		if errors.Is(err, errTooLarge) {
			return final, e
		}
		if a.status < 300 {
			e.Status = 0 // the status promised an answer that did not come
		}
		return again, e
	}
	e.kind = assets.ErrUnavailable
	return again, e
}

// kindOf finds the sentinel for an answer that is an error of the caller's.
func kindOf(k call, e *Error, a answer) error {
	switch a.status {
	case http.StatusUnauthorized:
		return assets.ErrUnauthorized
	case http.StatusForbidden:
		return assets.ErrForbidden
	case http.StatusNotFound:
		// Assets explains in JSON what it does not have. A path it does not know is answered in XML or HTML by what
		// stands before it, and for paths that are not published anything but an explanation means the same.
		if !jsonAnswer(a) || (unpublished[k.operation] && len(e.Messages) == 0) || (unpublished[k.operation] && e.Code != "") {
			return assets.ErrUnsupported
		}
		return assets.ErrNotFound
	case http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return assets.ErrUnsupported
	case http.StatusConflict:
		return assets.ErrConflict
	case http.StatusBadRequest:
		if taken(e) {
			return assets.ErrConflict
		}
	}
	return nil
}

// taken says whether a 400 is about a name or key that is in use already. Messages are translated, so that this is a
// help where the account speaks English; everywhere else the refusal is seen as one of content.
func taken(e *Error) bool {
	for field, message := range e.Fields {
		switch field {
		case "name", "objectSchemaKey", "key":
			message = strings.ToLower(message)
			if strings.Contains(message, "unique") || strings.Contains(message, "already") {
				return true
			}
		}
	}
	return false
}

func jsonAnswer(a answer) bool {
	body := strings.TrimLeft(a.body, " \t\r\n")
	return strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") || body == ""
}
