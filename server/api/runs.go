package api

import "time"

// Run is a piece of work that is queued, under way or over.
type Run struct {
	ID              string      `json:"id" doc:"The id of the run." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a14"`
	Kind            string      `json:"kind" enum:"sync,plan,backup,restore,delete-backup,purge,licence" doc:"What it does." example:"backup"`
	State           string      `json:"state" enum:"queued,running,stopping,stopped,terminated,succeeded,partial,failed" doc:"Where it stands. stopped: interrupted, goes on later. terminated: stopped by a person. partial: done but for single things." example:"running"`
	Stage           string      `json:"stage,omitempty" doc:"What it is doing now, as people read it." example:"Restoring object entries"`
	Stages          []RunStage  `json:"stages" doc:"Its stages in their order, as far as they are known."`
	Progress        RunProgress `json:"progress" doc:"How far it has come."`
	QueuedBehind    string      `json:"queuedBehind,omitempty" doc:"The run it waits for, which works on the same destination."`
	QueuePosition   int         `json:"queuePosition,omitempty" doc:"Its place among the waiting runs of this site, from 1." example:"1"`
	Message         string      `json:"message,omitempty" doc:"What happened, where that is worth a sentence."`
	StopRequestedAt time.Time   `json:"stopRequestedAt,omitzero" doc:"When a person asked it to stop."`
	CreatedAt       time.Time   `json:"createdAt" doc:"When it was asked for."`
	StartedAt       time.Time   `json:"startedAt,omitzero" doc:"When it began."`
	EndedAt         time.Time   `json:"endedAt,omitzero" doc:"When it ended."`
	Actor           string      `json:"actor" doc:"The account that asked for it, or \"schedule\" or \"service\"." example:"5b10ac8d82e05b22cc7d4ef5"`
	CanStop         bool        `json:"canStop" doc:"Whether it can be stopped now."`
	CanResume       bool        `json:"canResume" doc:"Whether it can be resumed now."`
	Subject         RunSubject  `json:"subject" doc:"What it works on."`
}

// RunStage is one stage of a run.
type RunStage struct {
	Name  string `json:"name" doc:"The stage, as people read it." example:"Restoring object types"`
	Done  int64  `json:"done" doc:"How many are done." example:"12"`
	Total int64  `json:"total" doc:"How many there are, 0 while that is not known." example:"12"`
	State string `json:"state" enum:"pending,running,done" doc:"Where it stands." example:"done"`
}

// RunProgress tells how far a run has come.
type RunProgress struct {
	Done        int64   `json:"done" doc:"How many things of the present stage are done." example:"700"`
	Total       int64   `json:"total" doc:"How many there are, 0 while that is not known." example:"1240"`
	Rate        float64 `json:"rate" doc:"Things per second, smoothed." example:"16.4"`
	SecondsLeft int64   `json:"secondsLeft,omitempty" doc:"The time that is left of the present stage at that rate." example:"33"`
	Created     int64   `json:"created" doc:"How many things were created or stored." example:"700"`
	Skipped     int64   `json:"skipped" doc:"How many were left out for a documented cause." example:"0"`
	Failed      int64   `json:"failed" doc:"How many failed." example:"0"`
	Warned      int64   `json:"warned" doc:"How many came with a warning." example:"3"`
}

// RunSubject is what a run works on.
type RunSubject struct {
	SchemaID  string `json:"schemaId,omitempty" doc:"The row of the schema."`
	BackupID  string `json:"backupId,omitempty" doc:"The backup."`
	RestoreID string `json:"restoreId,omitempty" doc:"The restore."`
	PlanID    string `json:"planId,omitempty" doc:"The plan."`
}

// LogLine is one line of the log of a run.
type LogLine struct {
	Seq       int64     `json:"seq" doc:"Its place in the log, from 1." example:"42"`
	Outcome   string    `json:"outcome" enum:"ok,failed,skipped,warned" doc:"What became of it." example:"ok"`
	Stage     string    `json:"stage,omitempty" doc:"The stage." example:"Restoring object entries"`
	Kind      string    `json:"kind" doc:"What kind of thing it concerns." example:"object"`
	Key       string    `json:"key,omitempty" doc:"The key of the object." example:"ITSM-17"`
	Attribute string    `json:"attribute,omitempty" doc:"The attribute." example:"Owner"`
	Cause     string    `json:"cause,omitempty" doc:"The documented cause." example:"user-missing"`
	Message   string    `json:"message" doc:"The line itself."`
	At        time.Time `json:"at,omitzero" doc:"When."`
}

// LogPage is a stretch of the log of a run.
type LogPage struct {
	Items []LogLine `json:"items" doc:"The lines, oldest first."`
	Last  int64     `json:"last" doc:"Give this as after to get what follows." example:"42"`
}

// RunEnd is the last event of a stream.
type RunEnd struct {
	State string `json:"state" doc:"The state the run ended in, or empty where the server closes the stream." example:"succeeded"`
}
