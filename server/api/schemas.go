package api

import "time"

// Schema is one row of the grid of synced schemas.
type Schema struct {
	ID          string         `json:"id" doc:"The id of the row." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a10"`
	SchemaID    string         `json:"schemaId" doc:"The id of the schema in Assets." example:"7"`
	Key         string         `json:"key" doc:"The key of the schema." example:"ITSM"`
	Name        string         `json:"name" doc:"The name of the schema." example:"IT Service Management"`
	Description string         `json:"description" doc:"The description of the schema."`
	Objects     int64          `json:"objects" doc:"The number of objects at the last sync." example:"1240"`
	Instance    SchemaInstance `json:"instance" doc:"Where the schema lives."`
	Location    string         `json:"location" enum:"Cloud,Another Cloud,Data Center" doc:"What kind of instance that is." example:"Cloud"`
	Status      string         `json:"status" enum:"Active,Inactive,Deleted,Sync Error" doc:"Whether it can be backed up." example:"Active"`
	SyncError   string         `json:"syncError,omitempty" doc:"Why the last sync failed."`
	Backups     SchemaBackups  `json:"backups" doc:"What its backups are doing."`
	LastBackup  *LastBackup    `json:"lastBackup,omitempty" doc:"The last good backup."`
	LastError   *LastError     `json:"lastError,omitempty" doc:"The last failure, where no backup succeeded since."`
	Run         *Run           `json:"run,omitempty" doc:"Its backup that is queued or under way."`
	AssetsURL   string         `json:"assetsUrl" doc:"The schema in Assets." example:"https://acme.atlassian.net/jira/assets/object-schema/7"`
}

// SchemaInstance is the instance a schema lives on.
type SchemaInstance struct {
	ID   string `json:"id" doc:"The id of the instance; the site of the app itself is \"current\"." example:"current"`
	URL  string `json:"url" doc:"Its address." example:"https://acme.atlassian.net"`
	Name string `json:"name" doc:"Its name." example:"acme"`
}

// SchemaBackups is what the backups of a schema are doing.
type SchemaBackups struct {
	State  string    `json:"state" enum:"Disabled,Pending,In Progress,Auto" doc:"Disabled: no schedule. Pending: in the queue. Auto: scheduled." example:"Disabled"`
	NextAt time.Time `json:"nextAt,omitzero" doc:"When the next scheduled backup starts."`
}

// LastBackup is the last good backup of a schema.
type LastBackup struct {
	ID string    `json:"id" doc:"The id of the backup." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a11"`
	At time.Time `json:"at" doc:"When it was complete."`
}

// LastError is the last failure of a backup.
type LastError struct {
	At      time.Time `json:"at" doc:"When."`
	Message string    `json:"message" doc:"Why, in one sentence."`
}

// SchemaList is a page of the grid of schemas.
type SchemaList struct {
	Items     []Schema         `json:"items" doc:"The schemas of this page."`
	Next      string           `json:"next,omitempty" doc:"The cursor of the next page; missing on the last one."`
	Total     int64            `json:"total" doc:"How many schemas the filter matches." example:"31"`
	Instances []SchemaInstance `json:"instances" doc:"The instances that can be filtered by."`
}

// NamesInUse says which of the names for a new schema are taken.
type NamesInUse struct {
	Name bool `json:"name" doc:"Whether a schema on this site has the name, in any case."`
	Key  bool `json:"key" doc:"Whether a schema on this site has the key."`
}

// NameConfirmation confirms a deletion by the name of what is deleted.
type NameConfirmation struct {
	ConfirmName string `json:"confirmName" maxLength:"255" doc:"The name of the schema, typed by the person." example:"IT Service Management"`
}
