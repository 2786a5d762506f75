package worker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/backup"
	"stowage/blob"
	"stowage/internal/netguard"
	"stowage/jobs"
	"stowage/models"
	"stowage/restore"
	"stowage/snapshot"
)

// errStore marks what the store of backups failed with, other than what it is made to say.
var errStore = errors.New("the store of backups does not work")

// Transient says whether an error of a handler may pass by itself, so that the run is worth another try. It is the only
// place that decides.
func Transient(err error) bool {
	for _, lasting := range []error{
		netguard.ErrRefused, assets.ErrUnauthorized, assets.ErrForbidden, restore.ErrPlan, restore.ErrOptions, backup.ErrEmptySchema,
		backup.ErrOtherSchema, blob.ErrFull, blob.ErrReadOnly, models.ErrFull, models.ErrNoKey, snapshot.ErrWrongKey, snapshot.ErrFutureVersion,
		snapshot.ErrTampered, snapshot.ErrNoBackup,
	} {
		if errors.Is(err, lasting) {
			return false
		}
	}
	for _, passing := range []error{assets.ErrUnavailable, assets.ErrThrottled, assets.ErrUnknownOutcome, snapshot.ErrSegmentMissing, snapshot.ErrBusy, errStore} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

// sentence is what a user is told about an error that will not pass by itself, with the next step. Nothing is said about
// errors that nobody foresaw.
func sentence(err error) (text string, known bool) {
	said, isSentence := errors.AsType[*sentenceError](err)
	switch {
	case isSentence:
		return said.text, true
	case errors.Is(err, backup.ErrEmptySchema):
		return "An empty schema cannot be backed up. Create at least one object in it first.", true
	case errors.Is(err, restore.ErrPlan) || errors.Is(err, restore.ErrOptions):
		return plainPlan(err), true
	case errors.Is(err, netguard.ErrRefused):
		return "The address of the site does not lead to the internet any more, so it is not connected to. Correct it in the configuration.", true
	case errors.Is(err, assets.ErrUnauthorized):
		return "The site does not accept the credentials any more. Enter a new API token in the configuration, then try again.", true
	case errors.Is(err, assets.ErrForbidden):
		return "The account of the connection lacks a permission that this needs. Make it an Object Schema Manager or a Jira administrator, then try again.", true
	case errors.Is(err, blob.ErrFull) || errors.Is(err, models.ErrFull):
		return "The storage has no room left. Free some space, then try again; earlier backups are untouched.", true
	case errors.Is(err, blob.ErrReadOnly):
		return "The storage of backups cannot be written to. Correct its configuration, then try again.", true
	case errors.Is(err, snapshot.ErrWrongKey):
		return "The key of the service does not fit the storage of backups. Start the service with the key that was made with it.", true
	case errors.Is(err, snapshot.ErrNoKeys) || errors.Is(err, snapshot.ErrNoBackup):
		return "The backup is not in the storage any more, so there is nothing to restore from it.", true
	case errors.Is(err, snapshot.ErrTampered):
		return "The backup is damaged in the storage and cannot be used. Choose another backup.", true
	case errors.Is(err, snapshot.ErrFutureVersion):
		return "The backup was made by a later version of this app. Update the app to use it.", true
	}
	return "", false
}

// plainPlan is what a plan that cannot be made or used says of itself, as a sentence.
func plainPlan(err error) string {
	text := err.Error()
	for _, prefix := range []string{restore.ErrPlan.Error() + ": ", restore.ErrOptions.Error() + ": "} {
		if _, rest, found := strings.Cut(text, prefix); found {
			text = rest
			break
		}
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[size:], ".") + "."
}

// sentenceError ends a run with a sentence for the user.
type sentenceError struct {
	text string
	err  error
}

// Error says the sentence, and what was behind it.
func (e *sentenceError) Error() string {
	if e.err == nil {
		return e.text
	}
	return fmt.Sprintf("%s (%v)", e.text, e.err)
}

// Unwrap returns what was behind it.
func (e *sentenceError) Unwrap() error { return e.err }

// say ends a run with a sentence.
func say(text string) error { return &sentenceError{text: text} }

// longestWait bounds how long a run is put off because its site asked to wait.
const longestWait = 15 * time.Minute

// conclude turns what a handler met into what the pool is told: go on later, the end with a sentence, or the error itself.
func (w *Worker) conclude(ctx context.Context, run *models.Run, live *jobs.Live, err error) error {
	if err == nil || ctx.Err() != nil {
		// The cause of the context decides, whatever came of its end.
		return err
	}
	if _, isLater := errors.AsType[*jobs.Later](err); isLater || errors.Is(err, jobs.ErrMore) {
		return err
	}
	if errors.Is(err, assets.ErrThrottled) {
		later := &jobs.Later{After: time.Minute, Reason: "The site asked to slow down."}
		if failed, ok := errors.AsType[*atlassian.Error](err); ok && failed.RetryAfter > 0 {
			later.After = min(failed.RetryAfter, longestWait)
		}
		return later
	}
	if text, known := sentence(err); known && !Transient(err) {
		w.log.WarnContext(ctx, "run ended with a sentence", "run_id", run.ID(), "kind", string(run.Info().Kind), "sentence", kindOf(err))
		live.End(models.StateFailed, nil, text)
		return nil
	}
	failed, ofSite := errors.AsType[*atlassian.Error](err)
	if ofSite {
		err = &quietError{failed: failed, err: err}
	}
	if !Transient(err) {
		return err
	}
	switch {
	case ofSite && failed.Status > 0:
		return &jobs.Trouble{Sentence: strings.TrimRight(fmt.Sprintf("%s answered %d %s", failed.Site, failed.Status, http.StatusText(failed.Status)), " ") + ".", Err: err}
	case ofSite:
		return &jobs.Trouble{Sentence: failed.Site + " did not answer.", Err: err}
	case errors.Is(err, errStore):
		return &jobs.Trouble{Sentence: "The storage of backups did not answer.", Err: err}
	}
	return err
}

// quietError is an answer of a site without what the site said: that may quote data, and errors of handlers are logged.
type quietError struct {
	failed *atlassian.Error
	err    error
}

// Error says what was asked and how the answer began.
func (e *quietError) Error() string {
	text := fmt.Sprintf("%s of %s", e.failed.Operation, e.failed.Site)
	if e.failed.Status > 0 {
		text += fmt.Sprintf(" answered %d", e.failed.Status)
	}
	if e.failed.TraceID != "" {
		text += " (trace " + e.failed.TraceID + ")"
	}
	for _, kind := range []error{assets.ErrUnknownOutcome, assets.ErrUnavailable, assets.ErrThrottled, assets.ErrNotFound, assets.ErrUnsupported, assets.ErrConflict} {
		if errors.Is(e.err, kind) {
			return text + ": " + kind.Error()
		}
	}
	return text
}

// Unwrap returns the whole of it.
func (e *quietError) Unwrap() error { return e.err }

// kindOf names an error by what it is about. Its text stays out of the log: what a site says may quote data.
func kindOf(err error) string {
	for _, known := range []error{
		netguard.ErrRefused, assets.ErrUnauthorized, assets.ErrForbidden, assets.ErrNotFound, restore.ErrPlan, restore.ErrOptions, backup.ErrEmptySchema, blob.ErrFull,
		blob.ErrReadOnly, errStore, models.ErrFull, snapshot.ErrBusy, snapshot.ErrWrongKey, snapshot.ErrNoKeys, snapshot.ErrNoBackup, snapshot.ErrTampered, snapshot.ErrFutureVersion,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "refused"
}
