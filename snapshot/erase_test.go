package snapshot_test

import (
	"errors"
	"strings"
	"testing"

	"stowage/blob/blobtest"
	"stowage/blob/mem"
	"stowage/snapshot"
)

func TestEverythingOfATenantIsErasedAndNothingElse(t *testing.T) {
	t.Parallel()
	store := mem.New()
	acme, globex := openKeys(t, store, "acme"), openKeys(t, store, "globex")
	s := newSite(60, 1)
	s.backup(t, store, acme, "one")
	s.backup(t, store, acme, "two")
	kept, _ := s.backup(t, store, globex, "one")
	// Interrupted at any call it has harmed nobody else, and can be done again.
	for n := 1; ; n++ {
		faulty := blobtest.NewFaulty(store, blobtest.Fault{Call: n, Kind: blobtest.Fail})
		_, err := snapshot.Erase(t.Context(), faulty, "acme")
		if err == nil {
			break
		}
		if !errors.Is(err, blobtest.ErrPlanned) {
			t.Fatal(err)
		}
	}
	swept, err := snapshot.Erase(t.Context(), store, "acme")
	if err != nil || swept.Segments != 0 {
		t.Errorf("a second time: %+v, %v", swept, err)
	}
	for info, err := range store.List(t.Context(), "") {
		if err != nil || !strings.HasPrefix(info.Name, "tenants/globex/") {
			t.Errorf("%s is left, %v", info.Name, err)
		}
	}
	if _, err := snapshot.OpenKeys(t.Context(), store, "acme", testMaster(t), false); !errors.Is(err, snapshot.ErrNoKeys) {
		t.Errorf("keys: %v", err)
	}
	if result, err := snapshot.Verify(t.Context(), store, globex, kept.Backup, nil); err != nil || !result.OK {
		t.Errorf("the other tenant: %+v, %v", result, err)
	}
}
