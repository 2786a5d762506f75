package jobs

// The keys of log attributes.
const (
	logRun     = "run_id"
	logTenant  = "tenant"
	logKind    = "kind"
	logQueue   = "queue"
	logError   = "error"
	logAttempt = "attempt"
	logStack   = "stack"
	logOutcome = "outcome"
	logReason  = "reason"
	logSchema  = "schema"
	logDetail  = "detail"
)
