package jobs

import (
	"context"
	"errors"
	"slices"

	"stowage/internal/retry"
	"stowage/models"
)

// dueLimit is how many due runs are tried for a slot. They come the fairest first: one tenant's first run goes before
// another's second, whatever came first, and what is worked on counts.
const dueLimit = 50

func (p *Pool) due(ctx context.Context, queue string) ([]models.DueRun, error) {
	return p.db.NextRuns(ctx, models.NextQuery{Kinds: p.kinds[queue], Limit: dueLimit})
}

// next claims what is most due and may have a slot, or returns nil.
func (p *Pool) next(ctx context.Context, queue string) *attempt {
	list, err := p.due(ctx, queue)
	if err != nil {
		p.log.WarnContext(ctx, "due runs could not be read", logQueue, queue, logError, err)
		return nil
	}
	for _, run := range list {
		if ctx.Err() != nil {
			return nil
		}
		if !p.slots.seat(queue, run.Tenant) {
			continue
		}
		a := p.claim(ctx, queue, run)
		if a != nil {
			return a
		}
		p.slots.unseat(queue, run.Tenant)
	}
	return nil
}

func (p *Pool) claim(ctx context.Context, queue string, due models.DueRun) *attempt {
	tenant := p.db.ForTenant(due.Tenant)
	// The lease begins before its answer is here.
	asked := p.o.Now()
	run, err := tenant.Claim(ctx, due.ID, due.Epoch, p.o.Worker)
	switch {
	case err == nil:
		if due.State != models.StateQueued {
			p.o.Metrics.recovered()
		}
		return &attempt{run: run, tenant: tenant, queue: queue, began: asked}
	case errors.Is(err, models.ErrBusy), errors.Is(err, models.ErrNotFound), errors.Is(err, models.ErrTooEarly):
		// Somebody else was faster, it has ended, or it waits for another run, which the row says.
	case ctx.Err() == nil:
		p.log.WarnContext(ctx, "a run could not be claimed", logRun, due.ID, logTenant, due.Tenant, logError, err)
	}
	return nil
}

// balance ends the slices of runs that have had their turn while others wait for a slot.
func (p *Pool) balance(ctx context.Context) {
	for retry.Wait(ctx, p.o.Beat) == nil {
		for _, queue := range Queues() {
			p.makeRoom(ctx, queue)
		}
	}
}

// makeRoom ends at most one slice of a queue. It asks the database only when one could end.
func (p *Pool) makeRoom(ctx context.Context, queue string) {
	old := p.oldest(queue)
	if len(old) == 0 || p.slots.free(queue) > 1 {
		return
	}
	list, err := p.due(ctx, queue)
	if err != nil || len(list) == 0 {
		return
	}
	leased, err := p.db.Leased(ctx, p.kinds[queue])
	if err != nil {
		return
	}
	if victim := p.victim(queue, list, old, leased); victim != nil {
		victim.cancel(ErrMore)
	}
}

// victim chooses whose slice ends: the longest one of the tenant that has most, when a run waits whose tenant has less, or
// any whose whole slice is over.
func (p *Pool) victim(queue string, list []models.DueRun, old []*attempt, leased map[string]int) *attempt {
	for _, run := range list {
		if p.slots.couldSeat(queue, run.Tenant) {
			// It will be seated in a moment, without anybody having to go.
			continue
		}
		var chosen *attempt
		for _, a := range old {
			whole := p.o.Now().Sub(a.began) >= p.o.Slice
			if !whole && (a.tenant.ID() == run.Tenant || leased[a.tenant.ID()] <= leased[run.Tenant]) {
				continue
			}
			if chosen == nil || leased[a.tenant.ID()] > leased[chosen.tenant.ID()] {
				chosen = a
			}
		}
		if chosen != nil {
			return chosen
		}
	}
	return nil
}

// oldest lists the runs of a queue whose slice may end, the longest first. While one is ending already there are none.
func (p *Pool) oldest(queue string) []*attempt {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []*attempt
	for a := range p.running {
		if a.queue != queue {
			continue
		}
		if a.ctx.Err() != nil {
			return nil
		}
		if p.o.Now().Sub(a.began) >= min(p.o.MinSlice, p.o.Slice) && !a.live.isHeld() {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *attempt) int { return a.began.Compare(b.began) })
	return list
}
