package jobs

import (
	"context"
	"errors"
	"testing"

	"stowage/models"
)

// TestASyncThatBeganBeforeAChangeIsFollowedByAnother has the site change while a sync is worked on.
func TestASyncThatBeganBeforeAChangeIsFollowedByAnother(t *testing.T) {
	t.Parallel()
	onBoth(t, func(r *rig) {
		t := r.t
		free := make(chan struct{})
		stop := r.start(map[Kind]Handler{KindSync: func(_ context.Context, run *models.Run, _ *models.Tenant, _ *Live) error {
			defer r.seen.enter(run.ID())()
			<-free
			return nil
		}}, r.options())
		first, err := r.service.StartSync(t.Context(), "acme", "ada")
		if err != nil {
			t.Fatal(err)
		}
		r.until("it is worked on", func() bool { return r.seen.isActive(first.ID) })
		if _, err := r.service.StartSync(t.Context(), "acme", "eve"); !isRunning(err) {
			t.Errorf("a user starts a second one: %v", err)
		}
		// However often it changes, one more is enough.
		for range 3 {
			if err := r.service.syncAgain(t.Context(), "acme", "ada"); err != nil {
				t.Fatal(err)
			}
		}
		syncs := r.syncs("acme")
		if len(syncs) != 2 || syncs[0].State != models.StateQueued || syncs[0].QueuedBehind != first.ID {
			t.Fatalf("%d syncs, the last is %s behind %q", len(syncs), syncs[0].State, syncs[0].QueuedBehind)
		}
		close(free)
		r.becomes("acme", first.ID, models.StateSucceeded)
		again := r.becomes("acme", syncs[0].ID, models.StateSucceeded)
		if again.Started.Before(r.run("acme", first.ID).Finished) {
			t.Error("they were worked on at the same time")
		}
		stop()
		// One that waits looks later than now in any case.
		for range 2 {
			if err := r.service.syncAgain(t.Context(), "acme", "ada"); err != nil {
				t.Fatal(err)
			}
		}
		if syncs := r.syncs("acme"); len(syncs) != 3 {
			t.Errorf("%d syncs", len(syncs))
		}
	})
}

func (r *rig) syncs(tenant string) []models.RunInfo {
	r.t.Helper()
	list, err := r.db.ForTenant(tenant).Runs(r.t.Context(), models.RunFilter{Kind: KindSync})
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

func isRunning(err error) bool {
	_, ok := errors.AsType[*AlreadyRunning](err)
	return ok
}
