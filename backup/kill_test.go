package backup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/backup"
	"stowage/backup/backuptest"
	"stowage/blob"
	"stowage/blob/mem"
)

var errBoom = errors.New("boom")

// flaky is a store whose n-th operation fails, before or after it was done.
type flaky struct {
	blob.Store
	left  atomic.Int64
	after bool
	hit   atomic.Bool
}

func (f *flaky) fails() bool {
	if f.left.Add(-1) != 0 {
		return false
	}
	f.hit.Store(true)
	return true
}

func (f *flaky) Put(ctx context.Context, name string, data []byte) error {
	bad := f.fails()
	if bad && !f.after {
		return errBoom
	}
	if err := f.Store.Put(ctx, name, data); err != nil || !bad {
		return err
	}
	return errBoom
}

func (f *flaky) PutIfAbsent(ctx context.Context, name string, data []byte) (bool, error) {
	bad := f.fails()
	if bad && !f.after {
		return false, errBoom
	}
	ok, err := f.Store.PutIfAbsent(ctx, name, data)
	if bad {
		return false, errBoom
	}
	return ok, err
}

func (f *flaky) Get(ctx context.Context, name string) ([]byte, error) {
	if f.fails() {
		return nil, errBoom
	}
	return f.Store.Get(ctx, name)
}

func (f *flaky) Stat(ctx context.Context, name string) (blob.Info, error) {
	if f.fails() {
		return blob.Info{}, errBoom
	}
	return f.Store.Stat(ctx, name)
}

// small makes a site whose objects fill several segments though they are few.
func small() *backuptest.Site {
	s := backuptest.NewSite(66, 11)
	s.PageSize = 9
	s.Fatten(15_000)
	return s
}

// stride is how far it is from one point of interruption to the next. Every point is tried where STOWAGE_CHAOS is set; it
// takes minutes.
func stride(n int) int {
	switch {
	case os.Getenv("STOWAGE_CHAOS") != "":
		return 1
	case n < 40:
		return 3
	default:
		return 23
	}
}

// finish runs the backup until it succeeds.
func finish(t *testing.T, b *bench, site *backuptest.Site, first error) backup.Result {
	t.Helper()
	if !errors.Is(first, errBoom) && !errors.Is(first, context.Canceled) {
		t.Fatalf("the run ended with %v", first)
	}
	for range 3 {
		res, err := b.run(t.Context(), site, backup.Options{})
		if err == nil {
			return res
		}
		first = err
	}
	t.Fatalf("the run cannot be finished: %v", first)
	return backup.Result{}
}

// shapes describe the object segments of a backup; their names differ from one store to the next, as the keys do.
func (b *bench) shapes(t *testing.T, id string) []string {
	t.Helper()
	opened, err := b.storage.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range opened.ObjectSegments() {
		all = append(all, fmt.Sprintf("%d objects in %d bytes: %v", s.Objects, s.Bytes, s.Types))
	}
	return all
}

// same checks that an interrupted backup has the content of one that was not.
func same(t *testing.T, b *bench, res backup.Result, want content, segments []string) {
	t.Helper()
	if diff := cmp.Diff(want, b.content(t, res.Backup), sameObjects); diff != "" {
		t.Errorf("content (-clean +interrupted):\n%s", diff)
	}
	if diff := cmp.Diff(segments, b.shapes(t, res.Backup)); diff != "" {
		t.Errorf("segments of objects (-clean +interrupted):\n%s", diff)
	}
	if got := b.report.Entries(); len(got) != 0 {
		t.Errorf("report is %+v", got)
	}
}

func clean(t *testing.T) (content, []string, int) {
	t.Helper()
	b := setup(t)
	site := small()
	res := b.must(t, site, backup.Options{})
	calls := site.Calls()
	segments := b.shapes(t, res.Backup)
	if len(segments) < 3 {
		t.Fatalf("only %d segments", len(segments))
	}
	return b.content(t, res.Backup), segments, calls
}

func TestARunThatIsInterruptedAnywhereIsFinishedAsIfItHadNotBeen(t *testing.T) {
	t.Parallel()
	want, segments, calls := clean(t)

	kinds := map[string]func(context.CancelFunc) error{
		"fails":        func(context.CancelFunc) error { return errBoom },
		"is cancelled": func(cancel context.CancelFunc) error { cancel(); return context.Canceled },
	}
	for kind, strike := range kinds {
		t.Run("a question "+kind, func(t *testing.T) {
			t.Parallel()
			for n := 1; n <= calls; n += stride(n) {
				site, b := small(), setup(t)
				ctx, cancel := context.WithCancel(t.Context())
				later := false
				site.Before = func(call int, question string) error {
					if call == n {
						later = strings.ContainsAny(question, " ") && !strings.HasPrefix(question, "o") && !strings.HasPrefix(question, "count")
						return strike(cancel)
					}
					return nil
				}
				res, err := b.run(ctx, site, backup.Options{})
				cancel()
				site.Before = nil
				switch {
				case err == nil && kind == "fails" && later:
					// In a later phase one failure is no reason to stop.
				default:
					res = finish(t, b, site, err)
				}
				same(t, b, res, want, segments)
				if t.Failed() {
					t.Fatalf("at question %d", n)
				}
			}
		})
	}

	t.Run("the site is gone from a question on", func(t *testing.T) {
		t.Parallel()
		for n := 1; n <= calls; n += stride(n) {
			site, b := small(), setup(t)
			site.Before = func(call int, _ string) error {
				if call >= n {
					return errBoom
				}
				return nil
			}
			_, err := b.run(t.Context(), site, backup.Options{})
			site.Before = nil
			same(t, b, finish(t, b, site, err), want, segments)
			if t.Failed() {
				t.Fatalf("at question %d", n)
			}
		}
	})

	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("the store fails, after the write: %v", after), func(t *testing.T) {
			t.Parallel()
			for n := int64(1); ; n += int64(stride(int(n))) {
				store := &flaky{Store: mem.New(), after: after}
				site, b := small(), over(t, store)
				store.left.Store(n)
				res, err := b.run(t.Context(), site, backup.Options{})
				if !store.hit.Load() {
					if err != nil {
						t.Fatal(err)
					}
					if n < 20 {
						t.Fatalf("a run takes only %d operations of the store", n)
					}
					return
				}
				if err != nil { // the last operation, that removes the mark, may fail unseen
					res = finish(t, b, site, err)
				}
				same(t, b, res, want, segments)
				if t.Failed() {
					t.Fatalf("at operation %d", n)
				}
			}
		})
	}

	t.Run("a checkpoint fails", func(t *testing.T) {
		t.Parallel()
		for n := 1; ; n += stride(n) {
			site, b := small(), setup(t)
			left, hit := n, false
			b.checkpoints.Before = func() error {
				if left--; left == 0 {
					hit = true
					return errBoom
				}
				return nil
			}
			_, err := b.run(t.Context(), site, backup.Options{})
			b.checkpoints.Before = nil
			if !hit {
				if err != nil || n < 5 {
					t.Fatalf("a run takes only %d checkpoints, %v", n, err)
				}
				return
			}
			same(t, b, finish(t, b, site, err), want, segments)
			if t.Failed() {
				t.Fatalf("at checkpoint %d", n)
			}
		}
	})
}

// TestAProcessThatDiesLosesOnlyWhatCameAfterItsCheckpoint throws away everything after the n-th checkpoint, as when a process
// is killed: no last checkpoint is saved.
func TestAProcessThatDiesLosesOnlyWhatCameAfterItsCheckpoint(t *testing.T) {
	t.Parallel()
	want, segments, calls := clean(t)
	for n := 3; n <= calls; n += 3 * stride(n) {
		site, b := small(), setup(t)
		dead := false
		site.Before = func(call int, _ string) error {
			if call >= n {
				dead = true
				return assets.ErrUnauthorized // ends the run wherever it is
			}
			return nil
		}
		b.checkpoints.Before = func() error {
			if dead {
				return errBoom
			}
			return nil
		}
		if _, err := b.run(t.Context(), site, backup.Options{}); err == nil {
			t.Fatalf("at question %d: the run ended well", n)
		}
		site.Before, b.checkpoints.Before = nil, nil
		res, err := b.run(t.Context(), site, backup.Options{})
		if err != nil {
			t.Fatalf("at question %d: %v", n, err)
		}
		same(t, b, res, want, segments)
		if t.Failed() {
			t.Fatalf("at question %d", n)
		}
	}
}

func TestFinishedPagesAreNotReadAgain(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(200, 11)
	site.PageSize = 10
	site.Fatten(20_000)
	pages := 0
	site.Before = func(_ int, question string) error {
		if strings.HasPrefix(question, "objects ") {
			pages++
			if pages == 18 {
				return errBoom
			}
		}
		return nil
	}
	b := setup(t)
	if _, err := b.run(t.Context(), site, backup.Options{Phases: []string{}}); !errors.Is(err, errBoom) {
		t.Fatalf("the run ended with %v", err)
	}
	before := pages
	res := b.must(t, site, backup.Options{Phases: []string{}})
	// 20 to 22 pages in all; a segment holds at most some 40 objects beyond its boundary, and the type it ends in.
	if pages > 35 {
		t.Errorf("%d pages before the interruption and %d after it", before, pages-before)
	}
	if res.Objects != 200 {
		t.Errorf("%d objects", res.Objects)
	}
}
