package snapshot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/blob"
	"stowage/blob/blobtest"
	"stowage/blob/mem"
	"stowage/snapshot"
)

func TestSweepRemovesWhatNoBackupHas(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys, other := openKeys(t, store, "acme"), openKeys(t, store, "globex")
	kept, gone := newSite(500, 1), newSite(500, 2)
	kept.backup(t, store, keys, "b1")
	gone.backup(t, store, keys, "b2")
	gone.backup(t, store, other, "b2")
	theirs := len(list(t, store, "tenants/globex/"))
	if err := snapshot.Delete(t.Context(), store, keys, "b2"); err != nil {
		t.Fatal(err)
	}
	if err := snapshot.Delete(t.Context(), store, keys, "b2"); !errors.Is(err, snapshot.ErrNoBackup) {
		t.Errorf("deleted twice: %v", err)
	}
	before := len(list(t, store, "tenants/acme/segments/"))
	swept, err := snapshot.Sweep(t.Context(), store, keys, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	after := len(list(t, store, "tenants/acme/segments/"))
	if swept.Segments == 0 || swept.Bytes == 0 || before-after != swept.Segments {
		t.Errorf("%+v, %d files became %d", swept, before, after)
	}
	if res := verify(t, store, keys); !res.OK || res.Segments != after {
		t.Errorf("%+v", res)
	}
	if n := len(list(t, store, "tenants/globex/")); n != theirs {
		t.Errorf("another tenant had %d files and has %d", theirs, n)
	}
	if again, err := snapshot.Sweep(t.Context(), store, keys, time.Hour); err != nil || again.Segments != 0 {
		t.Errorf("swept again: %+v, %v", again, err)
	}
	if left := list(t, store, "tenants/acme/"); strings.Contains(fmt.Sprint(left), "sweeping") {
		t.Errorf("left: %v", left)
	}
}

func TestASweepKeepsAwayFromRunningBackupsAndTheyFromIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := mem.New()
		keys := openKeys(t, store, "acme")
		s := newSite(500, 1)
		w, err := snapshot.Create(store, keys, snapshot.Meta{Backup: "b1"}, snapshot.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.write(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		state := w.State()
		if _, err := snapshot.Sweep(t.Context(), store, keys, time.Hour); !errors.Is(err, snapshot.ErrBusy) || !strings.Contains(err.Error(), "b1") {
			t.Fatalf("sweeping while b1 runs: %v", err)
		}
		// The writer dies; its mark gets old.
		time.Sleep(2 * time.Hour) //nolint:forbidigo // the time is synctest's
		swept, err := snapshot.Sweep(t.Context(), store, keys, time.Hour)
		if err != nil || swept.Segments == 0 {
			t.Fatalf("sweeping after b1 died: %+v, %v", swept, err)
		}
		if w, err = snapshot.Resume(store, keys, state, snapshot.WriterOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(t.Context()); !errors.Is(err, snapshot.ErrSegmentMissing) {
			t.Errorf("resumed after a sweep: %v", err)
		}
		// A sweep that died is waited for, not for ever.
		put(t, store, "tenants/acme/sweeping", []byte(time.Now().UTC().Add(10*time.Minute).Format(time.RFC3339)+"\n"))
		if w, err = snapshot.Create(store, keys, snapshot.Meta{Backup: "b2"}, snapshot.WriterOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := s.write(t.Context(), w); err == nil {
			_, err = w.Commit(t.Context())
			if !errors.Is(err, snapshot.ErrBusy) {
				t.Errorf("writing during a sweep: %v", err)
			}
		} else if !errors.Is(err, snapshot.ErrBusy) {
			t.Errorf("writing during a sweep: %v", err)
		}
		if _, err := snapshot.Sweep(t.Context(), store, keys, time.Hour); !errors.Is(err, snapshot.ErrBusy) {
			t.Errorf("sweeping during a sweep: %v", err)
		}
		time.Sleep(11 * time.Minute) //nolint:forbidigo // the time is synctest's
		if _, err := w.Commit(t.Context()); err != nil {
			t.Errorf("writing after a sweep that died: %v", err)
		}
	})
}

func TestALongBackupGivesSignsOfLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := mem.New()
		keys := openKeys(t, store, "acme")
		w, err := snapshot.Create(store, keys, snapshot.Meta{Backup: "b1"}, snapshot.WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s := newSite(5, 1)
		for i := range s.objects {
			if err := w.Object(t.Context(), &s.objects[i]); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := snapshot.Sweep(t.Context(), store, keys, time.Hour); !errors.Is(err, snapshot.ErrBusy) {
				t.Fatalf("after %d objects: %v", i, err)
			}
			time.Sleep(50 * time.Minute) //nolint:forbidigo // the time is synctest's
		}
		if _, err := w.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if marks := list(t, store, "tenants/acme/running/"); len(marks) > 0 {
			t.Errorf("left: %v", marks)
		}
	})
}

func TestASweepThatCannotReadAManifestRemovesNothing(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	newSite(100, 1).backup(t, store, keys, "b1")
	newSite(100, 2).backup(t, store, keys, "b2")
	if err := snapshot.Delete(t.Context(), store, keys, "b2"); err != nil {
		t.Fatal(err)
	}
	data := get(t, store, "tenants/acme/backups/b1")
	data[30] ^= 1
	put(t, store, "tenants/acme/backups/b1", data)
	before := list(t, store, "tenants/acme/segments/")
	if _, err := snapshot.Sweep(t.Context(), store, keys, time.Hour); !errors.Is(err, snapshot.ErrTampered) {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff(before, list(t, store, "tenants/acme/segments/")); diff != "" {
		t.Error(diff)
	}
}

func TestWhateverCallOfTheStoreFailsASweepDoesNoHarm(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		store := mem.New()
		keys := openKeys(t, store, "acme")
		newSite(100, 1).backup(t, store, keys, "b1")
		newSite(100, 2).backup(t, store, keys, "b2")
		if err := snapshot.Delete(t.Context(), store, keys, "b2"); err != nil {
			t.Fatal(err)
		}
		faulty := blobtest.NewFaulty(store, blobtest.Fault{Call: n, Kind: blobtest.Fail})
		_, err := snapshot.Sweep(t.Context(), faulty, keys, time.Hour)
		if err == nil {
			if faulty.Calls() >= n {
				t.Errorf("call %d failed and nobody said so", n)
			}
			if n < 10 {
				t.Errorf("only %d calls", n)
			}
			return
		}
		if res := verify(t, store, keys); !res.OK {
			t.Fatalf("call %d: %+v", n, res.Problems)
		}
	}
}

func TestBackupsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	ids := make([]string, 0, 3)
	for i := range 3 {
		id := snapshot.NewID(start.Add(time.Duration(i) * time.Hour))
		newSite(i, 1).backup(t, store, keys, id)
		ids = append([]string{id}, ids...)
	}
	put(t, store, "tenants/acme/backups/"+ids[1], []byte("nonsense"))
	var got []string
	for m, err := range snapshot.List(t.Context(), store, keys) {
		if m.Backup == ids[1] != errors.Is(err, snapshot.ErrTampered) {
			t.Errorf("%s: %v", m.Backup, err)
		}
		got = append(got, m.Backup)
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Error(diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range snapshot.List(ctx, store, keys) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}

func TestAnotherMasterKeyCanTakeOver(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	s := newSite(20, 1)
	s.backup(t, store, keys, "b1")
	fresh := snapshot.NewMasterKey()
	if err := snapshot.Rewrap(t.Context(), store, "acme", testMaster(t), fresh); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.OpenKeys(t.Context(), store, "acme", testMaster(t), true); !errors.Is(err, snapshot.ErrWrongKey) {
		t.Errorf("the old key: %v", err)
	}
	again, err := snapshot.OpenKeys(t.Context(), store, "acme", fresh, false)
	if err != nil {
		t.Fatal(err)
	}
	if res := verify(t, store, again); !res.OK {
		t.Errorf("%+v", res.Problems)
	}
	if err := snapshot.Shred(t.Context(), store, "acme"); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.OpenKeys(t.Context(), store, "acme", fresh, false); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("after shredding: %v", err)
	}
}

func TestKeysCannotBePrinted(t *testing.T) {
	t.Parallel()
	store := mem.New()
	keys := openKeys(t, store, "acme")
	master := testMaster(t)
	secret := master.Reveal()
	if again, err := snapshot.ParseMasterKey(" " + secret + "\n"); err != nil || again != master {
		t.Errorf("%v", err)
	}
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("x", "master", master, "pointer", &master, "keys", keys)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "master", master, "keys", keys)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, format+format+format+"\n", master, &master, struct{ M snapshot.MasterKey }{master})
		fmt.Fprintf(&out, format+"\n", keys)
	}
	if text, err := json.Marshal(map[string]any{"m": master, "k": keys}); err != nil {
		t.Error(err)
	} else {
		out.Write(text)
	}
	raw := "stowage test master key 32 bytes"
	for _, leak := range []string{secret, raw, fmt.Sprintf("%x", raw), fmt.Sprintf("%d", []byte(raw))[1:20]} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q is in %s", leak, out.String())
		}
	}
	for _, bad := range []string{"", "short", secret[:40], secret + "AAAA"} {
		if _, err := snapshot.ParseMasterKey(bad); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := snapshot.OpenKeys(t.Context(), store, "acme", snapshot.MasterKey{}, true); err == nil {
		t.Error("opened without a master key")
	}
}
