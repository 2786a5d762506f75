package openapitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// Transport wraps a client's transport. Each exchange that breaks the
// description is an error of the test.
func (s *Spec) Transport(tb testing.TB, next http.RoundTripper) http.RoundTripper {
	tb.Helper()
	return transport{spec: s, tb: tb, next: next}
}

type transport struct {
	spec *Spec
	tb   testing.TB
	next http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	response, err := t.next.RoundTrip(r)
	if err != nil {
		// The request left, so it is held against the description all the same.
		t.report(r, t.spec.CheckRequest(r.Context(), r, sent))
		return nil, err
	}
	received, err := io.ReadAll(response.Body)
	if closing := response.Body.Close(); err == nil {
		err = closing
	}
	var tail io.Reader = http.NoBody
	if err == nil {
		t.report(r, t.spec.Check(r.Context(), r, sent, response.StatusCode, response.Header, received))
	} else {
		// Half an answer cannot be judged; the caller shall meet the same end.
		t.report(r, t.spec.CheckRequest(r.Context(), r, sent))
		tail = broken{err}
	}
	response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(received), tail))
	return response, nil
}

func (t transport) report(r *http.Request, err error) {
	if err != nil {
		t.tb.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
}

type broken struct{ err error }

// Read implements [io.Reader].
func (b broken) Read([]byte) (int, error) { return 0, b.err }

// Handler wraps a server's handler in the same way. The answer is recorded
// whole before it is passed on.
func (s *Spec) Handler(tb testing.TB, next http.Handler) http.Handler {
	tb.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		if err := s.Check(r.Context(), r, sent, rec.Code, rec.Header(), rec.Body.Bytes()); err != nil {
			tb.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		// The caller may be gone; there is nobody left to tell.
		_, _ = w.Write(rec.Body.Bytes())
	})
}

// CheckRequest holds a request against the description.
func (s *Spec) CheckRequest(ctx context.Context, r *http.Request, body []byte) error {
	op, params, covered := s.find(r)
	if !covered {
		return nil
	}
	if op == nil {
		return fmt.Errorf("no operation %s of this path is described or listed as undocumented", r.Method)
	}
	if op.route == nil {
		return nil
	}
	return s.checkRequest(ctx, op, requestInput(ctx, op, params, r, body))
}

// Check holds an exchange against the description.
func (s *Spec) Check(ctx context.Context, r *http.Request, sent []byte, status int, header http.Header, received []byte) error {
	op, params, covered := s.find(r)
	if !covered {
		return nil
	}
	if op == nil {
		return fmt.Errorf("no operation %s of this path is described or listed as undocumented", r.Method)
	}
	if op.route == nil {
		return nil
	}
	input := requestInput(ctx, op, params, r, sent)
	if err := s.checkRequest(ctx, op, input); err != nil {
		return err
	}
	return s.checkResponse(ctx, op, input, status, header, received)
}

func requestInput(ctx context.Context, op *operation, params map[string]string, r *http.Request, body []byte) *openapi3filter.RequestValidationInput {
	request := r.Clone(context.WithoutCancel(ctx))
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.ContentLength = int64(len(body))
	return &openapi3filter.RequestValidationInput{
		Request: request, PathParams: params, Route: op.route,
		Options: &openapi3filter.Options{
			AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc,
			SkipSettingDefaults: true,
			MultiError:          true,
		},
	}
}

func (s *Spec) checkRequest(ctx context.Context, op *operation, input *openapi3filter.RequestValidationInput) error {
	for name := range input.Request.URL.Query() {
		known := slices.ContainsFunc(op.route.Operation.Parameters, func(p *openapi3.ParameterRef) bool {
			return p.Value.In == openapi3.ParameterInQuery && p.Value.Name == name
		})
		if !known && !slices.Contains(s.query[op.label], name) {
			return fmt.Errorf("request: the query parameter %q is not described", name)
		}
	}
	if err := openapi3filter.ValidateRequest(ctx, input); err != nil {
		return fmt.Errorf("request: %w", err)
	}
	return nil
}

func (s *Spec) checkResponse(ctx context.Context, op *operation, input *openapi3filter.RequestValidationInput, status int, header http.Header, body []byte) error {
	described := op.route.Operation.Responses.Status(status)
	if described == nil && !slices.Contains(s.statuses, status) {
		return fmt.Errorf("answer: the status %d is not described", status)
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	if status >= http.StatusBadRequest {
		return s.checkErrorBody(op, status, kind, body)
	}
	if described != nil && len(described.Value.Content) == 0 && len(bytes.TrimSpace(body)) > 0 {
		return fmt.Errorf("answer: a body of %d bytes where none is described", len(body))
	}
	if described != nil {
		output := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: input, Status: status, Header: header, Options: input.Options,
		}
		if err := openapi3filter.ValidateResponse(ctx, output.SetBodyBytes(body)); err != nil {
			return fmt.Errorf("answer %d: %w", status, err)
		}
	}
	if status < http.StatusMultipleChoices {
		s.exercised(op.label)
	}
	return nil
}

// checkErrorBody knows the two shapes of errors: the gateway's, and Assets'.
// Import endpoints have a third one of their own.
func (s *Spec) checkErrorBody(op *operation, status int, kind string, body []byte) error {
	if kind != "application/json" || strings.Contains(op.label, " /import") {
		return nil
	}
	var document map[string]any
	if err := json.Unmarshal(body, &document); err != nil {
		return fmt.Errorf("answer %d: the body is not a JSON object: %w", status, err)
	}
	if code, gateway := document["code"]; gateway {
		if code != float64(status) {
			return fmt.Errorf("answer %d: the gateway's body says %v", status, code)
		}
		return nil
	}
	if err := schema(s.doc, "Errors").VisitJSON(document); err != nil {
		return fmt.Errorf("answer %d: %w", status, err)
	}
	return nil
}
