package blobtest_test

import (
	"errors"
	"testing"

	"stowage/blob"
	"stowage/blob/blobtest"
	"stowage/blob/mem"
)

func TestAFaultyStoreWithoutFaultsKeepsTheContract(t *testing.T) {
	t.Parallel()
	blobtest.TestStore(t, func(testing.TB) blobtest.Store { return blobtest.Store{Store: blobtest.NewFaulty(mem.New())} })
}

func TestFaultsHappenAsPlanned(t *testing.T) {
	t.Parallel()
	inner := mem.New()
	s := blobtest.NewFaulty(inner,
		blobtest.Fault{Call: 1, Kind: blobtest.Fail},
		blobtest.Fault{Call: 2, Kind: blobtest.LoseAnswer},
		blobtest.Fault{Op: "get", Call: 1, Kind: blobtest.Flip},
		blobtest.Fault{Op: "get", Call: 2, Kind: blobtest.Truncate},
		blobtest.Fault{Op: "put-if-absent", Call: 1, Kind: blobtest.Full, Lasting: true},
	)
	ctx := t.Context()
	if err := s.Put(ctx, "a", []byte("data")); !errors.Is(err, blobtest.ErrPlanned) {
		t.Errorf("the first put: %v", err)
	}
	if _, err := inner.Stat(ctx, "a"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("after a put that failed: %v", err)
	}
	if err := s.Put(ctx, "a", []byte("data")); !errors.Is(err, blobtest.ErrPlanned) {
		t.Errorf("the second put: %v", err)
	}
	if _, err := inner.Stat(ctx, "a"); err != nil {
		t.Errorf("after a put whose answer was lost: %v", err)
	}
	for _, want := range []string{"da\x64a", "da", "data"} {
		got, err := s.Get(ctx, "a")
		if err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	for range 2 {
		if _, err := s.PutIfAbsent(ctx, "b", nil); !errors.Is(err, blob.ErrFull) {
			t.Errorf("a put into a full store: %v", err)
		}
	}
	s.Check(t)
	if s.Calls() != 7 || s.CallsOf("get") != 3 {
		t.Errorf("%d calls, %d gets", s.Calls(), s.CallsOf("get"))
	}
}
