package restore

import "context"

// Journal remembers what a restore was about to write and what came of it, per kind of thing and by the id it has in the
// backup. It is what makes a restore resumable without doing anything twice. Every method may be called from several
// goroutines; when Begin or Finish returned nil the entries survive a crash.
//
// The interface is spoken in plain strings so that a store of journals need not know this package.
type Journal interface {
	// Begin records that the things with these source ids are about to be written.
	Begin(ctx context.Context, kind string, sources []string) error
	// Finish records what came of them: the target id, or "" for a thing the target refused. Notes are kept verbatim, one per
	// source; nil means none.
	Finish(ctx context.Context, kind string, sources, targets, notes []string) error
	// Each calls fn for every entry of the kind, in no particular order, until fn returns an error. Done is false for an
	// entry that was begun and never finished: its outcome is unknown.
	Each(ctx context.Context, kind string, fn func(source, target, note string, done bool) error) error
}
