package api

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"stowage/server/problem"
)

func TestDownloadsAreOnePerTenantAndAFewAtOnce(t *testing.T) {
	t.Parallel()
	d := newDownloads()
	begin := func(tenant string) func() {
		t.Helper()
		end, err := d.begin(t.Context(), tenant)
		if err != nil {
			t.Fatalf("%s: %v", tenant, err)
		}
		return end
	}
	end := begin("acme")
	if _, err := d.begin(t.Context(), "acme"); problem.From(t.Context(), err).Status != 429 {
		t.Errorf("a second one of the same tenant: %v", err)
	}
	end()
	ends := []func(){begin("acme")}
	for i := 1; i < maxDownloads; i++ {
		ends = append(ends, begin(strconv.Itoa(i)))
	}
	gone, leave := context.WithCancelCause(t.Context())
	left := errors.New("left")
	leave(left)
	// Whoever comes when all places are taken waits, and may go.
	for range 2 {
		if _, err := d.begin(gone, "globex"); !errors.Is(err, left) {
			t.Errorf("without a place: %v", err)
		}
	}
	ends[0]()
	begin("globex")()
	for _, end := range ends[1:] {
		end()
	}
	if len(d.busy) != 0 || len(d.places) != 0 {
		t.Errorf("left are %v and %d", d.busy, len(d.places))
	}
}
