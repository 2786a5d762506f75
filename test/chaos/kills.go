package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"stowage/test/judge"
)

const (
	// killObjects is the size of the schema whose runs are killed.
	killObjects = 600
	// killLatency makes every call take a little, as calls do, so that there are moments between them.
	killLatency = 4 * time.Millisecond
	// killsPerRound is how often one run is killed before it may finish.
	killsPerRound = 12
	// killWorkers is how many runs go on at the same time. Most of them wait for something.
	killWorkers = 3
	// slowKills is the share of kills that come after many seconds instead of within the first ones: a restore that was
	// killed waits for a while until it takes an object for not created.
	slowKills = 0.06
	slowest   = 25 * time.Second
	// resumeBar is how long a run may take to go on after it was killed.
	resumeBar = 90 * time.Second
)

// killed is what came of the rounds of one command.
type killed struct {
	mu            sync.Mutex
	rounds, kills int
	// byClock and byCall count the ways in which the moment was chosen.
	byClock, byCall int
	different       []string
	lost, twice     int
	sameSegments    int
	// firstCall and finish are the longest times from a start after a kill to the first call, and to the end.
	firstCall, finish time.Duration
}

// kills kills backups and restores at random moments.
func kills(ctx context.Context, b *bench) ([]row, error) {
	ref, err := newReference(ctx, b)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, what := range []struct {
		name  string
		share int
		round func(ctx context.Context, b *bench, ref *reference, n int, k *killed) error
	}{
		{"backup", b.kills / 2, killBackup},
		{"restore", b.kills - b.kills/2, killRestore},
	} {
		k := &killed{}
		group, groupCtx := errgroup.WithContext(ctx)
		for worker := range killWorkers {
			group.Go(func() error {
				for n := worker; k.more(what.share); n += killWorkers {
					if err := what.round(groupCtx, b, ref, n, k); err != nil {
						return fmt.Errorf("%s, round %d, seed %d: %w", what.name, n, b.seed, err)
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return rows, err
		}
		rows = append(rows, k.row(what.name, what.share))
	}
	return rows, nil
}

func (k *killed) more(wanted int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kills < wanted
}

func (k *killed) row(name string, wanted int) row {
	result := fmt.Sprintf("%d kills (%d at a moment, %d at a call) in %d runs: %d lost, %d twice, %d runs end otherwise; first call %.1f s and end %.1f s after the restart at most",
		k.kills, k.byClock, k.byCall, k.rounds, k.lost, k.twice, len(k.different), k.firstCall.Seconds(), k.finish.Seconds())
	if name == "backup" {
		result += fmt.Sprintf("; object segments identical in %d of %d", k.sameSegments, k.rounds)
	}
	if len(k.different) > 0 {
		result += ": " + some(k.different, 4)
	}
	return row{
		done: fmt.Sprintf("kill -9 of a %s of %d objects at random moments, the same command again until it is done", name, killObjects),
		bar:  fmt.Sprintf("≥ %d kills; state of a clean run, 0 lost, 0 twice; goes on within %.0f s", wanted, resumeBar.Seconds()),
		met: k.kills >= wanted && k.lost == 0 && k.twice == 0 && len(k.different) == 0 &&
			k.firstCall <= resumeBar && k.finish <= resumeBar,
		result: result,
	}
}

// reference is what clean runs come to.
type reference struct {
	home     *home
	content  judge.Facts
	segments []string
	// restored is by site.
	restored map[string]judge.Facts
	// took is the duration of a clean run, calls its number of calls.
	took  map[string]time.Duration
	calls map[string]int
}

// lab makes the sites anew, and serves them.
func killLab(ctx context.Context, b *bench) (*lab, error) {
	l, err := newLab(labOptions{objects: killObjects, seed: b.seed})
	if err != nil {
		return nil, err
	}
	l.gate.latency = killLatency
	return l, l.serve(ctx)
}

// restoreKey is the key of the schema that is restored.
const restoreKey = "RESTORED"

func newReference(ctx context.Context, b *bench) (*reference, error) {
	ref := &reference{restored: map[string]judge.Facts{}, took: map[string]time.Duration{}, calls: map[string]int{}}
	l, err := killLab(ctx, b)
	if err != nil {
		return nil, err
	}
	defer l.close(b)
	if ref.home, err = b.newHome(nil); err != nil {
		return nil, err
	}
	l.gate.set(nil)
	begun := time.Now()
	if _, err := ref.home.mustRun(ctx, l, backupArgs()...); err != nil {
		return nil, err
	}
	ref.took["backup"], ref.calls["backup"] = time.Since(begun), l.gate.count()
	if ref.content, ref.segments, err = ref.home.content(ctx); err != nil {
		return nil, err
	}
	for _, to := range []string{source, other} {
		l, err := killLab(ctx, b)
		if err != nil {
			return nil, err
		}
		h, err := ref.home.clone()
		if err != nil {
			return nil, err
		}
		l.gate.set(nil)
		begun := time.Now()
		_, err = h.mustRun(ctx, l, restoreArgs(l, to, restoreKey)...)
		if err == nil {
			ref.took[to], ref.calls[to] = time.Since(begun), l.gate.count()
			ref.restored[to], err = judge.Restored(l.world(to), restoreKey)
		}
		if err == nil && to == source {
			var diff []string
			if diff, err = judge.LikeSource(l.world(source), l.made.Schema, restoreKey); err == nil && len(diff) > 0 {
				err = fmt.Errorf("a clean restore differs from its source: %s", some(diff, 5))
			}
		}
		l.close(b)
		if err != nil {
			return nil, err
		}
	}
	b.note("  clean: backup %d calls in %s, restore %d calls in %s", ref.calls["backup"], ref.took["backup"].Round(time.Millisecond),
		ref.calls[other], ref.took[other].Round(time.Millisecond))
	return ref, nil
}

func (l *lab) close(b *bench) {
	if l.stop == nil {
		return
	}
	if err := l.stop(); err != nil {
		b.note("chaos: %v", err)
	}
}

// killBackup kills one backup again and again.
func killBackup(ctx context.Context, b *bench, ref *reference, n int, k *killed) error {
	l, err := killLab(ctx, b)
	if err != nil {
		return err
	}
	defer l.close(b)
	h, err := b.newHome(ref.home)
	if err != nil {
		return err
	}
	if err := k.killing(ctx, b, l, h, n, ref.took["backup"], ref.calls["backup"], backupArgs()); err != nil {
		return err
	}
	got, segments, err := h.content(ctx)
	if err != nil {
		return err
	}
	if _, err := h.mustRun(ctx, nil, "verify", "--json", "--schema", schemaKey); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rounds++
	for _, d := range ref.content.Differences(got) {
		k.different = append(k.different, fmt.Sprintf("round %d: %s", n, d))
	}
	k.lost += max(0, ref.content.Objects()-got.Objects())
	if slices.Equal(segments, ref.segments) {
		k.sameSegments++
	}
	return nil
}

// killRestore kills one restore again and again: on the same site, and on the other.
func killRestore(ctx context.Context, b *bench, ref *reference, n int, k *killed) error {
	to := []string{source, other}[n%2]
	l, err := killLab(ctx, b)
	if err != nil {
		return err
	}
	defer l.close(b)
	h, err := ref.home.clone()
	if err != nil {
		return err
	}
	if err := k.killing(ctx, b, l, h, 1000+n, ref.took[to], ref.calls[to], restoreArgs(l, to, restoreKey)); err != nil {
		return err
	}
	got, err := judge.Restored(l.world(to), restoreKey)
	if err != nil {
		return err
	}
	count, err := judge.TallyRestored(l.world(source), l.made.Schema, l.world(to), restoreKey)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rounds++
	k.lost += count.Lost
	k.twice += count.Twice
	for _, d := range ref.restored[to].Differences(got) {
		k.different = append(k.different, fmt.Sprintf("round %d on %s: %s", n, to, d))
	}
	return nil
}

// killing starts the command, kills it, and starts it again, until it was killed often enough or is done; then it may
// finish.
func (k *killed) killing(ctx context.Context, b *bench, l *lab, h *home, n int, took time.Duration, calls int, args []string) error {
	random := rand.New(rand.NewPCG(b.seed, uint64(n)))
	resumed := false
	for range killsPerRound {
		dead, err := k.attempt(ctx, l, h, random, took, calls, resumed, args)
		if err != nil {
			return err
		}
		if !dead {
			return nil
		}
		resumed = true
	}
	_, err := k.attempt(ctx, l, h, nil, took, calls, resumed, args)
	return err
}

// attempt runs the command and kills it at a random moment. Without random it may finish.
func (k *killed) attempt(ctx context.Context, l *lab, h *home, random *rand.Rand, took time.Duration, calls int, resumed bool, args []string) (dead bool, err error) {
	var clock <-chan time.Time
	struck := make(chan struct{})
	first := make(chan time.Duration, 1)
	begun := time.Now()
	strike := -1
	before := false
	switch {
	case random == nil:
	case random.Float64() < slowKills:
		clock = time.After(time.Duration(random.Float64() * float64(slowest)))
	case random.IntN(2) == 0:
		clock = time.After(time.Duration(random.Float64() * float64(took) / 2))
	default:
		strike = 1 + random.IntN(calls/3)
		before = random.IntN(2) == 0
	}
	var once sync.Once
	l.gate.set(func(n int, _ *http.Request) mishap {
		if n == 1 {
			first <- time.Since(begun)
		}
		if n != strike {
			return mishap{}
		}
		// The process dies while this call is under way: it is never done, or never answered.
		kill := func() { once.Do(func() { close(struck) }) }
		if before {
			return mishap{fate: silentBefore, before: kill}
		}
		return mishap{fate: silentAfter, after: kill}
	})
	c, err := h.start(ctx, l, args...)
	if err != nil {
		return false, err
	}
	select {
	case <-clock:
		c.kill()
	case <-struck:
		c.kill()
	case <-c.done:
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	select {
	case d := <-first:
		if resumed {
			k.firstCall = max(k.firstCall, d)
		}
	default:
	}
	if c.code() < 0 {
		k.kills++
		if strike > 0 {
			k.byCall++
		} else {
			k.byClock++
		}
		return true, nil
	}
	if !c.fine() {
		return false, c.failure()
	}
	if resumed {
		k.finish = max(k.finish, time.Since(begun))
	}
	return false, nil
}
