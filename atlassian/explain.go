package atlassian

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"stowage/internal/redact"
)

// Limits to what an Error repeats of an answer.
const (
	maxMessages    = 50
	maxMessageSize = 2000
)

// wireFailure is every form in which Assets, Jira and what stands before them explain a failure.
type wireFailure struct {
	ErrorMessages []string                   `json:"errorMessages"`
	Errors        map[string]json.RawMessage `json:"errors"`
	ErrorMessage  string                     `json:"errorMessage"`
	Message       string                     `json:"message"`
	Code          lenientText                `json:"code"`
	ErrorCode     lenientText                `json:"errorCode"`
}

// attributePrefix stands before the id of a refused attribute.
const attributePrefix = "rlabs-insight-attribute-"

// explain reads what an answer says about its failure into e.
func (c *Client) explain(k call, e *Error, a answer) {
	clean := func(text string) string { return c.clean(k, text) }
	e.TraceID = firstHeader(a.header, "Atl-Traceid", "X-Trace-Id", "X-Arequestid")
	e.RetryAfter = readSignal(a.status, a.header, time.Now()).RetryAfter
	if a.status < 300 {
		return
	}
	var w wireFailure
	if err := json.Unmarshal([]byte(a.body), &w); err != nil {
		// What is partly of another form still says what fits; what is not JSON at all says nothing here.
		if !json.Valid([]byte(a.body)) {
			return
		}
	}
	for _, message := range append(w.ErrorMessages, w.ErrorMessage, w.Message) {
		if message != "" && len(e.Messages) < maxMessages {
			e.Messages = append(e.Messages, clean(message))
		}
	}
	for name, raw := range w.Errors {
		if len(e.Fields) >= maxMessages {
			break
		}
		if e.Fields == nil {
			e.Fields = make(map[string]string, len(w.Errors))
		}
		text := string(raw)
		var message string
		if json.Unmarshal(raw, &message) == nil {
			text = message
		}
		e.Fields[strings.TrimPrefix(clean(name), attributePrefix)] = clean(text)
	}
	e.Code = clean(string(w.ErrorCode))
	if e.Code == "" {
		e.Code = clean(string(w.Code))
	}
}

// clean shortens a message and takes out our own credentials, should a site repeat them.
func (c *Client) clean(k call, message string) string {
	secrets := c.auth.forms()
	if k.media != nil {
		secrets = append(secrets, k.media.token.Reveal())
	}
	for _, secret := range secrets {
		message = strings.ReplaceAll(message, secret, redact.Placeholder)
	}
	if len(message) > maxMessageSize {
		message = strings.ToValidUTF8(message[:maxMessageSize], "") + "…"
	}
	return message
}

// forms are the forms in which the credentials travel.
func (a authorization) forms() []string {
	if !a.bearer.IsZero() {
		return []string{a.bearer.Reveal()}
	}
	pair := a.email + ":" + a.token.Reveal()
	return []string{base64.StdEncoding.EncodeToString([]byte(pair)), a.token.Reveal()}
}

func firstHeader(h http.Header, names ...string) string {
	for _, name := range names {
		if v := h.Get(name); v != "" && len(v) <= 200 {
			return v
		}
	}
	return ""
}
