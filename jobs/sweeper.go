package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stowage/internal/retry"
	"stowage/models"
)

// Times of the sweeper.
const (
	// tidyEvery is how often rows that nobody needs any longer are deleted.
	tidyEvery = 10 * time.Minute
	// purgeAgain is how soon a purge that came to nothing is begun again; a look at a licence after a sixth of the time
	// between two looks.
	purgeAgain = time.Hour
	looksAgain = 6
	// sweepLimit is how many rows of each sort one sweep takes care of.
	sweepLimit = 100
)

// sweeper finds what nobody rang for.
type sweeper struct {
	*Pool
	tidied time.Time
	// away says that the database did not answer the last time, which is logged once.
	away bool
}

// sweep sweeps at once and then every so often, until ctx ends.
func (p *Pool) sweep(ctx context.Context) {
	s := &sweeper{Pool: p}
	for {
		s.note(ctx, s.once(ctx))
		if retry.Wait(ctx, p.o.Sweep) != nil {
			return
		}
	}
}

func (s *sweeper) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if err != nil && !s.away {
		s.log.WarnContext(ctx, "the sweeper could not do all it should", logError, err)
	}
	s.away = err != nil
}

// once does everything that is due, runs first. What goes wrong with one step does not keep the others from being done,
// unless the database is away: the next sweep is soon.
func (s *sweeper) once(ctx context.Context) error {
	now := s.o.Now()
	var wrong error
	for _, step := range []func(context.Context, time.Time) error{s.runs, s.schedules, s.licences, s.purges, s.tidy} {
		err := step(ctx, now)
		wrong = errors.Join(wrong, err)
		if errors.Is(err, models.ErrUnavailable) || ctx.Err() != nil {
			break
		}
	}
	return wrong
}

// runs rings for due runs, which does nothing where the ring is still in Redis, and begins as many here as there are
// slots: a worker needs no bell to look. Each queue is looked at by itself, so that a long one does not hide another.
func (s *sweeper) runs(ctx context.Context, _ time.Time) error {
	silent := false
	for _, queue := range Queues() {
		due, err := s.db.DueRuns(ctx, time.Time{}, sweepLimit, kindsIn(queue)...)
		if err != nil {
			return err
		}
		waits := 0
		for _, run := range due {
			if s.handlers[run.Kind] != nil {
				waits++
			}
			if !silent {
				silent = s.ring(ctx, run) != nil
			}
		}
		for range min(waits, s.slots.free(queue)) {
			s.begin(s.work, queue) //nolint:contextcheck // A run outlives the sweeper, by the time it is given to stop.
		}
	}
	return nil
}

func (s *sweeper) ring(ctx context.Context, run models.DueRun) error {
	ctx, cancel := context.WithTimeout(ctx, ringTimeout)
	defer cancel()
	err := s.service.bell.Ring(ctx, run, 0)
	if err != nil {
		s.o.Metrics.ringFailed()
	}
	return err
}

// begin serves a queue without a ring. Run waits for the slot to be free again.
func (s *sweeper) begin(ctx context.Context, queue string) {
	if s.slots.acquire(queue) {
		go s.serve(ctx, queue)
	}
}

// schedules begins the backups whose time has come.
func (s *sweeper) schedules(ctx context.Context, now time.Time) error {
	if s.o.NextBackup == nil {
		return nil
	}
	due, err := s.db.SchedulesDue(ctx, now, sweepLimit)
	if err != nil {
		return err
	}
	var wrong error
	for _, schedule := range due {
		attrs := []any{logTenant, schedule.Tenant, logSchema, schedule.SchemaID}
		next, err := s.o.NextBackup(schedule.Schedule, now)
		if err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("next time of the schedule of schema %s: %w", schedule.SchemaID, err))
			continue
		}
		started, why, err := s.service.startScheduled(ctx, schedule, next)
		switch {
		case err != nil:
			wrong = errors.Join(wrong, fmt.Errorf("start the scheduled backup of schema %s: %w", schedule.SchemaID, err))
		case why != nil:
			s.log.WarnContext(ctx, "a scheduled backup was left out", append(attrs, logError, why)...)
		case started:
			s.log.InfoContext(ctx, "a scheduled backup was queued", attrs...)
		}
	}
	return wrong
}

// licences begins to look at the licences nobody has looked at for long. One that could not be looked at is not asked for
// again all the time.
func (s *sweeper) licences(ctx context.Context, now time.Time) error {
	if s.o.LicenceEvery < 0 || s.handlers[KindLicence] == nil {
		return nil
	}
	tenants, err := s.db.LicencesDue(ctx, now.Add(-s.o.LicenceEvery), now.Add(-s.o.LicenceEvery/looksAgain), sweepLimit)
	if err != nil {
		return err
	}
	return each(ctx, tenants, s.service.LookAtLicence)
}

// purges begins to delete what is left of tenants whose time of grace is over.
func (s *sweeper) purges(ctx context.Context, now time.Time) error {
	if s.handlers[KindPurge] == nil {
		return nil
	}
	tenants, err := s.db.PurgesDue(ctx, now, now.Add(-purgeAgain), sweepLimit)
	if err != nil {
		return err
	}
	return each(ctx, tenants, s.service.purge)
}

// each begins a run for every tenant.
func each(ctx context.Context, tenants []string, begin func(context.Context, string) error) error {
	var wrong error
	for _, tenant := range tenants {
		if err := begin(ctx, tenant); err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("tenant %s: %w", tenant, err))
			if errors.Is(err, models.ErrUnavailable) {
				break
			}
		}
	}
	return wrong
}

func (s *sweeper) tidy(ctx context.Context, now time.Time) error {
	if now.Sub(s.tidied) < tidyEvery {
		return nil
	}
	if _, err := s.db.Sweep(ctx, now); err != nil {
		return err
	}
	s.tidied = now
	return nil
}
