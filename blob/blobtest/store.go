// Package blobtest is the conformance suite of package blob, for every provider and every wrapper, and a store that fails as
// planned, for the tests of those who use one.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/blob"
)

// Store is what a test of a provider hands to the suite.
type Store struct {
	blob.Store
	// Reopen closes the store and opens it again, as after a crash of the program. Nil means that the store does not outlive the
	// program.
	Reopen func(tb testing.TB) blob.Store
}

// run is one test of the suite, with a store of its own.
type run struct {
	t *testing.T
	s Store
}

// TestStore checks that a store keeps the contract of blob.Store. NewStore returns an empty one each time.
func TestStore(t *testing.T, newStore func(tb testing.TB) Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(run)
	}{
		{"what is put is got, described and deleted", basics},
		{"a name that is not allowed is refused by every method", names},
		{"a listing is in order and below its prefix", listing},
		{"a listing can be left and says when it is cancelled", leaving},
		{"a cancelled call does nothing", cancelled},
		{"of several racing calls exactly one stores", racing},
		{"a reader sees the old object or the new one, never a part", atomicity},
		{"what is put can be changed by nobody who holds the bytes", independence},
		{"what was put is there after a crash", durability},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(run{t, newStore(t)})
		})
	}
}

func basics(r run) {
	t, s := r.t, r.s
	ctx := t.Context()
	const name = "a/b-1/c_2.txt"
	if _, err := s.Get(ctx, name); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("get of nothing: %v, want %v", err, blob.ErrNotFound)
	}
	if _, err := s.Stat(ctx, name); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("stat of nothing: %v, want %v", err, blob.ErrNotFound)
	}
	if err := s.Delete(ctx, name); err != nil {
		t.Errorf("delete of nothing: %v", err)
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 300_000)
	for _, data := range [][]byte{[]byte("one"), {}, large, []byte("two")} {
		must(t, s.Put(ctx, name, data))
		want(t, s, name, data)
	}
	if stored, err := s.PutIfAbsent(ctx, name, []byte("three")); err != nil || stored {
		t.Errorf("put if absent over something: %v, %v", stored, err)
	}
	want(t, s, name, []byte("two"))
	// The folder of an object is no object.
	if _, err := s.Get(ctx, "a/b-1"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("get of a folder: %v, want %v", err, blob.ErrNotFound)
	}
	if _, err := s.Stat(ctx, "a/b-1"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("stat of a folder: %v, want %v", err, blob.ErrNotFound)
	}
	// What is below an object is no object.
	if _, err := s.Get(ctx, name+"/x"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("get below an object: %v, want %v", err, blob.ErrNotFound)
	}
	must(t, s.Delete(ctx, "a/b-1"))
	want(t, s, name, []byte("two"))
	must(t, s.Delete(ctx, name))
	if _, err := s.Get(ctx, name); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("get of what was deleted: %v, want %v", err, blob.ErrNotFound)
	}
	if stored, err := s.PutIfAbsent(ctx, name, []byte("four")); err != nil || !stored {
		t.Errorf("put if absent: %v, %v", stored, err)
	}
	want(t, s, name, []byte("four"))
}

func names(r run) {
	t, s := r.t, r.s
	ctx := t.Context()
	bad := []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/../b", ".hidden", "a/.hidden", "a b", "a\\b", "a\x00b",
		"ä", "a:b", "a|b", "a\nb", "a*", "~", "%41", strings.Repeat("a/", 256) + "a", strings.Repeat("a", 513),
	}
	for _, name := range bad {
		if err := s.Put(ctx, name, []byte("x")); !errors.Is(err, blob.ErrInvalidName) {
			t.Errorf("put %q: %v, want %v", name, err, blob.ErrInvalidName)
		}
		if _, err := s.PutIfAbsent(ctx, name, []byte("x")); !errors.Is(err, blob.ErrInvalidName) {
			t.Errorf("put if absent %q: %v, want %v", name, err, blob.ErrInvalidName)
		}
		if _, err := s.Get(ctx, name); !errors.Is(err, blob.ErrInvalidName) {
			t.Errorf("get %q: %v, want %v", name, err, blob.ErrInvalidName)
		}
		if _, err := s.Stat(ctx, name); !errors.Is(err, blob.ErrInvalidName) {
			t.Errorf("stat %q: %v, want %v", name, err, blob.ErrInvalidName)
		}
		if err := s.Delete(ctx, name); !errors.Is(err, blob.ErrInvalidName) {
			t.Errorf("delete %q: %v, want %v", name, err, blob.ErrInvalidName)
		}
	}
	for _, prefix := range []string{"a", "/", "../", ".hidden/", "a//"} {
		if _, err := collect(s, ctx, prefix); !errors.Is(err, blob.ErrInvalidName) {
			t.Errorf("list %q: %v, want %v", prefix, err, blob.ErrInvalidName)
		}
	}
	if all, err := collect(s, ctx, ""); err != nil || len(all) > 0 {
		t.Errorf("refused names left something behind: %v, %v", all, err)
	}
	good := []string{"a", "0", "_", "-", "a.b", "a..b", "a.", "-rf", strings.Repeat("d/", 255) + "ab", strings.Repeat("n", 200)}
	for _, name := range good {
		must(t, s.Put(ctx, name, []byte(name)))
	}
	for _, name := range good {
		want(t, s, name, []byte(name))
	}
	if all, err := collect(s, ctx, ""); err != nil || len(all) != len(good) {
		t.Errorf("%d names are listed, want %d; %v", len(all), len(good), err)
	}
}

func listing(r run) {
	t, s := r.t, r.s
	ctx := t.Context()
	all := []string{"a-b", "a.b", "a/b", "a/b-c", "a/b.c", "a/b0/c", "a0", "b/c/d/e", "b/c/d0", "b/c0", "c"}
	for i, name := range all {
		must(t, s.Put(ctx, name, make([]byte, i)))
	}
	for prefix, want := range map[string][]string{
		"":       all,
		"a/":     all[2:6],
		"a/b0/":  all[5:6],
		"b/":     all[7:10],
		"b/c/":   all[7:9],
		"b/c/d/": all[7:8],
		"c/":     nil,
		"none/":  nil,
	} {
		got, err := collect(s, ctx, prefix)
		if err != nil {
			t.Errorf("list %q: %v", prefix, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("list %q: %s", prefix, diff)
		}
	}
	size := int64(0)
	for info, err := range s.List(ctx, "") {
		must(t, err)
		if info.Size != size {
			t.Errorf("%s is listed with %d bytes, want %d", info.Name, info.Size, size)
		}
		size++
	}
	must(t, s.Delete(ctx, "a/b"))
	if got, err := collect(s, ctx, "a/"); err != nil || len(got) != 3 {
		t.Errorf("after a delete: %v, %v", got, err)
	}
}

func leaving(r run) {
	t, s := r.t, r.s
	for i := range 20 {
		must(t, s.Put(t.Context(), fmt.Sprintf("x/%02d/y", i), nil))
	}
	n := 0
	for _, err := range s.List(t.Context(), "x/") {
		must(t, err)
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d objects before leaving, want 3", n)
	}
	// Deleting what is being listed is what a sweep does.
	for info, err := range s.List(t.Context(), "x/") {
		must(t, err)
		must(t, s.Delete(t.Context(), info.Name))
	}
	if got, err := collect(s, t.Context(), ""); err != nil || len(got) > 0 {
		t.Errorf("left after deleting all: %v, %v", got, err)
	}
	must(t, s.Put(t.Context(), "x/a", nil))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := collect(s, ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled listing: %v, want %v", err, context.Canceled)
	}
}

func cancelled(r run) {
	t, s := r.t, r.s
	must(t, s.Put(t.Context(), "kept", []byte("old")))
	gone := errors.New("the caller has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	_, absent := s.PutIfAbsent(ctx, "new", []byte("x"))
	_, get := s.Get(ctx, "kept")
	_, stat := s.Stat(ctx, "kept")
	for what, err := range map[string]error{
		"put": s.Put(ctx, "kept", []byte("new")), "put if absent": absent, "get": get, "stat": stat, "delete": s.Delete(ctx, "kept"),
	} {
		if !errors.Is(err, gone) && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want a cancellation", what, err)
		}
	}
	want(t, s, "kept", []byte("old"))
	if got, err := collect(s, t.Context(), ""); err != nil || len(got) != 1 {
		t.Errorf("after cancelled calls: %v, %v", got, err)
	}
}

func racing(r run) {
	t, s := r.t, r.s
	const racers = 8
	for round := range 10 {
		name := fmt.Sprintf("race/%d", round)
		var winners atomic.Int32
		var winner atomic.Value
		var wg sync.WaitGroup
		for i := range racers {
			wg.Go(func() {
				data := fmt.Sprintf("racer %d", i)
				stored, err := s.PutIfAbsent(t.Context(), name, []byte(data))
				if err != nil {
					t.Errorf("put if absent: %v", err)
				}
				if stored {
					winners.Add(1)
					winner.Store(data)
				}
			})
		}
		wg.Wait()
		if winners.Load() != 1 {
			t.Fatalf("%d racers stored", winners.Load())
		}
		want(t, s, name, []byte(winner.Load().(string)))
	}
}

func atomicity(r run) {
	t, s := r.t, r.s
	const name = "d/object"
	versions := make([][]byte, 4)
	for i := range versions {
		versions[i] = bytes.Repeat([]byte{byte('a' + i)}, 50_000*(i+1))
	}
	must(t, s.Put(t.Context(), name, versions[0]))
	var writers, readers sync.WaitGroup
	var stop atomic.Bool
	for i := range versions {
		writers.Go(func() {
			for range 10 {
				if err := s.Put(t.Context(), name, versions[i]); err != nil {
					t.Errorf("put: %v", err)
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for !stop.Load() {
				data, err := s.Get(t.Context(), name)
				if err != nil {
					t.Errorf("get: %v", err)
					return
				}
				if v := data[0] - 'a'; int(v) >= len(versions) || !bytes.Equal(data, versions[v]) {
					t.Errorf("a mixture of %d bytes", len(data))
					return
				}
				infos, err := collect(s, t.Context(), "d/")
				if err != nil || len(infos) != 1 {
					t.Errorf("a listing meanwhile: %v, %v", infos, err)
					return
				}
			}
		})
	}
	writers.Wait()
	stop.Store(true)
	readers.Wait()
}

func independence(r run) {
	t, s := r.t, r.s
	data := []byte("written")
	must(t, s.Put(t.Context(), "x", data))
	copy(data, "CHANGED")
	want(t, s, "x", []byte("written"))
	got, err := s.Get(t.Context(), "x")
	must(t, err)
	copy(got, "CHANGED")
	want(t, s, "x", []byte("written"))
}

func durability(r run) {
	t, s := r.t, r.s
	if s.Reopen == nil {
		t.Skip("the store does not outlive the program")
	}
	must(t, s.Put(t.Context(), "k/1", []byte("one")))
	stored, err := s.PutIfAbsent(t.Context(), "k/2", []byte("two"))
	if err != nil || !stored {
		t.Fatalf("put if absent: %v, %v", stored, err)
	}
	must(t, s.Put(t.Context(), "k/3", []byte("three")))
	must(t, s.Delete(t.Context(), "k/3"))
	again := Store{Store: s.Reopen(t)}
	want(t, again, "k/1", []byte("one"))
	want(t, again, "k/2", []byte("two"))
	if got, err := collect(again, t.Context(), ""); err != nil || len(got) != 2 {
		t.Errorf("after opening again: %v, %v", got, err)
	}
}

func want(t *testing.T, s Store, name string, data []byte) {
	t.Helper()
	got, err := s.Get(t.Context(), name)
	if err != nil {
		t.Fatalf("get %s: %v", name, err)
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("get %s: %d bytes that are not the %d put", name, len(got), len(data))
	}
	info, err := s.Stat(t.Context(), name)
	if err != nil {
		t.Fatalf("stat %s: %v", name, err)
	}
	if diff := cmp.Diff(blob.Info{Name: name, Size: int64(len(data))}, info); diff != "" {
		t.Fatalf("stat %s: %s", name, diff)
	}
}

func collect(s blob.Store, ctx context.Context, prefix string) ([]string, error) { //nolint:revive // the store is what it is about
	var names []string
	for info, err := range s.List(ctx, prefix) {
		if err != nil {
			return names, err
		}
		names = append(names, info.Name)
	}
	return names, nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
