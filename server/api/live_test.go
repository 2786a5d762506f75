package api

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stowage/models"
)

func TestHoweverManyFollowTheDatabaseIsAskedOncePerSecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			mu    sync.Mutex
			asked []int64
			wg    sync.WaitGroup
		)
		w := &watch{look: look{after: 7}}
		ask := func(_ context.Context, after int64) (look, error) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, after)
			return look{after: after, lines: []models.LogLine{{Seq: after + 1}}}, nil
		}
		for range 50 {
			wg.Go(func() {
				tick := time.NewTicker(lookEvery)
				defer tick.Stop()
				for range 10 {
					if _, err := w.see(t.Context(), ask); err != nil {
						t.Error(err)
					}
					<-tick.C
				}
			})
		}
		wg.Wait()
		if len(asked) != 10 || asked[0] != 7 || asked[9] != 16 {
			t.Errorf("the database was asked for what follows %v", asked)
		}
	})
}

func TestALookThatFailsIsTakenAgainByTheNext(t *testing.T) {
	t.Parallel()
	w := &watch{}
	broken := errors.New("broken")
	if _, err := w.see(t.Context(), func(context.Context, int64) (look, error) { return look{}, broken }); !errors.Is(err, broken) {
		t.Errorf("a look that fails says %v", err)
	}
	if seen, err := w.see(t.Context(), func(context.Context, int64) (look, error) { return look{after: 3}, nil }); err != nil || seen.after != 3 {
		t.Errorf("the next look is %+v, %v", seen, err)
	}
}
