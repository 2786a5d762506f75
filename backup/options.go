package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"stowage/snapshot"
)

// Storage is where backups are written to and read from. snapshot.Create, snapshot.Resume and snapshot.Open, with a store
// and keys, are what stands behind it.
type Storage interface {
	Create(meta snapshot.Meta, o snapshot.WriterOptions) (*snapshot.Writer, error)
	Resume(state []byte, o snapshot.WriterOptions) (*snapshot.Writer, error)
	Open(ctx context.Context, backupID string) (*snapshot.Backup, error)
}

// Why a backup is refused.
var (
	// ErrEmptySchema means that the schema has no objects. Such a schema is not backed up.
	ErrEmptySchema = errors.New("an empty schema cannot be backed up")
	// ErrOtherSchema means that the checkpoint is that of a run over another schema.
	ErrOtherSchema = errors.New("checkpoint belongs to another schema")
)

// The phases of a backup, as they are named in its manifest. PhaseObjects, with the definitions and icons, always comes
// first; the others are the later phases in their order.
const (
	PhaseObjects     = "objects"
	PhaseHistory     = "history"
	PhaseComments    = "comments"
	PhaseAttachments = "attachments"
	PhaseAvatars     = "avatars"
	PhaseIssues      = "issues"
)

// LaterPhases lists the phases that fill in behind, in order.
func LaterPhases() []string {
	return []string{PhaseHistory, PhaseComments, PhaseAttachments, PhaseAvatars, PhaseIssues}
}

// PhaseOf returns the phase that a stage of the progress or the report belongs to, or "" for a stage that is not one of the
// phases in the manifest.
func PhaseOf(stage string) string {
	switch stage {
	case stageObjects:
		return PhaseObjects
	case stageHistory:
		return PhaseHistory
	case stageComments:
		return PhaseComments
	case stageAttachments:
		return PhaseAttachments
	case stageAvatars:
		return PhaseAvatars
	case stageIssues:
		return PhaseIssues
	}
	return ""
}

// Options are the choices of a run.
type Options struct {
	// Schema is the key or the id of the schema.
	Schema string
	// Meta describes the backup: site, workspace, description, trigger, version of the program, id. What concerns the
	// schema is filled in, and so are an id and a time of start where they are missing.
	Meta snapshot.Meta
	// Phases are the later phases to run; nil means all, an empty list none.
	Phases []string
	// Workers bounds the questions about single objects that are asked at the same time. The default is 8.
	Workers int
	// Rounds bounds how often changes made during the backup are looked for. The default is 5.
	Rounds int
	// Margin is how far the clock that marks the beginning of a reading may be ahead of the times the site stamps and of
	// what its search has caught up with. The default is 1 minute for a Source with a Clock, 15 for others.
	Margin time.Duration
	// Committed, when set, is called after every commit. After the first the backup can be restored.
	Committed func(snapshot.Manifest)
}

// The defaults.
const (
	defaultWorkers     = 8
	defaultRounds      = 5
	marginWithClock    = time.Minute
	marginWithoutClock = 15 * time.Minute
)

// complete checks o and fills in the defaults.
func (o Options) complete() (Options, error) {
	if o.Schema == "" {
		return o, errors.New("no schema is named")
	}
	if o.Workers < 0 || o.Rounds < 0 || o.Margin < 0 {
		return o, errors.New("a negative number of workers, rounds or time")
	}
	if o.Phases == nil {
		o.Phases = LaterPhases()
	}
	for _, p := range o.Phases {
		if !slices.Contains(LaterPhases(), p) {
			return o, fmt.Errorf("unknown phase %q", p)
		}
	}
	if o.Workers == 0 {
		o.Workers = defaultWorkers
	}
	if o.Rounds == 0 {
		o.Rounds = defaultRounds
	}
	return o, nil
}

// Result says what a run has done, over all its attempts.
type Result struct {
	// Backup is the id of the backup, Schema the key of the schema.
	Backup string `json:"backup"`
	Schema string `json:"schema"`
	// Objects is the number of objects in the backup.
	Objects int64 `json:"objects"`
	// Skipped and Failed count lines of the report.
	Skipped int64 `json:"skipped"`
	Failed  int64 `json:"failed"`
	// Pages is the number of pages of objects fetched, Calls the number of questions asked of the source.
	Pages int64 `json:"pages"`
	Calls int64 `json:"calls"`
	// BytesStored is what was put into the store; what was there already costs nothing.
	BytesStored int64        `json:"bytesStored"`
	Types       []TypeResult `json:"types,omitempty"`
	// Phases are those of the manifest.
	Phases []snapshot.Phase `json:"phases,omitempty"`
}

// TypeResult says how the objects of one type were read.
type TypeResult struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Objects is the number in the backup. Pages and PageSize are about the first reading: without changes on the site,
	// Pages is Objects / PageSize, rounded up.
	Objects  int64 `json:"objects"`
	Pages    int64 `json:"pages"`
	PageSize int   `json:"pageSize"`
}
