package jobs

import (
	"errors"
	"fmt"
	"time"
)

// Why the context of a handler ended. Each is the cause of that context, and a handler may return it, or any error that
// came of the context having ended.
var (
	// ErrStopRequested means that a user stopped the run. It becomes terminated.
	ErrStopRequested = errors.New("the run was stopped by a user")
	// ErrShutdown means that this process is going down. The run goes on elsewhere, at once.
	ErrShutdown = errors.New("the worker is shutting down")
	// ErrMore means that the slice of the run is used up and there is more to do. The run goes to the end of the queue. A
	// handler may return it also on its own account.
	ErrMore = errors.New("the slice of the run is used up")
	// ErrAbandoned means that the lease of the run is lost: somebody else works on it, or it is finished. Nothing is
	// recorded, and nothing could be.
	ErrAbandoned = errors.New("the run belongs to somebody else")
)

// Later is what a handler returns to go on after some time: the site asked to wait, or something needed is in use. It is
// no failure.
type Later struct { //nolint:errname // It reads as what it is where it is returned: &jobs.Later{After: …}.
	After  time.Duration
	Reason string
}

// Error says how long to wait and why.
func (e *Later) Error() string { return fmt.Sprintf("go on in %s: %s", e.After, e.Reason) }

// Trouble is an error that passes, with a sentence that tells people what it is. What comes of the run is decided by the
// error.
type Trouble struct { //nolint:errname // It reads as what it is where it is returned: &jobs.Trouble{Sentence: …}.
	Sentence string
	Err      error
}

// Error is for the log.
func (t *Trouble) Error() string { return t.Err.Error() }

// Unwrap returns the error.
func (t *Trouble) Unwrap() error { return t.Err }

// AlreadyRunning says that the same is being done already.
type AlreadyRunning struct { //nolint:errname // An answer more than a failure.
	RunID string
}

// Error names the run.
func (e *AlreadyRunning) Error() string { return fmt.Sprintf("run %s does this already", e.RunID) }

// Refused says in one sentence for the user why nothing was started.
type Refused struct { //nolint:errname // An answer more than a failure.
	// Code is for programs, Sentence for people.
	Code     string
	Sentence string
}

// Error is the sentence with its code.
func (e *Refused) Error() string { return e.Code + ": " + e.Sentence }

// The codes of a Refused.
const (
	CodeNotConnected   = "not-connected"
	CodeLicence        = "licence"
	CodeSchemaDeleted  = "schema-deleted"
	CodeSchemaInactive = "schema-inactive"
	CodeSchemaUnread   = "schema-unreadable"
	CodeNotRestorable  = "backup-not-restorable"
	CodeBackupInUse    = "backup-in-use"
	CodePlanNotReady   = "plan-not-ready"
	CodePlanStale      = "plan-stale"
	CodeTargetMissing  = "target-missing"
	CodeBadRequest     = "bad-request"
	CodeNotResumable   = "not-resumable"
	CodeNotStoppable   = "not-stoppable"
	CodeUninstalled    = "uninstalled"
)

// What a user reads of errors. Their own words go to the log only: they may name what is inside of the service, such as
// the address of its database.
const (
	// interrupted is said of a run that failed for a reason that lies outside, halted of one that is tried again for a reason
	// that nobody can name.
	interrupted = "The process was interrupted due to API or connectivity issues."
	halted      = "The process was interrupted."
	// internal is said of errors that nobody foresaw.
	internal = "An internal error ended the run. Whoever operates the service finds the reason in its log, by the id of the run."
)
