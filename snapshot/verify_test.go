package snapshot_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"stowage/assets"
	"stowage/blob"
	"stowage/blob/mem"
	"stowage/snapshot"
)

func get(tb testing.TB, store blob.Store, name string) []byte {
	tb.Helper()
	data, err := store.Get(tb.Context(), name)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func put(tb testing.TB, store blob.Store, name string, data []byte) {
	tb.Helper()
	if err := store.Put(tb.Context(), name, data); err != nil {
		tb.Fatal(err)
	}
}

func list(tb testing.TB, store blob.Store, prefix string) []string {
	tb.Helper()
	var names []string
	for info, err := range store.List(tb.Context(), prefix) {
		if err != nil {
			tb.Fatal(err)
		}
		names = append(names, info.Name)
	}
	return names
}

func verify(tb testing.TB, store blob.Store, keys *snapshot.Keys) snapshot.Result {
	tb.Helper()
	res, err := snapshot.Verify(tb.Context(), store, keys, "b1", nil)
	if err != nil {
		tb.Fatal(err)
	}
	return res
}

// small writes a backup of few bytes in several segments, and returns the number of segments.
func small(tb testing.TB, store blob.Store, keys *snapshot.Keys) int {
	tb.Helper()
	s := newSite(3, 2)
	s.files = map[string][]byte{"900": []byte("picture"), "901": nil, "902": nil, "903": nil}
	m, _ := s.backup(tb, store, keys, "b1")
	return m.Segments
}

func TestAGoodBackupIsFoundGood(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	s := newSite(2000, 1)
	m, _ := s.backup(t, store, keys, "b1")
	res := verify(t, store, keys)
	if !res.OK || len(res.Problems) > 0 || res.Segments != m.Segments || res.Bytes != m.Bytes {
		t.Errorf("%+v, the manifest says %d segments of %d bytes", res, m.Segments, m.Bytes)
	}
}

func TestVerifyNamesEveryByteThatIsFlipped(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	segments := small(t, store, keys)
	names := list(t, store, "")
	if len(names) != segments+3 {
		t.Fatalf("%d files for %d segments: %v", len(names), segments, names)
	}
	for _, name := range names {
		data := get(t, store, name)
		for i := range data {
			bad := bytes.Clone(data)
			bad[i] ^= 1 << (i % 8)
			put(t, store, name, bad)
			res := verify(t, store, keys)
			if res.OK || len(res.Problems) != 1 || res.Problems[0].Name != name {
				t.Fatalf("byte %d of %s: %+v", i, name, res.Problems)
			}
			want := segments
			switch {
			case strings.Contains(name, "/segments/"):
				want--
			case strings.Contains(name, "/backups/"):
				want = 0
			}
			if res.Segments != want {
				t.Fatalf("byte %d of %s: %d segments are readable, want %d", i, name, res.Segments, want)
			}
		}
		put(t, store, name, data)
	}
	if res := verify(t, store, keys); !res.OK {
		t.Errorf("mended: %+v", res.Problems)
	}
}

func TestADamagedKeysetIsReadFromItsCopy(t *testing.T) {
	t.Parallel()
	store := mem.New()
	small(t, store, openKeys(t, store, "acme"))
	for _, name := range []string{"tenants/acme/keyset", "tenants/acme/keyset.copy"} {
		data := get(t, store, name)
		for i := range data {
			bad := bytes.Clone(data)
			bad[i] ^= 0x40
			put(t, store, name, bad)
			keys, err := snapshot.OpenKeys(t.Context(), store, "acme", testMaster(t), false)
			if err != nil {
				t.Fatalf("byte %d of %s: %v", i, name, err)
			}
			if res := verify(t, store, keys); len(res.Problems) != 1 || res.Problems[0].Name != name {
				t.Fatalf("byte %d of %s: %+v", i, name, res.Problems)
			}
		}
		put(t, store, name, data)
	}
	for _, name := range []string{"tenants/acme/keyset", "tenants/acme/keyset.copy"} {
		put(t, store, name, []byte("STOW"))
	}
	if _, err := snapshot.OpenKeys(t.Context(), store, "acme", testMaster(t), true); !errors.Is(err, snapshot.ErrTampered) {
		t.Errorf("both are damaged: %v", err)
	}
}

func TestVerifyNamesSegmentsThatAreMissingShortenedExchangedOrForeign(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys, foreign := openKeys(t, store, "acme"), openKeys(t, store, "globex")
	segments := small(t, store, keys)
	small(t, store, foreign)
	names := list(t, store, "tenants/acme/segments/")
	theirs := list(t, store, "tenants/globex/segments/")
	if len(names) != segments || len(theirs) != segments {
		t.Fatalf("%d and %d files, want %d", len(names), len(theirs), segments)
	}
	first, second := get(t, store, names[0]), get(t, store, names[1])
	for what, do := range map[string]func(s *mem.Store) int{
		"missing": func(s *mem.Store) int {
			if err := s.Delete(t.Context(), names[0]); err != nil {
				t.Error(err)
			}
			return 1
		},
		"empty":     func(s *mem.Store) int { put(t, s, names[0], nil); return 1 },
		"shortened": func(s *mem.Store) int { put(t, s, names[0], first[:len(first)-1]); return 1 },
		"longer":    func(s *mem.Store) int { put(t, s, names[0], append(bytes.Clone(first), 0)); return 1 },
		"exchanged": func(s *mem.Store) int { put(t, s, names[0], second); put(t, s, names[1], first); return 2 },
		"foreign":   func(s *mem.Store) int { put(t, s, names[0], get(t, store, theirs[0])); return 1 },
		"huge":      func(s *mem.Store) int { put(t, s, names[0], make([]byte, 66<<20)); return 1 },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			copied := mem.New()
			for _, name := range list(t, store, "") {
				put(t, copied, name, get(t, store, name))
			}
			bad := do(copied)
			res := verify(t, copied, keys)
			if res.OK || len(res.Problems) != bad || res.Segments != segments-bad {
				t.Fatalf("%+v", res)
			}
			for _, p := range res.Problems {
				if p.Name != names[0] && p.Name != names[1] || p.Segment == "" || p.Kind == "" || p.Error == "" {
					t.Errorf("named %+v", p)
				}
				if want := what == "missing"; errors.Is(p.Err, snapshot.ErrSegmentMissing) != want || errors.Is(p.Err, snapshot.ErrTampered) == want {
					t.Errorf("%v", p.Err)
				}
			}
		})
	}
}

func TestDamageIsConfinedToItsSegment(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	s := newSite(5000, 1)
	s.backup(t, store, keys, "b1")
	b, err := snapshot.Open(t.Context(), store, keys, "b1")
	if err != nil {
		t.Fatal(err)
	}
	segments := b.ObjectSegments()
	if len(segments) < 4 {
		t.Fatalf("%d segments", len(segments))
	}
	bad := segments[1]
	name := "tenants/acme/segments/" + bad.Name[:2] + "/" + bad.Name
	data := get(t, store, name)
	data[len(data)/2] ^= 1
	put(t, store, name, data)
	readable := 0
	for _, info := range segments {
		objects, err := b.ReadObjects(t.Context(), info.Segment)
		if info.Segment == bad.Segment {
			if !errors.Is(err, snapshot.ErrTampered) || !strings.Contains(err.Error(), bad.Name) {
				t.Errorf("the damaged segment: %v", err)
			}
			continue
		}
		if err != nil {
			t.Error(err)
		}
		readable += len(objects)
	}
	if readable != len(s.objects)-bad.Objects {
		t.Errorf("%d objects are readable, want %d", readable, len(s.objects)-bad.Objects)
	}
	// Lookups go on without the index, too.
	for _, index := range indexFiles(t, store, keys) {
		put(t, store, index, []byte("STOW"))
	}
	if _, err := b.FindObject(t.Context(), segments[0].Types[0].First); err != nil {
		t.Errorf("without the index: %v", err)
	}
}

// indexFiles returns the segments of the index: Verify names the kind of every segment that is missing.
func indexFiles(tb testing.TB, store blob.Store, keys *snapshot.Keys) []string {
	tb.Helper()
	bare := mem.New()
	for _, name := range []string{"tenants/acme/keyset", "tenants/acme/keyset.copy", "tenants/acme/backups/b1"} {
		put(tb, bare, name, get(tb, store, name))
	}
	var names []string
	for _, p := range verify(tb, bare, keys).Problems {
		if p.Kind == "index" {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		tb.Fatal("there is no index")
	}
	return names
}

func TestReadingWithTheWrongKeysIsRefused(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	small(t, store, keys)
	if _, err := snapshot.OpenKeys(t.Context(), store, "acme", snapshot.NewMasterKey(), false); !errors.Is(err, snapshot.ErrWrongKey) {
		t.Errorf("another master key: %v", err)
	}
	if _, err := snapshot.OpenKeys(t.Context(), store, "globex", testMaster(t), false); !errors.Is(err, snapshot.ErrNoKeys) || !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("a tenant without keys: %v", err)
	}
	if _, err := snapshot.OpenKeys(t.Context(), store, "../acme", testMaster(t), false); !errors.Is(err, blob.ErrInvalidName) {
		t.Errorf("a tenant that is a path: %v", err)
	}
	// The keyset of one tenant is of no use under the name of another.
	put(t, store, "tenants/globex/keyset", get(t, store, "tenants/acme/keyset"))
	if _, err := snapshot.OpenKeys(t.Context(), store, "globex", testMaster(t), false); !errors.Is(err, snapshot.ErrTampered) {
		t.Errorf("the keyset of another tenant: %v", err)
	}
	// Nor is a manifest under another id.
	put(t, store, "tenants/acme/backups/b2", get(t, store, "tenants/acme/backups/b1"))
	if _, err := snapshot.Open(t.Context(), store, keys, "b2"); !errors.Is(err, snapshot.ErrTampered) {
		t.Errorf("the manifest of another backup: %v", err)
	}
	if _, err := snapshot.Open(t.Context(), store, keys, "b3"); !errors.Is(err, snapshot.ErrNoBackup) || !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("no backup: %v", err)
	}
	if _, err := snapshot.Open(t.Context(), store, keys, "a/b"); !errors.Is(err, blob.ErrInvalidName) {
		t.Errorf("an id that is a path: %v", err)
	}
}

func TestAFutureVersionIsRefusedNamingBoth(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	small(t, store, keys)
	for _, name := range list(t, store, "") {
		data := get(t, store, name)
		bad := bytes.Clone(data)
		bad[6] = 7
		put(t, store, name, bad)
		res := verify(t, store, keys)
		put(t, store, name, data)
		if len(res.Problems) != 1 {
			t.Fatalf("%s: %+v", name, res.Problems)
		}
		if p := res.Problems[0]; strings.Contains(name, "keyset") {
			continue
		} else if !errors.Is(p.Err, snapshot.ErrFutureVersion) || !strings.Contains(p.Error, "version 7") || !strings.Contains(p.Error, "version 1") {
			t.Errorf("%s: %v", name, p.Err)
		}
	}
	for _, name := range []string{"tenants/acme/keyset", "tenants/acme/keyset.copy"} {
		data := get(t, store, name)
		data[6] = 7
		put(t, store, name, data)
	}
	if _, err := snapshot.OpenKeys(t.Context(), store, "acme", testMaster(t), true); !errors.Is(err, snapshot.ErrFutureVersion) {
		t.Errorf("a future keyset: %v", err)
	}
}

func TestNothingIsStoredInClear(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	s := newSite(50, 1)
	s.objects[7].Label = "canary-object-label"
	s.schema.Name = "canary-schema-name"
	s.files["901"] = []byte("canary-attachment")
	s.attributes[0].Extra = assets.Extra(`{"x":"canary-extra"}`)
	s.backup(t, store, keys, "b1")
	for _, name := range list(t, store, "") {
		if data := get(t, store, name); bytes.Contains(data, []byte("canary")) || bytes.Contains(data, []byte("ITSM")) {
			t.Errorf("%s holds data in clear", name)
		}
	}
}
