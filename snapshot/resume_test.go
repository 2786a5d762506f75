package snapshot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stowage/assets"
	"stowage/blob"
	"stowage/blob/blobtest"
	"stowage/blob/mem"
	"stowage/snapshot"
)

// attempt writes the site to the end, from the state of an earlier attempt if there is one, and keeps the state after each segment.
func attempt(ctx context.Context, store blob.Store, master snapshot.MasterKey, s *site, state *[]byte) (snapshot.Manifest, error) {
	keys, err := snapshot.OpenKeys(ctx, store, "acme", master, true)
	if err != nil {
		return snapshot.Manifest{}, err
	}
	var w *snapshot.Writer
	opts := snapshot.WriterOptions{OnSegment: func(snapshot.SegmentStored) error {
		*state = w.State()
		return nil
	}}
	if *state == nil {
		w, err = snapshot.Create(store, keys, snapshot.Meta{Backup: "b1", SchemaKey: "ITSM", Started: start}, opts)
	} else {
		w, err = snapshot.Resume(store, keys, *state, opts)
	}
	if err != nil {
		return snapshot.Manifest{}, err
	}
	if err := s.write(ctx, w); err != nil {
		return snapshot.Manifest{}, err
	}
	return w.Commit(ctx)
}

func TestWhateverCallOfTheStoreFailsAResumedBackupIsTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(1500, 3)
	master := testMaster(t)
	clean := blobtest.NewFaulty(mem.New())
	var state []byte
	want, err := attempt(t.Context(), clean, master, s, &state)
	if err != nil {
		t.Fatal(err)
	}
	if clean.Calls() < 20 {
		t.Fatalf("only %d calls: nothing to test", clean.Calls())
	}
	for n := 1; n <= clean.Calls(); n++ {
		for _, kind := range []blobtest.FaultKind{blobtest.Fail, blobtest.LoseAnswer, blobtest.Full} {
			t.Run(fmt.Sprintf("call %d: %v", n, kind), func(t *testing.T) {
				t.Parallel()
				inner := mem.New()
				faulty := blobtest.NewFaulty(inner, blobtest.Fault{Call: n, Kind: kind})
				var state []byte
				got, err := attempt(t.Context(), faulty, master, s, &state)
				if err == nil && faulty.Calls() < n {
					t.Fatalf("the fault at call %d never happened", n)
				}
				for tries := 0; err != nil && tries < 3; tries++ {
					if !errors.Is(err, blobtest.ErrPlanned) {
						t.Fatalf("another error: %v", err)
					}
					got, err = attempt(t.Context(), faulty, master, s, &state)
				}
				if err != nil {
					t.Fatal(err)
				}
				// The names of segments are made with another key in every store, and the index, which holds them, compresses otherwise.
				if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(snapshot.Manifest{}, "Finished", "Digest", "Stored")); diff != "" {
					t.Fatal(diff)
				}
				keys := openKeys(t, inner, "acme")
				b, err := snapshot.Open(t.Context(), inner, keys, "b1")
				if err != nil {
					t.Fatal(err)
				}
				s.check(t, b)
				if res := verify(t, inner, keys); !res.OK {
					t.Fatalf("%+v", res.Problems)
				}
			})
		}
	}
}

func TestASegmentThatWasDamagedOnItsWayIsNamed(t *testing.T) {
	t.Parallel()
	for _, kind := range []blobtest.FaultKind{blobtest.Flip, blobtest.Truncate} {
		inner := mem.New()
		keys := openKeys(t, inner, "acme")
		faulty := blobtest.NewFaulty(inner, blobtest.Fault{Op: "put", Call: 2, Kind: kind})
		newSite(1500, 3).backup(t, faulty, keys, "b1")
		faulty.Check(t)
		if res := verify(t, inner, keys); len(res.Problems) != 1 || res.Problems[0].Segment == "" {
			t.Errorf("%v: %+v", kind, res.Problems)
		}
	}
}

func TestAFullStoreSaysSoAndLeavesEarlierBackupsAlone(t *testing.T) {
	t.Parallel()
	inner := mem.New()
	keys := openKeys(t, inner, "acme")
	s := newSite(1500, 3)
	s.backup(t, inner, keys, "b0")
	for n := 1; n < 6; n++ {
		faulty := blobtest.NewFaulty(inner, blobtest.Fault{Op: "put", Call: n, Kind: blobtest.Full, Lasting: true})
		w, err := snapshot.Create(faulty, keys, snapshot.Meta{Backup: "b1"}, snapshot.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		err = newSite(1500, 4).write(t.Context(), w)
		if err == nil {
			_, err = w.Commit(t.Context())
		}
		if !errors.Is(err, blob.ErrFull) {
			t.Errorf("put %d: %v", n, err)
		}
		faulty.Check(t)
		if _, err := snapshot.Open(t.Context(), inner, keys, "b1"); !errors.Is(err, snapshot.ErrNoBackup) {
			t.Errorf("put %d: half a backup: %v", n, err)
		}
	}
	b, err := snapshot.Open(t.Context(), inner, keys, "b0")
	if err != nil {
		t.Fatal(err)
	}
	s.check(t, b)
}

func TestUnchangedDataIsStoredOnce(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	s := newSite(8000, 5)
	_, first := s.backup(t, store, keys, "b1")
	files := len(list(t, store, "tenants/acme/segments/"))
	_, second := s.backup(t, store, keys, "b2")
	if second.SegmentsStored != 0 || second.Stored != 0 || second.SegmentsShared != first.SegmentsStored {
		t.Errorf("the second backup: %+v after %+v", second, first)
	}
	if got := len(list(t, store, "tenants/acme/segments/")); got != files {
		t.Errorf("%d files, there were %d", got, files)
	}
}

func TestAChangeChangesItsNeighbourhoodOnly(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	before := newSite(8000, 5)
	_, first := before.backup(t, store, keys, "b1")
	for what, change := range map[string]func([]assets.Object) []assets.Object{
		"changed": func(o []assets.Object) []assets.Object { o[4000].Label = "another"; return o },
		"deleted": func(o []assets.Object) []assets.Object { return append(o[:4000:4000], o[4001:]...) },
		"inserted": func(o []assets.Object) []assets.Object {
			added := o[4000]
			added.ID = "500000"
			return append(append(o[:4000:4000], added), o[4000:]...)
		},
	} {
		after := newSite(8000, 5)
		after.objects = change(after.objects)
		_, again := after.backup(t, store, keys, "b-"+what)
		// One segment of objects or two, one or two of the index.
		if n := again.SegmentsStored; n < 1 || n > 4 {
			t.Errorf("%s: %d of %d segments are new", what, n, first.SegmentsStored)
		}
		b, err := snapshot.Open(t.Context(), store, keys, "b-"+what)
		if err != nil {
			t.Fatal(err)
		}
		after.check(t, b)
	}
}

func TestLaterPhasesAreAddedToACommittedBackup(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	s := newSite(300, 6)
	first, _ := s.backup(t, store, keys, "b1")
	for round := range 2 {
		w, err := snapshot.Extend(t.Context(), store, keys, "b1", snapshot.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		last, _, _ := w.Last(snapshot.KindHistory, "")
		for i := range 100 {
			id := strconv.Itoa(1000 + round*100 + i)
			if last != "" && id <= last {
				t.Fatalf("last is %s", last)
			}
			for e := range 3 {
				h := assets.HistoryEntry{ID: strconv.Itoa(e), ObjectID: id, Created: "2026-01-01"}
				if err := w.Add(t.Context(), snapshot.KindHistory, "", id, h); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.Phase("history", snapshot.PhaseStatus{State: snapshot.PhaseRunning, Done: int64(100 * (round + 1))})
		m, err := w.Commit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if m.Commit != round+2 || m.Counts[snapshot.KindHistory] != int64(300*(round+1)) || m.Counts[snapshot.KindObjects] != 300 {
			t.Errorf("%+v", m)
		}
		if m.Digest == first.Digest || m.Digest == "" {
			t.Errorf("the digest is %q", m.Digest)
		}
	}
	b, err := snapshot.Open(t.Context(), store, keys, "b1")
	if err != nil {
		t.Fatal(err)
	}
	s.check(t, b)
	for _, id := range []string{"1000", "1099", "1100", "1199"} {
		found, err := snapshot.Find[assets.HistoryEntry](t.Context(), b, snapshot.KindHistory, id)
		if err != nil || len(found) != 3 || found[2].ObjectID != id {
			t.Errorf("history of %s: %+v, %v", id, found, err)
		}
	}
	if found, err := snapshot.Find[assets.HistoryEntry](t.Context(), b, snapshot.KindHistory, "1200"); err != nil || len(found) > 0 {
		t.Errorf("history of none: %+v, %v", found, err)
	}
	if p, ok := b.Manifest().Phase("history"); !ok || p.Done != 200 {
		t.Errorf("phase: %+v", p)
	}
	if res := verify(t, store, keys); !res.OK {
		t.Errorf("%+v", res.Problems)
	}
}

func TestAnObjectThatIsAddedAgainReplacesTheEarlierOne(t *testing.T) {
	t.Parallel()
	for _, flush := range []bool{false, true} {
		store := mem.New()
		keys := openKeys(t, store, "acme")
		s := newSite(100, 8)
		w, err := snapshot.Create(store, keys, snapshot.Meta{Backup: "b1"}, snapshot.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.write(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if flush {
			if err := w.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if w, err = snapshot.Resume(store, keys, w.State(), snapshot.WriterOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		moved := s.objects[5]
		moved.Label = "moved"
		if err := w.Object(t.Context(), &moved); err != nil {
			t.Fatal(err)
		}
		w.Drop(s.objects[7].ID)
		w.Drop(s.objects[8].ID)
		if err := w.Object(t.Context(), &s.objects[8]); err != nil {
			t.Fatal(err)
		}
		if w, err = snapshot.Resume(store, keys, func() []byte {
			if err := w.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			return w.State()
		}(), snapshot.WriterOptions{}); err != nil {
			t.Fatal(err)
		}
		m, err := w.Commit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if m.Counts[snapshot.KindObjects] != 99 || m.Types["10"] != 33 {
			t.Errorf("%+v", m)
		}
		b, err := snapshot.Open(t.Context(), store, keys, "b1")
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]int)
		for o, err := range b.Objects(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			seen[o.ID]++
		}
		if len(seen) != 99 || seen[s.objects[5].ID] != 1 || seen[s.objects[7].ID] != 0 || seen[s.objects[8].ID] != 1 {
			t.Errorf("seen %v", seen)
		}
		if o, err := b.FindObject(t.Context(), moved.ID); err != nil || o.Label != "moved" {
			t.Errorf("%+v, %v", o, err)
		}
		if _, err := b.FindObject(t.Context(), s.objects[7].ID); !errors.Is(err, snapshot.ErrNoRecord) {
			t.Errorf("what was dropped: %v", err)
		}
		if res := verify(t, store, keys); !res.OK {
			t.Errorf("%+v", res.Problems)
		}
		total := 0
		for _, info := range b.ObjectSegments() {
			objects, err := b.ReadObjects(t.Context(), info.Segment)
			if err != nil || len(objects) != info.Objects {
				t.Errorf("%d objects, want %d; %v", len(objects), info.Objects, err)
			}
			total += len(objects)
		}
		if total != 99 {
			t.Errorf("%d objects in all", total)
		}
	}
}

// brokenReader fails after some bytes.
type brokenReader struct{ left int }

func (r *brokenReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.ErrClosedPipe
	}
	n := min(len(p), r.left)
	r.left -= n
	return n, nil
}

func TestAPayloadThatBreaksOffIsNotAdded(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 100, 4 << 20, 9 << 20} {
		store := mem.New()
		keys := openKeys(t, store, "acme")
		w, err := snapshot.Create(store, keys, snapshot.Meta{Backup: "b1"}, snapshot.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		if _, err := w.AddBytes(ctx, snapshot.KindAttachmentData, "", "1", "", bytes.NewReader([]byte("one"))); err != nil {
			t.Fatal(err)
		}
		if _, err := w.AddBytes(ctx, snapshot.KindAttachmentData, "", "2", "", &brokenReader{left: size}); !errors.Is(err, io.ErrClosedPipe) {
			t.Fatalf("a broken payload of %d: %v", size, err)
		}
		large := bytes.Repeat([]byte("0123456789"), 2_000_000)
		if _, err := w.AddBytes(ctx, snapshot.KindAttachmentData, "", "3", "text/plain", bytes.NewReader(large)); err != nil {
			t.Fatal(err)
		}
		m, err := w.Commit(ctx)
		if err != nil || m.Counts[snapshot.KindAttachmentData] != 2 {
			t.Fatalf("%+v, %v", m.Counts, err)
		}
		b, err := snapshot.Open(ctx, store, keys, "b1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.OpenBytes(ctx, snapshot.KindAttachmentData, "", "2"); !errors.Is(err, snapshot.ErrNoRecord) {
			t.Errorf("what was not added: %v", err)
		}
		p, err := b.OpenBytes(ctx, snapshot.KindAttachmentData, "", "3")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(p); err != nil || !bytes.Equal(got, large) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if res := verify(t, store, keys); !res.OK {
			t.Errorf("%+v", res.Problems)
		}
	}
}

func TestAStateTakenWithinAPayloadBeginsItAnew(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	var w *snapshot.Writer
	var states [][]byte
	w, err := snapshot.Create(store, keys, snapshot.Meta{Backup: "b1"}, snapshot.WriterOptions{
		OnSegment: func(snapshot.SegmentStored) error { states = append(states, w.State()); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("0123456789"), 1_000_000)
	for _, id := range []string{"1", "2"} {
		if _, err := w.AddBytes(t.Context(), snapshot.KindAttachmentData, "", id, "", bytes.NewReader(large)); err != nil {
			t.Fatal(err)
		}
	}
	var last []string
	for _, state := range states {
		w, err := snapshot.Resume(store, keys, state, snapshot.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		id, n, _ := w.Last(snapshot.KindAttachmentData, "")
		last = append(last, id+":"+strconv.Itoa(n))
	}
	if diff := cmp.Diff([]string{":0", ":0", "1:1", "1:1", "1:1", "2:2"}, last); diff != "" {
		t.Error(diff)
	}
}

func TestRecordsOfOneIDStayTogether(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	var w *snapshot.Writer
	n := 0
	w, err := snapshot.Create(store, keys, snapshot.Meta{Backup: "b1"}, snapshot.WriterOptions{
		OnSegment: func(snapshot.SegmentStored) error {
			n++
			if _, count, _ := w.Last(snapshot.KindHistory, "t"); count%7 != 0 {
				return fmt.Errorf("the segment ends after %d records, within an object", count)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := string(bytes.Repeat([]byte("x"), 2000))
	for i := range 1000 {
		for range 7 {
			if err := w.Add(t.Context(), snapshot.KindHistory, "t", strconv.Itoa(i), assets.HistoryEntry{OldValue: text}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n < 3 {
		t.Errorf("%d segments", n)
	}
}

func TestARecordThatIsTooLargeIsRefusedAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	w, err := snapshot.Create(store, keys, snapshot.Meta{Backup: "b1"}, snapshot.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	objects := newSite(3, 1).objects
	objects[1].Label = string(bytes.Repeat([]byte("x"), 12<<20))
	for i := range objects {
		if err := w.Object(t.Context(), &objects[i]); err != nil {
			t.Fatal(err)
		}
	}
	monster := assets.Object{ID: "9", Label: string(bytes.Repeat([]byte("x"), 65<<20))}
	if err := w.Object(t.Context(), &monster); !errors.Is(err, snapshot.ErrTooLarge) {
		t.Errorf("65 MiB: %v", err)
	}
	if err := w.Object(t.Context(), &assets.Object{ID: "10", Extra: assets.Extra("{")}); !errors.Is(err, assets.ErrNotJSON) {
		t.Errorf("not JSON: %v", err)
	}
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := snapshot.Open(t.Context(), store, keys, "b1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range objects {
		o, err := b.FindByKey(t.Context(), objects[i].Key)
		if err != nil || o.Label != objects[i].Label {
			t.Errorf("object %d: %v", i, err)
		}
	}
}
