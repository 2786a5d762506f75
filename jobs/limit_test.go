package jobs

import (
	"container/heap"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"

	"stowage/internal/pace"
	"stowage/jobs/jobstest"
)

// site counts calls as a site does: so many per minute, and the rest is refused.
type site struct {
	perMinute int
	minute    int64
	used      int
	refused   int
}

func (s *site) call(at time.Time) {
	if minute := at.Unix() / 60; minute != s.minute {
		s.minute, s.used = minute, 0
	}
	if s.used++; s.used > s.perMinute {
		s.refused++
	}
}

// worker asks again as soon as its call is answered.
type worker struct {
	at     time.Time
	client int
	// call says that at is when it calls, and not when it asks whether it may.
	call bool
}

type agenda []worker

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)        { *a = append(*a, x.(worker)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// TestThreeProcessesShareTheCeilingOfASite plays a minute of three clients, each with its own connection to one Redis,
// against a site that counts. The clock of Redis is moved by hand, so nothing depends on how busy this machine is.
func TestThreeProcessesShareTheCeilingOfASite(t *testing.T) {
	t.Parallel()
	for _, figures := range []struct {
		workers   int
		perMinute int
	}{{8, 1000}, {1, 1000}, {8, 2000}} {
		t.Run(fmt.Sprintf("%d workers each, %d calls per minute", figures.workers, figures.perMinute), func(t *testing.T) {
			t.Parallel()
			mini := miniredis.NewMiniRedis()
			t.Cleanup(mini.Close)
			const clients, latency = 3, 40 * time.Millisecond
			start := time.Unix(1_800_000_000, 0).Truncate(time.Minute)
			lanes := []Lane{{Name: "POST /object/create", PerMinute: float64(figures.perMinute)}, {Name: "total", PerMinute: 10_000}}
			var (
				limiters []*Limiter
				plan     agenda
				counts   [clients]int
				target   = &site{perMinute: figures.perMinute}
			)
			for i := range clients {
				r := openShared(t, mini)
				limiters = append(limiters, NewLimits(r, slog.New(slog.DiscardHandler), nil).Site("acme"))
				for range figures.workers {
					heap.Push(&plan, worker{at: start, client: i})
				}
			}
			end := start.Add(time.Minute)
			for plan[0].at.Before(end) {
				w := heap.Pop(&plan).(worker)
				if w.call {
					target.call(w.at)
					counts[w.client]++
					heap.Push(&plan, worker{at: w.at.Add(latency), client: w.client})
					continue
				}
				mini.SetTime(w.at)
				pause, wait := limiters[w.client].reserve(t.Context(), lanes)
				if pause > 0 {
					t.Fatal("the site asked for no pause")
				}
				heap.Push(&plan, worker{at: w.at.Add(max(0, wait)), client: w.client, call: true})
			}
			sum := counts[0] + counts[1] + counts[2]
			possible := min(float64(figures.perMinute), float64(clients*figures.workers)*60/latency.Seconds())
			if share := float64(sum) / possible; share < 0.97 || share > 1 {
				t.Errorf("%.1f %% of what is possible was used", 100*share)
			}
			if target.refused > 0 {
				t.Errorf("%d calls were refused", target.refused)
			}
			for i, n := range counts {
				if mean := float64(sum) / clients; float64(n) < 0.97*mean || float64(n) > 1.03*mean {
					t.Errorf("client %d got %d of %d", i, n, sum)
				}
			}
			t.Logf("%v of %.0f, %d refused", counts, possible, target.refused)
		})
	}
}

// openShared opens one more client of a Redis, as another process would.
func openShared(t *testing.T, mini *miniredis.Miniredis) *Redis {
	t.Helper()
	quietRedis()
	r := &Redis{mini: mini}
	r.shared = r.client(r.dial)
	t.Cleanup(func() { _ = r.shared.Close() })
	return r
}

// TestARefusalStopsEverybody lets one process hear of a refusal and another ask.
func TestARefusalStopsEverybody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini := miniredis.NewMiniRedis()
		defer mini.Close()
		one, two := NewLimits(openShared(t, mini), slog.New(slog.DiscardHandler), nil), NewLimits(openShared(t, mini), slog.New(slog.DiscardHandler), nil)
		own, total := Lane{Name: "GET /object", PerMinute: 1000}, Lane{Name: "total", PerMinute: 10_000}

		if got := one.Site("acme").Refused(t.Context(), own.Name, 30*time.Second); got.Round(time.Millisecond) != 30*time.Second {
			t.Errorf("the pause is %s", got)
		}
		var paused *pace.PausedError
		err := two.Site("acme").Wait(t.Context(), 10*time.Second, own, total)
		if !errors.As(err, &paused) || paused.For.Round(time.Second) != 30*time.Second {
			t.Errorf("the other process was told %v", err)
		}
		if err := two.Site("acme").Wait(t.Context(), 0, Lane{Name: "POST /object", PerMinute: 1000}, total); err != nil {
			t.Errorf("another operation: %v", err)
		}
		if err := two.Site("globex").Wait(t.Context(), 0, own, total); err != nil {
			t.Errorf("another site: %v", err)
		}
		at := time.Now()
		if err := two.Site("acme").Wait(t.Context(), time.Minute, own, total); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(at); waited < 29*time.Second || waited > 31*time.Second {
			t.Errorf("it waited %s", waited)
		}

		if got := one.Site("acme").Refused(t.Context(), "some other", 10*365*24*time.Hour); got > time.Hour {
			t.Errorf("a site that errs is left alone for %s", got)
		}
		one.Site("acme").Refused(t.Context(), total.Name, time.Minute)
		if err := two.Site("acme").Wait(t.Context(), 0, Lane{Name: "POST /object"}, total); !errors.As(err, &paused) {
			t.Errorf("a pause of the whole site does not hold for an operation: %v", err)
		}
	})
}

// TestRefusalsThatAskForNothingPauseLongerEachTime holds the scripts and what a process keeps to itself to the same
// figures.
func TestRefusalsThatAskForNothingPauseLongerEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini := miniredis.NewMiniRedis()
		defer mini.Close()
		r := openShared(t, mini)
		var kept laneState
		for i, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
			pause, added, err := r.refuse(t.Context(), "k", 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			local, localAdded := kept.refuse(time.Now(), 0, 1)
			if pause.Round(time.Millisecond) != want*time.Second || added != pause {
				t.Errorf("pause %d is %s, %s longer", i, pause, added)
			}
			if local != want*time.Second || localAdded != local {
				t.Errorf("pause %d, kept by the process, is %s, %s longer", i, local, localAdded)
			}
			// A second refusal in the same pause is no news.
			if again, more, err := r.refuse(t.Context(), "k", 0, 1); err != nil || again > pause || more > 0 {
				t.Errorf("a refusal within the pause made it %s: %v", again, err)
			}
			if again, more := kept.refuse(time.Now(), 0, 1); again > local || more > 0 {
				t.Errorf("a refusal within the pause made it %s", again)
			}
			pass(t, pause+time.Millisecond)
		}
		if pause, err := r.paused(t.Context(), []string{"k"}); err != nil || pause > 0 {
			t.Errorf("after the pause it still pauses %s: %v", pause, err)
		}
		pass(t, limitQuiet+time.Second)
		if pause, _, err := r.refuse(t.Context(), "k", 0, 1); err != nil || pause.Round(time.Millisecond) != 2*time.Second {
			t.Errorf("after a quiet time the pause is %s: %v", pause, err)
		}
	})
}

func TestARefusalSlowsALaneDownForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini := miniredis.NewMiniRedis()
		defer mini.Close()
		r := openShared(t, mini)
		lanes := []Lane{{Name: "own", PerMinute: 60 / pace.Share}}
		keys := []string{"k"}
		var kept laneState
		if _, _, err := r.refuse(t.Context(), "k", time.Second, 1); err != nil {
			t.Fatal(err)
		}
		kept.refuse(time.Now(), time.Second, 1)
		pass(t, time.Second)
		gap := func() (shared, own time.Duration) {
			t.Helper()
			for range 2 {
				_, wait, err := r.reserve(t.Context(), keys, lanes)
				if err != nil {
					t.Fatal(err)
				}
				shared, own = wait, kept.reserve(time.Now(), lanes[0].PerMinute)
			}
			return shared, own
		}
		shared, own := gap()
		if want := time.Duration(math.Round(float64(time.Second) / (pace.Slowdown + pace.Recovery))); (shared-want).Abs() > 5*time.Millisecond || (own-want).Abs() > 5*time.Millisecond {
			t.Errorf("right after a refusal the gap is %s and %s, want %s", shared, own, want)
		}
		pass(t, time.Minute)
		shared, own = gap()
		if (shared-time.Second).Abs() > 5*time.Millisecond || (own-time.Second).Abs() > 5*time.Millisecond {
			t.Errorf("a minute later the gap is %s and %s", shared, own)
		}
	})
}

func TestCallsAreSpacedAlsoWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini := miniredis.NewMiniRedis()
		defer mini.Close()
		limiter := NewLimits(openShared(t, mini), slog.New(slog.DiscardHandler), nil).Site("acme")
		mini.SetError("LOADING it is away")
		lane := Lane{Name: "own", PerMinute: 600 / pace.Share}
		at := time.Now()
		for range 32 {
			if err := limiter.Wait(t.Context(), 0, lane); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(at); took < 2900*time.Millisecond || took > 3200*time.Millisecond {
			t.Errorf("32 calls at 10 per second took %s", took)
		}
		limiter.Refused(t.Context(), lane.Name, 5*time.Second)
		if err := limiter.Wait(t.Context(), 0, lane); err == nil {
			t.Error("a pause is not kept while redis is away")
		}
		mini.SetError("")
		pass(t, 10*time.Second)
		if err := limiter.Wait(t.Context(), 0, lane); err != nil {
			t.Error(err)
		}
	})
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini := miniredis.NewMiniRedis()
		defer mini.Close()
		limiter := NewLimits(openShared(t, mini), slog.New(slog.DiscardHandler), nil).Site("acme")
		lane := Lane{Name: "own", PerMinute: 1}
		if err := limiter.Wait(t.Context(), 0, lane); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := contextEndingWith(t, ErrStopRequested, time.Second)
		defer cancel()
		if err := limiter.Wait(ctx, time.Hour, lane); !errors.Is(err, ErrStopRequested) {
			t.Errorf("it ended with %v", err)
		}
	})
}

// TestOnARealRedisCallersAreServedInTheOrderTheyAsked runs the scripts where they run in production.
func TestOnARealRedisCallersAreServedInTheOrderTheyAsked(t *testing.T) {
	t.Parallel()
	url := jobstest.StartRedis(t).URL()
	lanes := []Lane{{Name: "own", PerMinute: 60_000 / pace.Share}, {Name: "none"}}
	var (
		mu     sync.Mutex
		counts [3]int
		all    sync.WaitGroup
	)
	at := time.Now()
	const calls = 1200
	for i := range counts {
		limiter := NewLimits(openRedis(t, url), slog.New(slog.DiscardHandler), nil).Site("acme")
		for range 4 {
			all.Go(func() {
				for {
					mu.Lock()
					over := counts[0]+counts[1]+counts[2] >= calls
					mu.Unlock()
					if over {
						return
					}
					if err := limiter.Wait(t.Context(), 0, lanes...); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					counts[i]++
					mu.Unlock()
				}
			})
		}
	}
	all.Wait()
	// A thousand per second, a quarter of a second of which may be caught up.
	if took := time.Since(at); took < 900*time.Millisecond {
		t.Errorf("%d calls took only %s", calls, took)
	}
	if slices.Min(counts[:]) < calls/3/2 {
		t.Errorf("served: %v", counts)
	}
	r := openRedis(t, url)
	if pause, _, err := r.refuse(t.Context(), "k", 0, 1); err != nil || pause != 2*time.Second {
		t.Errorf("a refusal pauses %s: %v", pause, err)
	}
	if pause, err := r.paused(t.Context(), []string{"k"}); err != nil || pause <= time.Second {
		t.Errorf("it pauses %s: %v", pause, err)
	}
	if pause, _, err := r.reserve(t.Context(), []string{"k"}, lanes[:1]); err != nil || pause <= time.Second {
		t.Errorf("it pauses %s: %v", pause, err)
	}
}
