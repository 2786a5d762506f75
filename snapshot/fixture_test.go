package snapshot_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/blob"
	"stowage/blob/file"
	"stowage/blob/mem"
	"stowage/snapshot"
)

var update = flag.Bool("update", false, "write the fixture of a format version that has none yet")

// fixture is the folder of a format version: a store, the master key, and what is in the store in words.
func fixture(version int) string { return filepath.Join("testdata", "v"+strconv.Itoa(version)) }

const fixtureBackup = "20261121T023000Z-fixture1"

// writeFixture writes a little of everything the format has.
func writeFixture(ctx context.Context, store blob.Store, keys *snapshot.Keys) error {
	w, err := snapshot.Create(store, keys, snapshot.Meta{
		Backup: fixtureBackup, Site: "https://acme.example", Workspace: "w-1", SchemaID: "5", SchemaKey: "ITSM", SchemaName: "IT “Größe”",
		Description: "the fixture", Trigger: snapshot.TriggerManual, Started: start, App: "fixture",
	}, snapshot.WriterOptions{})
	if err != nil {
		return err
	}
	s := newSite(12, 42)
	s.objects[3].Extra = assets.Extra(`{"later": [1.50, "x"]}`)
	for i, o := range []any{
		s.schema,
		assets.Properties{AllowOtherSchemas: true},
		assets.StatusType{ID: "1", Name: "Active", Category: assets.StatusActive},
		assets.ReferenceType{ID: "2", Name: "Depends on", Color: "#00ff00"},
		assets.Icon{ID: "9f2c-uuid", Name: "Server"},
		s.types[0], s.attributes[0],
	} {
		kind := []snapshot.Kind{
			snapshot.KindSchema, snapshot.KindProperties, snapshot.KindStatusTypes, snapshot.KindReferenceTypes, snapshot.KindIcons,
			snapshot.KindObjectTypes, snapshot.KindAttributes,
		}[i]
		if err := w.Add(ctx, kind, "", "id-"+strconv.Itoa(i), o); err != nil {
			return err
		}
	}
	for i := range s.objects {
		if err := w.Object(ctx, &s.objects[i]); err != nil {
			return err
		}
	}
	if err := w.Flush(ctx); err != nil {
		return err
	}
	changed := s.objects[4]
	changed.Label = "changed while it was read"
	if err := w.Object(ctx, &changed); err != nil {
		return err
	}
	w.Drop(s.objects[6].ID)
	w.Phase("objects", snapshot.PhaseStatus{State: snapshot.PhaseComplete, Done: 11, Skipped: 1, Note: "one vanished"})
	if _, err := w.Commit(ctx); err != nil {
		return err
	}
	for _, id := range []string{"1000", "1001"} {
		for i := range 2 {
			e := assets.HistoryEntry{ID: strconv.Itoa(i), ObjectID: id, Type: i, NewValue: "new \"value\"", Created: "2026-01-01T00:00:00Z"}
			if err := w.Add(ctx, snapshot.KindHistory, "", id, e); err != nil {
				return err
			}
		}
	}
	large := bytes.Repeat([]byte("attachment "), 500_000)
	for kind, payloads := range map[snapshot.Kind]map[string][]byte{
		snapshot.KindIconImages:     {"9f2c-uuid": []byte("\x89PNG\r\n\x1a\n")},
		snapshot.KindAttachmentData: {"700": large},
		snapshot.KindAvatars:        {"1000": {}},
	} {
		for id, data := range payloads {
			if _, err := w.AddBytes(ctx, kind, "10", id, "image/png", bytes.NewReader(data)); err != nil {
				return err
			}
		}
	}
	if err := w.Add(ctx, snapshot.KindIssueObjects, "", "10001", assets.IssueObjects{IssueID: "10001", IssueKey: "SD-1", Fields: []assets.IssueField{
		{FieldID: "customfield_1", ObjectIDs: []string{"1000", "1001"}},
	}}); err != nil {
		return err
	}
	w.Phase("history", snapshot.PhaseStatus{State: snapshot.PhaseComplete, Done: 2})
	_, err = w.Commit(ctx)
	return err
}

// describe puts into words everything that a reader can learn from a backup.
func describe(tb testing.TB, b *snapshot.Backup) string {
	tb.Helper()
	var out strings.Builder
	m := b.Manifest()
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		tb.Fatal(err)
	}
	fmt.Fprintf(&out, "manifest %s\nsegments %d, bytes %d, digest %s\n", text, m.Segments, m.Bytes, m.Digest)
	for o, err := range b.Objects(tb.Context(), "") {
		if err != nil {
			tb.Fatal(err)
		}
		line, err := assets.AppendObject(nil, &o)
		if err != nil {
			tb.Fatal(err)
		}
		fmt.Fprintf(&out, "object %s\n", line)
	}
	for _, kind := range []snapshot.Kind{
		snapshot.KindSchema, snapshot.KindProperties, snapshot.KindStatusTypes, snapshot.KindReferenceTypes, snapshot.KindIcons,
		snapshot.KindObjectTypes, snapshot.KindAttributes, snapshot.KindHistory, snapshot.KindComments, snapshot.KindAttachments, snapshot.KindIssueObjects,
	} {
		for doc, err := range snapshot.Records[json.RawMessage](tb.Context(), b, kind, "") {
			if err != nil {
				tb.Fatal(err)
			}
			fmt.Fprintf(&out, "%s %s\n", kind, doc)
		}
	}
	for _, p := range []struct {
		kind snapshot.Kind
		id   string
	}{{snapshot.KindIconImages, "9f2c-uuid"}, {snapshot.KindAttachmentData, "700"}, {snapshot.KindAvatars, "1000"}} {
		r, err := b.OpenBytes(tb.Context(), p.kind, "10", p.id)
		if err != nil {
			tb.Fatal(err)
		}
		h := sha256.New()
		n, err := r.WriteTo(h)
		if err != nil {
			tb.Fatal(err)
		}
		fmt.Fprintf(&out, "%s %s: %d bytes of %s, %x\n", p.kind, p.id, n, r.MediaType, h.Sum(nil))
	}
	return out.String()
}

func TestEveryEarlierVersionIsReadForEver(t *testing.T) {
	t.Parallel()
	if *update {
		makeFixture(t)
	}
	for version := 1; version <= snapshot.Version; version++ {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			t.Parallel()
			dir := fixture(version)
			master := readMaster(t, dir)
			store := copyFixture(t, dir)
			keys, err := snapshot.OpenKeys(t.Context(), store, "acme", master, false)
			if err != nil {
				t.Fatal(err)
			}
			b, err := snapshot.Open(t.Context(), store, keys, fixtureBackup)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(dir, "content.txt"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), describe(t, b)); diff != "" {
				t.Error(diff)
			}
			res, err := snapshot.Verify(t.Context(), store, keys, fixtureBackup, nil)
			if err != nil || !res.OK {
				t.Errorf("%+v, %v", res.Problems, err)
			}
			if o, err := b.FindByKey(t.Context(), "ITSM-1003"); err != nil || o.ID != "1003" {
				t.Errorf("%+v, %v", o, err)
			}
		})
	}
}

func readMaster(t *testing.T, dir string) snapshot.MasterKey {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	master, err := snapshot.ParseMasterKey(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return master
}

// copyFixture copies a fixture into memory: opening a store in a folder may write there.
func copyFixture(t *testing.T, dir string) *mem.Store {
	t.Helper()
	from, store := os.DirFS(filepath.Join(dir, "store")), mem.New()
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		return store.Put(t.Context(), name, data)
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// makeFixture writes the fixture of the current version, once and never again: others must be able to read what was written then.
func makeFixture(t *testing.T) {
	t.Helper()
	dir := fixture(snapshot.Version)
	if _, err := os.Stat(dir); err == nil {
		t.Fatalf("%s exists; a fixture is never made again", dir)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	master := snapshot.NewMasterKey()
	if err := os.WriteFile(filepath.Join(dir, "master.key"), []byte(master.Reveal()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := file.Create(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := snapshot.OpenKeys(t.Context(), store, "acme", master, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFixture(t.Context(), store, keys); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "store", ".tmp")); err != nil {
		t.Fatal(err)
	}
	b, err := snapshot.Open(t.Context(), copyFixture(t, dir), keys, fixtureBackup)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "content.txt"), []byte(describe(t, b)), 0o600); err != nil {
		t.Fatal(err)
	}
}
