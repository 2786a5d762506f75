// Package problem turns errors into answers: application/problem+json with a status, a code for programs and a sentence
// for people. It is the only place that maps an error to a status.
//
// An answer is made of what this code says and never of what the error says: errors may carry parts of requests, addresses
// of this network or worse. The error stays with the Problem for the log of whoever writes it.
package problem

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// Problem is an answer that says what went wrong. It is an error, so that a function may return it through layers that
// know nothing of HTTP.
//
//nolint:errname // It is an answer first, and every caller reads problem.Problem.
type Problem struct {
	// Type names the code as a URI.
	Type string `json:"type"`
	// Title is the phrase of the status.
	Title string `json:"title"`
	// Status is the status of the answer.
	Status int `json:"status"`
	// Detail is one sentence for people: what went wrong and what to do next.
	Detail string `json:"detail"`
	// Code is for programs.
	Code string `json:"code"`
	// RequestID finds the request in the log.
	RequestID string `json:"requestId,omitempty"`
	// Errors names what is wrong with the parts of a request.
	Errors []Field `json:"errors,omitempty"`
	// Headers are added to the answer.
	Headers http.Header `json:"-"`

	cause error
}

// Field is what is wrong with one part of a request.
type Field struct {
	// Location names the part, such as body.email.
	Location string `json:"location"`
	// Message is a sentence for people; it never repeats the value.
	Message string `json:"message"`
	// Code is for programs.
	Code string `json:"code,omitempty"`
	// Link leads to what helps.
	Link string `json:"link,omitempty"`
}

// New makes a problem.
func New(status int, code, detail string) *Problem {
	return &Problem{
		Type:   "urn:stowage:problem:" + code,
		Title:  http.StatusText(status),
		Status: status,
		Detail: detail,
		Code:   code,
	}
}

// With returns the problem with the parts of the request that are wrong.
func (p *Problem) With(fields ...Field) *Problem {
	out := p.clone()
	out.Errors = append(out.Errors, fields...)
	return out
}

// Header returns the problem with a header of the answer.
func (p *Problem) Header(name, value string) *Problem {
	out := p.clone()
	if out.Headers == nil {
		out.Headers = http.Header{}
	}
	out.Headers.Set(name, value)
	return out
}

// Because returns the problem with the error behind it, which is for the log alone.
func (p *Problem) Because(err error) *Problem {
	out := p.clone()
	out.cause = err
	return out
}

func (p *Problem) clone() *Problem {
	out := *p
	out.Errors = append([]Field(nil), p.Errors...)
	out.Headers = p.Headers.Clone()
	return &out
}

// Error says the sentence and, for the log, what is behind it.
func (p *Problem) Error() string {
	if p.cause != nil {
		return p.Code + ": " + p.cause.Error()
	}
	return p.Code + ": " + p.Detail
}

// Is says whether target is the same problem, whatever request and error it is of.
func (p *Problem) Is(target error) bool {
	other, ok := target.(*Problem)
	return ok && other.Status == p.Status && other.Code == p.Code
}

// Unwrap returns the error behind the problem.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus returns the status of the answer.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers that are added to the answer.
func (p *Problem) GetHeaders() http.Header { return p.Headers }

// ContentType returns the media type of a problem, whatever was asked for.
func (p *Problem) ContentType(string) string { return ContentType }

// Write answers with the problem that err is.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	p := From(r.Context(), err)
	header := w.Header()
	maps.Copy(header, p.Headers)
	header.Set("Content-Type", ContentType)
	header.Del("Content-Length")
	w.WriteHeader(p.Status)
	if r.Method == http.MethodHead {
		return
	}
	body, err := json.Marshal(p)
	if err != nil {
		// A Problem holds texts and a number: there is nothing in it that JSON does not have.
		panic(err)
	}
	// A caller who is gone is nobody's problem.
	_, _ = w.Write(append(body, '\n'))
}

type requestIDKey struct{}

// WithRequestID returns a context that knows the id of the request.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of the request, or nothing.
func RequestID(ctx context.Context) string {
	id, ok := ctx.Value(requestIDKey{}).(string)
	if !ok {
		return ""
	}
	return id
}
