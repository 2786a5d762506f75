package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"stowage/atlassian/sim"
	"stowage/restore"
	"stowage/test/judge"
)

// readingPosts are the operations that only read although they are POSTs.
func readingPosts() []string {
	return []string{"POST /object/aql", "POST /object/aql/totalcount", "POST /rest/api/3/search/jql", "POST /rest/api/3/permissions/check"}
}

// writes counts the calls that changed something, or tried to, since the counters were set to zero.
func writes(s *sim.Sim) int {
	n := 0
	calls := s.Stats().Snapshot().Calls
	for op, count := range calls {
		if !strings.HasPrefix(op, "GET ") {
			n += int(count)
		}
	}
	for _, op := range readingPosts() {
		n -= int(calls[op])
	}
	return n
}

// twice restores twice with the same command, and plans again.
func twice(ctx context.Context, b *bench) ([]row, error) {
	var rows []row
	for _, to := range []string{source, other} {
		r, err := restoreTwice(ctx, b, to)
		if err != nil {
			return rows, fmt.Errorf("to %s: %w", to, err)
		}
		rows = append(rows, r)
	}
	r, err := planAgain(ctx, b)
	return append(rows, r), err
}

func restoreTwice(ctx context.Context, b *bench, to string) (row, error) {
	l, err := newLab(labOptions{objects: 500, seed: b.seed})
	if err != nil {
		return row{}, err
	}
	if err := l.serve(ctx); err != nil {
		return row{}, err
	}
	defer l.close(b)
	h, err := b.newHome(nil)
	if err != nil {
		return row{}, err
	}
	if _, err := h.mustRun(ctx, l, backupArgs()...); err != nil {
		return row{}, err
	}
	var said [3]outcome
	var states [3]judge.Facts
	var wrote [3]int
	for i := range said {
		l.sim.Stats().Zero()
		c, err := h.mustRun(ctx, l, restoreArgs(l, to, restoreKey)...)
		if err != nil {
			return row{}, fmt.Errorf("run %d: %w", i+1, err)
		}
		if err := c.result(&said[i]); err != nil {
			return row{}, err
		}
		wrote[i] = writes(l.sim)
		if states[i], err = judge.Restored(l.world(to), restoreKey); err != nil {
			return row{}, err
		}
	}
	plan := strings.Split(strings.Join(restoreArgs(l, to, restoreKey), "\x00"), "\x00")
	plan[0] = "plan"
	l.sim.Stats().Zero()
	c, err := h.run(ctx, l, plan...)
	if err != nil {
		return row{}, err
	}
	refused := c.code() == codeFailed && strings.Contains(c.said(), "in use") && writes(l.sim) == 0
	diff := append(states[0].Differences(states[1]), states[0].Differences(states[2])...)
	place := "beside its source"
	if to == other {
		place = "to another site"
	}
	return row{
		done: "restore of 500 objects " + place + ", three times with the same command; then plan with the same name",
		result: fmt.Sprintf("created %d, %d, %d; calls that write %d, %d, %d; proved %v, %v, %v; %d differences; plan exit %d: %s",
			said[0].Created, said[1].Created, said[2].Created, wrote[0], wrote[1], wrote[2], said[0].Proved, said[1].Proved, said[2].Proved, len(diff), c.code(), c.said()),
		bar: "creates 0 and writes nothing from the second time on, proved each time; the name is refused as in use",
		met: said[0].Created == 500 && said[1].Created+said[2].Created+said[1].Updated+said[2].Updated == 0 && wrote[1]+wrote[2] == 0 &&
			said[0].Proved && said[1].Proved && said[2].Proved && len(diff) == 0 && refused,
	}, nil
}

// planAgain asks the proof what planning again would find to be done.
func planAgain(ctx context.Context, b *bench) (_ row, err error) {
	db, err := b.openRuns(ctx)
	if err != nil {
		return row{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	runs := db.ForTenant(tenant)
	l, err := newLab(labOptions{objects: 500, seed: b.seed})
	if err != nil {
		return row{}, err
	}
	v, err := newVault(ctx)
	if err != nil {
		return row{}, err
	}
	made, err := backUp(ctx, l, v, runs, "backup", true, undisturbed, []string{})
	if err != nil {
		return row{}, err
	}
	saved, err := v.Open(ctx, made.result.Backup)
	if err != nil {
		return row{}, err
	}
	done, err := restoreTo(ctx, l, restore.FromSnapshot(saved), runs, "restore", source, undisturbed)
	if err != nil {
		return row{}, err
	}
	diff, err := judge.LikeSource(l.world(source), l.made.Schema, restoreKey)
	if err != nil {
		return row{}, err
	}
	p := done.proof
	return row{
		done:   "planning again after a restore of 500 objects, in process; the sites compared value by value",
		result: fmt.Sprintf("%d left to be done, %d of %d objects compared, %d references followed, %d differences; %d between the schemas on the site%s", p.Remaining, p.Compared, done.result.Planned, p.References, p.Total, len(diff), exceptions(diff)),
		bar:    "nothing left, no difference",
		met:    p.Proved && p.Remaining == 0 && p.Compared == 500 && len(diff) == 0,
	}, nil
}
