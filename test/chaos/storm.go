package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"stowage/atlassian/sim/fault"
	"stowage/test/judge"
)

const (
	stormObjects = 500
	stormLag     = 2 * time.Second
	// stormAttempts is how often the same command may be run until it is done.
	stormAttempts = 5
)

// stormRules are the weather: 5 % of the calls answer 500, 502 or 503, 5 % lose their answer after they are done, and there
// are bursts of 429 with and without Retry-After.
func stormRules(bursts ...string) []fault.Rule {
	var rules []fault.Rule
	for i, op := range bursts {
		rules = append(
			rules,
			fault.Rule{Op: op, From: 40 * (i + 1), To: 40*(i+1) + 12, Status: 429, RetryAfter: 1},
			fault.Rule{Op: op, From: 40*(i+1) + 60, To: 40*(i+1) + 68, Status: 429},
		)
	}
	return append(
		rules,
		fault.Rule{Op: "*", Probability: 0.02, Status: 500},
		fault.Rule{Op: "*", Probability: 0.01, Status: 502, Seed: 1},
		fault.Rule{Op: "*", Probability: 0.02, Status: 503, Seed: 2},
		fault.Rule{Op: "*", Probability: 0.05, Reset: fault.After, Seed: 3},
	)
}

// stormy is what came of a command in the storm.
type stormy struct {
	attempts, faults int
	unhit            int
	took             time.Duration
	tally            judge.Tally
	diff             []string
}

// storm backs up and restores in bad weather.
func storm(ctx context.Context, b *bench) ([]row, error) {
	calm := labOptions{objects: stormObjects, seed: b.seed}
	clean, err := cleanBinary(ctx, b, calm)
	if err != nil {
		return nil, err
	}
	seeds := 3
	if b.quick {
		seeds = 1
	}
	var mu sync.Mutex
	backups, restores := &stormy{}, &stormy{}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for i := range seeds {
		group.Go(func() error {
			got, err := stormBackup(groupCtx, b, clean, b.seed+uint64(i))
			if err != nil {
				return fmt.Errorf("backup, seed %d: %w", b.seed+uint64(i), err)
			}
			mu.Lock()
			defer mu.Unlock()
			backups.add(got)
			return nil
		})
		group.Go(func() error {
			got, err := stormRestore(groupCtx, b, clean, b.seed+uint64(i))
			if err != nil {
				return fmt.Errorf("restore, seed %d: %w", b.seed+uint64(i), err)
			}
			mu.Lock()
			defer mu.Unlock()
			restores.add(got)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return []row{backups.row("backup", seeds), restores.row("restore to another site", seeds)}, nil
}

func (s *stormy) add(o stormy) {
	s.attempts += o.attempts
	s.faults += o.faults
	s.unhit += o.unhit
	s.took = max(s.took, o.took)
	s.tally.Objects += o.tally.Objects
	s.tally.Lost += o.tally.Lost
	s.tally.Twice += o.tally.Twice
	s.diff = append(s.diff, o.diff...)
}

func (s *stormy) row(name string, seeds int) row {
	result := fmt.Sprintf("%d runs of the command for %d storms, %d faults; %d lost, %d twice, %d differences; the longest took %.0f s",
		s.attempts, seeds, s.faults, s.tally.Lost, s.tally.Twice, len(s.diff), s.took.Seconds())
	if s.unhit > 0 {
		result += fmt.Sprintf("; %d planned faults never happened", s.unhit)
	}
	if len(s.diff) > 0 {
		result += ": " + some(s.diff, 4)
	}
	return row{
		done: fmt.Sprintf("%s of %d objects with 5 %% of calls answered 5xx, 5 %% reset after they are done, bursts of 429 with and without Retry-After, search %.0f s behind writes",
			name, stormObjects, stormLag.Seconds()),
		result: result,
		bar:    "state of a clean run, 0 lost, 0 twice",
		met:    s.tally.Lost == 0 && s.tally.Twice == 0 && len(s.diff) == 0 && s.unhit == 0,
	}
}

// inStorm runs a command in the storm until it is done.
func inStorm(ctx context.Context, b *bench, seed uint64, h *home, rules []fault.Rule, args func(l *lab) []string, check func(l *lab, s *stormy) error) (stormy, error) {
	out := stormy{}
	plan, err := fault.New(seed, rules...)
	if err != nil {
		return out, err
	}
	l, err := newLab(labOptions{objects: stormObjects, seed: b.seed, lag: stormLag, faults: plan})
	if err != nil {
		return out, err
	}
	if err := l.serve(ctx); err != nil {
		return out, err
	}
	defer l.close(b)
	begun := time.Now()
	for {
		out.attempts++
		c, err := h.run(ctx, l, args(l)...)
		if err != nil {
			return out, err
		}
		if c.fine() {
			break
		}
		b.note("  seed %d, attempt %d: %v", seed, out.attempts, c.failure())
		if out.attempts == stormAttempts {
			return out, c.failure()
		}
	}
	out.took = time.Since(begun)
	for _, n := range plan.Hits() {
		out.faults += n
	}
	out.unhit = len(plan.Unhit())
	return out, check(l, &out)
}

func stormBackup(ctx context.Context, b *bench, clean *cleanRuns, seed uint64) (stormy, error) {
	h, err := b.newHome(clean.home)
	if err != nil {
		return stormy{}, err
	}
	rules := stormRules("GET /object/{id}/history", "GET /comment/object/{id}")
	return inStorm(ctx, b, seed, h, rules, func(*lab) []string { return backupArgs() }, func(_ *lab, s *stormy) error {
		got, _, err := h.content(ctx)
		s.diff = clean.content.Differences(got)
		s.tally.Lost = max(0, clean.content.Objects()-got.Objects())
		for k := range got {
			if strings.HasSuffix(k, " again") {
				s.tally.Twice++
			}
		}
		return err
	})
}

func stormRestore(ctx context.Context, b *bench, clean *cleanRuns, seed uint64) (stormy, error) {
	h, err := clean.home.clone()
	if err != nil {
		return stormy{}, err
	}
	return inStorm(ctx, b, seed, h, stormRules("POST /object/create"),
		func(l *lab) []string { return restoreArgs(l, other, restoreKey) },
		func(l *lab, s *stormy) error {
			got, err := judge.Restored(l.world(other), restoreKey)
			if err != nil {
				return err
			}
			s.diff = clean.restored.Differences(got)
			s.tally, err = judge.TallyRestored(l.world(source), l.made.Schema, l.world(other), restoreKey)
			return err
		})
}
