package world

import (
	"hash/fnv"
	"time"
)

// Options describe a site. WorkspaceID and CloudID are opaque.
type Options struct {
	WorkspaceID string
	CloudID     string
	Name        string
	// BaseURL is the address of the site's Jira, without a slash at the end.
	BaseURL string
	// Now is the clock; nil means time.Now, read at each call.
	Now func() time.Time
	// SearchLag is how long a write stays unseen by searches.
	SearchLag time.Duration
	// StrictLabels refuses in the labels of objects the characters that are refused
	// in the names of schemas and object types.
	StrictLabels bool
	// NoHistory keeps no history of changes; creations are still told.
	NoHistory bool
}

// offset spreads the first ids of a kind, so that two sites do not share them.
func (o Options) offset(kind string) ID {
	h := fnv.New32a()
	_, _ = h.Write([]byte(kind + "\x00" + o.WorkspaceID + "\x00" + o.Name))
	return ID(h.Sum32() % 89)
}
