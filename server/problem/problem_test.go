package problem_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/connect"
	"stowage/jobs"
	"stowage/models"
	"stowage/server/problem"
)

const canary = "canary-5d1c"

func TestErrorsBecomeAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"not signed in":      {connect.ErrUnauthorized, 401, "unauthorized"},
		"not acceptable":     {connect.ErrInvalid, 400, "invalid"},
		"keys cannot be had": {connect.ErrKeysUnavailable, 503, "keys-unavailable"},
		"no such row":        {models.ErrNotFound, 404, "not-found"},
		"row exists":         {models.ErrConflict, 409, "conflict"},
		"run in use":         {&models.BusyError{RunID: canary}, 409, "conflict"},
		"disk is full":       {models.ErrFull, 503, "full"},
		"database is away":   {models.ErrUnavailable, 503, "unavailable"},
		"body too large":     {&http.MaxBytesError{Limit: 1}, 413, "too-large"},
		"took too long":      {context.DeadlineExceeded, 503, "unavailable"},
		"cancelled inside":   {context.Canceled, 500, "internal"},
		"anything else":      {errors.New("anything"), 500, "internal"},
		"nothing":            {nil, 500, "internal"},
		"done already":       {&jobs.AlreadyRunning{RunID: "r"}, 409, "already-running"},
		"no licence":         {&jobs.Refused{Code: jobs.CodeLicence, Sentence: "No."}, 403, "licence"},
		"not installed":      {&jobs.Refused{Code: jobs.CodeUninstalled, Sentence: "No."}, 403, "uninstalled"},
		"makes no sense":     {&jobs.Refused{Code: jobs.CodeBadRequest, Sentence: "No."}, 422, "bad-request"},
		"not now":            {&jobs.Refused{Code: jobs.CodePlanStale, Sentence: "No."}, 409, "plan-stale"},
		"wrong credentials":  {&jobs.CheckError{Code: jobs.CheckCredentials, Sentence: "No.", Err: errors.New(canary)}, 422, "credentials-refused"},
		"a problem":          {problem.ErrForbidden, 403, "forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.err
			if err != nil {
				err = fmt.Errorf("open %s: %w", canary, err)
			}
			ctx := problem.WithRequestID(t.Context(), "request-1")
			p := problem.From(ctx, err)
			if p.Status != test.status || p.Code != test.code || p.RequestID != "request-1" {
				t.Errorf("got %+v", p)
			}
			if p.Title != http.StatusText(test.status) || p.Detail == "" || p.Type != "urn:stowage:problem:"+test.code {
				t.Errorf("says %+v", p)
			}
			text, jsonErr := json.Marshal(p)
			if jsonErr != nil {
				t.Fatal(jsonErr)
			}
			if strings.Contains(string(text), canary) {
				t.Errorf("shows what was in the error: %s", text)
			}
			if test.err != nil && !errors.Is(p, test.err) {
				t.Error("the error is not there for the log")
			}
		})
	}
}

func TestConnectionThatDoesNotWorkNamesItsFields(t *testing.T) {
	t.Parallel()
	err := &jobs.CheckError{Field: jobs.FieldSite, Also: []string{jobs.FieldToken}, Code: "c", Sentence: "Wrong. Look again.", Link: "https://help.example"}
	got := problem.From(t.Context(), fmt.Errorf("check: %w", err))
	want := []problem.Field{
		{Location: "body.url", Message: "Wrong. Look again.", Code: "c", Link: "https://help.example"},
		{Location: "body.token", Message: "Wrong. Look again.", Code: "c"},
	}
	if diff := cmp.Diff(want, got.Errors); diff != "" || got.Detail != "Wrong. Look again." {
		t.Errorf("%s (-want +got):\n%s", got.Detail, diff)
	}
	if bare := problem.From(t.Context(), &jobs.CheckError{Code: "c", Sentence: "Wrong."}); len(bare.Errors) != 0 {
		t.Errorf("got %+v", bare.Errors)
	}
}

func TestCallerWhoIsGone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p := problem.From(ctx, fmt.Errorf("read: %w", context.Canceled)); p.Status != problem.StatusClientGone {
		t.Errorf("got %+v", p)
	}
}

func TestProblemsAreNotShared(t *testing.T) {
	t.Parallel()
	base := problem.New(422, "invalid", "Some fields are wrong.")
	one := base.With(problem.Field{Location: "body.email", Message: "No.", Code: "email", Link: "https://stowage.example"}).Header("Retry-After", "1").Because(errors.New("x"))
	two := base.With(problem.Field{Location: "body.token", Message: "No."})
	if len(base.Errors) != 0 || base.Headers != nil || base.Unwrap() != nil || len(one.Errors) != 1 || len(two.Errors) != 1 {
		t.Errorf("base %+v, one %+v, two %+v", base, one, two)
	}
	if got := problem.From(problem.WithRequestID(t.Context(), "r"), base); got == base || base.RequestID != "" {
		t.Error("the id of a request stays in a problem that others use")
	}
}

func TestWriteAnswersOnce(t *testing.T) {
	t.Parallel()
	p := problem.New(429, "too-many-requests", "Slower, please.").Header("Retry-After", "7").With(problem.Field{Location: "body.email", Message: "Wrong."})
	r := httptest.NewRequestWithContext(problem.WithRequestID(t.Context(), "request-2"), http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Content-Length", "3")
	problem.Write(w, r, p.Because(errors.New(canary)))
	if w.Code != 429 || w.Header().Get("Retry-After") != "7" || w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("Content-Length") != "" {
		t.Errorf("answered %d %v", w.Code, w.Header())
	}
	want := `{"type":"urn:stowage:problem:too-many-requests","title":"Too Many Requests","status":429,"detail":"Slower, please.",` +
		`"code":"too-many-requests","requestId":"request-2","errors":[{"location":"body.email","message":"Wrong."}]}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	head := httptest.NewRecorder()
	problem.Write(head, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/", nil), p)
	if head.Body.Len() != 0 {
		t.Error("HEAD has a body")
	}
	if p.ContentType("application/json") != problem.ContentType || p.GetStatus() != 429 || p.GetHeaders().Get("Retry-After") != "7" {
		t.Errorf("says %s %d", p.ContentType(""), p.GetStatus())
	}
}
