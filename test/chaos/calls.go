package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"stowage/models"
	"stowage/restore"
	"stowage/test/judge"
)

const (
	// callObjects is the size of the schema of which every call goes wrong once in every way.
	callObjects = 48
	// callWorkers is how many runs go on at the same time. Most of them wait for something.
	callWorkers = 6
)

// trouble is one way in which a call goes wrong.
type trouble struct {
	name string
	fate fate
	// cancels ends the run at the call, lasting lets all later calls of the attempt fail like it.
	cancels, lasting bool
}

func troubles() []trouble {
	return []trouble{
		{name: "answers 500", fate: answers500},
		{name: "answers 503", fate: answers503},
		{name: "done, but answers 504", fate: answers504},
		{name: "reset before it is done", fate: resetBefore},
		{name: "reset after it is done", fate: resetAfter},
		{name: "answer cut off", fate: cutOff},
		{name: "times out, not done", fate: silentBefore},
		{name: "times out, done", fate: silentAfter},
		{name: "cancelled", fate: served, cancels: true},
		{name: "cancelled, answer lost", fate: resetAfter, cancels: true},
		{name: "site gone from there on", fate: resetBefore, lasting: true},
	}
}

// swept collects what came of many runs.
type swept struct {
	mu                    sync.Mutex
	runs, resumed, missed int
	lost, twice           int
	bad                   []string
}

func (s *swept) add(name string, attempts int, bad []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs++
	if attempts > 1 {
		s.resumed++
	}
	if err != nil {
		bad = append(bad, err.Error())
	}
	if len(bad) > 0 {
		s.bad = append(s.bad, name+exceptions(bad))
	}
}

func (s *swept) row(done string) row {
	slices.Sort(s.bad)
	result := fmt.Sprintf("%d runs, %d of them resumed: %d lost, %d twice, %d end otherwise", s.runs, s.resumed, s.lost, s.twice, len(s.bad))
	if s.missed > 0 {
		result += fmt.Sprintf(", %d faults never met", s.missed)
	}
	if len(s.bad) > 0 {
		result += ": " + some(s.bad, 6)
	}
	return row{done: done, result: result, bar: "state of a clean run, 0 lost, 0 twice", met: s.runs > 0 && len(s.bad) == 0 && s.lost == 0 && s.twice == 0}
}

// everyCall lets every call of a run go wrong in turn, in every way.
func everyCall(ctx context.Context, b *bench) ([]row, error) {
	db, err := b.openRuns(ctx)
	if err != nil {
		return nil, err
	}
	runs := db.ForTenant(tenant)
	rows, err := everyCallInProcess(ctx, b, runs)
	if err := errors.Join(err, db.Close()); err != nil {
		return rows, err
	}
	sampled, err := someCallsOfTheBinary(ctx, b)
	return append(rows, sampled...), err
}

func everyCallInProcess(ctx context.Context, b *bench, runs *models.Tenant) ([]row, error) {
	o := labOptions{objects: callObjects, seed: b.seed, maxPage: 20}
	l, err := newLab(o)
	if err != nil {
		return nil, err
	}
	v, err := newVault(ctx)
	if err != nil {
		return nil, err
	}
	l.gate.set(nil)
	made, err := backUp(ctx, l, v, runs, "clean", false, undisturbed, nil)
	if err != nil {
		return nil, fmt.Errorf("clean backup: %w", err)
	}
	backupCalls := l.gate.count()
	saved, err := v.Open(ctx, made.result.Backup)
	if err != nil {
		return nil, err
	}
	want, err := judge.Content(ctx, saved)
	if err != nil {
		return nil, err
	}
	l.gate.set(nil)
	done, err := restoreTo(ctx, l, restore.FromSnapshot(saved), runs, "clean", other, undisturbed)
	if err != nil {
		return nil, fmt.Errorf("clean restore: %w", err)
	}
	if !done.proof.Proved {
		return nil, fmt.Errorf("the clean restore is not proved: %+v", done.proof.Differences)
	}
	restoreCalls := l.gate.count()
	wantRestored, err := judge.Restored(l.world(other), restoreKey)
	if err != nil {
		return nil, err
	}
	b.note("  clean: backup %d calls, restore %d calls, %d objects, %d second writes", backupCalls, restoreCalls, done.result.Created, done.result.SecondWrites)

	backups, restores := &swept{}, &swept{}
	err = sweepCalls(ctx, b, backupCalls, func(ctx context.Context, n int, t trouble) error {
		name := fmt.Sprintf("call %d %s", n, t.name)
		l, err := newLab(o)
		if err != nil {
			return err
		}
		v, err := newVault(ctx)
		if err != nil {
			return err
		}
		next, met := t.at(l, n)
		made, err := backUp(ctx, l, v, runs, "backup "+name, false, next, nil)
		var bad []string
		if err == nil {
			var got judge.Facts
			if got, err = v.facts(ctx, made.result.Backup); err == nil {
				bad = want.Differences(got)
				backups.tally(want.Objects()-got.Objects(), 0)
			}
		}
		backups.add(name, made.attempts, bad, err)
		backups.meet(met())
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	b.note("  %d backups", backups.runs)
	err = sweepCalls(ctx, b, restoreCalls, func(ctx context.Context, n int, t trouble) error {
		name := fmt.Sprintf("call %d %s", n, t.name)
		l, err := newLab(o)
		if err != nil {
			return err
		}
		next, met := t.at(l, n)
		done, err := restoreTo(ctx, l, restore.FromSnapshot(saved), runs, "restore "+name, other, next)
		var bad []string
		if err == nil {
			if !done.proof.Proved {
				bad = append(bad, fmt.Sprintf("not proved: %+v", done.proof.Differences))
			}
			var got judge.Facts
			if got, err = judge.Restored(l.world(other), restoreKey); err == nil {
				bad = append(bad, wantRestored.Differences(got)...)
			}
		}
		if err == nil {
			var count judge.Tally
			count, err = judge.TallyRestored(l.world(source), l.made.Schema, l.world(other), restoreKey)
			restores.tally(count.Lost, count.Twice)
		}
		restores.add(name, done.attempts, bad, err)
		restores.meet(met())
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	ways := make([]string, 0, len(troubles()))
	for _, t := range troubles() {
		ways = append(ways, t.name)
	}
	return []row{
		backups.row(fmt.Sprintf("engines in process: each of the %d calls of a backup (%d objects) in each of %d ways: %s", backupCalls, callObjects, len(ways), strings.Join(ways, ", "))),
		restores.row(fmt.Sprintf("the same with each of the %d calls of planning, restoring to another site and proving", restoreCalls)),
	}, nil
}

func (s *swept) tally(lost, twice int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost += max(0, lost)
	s.twice += twice
}

func (s *swept) meet(met bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !met {
		s.missed++
	}
}

// facts reads a backup of the vault.
func (v *vault) facts(ctx context.Context, id string) (judge.Facts, error) {
	saved, err := v.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	return judge.Content(ctx, saved)
}

// sweepCalls calls f for every call and every way, or for some of them.
func sweepCalls(ctx context.Context, b *bench, calls int, f func(ctx context.Context, n int, t trouble) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(callWorkers)
	step := 1
	if b.quick {
		step = 11
	}
	for i, t := range troubles() {
		for n := 1 + i%step; n <= calls; n += step {
			if groupCtx.Err() != nil {
				break
			}
			group.Go(func() error { return f(groupCtx, n, t) })
		}
	}
	return group.Wait()
}

// errPlanned is the cause with which a run is cancelled.
var errPlanned = errors.New("cancelled as planned")

// at plans the trouble for call n of the first attempt. Met says whether it happened.
func (t trouble) at(l *lab, n int) (next attempt, met func() bool) {
	var mu sync.Mutex
	var hit, over bool
	cancel := context.CancelCauseFunc(func(error) {})
	next = func(ctx context.Context, attempt int) (context.Context, context.CancelFunc) {
		mu.Lock()
		defer mu.Unlock()
		over = attempt > 1
		ctx, stop := context.WithCancelCause(ctx)
		cancel = stop
		return ctx, func() { stop(nil) }
	}
	l.gate.set(func(call int, _ *http.Request) mishap {
		mu.Lock()
		defer mu.Unlock()
		if over || call < n || call > n && !t.lasting {
			return mishap{}
		}
		hit = true
		m := mishap{fate: t.fate}
		if t.cancels {
			stop := cancel
			if t.fate == served {
				m.before = func() { stop(errPlanned) }
			} else {
				m.after = func() { stop(errPlanned) }
			}
		}
		return m
	})
	return next, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return hit
	}
}

// sampledCalls is how many runs of the binary meet a fault, of backups and of restores each.
const sampledCalls = 33

// someCallsOfTheBinary does a sample of the same to the program itself. What cannot be had there is a time-out: the
// program waits for minutes.
func someCallsOfTheBinary(ctx context.Context, b *bench) ([]row, error) {
	ways := slices.DeleteFunc(troubles(), func(t trouble) bool { return t.fate == silentBefore || t.fate == silentAfter })
	o := labOptions{objects: callObjects, seed: b.seed, maxPage: 20}
	clean, err := cleanBinary(ctx, b, o)
	if err != nil {
		return nil, err
	}
	backups, restores := &swept{}, &swept{}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(callWorkers)
	count := sampledCalls
	if b.quick {
		count = len(ways)
	}
	for i := range count {
		t := ways[i%len(ways)]
		group.Go(func() error {
			n := 1 + (i*clean.backupCalls+clean.backupCalls/2)/count
			attempts, bad, err := t.binaryBackup(groupCtx, b, o, clean, n)
			backups.add(fmt.Sprintf("backup, call %d %s", n, t.name), attempts, bad, err)
			return groupCtx.Err()
		})
		group.Go(func() error {
			n := 1 + (i*clean.restoreCalls+clean.restoreCalls/2)/count
			attempts, bad, err := t.binaryRestore(groupCtx, b, o, clean, n, restores)
			restores.add(fmt.Sprintf("restore, call %d %s", n, t.name), attempts, bad, err)
			return groupCtx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return []row{
		backups.row(fmt.Sprintf("the binary: a sample of the calls of a backup, %d ways, cancelled by SIGINT", len(ways))),
		restores.row(fmt.Sprintf("the binary: a sample of the calls of a restore, %d ways, cancelled by SIGINT", len(ways))),
	}, nil
}

// cleanRuns are what clean runs of the binary come to.
type cleanRuns struct {
	home                      *home
	content, restored         judge.Facts
	backupCalls, restoreCalls int
}

func cleanBinary(ctx context.Context, b *bench, o labOptions) (*cleanRuns, error) {
	out := &cleanRuns{}
	l, err := newLab(o)
	if err != nil {
		return nil, err
	}
	if err := l.serve(ctx); err != nil {
		return nil, err
	}
	defer l.close(b)
	if out.home, err = b.newHome(nil); err != nil {
		return nil, err
	}
	l.gate.set(nil)
	if _, err := out.home.mustRun(ctx, l, backupArgs()...); err != nil {
		return nil, err
	}
	out.backupCalls = l.gate.count()
	if out.content, _, err = out.home.content(ctx); err != nil {
		return nil, err
	}
	l.gate.set(nil)
	if _, err := out.home.mustRun(ctx, l, restoreArgs(l, other, restoreKey)...); err != nil {
		return nil, err
	}
	out.restoreCalls = l.gate.count()
	out.restored, err = judge.Restored(l.world(other), restoreKey)
	return out, err
}

func (t trouble) binaryBackup(ctx context.Context, b *bench, o labOptions, clean *cleanRuns, n int) (int, []string, error) {
	l, err := newLab(o)
	if err != nil {
		return 0, nil, err
	}
	if err := l.serve(ctx); err != nil {
		return 0, nil, err
	}
	defer l.close(b)
	h, err := b.newHome(clean.home)
	if err != nil {
		return 0, nil, err
	}
	attempts, bad, err := t.untilDone(ctx, l, h, n, backupArgs())
	if err != nil {
		return attempts, bad, err
	}
	got, _, err := h.content(ctx)
	return attempts, append(bad, clean.content.Differences(got)...), err
}

func (t trouble) binaryRestore(ctx context.Context, b *bench, o labOptions, clean *cleanRuns, n int, s *swept) (int, []string, error) {
	l, err := newLab(o)
	if err != nil {
		return 0, nil, err
	}
	if err := l.serve(ctx); err != nil {
		return 0, nil, err
	}
	defer l.close(b)
	h, err := clean.home.clone()
	if err != nil {
		return 0, nil, err
	}
	attempts, bad, err := t.untilDone(ctx, l, h, n, restoreArgs(l, other, restoreKey))
	if err != nil {
		return attempts, bad, err
	}
	got, err := judge.Restored(l.world(other), restoreKey)
	if err != nil {
		return attempts, bad, err
	}
	count, err := judge.TallyRestored(l.world(source), l.made.Schema, l.world(other), restoreKey)
	s.tally(count.Lost, count.Twice)
	return attempts, append(bad, clean.restored.Differences(got)...), err
}

// untilDone runs a command of the binary with the trouble at call n, and again until it is done.
func (t trouble) untilDone(ctx context.Context, l *lab, h *home, n int, args []string) (attempts int, bad []string, err error) {
	interrupt := make(chan struct{})
	var once sync.Once
	l.gate.set(func(call int, _ *http.Request) mishap {
		if call < n || call > n && !t.lasting {
			return mishap{}
		}
		m := mishap{fate: t.fate}
		if t.cancels {
			m.before = func() { once.Do(func() { close(interrupt) }); <-time.After(20 * time.Millisecond) }
		}
		return m
	})
	for attempts = 1; ; attempts++ {
		c, err := h.start(ctx, l, args...)
		if err != nil {
			return attempts, bad, err
		}
		select {
		case <-interrupt:
			interrupt = nil
			if err := c.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return attempts, bad, err
			}
			<-c.done
			if code := c.code(); code != codeStopped && !c.fine() {
				bad = append(bad, fmt.Sprintf("ended with %d after SIGINT: %s", code, c.said()))
			}
		case <-c.done:
		}
		if ctx.Err() != nil {
			return attempts, bad, context.Cause(ctx)
		}
		if c.fine() {
			return attempts, bad, nil
		}
		if attempts == mostAttempts {
			return attempts, bad, c.failure()
		}
		// The trouble was part of the first attempt.
		l.gate.set(nil)
	}
}
