package snapshot_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stowage/assets"
	"stowage/blob"
	"stowage/blob/mem"
	"stowage/snapshot"
)

// start is when all backups of the tests begin.
var start = time.Date(2026, 11, 21, 2, 30, 0, 0, time.UTC)

func openKeys(tb testing.TB, store blob.Store, tenant string) *snapshot.Keys {
	tb.Helper()
	keys, err := snapshot.OpenKeys(tb.Context(), store, tenant, testMaster(tb), true)
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

// testMaster returns a key that is the same in every test.
func testMaster(tb testing.TB) snapshot.MasterKey {
	tb.Helper()
	m, err := snapshot.ParseMasterKey("c3Rvd2FnZSB0ZXN0IG1hc3RlciBrZXkgMzIgYnl0ZXM=")
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// site is a small schema that every test can write.
type site struct {
	schema     assets.Schema
	types      []assets.ObjectType
	attributes []assets.Attribute
	objects    []assets.Object
	files      map[string][]byte
}

// newSite makes a site with n objects of 3 types, the same for the same seed.
func newSite(n int, seed uint64) *site {
	rng := rand.New(rand.NewPCG(seed, 7))
	s := &site{schema: assets.Schema{ID: "5", Key: "ITSM", Name: "IT", CanManage: true}, files: make(map[string][]byte)}
	for t := range 3 {
		id := strconv.Itoa(10 + t)
		s.types = append(s.types, assets.ObjectType{ID: id, Name: "Type " + id, SchemaID: "5", Position: t})
		s.attributes = append(s.attributes, assets.Attribute{ID: "1" + id, TypeID: id, Name: "Name", Label: true, MaxCardinality: 1})
	}
	for i := range n {
		s.objects = append(s.objects, makeObject(rng, i, strconv.Itoa(10+i*3/max(n, 1))))
	}
	for i, size := range []int{0, 10, 70_000, 5 << 20} {
		data := bytes.Repeat(fmt.Appendf(nil, "%09d", rng.IntN(1e9)), size/9+1)[:size]
		s.files[strconv.Itoa(900+i)] = data
	}
	return s
}

func makeObject(rng *rand.Rand, i int, typeID string) assets.Object {
	id := strconv.Itoa(1000 + i)
	o := assets.Object{
		ID: id, Key: "ITSM-" + id, Label: fmt.Sprintf("host-%06d", i), TypeID: typeID,
		Created: "2026-01-02T03:04:05.678Z", Updated: start.Add(time.Duration(rng.IntN(1e6)) * time.Second).Format(time.RFC3339),
	}
	words := []string{"rack", "Zürich", "patch \"panel\"", "löschen", "東京", "retired\nline two", "vlan"}
	for a := range 10 {
		v := assets.Value{Text: words[rng.IntN(len(words))] + " " + strconv.Itoa(rng.IntN(1e6))}
		switch a {
		case 7:
			v = assets.Value{Kind: assets.ValueObject, ID: strconv.Itoa(1000 + rng.IntN(i+1)), Name: "host", Key: "ITSM-7"}
		case 8:
			v = assets.Value{Kind: assets.ValueUser, ID: fmt.Sprintf("557058:%016x", rng.Uint64()), Name: "Ada Lovelace"}
		case 9:
			v = assets.Value{Kind: assets.ValueStatus, ID: "1", Name: "Active", Category: assets.StatusActive}
		}
		o.Values = append(o.Values, assets.AttributeValues{AttributeID: typeID + strconv.Itoa(a), Values: []assets.Value{v}})
	}
	return o
}

// write adds the whole site, from where the writer is, and ends all kinds.
func (s *site) write(ctx context.Context, w *snapshot.Writer) error {
	// The structure is small and begun anew unless it is whole.
	if _, _, done := w.Last(snapshot.KindAttributes, ""); !done {
		if err := w.Add(ctx, snapshot.KindSchema, "", s.schema.ID, s.schema); err != nil {
			return err
		}
		for _, t := range s.types {
			if err := w.Add(ctx, snapshot.KindObjectTypes, "", t.ID, t); err != nil {
				return err
			}
		}
		for _, a := range s.attributes {
			if err := w.Add(ctx, snapshot.KindAttributes, "", a.ID, a); err != nil {
				return err
			}
		}
		if err := w.End(ctx, snapshot.KindAttributes, ""); err != nil {
			return err
		}
		if err := w.Flush(ctx); err != nil {
			return err
		}
	}
	for _, t := range s.types {
		last, _, done := w.Last(snapshot.KindObjects, t.ID)
		if done {
			continue
		}
		for i := range s.objects {
			o := &s.objects[i]
			if o.TypeID != t.ID || (last != "" && len(o.ID) <= len(last) && o.ID <= last) {
				continue
			}
			if err := w.Object(ctx, o); err != nil {
				return err
			}
		}
		if err := w.End(ctx, snapshot.KindObjects, t.ID); err != nil {
			return err
		}
	}
	w.Phase("objects", snapshot.PhaseStatus{State: snapshot.PhaseComplete, Done: int64(len(s.objects))})
	last, _, _ := w.Last(snapshot.KindAttachmentData, "")
	for _, id := range []string{"900", "901", "902", "903"} {
		if id <= last {
			continue
		}
		n, err := w.AddBytes(ctx, snapshot.KindAttachmentData, "", id, "image/png", bytes.NewReader(s.files[id]))
		if err != nil {
			return err
		}
		if int(n) != len(s.files[id]) {
			return fmt.Errorf("%d bytes of %d", n, len(s.files[id]))
		}
	}
	return w.End(ctx, snapshot.KindAttachmentData, "")
}

// backup writes the site as a backup of the id.
func (s *site) backup(tb testing.TB, store blob.Store, keys *snapshot.Keys, id string) (snapshot.Manifest, snapshot.Stats) {
	tb.Helper()
	w, err := snapshot.Create(store, keys, snapshot.Meta{Backup: id, SchemaKey: "ITSM", Started: start}, snapshot.WriterOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.write(tb.Context(), w); err != nil {
		tb.Fatal(err)
	}
	m, err := w.Commit(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return m, w.Stats()
}

// check compares everything in a backup with the site.
func (s *site) check(tb testing.TB, b *snapshot.Backup) {
	tb.Helper()
	ctx := tb.Context()
	var objects []assets.Object
	for o, err := range b.Objects(ctx, "") {
		if err != nil {
			tb.Fatal(err)
		}
		objects = append(objects, o)
	}
	if len(objects) != len(s.objects) {
		tb.Fatalf("%d objects, want %d", len(objects), len(s.objects))
	}
	var want, got []byte
	for i := range objects {
		var wantErr, gotErr error
		want, wantErr = assets.AppendObject(want[:0], &s.objects[i])
		got, gotErr = assets.AppendObject(got[:0], &objects[i])
		if wantErr != nil || gotErr != nil || !bytes.Equal(want, got) {
			tb.Fatal(wantErr, gotErr, cmp.Diff(s.objects[i], objects[i], cmpopts.EquateEmpty()))
		}
	}
	var attributes []assets.Attribute
	for a, err := range snapshot.Records[assets.Attribute](ctx, b, snapshot.KindAttributes, "") {
		if err != nil {
			tb.Fatal(err)
		}
		attributes = append(attributes, a)
	}
	if diff := cmp.Diff(s.attributes, attributes); diff != "" {
		tb.Fatal(diff)
	}
	for id, data := range s.files {
		p, err := b.OpenBytes(ctx, snapshot.KindAttachmentData, "", id)
		if err != nil {
			tb.Fatal(err)
		}
		got, err := io.ReadAll(p)
		if err != nil {
			tb.Fatal(err)
		}
		if !bytes.Equal(got, data) || p.MediaType != "image/png" {
			tb.Fatalf("payload %s came back as %d bytes of %s, want %d", id, len(got), p.MediaType, len(data))
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 10, 3000} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			store := mem.New()
			keys := openKeys(t, store, "acme")
			s := newSite(n, 1)
			s.backup(t, store, keys, "b1")
			b, err := snapshot.Open(t.Context(), store, keys, "b1")
			if err != nil {
				t.Fatal(err)
			}
			s.check(t, b)
			for i := 0; i < n; i += 1 + n/50 {
				o, err := b.FindObject(t.Context(), s.objects[i].ID)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(s.objects[i], o, cmpopts.EquateEmpty()); diff != "" {
					t.Fatal(diff)
				}
			}
		})
	}
}
