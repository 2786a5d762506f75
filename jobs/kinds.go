package jobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"stowage/models"
)

// Kind says what a run does.
type Kind = models.Kind

// The kinds of run that the service knows. KindPurge deletes what is left of a tenant whose time of grace after its
// uninstallation is over, KindLicence asks the host about the licence of a tenant.
const (
	KindSync         = models.KindSync
	KindPlan         = models.KindPlan
	KindBackup       = models.KindBackup
	KindRestore      = models.KindRestore
	KindDeleteBackup = models.KindDeleteBackup
	KindPurge        = models.KindPurge
	KindLicence      = models.KindLicence
)

// The two queues. A run that may take hours never takes the place of one that takes seconds: each queue has slots of its
// own.
const (
	QueueShort = "short"
	QueueLong  = "long"
)

// Queues lists the queues.
func Queues() []string { return []string{QueueShort, QueueLong} }

// kindsIn lists the kinds whose runs wait in a queue.
func kindsIn(queue string) []Kind {
	if queue == QueueLong {
		return []Kind{KindBackup, KindRestore}
	}
	return []Kind{KindSync, KindPlan, KindDeleteBackup, KindPurge, KindLicence}
}

// Queue tells the queue in which runs of a kind wait, and whether the kind is known at all.
func Queue(kind Kind) (queue string, known bool) {
	for _, queue := range Queues() {
		if slices.Contains(kindsIn(queue), kind) {
			return queue, true
		}
	}
	return "", false
}

// BackupSpec says what to back up. It is the spec of a backup's run; the row of the backup is named by the run's Subject.
type BackupSpec struct {
	// SchemaID is our own id of the schema.
	SchemaID    string `json:"schemaId"`
	Description string `json:"description,omitempty"`
	// Phases are the later phases that are wanted, in the words of package backup: nil means all, an empty list none.
	Phases []string `json:"phases,omitzero"`
	// Trigger is models.TriggerManual, which is also meant by "", or models.TriggerScheduled.
	Trigger string `json:"trigger,omitempty"`
}

// withoutAttachments are the later phases of a backup but for the attachments.
func withoutAttachments() []string { return []string{"history", "comments", "avatars", "issues"} }

// RestoreSpec says what a plan is made for. It is the spec of the runs that make and carry out the plan; the rows of plan
// and restore are named by the run's Subject.
type RestoreSpec struct {
	// BackupID is the id of the backup's row.
	BackupID string `json:"backupId"`
	// Destination is models.DestinationCurrent or models.DestinationInstance.
	Destination string `json:"destination"`
	// TargetID names the target instance where the destination is another instance.
	TargetID   string `json:"targetId,omitempty"`
	SchemaName string `json:"schemaName"`
	SchemaKey  string `json:"schemaKey"`
	// ObjectTypes are the ids of the object types chosen; none means all.
	ObjectTypes []string `json:"objectTypes,omitempty"`
	Icons       bool     `json:"icons,omitempty"`
	History     bool     `json:"history,omitempty"`
	// Users and MatchUsers are in the words of package restore; empty means its default.
	Users      string `json:"users,omitempty"`
	MatchUsers string `json:"matchUsers,omitempty"`
}

// DeleteSpec is the spec of a run of KindDeleteBackup that deletes what is left of backups whose rows are gone. A run that
// deletes one backup has none: the backup is named by the run's Subject.
type DeleteSpec struct {
	Snapshots []string `json:"snapshots"`
}

// DecodeSpec reads the spec of a run. Members it does not know are refused: they would be ignored wishes.
func DecodeSpec[T any](doc []byte) (T, error) {
	var spec T
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&spec); err != nil {
		return spec, fmt.Errorf("read the spec of the run: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return spec, errors.New("read the spec of the run: something follows it")
	}
	return spec, nil
}
