package api

import "time"

// Restore is one restore or migration of a backup.
type Restore struct {
	ID           string         `json:"id" doc:"The id of the restore." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a13"`
	Number       int            `json:"number" doc:"1, 2, 3 and so on." example:"2"`
	BackupID     string         `json:"backupId" doc:"The backup it restores." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a11"`
	Source       RestoreSource  `json:"source" doc:"The schema that was backed up."`
	Destination  string         `json:"destination" enum:"current,existing,instance" doc:"Current instance, existing schema, or another instance." example:"current"`
	Target       RestoreTarget  `json:"target" doc:"Where it goes."`
	Options      RestoreOptions `json:"options" doc:"What was chosen."`
	State        string         `json:"state" enum:"pending,running,stopping,completed,completedWithErrors,terminated,error" doc:"What became of it." example:"completed"`
	Stage        string         `json:"stage,omitempty" doc:"What it is doing, as people read it." example:"Restoring object entries"`
	Message      string         `json:"message,omitempty" doc:"The result in one sentence." example:"Operation success"`
	QueuedBehind string         `json:"queuedBehind,omitempty" doc:"The run it waits for, which writes on the same destination."`
	Counts       RestoreCounts  `json:"counts" doc:"How much was done."`
	Proved       bool           `json:"proved" doc:"Whether the destination was read back and found to be as planned."`
	Differences  int            `json:"differences" doc:"How many differences that found." example:"0"`
	CreatedBy    string         `json:"createdBy" doc:"The account that asked for it." example:"5b10ac8d82e05b22cc7d4ef5"`
	CreatedAt    time.Time      `json:"createdAt" doc:"When it was asked for."`
	StartedAt    time.Time      `json:"startedAt,omitzero" doc:"When it began."`
	EndedAt      time.Time      `json:"endedAt,omitzero" doc:"When it ended; missing for one that failed before it began."`
	Run          *Run           `json:"run,omitempty" doc:"The run that does it."`
	RestoredWith string         `json:"restoredWith" doc:"What it was done with." example:"Marketplace app"`
	Parts        []RestorePart  `json:"parts" doc:"What can be restored afterwards, and what became of that."`
}

// RestoreSource is the schema that was backed up.
type RestoreSource struct {
	SchemaID string `json:"schemaId" doc:"The id of the row of the schema." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a10"`
	Name     string `json:"name" doc:"Its name." example:"IT Service Management"`
	Key      string `json:"key" doc:"Its key." example:"ITSM"`
	URL      string `json:"url,omitempty" doc:"The schema in Assets, while it is there." example:"https://acme.atlassian.net/jira/assets/object-schema/7"`
}

// RestoreTarget is where a restore goes.
type RestoreTarget struct {
	SiteURL    string `json:"siteUrl" doc:"The site." example:"https://acme.atlassian.net"`
	Name       string `json:"name,omitempty" doc:"The name of the target instance." example:"globex"`
	SchemaID   string `json:"schemaId,omitempty" doc:"The id of the new schema in Assets, once it exists." example:"9"`
	SchemaName string `json:"schemaName" doc:"The name of the new schema." example:"IT Service Management (restored)"`
	SchemaKey  string `json:"schemaKey" doc:"The key of the new schema." example:"ITSMR"`
	URL        string `json:"url,omitempty" doc:"The new schema in Assets, once it exists." example:"https://acme.atlassian.net/jira/assets/object-schema/9"`
}

// RestoreOptions is what was chosen for a restore.
type RestoreOptions struct {
	ObjectTypes []string `json:"objectTypes,omitempty" doc:"The ids of the chosen object types; missing means all."`
	Icons       bool     `json:"icons" doc:"Custom icons are uploaded."`
	History     bool     `json:"history" doc:"The history of objects is written into an attribute."`
	Users       string   `json:"users" enum:"all-or-nothing,partial" doc:"What becomes of an attribute with several users when some do not exist."`
	MatchUsers  string   `json:"matchUsers" enum:"name,account" doc:"How users are found."`
	Duplicates  bool     `json:"duplicates" doc:"Objects that exist already are created again."`
}

// RestoreCounts counts what a restore did.
type RestoreCounts struct {
	Planned int64 `json:"planned" doc:"Objects to create." example:"1240"`
	Created int64 `json:"created" doc:"Objects created." example:"1240"`
	Skipped int64 `json:"skipped" doc:"Objects or values left out for a documented cause." example:"0"`
	Failed  int64 `json:"failed" doc:"Objects the destination refused." example:"0"`
}

// RestorePart is something that is restored after the objects.
type RestorePart struct {
	Part      string    `json:"part" enum:"references,comments,objectTypeId,issues,attachments" doc:"What." example:"references"`
	State     string    `json:"state,omitempty" enum:"Pending,In progress,Success,Error" doc:"What became of it; missing when it was not started."`
	StartedAt time.Time `json:"startedAt,omitzero" doc:"When it began."`
	EndedAt   time.Time `json:"endedAt,omitzero" doc:"When it ended."`
	Message   string    `json:"message,omitempty" doc:"The result in one sentence."`
}

// RestoreList is a page of restores.
type RestoreList struct {
	Items []Restore `json:"items" doc:"The restores of this page, newest first."`
	Next  string    `json:"next,omitempty" doc:"The cursor of the next page; missing on the last one."`
	Total int64     `json:"total" doc:"How many restores the filter matches." example:"3"`
}

// RestoreOrder asks for the restore that a plan describes.
type RestoreOrder struct {
	PlanID string `json:"planId" maxLength:"64" doc:"The plan that was reviewed." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a12"`
}

// RestoreStarted is a restore that was asked for.
type RestoreStarted struct {
	Restore Restore `json:"restore" doc:"The restore."`
	Run     Run     `json:"run" doc:"The run that does it."`
}

// RestoreLogEntry is one line of the full log of a restore.
type RestoreLogEntry struct {
	ObjectKey string              `json:"ObjectKey" doc:"The key of the object in the backup." example:"ITSM-17"`
	Result    bool                `json:"Result" doc:"Whether it was restored."`
	Message   string              `json:"Message" doc:"What the destination said." example:"{ message: 'OK' }"`
	TargetID  string              `json:"TargetID,omitempty" doc:"The id of the new object." example:"1017"`
	TargetKey string              `json:"TargetKey,omitempty" doc:"The key of the new object." example:"ITSMR-17"`
	Warnings  []RestoreLogWarning `json:"Warnings,omitempty" doc:"The values that were left out."`
}

// RestoreLogWarning is something of an object that was not restored.
type RestoreLogWarning struct {
	Attribute string `json:"Attribute" doc:"The attribute." example:"Owner"`
	Cause     string `json:"Cause" doc:"The documented cause." example:"user-missing"`
	Message   string `json:"Message" doc:"The matter in one sentence."`
}
