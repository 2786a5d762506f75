package restore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"stowage/assets"
	"stowage/report"
)

// PlanVersion is the version of the form of plans. A plan of another version is refused.
const PlanVersion = 1

// A Plan is everything a restore is going to do, decided before the first write. It is kept and shown as JSON; its size
// depends on the number of object types, attributes and users, not on the number of objects.
type Plan struct {
	Version int `json:"version"`
	// Hash covers everything below that decides what will be written.
	Hash    string  `json:"hash"`
	Backup  string  `json:"backup"`
	Options Options `json:"options"`
	// Source is the schema in the backup.
	Source PlannedSource `json:"source"`
	// Stages are the stages in their order, with the number of things in each.
	Stages []PlannedStage `json:"stages"`

	Icons []PlannedIcon `json:"icons"`
	// DefaultIcon is the icon of the target for types whose own cannot be had.
	DefaultIcon    string             `json:"defaultIcon"`
	Schema         PlannedSchema      `json:"schema"`
	StatusTypes    []PlannedStatus    `json:"statusTypes"`
	ReferenceTypes []PlannedReference `json:"referenceTypes"`
	ObjectTypes    []PlannedType      `json:"objectTypes"`
	// Unselected are the object types of the backup that are left out.
	Unselected []string            `json:"unselected,omitempty"`
	Users      []PlannedUser       `json:"users,omitempty"`
	NotInGroup map[string][]string `json:"notInGroup,omitempty"`
	Groups     []PlannedGroup      `json:"groups,omitempty"`
	Projects   []PlannedProject    `json:"projects,omitempty"`

	Objects PlannedObjects `json:"objects"`
	// Findings are the predicted failures and the warnings, one per cause, object type and attribute, failures first.
	Findings []Finding `json:"findings"`
	// Calls is the number of requests per operation of the API, for planning, applying and proving together.
	Calls map[string]int `json:"calls"`
	// Minutes is the time those calls take at the documented limits.
	Minutes float64 `json:"minutes"`
}

// PlannedSource tells where the data come from.
type PlannedSource struct {
	SchemaID   string `json:"schemaId"`
	SchemaKey  string `json:"schemaKey"`
	SchemaName string `json:"schemaName"`
}

// PlannedStage is one stage of the restore.
type PlannedStage struct {
	Name   string `json:"name"`
	Create int    `json:"create"`
	Update int    `json:"update"`
	// Keep counts what exists on the target already and is used as it is.
	Keep int `json:"keep"`
}

// PlannedSchema is the schema to create.
type PlannedSchema struct {
	Name        string            `json:"name"`
	Key         string            `json:"key"`
	Description string            `json:"description,omitempty"`
	Properties  assets.Properties `json:"properties"`
	// SetProperties is false where the backup holds no properties.
	SetProperties bool `json:"setProperties"`
}

// PlannedIcon is an icon that a restored object type has. Target is the icon to use, or empty for one to upload.
type PlannedIcon struct {
	Source string `json:"source"`
	Name   string `json:"name"`
	Target string `json:"target,omitempty"`
	// Fallback says that Target is not the icon of the backup but the default one.
	Fallback bool `json:"fallback,omitempty"`
}

// PlannedStatus is a status type in use. Target is empty for one to create.
type PlannedStatus struct {
	Source      string                `json:"source"`
	Name        string                `json:"name"`
	Description string                `json:"description,omitempty"`
	Category    assets.StatusCategory `json:"category"`
	Global      bool                  `json:"global"`
	Target      string                `json:"target,omitempty"`
}

// PlannedReference is a reference type in use. Target is empty for one to create.
type PlannedReference struct {
	Source      string `json:"source"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Color       string `json:"color,omitempty"`
	Global      bool   `json:"global"`
	Target      string `json:"target,omitempty"`
}

// PlannedType is an object type to create.
type PlannedType struct {
	Source      string `json:"source"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Parent is the source id of the parent, empty at the root.
	Parent    string `json:"parent,omitempty"`
	Icon      string `json:"icon,omitempty"`
	Inherited bool   `json:"inherited,omitempty"`
	Abstract  bool   `json:"abstract,omitempty"`
	Position  int    `json:"position"`
	Objects   int    `json:"objects"`
	// SecondWrites counts the objects of the type that are written twice.
	SecondWrites int                `json:"secondWrites,omitempty"`
	Attributes   []PlannedAttribute `json:"attributes"`
}

// PlannedAttribute is an attribute of an object type to create. Source is the id in the backup; attributes that Stowage
// adds have their name there.
type PlannedAttribute struct {
	Source          string               `json:"source"`
	Name            string               `json:"name"`
	Description     string               `json:"description,omitempty"`
	Kind            assets.AttributeKind `json:"kind"`
	Default         assets.DefaultType   `json:"default"`
	TypeValue       string               `json:"typeValue,omitempty"`
	TypeValueMulti  []string             `json:"typeValueMulti,omitempty"`
	AdditionalValue string               `json:"additionalValue,omitempty"`
	Min             int                  `json:"min"`
	Max             int                  `json:"max"`
	Label           bool                 `json:"label,omitempty"`
	Hidden          bool                 `json:"hidden,omitempty"`
	Unique          bool                 `json:"unique,omitempty"`
	Summable        bool                 `json:"summable,omitempty"`
	IncludeChildren bool                 `json:"includeChildren,omitempty"`
	Regex           string               `json:"regex,omitempty"`
	Query           string               `json:"query,omitempty"`
	Suffix          string               `json:"suffix,omitempty"`
	Options         string               `json:"options,omitempty"`
	// Relaxed is set where the cardinality is widened while objects are created and put back afterwards.
	Relaxed *Relaxation `json:"relaxed,omitempty"`
	// Dropped is why the attribute is not restored; nothing else is decided for such an attribute.
	Dropped report.Cause `json:"dropped,omitempty"`
}

// Relaxation is the cardinality an attribute has while objects are created.
type Relaxation struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// PlannedUser is a user in the values of the backup. Target is the account to use; where it is empty Cause says why.
type PlannedUser struct {
	Source string       `json:"source"`
	Name   string       `json:"name"`
	Target string       `json:"target,omitempty"`
	Cause  report.Cause `json:"cause,omitempty"`
}

// PlannedGroup is a group in values or restrictions of the backup.
type PlannedGroup struct {
	Name   string `json:"name"`
	Exists bool   `json:"exists"`
}

// PlannedProject is a project or version in values or restrictions of the backup.
type PlannedProject struct {
	Kind   string `json:"kind"`
	Source string `json:"source"`
	Name   string `json:"name"`
	Target string `json:"target,omitempty"`
}

// PlannedObjects counts objects.
type PlannedObjects struct {
	Planned int `json:"planned"`
	// SecondWrites counts the objects that need a second write because they are on a cycle of references.
	SecondWrites int `json:"secondWrites"`
	// Fail counts the objects the target is expected to refuse.
	Fail       int `json:"fail"`
	References int `json:"references"`
	// Deferred counts the references set by second writes; Lost those whose object is not part of the restore.
	Deferred int `json:"deferred"`
	Lost     int `json:"lost"`
}

// Severity orders findings.
type Severity string

// The severities. A failure means that objects are not restored, a warning that something of them is not.
const (
	SeverityFailure Severity = "failure"
	SeverityWarning Severity = "warning"
)

// Finding is something the plan predicts. Total is exact, Examples are the first few.
type Finding struct {
	Severity  Severity     `json:"severity"`
	Cause     report.Cause `json:"cause"`
	Kind      string       `json:"kind"`
	Type      string       `json:"objectType,omitempty"`
	Attribute string       `json:"attribute,omitempty"`
	Message   string       `json:"message"`
	Total     int          `json:"total"`
	Examples  []Example    `json:"examples,omitempty"`
}

// Example is one case of a finding.
type Example struct {
	Key     string `json:"key,omitempty"`
	Message string `json:"message"`
}

// ErrPlan means that a plan cannot be made or used as it is; the text says why in one sentence.
var ErrPlan = errors.New("cannot restore")

// ParsePlan reads a plan from JSON and checks its version and hash.
func ParsePlan(data []byte) (*Plan, error) {
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("%w: this is not a plan: %w", ErrPlan, err)
	}
	if version.Version != PlanVersion {
		return nil, fmt.Errorf("%w: the plan has version %d, this program understands version %d", ErrPlan, version.Version, PlanVersion)
	}
	var p Plan
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("%w: this is not a plan: %w", ErrPlan, err)
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return &p, nil
}

func (p *Plan) check() error {
	if p.Version != PlanVersion {
		return fmt.Errorf("%w: the plan has version %d, this program understands version %d", ErrPlan, p.Version, PlanVersion)
	}
	sum, err := p.sum()
	if err != nil {
		return err
	}
	if sum != p.Hash {
		return fmt.Errorf("%w: the plan was changed after it was made; plan again", ErrPlan)
	}
	return nil
}

// sum hashes what decides the writes: everything but the hash itself, the costs and the examples.
func (p *Plan) sum() (string, error) {
	c := *p
	c.Hash, c.Calls, c.Minutes, c.Stages = "", nil, 0, nil
	c.Findings = nil
	for _, f := range p.Findings {
		f.Examples = nil
		c.Findings = append(c.Findings, f)
	}
	data, err := json.Marshal(&c)
	if err != nil {
		return "", fmt.Errorf("hash the plan: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
