package problem

import (
	"errors"
	"net/http"

	"stowage/jobs"
)

// ofRuns returns the problem of what package jobs refuses, or nil. Those errors are written for people, so that their
// sentences are answered as they are.
func ofRuns(err error) *Problem {
	if running, ok := errors.AsType[*jobs.AlreadyRunning](err); ok {
		return New(http.StatusConflict, "already-running", "This is being done already.").Because(running)
	}
	if refused, ok := errors.AsType[*jobs.Refused](err); ok {
		return New(refusedStatus(refused.Code), refused.Code, refused.Sentence).Because(refused)
	}
	if check, ok := errors.AsType[*jobs.CheckError](err); ok {
		p := New(http.StatusUnprocessableEntity, check.Code, check.Sentence).Because(check)
		if check.Field == "" {
			return p
		}
		p = p.With(Field{Location: checkedField(check.Field), Code: check.Code, Message: check.Sentence, Link: check.Link})
		for _, also := range check.Also {
			p = p.With(Field{Location: checkedField(also), Code: check.Code, Message: check.Sentence})
		}
		return p
	}
	return nil
}

// refusedStatus is the status for a code of a jobs.Refused. Most are at odds with the state of things.
func refusedStatus(code string) int {
	switch code {
	case jobs.CodeLicence, jobs.CodeUninstalled:
		return http.StatusForbidden
	case jobs.CodeBadRequest:
		return http.StatusUnprocessableEntity
	}
	return http.StatusConflict
}

// checkedField is where the API has the field of a connection that was tried.
func checkedField(field string) string {
	if field == jobs.FieldSite {
		return "body.url"
	}
	return "body." + field
}
