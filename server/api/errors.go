package api

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"stowage/server/problem"
)

// Codes and sentences of problems that several operations answer.
const (
	codeInvalid     = "invalid"
	sentenceInvalid = "Some fields need your attention."
)

// fail turns an error of the inner packages into a problem.
func (a *handlers) fail(ctx context.Context, err error) error {
	p := problem.From(ctx, err)
	if p.Status >= http.StatusInternalServerError && ctx.Err() == nil {
		a.Log.ErrorContext(ctx, "a request failed", "error", err, "request_id", problem.RequestID(ctx))
	}
	return p
}

// ownForm rewrites the errors Huma makes while it reads a request. Its own form repeats the values that were sent, secrets
// included; nothing of those is left, and neither are its words.
func ownForm(ctx huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	var p *problem.Problem
	switch model.Status {
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		p = problem.New(model.Status, codeInvalid, sentenceInvalid)
		for _, d := range model.Errors {
			p = p.With(field(d))
		}
		if len(model.Errors) == 0 {
			p = p.With(problem.Field{Location: "body", Code: "required", Message: "A body is required."})
		}
	case http.StatusRequestEntityTooLarge:
		p = problem.New(model.Status, "too-large", "The body is too large.")
	case http.StatusRequestTimeout:
		p = problem.New(model.Status, "too-slow", "The body took too long to arrive.")
	case http.StatusUnsupportedMediaType:
		p = problem.New(model.Status, "unsupported-media-type", "The body has to be JSON.")
	default:
		p = problem.New(model.Status, "internal", "Something went wrong on our side.")
	}
	return problem.From(ctx.Context(), p), nil
}

// plain is what a location may look like; members made up by the caller could hold anything.
var plain = regexp.MustCompile(`^(body|query|path|header)([.\[][A-Za-z0-9_\]-]{1,40}){0,4}$`)

// field words one finding of the validation in sentences of our own.
func field(d *huma.ErrorDetail) problem.Field {
	f := problem.Field{Location: d.Location, Code: codeInvalid, Message: "This value is not valid."}
	switch m := d.Message; {
	case strings.HasPrefix(m, "expected required property "):
		name, _, _ := strings.Cut(strings.TrimPrefix(m, "expected required property "), " ")
		f.Location, f.Code, f.Message = d.Location+"."+name, "required", "This field is required."
	case strings.HasPrefix(m, "required "):
		f.Code, f.Message = "required", "This is required."
	case m == "unexpected property":
		f.Code, f.Message = "unknown", "This field is not known."
	case m == "unknown query parameter":
		f.Code, f.Message = "unknown", "This parameter is not known."
	case m == errSyntax.Error(), m == errDeep.Error(), m == errTwice.Error():
		f.Location, f.Code, f.Message = "body", "json", strings.ToUpper(m[:1])+m[1:]+"."
	case m == "expected length >= 1":
		f.Code, f.Message = "required", "This field must not be empty."
	case strings.HasPrefix(m, "expected length >= "):
		f.Code, f.Message = "too-short", "This has to be at least "+strings.TrimPrefix(m, "expected length >= ")+" characters long."
	case strings.HasPrefix(m, "expected length <= "):
		f.Code, f.Message = "too-long", "This may be at most "+strings.TrimPrefix(m, "expected length <= ")+" characters long."
	case strings.HasPrefix(m, "expected number >= "):
		f.Message = "This has to be at least " + strings.TrimPrefix(m, "expected number >= ") + "."
	case strings.HasPrefix(m, "expected number <= "):
		f.Message = "This may be at most " + strings.TrimPrefix(m, "expected number <= ") + "."
	case strings.HasPrefix(m, "expected array length <= "):
		f.Code, f.Message = "too-many", "At most "+strings.TrimPrefix(m, "expected array length <= ")+" entries are allowed."
	case strings.HasPrefix(m, "expected value to be one of "):
		f.Message = "This has to be one of " + strings.ReplaceAll(strings.TrimPrefix(m, "expected value to be one of "), "\"", "") + "."
	case strings.HasPrefix(m, "expected string to be RFC 3339"):
		f.Message = "This has to be a time such as 2026-11-20T08:30:00Z."
	case strings.HasPrefix(m, "expected string to match pattern ") && d.Location == "body.schemaKey":
		f.Message = "This has to be 2 to 20 capital letters and digits, beginning with a letter."
	case m == "expected string", m == "expected boolean", m == "expected integer", m == "expected array", m == "expected object":
		f.Code, f.Message = "type", "This has to be of the type "+strings.TrimPrefix(m, "expected ")+"."
	case m == "invalid integer", m == "invalid boolean":
		f.Code, f.Message = "type", "This has to be of the type "+strings.TrimPrefix(m, "invalid ")+"."
	}
	if !plain.MatchString(f.Location) {
		f.Location, _, _ = strings.Cut(f.Location, ".")
		if !plain.MatchString(f.Location) {
			f.Location = "body"
		}
	}
	return f
}
