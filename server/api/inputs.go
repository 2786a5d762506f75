package api

import (
	"github.com/danielgtaylor/huma/v2"
)

type connectionTrialInput struct {
	Once
	Body ConnectionTrial
}

type workspaceInput struct {
	Once
	Body WorkspaceQuestion
}

type connectionInput struct{ Body ConnectionInput }

type storageInput struct{ Body StorageChoice }

type confirmInput struct{ Body Confirmation }

type syncInput struct{ Once }

type schemasInput struct {
	Paged
	Query       string `query:"q" maxLength:"255" doc:"Schemas whose name holds this text."`
	Status      string `query:"status" enum:"Active,Inactive,Deleted,Sync Error" doc:"Schemas with this status."`
	Location    string `query:"location" enum:"Cloud,Another Cloud,Data Center" doc:"Schemas on this kind of instance."`
	Instance    string `query:"instance" maxLength:"64" doc:"Schemas on this instance."`
	HideDeleted bool   `query:"hideDeleted" doc:"Leave out schemas that were deleted from Assets."`
	Limit       int    `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"How many to answer."`
}

type namesInput struct {
	Name string `query:"name" maxLength:"254" doc:"A name for a schema."`
	Key  string `query:"key" maxLength:"20" doc:"A key for a schema."`
}

type deleteSchemaInput struct {
	ByID
	Body NameConfirmation
}

type startBackupInput struct {
	Once
	ByID
	Body BackupOrder
}

type backupsInput struct {
	ByID
	Paged
	Trigger string `query:"trigger" enum:"Manual,Scheduled" doc:"Backups of this kind."`
	From    string `query:"from" format:"date-time" maxLength:"40" doc:"Backups that were asked for at this time or later."`
	To      string `query:"to" format:"date-time" maxLength:"40" doc:"Backups that were asked for before this time."`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many to answer."`
}

type updateBackupInput struct {
	ByID
	Body BackupChange
}

type deleteBackupInput struct {
	ByID
	Body NameConfirmation
}

type planInput struct {
	Once
	Body PlanOrder
}

type restoreInput struct {
	Once
	Body RestoreOrder
}

type restoresInput struct {
	Paged
	SchemaID string `query:"schemaId" maxLength:"64" doc:"Restores of the backups of this schema."`
	State    string `query:"state" enum:"pending,running,stopping,completed,completedWithErrors,terminated,error" doc:"Restores in this state."`
	Limit    int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many to answer."`
}

type runInput struct {
	Once
	ByID
}

type logInput struct {
	ByID
	After int64  `query:"after" minimum:"-1" default:"-1" doc:"Lines behind this place, 0 for all from the first. Left out: the last lines."`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"500" doc:"How many to answer."`
	Query string `query:"q" maxLength:"255" doc:"Lines whose key, attribute or message holds this text."`
	// Outcome is written once for each outcome.
	Outcome []string `query:"outcome,explode" maxItems:"4" enum:"ok,failed,skipped,warned" doc:"Lines that came to one of these."`
}

type eventsInput struct {
	ByID
	LastEventID string `header:"Last-Event-ID" maxLength:"32" doc:"The id of the last event that was received; browsers send it by themselves."`
}

type createTargetInput struct {
	Once
	Body TargetInput
}

type targetTrialInput struct {
	Once
	Body TargetTrial
}

type updateTargetInput struct {
	ByID
	Body TargetInput
}

type auditInput struct {
	Paged
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many to answer."`
}

// stream is an answer that writes itself.
type stream struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               func(huma.Context)
}
