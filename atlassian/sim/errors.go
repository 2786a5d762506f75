package sim

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"stowage/atlassian/sim/world"
)

// wireErrors is the body of every business error of Assets (and of Jira).
type wireErrors struct {
	ErrorMessages []string          `json:"errorMessages"`
	Errors        map[string]string `json:"errors"`
}

// wireGatewayError is what the gateway in front of the service answers itself.
type wireGatewayError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// writeErrors answers with a business error.
func writeErrors(w http.ResponseWriter, status int, messages []string, fields map[string]string) {
	if messages == nil {
		messages = []string{}
	}
	if fields == nil {
		fields = map[string]string{}
	}
	writeJSON(w, status, wireErrors{ErrorMessages: messages, Errors: fields})
}

// writeMessage answers with a business error of one sentence.
func writeMessage(w http.ResponseWriter, status int, format string, args ...any) {
	writeErrors(w, status, []string{fmt.Sprintf(format, args...)}, nil)
}

// asRefusal tells what a world refused from a mistake in the simulator.
func asRefusal(err error) (*world.Error, bool) { return errors.AsType[*world.Error](err) }

// writeError answers with what the world refused. Anything else than a
// [world.Error] is a mistake in the simulator and answers 500.
func writeError(w http.ResponseWriter, err error) {
	if refused, ok := asRefusal(err); ok {
		writeErrors(w, refused.Status, refused.Messages, refused.Fields)
		return
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		writeMessage(w, http.StatusRequestEntityTooLarge, "The request body is larger than %d bytes.", tooLarge.Limit)
		return
	}
	writeMessage(w, http.StatusInternalServerError, "Something went wrong: %v", err)
}

// writeGateway answers as the gateway does, before the service is asked.
func writeGateway(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, wireGatewayError{Code: status, Message: message})
}

// writeUnknownRoute answers as the service does to a path it does not know:
// XML, so that clients can tell it from a thing that does not exist.
func writeUnknownRoute(w http.ResponseWriter, r *http.Request) {
	writeXMLStatus(w, http.StatusNotFound, "null for uri: "+r.URL.Path)
}

// writeMethodNotAllowed answers a known path under a wrong method.
func writeMethodNotAllowed(w http.ResponseWriter, allowed []string) {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	writeXMLStatus(w, http.StatusMethodNotAllowed, "HTTP 405 Method Not Allowed")
}

func writeXMLStatus(w http.ResponseWriter, status int, message string) {
	var escaped strings.Builder
	if err := xml.EscapeText(&escaped, []byte(message)); err != nil {
		escaped.Reset()
	}
	writeRaw(w, status, "application/xml;charset=UTF-8", fmt.Appendf(nil,
		`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><status><status-code>%d</status-code><message>%s</message></status>`,
		status, escaped.String()))
}
