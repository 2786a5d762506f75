package gen

import (
	"fmt"
	"time"

	"stowage/atlassian/sim/world"
)

// A Profile says what kind of schema to make.
type Profile struct {
	// Name is one of Profiles.
	Name string
	// SchemaKey and SchemaName replace those of the profile, so that a site can be
	// filled twice with the same one. For nasty they are those of its main schema.
	SchemaKey, SchemaName string
}

// The names of the profiles.
const (
	ITSM       = "itsm"
	HR         = "hr"
	Facilities = "facilities"
	Nasty      = "nasty"
)

// Profiles answers the names of all profiles.
func Profiles() []string { return []string{ITSM, HR, Facilities, Nasty} }

// A Report says what Fill made.
type Report struct {
	// Schema is the main schema; Schemas are all that were made.
	Schema  world.ID
	Schemas []world.ID
	// Key is the key of the main schema.
	Key string

	Types      int
	Levels     int
	Attributes int
	Objects    int
	References int
	// InCycles counts the objects that can be reached from themselves.
	InCycles int
	// RuleBreakers are objects the service itself would not accept as they are.
	RuleBreakers []world.ID

	Comments    int
	Attachments int
	Avatars     int
	Changes     int
	Issues      int
}

// Fill makes a schema with a number of objects. A site without people gets some
// first. The nasty profile makes its special objects even where fewer are asked for.
func Fill(w *world.World, p Profile, objects int, seed uint64) (Report, error) {
	if objects < 0 {
		return Report{}, fmt.Errorf("generate: %d objects", objects)
	}
	if err := Site(w, w.Options().Name); err != nil {
		return Report{}, err
	}
	var (
		report Report
		err    error
	)
	switch p.Name {
	case ITSM:
		report, err = fillModel(w, itsm(), p, objects, seed)
	case HR:
		report, err = fillModel(w, hr(), p, objects, seed)
	case Facilities:
		report, err = fillModel(w, facilities(), p, objects, seed)
	case Nasty:
		report, err = fillNasty(w, p, objects, seed)
	default:
		return Report{}, fmt.Errorf("generate: there is no profile %q; want itsm, hr, facilities or nasty", p.Name)
	}
	if err != nil {
		return Report{}, fmt.Errorf("generate %s: %w", p.Name, err)
	}
	return report, nil
}

// The time in which the data came to be: from epoch on for span.
const span = 300 * 24 * time.Hour

// epoch is fixed, so that times are part of what a seed determines, unless the clock
// of the site is earlier, as it is under a fake clock: nothing is made in the future.
func epoch(w *world.World) time.Time {
	usual := time.Date(2024, time.March, 1, 8, 0, 0, 0, time.UTC)
	if now := w.Now(); now.Before(usual.Add(span)) {
		return now.Add(-span - 24*time.Hour).Truncate(24 * time.Hour)
	}
	return usual
}
