// Package snapshot is the backup format of Stowage: it writes what was read from an object schema to a store, encrypted
// and authenticated, and reads it back. docs/FORMAT.md describes every byte.
//
// Writing goes like this:
//
//	keys, err := snapshot.OpenKeys(ctx, store, tenant, master, true)
//	w, err := snapshot.Create(store, keys, meta, snapshot.WriterOptions{OnSegment: saveCheckpoint})
//	for each kind and group {
//		for each record { w.Add, w.Object or w.AddBytes }
//		w.End(ctx, kind, group)
//	}
//	manifest, err := w.Commit(ctx)
//
// Records are gathered into segments. A segment that is full is compressed, sealed and stored, and is durable when the
// call that stored it returns; OnSegment is told, and Writer.State then is a checkpoint from which Resume goes on. The
// manifest is written last: until Commit returns there is no backup, and from then on there is a whole one. Phases that
// fill in behind (history, comments, attachments) go on with the same Writer, or later with Extend, and commit again.
//
// Reading goes like this:
//
//	b, err := snapshot.Open(ctx, store, keys, backupID)
//	for o, err := range b.Objects(ctx, typeID) { … }
//	for a, err := range snapshot.Records[assets.Attribute](ctx, b, snapshot.KindAttributes, "") { … }
//	o, err := b.FindObject(ctx, id)
//
// Invariants:
//
//   - Memory does not grow with the schema, apart from 16 bytes per record for the index and the list of segments.
//   - A segment is named after its content by a keyed hash, so the same content is stored once per tenant, and unchanged
//     data makes unchanged segments.
//   - Damage is confined: a segment that cannot be read makes its records unreadable and no others.
//   - Everything read is limited in size before it is fetched, decrypted or decompressed.
//
// What lives elsewhere: where bytes go (package blob), what records mean (package assets), what is read from a site and
// when (package backup), what is done with it (package restore).
package snapshot
