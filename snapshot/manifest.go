package snapshot

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"stowage/blob"
)

// Meta says what a backup is a backup of. It is given when the backup is begun and does not change.
type Meta struct {
	// Backup is the id of the backup: see NewID. Create makes one where it is empty.
	Backup string `json:"backup"`
	// Tenant is that of the keys, and filled in from them.
	Tenant      string    `json:"tenant"`
	Site        string    `json:"site,omitempty"`
	Workspace   string    `json:"workspace,omitempty"`
	SchemaID    string    `json:"schemaId,omitempty"`
	SchemaKey   string    `json:"schemaKey,omitempty"`
	SchemaName  string    `json:"schemaName,omitempty"`
	Description string    `json:"description,omitempty"`
	Trigger     Trigger   `json:"trigger,omitempty"`
	Started     time.Time `json:"started"`
	// App is the version of the program that wrote the backup.
	App string `json:"app,omitempty"`
}

// Trigger says why a backup was made.
type Trigger string

// The triggers.
const (
	TriggerManual    Trigger = "manual"
	TriggerScheduled Trigger = "scheduled"
)

// PhaseState says how far a phase of a backup has got.
type PhaseState string

// The states of a phase. Incomplete means that it ended with items missing; Unsupported that the site offers no such thing.
const (
	PhasePending     PhaseState = "pending"
	PhaseRunning     PhaseState = "running"
	PhaseComplete    PhaseState = "complete"
	PhaseIncomplete  PhaseState = "incomplete"
	PhaseUnsupported PhaseState = "unsupported"
)

// PhaseStatus is what is known of a phase.
type PhaseStatus struct {
	State   PhaseState `json:"state"`
	Done    int64      `json:"done,omitempty"`
	Failed  int64      `json:"failed,omitempty"`
	Skipped int64      `json:"skipped,omitempty"`
	Note    string     `json:"note,omitempty"`
}

// Phase is a phase of a backup, such as "objects" or "history", by name.
type Phase struct {
	Name string `json:"name"`
	PhaseStatus
}

// Manifest describes a backup.
type Manifest struct {
	Format int `json:"format"`
	Meta
	// Finished is when the manifest was written, for the Commit-th time.
	Finished time.Time `json:"finished"`
	Commit   int       `json:"commit"`
	Phases   []Phase   `json:"phases,omitempty"`
	// Counts is the number of records by kind; Types the number of objects by object type.
	Counts map[Kind]int64   `json:"counts"`
	Types  map[string]int64 `json:"types"`
	// Segments is the number of segments, Bytes their size before compression, Stored after. Segments shared with other backups are
	// counted in each.
	Segments int   `json:"-"`
	Bytes    int64 `json:"-"`
	Stored   int64 `json:"-"`
	// Digest is the SHA-256 of the sealed file, in hexadecimal digits. Who keeps it elsewhere can tell an older manifest of the
	// same backup from this one.
	Digest string `json:"-"`
}

// Phase returns the phase of that name, and whether there is one.
func (m Manifest) Phase(name string) (PhaseStatus, bool) {
	for _, p := range m.Phases {
		if p.Name == name {
			return p.PhaseStatus, true
		}
	}
	return PhaseStatus{}, false
}

// document is the whole content of a manifest or a checkpoint.
type document struct {
	Manifest
	Segments []segment    `json:"segments"`
	Ended    []ending     `json:"ended,omitempty"`
	Indexed  map[Kind]int `json:"indexed,omitempty"`
	// Dropped are the objects to leave out at the next commit; in checkpoints only.
	Dropped []string `json:"dropped,omitempty"`
}

// ending is a kind and a group of which all records are there.
type ending [2]string

// segment is an entry of the manifest.
type segment struct {
	Name    string `json:"name"`
	Kind    Kind   `json:"kind"`
	Records int    `json:"records"`
	Size    int64  `json:"size"`
	Stored  int64  `json:"stored,omitempty"`
	Runs    []run  `json:"runs"`
	Omit    []int  `json:"omit,omitempty"`
}

// run is a stretch of records of one kind and group.
type run struct {
	Kind    Kind   `json:"kind,omitempty"`
	Group   string `json:"group,omitempty"`
	Records int    `json:"records"`
	First   string `json:"first"`
	Last    string `json:"last"`
	More    bool   `json:"more,omitempty"`
}

func (s *segment) runKind(r *run) Kind {
	if r.Kind == "" {
		return s.Kind
	}
	return r.Kind
}

// partial says that the segment ends within a payload.
func (s *segment) partial() bool {
	return len(s.Runs) > 0 && s.Runs[len(s.Runs)-1].More
}

// NewID makes the id of a backup begun at now. Ids sort by time.
func NewID(now time.Time) string {
	var random [5]byte
	_, _ = rand.Read(random[:])
	return now.UTC().Format("20060102T150405Z") + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(random[:]))
}

// count fills in what follows from the segments.
func (d *document) count() {
	d.Counts = make(map[Kind]int64)
	d.Types = make(map[string]int64)
	d.Manifest.Segments, d.Bytes, d.Stored = len(d.Segments), 0, 0
	for i := range d.Segments {
		s := &d.Segments[i]
		d.Bytes += s.Size
		d.Stored += s.Stored
		if s.Kind == kindIndex {
			continue
		}
		from, omit := 0, s.Omit
		for j := range s.Runs {
			r := &s.Runs[j]
			n := int64(r.Records)
			for ; len(omit) > 0 && omit[0] < from+r.Records; omit = omit[1:] {
				n--
			}
			from += r.Records
			if r.More {
				// A part of a payload; the payload is counted with its last part.
				n--
			}
			d.Counts[s.runKind(r)] += n
			if s.Kind == KindObjects {
				d.Types[r.Group] += n
			}
		}
	}
}

// check refuses a document that no writer can have written, so that readers may rely on it.
func (d *document) check() error {
	for i := range d.Segments {
		s := &d.Segments[i]
		if !validSegmentName(s.Name) || s.Size < 0 || s.Size > maxPlaintext || s.Records < 0 || int64(s.Records) > s.Size {
			return fmt.Errorf("%w: segment %d of the manifest", ErrTampered, i)
		}
		records := 0
		for j := range s.Runs {
			r := &s.Runs[j]
			if r.Records < 0 || r.Records > s.Records {
				return fmt.Errorf("%w: runs of segment %d of the manifest", ErrTampered, i)
			}
			records += r.Records
		}
		if records != s.Records {
			return fmt.Errorf("%w: runs of segment %d of the manifest", ErrTampered, i)
		}
		for j, n := range s.Omit {
			if n < 0 || n >= s.Records || (j > 0 && n <= s.Omit[j-1]) {
				return fmt.Errorf("%w: omissions of segment %d of the manifest", ErrTampered, i)
			}
		}
	}
	return nil
}

// decodeDocument reads an opened manifest or checkpoint.
func decodeDocument(text []byte, tenant, backup string) (*document, error) {
	// The version first: another version's members need not fit.
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("%w: manifest: %w", ErrTampered, err)
	}
	if head.Format > Version {
		return nil, futureVersion(head.Format)
	}
	d := new(document)
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("%w: manifest: %w", ErrTampered, err)
	}
	if d.Format < 1 || d.Tenant != tenant || d.Backup != backup {
		return nil, fmt.Errorf("%w: the manifest is that of another backup", ErrTampered)
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	d.Manifest.Segments = len(d.Segments)
	for i := range d.Segments {
		d.Bytes += d.Segments[i].Size
		d.Stored += d.Segments[i].Stored
	}
	return d, nil
}

// loadManifest reads the manifest of a backup.
func loadManifest(ctx context.Context, store blob.Store, keys *Keys, backup string) (*document, error) {
	if err := checkPart("backup id", backup); err != nil {
		return nil, err
	}
	data, err := fetch(ctx, store, manifestName(keys.tenant, backup), maxStoredManifest)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, fmt.Errorf("backup %s: %w", backup, ErrNoBackup)
	}
	if err != nil {
		return nil, fmt.Errorf("backup %s: %w", backup, err)
	}
	text, err := keys.open(frameManifest, data, maxManifest, keys.tenant, backup, "manifest")
	if err != nil {
		return nil, fmt.Errorf("manifest of backup %s: %w", backup, err)
	}
	d, err := decodeDocument(text, keys.tenant, backup)
	if err != nil {
		return nil, fmt.Errorf("manifest of backup %s: %w", backup, err)
	}
	sum := sha256.Sum256(data)
	d.Digest = hex.EncodeToString(sum[:])
	return d, nil
}
