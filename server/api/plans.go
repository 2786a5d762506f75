package api

// PlanOrder asks what a restore would do. Nothing is written on the destination.
type PlanOrder struct {
	BackupID    string   `json:"backupId" maxLength:"64" doc:"The backup to restore." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a11"`
	Destination string   `json:"destination" enum:"current,instance" doc:"current: a new schema on this site. instance: a new schema on another instance." example:"current"`
	TargetID    string   `json:"targetId,omitempty" maxLength:"64" doc:"The target instance, where the destination is one."`
	SchemaName  string   `json:"schemaName" minLength:"1" maxLength:"254" doc:"The name of the new schema." example:"IT Service Management (restored)"`
	SchemaKey   string   `json:"schemaKey" pattern:"^[A-Z][A-Z0-9]{1,19}$" doc:"The key of the new schema." example:"ITSMR"`
	ObjectTypes []string `json:"objectTypes,omitempty" maxItems:"10000" doc:"The ids of the object types to restore; their parents come with them. Left out: all."`
	Icons       bool     `json:"icons,omitempty" doc:"Upload custom icons the destination lacks."`
	History     bool     `json:"history,omitempty" doc:"Write the history of objects into an attribute OBJECT_HISTORY."`
	Users       string   `json:"users,omitempty" enum:"all-or-nothing,partial" default:"all-or-nothing" doc:"What becomes of an attribute with several users when some of them do not exist on the destination."`
	MatchUsers  string   `json:"matchUsers,omitempty" enum:"name,account" default:"name" doc:"How users are found on the destination."`
}

// PlanStarted is a plan that was asked for.
type PlanStarted struct {
	PlanID string `json:"planId" doc:"The plan." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a12"`
	Run    Run    `json:"run" doc:"The run that makes it."`
}

// Plan is what a restore would do.
type Plan struct {
	ID       string       `json:"id" doc:"The plan." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a12"`
	BackupID string       `json:"backupId" doc:"The backup it restores." example:"0190a7f2-5a4e-7c5e-9a55-3c1f0e6f7a11"`
	State    string       `json:"state" enum:"pending,ready,failed" doc:"Whether it can be looked at." example:"ready"`
	Message  string       `json:"message,omitempty" doc:"Why it failed."`
	Run      *Run         `json:"run,omitempty" doc:"The run that makes it."`
	Summary  *PlanSummary `json:"summary,omitempty" doc:"The plan itself, once it is ready."`
}

// PlanSummary is a plan in the form a person reviews.
type PlanSummary struct {
	Destination string        `json:"destination" enum:"current,existing,instance" doc:"Where the schema goes." example:"current"`
	SiteURL     string        `json:"siteUrl" doc:"The site it goes to." example:"https://acme.atlassian.net"`
	TargetName  string        `json:"targetName,omitempty" doc:"The name of the target instance." example:"globex"`
	SchemaName  string        `json:"schemaName" doc:"The name of the new schema." example:"IT Service Management (restored)"`
	SchemaKey   string        `json:"schemaKey" doc:"The key of the new schema." example:"ITSMR"`
	ObjectTypes []PlanType    `json:"objectTypes" doc:"The object types to create, parents first."`
	Unselected  []string      `json:"unselected" doc:"The names of the object types that are left out."`
	Counts      PlanCounts    `json:"counts" doc:"How much there is to do."`
	Stages      []PlanStage   `json:"stages" doc:"The stages in their order."`
	Calls       int           `json:"calls" doc:"How many requests it takes." example:"1310"`
	Minutes     float64       `json:"minutes" doc:"How long they take at the documented limits." example:"1.6"`
	Findings    []PlanFinding `json:"findings" doc:"What is bound to fail or to be left out, failures first."`
}

// PlanType is an object type to create.
type PlanType struct {
	ID       string `json:"id" doc:"Its id in the backup." example:"23"`
	Name     string `json:"name" doc:"Its name." example:"Server"`
	ParentID string `json:"parentId,omitempty" doc:"The id of its parent in the backup, missing at the root." example:"21"`
	Parent   string `json:"parent,omitempty" doc:"The name of its parent." example:"Hardware"`
	Objects  int    `json:"objects" doc:"The number of objects to create." example:"310"`
}

// PlanCounts counts what there is to do.
type PlanCounts struct {
	Objects           int `json:"objects" doc:"Objects to create." example:"1240"`
	SecondWrites      int `json:"secondWrites" doc:"Objects that are written a second time because they refer to each other." example:"12"`
	PredictedFailures int `json:"predictedFailures" doc:"Objects the destination is expected to refuse." example:"0"`
	References        int `json:"references" doc:"References between objects." example:"2480"`
	ReferencesLost    int `json:"referencesLost" doc:"References to objects that are not part of the restore." example:"0"`
	ObjectTypes       int `json:"objectTypes" doc:"Object types to create." example:"12"`
	Attributes        int `json:"attributes" doc:"Attributes to create." example:"130"`
	Users             int `json:"users" doc:"Users in the values of the backup." example:"14"`
	UsersMissing      int `json:"usersMissing" doc:"Users that are not found on the destination." example:"2"`
	Groups            int `json:"groups" doc:"Groups in the values of the backup." example:"3"`
	GroupsMissing     int `json:"groupsMissing" doc:"Groups that are not found on the destination." example:"0"`
	Icons             int `json:"icons" doc:"Icons to upload." example:"0"`
}

// PlanStage is one stage of a restore.
type PlanStage struct {
	Name   string `json:"name" doc:"The stage." example:"Restoring object types"`
	Items  int    `json:"items" doc:"How many things it creates or changes." example:"12"`
	Create int    `json:"create" doc:"How many it creates." example:"12"`
	Update int    `json:"update" doc:"How many it changes." example:"0"`
	Keep   int    `json:"keep" doc:"How many exist already and are used as they are." example:"0"`
}

// PlanFinding is something a plan predicts.
type PlanFinding struct {
	Severity   string        `json:"severity" enum:"failure,warning" doc:"failure: objects are not restored. warning: something of them is not." example:"warning"`
	Cause      string        `json:"cause" doc:"The documented cause." example:"user-missing"`
	Kind       string        `json:"kind" doc:"What kind of thing it concerns." example:"object"`
	ObjectType string        `json:"objectType,omitempty" doc:"The object type." example:"Server"`
	Attribute  string        `json:"attribute,omitempty" doc:"The attribute." example:"Owner"`
	Message    string        `json:"message" doc:"The finding in one sentence."`
	Total      int           `json:"total" doc:"How many cases there are." example:"17"`
	Examples   []PlanExample `json:"examples" doc:"The first few of them."`
}

// PlanExample is one case of a finding.
type PlanExample struct {
	Key     string `json:"key,omitempty" doc:"The key of the object." example:"ITSM-17"`
	Message string `json:"message" doc:"What is the matter with it."`
}
