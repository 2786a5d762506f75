package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/limit"
	"stowage/jobs/worker/site"
	"stowage/restore"
)

// The limits of P2 are the documented ones times limitScale, counted smoothly, so that half a minute is long enough.
const (
	limitScale   = 5
	shareSeconds = 30
	createCall   = "POST /object/create"
)

// takeShare restores to a limited site: one job, then three equal ones that share a client and with it its limiter.
func takeShare(ctx context.Context, b *bench) (rows []row, err error) {
	dir, err := b.folder("share")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := newSim(sim.SiteOptions{Name: "acme"}, sim.SiteOptions{Name: "globex", Limits: &limit.Options{Scale: limitScale, Smooth: true}})
	if err != nil {
		return nil, err
	}
	v, err := openVault(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	whole := b.scaled(limit.Documented(createCall) * limitScale * shareSeconds / 60)
	one, err := v.supply(ctx, s, "ONE", whole, b.log)
	if err != nil {
		return nil, err
	}
	third, err := v.supply(ctx, s, "THIRD", whole/3, b.log)
	if err != nil {
		return nil, err
	}
	b.log.Say("P2: one job, then three, at %d times the documented limits", limitScale)
	alone, err := v.share(ctx, s, []string{one}, b.log)
	if err != nil {
		return nil, err
	}
	three, err := v.share(ctx, s, []string{third, third, third}, b.log)
	if err != nil {
		return nil, err
	}
	return []row{
		alone.row("share of the call ceiling, one job"),
		three.row("share of the call ceiling, three jobs"),
		refusedRow(alone, three),
		fairRow(three),
	}, nil
}

// supply makes a schema on the site without limits and backs it up.
func (v *vault) supply(ctx context.Context, s *sim.Sim, key string, objects int, log *teller) (backupID string, err error) {
	from := s.Site("acme")
	if _, err := gen.Fill(from.World(), gen.Profile{Name: gen.ITSM, SchemaKey: key, SchemaName: key}, objects, 1); err != nil {
		return "", err
	}
	client, err := connect(from, sim.Transport(s), unpaced())
	if err != nil {
		return "", err
	}
	result, err := v.backup(ctx, client, key, log)
	return result.Backup, err
}

// shared is what jobs on one site got of its ceiling.
type shared struct {
	jobs int
	// seconds is the time in which all jobs were creating objects, made what they made in it.
	seconds float64
	made    []int
	share   float64
	// calls and refused are of the whole run.
	calls, refused int64
}

// share restores backups at the same time through one client at the known rate.
func (v *vault) share(ctx context.Context, s *sim.Sim, backups []string, log *teller) (shared, error) {
	to := s.Site("globex")
	client, err := connect(to, sim.Transport(s), atlassian.Scaled(limitScale))
	if err != nil {
		return shared{}, err
	}
	s.Stats().Zero()
	targets := make([]*timed, len(backups))
	group, jobs := errgroup.WithContext(ctx)
	for i, id := range backups {
		targets[i] = &timed{Target: site.NewTarget(client)}
		group.Go(func() error {
			result, err := v.restore(jobs, targets[i], id, fmt.Sprintf("JOB%d%d", len(backups), i), false, log)
			if err == nil && result.Failed > 0 {
				err = fmt.Errorf("%d objects failed", result.Failed)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return shared{}, err
	}
	counted := s.Stats().Snapshot()
	out := shared{jobs: len(backups), calls: counted.Total(), refused: counted.Statuses["429"]}
	out.count(targets, float64(to.Limiter().Quota(createCall))/60)
	return out, nil
}

// count counts the objects made while every job was making some. The first tenth of each is left out: it holds what the
// limiter had saved up before.
func (s *shared) count(targets []*timed, perSecond float64) {
	var begin, end time.Time
	for _, t := range targets {
		slices.SortFunc(t.made, time.Time.Compare)
		if first := t.made[len(t.made)/10]; first.After(begin) {
			begin = first
		}
		if last := t.made[len(t.made)-1]; end.IsZero() || last.Before(end) {
			end = last
		}
	}
	s.seconds = end.Sub(begin).Seconds()
	all := 0
	for _, t := range targets {
		n := 0
		for _, at := range t.made {
			if at.After(begin) && !at.After(end) {
				n++
			}
		}
		s.made = append(s.made, n)
		all += n
	}
	s.share = float64(all) / (s.seconds * perSecond)
}

// spread is how far the job that got most or least is from the mean.
func (s *shared) spread() float64 {
	mean, worst := 0.0, 0.0
	for _, n := range s.made {
		mean += float64(n) / float64(len(s.made))
	}
	for _, n := range s.made {
		worst = max(worst, math.Abs(float64(n)/mean-1))
	}
	return worst
}

func (s *shared) row(what string) row {
	return row{
		ID: "P2", What: what, Figure: fmt.Sprintf("%.1f %%", 100*s.share), Value: 100 * s.share, Bar: "≥ 97 %", Met: s.share >= 0.97,
		How: fmt.Sprintf("objects created in %.0f s beside the documented limit of %s × %d per minute", s.seconds, thousands(limit.Documented(createCall)), limitScale),
	}
}

func refusedRow(runs ...shared) row {
	calls, refused := int64(0), int64(0)
	for _, s := range runs {
		calls, refused = calls+s.calls, refused+s.refused
	}
	part := 100 * float64(refused) / float64(calls)
	return row{
		ID: "P2", What: "calls answered 429", Figure: fmt.Sprintf("%.2f %%", part), Value: part, Bar: "< 0.5 %", Met: part < 0.5,
		How: fmt.Sprintf("%s of %s calls of both runs, counted by the site", thousands(refused), thousands(calls)),
	}
}

func fairRow(s shared) row {
	part := 100 * s.spread()
	return row{
		ID: "P2", What: "three equal jobs, furthest from the mean", Figure: fmt.Sprintf("± %.1f %%", part), Value: part, Bar: "± 5 %", Met: part <= 5,
		How: fmt.Sprintf("objects made by each in the same %.0f s: %v; one process, one client", s.seconds, s.made),
	}
}

// timed is a target that notes when objects were made.
type timed struct {
	*site.Target

	mu   sync.Mutex
	made []time.Time
}

var _ restore.Target = (*timed)(nil)

// CreateObject implements restore.Target.
func (t *timed) CreateObject(ctx context.Context, o restore.ObjectSpec) (assets.ObjectRef, error) {
	made, err := t.Target.CreateObject(ctx, o)
	if err == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.made = append(t.made, time.Now())
	}
	return made, err
}
